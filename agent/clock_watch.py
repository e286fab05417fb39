"""Notices when the PC's clock is set: by somebody, by a time server after a long while, or because its battery is empty.

Comes in: the clock's two readings, the time of the ledger's newest record. Goes out: one event for each jump, with both times.
The order of the ledger's records holds in any case, their times only between two jumps; so an export takes along the jumps
that are near its incident (agent.evidence.ledger_slice).
"""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.clock import Clock
from agent.values import Event, EventKind, Text
from agent.vault import Vault
from agent.vault.journal import Journal
from agent.vault.store import LEDGER

log = logging.getLogger(__name__)

DAY_S = 86_400.0
DOUBT_S = DAY_S  # so long after a great leap ahead nothing is erased for its age; the law leaves five days for erasing
START_DOUBT_S = 3 * 3600.0  # and after a start; a PC that runs for a few hours now and then has to erase, too
JUMP_S = 5.0  # in the half minute between two looks a time server moves a clock by far less, unless it sets it


def newest_time(folder: Path) -> float | None:
    """When the newest record on the ledger of a data folder was written (Unix time); None: there is none.

    To be asked before the vault is opened, which writes to the ledger itself.
    """
    journal = Journal(folder / LEDGER)
    return next((record.utc for record in journal.records(journal.end().seq - 1)), None)


class ClockWatch:
    """Holding one means: you hear of it when the clock jumps. One thread at a time."""

    def __init__(self, vault: Vault, clock: Clock, timezone: str) -> None:
        self._vault = vault
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._utc = clock.utc()
        self._monotonic = clock.monotonic()
        self._doubted_until = self._monotonic

    @property
    def is_doubtful(self) -> bool:
        """A clock that is suddenly months ahead makes all evidence look old: a day goes by before anything is erased for that.

        So somebody who reads the event, or a time server, can set it right. At a start it is hours, where the PC was off, or
        its clock wrong, for a day or more.
        """
        return self._clock.monotonic() < self._doubted_until

    def compare(self, newest_utc: float | None) -> None:
        """At the start: the clock must not be behind what was written before. (How long the PC was off, nobody knows.)"""
        if newest_utc is None:
            return
        if self._utc < newest_utc - JUMP_S:
            self._tell(newest_utc, self._utc)
        elif self._utc >= newest_utc + DAY_S:
            self._doubted_until = self._monotonic + START_DOUBT_S

    def look(self) -> None:
        """To be called now and then: whether the clock went as time did since the last look. Raises nothing."""
        utc, monotonic = self._clock.utc(), self._clock.monotonic()
        expected = self._utc + monotonic - self._monotonic
        self._utc, self._monotonic = utc, monotonic
        if utc - expected >= DAY_S:
            self._doubted_until = monotonic + DOUBT_S
        if abs(utc - expected) >= JUMP_S:
            self._tell(expected, utc)

    def _tell(self, before: float, after: float) -> None:
        old, new = (f"{dt.datetime.fromtimestamp(utc, self._zone):%Y-%m-%d %H:%M:%S}" for utc in (before, after))
        log.warning("the clock jumped from %s to %s", old, new)
        text = _BACK if after < before else _AHEAD if after < before + DAY_S else _FAR
        told = Text(ko=text.ko.format(old, new), en=text.en.format(old, new))
        about = {"jump": {"from": round(before, 3), "to": round(after, 3)}}
        self._vault.record_event(Event(after, EventKind.CLOCK_JUMPED, told), about=about, wait=False)


_BACK = Text(
    ko="이 PC의 시계가 뒤로 갔습니다({}에서 {}로). 이 앞뒤의 기록은 시각보다 기록 번호의 순서를 믿어 주세요. "
    "설정에서 시간 자동 맞춤이 켜져 있는지 확인해 주세요.",
    en="This PC's clock went back (from {} to {}). Around this, trust the order of the records' numbers, not their times. "
    "See that the PC sets its clock by a time server.",
)
_FAR = Text(
    ko="이 PC의 시계가 크게 앞으로 뛰었습니다({}에서 {}로). 맞는지 확인해 주세요. "
    "틀린 시계 때문에 증거가 지워지지 않도록 하루 동안은 보관 기간이 지난 것을 지우지 않습니다.",
    en="This PC's clock leapt far ahead (from {} to {}). See whether it is right. For a day nothing is erased for its age, so "
    "that no evidence is lost to a wrong clock.",
)
_AHEAD = Text(
    ko="이 PC의 시계가 앞으로 뛰었습니다({}에서 {}로). 절전에서 깨어났거나 시계를 맞춘 것일 수 있습니다. "
    "설정에서 시간 자동 맞춤이 켜져 있는지 확인해 주세요.",
    en="This PC's clock jumped ahead (from {} to {}): it was asleep, or its clock was set. "
    "See that the PC sets its clock by a time server.",
)
