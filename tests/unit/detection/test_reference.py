"""The empty-shop reference: learns only where nobody is, and says when it knows nothing."""

from __future__ import annotations

import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.detection.findings import box_cells, filled_share
from agent.detection.reference import FURNITURE_S, SETTLE_S, Difference, Reference
from agent.values import Box, FrameStamp
from tests.room import FPS, Figure, Room

PERSON = Box(0.42, 0.25, 0.58, 0.95)


def watch(reference: Reference, room: Room, seconds: float, *people: Figure) -> Difference:
    """Look at `seconds` of the room with these people; gives what the last frame came to."""
    for _ in range(max(1, round(seconds * FPS))):
        raw = room.frame(*people)
        seen = reference.look(raw)
        reference.learn(raw.stamp.source_s)
    return seen


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def learnt(room: Room) -> Reference:
    reference = Reference()
    watch(reference, room, SETTLE_S + 2)
    assert reference.valid
    return reference


def test_it_knows_nothing_at_first_and_says_so(room: Room) -> None:
    reference = Reference()
    seen = reference.look(room.frame())
    assert seen.changed is None
    assert not reference.valid
    assert reference.empty_shop() is None


def test_a_still_room_is_learnt_after_a_few_seconds(room: Room) -> None:
    reference = Reference()
    watch(reference, room, SETTLE_S - 1)
    assert not reference.valid
    seen = watch(reference, room, 2)
    assert reference.valid
    assert seen.changed is not None
    assert not seen.changed.any()


def test_a_person_in_view_at_the_start_is_never_taken_for_part_of_the_room(room: Room) -> None:
    reference = Reference()
    seen = watch(reference, room, 60, Figure(PERSON))
    assert seen.changed is None or filled_share(seen.changed, PERSON) > 0.99


def test_somebody_who_comes_in_differs_and_the_rest_of_the_room_does_not(learnt: Reference, room: Room) -> None:
    seen = watch(learnt, room, 1, Figure(PERSON))
    assert seen.changed is not None
    assert filled_share(seen.changed, PERSON.grown(-0.02, -0.02)) > 0.99
    assert not seen.changed[:, :30].any()
    assert seen.share < 0.25


@pytest.mark.parametrize("luma", [20, 90, 125, 180, 235])
def test_clothes_of_any_brightness_differ(learnt: Reference, room: Room, luma: int) -> None:
    seen = watch(learnt, room, 1, Figure(PERSON, luma=luma))
    assert seen.changed is not None
    assert filled_share(seen.changed, PERSON.grown(-0.02, -0.02)) > 0.97


def test_a_person_who_stands_still_for_an_hour_does_not_fade_into_the_room(learnt: Reference, room: Room) -> None:
    for minute in range(60):  # one second of frames each minute; the pauses between are what a stalled camera would give
        for step in range(8):
            raw = room.frame(Figure(PERSON), at_s=10.0 + minute * 60 + step / FPS)
            seen = learnt.look(raw)
            learnt.learn(raw.stamp.source_s)
    assert seen.changed is not None
    assert filled_share(seen.changed, PERSON.grown(-0.02, -0.02)) > 0.99


def test_where_the_person_stood_is_empty_again_afterwards(learnt: Reference, room: Room) -> None:
    watch(learnt, room, 30, Figure(PERSON))
    seen = watch(learnt, room, 1)
    assert seen.changed is not None
    assert not seen.changed.any()


def test_slow_changes_of_light_are_followed(learnt: Reference, room: Room) -> None:
    for step in range(40):
        room.light = 1.0 - step * 0.01
        seen = watch(learnt, room, 1)
    assert seen.changed is not None
    assert seen.share < 0.02


def test_exposure_that_follows_a_person_into_the_room_is_no_change(learnt: Reference, room: Room) -> None:
    room.light = 1.12
    seen = watch(learnt, room, 1, Figure(PERSON))
    assert seen.changed is not None
    assert seen.share < 0.25


def test_another_view_makes_it_invalid_and_it_is_learnt_anew(learnt: Reference, room: Room) -> None:
    room.wall = Room(seed=99).wall
    watch(learnt, room, 3.5)
    assert not learnt.valid
    seen = watch(learnt, room, SETTLE_S + 2)
    assert learnt.valid
    assert seen.share < 0.02


def test_another_resolution_makes_it_invalid(learnt: Reference) -> None:
    other = Room(size=(320, 240))
    seen = learnt.look(other.frame())
    assert seen.changed is None


