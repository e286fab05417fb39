"""What all commands share: sentences in the user's language, questions typed without echo, a vault of one's own.

Comes in: how the command line speaks and which settings it was given. Goes out: `Terminal`, which each command holds.
Without a terminal, answers are lines of standard input in the order in which they are asked; the questions go to stderr.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getpass
from typing import TYPE_CHECKING, Any

from agent.clock import Clock, SystemClock
from agent.errors import ConfigError, StoreError
from agent.settings import Settings
from agent.values import Text

if TYPE_CHECKING:
    from agent.vault import Vault

Act = Callable[[argparse.Namespace], int]


@dataclass(frozen=True, slots=True)
class Terminal:
    """Holding one means: you may speak to whoever has typed a command, and ask.

    speak: a text in the user's language; say: print a line; load: the settings asked for; common: adds the usual options.
    """

    speak: Callable[[Text], str]
    say: Callable[[str], None]
    load: Callable[[argparse.Namespace], Settings]
    common: Callable[[argparse.ArgumentParser], None]

    def command(self, commands: Any, name: str, text: Text, act: Act | None = None) -> argparse.ArgumentParser:
        """A command with the usual options; without `act`, one that has parts, and by itself shows its help."""
        parser = bare_command(commands, name, self.speak(text), act)
        if act is not None:
            self.common(parser)
        return parser

    def tell(self, text: Text) -> None:
        self.say(self.speak(text))

    def ask(self, question: Text, *, hidden: bool = True) -> str:
        """What somebody types; hidden: without echo. At the end of standard input: nothing."""
        if sys.stdin.isatty() and hidden:
            return getpass(self.speak(question))
        sys.stderr.write(self.speak(question) + ("" if sys.stdin.isatty() else "\n"))
        sys.stderr.flush()
        return sys.stdin.readline().rstrip("\n")

    def ask_new(self, question: Text) -> str:
        """A new passphrase; at a terminal it is typed twice. Raises ConfigError when the two are not the same."""
        first = self.ask(question)
        if sys.stdin.isatty() and self.ask(_AGAIN) != first:
            raise ConfigError(
                ko="두 번 적은 암호가 서로 다릅니다. 다시 해 주세요.", en="The two passphrases are not the same. Try again."
            )
        return first

    def table(self, titles: Sequence[Text], rows: Sequence[Sequence[object]]) -> None:
        """Columns of equal width, a heading above."""
        cells = [[self.speak(title) for title in titles], *([_cell(value) for value in row] for row in rows)]
        widths = [max(_width(row[column]) for row in cells) for column in range(len(titles))]
        for row in cells:
            self.say("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip())

    @contextmanager
    def vault(self, settings: Settings, clock: Clock | None = None) -> Iterator[Vault]:
        """The data folder, for this process alone. Raises StoreError: while an agent runs, with what to do about it."""
        from agent.vault import Vault
        from agent.vault.lock import FolderInUse

        vault = Vault(settings.data.folder, clock or SystemClock())
        try:
            vault.open()
        except FolderInUse as taken:
            raise StoreError(ko=_RUNNING.ko, en=_RUNNING.en) from taken
        try:
            yield vault
        finally:
            vault.close()


def bare_command(commands: Any, name: str, text: str, act: Act | None = None) -> argparse.ArgumentParser:
    """A command without options of its own; without `act`, it shows its help."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(act=act or (lambda _: _help(parser)))
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 2


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _width(text: str) -> int:
    """Columns on a terminal: a Korean letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


_AGAIN = Text(ko="한 번 더: ", en="Once more: ")
_RUNNING = Text(
    ko="안심이 이 데이터 폴더에서 실행 중입니다. 관리 화면의 '증거'에서 하시거나, 안심을 멈춘 뒤 다시 실행해 주세요.",
    en="Ansim is running on this data folder. Do it in the panel under 'Evidence', or stop Ansim and run this again.",
)
