"""What is known of one person's stay in the shop, as plain values. Pure.

Made by `agent.incidents.visits`, read by the rules. All times are seconds of the source.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from agent.values import Alteration, Box, Concealment, Payment

_HOLE_S = 1.5  # between two measurements further apart nothing is known


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody at one zone: a hand on a shelf, or standing at a till, in a staff zone, at a fixture."""

    zone: str
    kind: str
    from_s: float
    to_s: float

    @property
    def lasted_s(self) -> float:
        return self.to_s - self.from_s


@dataclass(frozen=True, slots=True)
class Leaving:
    """When somebody was last seen, and at which door; zone None: at the picture's edge, where no door is drawn.

    known_s: when it was clear that they left, a moment later.
    """

    at_s: float
    zone: str | None
    known_s: float


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's stay on one camera, as far as it is known at this moment.

    track: the first track id, by which the person is known throughout; seen_as: the one in `Scene.tracks` now; members: all of
    the tracker's own. entered_open: the shop was open when they came in. box: where they were last seen; upright: the same
    while standing. touches: of shelves; stays: at tills, in staff zones, at fixtures. alterations: of all kinds, while this
    person was at the place. payments: sales near a stay at that till. movement: (second, strength) of the last minute.
    lying_since_s: lies and hardly moves since then. near: by id of such an alteration, when this person was last within reach
    of it, as far as they were seen; reach: for how long their hands may have been at its place while it changed; watched: of
    these alterations, those during most of which their hands were seen. left: None while they are there, or were lost in the
    middle of the shop.
    """

    track: int
    seen_as: int
    members: tuple[int, ...]
    entered_s: float
    last_s: float
    entered_open: bool
    box: Box
    upright: Box
    touches: tuple[Stay, ...] = ()
    stays: tuple[Stay, ...] = ()
    alterations: tuple[Alteration, ...] = ()
    payments: tuple[Payment, ...] = ()
    movement: tuple[tuple[float, float], ...] = ()
    concealment: Concealment | None = None
    lying_since_s: float | None = None
    near: Mapping[int, float] = field(default_factory=dict)
    reach: Mapping[int, float] = field(default_factory=dict)
    watched: frozenset[int] = frozenset()
    left: Leaving | None = None

    @property
    def touched_s(self) -> float:
        """How long a hand was on shelves, in all."""
        return sum(touch.lasted_s for touch in self.touches)

    def stayed_s(self, kinds: Collection[str]) -> float:
        """How long this person stayed at zones of these kinds, in all."""
        return sum(stay.lasted_s for stay in self.stays if stay.kind in kinds)

    def has(self, alteration: Alteration) -> bool:
        """Whether the alteration may be this person's doing: nobody else was at the place, or they had a hand on
        that zone, and may have had it there.
        """
        if alteration.id not in {known.id for known in self.alterations}:
            return False
        alone = all(track in self.members or track == self.track for track in alteration.tracks)
        touched = any(touch.zone == alteration.zone for touch in (*self.touches, *self.stays))
        return alone or (touched and self.reach.get(alteration.id, 0.0) > 0)

    def strong_s(self, strength: float, from_s: float, to_s: float) -> float:
        """For how long in that span the movement was at least so strong; what was not measured counts as calm."""
        strong_s, later, was = 0.0, 0.0, 0.0
        for at_s, value in reversed(self.movement):
            if at_s < from_s:
                break
            if at_s <= to_s:
                if value >= strength and was >= strength and later - at_s <= _HOLE_S:
                    strong_s += later - at_s
                later, was = at_s, value
        return strong_s
