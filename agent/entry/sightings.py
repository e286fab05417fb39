"""Which codes are in view: a phone that is held still is read ten times a second, and presented once.

Comes in: texts as they are read. Goes out: whether one is new. Texts are forgotten seconds after they were last seen.
"""

from __future__ import annotations

from agent.clock import Clock

AGAIN_S = 3.0  # so long out of view, a code counts as shown anew


class Sightings:
    """Holding one means: you know what one reader has in view. For one thread at a time."""

    def __init__(self, clock: Clock, again_s: float = AGAIN_S) -> None:
        """again_s: seconds; a code that is seen again sooner than that is still the same sight of it."""
        self._clock = clock
        self._again_s = again_s
        self._seen: dict[str, float] = {}

    def is_new(self, text: str) -> bool:
        """Whether `text` was out of view until now; from now on it is in view."""
        now = self._clock.monotonic()
        self._seen = {known: at for known, at in self._seen.items() if now - at < self._again_s}
        new = text not in self._seen
        self._seen[text] = now
        return new
