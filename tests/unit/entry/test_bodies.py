"""Bodies: how many people are in a region that two have shared, once it is as narrow as one person."""

from __future__ import annotations

import pytest

from agent.entry.bodies import DOUBTED_S, GHOST_S, Bodies
from agent.entry.body import Region
from agent.values import Box

STEP_S = 0.1
TOP, FOOT, WIDE = 0.4, 0.85, 0.1
ONE, TWO = -2.0, 3.0  # how much a region looks like two people
AT_RIM, INSIDE = 0.0, 0.4  # where the shared region begins


def region(left: float, width: float = WIDE, looks: float = ONE) -> Region:
    return Region(Box(left, TOP, left + width, FOOT), looks=looks)


def met(start: float) -> tuple[Bodies, float]:
    """Two who stood a step apart have come so close that one region holds them, for half a second; and when that was."""
    bodies, now_s = Bodies(), 0.0
    apart, together = [region(start + 0.02), region(start + 0.15)], [region(start, 2 * WIDE, TWO)]
    for regions in (apart,) * 6 + (together,) * 6:
        now_s += STEP_S
        bodies.step(now_s, regions)
    assert len(bodies.ids) == 2
    return bodies, now_s


def narrow(bodies: Bodies, now_s: float, start: float, for_s: float) -> int:
    """How many are in the region after it has looked like one person for so long."""
    seen: tuple[object, ...] = ()
    for step in range(1, round(for_s / STEP_S) + 1):
        seen = bodies.step(now_s + step * STEP_S, [region(start + WIDE / 2)])
    return len(seen)


@pytest.mark.parametrize(("start", "left"), [(AT_RIM, 1), (INSIDE, 2)])
def test_of_two_at_the_rim_one_has_gone_out_as_soon_as_one_is_seen_but_not_elsewhere(start: float, left: int) -> None:
    bodies, now_s = met(start)
    assert narrow(bodies, now_s, start, DOUBTED_S + 2 * STEP_S) == left


def test_elsewhere_somebody_hidden_is_believed_in_for_longer() -> None:
    bodies, now_s = met(INSIDE)
    assert narrow(bodies, now_s, INSIDE, GHOST_S + 2 * STEP_S) == 1
