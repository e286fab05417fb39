"""`ansim preserve`: keep an incident beyond its retention time, end that, list what is kept.

Comes in: parsed arguments. Goes out: sentences, JSON with --json. The list may be asked for while the agent runs; the rest is
done by the panel then.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from getpass import getuser
from typing import TYPE_CHECKING, Any

from agent.cli_terminal import Terminal
from agent.clock import SystemClock
from agent.errors import ConfigError
from agent.values import Text

if TYPE_CHECKING:
    from agent.preservation import Preserved


class Preserve:
    """Holding one means: the command line has the command `preserve`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def add(self, commands: Any) -> None:
        """Add the command to the parser."""
        preserve = self._terminal.command(commands, "preserve", _PRESERVE, self._preserve)
        preserve.add_argument("incident", nargs="?", help=self._terminal.speak(_INCIDENT))
        preserve.add_argument("--until", type=_date, metavar="YYYY-MM-DD", help=self._terminal.speak(_UNTIL))
        preserve.add_argument("--review", type=_date, metavar="YYYY-MM-DD", help=self._terminal.speak(_REVIEW))
        preserve.add_argument("--reason", default="", help=self._terminal.speak(_REASON))
        preserve.add_argument("--agency", default="", help=self._terminal.speak(_AGENCY))
        preserve.add_argument("--case", default="", metavar="NUMBER", help=self._terminal.speak(_CASE))
        preserve.add_argument("--by", default="", metavar="NAME", help=self._terminal.speak(_BY))
        preserve.add_argument("--end", action="store_true", help=self._terminal.speak(_END))

    def _preserve(self, asked: argparse.Namespace) -> int:
        if asked.incident is None:
            return self._list(asked)
        if asked.until is None and not asked.end:
            raise ConfigError(
                ko="언제까지 보존할지(--until)나 보존을 끝낼지(--end) 적어 주세요.",
                en="Say until when it is to be kept (--until), or that it is to end (--end).",
            )
        from agent.preservation import PreservationDesk, Preserving

        settings, clock, by = self._terminal.load(asked), SystemClock(), asked.by or getuser()
        with self._terminal.vault(settings, clock) as vault:
            desk = PreservationDesk(vault, clock, settings.data, settings.shop.timezone)
            kept = None
            if asked.end:
                desk.end(asked.incident, asked.reason, by)
            else:
                wish = Preserving(asked.incident, asked.until, asked.reason, asked.review, asked.agency, asked.case)
                kept = desk.preserve(wish, by)
            vault.record_audit(by, "end_preservation" if asked.end else "preserve", asked.incident)
        if asked.json:
            self._terminal.say(json.dumps({"incident": asked.incident, "kept": None if kept is None else _row(kept)}))
        elif kept is None:
            self._terminal.tell(_ENDED)
        else:
            self._terminal.tell(
                Text(
                    ko=f"{kept.until}까지 보존합니다. {kept.review}에 아직 필요한지 여쭙겠습니다.",
                    en=f"Kept until {kept.until}. On {kept.review} you will be asked whether that is still needed.",
                )
            )
        return 0

    def _list(self, asked: argparse.Namespace) -> int:
        from agent.preservation import PreservedIncidents
        from agent.vault.reading import Reading

        settings, clock = self._terminal.load(asked), SystemClock()
        reading = Reading(settings.data.folder, clock)
        try:
            held = PreservedIncidents(reading, clock, settings.data, settings.shop.timezone).held()
        finally:
            reading.close()
        if asked.json:
            self._terminal.say(json.dumps({"held": [_row(each) for each in held]}, ensure_ascii=False))
            return 0
        if not held:
            self._terminal.tell(_NONE)
        for each in held:
            self._line(each)
        return 0

    def _line(self, each: Preserved) -> None:
        due = Text(ko="  << 검토일이 지났습니다", en="  << review is due") if each.review_due else Text(ko="", en="")
        until = Text(ko=f"{each.until}까지, 검토 {each.review}", en=f"until {each.until}, review {each.review}")
        self._terminal.say(f"{each.row.id}  {self._terminal.speak(until)}{self._terminal.speak(due)}")
        for_whom = " ".join(part for part in (each.hold.agency, each.hold.case) if part)
        self._terminal.say(f"    {each.hold.reason}{f' ({for_whom})' if for_whom else ''}, {each.hold.by}")


def _row(each: Preserved) -> dict[str, object]:
    return {
        "incident": each.row.id,
        "until": each.until.isoformat(),
        "review": None if each.review is None else each.review.isoformat(),
        "review_due": each.review_due,
        "reason": each.hold.reason,
        "agency": each.hold.agency,
        "case": each.hold.case,
        "by": each.hold.by,
    }


def _date(typed: str) -> dt.date:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError("YYYY-MM-DD") from wrong


_PRESERVE = Text(
    ko="사건을 보관 기간보다 오래 보존합니다. 사건을 적지 않으면 보존 중인 것을 보여 줍니다",
    en="keep an incident beyond its retention time; without an incident, list what is kept",
)
_INCIDENT = Text(ko="사건 이름 (관리 화면의 사건에 있음)", en="the incident's name, as in the panel")
_UNTIL = Text(ko="보존할 마지막 날", en="the last day on which it is kept")
_REVIEW = Text(ko="아직 필요한지 살펴볼 날 (없으면 중간 날)", en="when to ask whether it is still needed (default: half-way)")
_REASON = Text(ko="이유 (원장에 남으니 사람 이름은 적지 마세요)", en="why; stands on the ledger, so name nobody")
_AGENCY = Text(ko="요청한 기관", en="for whom, like the police station")
_CASE = Text(ko="그 기관의 사건번호", en="the case's number there")
_BY = Text(ko="정한 사람 (없으면 로그인한 사용자)", en="who decided (default: the user of this PC)")
_END = Text(ko="보존을 끝냅니다 (이유 필요)", en="end it; needs a reason, too")
_ENDED = Text(
    ko="보존을 끝냈습니다. 보관 기간이 지난 것은 한 시간 안에 삭제됩니다.",
    en="It is no longer kept. What is past its retention time is erased within the hour.",
)
_NONE = Text(ko="보관 기간보다 오래 보존하는 사건이 없습니다.", en="No incident is being kept beyond its retention time.")
