"""What is remembered of accepted codes and of who is inside. All of it follows from the entry log: a restart forgets nothing.

Comes in: entries, in the order of time. Goes out: what came of a pass before, codes for the gate, how many are inside.
"""

from __future__ import annotations

from dataclasses import replace

from agent.entry.admission import PassState, is_same_showing
from agent.entry.inside import Inside
from agent.entry.records import Answer, CrossingKind, Entry, PassKind, Scan

MOST_SCANS = 300
SCANS_S = 120.0  # for how long an accepted code is of use to the gate
FRESH = PassState()


class Register:
    """Holding one means: you put entries in, and ask what follows from them. Not thread-safe, but for `scans`."""

    def __init__(self, passback_s: float, *, sees_exits: bool) -> None:
        """sees_exits: whether a camera sees people leave; where none does, nobody can say that somebody is still inside."""
        self._states: dict[str, PassState] = {}
        self._kinds: dict[str, PassKind] = {}
        self._scans: tuple[Scan, ...] = ()  # never changed, but replaced: asked from a thread that must not wait
        self._inside = Inside(passback_s)
        self._sees_exits = sees_exits
        self._left_utc = float("-inf")  # when somebody left last

    def put(self, entry: Entry, step: int | None = None) -> None:
        """A line of the entry log. step: time step of the code that was accepted."""
        if entry.crossing is CrossingKind.EXIT:
            self._inside.left(entry.utc, entry.pass_id)
            self._left_utc = entry.utc
        elif entry.crossing is not None:
            self._inside.came(entry.utc, entry.pass_id if entry.crossing is CrossingKind.VERIFIED else None)
        elif entry.answer is Answer.ADMITTED and entry.pass_id is not None and entry.pass_kind is not None:
            before = self._states.get(entry.pass_id, FRESH)
            self._states[entry.pass_id] = PassState(max(before.last_step, step or 0), entry.utc)
            self._kinds[entry.pass_id] = entry.pass_kind
            if not self._is_repeated(entry):
                self._inside.again(entry.pass_id, entry.utc)
                self._scans = (*self._scans[1 - MOST_SCANS :], Scan(entry.id, entry.pass_id, entry.utc, entry.camera))

    def _is_repeated(self, entry: Entry) -> bool:
        """Whether it is the next code of a phone (of staff) that is still held there: two codes, but one person for the gate.

        Not where somebody has left since the first one: that may have been its holder, who comes in once more.
        """
        earlier = (scan.utc for scan in self._scans if scan.pass_id == entry.pass_id)
        return any(is_same_showing(utc, entry.utc) and self._left_utc < utc for utc in earlier)

    def state(self, pass_id: str, now: float) -> PassState:
        state = self._states.get(pass_id, FRESH)
        return replace(state, inside=self._sees_exits and self._inside.holds(pass_id, now))

    def kind(self, pass_id: str) -> PassKind | None:
        """Of a pass that was admitted before."""
        return self._kinds.get(pass_id)

    def scans(self, now: float) -> tuple[Scan, ...]:
        """Codes accepted within SCANS_S, oldest first."""
        return tuple(scan for scan in self._scans if abs(now - scan.utc) <= SCANS_S)

    def occupancy(self, now: float) -> int:
        return self._inside.count(now)
