"""Which codes are in view: a phone that is held still is read ten times a second, and presented once.

Comes in: texts as they are read, and which of them let somebody in. Goes out: whether one is new. Texts are forgotten seconds
after they were last seen. A phone shows another code every 30 seconds: while one that let somebody in stays in view, the codes
that follow are the same sight of it, or its holder would hear "already inside" right after "welcome".
"""

from __future__ import annotations

from agent.clock import Clock
from agent.entry.records import Reply
from agent.entry.token import SKEW_STEPS, Token, read_token, step_of

AGAIN_S = 3.0  # so long out of view, a code counts as shown anew
LIVE_STEPS = SKEW_STEPS + 1  # a phone whose clock is almost too wrong shows each other code a step further off


class Sightings:
    """Holding one means: you know what one reader has in view. For one thread at a time."""

    def __init__(self, clock: Clock, again_s: float = AGAIN_S) -> None:
        """again_s: seconds; a code that is seen again sooner than that is still the same sight of it."""
        self._clock = clock
        self._again_s = again_s
        self._seen: dict[str, float] = {}
        self._held: dict[str, float] = {}  # passes that were let in and are in view since, and when they were seen last

    def is_new(self, text: str) -> bool:
        """Whether `text` was out of view until now; from now on it is in view."""
        new = not self.in_view(text)
        now = self._clock.monotonic()
        self._seen[text] = now
        token = read_token(text)
        if token is not None and token.pass_id in self._held and self._is_live(token):
            self._held[token.pass_id] = now
        return new

    def in_view(self, text: str) -> bool:
        """Whether it would not be new, or is a code of a pass that was let in and is in view since."""
        self._forget()
        token = read_token(text)
        return text in self._seen or (token is not None and token.pass_id in self._held)

    def answered(self, text: str, reply: Reply | None) -> None:
        """What came of presenting it; None counts as one that lets somebody in."""
        if reply is None or reply.is_welcome:
            self.let_in(text)

    def let_in(self, text: str) -> None:
        """Somebody was let in on this code."""
        token = read_token(text)
        if token is not None and self._is_live(token):
            self._held[token.pass_id] = self._clock.monotonic()

    def looked_away(self, seconds: float) -> None:
        """Nobody looked for so long: that does not count as out of view."""
        for known in (self._seen, self._held):
            known.update({key: at + seconds for key, at in known.items()})

    def _is_live(self, token: Token) -> bool:
        """Whether a phone could show it now. A picture of a code that hangs in view must not hold its pass there for good."""
        return abs(token.step - step_of(self._clock.utc())) <= LIVE_STEPS

    def _forget(self) -> None:
        now = self._clock.monotonic()
        for known in (self._seen, self._held):
            for key in [key for key, at in known.items() if now - at >= self._again_s]:
                del known[key]
