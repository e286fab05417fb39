"""Masks as tables: who is seen, when, and what of the picture is hidden for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agent.detection.findings import Cells, Findings, Unseen, box_cells, filled_share, zone_cells
from agent.masking.levels import CLEAR, FILL, MOSAIC
from agent.masking.plan import Care, Seen, plan_clip, plan_mask
from agent.values import Box, FrameStamp, Keypoint, MaskStep, Person, Point, Track

ROWS = 54
FPS = 8.0
BODY = Box(0.40, 0.20, 0.55, 0.90)
HEAD = Box(0.44, 0.20, 0.51, 0.32)
LEGS = Box(0.42, 0.60, 0.53, 0.85)
ELSEWHERE = Box(0.05, 0.10, 0.20, 0.60)
POINTS = (Keypoint(0.47, 0.26, 0.9),) * 17
KNOWN = Person(BODY, 0.8, POINTS, HEAD)
HEADLESS = Person(BODY, 0.8)
NOTHING = np.zeros((ROWS, 96), bool)


def seen(
    index: int,
    people: Sequence[Person] = (),
    *,
    changed: Cells | None = NOTHING,
    looked: bool = True,
    tracks: Sequence[Track] = (),
    faces: Sequence[Box] = (),
) -> Seen:
    stamp = FrameStamp("till", index, index / FPS, 1e9 + index / FPS)
    return Seen(stamp, Findings(stamp, tuple(people), tuple(faces), changed, NOTHING, looked), tuple(tracks))


def track(box: Box = BODY, *, seen: bool = True, head: Box | None = HEAD, last_s: float = 0.0, number: int = 1) -> Track:
    points = POINTS if head is not None else ()
    return Track(number, "till", box, seen, 0.8, "person", 0.0, last_s, head, points)


def mask(now: Seen, around: Sequence[Seen] = (), **options: object):
    return plan_mask(now, around, ROWS, options.pop("fixed", None), options.pop("care", Care()), **options)  # type: ignore[arg-type]


def share(levels, box: Box, level: int) -> float:
    """Share of the cells under `box` at `level` or above."""
    return filled_share(levels >= level, box)


def test_an_empty_shop_is_shown_as_it_is() -> None:
    made = mask(seen(0))
    assert made.step is MaskStep.NORMAL
    assert not made.levels.any()
    assert made.share == 0


def test_a_person_whose_head_is_known_gets_a_filled_head_and_a_mosaic_body() -> None:
    made = mask(seen(0, [KNOWN]))
    assert share(made.levels, HEAD, FILL) == 1
    assert share(made.levels, BODY, MOSAIC) == 1
    assert share(made.levels, LEGS, FILL) == 0
    assert share(made.levels, ELSEWHERE, MOSAIC) == 0


def test_a_person_whose_head_is_not_known_is_filled_whole() -> None:
    assert share(mask(seen(0, [HEADLESS])).levels, BODY, FILL) == 1


@pytest.mark.parametrize(("score", "hidden"), [(0.10, 1.0), (0.5, 1.0), (0.09, 0.0)])
def test_the_weakest_hit_counts(score: float, hidden: float) -> None:
    assert share(mask(seen(0, [Person(BODY, score)])).levels, LEGS, FILL) == hidden


def test_what_differs_from_the_empty_shop_is_filled_and_one_cell_around() -> None:
    changed = box_cells([ELSEWHERE], ROWS)
    made = mask(seen(0, changed=changed))
    assert share(made.levels, ELSEWHERE, FILL) == 1
    assert np.count_nonzero(made.levels) > np.count_nonzero(changed)


def test_change_inside_a_known_persons_box_needs_no_more_than_a_mosaic() -> None:
    made = mask(seen(0, [KNOWN], changed=box_cells([BODY], ROWS)))
    assert share(made.levels, LEGS, FILL) == 0
    assert share(made.levels, BODY, MOSAIC) == 1


def test_a_mosaic_block_is_at_least_a_sixth_of_the_widest_person() -> None:
    wide = Person(Box(0.1, 0.1, 0.6, 0.9), 0.8, POINTS, HEAD)
    made = mask(seen(0, [wide, KNOWN]))
    assert made.block >= 0.5 * 96 / 6


def test_faces_are_filled() -> None:
    assert share(mask(seen(0, faces=[HEAD])).levels, HEAD, FILL) == 1


def test_without_a_reference_the_whole_frame_is_pixelated_and_people_are_filled() -> None:
    made = mask(seen(0, [KNOWN], changed=None))
    assert made.step is MaskStep.BLIND
    assert (made.levels >= MOSAIC).all()
    assert share(made.levels, HEAD, FILL) == 1
    assert made.block >= 96 / 12


def test_when_the_detector_is_late_all_that_differs_and_every_remembered_track_is_filled() -> None:
    stamp = FrameStamp("till", 3, 3 / FPS, 0.0)
    now = Seen(stamp, Unseen(stamp, "late", box_cells([ELSEWHERE], ROWS)), (track(seen=False, head=None, last_s=3 / FPS),))
    made = mask(now)
    assert made.step is MaskStep.LATE
    assert share(made.levels, ELSEWHERE, FILL) == 1
    assert share(made.levels, BODY, FILL) == 1


def test_when_nothing_at_all_is_known_of_a_frame_it_is_pixelated() -> None:
    stamp = FrameStamp("till", 3, 3 / FPS, 0.0)
    assert mask(Seen(stamp, Unseen(stamp, "failed"), ())).step is MaskStep.BLIND


def test_between_two_looks_everything_on_the_persons_way_is_hidden() -> None:
    right = Box(0.46, 0.20, 0.61, 0.90)
    other = Person(right, 0.8, POINTS, Box(0.50, 0.20, 0.57, 0.32))
    around = [seen(0, [KNOWN]), seen(1, looked=False), seen(2, [other])]
    made = mask(around[1], around)
    assert share(made.levels, Box(0.44, 0.20, 0.57, 0.32), FILL) == 1, "the whole way of the head"
    assert share(made.levels, BODY.union(right), MOSAIC) == 1


def test_between_two_looks_somebody_seen_in_only_one_is_filled_whole() -> None:
    around = [seen(0, [KNOWN]), seen(1, looked=False), seen(2)]
    assert share(mask(around[1], around).levels, BODY, FILL) == 1


def test_a_lost_track_stays_masked_until_its_place_is_seen_to_be_empty() -> None:
    lost = track(seen=False, head=None, last_s=0.0)
    still_there = seen(8, changed=box_cells([LEGS], ROWS), tracks=[lost])
    assert share(mask(still_there).levels, BODY, FILL) == 1
    gone = seen(8, tracks=[lost])
    assert share(mask(gone).levels, BODY, FILL) == 0
    just_now = seen(2, tracks=[lost])
    assert share(mask(just_now).levels, BODY, FILL) == 1


@pytest.mark.parametrize(
    ("ahead", "changed", "hidden"),
    [
        (3, NOTHING, 1.0),  # shortly before, even where nothing differs
        (11, NOTHING, 0.0),  # earlier the place is seen to be empty
        (11, box_cells([LEGS], ROWS), 1.0),  # unless something is there
        (11, None, 1.0),  # or nothing is known
        (14, None, 0.0),  # never longer than the look-ahead
    ],
)
def test_somebody_noticed_late_is_masked_in_the_frames_before(ahead: int, changed: Cells | None, hidden: float) -> None:
    now = seen(0, changed=changed)
    later = seen(ahead, [KNOWN], tracks=[track(last_s=ahead / FPS)])
    assert share(mask(now, [now, later]).levels, BODY, FILL) == hidden


def test_a_weak_hit_takes_no_fill_away() -> None:
    weak = Person(BODY, 0.2, POINTS, HEAD)
    made = mask(seen(0, [weak], changed=box_cells([BODY], ROWS)))
    assert share(made.levels, LEGS, FILL) == 1


def test_somebody_whom_only_the_reference_sees_stays_filled_inside_another_persons_box() -> None:
    hidden = replace(track(LEGS, head=None, number=2), by="change")
    made = mask(seen(0, [KNOWN], changed=box_cells([BODY], ROWS), tracks=[track(), hidden]))
    assert share(made.levels, LEGS, FILL) == 1


def test_somebody_first_seen_as_a_change_is_masked_before_the_detector_sees_them() -> None:
    as_change = replace(track(head=None), by="change")
    now = seen(0, changed=None, tracks=[as_change])
    later = seen(8, [KNOWN], tracks=[track(last_s=1.0)])
    assert share(mask(now, [now, later]).levels, BODY, FILL) == 1


def test_a_track_between_two_looks_that_nobodys_box_covers_is_filled() -> None:
    way = Box(0.2, 0.2, 0.3, 0.9)
    left, right = Person(Box(0.05, 0.2, 0.15, 0.9), 0.8, POINTS, None), Person(Box(0.4, 0.2, 0.5, 0.9), 0.8, POINTS, None)
    clip = [
        seen(0, [left], tracks=[track(left.box)]),
        seen(1, looked=False, tracks=[track(way, head=None, last_s=1 / FPS)]),
        seen(2, [right], tracks=[track(right.box)]),
    ]
    assert share(mask(clip[1], clip).levels, way, FILL) == 1


def test_when_nearly_all_differs_it_is_another_view_and_pixelated() -> None:
    assert mask(seen(0, changed=np.ones((ROWS, 96), bool))).step is MaskStep.BLIND


def test_privacy_zones_are_filled_in_every_step() -> None:
    zone = zone_cells([(Point(0.1, 0.1), Point(0.3, 0.1), Point(0.2, 0.3))], ROWS)
    stamp = FrameStamp("till", 0, 0.0, 0.0)
    for now in (seen(0), seen(0, changed=None), Seen(stamp, Unseen(stamp, "late", NOTHING), ())):
        assert (mask(now, fixed=zone).levels[zone] == FILL).all()


def test_a_thin_privacy_zone_is_not_lost_between_cells() -> None:
    zone = zone_cells([(Point(0.5, 0.0), Point(0.501, 0.0), Point(0.501, 1.0), Point(0.5, 1.0))], ROWS)
    assert zone is not None
    assert zone[:, 48].all()


class TestEvidence:
    def test_the_subjects_body_is_shown_and_only_the_head_filled(self) -> None:
        clip = [seen(0, [KNOWN], changed=box_cells([BODY], ROWS), tracks=[track()])]
        (made,) = plan_clip(clip, frozenset({1}), ROWS, None, Care())
        assert share(made.levels, HEAD, FILL) == 1
        assert (made.levels[35:45, 42:50] == CLEAR).all()

    def test_a_bystander_is_filled_whole_even_in_front_of_the_subject(self) -> None:
        near = Person(Box(0.50, 0.30, 0.70, 0.95), 0.8, POINTS, Box(0.56, 0.30, 0.63, 0.42))
        tracks = [track(), track(near.box, head=near.head, number=2)]
        (made,) = plan_clip([seen(0, [KNOWN, near], tracks=tracks)], frozenset({1}), ROWS, None, Care())
        assert share(made.levels, near.box, FILL) == 1

    def test_a_subject_whose_head_is_not_known_is_filled_whole(self) -> None:
        (made,) = plan_clip([seen(0, [HEADLESS], tracks=[track(head=None)])], frozenset({1}), ROWS, None, Care())
        assert share(made.levels, BODY, FILL) == 1

    def test_gaps_are_filled_from_both_sides(self) -> None:
        clip = [seen(i, [KNOWN] if i in (0, 4) else [], looked=i in (0, 4), tracks=[track(last_s=i / FPS)]) for i in range(5)]
        for made in plan_clip(clip, frozenset(), ROWS, None, Care()):
            assert share(made.levels, HEAD, FILL) == 1
            assert share(made.levels, BODY, MOSAIC) == 1

    def test_where_the_live_pass_was_blind_the_subject_is_not_shown(self) -> None:
        (made,) = plan_clip([seen(0, [KNOWN], changed=None, tracks=[track()])], frozenset({1}), ROWS, None, Care())
        assert (made.levels >= MOSAIC).all()
