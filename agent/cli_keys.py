"""`ansim keys`: the owner's keys at the terminal: make, renew, restore, who else may open originals.

Comes in: parsed arguments, passphrases typed without echo (or lines of stdin in the order asked). Goes out: sentences, once
the recovery sheet as words and a QR code on the terminal alone; nothing secret is ever written to a file or a log.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getpass
from typing import Any

import segno

from agent.clock import SystemClock
from agent.evidence.event_data import grouped
from agent.settings import Settings
from agent.values import Text
from agent.vault import Vault
from agent.vault.age_secret import Language, secret_words
from agent.vault.owner_keys import KeyRefused, NewKey, OwnerKeys

Speak = Callable[[Text], str]
Say = Callable[[str], None]
Load = Callable[[argparse.Namespace], Settings]
Common = Callable[[argparse.ArgumentParser], None]


class Keys:
    """Holding one means: the command line has the command `keys`.

    speak: a text in the user's language; say: print a line; load: the settings asked for; common: adds the usual options.
    """

    def __init__(self, speak: Speak, say: Say, load: Load, common: Common) -> None:
        self._speak = speak
        self._say = say
        self._load = load
        self._common = common

    def add(self, commands: Any) -> None:
        """Add the command and its parts to the parser."""
        keys = commands.add_parser("keys", help=self._speak(_KEYS), description=self._speak(_KEYS))
        keys.set_defaults(act=lambda _: _help(keys))
        parts = keys.add_subparsers(metavar="")
        self._part(parts, "show", _SHOW, self._show)
        self._part(parts, "make", _MAKE, self._make)
        self._part(parts, "rotate", _ROTATE, self._rotate)
        self._part(parts, "passphrase", _PASSPHRASE, self._passphrase)
        self._part(parts, "restore", _RESTORE, self._restore)
        add = self._part(parts, "add", _ADD, self._add)
        add.add_argument("label", help=self._speak(_LABEL))
        add.add_argument("public", metavar="age1...", help=self._speak(_PUBLIC))
        end = self._part(parts, "end", _END, self._end)
        end.add_argument("public", metavar="age1...", help=self._speak(_PUBLIC))

    def _part(self, parts: Any, name: str, text: Text, act: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        part: argparse.ArgumentParser = parts.add_parser(name, help=self._speak(text), description=self._speak(text))
        part.set_defaults(act=act)
        self._common(part)
        return part

    @contextmanager
    def _keys(self, asked: argparse.Namespace) -> Iterator[OwnerKeys]:
        with Vault(self._load(asked).data.folder, SystemClock()) as vault:
            yield vault.owner_keys

    def _show(self, asked: argparse.Namespace) -> int:
        with Vault(self._load(asked).data.folder, SystemClock()) as vault:
            recipients, fingerprint = vault.owner_keys.recipients(), vault.device.fingerprint
        self._tell(Text(ko=f"기기 열쇠 지문: {grouped(fingerprint)}", en=f"Device key fingerprint: {grouped(fingerprint)}"))
        if not recipients:
            self._tell(_NONE)
        for r in recipients:
            until = Text(ko="지금도", en="now") if r.until_utc is None else Text(ko=_day(r.until_utc), en=_day(r.until_utc))
            self._say(f"{r.label:12} {r.public}  {_day(r.since_utc)} - {self._speak(until)}")
        return 0

    def _make(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            if keys.are_made:
                keys.make("")  # says what to do instead, before a passphrase is asked for
            self._hand_over(keys.make(self._new_passphrase()))
        return 0

    def _rotate(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            self._hand_over(keys.rotate(self._ask(_ASK)))
        self._tell(_ROTATED)
        return 0

    def _passphrase(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            keys.change_passphrase(self._ask(_ASK), self._new_passphrase())
        self._tell(Text(ko="암호문을 바꿨습니다.", en="The passphrase is changed."))
        return 0

    def _restore(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            public = keys.restore(self._ask(_ASK_SHEET), self._new_passphrase())
        self._tell(Text(ko=f"열쇠를 되찾았습니다: {public}", en=f"The key is back: {public}"))
        return 0

    def _add(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            added = keys.add_recipient(asked.label, asked.public)
        self._tell(
            Text(
                ko=f"이제부터 잠그는 원본은 '{added.label}'의 열쇠로도 열립니다.",
                en=f"What is sealed from now on opens with the key of '{added.label}', too.",
            )
        )
        return 0

    def _end(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            keys.end_recipient(asked.public)
        self._tell(_ENDED)
        return 0

    def _hand_over(self, key: NewKey) -> None:
        """The recovery sheet, on the terminal alone and only now."""
        language: Language = "korean" if self._speak(Text(ko="ko", en="en")) == "ko" else "english"
        words = secret_words(key.secret, language)
        self._tell(_SHEET)
        for first in range(0, len(words), 6):
            self._say("   ".join(f"{n + 1:2}. {words[n]}" for n in range(first, first + 6)))
        picture = io.StringIO()
        segno.make_qr(key.text, error="m").terminal(out=picture, compact=True)
        self._say(picture.getvalue())
        self._say(key.text)
        self._tell(Text(ko=f"공개 열쇠: {key.public}", en=f"Public key: {key.public}"))
        self._tell(_KEEP)

    def _new_passphrase(self) -> str:
        first = self._ask(_ASK_NEW)
        if sys.stdin.isatty() and self._ask(_ASK_AGAIN) != first:
            raise KeyRefused(ko="두 번 적은 암호문이 서로 다릅니다.", en="The two passphrases are not the same.")
        return first

    def _ask(self, what: Text) -> str:
        return getpass(self._speak(what)) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")

    def _tell(self, text: Text) -> None:
        self._say(self._speak(text))


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 2


def _day(utc: float) -> str:
    return f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d}"


_KEYS = Text(ko="원본을 여는 주인 열쇠", en="the owner's keys, which open originals")
_SHOW = Text(ko="누구의 열쇠로 열리는지 보여 줍니다", en="show whose keys open originals")
_MAKE = Text(ko="처음으로 열쇠를 만듭니다", en="make the owner's first key")
_ROTATE = Text(ko="새 열쇠로 바꿉니다 (옛 원본도 계속 열립니다)", en="renew the key; old originals still open")
_PASSPHRASE = Text(ko="암호문을 바꿉니다", en="change the passphrase")
_RESTORE = Text(ko="복구 용지로 열쇠를 되찾습니다", en="bring a key back from its recovery sheet")
_ADD = Text(
    ko="다른 사람도 열 수 있게 합니다 (변호사, 본사)", en="let somebody else open originals, too (a lawyer, the head office)"
)
_END = Text(ko="다른 사람의 열쇠를 더는 쓰지 않습니다", en="seal nothing more to somebody else's key")
_LABEL = Text(ko="누구의 열쇠인지", en="whose key it is")
_PUBLIC = Text(ko="공개 열쇠", en="public key")
_ASK = Text(ko="암호문: ", en="Passphrase: ")
_ASK_NEW = Text(ko="새 암호문 (12자 이상): ", en="New passphrase (12 characters or more): ")
_ASK_AGAIN = Text(ko="한 번 더: ", en="Once more: ")
_ASK_SHEET = Text(
    ko="복구 용지의 낱말 24개 또는 AGE-SECRET-KEY- 줄: ", en="The sheet's 24 words, or its line AGE-SECRET-KEY-: "
)
_NONE = Text(
    ko="주인 열쇠가 없어 원본을 남기지 않고 있습니다. `ansim keys make`로 만들어 주세요.",
    en="There is no owner's key, so no originals are kept. Make one with `ansim keys make`.",
)
_SHEET = Text(
    ko="복구 용지: 지금 한 번만 보입니다. 종이에 적거나 인쇄해서, 이 PC와 다른 곳에 보관해 주세요.",
    en="Recovery sheet: shown only now. Write it down or print it, and keep it away from this PC.",
)
_KEEP = Text(
    ko="암호문과 복구 용지를 둘 다 잃으면 원본은 아무도 다시 열 수 없습니다.",
    en="If both the passphrase and this sheet are lost, nobody can ever open the originals again.",
)
_ROTATED = Text(
    ko="옛 복구 용지도 버리지 마세요. 그때까지의 원본은 옛 열쇠로 잠겨 있습니다.",
    en="Keep the old sheet, too: originals from before are sealed to the old key.",
)
_ENDED = Text(
    ko="이제부터 잠그는 원본은 이 열쇠로 열리지 않습니다. 전에 잠근 것은 계속 열립니다.",
    en="What is sealed from now on does not open with this key. What was sealed before still does.",
)
