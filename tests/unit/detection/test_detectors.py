"""All witnesses together: who looks when, and what becomes of a frame when one of them is late, fails or hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agent.capture.raw import RawFrame
from agent.clock import ManualClock
from agent.detection.detectors import Detectors, LateError, PeopleDesk, believed, blob_boxes
from agent.detection.engine import Engine
from agent.detection.findings import Findings, Unseen, box_cells, filled_share
from agent.errors import ModelError
from agent.settings import DetectionSettings
from agent.values import Bag, Box, Person, Point, ViewFault
from tests.room import FPS, Figure, Room

PERSON = Box(0.42, 0.25, 0.58, 0.95)
FOUND = (Person(PERSON, 0.8),)


class Eyes:
    """A person detector that does what it is told and counts its looks."""

    name = "pose"

    def __init__(self, answer: Callable[[], tuple[Person, ...]] = lambda: FOUND) -> None:
        self.answer = answer
        self.looks = 0

    def look(self, _raw: RawFrame, _weak: float) -> tuple[Person, ...]:
        self.looks += 1
        return self.answer()


@contextmanager
def desk_with(eyes: Eyes | None) -> Iterator[PeopleDesk]:
    desk = PeopleDesk(Engine(eyes, None, ("reference",), ()), 0.1, ManualClock())
    try:
        yield desk
    finally:
        desk.close()


def watch(detectors: Detectors, room: Room, seconds: float, *people: Figure, somebody: bool = False) -> list[Findings | Unseen]:
    found = []
    for _ in range(round(seconds * FPS)):
        raw = room.frame(*people)
        found.append(detectors.look(raw, somebody=somebody).findings)
        detectors.learn(raw)
    return found


def test_without_a_person_detector_the_reference_alone_gives_findings() -> None:
    with desk_with(None) as desk:
        detectors = Detectors(desk, DetectionSettings(), 1.0)
        found = watch(detectors, Room(), 8)
    assert all(isinstance(f, Findings) and not f.looked for f in found)
    assert found[0].changed is None
    assert found[-1].changed is not None


def test_the_person_detector_looks_as_often_as_set_while_somebody_is_there_and_seldom_when_the_shop_is_empty() -> None:
    room, eyes = Room(), Eyes(lambda: ())
    with desk_with(eyes) as desk:
        detectors = Detectors(desk, DetectionSettings(people_fps=4.0), 5.0)
        watch(detectors, room, 8)
        eyes.looks = 0
        watch(detectors, room, 20)
        assert eyes.looks <= 5, "nothing differs, nothing moves"
        eyes.looks = 0
        found = watch(detectors, room, 5, Figure(PERSON), somebody=True)
        assert 18 <= eyes.looks <= 22
    assert sum(f.looked for f in found if isinstance(f, Findings)) == eyes.looks


def test_somebody_who_appears_in_an_idle_shop_is_looked_at_no_later_than_between_two_usual_looks() -> None:
    room, eyes = Room(), Eyes(lambda: ())
    with desk_with(eyes) as desk:
        detectors = Detectors(desk, DetectionSettings(people_fps=4.0), 5.0)
        watch(detectors, room, 12)
        eyes.looks = 0
        watch(detectors, room, 0.25 + 1 / FPS, Figure(PERSON))
        assert eyes.looks >= 1


def test_a_failing_detector_makes_frames_unseen_until_it_answers_again() -> None:
    def fail() -> tuple[Person, ...]:
        raise ModelError(ko="모델이 멈췄습니다.", en="The model failed.")

    room, eyes = Room(), Eyes(fail)
    with desk_with(eyes) as desk:
        detectors = Detectors(desk, DetectionSettings(), 5.0)
        raw = room.frame()
        seeing = detectors.look(raw, somebody=True)
        assert isinstance(seeing.findings, Unseen)
        assert seeing.fault is not None
        eyes.answer = lambda: FOUND
        seeing = detectors.look(room.frame(), somebody=True)
        assert isinstance(seeing.findings, Findings)
        assert seeing.findings.people == FOUND


def test_any_error_of_a_detector_is_a_model_error_and_the_desk_stays_open() -> None:
    eyes = Eyes(lambda: 1 // 0)  # type: ignore[arg-type,return-value]
    with desk_with(eyes) as desk:
        with pytest.raises(ModelError, match="ZeroDivisionError"):
            desk.look(Room().frame(), 5.0)
        eyes.answer = lambda: FOUND
        assert desk.look(Room().frame(), 5.0)[0] == FOUND


def test_a_detector_that_hangs_costs_one_wait_and_masking_goes_on() -> None:
    released = threading.Event()

    def hang() -> tuple[Person, ...]:
        released.wait(60)
        return FOUND

    room, eyes = Room(), Eyes(hang)
    with desk_with(eyes) as desk:
        detectors = Detectors(desk, DetectionSettings(), late_s=0.05)
        found = watch(detectors, room, 8, somebody=True)
        assert all(isinstance(f, Unseen) for f in found)
        assert eyes.looks == 1, "nobody asks again while it hangs"
        assert found[-1].changed is not None, "the reference still says what differs"
        with pytest.raises(LateError):
            desk.look(room.frame(), 0.05)
        eyes.answer = lambda: FOUND
        released.set()
        found = watch(detectors, room, 8, somebody=True)
        assert isinstance(found[-1], Findings)


def test_regions_of_change_come_as_boxes_largest_first() -> None:
    large, small = Box(0.5, 0.1, 0.8, 0.9), Box(0.1, 0.1, 0.2, 0.3)
    boxes = blob_boxes(box_cells([small, large], 54))
    assert len(boxes) == 2
    assert boxes[0].iou(large) > 0.9
    assert boxes[1].iou(small) > 0.7
    assert blob_boxes(None) == ()


def test_what_happens_in_a_privacy_zone_neither_records_nor_alarms() -> None:
    window = (Point(0.3, 0.1), Point(0.7, 0.1), Point(0.7, 1.0), Point(0.3, 1.0))
    room = Room()
    with desk_with(Eyes()) as desk:
        detectors = Detectors(desk, DetectionSettings(), 5.0, (window,))
        watch(detectors, room, 8)
        found = watch(detectors, room, 2, Figure(PERSON))
    for findings in found:
        assert isinstance(findings, Findings)
        assert findings.people == ()
        assert findings.blobs == ()


def test_a_covered_lens_does_not_become_the_empty_shop() -> None:
    room = Room()
    with desk_with(None) as desk:
        detectors = Detectors(desk, DetectionSettings(), 5.0)
        watch(detectors, room, 8)
        room.light = 0.05
        for _ in range(round(30 * FPS)):
            raw = room.frame()
            detectors.look(raw, somebody=False)
            detectors.learn(raw, {ViewFault.COVERED: 1.0})
        room.light = 1.0
        found = watch(detectors, room, 1, Figure(PERSON))
    assert found[-1].changed is not None
    assert 0.05 < found[-1].changed.mean() < 0.3, "the shop is still known"


def test_a_frame_that_was_blind_is_read_again_once_the_room_is_known_but_only_with_a_person_detector() -> None:
    for eyes, known in ((Eyes(lambda: ()), True), (None, False)):
        room = Room()
        with desk_with(eyes) as desk:
            detectors = Detectors(desk, DetectionSettings(), 5.0)
            first = room.frame()
            blind = detectors.look(first, somebody=True).findings
            detectors.learn(first)
            watch(detectors, room, 8, somebody=True)
            again = detectors.again(first, blind)
        assert blind.changed is None
        assert (again.changed is not None) == known
        if again.changed is not None:
            assert again.changed.mean() < 0.05


def test_reading_again_shows_who_was_there_before_the_room_was_known() -> None:
    room, eyes = Room(), Eyes(lambda: ())
    with desk_with(eyes) as desk:
        detectors = Detectors(desk, DetectionSettings(), 5.0)
        held = room.frame(Figure(PERSON))
        blind = detectors.look(held, somebody=True).findings
        detectors.learn(held)
        watch(detectors, room, 8, somebody=True)
        again = detectors.again(held, blind)
    assert again.changed is not None
    assert filled_share(again.changed, PERSON) > 0.8


def test_a_face_detector_alone_is_no_witness_to_where_nobody_is() -> None:
    class Faceless:
        def look(self, _raw: RawFrame) -> tuple[Box, ...]:
            return ()

    quick = {}
    for name, engine in (
        ("people", Engine(Eyes(lambda: ()), None, ("reference",), ())),
        ("faces", Engine(None, Faceless(), ("reference",), ())),  # type: ignore[arg-type]
    ):
        desk = PeopleDesk(engine, 0.1, ManualClock())
        try:
            detectors = Detectors(desk, DetectionSettings(), 5.0)
            found = watch(detectors, Room(), 3, somebody=True)
            quick[name] = found[-1].changed is not None
        finally:
            desk.close()
    assert quick == {"people": True, "faces": False}


def test_while_the_room_is_unknown_even_the_weakest_hit_keeps_its_place_from_being_learnt() -> None:
    ghost = Box(0.1, 0.2, 0.3, 0.9)
    room, eyes = Room(), Eyes(lambda: (Person(ghost, 0.12),))
    with desk_with(eyes) as desk:
        detectors = Detectors(desk, DetectionSettings(), 5.0)
        found = watch(detectors, room, 10, somebody=True)[-1]
    assert found.changed is not None
    assert filled_share(found.changed, ghost) == 1.0
    assert filled_share(found.changed, Box(0.6, 0.1, 0.9, 0.9)) == 0.0


@pytest.mark.parametrize("company", [(), (Figure(Box(0.05, 0.25, 0.2, 0.95), luma=200, sway=12),)], ids=["alone", "walker"])
def test_where_the_detector_is_in_doubt_nothing_is_learnt_sooner_than_without_a_detector(company: tuple[Figure, ...]) -> None:
    known_s = {}
    for eyes in (None, Eyes(lambda: (Person(PERSON, 0.3),))):
        desk = PeopleDesk(Engine(eyes, None, ("reference",), (), alone=0.4), 0.1, ManualClock())
        try:
            detectors = Detectors(desk, DetectionSettings(), 5.0)
            found = watch(detectors, Room(), 10, Figure(PERSON, sway=0.0), *company, somebody=True)
        finally:
            desk.close()
        covered = [1.0 if f.changed is None else filled_share(f.changed, PERSON) for f in found]
        known_s[eyes is None] = next((n for n, share in enumerate(covered) if share < 0.9), len(found)) / FPS
    assert known_s[False] >= known_s[True]


def test_a_hit_that_does_not_count_alone_is_believed_only_where_the_picture_differs() -> None:
    weak, strong = Person(PERSON, 0.2), Person(Box(0.1, 0.2, 0.2, 0.9), 0.5)
    same, differs = box_cells([], 54), box_cells([PERSON], 54)
    assert believed((weak, strong), same, 0.4) == (strong,)
    assert believed((weak, strong), differs, 0.4) == (weak, strong)
    assert believed((weak, strong), None, 0.4) == (weak, strong), "nothing is known yet, so everybody counts"
    assert believed((weak, strong), same, 0.0) == (weak, strong), "this detector counts alone"


def test_bags_are_looked_for_now_and_then_while_somebody_is_there_and_their_failure_unmasks_nobody() -> None:
    class Bags:
        name = "bags"
        looks = 0

        def look(self, _raw: RawFrame) -> tuple[Bag, ...]:
            self.looks += 1
            if self.looks > 3:
                raise ModelError(ko="모델이 멈췄습니다.", en="The model failed.")
            return (Bag(Box(0.4, 0.5, 0.5, 0.6), 0.9),)

    bags = Bags()
    desk = PeopleDesk(Engine(Eyes(), None, ("reference",), (), bags=bags), 0.1, ManualClock())  # type: ignore[arg-type]
    try:
        detectors = Detectors(desk, DetectionSettings(people_fps=4.0), 5.0, bags=True)
        found = watch(detectors, Room(), 6, Figure(PERSON), somebody=True)
    finally:
        desk.close()
    assert all(isinstance(f, Findings) for f in found)
    carried = [f.bags for f in found if isinstance(f, Findings) and f.bags is not None]
    assert len(carried) == 3
    assert 7 <= bags.looks <= 10, "about every 0.6 to 0.75 s"


def test_a_bag_detector_that_hangs_makes_no_frame_late_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    asked, let_go = threading.Semaphore(0), threading.Event()

    class Bags:
        name = "bags"

        def look(self, _raw: RawFrame) -> tuple[Bag, ...]:
            asked.release()
            let_go.wait(60.0)
            return ()

    desk = PeopleDesk(Engine(Eyes(), None, ("reference",), (), bags=Bags()), 0.1, ManualClock())  # type: ignore[arg-type]
    detectors = Detectors(desk, DetectionSettings(people_fps=4.0), 2.0, bags=True)
    try:
        found = watch(detectors, Room(), 70, Figure(PERSON), somebody=True)
    finally:
        let_go.set()
        desk.close()
    assert asked.acquire(blocking=False)
    assert not asked.acquire(blocking=False), "nobody waits again for what hangs"
    assert all(isinstance(f, Findings) and f.bags is None for f in found)
    told = [record.message for record in caplog.records if "bags" in record.message]
    assert told == ["bags are not looked for: the detector is late"]


def test_the_silence_of_a_detector_that_is_not_believed_alone_counts_as_half_a_witness() -> None:
    known = {}
    for alone in (0.0, 0.4):
        desk = PeopleDesk(Engine(Eyes(lambda: ()), None, ("reference",), (), alone), 0.1, ManualClock())
        try:
            found = watch(Detectors(desk, DetectionSettings(), 5.0), Room(), 6, somebody=True)
        finally:
            desk.close()
        known[alone] = next(f.stamp.source_s for f in found if f.changed is not None)
    assert 1.9 <= known[0.0] <= 2.6
    assert 3.8 <= known[0.4] <= 4.6
