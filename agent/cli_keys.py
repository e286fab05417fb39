"""`ansim keys`: the owner's keys at the terminal: make, renew, restore, who else may open originals.

Comes in: parsed arguments, passphrases typed without echo (or lines of stdin in the order asked). Goes out: sentences, once
the recovery sheet as words and a QR code on the terminal alone; nothing secret is ever written to a file or a log.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import segno

from agent.cli_terminal import Terminal
from agent.evidence.event_data import grouped
from agent.values import Text
from agent.vault.age_secret import Language, secret_words
from agent.vault.owner_keys import NewKey, OwnerKeys


class Keys:
    """Holding one means: the command line has the command `keys`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def add(self, commands: Any) -> None:
        """Add the command and its parts to the parser."""
        parts = self._terminal.command(commands, "keys", _KEYS).add_subparsers(metavar="")
        self._terminal.command(parts, "show", _SHOW, self._show)
        self._terminal.command(parts, "make", _MAKE, self._make)
        self._terminal.command(parts, "rotate", _ROTATE, self._rotate)
        self._terminal.command(parts, "passphrase", _PASSPHRASE, self._passphrase)
        self._terminal.command(parts, "restore", _RESTORE, self._restore)
        add = self._terminal.command(parts, "add", _ADD, self._add)
        add.add_argument("label", help=self._terminal.speak(_LABEL))
        add.add_argument("public", metavar="age1...", help=self._terminal.speak(_PUBLIC))
        end = self._terminal.command(parts, "end", _END, self._end)
        end.add_argument("public", metavar="age1...", help=self._terminal.speak(_PUBLIC))

    @contextmanager
    def _keys(self, asked: argparse.Namespace) -> Iterator[OwnerKeys]:
        with self._terminal.vault(self._terminal.load(asked)) as vault:
            yield vault.owner_keys

    def _show(self, asked: argparse.Namespace) -> int:
        with self._terminal.vault(self._terminal.load(asked)) as vault:
            recipients, fingerprint = vault.owner_keys.recipients(), vault.device.fingerprint
        self._terminal.tell(
            Text(ko=f"기기 열쇠 지문: {grouped(fingerprint)}", en=f"Device key fingerprint: {grouped(fingerprint)}")
        )
        if not recipients:
            self._terminal.tell(_NONE)
        for r in recipients:
            until = Text(ko="지금도", en="now") if r.until_utc is None else Text(ko=_day(r.until_utc), en=_day(r.until_utc))
            self._terminal.say(f"{r.label:12} {r.public}  {_day(r.since_utc)} - {self._terminal.speak(until)}")
        return 0

    def _make(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            if keys.are_made:
                keys.make("")  # says what to do instead, before a passphrase is asked for
            self._hand_over(keys.make(self._terminal.ask_new(_ASK_NEW)))
        return 0

    def _rotate(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            self._hand_over(keys.rotate(self._terminal.ask(_ASK)))
        self._terminal.tell(_ROTATED)
        return 0

    def _passphrase(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            keys.change_passphrase(self._terminal.ask(_ASK), self._terminal.ask_new(_ASK_NEW))
        self._terminal.tell(Text(ko="암호 문구를 바꿨습니다.", en="The passphrase is changed."))
        return 0

    def _restore(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            public = keys.restore(self._terminal.ask(_ASK_SHEET), self._terminal.ask_new(_ASK_NEW))
        self._terminal.tell(Text(ko=f"열쇠를 되찾았습니다: {public}", en=f"The key is back: {public}"))
        return 0

    def _add(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            added = keys.add_recipient(asked.label, asked.public)
        self._terminal.tell(
            Text(
                ko=f"이제부터 잠그는 원본은 '{added.label}'의 열쇠로도 열립니다.",
                en=f"What is sealed from now on opens with the key of '{added.label}', too.",
            )
        )
        return 0

    def _end(self, asked: argparse.Namespace) -> int:
        with self._keys(asked) as keys:
            keys.end_recipient(asked.public)
        self._terminal.tell(_ENDED)
        return 0

    def _hand_over(self, key: NewKey) -> None:
        """The recovery sheet, on the terminal alone and only now."""
        language: Language = "korean" if self._terminal.speak(Text(ko="ko", en="en")) == "ko" else "english"
        words = secret_words(key.secret, language)
        self._terminal.tell(_SHEET)
        for first in range(0, len(words), 6):
            self._terminal.say("   ".join(f"{n + 1:2}. {words[n]}" for n in range(first, first + 6)))
        picture = io.StringIO()
        segno.make_qr(key.text, error="m").terminal(out=picture, compact=True)
        self._terminal.say(picture.getvalue())
        self._terminal.say(key.text)
        self._terminal.tell(Text(ko=f"공개 열쇠: {key.public}", en=f"Public key: {key.public}"))
        self._terminal.tell(_KEEP)


def _day(utc: float) -> str:
    return f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d}"


_KEYS = Text(ko="원본을 여는 주인 열쇠", en="the owner's keys, which open originals")
_SHOW = Text(ko="누구의 열쇠로 열리는지 보여 줍니다", en="show whose keys open originals")
_MAKE = Text(ko="처음으로 열쇠를 만듭니다", en="make the owner's first key")
_ROTATE = Text(ko="새 열쇠로 바꿉니다 (옛 원본도 계속 열립니다)", en="renew the key; old originals still open")
_PASSPHRASE = Text(ko="암호 문구를 바꿉니다", en="change the passphrase")
_RESTORE = Text(ko="복구 용지로 열쇠를 되찾습니다", en="bring a key back from its recovery sheet")
_ADD = Text(
    ko="다른 사람도 열 수 있게 합니다 (변호사, 본사)", en="let somebody else open originals, too (a lawyer, the head office)"
)
_END = Text(ko="다른 사람의 열쇠를 더는 쓰지 않습니다", en="seal nothing more to somebody else's key")
_LABEL = Text(ko="누구의 열쇠인지", en="whose key it is")
_PUBLIC = Text(ko="공개 열쇠", en="public key")
_ASK = Text(ko="암호 문구: ", en="Passphrase: ")
_ASK_NEW = Text(ko="새 암호 문구 (12자 이상): ", en="New passphrase (12 characters or more): ")
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
    ko="암호 문구와 복구 용지를 둘 다 잃으면 원본은 아무도 다시 열 수 없습니다.",
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
