"""`ansim export` and `ansim verify`: evidence leaves the shop, and is checked.

Comes in: parsed arguments; a passphrase typed without echo (or a line of stdin). Goes out: sentences, JSON with --json, and an
exit code. verify: 0 unchanged, 5 changed, 1 cannot be told. export: 0, or that of the error as in `agent.cli`.
"""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from functools import partial
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli_terminal import Terminal
from agent.clock import SystemClock
from agent.errors import ConfigError
from agent.values import Text

if TYPE_CHECKING:
    from agent.evidence.bag import Bag

EXIT = {"unchanged": 0, "changed": 5, "unknown": 1}
YES = ("평문", "plain")


class Evidence:
    """Holding one means: the command line has the commands `export` and `verify`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def add(self, commands: Any) -> None:
        """Add both commands to the parser."""
        speak = self._terminal.speak
        export = self._terminal.command(commands, "export", _EXPORT, self._export)
        export.add_argument("incident", help=speak(_INCIDENT))
        export.add_argument("--to", type=Path, required=True, metavar="DIR", help=speak(_TO))
        export.add_argument("--purpose", required=True, help=speak(_PURPOSE))
        export.add_argument("--by", default="", metavar="NAME", help=speak(_BY))
        export.add_argument("--receiver", default="", help=speak(_RECEIVER))
        export.add_argument("--basis", default="", help=speak(_BASIS))
        export.add_argument("--case", default="", metavar="NUMBER", help=speak(_CASE))
        export.add_argument("--clock-offset", type=float, metavar="SECONDS", help=speak(_OFFSET))
        export.add_argument("--sealed", action="store_true", help=speak(_SEALED))
        export.add_argument("--recipient", action="append", default=[], metavar="age1...", help=speak(_RECIPIENT))
        export.add_argument("--timestamp", default="", metavar="URL", help=speak(_TIMESTAMP))
        export.add_argument("--report", type=Path, metavar="FILE", help=speak(_REPORT))
        export.add_argument("--plain", action="store_true", help=speak(_PLAIN))

        verify = self._terminal.command(commands, "verify", _VERIFY, self._verify)
        verify.add_argument("bag", type=Path, metavar="BAG", help=speak(_BAG))
        verify.add_argument("--anchor", metavar="TEXT_OR_FILE", help=speak(_ANCHOR))
        verify.add_argument("--identity", type=Path, metavar="FILE", help=speak(_IDENTITY))

    def _export(self, asked: argparse.Namespace) -> int:
        from agent.evidence.delivery import NotDelivered, Protection, leave_note
        from agent.evidence.export import Exporter
        from agent.evidence.order import ExportOrder
        from agent.evidence.report_pages import draw_report
        from agent.evidence.timestamp import stamped

        settings, clock = self._terminal.load(asked), SystemClock()
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
        with self._terminal.vault(settings, clock) as vault:
            protection = Protection("" if asked.plain else self._new_passphrase(asked), tuple(asked.recipient))
            if asked.plain:
                self._confirm()
            stamp = partial(stamped, asked.timestamp) if asked.timestamp else None
            exporter = Exporter(vault, vault.device, settings, clock, draw_report, vault.checkpoint, stamp)
            delivered, composed = exporter.export(order, asked.to, protection)
            fingerprint = vault.device.fingerprint
        if protection.form != "plain":
            with suppress(NotDelivered):  # the bag itself is whole
                leave_note(delivered)
        if asked.report is not None:
            _print_out(composed.bag, asked.report)
        if asked.json:
            made = {"path": str(delivered.path), "bytes": delivered.size, "sha256": delivered.sha256, "anchor": composed.anchor}
            self._terminal.say(json.dumps({**made, "digest": composed.bag.digest.hex(), "device": fingerprint}))
        self._tell(asked, Text(ko=f"내보냈습니다: {delivered.path}", en=f"Exported: {delivered.path}"))
        self._tell(asked, Text(ko=f"기기 지문: {fingerprint}", en=f"Device fingerprint: {fingerprint}"))
        if asked.report is None:
            self._tell(asked, _PRINT)
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
            asked.bag, anchor_text(asked.anchor), Opener(lambda: self._terminal.ask(_ASK), _identities(asked.identity))
        )
        if asked.json:
            checks = [{"number": c.number, "name": c.name.en, "state": c.state, "text": c.text.en} for c in found.checks]
            result = {"verdict": found.verdict, "text": found.text.en, "device": found.device, "since": found.since}
            self._terminal.say(json.dumps({**result, "checks": checks}))
            return EXIT[found.verdict]
        speak = self._terminal.speak
        self._terminal.tell(found.text)
        for check in found.checks:
            self._terminal.say(f"{MARKS[check.state]} {check.number} {speak(check.name)}: {speak(check.text)}")
        if found.device is not None:
            self._tell(asked, Text(ko=f"기기 지문: {found.device}", en=f"Device fingerprint: {found.device}"))
            self._tell(asked, Text(ko=f"(짧게: {short(found.device)})", en=f"(in short: {short(found.device)})"))
        return EXIT[found.verdict]

    def _new_passphrase(self, asked: argparse.Namespace) -> str:
        if asked.recipient:
            return ""
        first = self._terminal.ask_new(_NEW)
        if not first:
            raise ConfigError(
                ko="암호를 입력해 주세요. 암호 없이 내보내려면 --plain을 쓰세요.",
                en="Type a passphrase. To export without one, use --plain.",
            )
        return first

    def _confirm(self) -> None:
        """Without encryption everybody who finds the stick can watch it: somebody has to say so in so many words."""
        if self._terminal.ask(_SURE, hidden=False).strip().lower() not in YES:
            raise ConfigError(ko="내보내지 않았습니다.", en="Nothing was exported.")

    def _tell(self, asked: argparse.Namespace, text: Text) -> None:
        if not asked.json:
            self._terminal.tell(text)


def _print_out(bag: Bag, path: Path) -> None:
    """The report as it lies in the bag. Raises ConfigError."""
    from agent.evidence.bag_files.bag_form import REPORT

    report = next(one.file for one in bag.files if one.file.name == REPORT)
    try:
        path.write_bytes(b"".join(report.pieces()))
    except OSError as wrong:
        raise ConfigError(ko=f"보고서를 {path}에 쓸 수 없습니다.", en=f"The report cannot be written to {path}.") from wrong


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
_REPORT = Text(
    ko="인쇄할 보고서(PDF)를 이 파일로도 저장합니다. 종이에 서명해 함께 건네세요",
    en="write the report (PDF) to this file, too, to be printed, signed and handed over on paper",
)
_PRINT = Text(
    ko="보고서를 인쇄하고 서명해 묶음과 함께 건네세요(--report로 저장). 종이가 있어야 기기 지문을 비교할 수 있습니다.",
    en="Print the report (--report), sign it, and hand it over, too: only paper lets them compare the fingerprint.",
)
_BAG = Text(ko="묶음: 폴더, .zip 또는 .zip.age", en="the bag: a folder, .zip or .zip.age")
_ANCHOR = Text(
    ko="종이 보고서의 QR 글자(ANSIM1:...)나 그 파일, 또는 기기 지문",
    en="the text of the paper's QR (ANSIM1:...), a file with it, or the device's fingerprint",
)
_IDENTITY = Text(ko="age 열쇠 파일", en="file with an age key")
_NEW = Text(
    ko="이 묶음의 암호 (12자 이상; 받는 사람에게 따로 알려 주세요): ", en="A passphrase for this bag (12 characters or more): "
)
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
