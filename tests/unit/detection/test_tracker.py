"""The tracker on written-out detections: ids stay, hidden people are remembered, empty places are forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from agent.detection.findings import Findings, Unseen, box_cells
from agent.detection.tracker import Tracker
from agent.values import Box, FrameStamp, Person, Track

ROWS = 54
FPS = 8.0


def findings(
    index: int, people: Sequence[Box] = (), blobs: Sequence[Box] = (), *, score: float = 0.8, looked: bool = True
) -> Findings:
    stamp = FrameStamp("till", index, index / FPS, 1e9 + index / FPS)
    changed = box_cells((*people, *blobs), ROWS)
    moving = np.zeros_like(changed)
    seen = tuple(Person(box, score) for box in people) if looked else ()
    return Findings(stamp, seen, (), changed, moving, looked, tuple(blobs))


def walk(start: float, frames: int, speed: float = 0.02) -> Iterator[Box]:
    for step in range(frames):
        left = start + speed * step
        yield Box(left, 0.3, left + 0.12, 0.9)


def ids(tracks: Sequence[Track]) -> list[int]:
    return [track.id for track in tracks]


def test_one_person_keeps_one_id_and_ids_start_at_one() -> None:
    tracker = Tracker("till")
    for index, box in enumerate(walk(0.1, 20)):
        tracks = tracker.step(findings(index, [box]))
        assert ids(tracks) == [1]
    assert tracks[0].box == box
    assert tracks[0].seen
    assert tracks[0].camera == "till"


def test_each_camera_counts_for_itself() -> None:
    one, other = Tracker("a"), Tracker("b")
    assert ids(one.step(findings(0, [Box(0.1, 0.1, 0.2, 0.5)]))) == [1]
    assert ids(other.step(findings(0, [Box(0.1, 0.1, 0.2, 0.5)]))) == [1]


def test_two_people_who_pass_each_other_at_a_distance_keep_their_ids() -> None:
    tracker = Tracker("till")
    for index, (right, left) in enumerate(zip(walk(0.0, 30, 0.03), walk(0.88, 30, -0.03), strict=True)):
        higher = Box(left.left, 0.05, left.right, 0.25)
        tracks = tracker.step(findings(index, [right, higher]))
    assert ids(tracks) == [1, 2]
    assert tracks[0].box.left > tracks[1].box.left


def test_a_weak_detection_continues_a_track_but_begins_none() -> None:
    tracker = Tracker("till")
    box = Box(0.4, 0.3, 0.5, 0.9)
    assert tracker.step(findings(0, [box], score=0.15)) == ()
    tracker.step(findings(1, [box], score=0.8))
    tracks = tracker.step(findings(2, [box], score=0.15))
    assert tracks[0].seen
    assert tracks[0].score == 0.15


def test_a_hidden_person_is_predicted_and_remembered_for_a_while() -> None:
    tracker = Tracker("till", memory_s=2.0)
    for index, box in enumerate(walk(0.1, 10)):
        tracker.step(findings(index, [box]))
    for index in range(10, 10 + round(2 * FPS)):
        tracks = tracker.step(findings(index))
        assert ids(tracks) == [1]
        assert not tracks[0].seen
    assert tracks[0].box.left > box.left, "it is expected further on"
    for later in range(26, 34):
        tracks = tracker.step(findings(later))
    assert tracks == (), "its place is seen to be empty"


def test_a_lost_person_is_not_forgotten_while_the_place_still_differs() -> None:
    tracker = Tracker("till", memory_s=1.0)
    box = Box(0.4, 0.3, 0.5, 0.9)
    tracker.step(findings(0, [box]))
    for index in range(1, round(20 * FPS)):
        seen = findings(index, blobs=[Box(0.42, 0.35, 0.48, 0.8)])
        tracks = tracker.step(seen)
    assert ids(tracks) == [1]


def test_a_lost_person_is_not_forgotten_while_nothing_is_known_of_the_place() -> None:
    tracker = Tracker("till", memory_s=1.0)
    tracker.step(findings(0, [Box(0.4, 0.3, 0.5, 0.9)]))
    for index in range(1, round(10 * FPS)):
        stamp = FrameStamp("till", index, index / FPS, 0.0)
        tracks = tracker.step(Unseen(stamp, "late"))
    assert ids(tracks) == [1]
    for index in range(round(10 * FPS), round(40 * FPS)):
        tracks = tracker.step(Unseen(FrameStamp("till", index, index / FPS, 0.0), "late"))
    assert tracks == (), "but not for ever"


def test_where_no_detector_looks_a_region_of_change_is_followed() -> None:
    tracker = Tracker("till")
    for index, box in enumerate(walk(0.1, 20)):
        tracks = tracker.step(findings(index, blobs=[box], looked=False))
    assert ids(tracks) == [1]
    assert tracks[0].by == "change"
    assert tracks[0].box == box


def test_small_changes_are_not_followed() -> None:
    tracker = Tracker("till")
    assert tracker.step(findings(0, blobs=[Box(0.5, 0.5, 0.52, 0.53)], looked=False)) == ()


def test_a_change_that_turns_out_to_be_a_person_keeps_its_id() -> None:
    tracker = Tracker("till")
    blob = Box(0.4, 0.3, 0.55, 0.95)
    tracker.step(findings(0, blobs=[blob], looked=False))
    tracks = tracker.step(findings(1, [Box(0.42, 0.3, 0.53, 0.9)], [blob]))
    assert ids(tracks) == [1]
    assert tracks[0].by == "person"


def test_the_path_is_thinned_and_ends_where_the_track_is_now() -> None:
    tracker = Tracker("till")
    for index, box in enumerate(walk(0.1, 24, 0.01)):
        tracks = tracker.step(findings(index, [box]))
    times = [point.source_s for point in tracks[0].path]
    assert times == sorted(times)
    assert times[-1] == 23 / FPS
    assert tracks[0].path[-1].box == box
    assert len(times) <= 24 / FPS * 4 + 2


def test_the_head_of_an_older_look_is_not_handed_on_by_a_region_of_change() -> None:
    tracker = Tracker("till")
    box, head = Box(0.4, 0.3, 0.5, 0.9), Box(0.43, 0.3, 0.47, 0.4)
    first = findings(0)
    tracker.step(replace(first, people=(Person(box, 0.8, (), head),), blobs=(box,)))
    tracks = tracker.step(findings(1, blobs=[box], looked=False))
    assert tracks[0].seen
    assert tracks[0].head is None


def test_a_thing_that_stands_where_somebody_was_is_nobody_after_a_while() -> None:
    tracker = Tracker("till")
    box = Box(0.4, 0.3, 0.5, 0.9)
    tracker.step(findings(0, [box], [box]))
    for index in range(1, round(12 * FPS)):
        tracks = tracker.step(findings(index, blobs=[box]))
    assert [track.by for track in tracks] == ["change"]


def test_from_which_score_a_track_begins_can_be_set() -> None:
    assert Tracker("till", sure=0.9).step(findings(0, [Box(0.4, 0.3, 0.5, 0.9)], score=0.8)) == ()
