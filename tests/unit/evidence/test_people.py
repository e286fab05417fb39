"""People are shown for choosing at the moment at which they can best be told from the others."""

from __future__ import annotations

import pytest

from agent.evidence.people import sightings
from agent.values import Box, FrameNote, MaskStep, Sidecar, TrackPoint

START_S, START_UTC = 40.0, 1_790_000_000.0


def clip(tracks: dict[int, list[tuple[float, Box, bool]]], start_s: float = START_S) -> Sidecar:
    frames = tuple(FrameNote(start_s + i / 8, START_UTC + start_s - START_S + i / 8, MaskStep.NORMAL) for i in range(80))
    paths = {number: tuple(TrackPoint(at, box, seen) for at, box, seen in path) for number, path in tracks.items()}
    return Sidecar("till", frames, paths)


FAR, NEAR, AT_EDGE = Box(0.4, 0.4, 0.45, 0.6), Box(0.4, 0.2, 0.6, 0.9), Box(0.0, 0.1, 0.3, 0.95)


def test_the_largest_whole_picture_of_somebody_is_chosen() -> None:
    (one,) = sightings([clip({3: [(41.0, FAR, True), (43.0, NEAR, True), (45.0, AT_EDGE, True)]})])
    assert (one.number, one.part, one.box) == (3, 1, NEAR)
    assert one.at_s == pytest.approx(3.0)
    assert (one.first_utc, one.last_utc) == (START_UTC + 1.0, START_UTC + 5.0)
    assert one.seconds == pytest.approx(4.0)


def test_a_moment_with_somebody_else_before_them_is_not() -> None:
    hidden = {3: [(41.0, FAR, True), (43.0, NEAR, True)], 4: [(43.1, NEAR, True), (44.0, FAR, True)]}
    by_number = {one.number: one for one in sightings([clip(hidden)])}
    assert by_number[3].box == FAR
    assert by_number[4].box == FAR


def test_where_they_were_only_supposed_to_be_is_taken_for_want_of_better() -> None:
    (one,) = sightings([clip({3: [(41.0, NEAR, False), (43.0, FAR, True)]})])
    assert one.box == FAR
    (one,) = sightings([clip({3: [(41.0, NEAR, False)]})])
    assert one.box == NEAR


def test_somebody_in_two_parts_is_one_person_from_the_first_to_the_last_picture() -> None:
    first = clip({3: [(41.0, FAR, True)], 4: [(41.0, FAR.grown(0.2, 0.0), True), (42.0, FAR, True)]})
    second = clip({3: [(60.0, FAR, True), (62.0, NEAR, True)]}, start_s=58.0)
    longest, other = sightings([first, second])
    assert (longest.number, longest.part) == (3, 2)
    assert longest.at_s == pytest.approx(4.0)
    assert longest.seconds == pytest.approx(21.0)
    assert (other.number, other.part) == (4, 1)


def test_a_clip_without_pictures_or_people_shows_nobody() -> None:
    assert sightings([]) == ()
    assert sightings([clip({})]) == ()
    assert sightings([Sidecar("till", (), {3: (TrackPoint(1.0, NEAR, True),)})]) == ()
    assert sightings([clip({3: []})]) == ()
