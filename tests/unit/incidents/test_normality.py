"""What is usual in a shop: learned from its own visits, faded with time, said in words; thefts teach nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.incidents.normality import CAMERAS, NEEDED, ShopNormality
from agent.incidents.passage import Passage, measured

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def visit(
    begin: datetime = MONDAY, *, seconds: int = 60, camera: str = "cam", row: float = 0.5, stops: int = 1, faster: float = 1.0
) -> Passage:
    """In at the left, along `row` to the middle, `stops` equal stops on the way, out again; one point a second."""
    path, x, moving = [], 0.05, max(seconds - stops * 10, 2)
    for second in range(seconds):
        walking = second % max(seconds // (stops + 1), 1) < moving / (stops + 1)
        x += (0.02 if second < seconds / 2 else -0.02) * faster if walking else 0.0
        path.append((float(second), min(max(x, 0.02), 0.98), row))
    return Passage(camera, begin, begin + timedelta(seconds=seconds), tuple(path))


def lived_in(days: int = 21, a_day: int = 12) -> ShopNormality:
    """Some weeks of visits of 40 to 95 seconds between 9 and 15 o'clock."""
    shop = ShopNormality()
    for day in range(days):
        for n in range(a_day):
            begin = MONDAY + timedelta(days=day, minutes=30 * n)
            shop.observe(visit(begin, seconds=40 + (7 * n + 11 * day) % 56, stops=1 + n % 2))
    return shop


