"""An incident that somebody else still needs is kept beyond its time: with a reason, an end and a review, and no longer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import ManualClock
from agent.errors import StoreError
from agent.preservation import PreservationDesk, PreservationRefused, Preserving, half_way, ordered
from agent.settings import DataSettings
from agent.values import EventKind
from agent.vault import Vault
from agent.vault.bodies import Kind
from agent.vault.check import check
from agent.vault.journal import Journal
from agent.vault.retention import DAY_S, sweep
from agent.vault.rows import FileKind
from tests.stored import UTC, WHY, incident, keep_clip, opened, sealed_offer

SEOUL = ZoneInfo("Asia/Seoul")
TODAY = dt.datetime.fromtimestamp(UTC, SEOUL).date()
DAY = dt.timedelta(days=1)
REASON = "마포경찰서 절도 수사"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock) -> Iterator[Vault]:
    with opened(tmp_path / "data", clock) as vault:
        keep_clip(vault)
        vault.store_sealed(sealed_offer())
        yield vault


@pytest.fixture
def desk(vault: Vault, clock: ManualClock) -> PreservationDesk:
    return desk_of(vault, clock)


def desk_of(vault: Vault, clock: ManualClock) -> PreservationDesk:
    return PreservationDesk(vault, clock, DataSettings(folder=vault.folder, min_free_gb=0), "Asia/Seoul")


def wish(days: int = 60, **changes: object) -> Preserving:
    fields: dict = {"until": TODAY + days * DAY, "reason": REASON, "agency": "마포경찰서", "case": "2026-1234"}
    return Preserving(incident().id, **(fields | changes))


def told(vault: Vault, *kinds: EventKind) -> list[EventKind]:
    wanted = kinds or (EventKind.REVIEW_DUE, EventKind.HOLD_ENDING)
    return [row.event.kind for row in reversed(vault.events()) if row.event.kind in wanted]


def limits(vault: Vault) -> DataSettings:
    return DataSettings(folder=vault.folder, min_free_gb=0)


# what is kept, and until when


def test_it_is_kept_until_the_last_day_is_over_in_the_shop_and_then_it_goes(
    desk: PreservationDesk, vault: Vault, clock: ManualClock
) -> None:
    kept = desk.preserve(wish(60), "점주")
    assert (kept.until, kept.review) == (TODAY + 60 * DAY, TODAY + 30 * DAY)
    end = dt.datetime.combine(TODAY + 61 * DAY, dt.time(), SEOUL).timestamp()
    assert vault.incident(incident().id).hold_until == end
    clock.advance(end - 1 - clock.utc())
    assert sweep(vault, limits(vault), clock).files == 0
    assert vault.sealed(incident().id)
    clock.advance(1)
    assert sweep(vault, limits(vault), clock).files == 1
    assert not vault.sealed(incident().id)
    assert desk.held() == ()
    assert [hold.reason for hold in desk.over()] == [REASON]


def test_nothing_is_kept_for_want_of_space_either_but_what_is_preserved(
    desk: PreservationDesk, vault: Vault, clock: ManualClock
) -> None:
    other = keep_clip(vault, 2)
    desk.preserve(wish(), "점주")
    clock.advance(2 * DAY_S)
    tiny = DataSettings(folder=vault.folder, max_gb=1e-9)
    assert sweep(vault, tiny, clock).files == 1
    assert vault.stored(other.seq) is None
    assert vault.incident(incident().id).clips


def test_who_why_for_whom_and_how_long_stand_on_the_ledger(desk: PreservationDesk, vault: Vault) -> None:
    desk.preserve(wish(), "점주")
    (record,) = [r for r in Journal(vault.folder / "ledger").records() if r.kind == "incident.hold"]
    assert record.body == {
        "id": incident().id,
        "until": dt.datetime.combine(TODAY + 61 * DAY, dt.time(), SEOUL).timestamp(),
        "review": dt.datetime.combine(TODAY + 30 * DAY, dt.time(), SEOUL).timestamp(),
        "reason": REASON,
        "agency": "마포경찰서",
        "case": "2026-1234",
        "by": "점주",
    }


def test_it_can_be_extended_and_ended_and_all_that_was_said_remains(
    desk: PreservationDesk, vault: Vault, clock: ManualClock
) -> None:
    desk.preserve(wish(10), "점주")
    clock.advance(9 * DAY_S)
    desk.preserve(wish(90, reason="수사가 길어짐"), "본사")
    assert desk.held()[0].until == TODAY + 90 * DAY
    with pytest.raises(PreservationRefused):
        desk.end(incident().id, " ", "점주")
    desk.end(incident().id, "수사 종결", "점주")
    assert desk.held() == ()
    assert [(hold.reason, hold.by, hold.until_utc is None) for hold in desk.history(incident().id)] == [
        ("수사 종결", "점주", True),
        ("수사가 길어짐", "본사", False),
        (REASON, "점주", False),
    ]
    assert [hold.reason for hold in desk.over()] == ["수사 종결"]
    clock.advance(40 * DAY_S)
    assert sweep(vault, limits(vault), clock).files == 1


def test_what_is_not_kept_cannot_be_ended(desk: PreservationDesk) -> None:
    with pytest.raises(StoreError, match="not being preserved"):
        desk.end(incident().id, "수사 종결", "점주")


def test_an_unknown_incident_and_one_that_is_gone_are_refused(desk: PreservationDesk, vault: Vault, clock: ManualClock) -> None:
    with pytest.raises(StoreError, match="no incident"):
        desk.preserve(Preserving("nothing", TODAY + DAY, REASON), "점주")
    clock.advance(40 * DAY_S)
    sweep(vault, limits(vault), clock)
    with pytest.raises(StoreError, match="Nothing of this incident is left"):
        desk.preserve(wish(70), "점주")


def test_a_clip_that_is_stored_later_is_kept_too(desk: PreservationDesk, vault: Vault, clock: ManualClock) -> None:
    """An incident is preserved while its clip is still being made."""
    seen = incident(7)
    vault.open_incident(seen)
    desk.preserve(Preserving(seen.id, TODAY + 60 * DAY, REASON), "점주")
    stored = keep_clip(vault, 7)
    clock.advance(40 * DAY_S)
    sweep(vault, limits(vault), clock)
    assert vault.stored(stored.seq) is not None


def test_what_is_preserved_while_a_sweep_goes_on_is_not_erased(desk: PreservationDesk, vault: Vault) -> None:
    """The sweep had already chosen it."""
    (clip,), (sealed,) = vault.oldest(FileKind.CLIP, 1), vault.sealed(incident().id)
    desk.preserve(wish(), "점주")
    assert not vault.erase(clip, WHY)
    assert not vault.erase_sealed(sealed, WHY)
    assert vault.path_of(clip).is_file()


# what is asked for


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"reason": " \n\t"},
        {"until": None},
        {"until": TODAY},
        {"until": TODAY - DAY},
        {"until": TODAY + 91 * DAY},
        {"until": dt.date.max},
        {"review": TODAY},
        {"review": TODAY + 61 * DAY},
    ],
)
def test_without_a_reason_an_end_that_is_near_enough_and_a_review_before_it_nothing_is_kept(
    desk: PreservationDesk, changes: dict
) -> None:
    with pytest.raises(PreservationRefused):
        desk.preserve(wish(**changes), "점주")
    assert desk.held() == ()


@given(until=st.integers(1, 90), review=st.none() | st.integers(1, 90))
def test_a_review_always_lies_within_the_time_that_something_is_kept(until: int, review: int | None) -> None:
    asked = wish(until, review=None if review is None else TODAY + min(review, until) * DAY)
    order = ordered(asked, "점주", TODAY, 90, SEOUL)
    begin = dt.datetime.combine(TODAY, dt.time(), SEOUL).timestamp()
    assert begin < order.review_utc < order.until_utc <= begin + 91 * DAY_S


def test_the_review_is_half_way_unless_somebody_says_otherwise() -> None:
    assert half_way(TODAY, TODAY + 60 * DAY) == TODAY + 30 * DAY
    assert half_way(TODAY, TODAY + DAY) == TODAY + DAY


# reminders


def test_a_review_and_a_near_end_are_told_once_each_also_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        keep_clip(vault)
        desk = desk_of(vault, clock)
        desk.preserve(wish(60), "점주")
        assert desk.remind() == 0
        clock.advance(30 * DAY_S)
        assert (desk.remind(), desk.remind()) == (1, 0)
        assert desk.held()[0].review_due
    (tmp_path / "ansim.db").unlink()  # the index is made anew from the ledger, and still knows
    with opened(tmp_path, clock) as vault:
        desk = desk_of(vault, clock)
        assert desk.remind() == 0
        clock.advance(24 * DAY_S)
        assert (desk.remind(), desk.remind()) == (1, 0)
        assert told(vault) == [EventKind.REVIEW_DUE, EventKind.HOLD_ENDING]
        desk.preserve(wish(120), "점주")
        assert desk.remind() == 0
        assert not desk.held()[0].review_due
        clock.advance(64 * DAY_S)
        assert desk.remind() == 2
        assert told(vault) == [EventKind.REVIEW_DUE, EventKind.HOLD_ENDING] * 2


def test_what_is_kept_for_a_day_is_not_announced_as_ending_at_once(desk: PreservationDesk, clock: ManualClock) -> None:
    desk.preserve(wish(1), "점주")
    assert desk.remind() == 0
    clock.advance(DAY_S)
    assert desk.remind() == 2


def test_what_waits_for_a_review_comes_first(desk: PreservationDesk, vault: Vault, clock: ManualClock) -> None:
    keep_clip(vault, 2)
    desk.preserve(wish(50, review=TODAY + 2 * DAY), "점주")
    desk.preserve(Preserving(incident(2).id, TODAY + 10 * DAY, REASON), "점주")
    assert [each.row.id for each in desk.held()] == [incident(2).id, incident().id]
    clock.advance(3 * DAY_S)
    assert [each.row.id for each in desk.held()] == [incident().id, incident(2).id]


# what older versions wrote


def test_a_hold_of_the_first_version_is_still_obeyed_and_shown(tmp_path: Path) -> None:
    clock = ManualClock(UTC)
    with opened(tmp_path, clock) as vault:
        keep_clip(vault)
    journal = Journal(tmp_path / "ledger")
    journal.open()
    journal.append(UTC, Kind.HOLD, {"id": incident().id, "until": UTC + 60 * DAY_S})
    journal.close()
    with opened(tmp_path, clock) as vault:
        (kept,) = desk_of(vault, clock).held()
        assert (kept.hold.reason, kept.review, kept.review_due) == ("", None, False)
        clock.advance(40 * DAY_S)
        assert sweep(vault, limits(vault), clock).files == 0
        assert desk_of(vault, clock).remind() == 0
        clock.advance(14 * DAY_S)
        assert desk_of(vault, clock).remind() == 1
    assert check(tmp_path, clock, repair=False, deep=True).problems == ()
