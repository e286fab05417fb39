"""`ansim export` and `ansim verify`: evidence leaves the shop, and is checked.

Comes in: parsed arguments; a passphrase typed without echo (or a line of stdin). Goes out: sentences, JSON with --json, and an
exit code. verify: 0 unchanged, 5 changed, 1 cannot be told. export: 0, or that of the error as in `agent.cli`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from getpass import getpass, getuser
from pathlib import Path
from typing import Any

from agent.clock import SystemClock
from agent.errors import ConfigError
from agent.settings import Settings
from agent.values import Text

Speak = Callable[[Text], str]
Say = Callable[[str], None]
Load = Callable[[argparse.Namespace], Settings]
Common = Callable[[argparse.ArgumentParser], None]
EXIT = {"unchanged": 0, "changed": 5, "unknown": 1}
YES = ("평문", "plain")


class Evidence:
    """Holding one means: the command line has the commands `export` and `verify`.

    speak: a text in the user's language; say: print a line; load: the settings asked for; common: adds the usual options.
    """

    def __init__(self, speak: Speak, say: Say, load: Load, common: Common) -> None:
        self._speak = speak
        self._say = say
        self._load = load
        self._common = common

    def add(self, commands: Any) -> None:
        """Add both commands to the parser."""
        export = self._command(commands, "export", _EXPORT, self._export)
        export.add_argument("incident", help=self._speak(_INCIDENT))
        export.add_argument("--to", type=Path, required=True, metavar="DIR", help=self._speak(_TO))
        export.add_argument("--purpose", required=True, help=self._speak(_PURPOSE))
        export.add_argument("--by", default="", metavar="NAME", help=self._speak(_BY))
        export.add_argument("--receiver", default="", help=self._speak(_RECEIVER))
        export.add_argument("--basis", default="", help=self._speak(_BASIS))
        export.add_argument("--case", default="", metavar="NUMBER", help=self._speak(_CASE))
        export.add_argument("--clock-offset", type=float, metavar="SECONDS", help=self._speak(_OFFSET))
        export.add_argument("--sealed", action="store_true", help=self._speak(_SEALED))
        export.add_argument("--recipient", action="append", default=[], metavar="age1...", help=self._speak(_RECIPIENT))
        export.add_argument("--timestamp", default="", metavar="URL", help=self._speak(_TIMESTAMP))
        export.add_argument("--plain", action="store_true", help=self._speak(_PLAIN))

        verify = self._command(commands, "verify", _VERIFY, self._verify)
        verify.add_argument("bag", type=Path, metavar="BAG", help=self._speak(_BAG))
        verify.add_argument("--anchor", metavar="TEXT_OR_FILE", help=self._speak(_ANCHOR))
        verify.add_argument("--identity", type=Path, metavar="FILE", help=self._speak(_IDENTITY))

    def _command(
        self, commands: Any, name: str, text: Text, act: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(name, help=self._speak(text), description=self._speak(text))
        parser.set_defaults(act=act)
        self._common(parser)
        return parser

    def _export(self, asked: argparse.Namespace) -> int:
        from agent.evidence.delivery import Protection
        from agent.evidence.export import Exporter
        from agent.evidence.order import ExportOrder
        from agent.evidence.report_pages import draw_report
        from agent.evidence.timestamp import stamped
        from agent.vault import Vault

        settings, clock = self._load(asked), SystemClock()
        order = ExportOrder(
            incident=asked.incident,
            operator=asked.by or getuser(),
            purpose=asked.purpose,
            receiver=asked.receiver,
            basis=asked.basis,
            case=asked.case,
            clock_offset_s=asked.clock_offset,
            sealed=asked.sealed,
        )
        self._tell(asked, _CAREFUL)
        with Vault(settings.data.folder, clock) as vault:
            protection = Protection("" if asked.plain else self._new_passphrase(asked), tuple(asked.recipient))
            if asked.plain:
                self._confirm()
            stamp = partial(stamped, asked.timestamp) if asked.timestamp else None
            exporter = Exporter(vault, vault.device, settings, clock, draw_report, vault.checkpoint, stamp)
            delivered, composed = exporter.export(order, asked.to, protection)
            fingerprint = vault.device.fingerprint
        if asked.json:
            made = {"path": str(delivered.path), "bytes": delivered.size, "sha256": delivered.sha256, "anchor": composed.anchor}
            self._say(json.dumps({**made, "digest": composed.bag.digest.hex(), "device": fingerprint}))
        self._tell(asked, Text(ko=f"내보냈습니다: {delivered.path}", en=f"Exported: {delivered.path}"))
        self._tell(asked, Text(ko=f"기기 지문: {fingerprint}", en=f"Device fingerprint: {fingerprint}"))
        if composed.unstamped is not None:
            self._tell(asked, composed.unstamped)
        if composed.unproven:
            self._tell(asked, _UNPROVEN)
        return 0

    def _verify(self, asked: argparse.Namespace) -> int:
        from agent.evidence.bag_files.findings import short
        from agent.evidence.bag_files.verify import MARKS, anchor_text
        from agent.evidence.verify import Opener, verify

        found = verify(
            asked.bag, anchor_text(asked.anchor), Opener(lambda: _typed(self._speak(_ASK)), _identities(asked.identity))
        )
        if asked.json:
            checks = [{"number": c.number, "name": c.name.en, "state": c.state, "text": c.text.en} for c in found.checks]
            result = {"verdict": found.verdict, "text": found.text.en, "device": found.device, "since": found.since}
            self._say(json.dumps({**result, "checks": checks}))
            return EXIT[found.verdict]
        self._say(self._speak(found.text))
        for check in found.checks:
            self._say(f"{MARKS[check.state]} {check.number} {self._speak(check.name)}: {self._speak(check.text)}")
        if found.device is not None:
            self._tell(asked, Text(ko=f"기기 지문: {found.device}", en=f"Device fingerprint: {found.device}"))
            self._tell(asked, Text(ko=f"(짧게: {short(found.device)})", en=f"(in short: {short(found.device)})"))
        return EXIT[found.verdict]

    def _new_passphrase(self, asked: argparse.Namespace) -> str:
        if asked.recipient:
            return ""
        first = _typed(self._speak(_NEW))
        if sys.stdin.isatty() and _typed(self._speak(_AGAIN)) != first:
            raise ConfigError(ko="두 암호가 다릅니다. 다시 해 주세요.", en="The two passphrases differ. Try again.")
        if not first:
            raise ConfigError(
                ko="암호를 입력해 주세요. 암호 없이 내보내려면 --plain을 쓰세요.",
                en="Type a passphrase. To export without one, use --plain.",
            )
        return first

    def _confirm(self) -> None:
        """Without encryption everybody who finds the stick can watch it: somebody has to say so in so many words."""
        if _typed(self._speak(_SURE), hidden=False).strip().lower() not in YES:
            raise ConfigError(ko="내보내지 않았습니다.", en="Nothing was exported.")

    def _tell(self, asked: argparse.Namespace, text: Text) -> None:
        if not asked.json:
            self._say(self._speak(text))


def _typed(prompt: str, *, hidden: bool = True) -> str:
    if sys.stdin.isatty() and hidden:
        return getpass(prompt)
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().rstrip("\n")


def _identities(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as wrong:
        raise ConfigError(ko=f"열쇠 파일({path})을 읽을 수 없습니다.", en=f"The key file {path} cannot be read.") from wrong
    return tuple(line.strip() for line in lines if line.strip().startswith("AGE-SECRET-KEY-"))


_EXPORT = Text(
    ko="사건을 검증할 수 있는 증거 묶음으로 내보냅니다", en="export an incident as an evidence bag that can be verified"
)
_VERIFY = Text(ko="증거 묶음이 바뀌지 않았는지 검사합니다", en="check that an evidence bag was not changed")
_INCIDENT = Text(ko="사건 이름 (관리 화면의 사건에 있음)", en="the incident's name, as in the panel")
_TO = Text(ko="내보낼 폴더 (USB 등)", en="where it goes: a folder, a stick")
_PURPOSE = Text(ko="목적 (관리대장에 남음)", en="what for; goes on the register")
_BY = Text(ko="내보내는 사람 (없으면 로그인한 사용자)", en="who exports it (default: the user of this PC)")
_RECEIVER = Text(ko="받는 곳", en="who gets it")
_BASIS = Text(ko="법적 근거", en="the legal basis")
_CASE = Text(ko="경찰 사건번호", en="the police's case number")
_OFFSET = Text(
    ko="이 PC의 시계가 표준시보다 빠른 초 (느리면 음수)",
    en="by how many seconds this PC's clock is ahead of true time (or -behind)",
)
_SEALED = Text(
    ko="봉인된 원본도 넣습니다 (점주의 열쇠로만 열림)", en="include the sealed originals; only the owner's key opens them"
)
_RECIPIENT = Text(ko="암호 대신 받는 사람의 age 공개키로 암호화", en="encrypt to this age public key instead of a passphrase")
_TIMESTAMP = Text(
    ko="원장의 봉인 지점에 시점 확인 서버(RFC 3161)의 확인을 받음",
    en="have the checkpoint stamped by this RFC 3161 server, too",
)
_PLAIN = Text(ko="암호화하지 않습니다 (확인을 묻습니다)", en="do not encrypt; asks whether you are sure")
_BAG = Text(ko="묶음: 폴더, .zip 또는 .zip.age", en="the bag: a folder, .zip or .zip.age")
_ANCHOR = Text(
    ko="종이 보고서의 QR 글자(ANSIM1:...)나 그 파일, 또는 기기 지문",
    en="the text of the paper's QR (ANSIM1:...), a file with it, or the device's fingerprint",
)
_IDENTITY = Text(ko="age 열쇠 파일", en="file with an age key")
_NEW = Text(
    ko="이 묶음의 암호 (12자 이상; 받는 사람에게 따로 알려 주세요): ", en="A passphrase for this bag (12 characters or more): "
)
_AGAIN = Text(ko="한 번 더: ", en="Once more: ")
_ASK = Text(ko="묶음의 암호: ", en="The bag's passphrase: ")
_SURE = Text(
    ko="암호화하지 않으면 USB를 줍는 누구나 볼 수 있습니다. 그래도 내보내려면 '평문'이라고 쓰세요: ",
    en="Without encryption anybody who finds the stick can watch it. To go on, type 'plain': ",
)
_CAREFUL = Text(
    ko="영상이나 얼굴을 인터넷이나 매장에 공개하면 공개한 사람이 책임을 질 수 있습니다. 필요한 곳에만 주세요.",
    en="Whoever publishes clips or faces, online or in the shop, may be liable. Give them only to those who need them.",
)
_UNPROVEN = Text(
    ko="원장이 예전에 손상되어 일부 기록은 증명할 수 없습니다. 검사하면 그렇게 나옵니다. `ansim check --deep`을 실행해 주세요.",
    en="The ledger was damaged before, so some records cannot be proved, and a check will say so. Run `ansim check --deep`.",
)