def halting(begin: datetime, *, stops: int) -> Passage:
    """Seven seconds in one place, three to the next, back and forth."""
    path = [(float(t), 0.2 + 0.05 * ((t // 10) % 4) + 0.015 * max(t % 10 - 7, 0), 0.5) for t in range(10 * stops)]
    return Passage("cam", begin, begin + timedelta(seconds=10 * stops), tuple(path))


NEXT = MONDAY + timedelta(days=21, hours=2)
LIVED_IN = lived_in()  # only asked


def test_nothing_is_said_before_enough_was_seen() -> None:
    shop = ShopNormality()
    assert not shop.score(visit()).known
    for n in range(int(NEEDED)):
        assert not shop.score(visit(seconds=3600)).known
        shop.observe(visit(MONDAY + timedelta(minutes=n)))
        if n < NEEDED - 2:
            assert shop.score(visit(seconds=3600)).score == 0.0
    shop.observe(visit(MONDAY + timedelta(hours=1)))
    assert shop.score(visit(seconds=3600)).known


def test_a_usual_visit_has_no_reason() -> None:
    found = LIVED_IN.score(visit(NEXT))
    assert found.known
    assert found.reasons == ()
    assert found.score < 0.9


@pytest.mark.parametrize(
    ("passage", "korean", "english"),
    [
        (visit(NEXT, seconds=1500), "오래 머물렀습니다", "stayed longer than usual"),
        (visit(NEXT, seconds=80, row=0.05), "잘 머물지 않는 곳", "where people seldom stay"),
        (visit(NEXT, seconds=60, faster=9), "빠르게", "moved faster"),
        (visit(NEXT + timedelta(hours=14), seconds=60), "드문 시간", "at an hour when few people come"),
        (halting(NEXT, stops=8), "자주 멈춰", "stopped more often"),
    ],
)
def test_what_stands_out_is_said(passage: Passage, korean: str, english: str) -> None:
    found = LIVED_IN.score(passage)
    assert found.score > LIVED_IN.score(visit(NEXT)).score
    assert found.score > 0.9
    assert any(korean in reason.ko for reason in found.reasons)
    assert any(english in reason.en for reason in found.reasons)


def test_how_long_it_was_and_how_long_it_usually_is_are_told() -> None:
    reasons = LIVED_IN.score(visit(NEXT, seconds=1500)).reasons
    (long,) = (reason for reason in reasons if "longer" in reason.en)
    assert "25분" in long.ko
    assert "평소에는 대부분 1분 40초 안에" in long.ko
    assert "25 min; most leave within 1 min 40 s" in long.en


def even(seconds: Sequence[int]) -> ShopNormality:
    """Four weeks of three visits every hour, day and night."""
    shop = ShopNormality()
    for n in range(3 * 24 * 28):
        shop.observe(standing(MONDAY + timedelta(minutes=20 * n), seconds[n % len(seconds)]))
    return shop


def standing(begin: datetime, seconds: int) -> Passage:
    path = tuple((float(k), 0.5 + 0.001 * (k % 7), 0.6) for k in range(seconds))
    return Passage("cam", begin, begin + timedelta(seconds=seconds), path)


def test_the_last_of_many_that_are_alike_is_no_reason() -> None:
    """Of visits of 30 to 120 seconds one of two minutes is among the longest, and some hour has fewest of equally many."""
    shop, day = even(range(30, 121)), MONDAY + timedelta(days=28)
    for hour in range(168):
        for seconds in (60, 118, 150):
            assert shop.score(standing(day + timedelta(hours=hour), seconds)).reasons == ()
    long = shop.score(standing(day, 300)).reasons[0]
    assert long.en == "stayed longer than usual: 5 min; most leave within 2 min."
    assert long.ko == "보통보다 오래 머물렀습니다: 5분, 평소에는 대부분 2분 안에 나갑니다."


def test_an_incident_teaches_nothing() -> None:
    shop = lived_in()
    before = shop.to_dict()
    shop.observe(visit(NEXT, seconds=1500), suspicious=True)
    assert shop.to_dict() == before


def test_one_endless_visit_is_no_habit() -> None:
    shop = lived_in()
    shop.observe(visit(NEXT, seconds=6 * 3600, row=0.05))
    assert shop.score(visit(NEXT + timedelta(hours=1), seconds=1500)).score > 0.9
    assert shop.score(visit(NEXT + timedelta(hours=1), row=0.05)).score > 0.9


def test_what_becomes_usual_is_no_longer_unusual() -> None:
    shop = lived_in()
    for n in range(100):
        shop.observe(visit(NEXT + timedelta(hours=n), seconds=600))
    assert shop.score(visit(NEXT + timedelta(days=5), seconds=600)).reasons == ()


def test_half_is_forgotten_in_thirty_days() -> None:
    shop = lived_in()
    before = shop.visits("cam")
    shop.observe(visit(MONDAY + timedelta(days=20, hours=5, minutes=30) + timedelta(days=30)))
    assert shop.visits("cam") == pytest.approx(before / 2 + 1, rel=0.01)


@pytest.mark.parametrize("jump", [timedelta(days=40 * 365), timedelta(days=-40 * 365)])
def test_a_clock_that_jumps_does_not_wipe_the_memory(jump: timedelta) -> None:
    shop = lived_in()
    before = shop.visits("cam")
    shop.observe(visit(NEXT + jump))
    shop.observe(visit(NEXT))
    assert shop.visits("cam") > before / 5
    gone = shop.visits("cam")
    shop.observe(visit(NEXT + timedelta(days=30)))
    assert shop.visits("cam") == pytest.approx(gone / 2 + 1)


def test_cameras_do_not_mix() -> None:
    assert not LIVED_IN.score(visit(NEXT, camera="other")).known


def test_the_memory_survives_as_plain_values() -> None:
    again = ShopNormality.from_dict(json.loads(json.dumps(LIVED_IN.to_dict())))
    assert again.to_dict() == LIVED_IN.to_dict()
    assert again.score(visit(NEXT, seconds=900)) == LIVED_IN.score(visit(NEXT, seconds=900))


def test_the_memory_does_not_tell_the_time_of_the_first_and_the_last_visit() -> None:
    shop = ShopNormality()
    shop.observe(visit(MONDAY + timedelta(hours=9, minutes=17)))
    shop.observe(visit(MONDAY + timedelta(days=3, hours=2, minutes=41)))
    entry = shop.to_dict()["cameras"]["cam"]
    assert (entry["first_s"] % 86_400, entry["last_s"] % 86_400) == (0, 0)
    assert entry["last_s"] - entry["first_s"] == 3 * 86_400


def test_a_memory_with_exact_times_is_read_on_and_made_coarse() -> None:
    state = LIVED_IN.to_dict()
    for name in ("first_s", "last_s"):
        state["cameras"]["cam"][name] += 12_345.6
    assert ShopNormality.from_dict(state).to_dict() == LIVED_IN.to_dict()


def test_writing_and_reading_again_all_day_forgets_nothing_more() -> None:
    kept, again = lived_in(), lived_in()
    for hour in range(20):
        passage = visit(NEXT + timedelta(hours=2 * hour))
        kept.observe(passage)
        again.observe(passage)
        again = ShopNormality.from_dict(json.loads(json.dumps(again.to_dict())))
    assert again.visits("cam") == pytest.approx(kept.visits("cam"))


def test_the_memory_is_bounded() -> None:
    shop = ShopNormality()
    for n in range(CAMERAS + 10):
        shop.observe(visit(MONDAY + timedelta(minutes=n), camera=f"cam{n}"))
    state = shop.to_dict()
    assert len(state["cameras"]) == CAMERAS
    assert "cam0" not in state["cameras"]
    assert len(json.dumps(state["cameras"]["cam20"])) < 12_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: s.update(version=99),
        lambda s: s.pop("version"),
        lambda s: s["cameras"]["cam"].pop("heat"),
        lambda s: s["cameras"]["cam"].update(heat=[1.0, 2.0]),
        lambda s: s["cameras"]["cam"].update(visits=float("nan")),
        lambda s: s["cameras"]["cam"]["hours"].__setitem__(0, -1.0),
        lambda s: s["cameras"].update(cam=None),
        lambda s: s.update(cameras=7),
    ],
)
def test_a_damaged_memory_is_refused(damage: Callable[[dict[str, Any]], object]) -> None:
    state = lived_in(2).to_dict()
    damage(state)
    with pytest.raises(ValueError, match=r".+"):
        ShopNormality.from_dict(state)


def test_a_way_is_measured() -> None:
    path = tuple((float(t), 0.1 + 0.1 * min(t, 5), 0.5) for t in range(16))
    found = measured(Passage("cam", MONDAY, MONDAY + timedelta(hours=9), path))
    assert found.dwell_s == 15.0
    assert found.length == pytest.approx(0.5)
    assert found.speed == pytest.approx(0.1)
    assert found.stops == 1
    assert sum(found.cells.values()) == pytest.approx(1.0)


def test_without_a_path_the_clock_says_how_long() -> None:
    assert measured(Passage("cam", MONDAY, MONDAY + timedelta(seconds=40))).dwell_s == 40
    assert measured(Passage("cam", MONDAY, MONDAY - timedelta(seconds=40))).dwell_s == 0


def test_times_need_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        Passage("cam", MONDAY.replace(tzinfo=None), MONDAY)


@example([(-1.7e308, 0.0, 0.0), (1.0e292, 0.0, 0.0)], 0)  # the time between is no number
@given(
    st.lists(st.tuples(st.floats(), st.floats(), st.floats()), max_size=40),
    st.integers(-100_000, 100_000),
)
def test_any_way_has_a_score_between_0_and_1(path: list[tuple[float, float, float]], seconds: int) -> None:
    passage = Passage("cam", NEXT, NEXT + timedelta(seconds=seconds), tuple(path))
    found = LIVED_IN.score(passage)
    assert 0.0 <= found.score <= 1.0
    assert len(found.reasons) <= 3


@given(st.integers(30, 5000), st.integers(0, 5000))
def test_staying_longer_is_never_less_unusual_in_that_respect(seconds: int, more: int) -> None:
    def still(lasting: int) -> float:
        return LIVED_IN.score(Passage("cam", NEXT, NEXT + timedelta(seconds=lasting))).score

    assert still(seconds + more) >= still(seconds)
