"""`ansim reveal`: the reveal ceremony at the terminal; what it makes goes straight into an encrypted export.

Comes in: parsed arguments; passphrases typed without echo (or lines of stdin in the order asked: the owner's, the approver's
password, the bag's). Goes out: sentences, and the encrypted bag. Ctrl+C during the countdown stops the ceremony.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli_terminal import Terminal
from agent.clock import SystemClock
from agent.errors import ConfigError
from agent.evidence.ceremony import COUNTDOWN_S
from agent.evidence.legal import BASES
from agent.settings import Settings
from agent.values import Text
from agent.workers import Stop

if TYPE_CHECKING:
    from agent.evidence.ceremony import Ceremony
    from agent.evidence.delivery import Protection
    from agent.evidence.order import ExportOrder
    from agent.evidence.reveal import Revealed, Revealer
    from agent.vault import Vault
    from agent.vault.owner_keys import Unlocked


class Reveal:
    """Holding one means: the command line has the command `reveal`. countdown_s: how long it can still be stopped."""

    def __init__(self, terminal: Terminal, countdown_s: float = COUNTDOWN_S) -> None:
        self._terminal = terminal
        self._countdown_s = countdown_s
        self._pause = Stop()

    def add(self, commands: Any) -> None:
        """Add the command to the parser."""
        speak = self._terminal.speak
        reveal = self._terminal.command(commands, "reveal", _REVEAL, self._reveal)
        reveal.add_argument("incident", help=speak(_INCIDENT))
        reveal.add_argument("--person", type=int, action="append", required=True, metavar="NUMBER", help=speak(_PERSON))
        reveal.add_argument("--reason", required=True, help=speak(_REASON))
        reveal.add_argument("--basis", required=True, choices=[basis.key for basis in BASES], help=speak(_BASIS))
        reveal.add_argument("--to", type=Path, required=True, metavar="DIR", help=speak(_TO))
        reveal.add_argument("--case", default="", metavar="NUMBER", help=speak(_CASE))
        reveal.add_argument("--receiver", default="", help=speak(_RECEIVER))
        reveal.add_argument("--by", default="", metavar="NAME", help=speak(_BY))
        reveal.add_argument("--approver", default="", metavar="NAME", help=speak(_APPROVER))
        reveal.add_argument("--recipient", action="append", default=[], metavar="age1...", help=speak(_RECIPIENT))

    def _reveal(self, asked: argparse.Namespace) -> int:
        from agent.evidence.delivery import Protection
        from agent.evidence.reveal import Revealer, order_of

        settings, clock = self._terminal.load(asked), SystemClock()
        by = asked.by or getuser()
        with self._terminal.vault(settings, clock) as vault:
            revealer = Revealer(vault, settings.recording, clock, self._countdown_s)
            ceremony = revealer.ask(_request(asked, by))
            self._advise(asked.basis)
            unlocked = revealer.unlock(ceremony, self._terminal.ask(_ASK))
            if asked.approver:
                ceremony = self._approved(revealer, vault, ceremony)
            protection = Protection("" if asked.recipient else self._new_passphrase(), tuple(asked.recipient))
            protection.check()
            clips = self._opened(revealer, ceremony, unlocked, by)
            path = self._export(vault, settings, order_of(ceremony.request, clips), asked.to, protection)
        frames = sum(clip.frames for clip in clips)
        shown = sum(clip.shown for clip in clips)
        self._terminal.tell(
            Text(
                ko=f"고른 사람만 보이는 영상을 만들었습니다({frames}장면 중 {shown}장면). 넘기기 전에 끝까지 확인해 주세요.",
                en=f"Made: a clip with the chosen people only ({shown} of {frames} frames show them). Watch it before it goes.",
            )
        )
        self._terminal.tell(Text(ko=f"암호화하여 내보냈습니다: {path}", en=f"Exported, encrypted: {path}"))
        return 0

    def _approved(self, revealer: Revealer, vault: Vault, ceremony: Ceremony) -> Ceremony:
        """The second person proves who they are with their password of the panel. Raises AccountRefused."""
        from agent.accounts import Accounts

        name = ceremony.request.approver
        Accounts(vault, SystemClock()).sign_in(
            name, self._terminal.ask(Text(ko=f"{name}의 비밀번호: ", en=f"Password of {name}: "))
        )
        return revealer.approve(ceremony, name)

    def _opened(self, revealer: Revealer, ceremony: Ceremony, unlocked: Unlocked, by: str) -> tuple[Revealed, ...]:
        try:
            while (left := revealer.seconds_left(ceremony)) > 0:
                if sys.stderr.isatty():
                    sys.stderr.write(f"\r{self._terminal.speak(_COUNTING)} {left:3.0f} ")
                    sys.stderr.flush()
                self._pause.pause(min(1.0, left))
        except KeyboardInterrupt:
            revealer.stop(ceremony, by)
            raise
        return revealer.open(ceremony, unlocked)[1]

    def _export(self, vault: Vault, settings: Settings, order: ExportOrder, to: Path, protection: Protection) -> Path:
        from agent.evidence.delivery import NotDelivered, leave_note
        from agent.evidence.export import Exporter
        from agent.evidence.report_pages import draw_report

        exporter = Exporter(vault, vault.device, settings, SystemClock(), draw_report, vault.checkpoint)
        delivered = exporter.export(order, to, protection)[0]
        with suppress(NotDelivered):  # the bag itself is whole
            leave_note(delivered)
        return delivered.path

    def _advise(self, key: str) -> None:
        basis = next(basis for basis in BASES if basis.key == key)
        self._terminal.say(f"{self._terminal.speak(basis.name)} ({self._terminal.speak(basis.article)}; {basis.source})")
        self._terminal.tell(basis.advice)
        self._terminal.tell(_NOT_ADVICE)

    def _new_passphrase(self) -> str:
        first = self._terminal.ask_new(_NEW)
        if not first:
            raise ConfigError(
                ko="사람이 보이는 영상은 암호화해서만 내보냅니다.", en="A clip that shows people is exported encrypted only."
            )
        return first


def _request(asked: argparse.Namespace, by: str) -> Any:
    from agent.evidence.ceremony import RevealRequest

    return RevealRequest(
        incident=asked.incident,
        by=by,
        persons=tuple(asked.person),
        reason=asked.reason,
        basis=asked.basis,
        case=asked.case,
        receiver=asked.receiver,
        approver=asked.approver,
    )


_REVEAL = Text(
    ko="봉인한 원본에서 고른 사람만 보이는 영상을 만들어 암호화하여 내보냅니다",
    en="show chosen people of a sealed original, and only them, in an encrypted export",
)
_INCIDENT = Text(ko="사건 이름 (관리 화면의 사건에 있음)", en="the incident's name, as in the panel")
_PERSON = Text(ko="보일 사람의 번호 (여러 번 쓸 수 있음)", en="number of a person to be shown; may be given several times")
_REASON = Text(ko="보려는 이유 (원장에 남음)", en="why; goes on the ledger")
_BASIS = Text(
    ko="법적 근거: " + ", ".join(f"{basis.key}({basis.name.ko})" for basis in BASES),
    en="legal basis: " + ", ".join(f"{basis.key} ({basis.name.en})" for basis in BASES),
)
_TO = Text(ko="내보낼 폴더 (USB 등)", en="where it goes: a folder, a stick")
_CASE = Text(ko="사건, 요구, 영장, 동의서의 번호", en="number of the case, request, warrant or consent")
_RECEIVER = Text(ko="받는 곳", en="who gets it")
_BY = Text(ko="요청하는 사람 (없으면 로그인한 사용자)", en="who asks (default: the user of this PC)")
_APPROVER = Text(ko="함께 승인할 사람의 계정", en="account of a second person who has to approve")
_RECIPIENT = Text(ko="암호 대신 받는 사람의 age 공개키로 암호화", en="encrypt to this age public key instead of a passphrase")
_ASK = Text(ko="점주의 암호 문구: ", en="The owner's passphrase: ")
_NEW = Text(
    ko="이 묶음의 암호 (12자 이상; 받는 사람에게 따로 알려 주세요): ", en="A passphrase for this bag (12 characters or more): "
)
_COUNTING = Text(ko="곧 원본을 엽니다. 멈추려면 Ctrl+C.", en="The original will be opened. Ctrl+C stops it.")
_NOT_ADVICE = Text(
    ko="법률 자문이 아닙니다. 확실하지 않으면 먼저 물어보세요.", en="This is not legal advice. When in doubt, ask first."
)
