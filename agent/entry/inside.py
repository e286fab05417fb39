"""Who is inside, as far as the gate saw people come and go.

Comes in: who came (on which pass, if on one) and that somebody left, in the order of time. Goes out: how many are inside, and
whether a pass is certainly still inside. Of somebody who leaves nobody knows who it is: so each one who left may have been any
of those who came before, but only one of them; when a pass is shown again at the door, it was its holder.
"""

from __future__ import annotations

from collections import deque

STAY_S = 43_200.0  # nobody stays longer, as far as the count goes: what the gate missed is forgotten after that
MOST = 10_000


class Inside:
    """Holding one means: you tell it who came and left, and it counts. Not thread-safe. Times are Unix times."""

    def __init__(self, passback_s: float) -> None:
        """passback_s: how long a pass whose holder did not leave stays inside."""
        self._passback_s = passback_s
        self._people: deque[float] = deque(maxlen=MOST)
        self._passes: dict[str, float] = {}
        self._left: deque[float] = deque(maxlen=MOST)  # who nobody knows yet

    def came(self, utc: float, pass_id: str | None = None) -> None:
        self._people.append(utc)
        if pass_id is not None:
            self._passes[pass_id] = utc

    def left(self, utc: float, pass_id: str | None = None) -> None:
        """pass_id: whose holder it was, where the gate knows."""
        if self._people:
            self._people.popleft()
        if self._passes.pop(pass_id or "", None) is None:
            self._left.append(utc)

    def again(self, pass_id: str, now: float) -> None:
        """The pass was shown at the door and let in: so its holder had left."""
        since = self._passes.pop(pass_id, None)
        leaving = None if since is None else self._exit_after(since, now)
        if leaving is not None:
            self._left.remove(leaving)

    def holds(self, pass_id: str, now: float) -> bool:
        """Whether the pass came in and nobody has left since who could have been its holder."""
        since = self._passes.get(pass_id)
        return since is not None and 0 <= now - since < self._passback_s and self._exit_after(since, now) is None

    def count(self, now: float) -> int:
        while self._people and now - self._people[0] >= STAY_S:
            self._people.popleft()
        return len(self._people)

    def _exit_after(self, since: float, now: float) -> float | None:
        """The first one who left after `since` and whom nobody knows."""
        while self._left and now - self._left[0] >= self._passback_s:
            self._left.popleft()
        return next((utc for utc in self._left if utc > since), None)
