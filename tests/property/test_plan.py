"""Masking only ever grows with what is known: no witness can take away what another one hides."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.detection.findings import Cells, Findings, box_cells, box_slices
from agent.masking.levels import FILL, MOSAIC
from agent.masking.plan import Care, Seen, plan_mask
from agent.values import Box, FrameStamp, Person

ROWS = 54
NOTHING = np.zeros((ROWS, 96), bool)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.floats(-0.2, 0.95)), draw(st.floats(-0.2, 0.95))
    return Box(left, top, left + draw(st.floats(0.01, 0.6)), top + draw(st.floats(0.01, 0.9)))


@st.composite
def people(draw: st.DrawFn) -> Person:
    box = draw(boxes())
    head = Box(box.left + box.width * 0.3, box.top, box.left + box.width * 0.7, box.top + box.height * 0.2)
    return Person(box, draw(st.floats(0.1, 1.0)), (), head if draw(st.booleans()) else None)


def seen(index: int, found: list[Person], faces: list[Box], changed: Cells | None, *, looked: bool = True) -> Seen:
    stamp = FrameStamp("till", index, index / 8, 0.0)
    return Seen(stamp, Findings(stamp, tuple(found), tuple(faces), changed, NOTHING, looked), ())


@given(st.lists(people(), max_size=4), st.lists(boxes(), max_size=2), st.lists(boxes(), max_size=3))
def test_everybody_is_hidden_every_head_filled_and_every_change_covered(
    found: list[Person], faces: list[Box], differing: list[Box]
) -> None:
    changed = box_cells(differing, ROWS)
    levels = plan_mask(seen(0, found, faces, changed), (), ROWS, None, Care()).levels
    for person in found:
        part = levels[box_slices(ROWS, person.box)]
        assert (part >= (MOSAIC if person.head is not None else FILL)).all()
        if person.head is not None:
            assert (levels[box_slices(ROWS, person.head)] == FILL).all()
    for face in faces:
        assert (levels[box_slices(ROWS, face)] == FILL).all()
    assert (levels[changed] >= MOSAIC).all()


@given(st.lists(people(), max_size=4), people(), st.lists(boxes(), max_size=3))
def test_one_more_person_never_uncovers_anything(found: list[Person], more: Person, differing: list[Box]) -> None:
    changed = box_cells(differing, ROWS)
    without = plan_mask(seen(0, found, [], changed), (), ROWS, None, Care()).levels
    with_one = plan_mask(seen(0, [*found, more], [], changed), (), ROWS, None, Care()).levels
    assert ((with_one >= MOSAIC) >= (without >= MOSAIC)).all()


@given(st.lists(people(), min_size=1, max_size=3), st.integers(0, 4), st.integers(0, 4))
def test_a_frame_between_two_looks_hides_everybody_of_both(found: list[Person], before: int, after: int) -> None:
    middle = before + 1
    clip = [seen(0, found, [], NOTHING)]
    clip += [seen(i, [], [], NOTHING, looked=False) for i in range(1, middle + after + 1)]
    clip += [seen(middle + after + 1, found, [], NOTHING)]
    now = clip[middle]
    levels = plan_mask(now, clip, ROWS, None, Care()).levels
    for person in found:
        if before + 1 <= 5:  # within NEAR_S of the look
            assert (levels[box_slices(ROWS, person.box)] >= MOSAIC).all()
