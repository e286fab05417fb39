"""What is usual in a shop is learned from the people who are followed, kept between runs, and said of incidents afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.incidents.normality import Unusual
from agent.usual import KEPT, NAME, SAVE_S, WAIT_S, ShopUsual
from agent.values import Box, FrameStamp, Incident, Track
from tests.stored import UTC, incident


class Shop:
    """One camera, and people who come in, go about and leave."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(UTC)
        self.found: list[tuple[str, Unusual]] = []
        self.usual = ShopUsual(folder, self.clock, lambda incident_id, unusual: self.found.append((incident_id, unusual)))
        self.source_s = 0.0
        self.last = 0

    def look(self, *tracks: Track) -> None:
        self.usual.see("till", tracks, FrameStamp("till", 0, self.source_s, self.clock.utc()))
        self.source_s += 0.5
        self.clock.advance(0.5)

    def visit(self, seconds: float, *, about: Incident | None = None, by: str = "person", reach: float = 0.4) -> int:
        """Somebody comes, walks to and fro over `reach` of the picture and leaves. about: an incident that comes of it."""
        self.last += 1
        begin = self.source_s
        while self.source_s - begin < seconds:
            x = 0.3 + reach * abs((self.source_s - begin) % 20 - 10) / 10
            box = Box(x - 0.05, 0.4, x + 0.05, 0.8)
            self.look(Track(self.last, "till", box, True, 0.9, by, begin, self.source_s))
            if about is not None and self.source_s - begin > 5:
                self.usual.note(about)
        self.look()
        return self.last

    def rest(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.source_s += seconds
        self.look()

    def live(self, visits: int = 60) -> None:
        for number in range(visits):
            self.visit(20 + number % 12)
            self.rest(WAIT_S + 1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def about(*tracks: int) -> Incident:
    return incident(tracks=tracks)


def test_a_new_shop_says_nothing(shop: Shop) -> None:
    shop.visit(600, about=about(1))
    assert shop.found == []


def test_once_it_knows_the_shop_it_says_what_was_unusual_when_the_person_has_left(shop: Shop) -> None:
    shop.live()
    shop.visit(600, about=about(shop.last + 1))
    ((incident_id, unusual),) = shop.found
    assert incident_id == incident().id
    assert unusual.score > 0.5
    assert any("오래 머물렀습니다" in reason.ko for reason in unusual.reasons)


def test_an_incident_that_opens_after_the_person_has_left_hears_of_it_too(shop: Shop) -> None:
    shop.live()
    track = shop.visit(600)
    shop.usual.note(about(track))
    assert [incident_id for incident_id, _ in shop.found] == [incident().id]


def test_a_usual_visit_of_an_incidents_subject_is_not_spoken_of(shop: Shop) -> None:
    shop.live()
    shop.visit(25, about=about(shop.last + 1))
    assert [unusual.reasons for _, unusual in shop.found if unusual.reasons] == []


def test_the_same_is_said_once_and_a_stronger_word_again(shop: Shop) -> None:
    shop.live()
    first, second = shop.visit(120), shop.visit(1200)
    for _ in range(3):
        shop.usual.note(about(first))
    assert len(shop.found) == 1
    shop.usual.note(about(first, second))
    assert [unusual.score for _, unusual in shop.found] == sorted(unusual.score for _, unusual in shop.found)


def test_visits_of_incidents_and_flickers_teach_nothing(shop: Shop, tmp_path: Path) -> None:
    def learned() -> float:
        shop.usual.keep(now=True)
        cameras = json.loads((tmp_path / NAME).read_text())["cameras"]
        return cameras["till"]["visits"] if cameras else 0.0

    shop.visit(20)
    shop.rest(WAIT_S + 1)
    once = learned()
    assert once == 1.0
    shop.visit(20, about=about(shop.last + 1))
    shop.visit(1)
    shop.visit(60, by="change", reach=0.0)  # goods that were put down
    shop.rest(WAIT_S + 1)
    assert learned() == pytest.approx(once, abs=0.01)


def test_what_was_learned_is_there_after_a_restart(shop: Shop, tmp_path: Path) -> None:
    shop.live()
    assert shop.clock.monotonic() > SAVE_S
    shop.usual.keep()
    again = Shop(tmp_path)
    again.visit(600, about=about(1))
    assert len(again.found) == 1


HUGE = b'{"version": 1, "cameras": {"till": {"first_s": 1' + b"0" * 400 + b"}}}"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff", b'{"version": 99}', b"[" * 100_000, HUGE])
def test_a_damaged_file_is_no_reason_not_to_start(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / NAME).write_bytes(damage)
    shop = Shop(tmp_path)
    shop.visit(10)
    shop.usual.keep(now=True)
    assert json.loads((tmp_path / NAME).read_text())["version"] == 1


def test_a_disk_that_refuses_ends_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "gone")
    shop.usual.keep(now=True)
    (tmp_path / "gone").mkdir()
    shop.usual.keep(now=True)
    assert (tmp_path / "gone" / NAME).exists()


def test_what_is_remembered_is_bounded(shop: Shop) -> None:
    for number in range(KEPT + 20):
        shop.usual.note(incident(number, tracks=(number,)))
        shop.visit(4)
    assert len(shop.usual._incidents) == KEPT
    assert len(shop.usual._left) == KEPT


def test_a_clock_that_jumps_is_survived(shop: Shop) -> None:
    shop.visit(20)
    shop.clock.advance(-86_400)
    shop.visit(20)
    shop.clock.advance(30 * 86_400)
    shop.visit(20)
    shop.look()
