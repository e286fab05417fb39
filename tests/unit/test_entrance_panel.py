"""What the customers' pages and the owner's pages may ask: pairing of screens, and from an incident to entries and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.entrance import EntranceDesk
from agent.entrance_panel import EntrancePanel
from agent.entry.records import Answer, Crossing, CrossingKind, PassKind, Reader
from agent.panel import EntryDesks
from agent.settings import EntrySettings, Shop
from agent.vault import IncidentRow
from tests.entrance import UTC, Entrance, entrance
from tests.stored import event, incident

ON = EntrySettings(enabled=True, reader="door", gate="gate", self_sign_up=True)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Entrance]:
    with entrance(tmp_path / "data", settings=ON) as at:
        yield at


@pytest.fixture
def customers(at: Entrance) -> EntrancePanel:
    return EntrancePanel(at.vault, at.desk, at.book, Shop(), at.settings, at.clock)


@pytest.fixture
def owner(at: Entrance) -> EntryDesks:
    return EntryDesks(at.vault, at.book, at.desk, at.settings, at.clock)


def audits(at: Entrance) -> list[tuple[str, str, str, str]]:
    return [(row.actor, row.action, row.target, row.address) for row in at.vault.audit()]


# screens


def test_a_screen_is_paired_once_by_a_link_of_the_owner(at: Entrance, customers: EntrancePanel, owner: EntryDesks) -> None:
    token = owner.pair_screen("mina", "10.0.0.2")
    secret = customers.pair(token)
    assert secret is not None
    assert customers.is_paired(secret)
    assert not customers.is_paired(token)
    assert customers.pair(token) is None
    (screen,) = owner.screens()
    assert (screen.paired_utc, screen.by) == (UTC, "mina")
    owner.unpair_screen(screen.id, "mina", "10.0.0.2")
    assert not customers.is_paired(secret)
    assert owner.screens() == ()
    assert audits(at) == [
        ("mina", "unpair_screen", screen.id, "10.0.0.2"),
        ("mina", "pair_screen", "entrance", "10.0.0.2"),
    ]


def test_a_pairing_link_ends_after_a_quarter_of_an_hour_or_with_the_next(
    at: Entrance, customers: EntrancePanel, owner: EntryDesks
) -> None:
    first, second = owner.pair_screen("mina", ""), owner.pair_screen("mina", "")
    assert customers.pair(first) is None
    at.clock.advance(900)
    assert customers.pair(second) is None
    assert not any(customers.is_paired(made_up) for made_up in ("", "x", "\udc80"))


def test_a_screen_is_still_paired_after_a_restart(tmp_path: Path) -> None:
    with entrance(tmp_path / "data", settings=ON) as at:
        secret = at.vault.passes.pair_screen(at.vault.passes.new_screen_link("mina", UTC + 60))
    with entrance(tmp_path / "data", settings=ON) as at:
        assert secret is not None
        assert EntrancePanel(at.vault, at.desk, at.book, Shop(), at.settings, at.clock).is_paired(secret)


# the screen at the door


def test_the_screen_shows_codes_numbers_and_pins_as_its_own(at: Entrance, customers: EntrancePanel) -> None:
    phone = at.phone(PassKind.STAFF, pin="2580")
    card = at.book.issue(PassKind.CARD, "mina", pin="2580")
    number = at.book.number_of(phone.pass_.id)
    assert number is not None
    assert customers.present(phone.code).is_welcome
    assert customers.present_number(number, "2580").is_welcome
    assert customers.present(at.book.card_text(card.id)).answer is Answer.NEEDS_PIN
    assert customers.enter_pin("2580").is_welcome
    customers.call()
    assert {entry.reader for entry in at.vault.entries(0, 2 * UTC)} == {Reader.KIOSK}
    assert customers.wait_for_news(0, 0)[0] == 4


def test_signing_up_goes_through_the_same_book(at: Entrance, customers: EntrancePanel) -> None:
    token = customers.door_token()
    assert token is not None
    assert customers.invited(token) is not None
    made = customers.enrol(token, at.consent()).pass_
    assert at.book.find(made.id) == made
    closed = EntrancePanel(at.vault, at.desk, at.book, Shop(), EntrySettings(enabled=True), at.clock)
    assert closed.door_token() is None


# incidents and entries


def test_an_incident_leads_to_the_entries_of_its_people_and_back(at: Entrance, owner: EntryDesks) -> None:
    phone = at.phone()
    shown = phone.show().entry
    assert shown is not None
    (scan,) = at.desk.scans()
    at.clock.advance(2)
    at.desk.crossed(Crossing("gate", 7, CrossingKind.VERIFIED, 2.0, at.clock.utc(), scan))
    at.desk.crossed(Crossing("gate", 8, CrossingKind.TAILGATING, 2.5, at.clock.utc(), scan))
    seen = incident(1, UTC + 3, camera="gate", tracks=(8,), rule="tailgating")
    at.vault.open_incident(seen)
    row = at.vault.incident(seen.id)
    assert row is not None
    code, follower = owner.entries_of(row)
    assert (code.id, follower.crossing, follower.of) == (shown, CrossingKind.TAILGATING, shown)
    assert [found.id for found in owner.incidents_of(follower)] == [seen.id]
    assert [found.id for found in owner.incidents_of(code)] == [seen.id]  # by the crossings on it
    own = next(entry for entry in owner.entries(0, 2 * UTC) if entry.track == 7)
    assert owner.incidents_of(own) == ()
    assert owner.entry(shown) == code


def test_ids_of_tracks_mean_somebody_else_hours_later(at: Entrance, owner: EntryDesks) -> None:
    at.desk.crossed(Crossing("gate", 7, CrossingKind.NO_CODE, 2.0, UTC))
    later = incident(1, UTC + 7200, camera="gate", tracks=(7,), closed_s=20.0, closed_utc=UTC + 7260)
    at.vault.open_incident(later)
    row = at.vault.incident(later.id)
    assert row is not None
    assert owner.entries_of(row) == ()


def test_after_a_restart_ids_of_tracks_mean_somebody_else(at: Entrance, owner: EntryDesks) -> None:
    """Nobody may be suspected because an earlier customer had the same number."""

    def came_in_as_three() -> str:
        entry = at.phone().show().entry
        assert entry is not None
        at.clock.advance(2)
        at.desk.crossed(Crossing("gate", 3, CrossingKind.VERIFIED, 2.0, at.clock.utc(), at.desk.scans()[-1]))
        return entry

    def started() -> None:
        at.vault.record_event(event(utc=at.clock.utc()))

    def incident_of_three(number: int) -> IncidentRow:
        about = incident(number, at.clock.utc(), camera="gate", tracks=(3,))
        at.vault.open_incident(about)
        row = at.vault.incident(about.id)
        assert row is not None
        return row

    started()
    honest = came_in_as_three()
    first = incident_of_three(1)
    at.clock.advance(600)
    started()
    thief = came_in_as_three()
    at.clock.advance(60)
    second = incident_of_three(2)
    at.clock.advance(60)
    started()
    assert {entry.of or entry.id for entry in owner.entries_of(first)} == {honest}
    assert {entry.of or entry.id for entry in owner.entries_of(second)} == {thief}
    for entry_id, row in ((honest, first), (thief, second)):
        shown = owner.entry(entry_id)
        assert shown is not None
        assert [found.id for found in owner.incidents_of(shown)] == [row.id]


def test_the_owner_lets_in_again_whose_exit_no_camera_saw(at: Entrance, owner: EntryDesks, tmp_path: Path) -> None:
    phone = at.phone()
    assert phone.show().is_welcome
    at.clock.advance(2)
    at.desk.crossed(Crossing("gate", 7, CrossingKind.VERIFIED, 2.0, at.clock.utc(), at.desk.scans()[-1]))
    at.clock.advance(3600)
    assert at.desk.is_inside(phone.pass_.id)
    assert phone.show().answer is Answer.INSIDE
    owner.say_left(phone.pass_.id, "mina", "10.0.0.2")
    assert (at.desk.is_inside(phone.pass_.id), at.desk.occupancy) == (False, 0)
    at.clock.advance(30)
    assert phone.show().is_welcome
    assert ("mina", "say_left", phone.pass_.id, "10.0.0.2") in audits(at)
    (said,) = [entry for entry in owner.entries(0, 2 * UTC) if entry.crossing is CrossingKind.EXIT]
    assert (said.pass_id, said.camera, said.track) == (phone.pass_.id, None, None)
    again = EntranceDesk(at.vault, at.clock, at.settings, "Asia/Seoul", at.door)
    assert not again.is_inside(phone.pass_.id)


def test_trying_the_door_is_on_the_access_log(at: Entrance, owner: EntryDesks) -> None:
    assert "open" in owner.test_door("mina", "10.0.0.2").en
    assert audits(at) == [("mina", "test_door", "entrance", "10.0.0.2")]
    assert at.door.opened_for