def test_a_thing_that_was_taken_away_becomes_part_of_the_room_soon(room: Room) -> None:
    thing = Box(0.1, 0.4, 0.2, 0.7)
    room.things = [(thing, 250)]
    reference = Reference()
    watch(reference, room, SETTLE_S + 2)
    room.things = []
    seen = watch(reference, room, 2)
    assert seen.changed is not None
    assert filled_share(seen.changed, thing) > 0.5
    seen = watch(reference, room, 60)
    assert seen.changed is not None
    assert filled_share(seen.changed, thing) < 0.1


def test_a_thing_that_was_put_down_is_masked_for_half_an_hour_and_then_known(learnt: Reference, room: Room) -> None:
    thing = Box(0.1, 0.4, 0.2, 0.7)
    room.things = [(thing, 250)]
    seen = watch(learnt, room, 120)
    assert seen.changed is not None
    assert filled_share(seen.changed, thing) > 0.9
    start = room.index / FPS
    for second in range(int(FURNITURE_S) + 120):
        raw = room.frame(at_s=start + second)
        seen = learnt.look(raw)
        learnt.learn(raw.stamp.source_s)
    assert seen.changed is not None
    assert filled_share(seen.changed, thing) < 0.1


def test_where_the_person_detector_sees_somebody_nothing_is_learnt(room: Room) -> None:
    reference = Reference()
    motionless = Figure(PERSON, sway=0.0)
    people = box_cells([PERSON], 54)
    for _ in range(round(30 * FPS)):
        raw = room.frame(motionless)
        seen = reference.look(raw)
        reference.learn(raw.stamp.source_s, people)
    assert seen.changed is None or filled_share(seen.changed, PERSON) > 0.99


def test_the_empty_shop_can_be_asked_later_about_earlier_frames(learnt: Reference, room: Room) -> None:
    shop = learnt.empty_shop()
    assert shop is not None
    earlier = room.frame(Figure(PERSON))
    assert shop.fits(earlier)
    assert filled_share(shop.changed(earlier), PERSON.grown(-0.02, -0.02)) > 0.99
    watch(learnt, room, 5)
    assert np.array_equal(shop.changed(earlier), shop.changed(earlier))
    assert not shop.fits(Room(size=(320, 240)).frame())


def test_a_picture_that_stands_still_proves_nothing(room: Room) -> None:
    """A camera that hangs repeats one picture, with whoever is in it."""
    reference = Reference()
    held = room.frame(Figure(PERSON))
    planes = Planes(*(plane.copy() for plane in held.look()))
    for index in range(round(60 * FPS)):
        stamp = FrameStamp("camera", index, index / FPS, 1e9 + index / FPS)
        seen = reference.look(RawFrame(stamp, Planes(*(plane.copy() for plane in planes))))
        reference.learn(stamp.source_s)
    assert seen.changed is None


@pytest.mark.parametrize("flicker", [0.03, 0.05, 0.08])
def test_flickering_light_does_not_pass_for_noise(learnt: Reference, room: Room, flicker: float) -> None:
    for step in range(round(10 * FPS)):
        room.light = 1 + flicker * (1 if step % 2 else -1)
        watch(learnt, room, 1 / FPS)
    seen = watch(learnt, room, 1 / FPS, Figure(PERSON, luma=90))
    assert seen.noise < 3
    assert seen.changed is None or filled_share(seen.changed, PERSON.grown(-0.02, -0.02)) > 0.95


def test_in_a_picture_too_noisy_to_see_somebody_nothing_counts_as_known(learnt: Reference, room: Room) -> None:
    room.noise = 45.0
    seen = watch(learnt, room, 10)
    assert seen.changed is None


def test_a_dark_coat_that_fills_most_of_the_view_is_no_exposure(learnt: Reference, room: Room) -> None:
    coat = Box(0.1, 0.0, 0.75, 1.0)
    seen = watch(learnt, room, 1 / FPS, Figure(coat, luma=45, sway=0.0))
    assert seen.changed is not None
    assert filled_share(seen.changed, coat.grown(-0.02, 0.0)) > 0.9


def test_with_a_person_detector_as_second_witness_the_room_is_known_sooner(room: Room) -> None:
    walker = Figure(Box(0.6, 0.2, 0.75, 0.95), sway=8.0)
    quick, slow = Reference(), Reference()
    people = box_cells([walker.box.grown(0.06, 0.05)], 54)
    for _ in range(round(5 * FPS)):
        raw = room.frame(walker)
        for reference in (quick, slow):
            reference.look(raw)
        quick.learn(raw.stamp.source_s, people, witness=1.0)
        slow.learn(raw.stamp.source_s)
    assert quick.valid
    assert not slow.valid
    seen = quick.look(room.frame(walker))
    assert seen.changed is not None
    assert filled_share(seen.changed, walker.box) > 0.99, "where the person is nothing was learnt"
