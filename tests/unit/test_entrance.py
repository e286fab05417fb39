"""The desk at the entrance: each code once, written down before the door opens, and remembered over a restart."""

from __future__ import annotations

import termios
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.entrance import MOST_FOREIGN
from agent.entry.admission import NO_CARD, NOT_OURS, PIN_LOCKS_S, PIN_TRIES, READER_REFUSALS
from agent.entry.holder import Holder
from agent.entry.kept import KeptPass
from agent.entry.records import Answer, Crossing, CrossingKind, PassKind, Reader, Reply, Scan
from agent.entry.token import make_code, pass_id_of, step_of
from agent.settings import EntrySettings
from agent.values import EventKind
from agent.vault.durable import disk_full
from agent.vault.journal import Journal
from agent.vault.ledger import Body, Record
from agent.workers import Worker
from tests.entrance import STUCK, UTC, Entrance, Phone, entrance
from tests.stored import WHY


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Entrance]:
    with entrance(tmp_path / "data") as at:
        yield at


def cross(at: Entrance, kind: CrossingKind, scan: Scan | None = None, track: int = 1) -> None:
    at.desk.crossed(Crossing("door", track, kind, 1.0, at.clock.utc(), scan))
    at.vault.flush()  # the writer has done what came before


def come_in(at: Entrance, track: int = 1) -> None:
    cross(at, CrossingKind.VERIFIED, at.desk.scans()[-1], track)


def records(at: Entrance, kind: str) -> list[dict]:
    at.vault.flush()
    return [dict(r.body) for r in Journal(at.vault.folder / "ledger").records() if r.kind == kind]


def forged(number: int = 0) -> str:
    return make_code(bytes(32), PassKind.PHONE, pass_id_of(number.to_bytes(5)), step_of(UTC))


# deciding


def test_a_valid_code_opens_the_door_and_stands_in_the_log_before(at: Entrance) -> None:
    phone = at.phone()
    reply = phone.show()
    assert (reply.answer, reply.opened, reply.is_welcome) == (Answer.ADMITTED, True, True)
    assert at.door.opened_for == [reply.entry]
    assert at.door.known_then == [True]
    assert reply.entry is not None
    entry = at.vault.entry(reply.entry)
    assert entry is not None
    assert (entry.answer, entry.pass_id, entry.pass_kind) == (Answer.ADMITTED, phone.pass_.id, PassKind.PHONE)
    assert (entry.reader, entry.camera, entry.utc) == (Reader.CAMERA, "door", UTC)
    assert records(at, "door") == [{"entry": reply.entry, "ok": True, "how": "webhook", "error": "", "by": ""}]


def test_a_second_use_of_a_code_is_refused_and_the_next_code_is_not(at: Entrance) -> None:
    phone = at.phone()
    code = phone.code
    assert at.show(code).is_welcome
    at.clock.advance(15)
    assert at.show(code).answer is Answer.USED
    assert at.show(code, Reader.KIOSK).answer is Answer.USED
    at.clock.advance(15)
    assert phone.show().is_welcome
    assert len(at.door.opened_for) == 2


@pytest.mark.parametrize("late_s", [-30, 30])
def test_a_phone_may_be_a_step_wrong(at: Entrance, late_s: float) -> None:
    phone = at.phone()
    phone.late_s = late_s
    assert phone.show().is_welcome


def test_a_phone_whose_clock_is_wrong_is_told_so(at: Entrance) -> None:
    phone = at.phone()
    phone.late_s = 300
    assert phone.show().answer is Answer.EXPIRED
    assert at.door.opened_for == []


def test_revoking_counts_at_once(at: Entrance) -> None:
    phone = at.phone()
    assert phone.show().is_welcome
    at.book.revoke(phone.pass_.id, "mina")
    at.clock.advance(60)
    assert phone.show().answer is Answer.REVOKED


def test_a_visitors_code_opens_once(at: Entrance) -> None:
    visitor = at.book.issue(PassKind.VISITOR, "mina")
    code = at.book.visitor_text(visitor.id)
    assert at.show(code).is_welcome
    found = at.book.find(visitor.id)
    assert found is not None
    assert found.used_utc == UTC
    at.clock.advance(60)
    refused = at.show(code)
    assert refused.answer is Answer.USED
    assert "visitor" in refused.text.en


def test_a_pass_that_is_revoked_while_its_code_is_looked_up_opens_nothing(at: Entrance) -> None:
    phone = at.phone()
    find = at.vault.passes.find

    def and_then_revoked(pass_id: str) -> KeptPass | None:
        kept = find(pass_id)
        at.vault.passes.find = find  # type: ignore[method-assign]
        at.book.revoke(pass_id, "mina")
        return kept

    at.vault.passes.find = and_then_revoked  # type: ignore[method-assign]
    assert phone.show().answer is Answer.REVOKED
    assert at.door.opened_for == []


def test_a_visitors_code_is_used_up_before_the_door_opens(at: Entrance) -> None:
    visitor = at.book.issue(PassKind.VISITOR, "mina")
    used: list[float | None] = []

    def look() -> None:
        found = at.book.find(visitor.id)
        used.append(None if found is None else found.used_utc)

    at.door.meanwhile = look
    assert at.show(at.book.visitor_text(visitor.id)).is_welcome
    assert used == [UTC]


def test_a_code_that_many_readers_see_at_once_is_accepted_once(at: Entrance) -> None:
    code = at.phone().code
    replies: list[Reply] = []
    start = threading.Barrier(8)

    def show(*_: object) -> None:
        start.wait()
        replies.append(at.desk.present(code, Reader.SCANNER))

    workers = [Worker(f"reader-{n}", show, at.clock) for n in range(8)]
    for worker in workers:
        worker.start()
    assert all(worker.join(60) for worker in workers)
    assert sorted(reply.answer for reply in replies) == ["admitted", *["used"] * 7]
    assert len(at.door.opened_for) == 1


# somebody else's codes, and forged ones


def test_other_qr_codes_are_answered_and_never_written_down(at: Entrance) -> None:
    before = len(list(Journal(at.vault.folder / "ledger").records()))
    reply = at.show("https://qr.kakaopay.com/281006011000098")
    assert (reply.answer, reply.text, reply.entry) == (Answer.UNKNOWN, NOT_OURS, None)
    at.vault.flush()
    assert len(list(Journal(at.vault.folder / "ledger").records())) == before


def test_a_poster_in_view_is_told_of_once_in_a_minute(at: Entrance) -> None:
    at.show("WIFI:S:shop;;")
    number, _ = at.desk.latest
    at.clock.advance(30)
    at.show("WIFI:S:shop;;")
    assert at.desk.latest[0] == number
    at.clock.advance(31)
    at.show("WIFI:S:shop;;")
    assert at.desk.latest[0] == number + 1
    at.show("WIFI:S:shop;;", Reader.KIOSK)  # somebody scanned it on purpose
    assert at.desk.latest[0] == number + 2


def test_several_posters_seen_by_turns_are_each_told_of_once_in_a_minute(at: Entrance) -> None:
    number, _ = at.desk.latest
    for turn in range(15):
        at.show(f"WIFI:S:shop{turn % 2};;")
        at.clock.advance(4)
    assert at.desk.latest[0] == number + 2
    at.show("WIFI:S:shop0;;")
    assert at.desk.latest[0] == number + 3


def test_of_many_posters_the_latest_are_remembered(at: Entrance) -> None:
    for poster in range(MOST_FOREIGN + 1):
        at.show(f"WIFI:S:shop{poster};;")
    number, _ = at.desk.latest
    at.show("WIFI:S:shop1;;")
    assert at.desk.latest[0] == number
    at.show("WIFI:S:shop0;;")
    assert at.desk.latest[0] == number + 1


def test_a_forged_code_names_nobody_in_the_log(at: Entrance) -> None:
    phone = at.phone()
    forged = make_code(bytes(32), PassKind.PHONE, phone.pass_.id, step_of(UTC))
    reply = at.show(forged)
    assert reply.answer is Answer.UNKNOWN
    assert reply.entry is not None
    entry = at.vault.entry(reply.entry)
    assert entry is not None
    assert entry.pass_id is None
    assert entry.token_sha256 is not None


def test_nonsense_fills_neither_the_log_nor_keeps_anybody_out(at: Entrance) -> None:
    phone = at.phone()
    answers = [at.show(forged(n)).answer for n in range(READER_REFUSALS + 5)]
    assert answers == [Answer.UNKNOWN] * READER_REFUSALS + [Answer.TOO_MANY] * 5
    assert len(records(at, "entry")) == READER_REFUSALS
    assert phone.show().is_welcome
    at.clock.advance(61)
    assert at.show(forged(99)).answer is Answer.UNKNOWN


# PINs


def test_a_card_with_a_pin_waits_for_it(at: Entrance) -> None:
    card = at.book.issue(PassKind.CARD, "mina", pin="2580")
    reply = at.show(at.book.card_text(card.id))
    assert (reply.answer, reply.entry) == (Answer.NEEDS_PIN, None)
    assert at.desk.enter_pin("9999", Reader.KIOSK).answer is Answer.WRONG_PIN
    assert at.desk.enter_pin("2580", Reader.KIOSK).is_welcome
    assert at.desk.enter_pin("2580", Reader.KIOSK).text == NO_CARD  # each card is for one PIN
    assert [r["answer"] for r in records(at, "entry")] == ["wrong_pin", "admitted"]


def test_a_card_without_a_pin_opens_by_itself(at: Entrance) -> None:
    card = at.book.issue(PassKind.CARD, "mina")
    assert at.show(at.book.card_text(card.id), Reader.SCANNER).is_welcome


def test_a_card_waits_a_minute_for_its_pin(at: Entrance) -> None:
    card = at.book.issue(PassKind.CARD, "mina", pin="2580")
    at.show(at.book.card_text(card.id))
    at.clock.advance(61)
    assert at.desk.enter_pin("2580", Reader.KIOSK).text == NO_CARD


def guess(at: Entrance, number: str, tries: int = PIN_TRIES) -> list[Answer]:
    return [at.desk.present_number(number, "9999", Reader.KIOSK).answer for _ in range(tries)]


def with_number(at: Entrance) -> tuple[Phone, str]:
    phone = at.phone(pin="2580")
    number = at.book.number_of(phone.pass_.id)
    assert number is not None
    return phone, number


def guessed_events(at: Entrance) -> int:
    at.vault.flush()
    return [row.event.kind for row in at.vault.events()].count(EventKind.PIN_LOCKED)


def test_wrong_pins_lock_the_number_and_not_the_phone(at: Entrance) -> None:
    phone, number = with_number(at)
    assert guess(at, number) == [Answer.WRONG_PIN] * PIN_TRIES
    assert at.desk.present_number(number, "2580", Reader.KIOSK).answer is Answer.WRONG_PIN
    assert phone.show().is_welcome
    at.clock.advance(300)
    assert at.desk.present_number(number, "2580", Reader.KIOSK).is_welcome


def test_a_locked_number_is_answered_like_one_that_does_not_exist(at: Entrance) -> None:
    _, number = with_number(at)
    guess(at, number)
    at.clock.advance(61)
    unknown = str((int(number) + 1 - 100_000) % 900_000 + 100_000)
    told = [at.desk.present_number(one, "9999", Reader.KIOSK) for one in (number, unknown)]
    assert [replace(reply, entry=None) for reply in told] == [replace(told[0], entry=None)] * 2


def test_each_lock_of_a_pin_is_longer_until_it_is_right_and_the_owner_hears_of_the_second(at: Entrance) -> None:
    _, number = with_number(at)
    for length, events in zip((*PIN_LOCKS_S, PIN_LOCKS_S[-1]), (0, 1, 2, 3), strict=True):
        assert guess(at, number) == [Answer.WRONG_PIN] * PIN_TRIES
        assert guessed_events(at) == events
        at.clock.advance(length - 1)
        assert at.desk.present_number(number, "2580", Reader.KIOSK).answer is Answer.WRONG_PIN
        at.clock.advance(1)
    assert at.desk.present_number(number, "2580", Reader.KIOSK).is_welcome
    guess(at, number)
    at.clock.advance(PIN_LOCKS_S[0])
    assert at.desk.present_number(number, "2580", Reader.KIOSK).is_welcome


def test_a_card_whose_pin_is_locked_says_for_how_long(at: Entrance) -> None:
    card = at.book.card_text(at.book.issue(PassKind.CARD, "mina", pin="2580").id)
    for _ in range(PIN_TRIES):
        assert at.show(card, pin="9999").answer is Answer.WRONG_PIN
    locked = at.show(card, pin="2580")
    assert (locked.answer, locked.again_s) == (Answer.TOO_MANY, PIN_LOCKS_S[0])
    assert "5 minutes" in locked.text.en


def test_a_new_pin_is_not_locked(at: Entrance) -> None:
    phone, number = with_number(at)
    guess(at, number)
    at.book.set_pin(phone.pass_.id, "mina", "7319")
    assert at.desk.present_number(number, "7319", Reader.KIOSK).is_welcome


def test_a_restart_unlocks_no_pin(tmp_path: Path) -> None:
    clock = ManualClock(UTC)
    with entrance(tmp_path / "data", clock) as at:
        _, number = with_number(at)
        guess(at, number)
        clock.advance(PIN_LOCKS_S[0])
        guess(at, number)
    clock.advance(60)
    with entrance(tmp_path / "data", clock) as at:
        assert at.desk.present_number(number, "2580", Reader.KIOSK).answer is Answer.WRONG_PIN
        clock.advance(PIN_LOCKS_S[1] - 60)
        assert at.desk.present_number(number, "2580", Reader.KIOSK).is_welcome


def test_another_card_that_is_shown_while_the_door_opens_waits_for_its_own_pin(at: Entrance) -> None:
    first, second = (at.book.card_text(at.book.issue(PassKind.CARD, "mina", pin=pin).id) for pin in ("2580", "7319"))
    at.door.meanwhile = lambda: at.show(second)
    at.show(first)
    assert at.desk.enter_pin("2580", Reader.KIOSK).is_welcome
    at.door.meanwhile = None
    assert at.desk.enter_pin("7319", Reader.KIOSK).is_welcome


def test_a_right_pin_forgets_the_wrong_ones(at: Entrance) -> None:
    staff = at.phone(PassKind.STAFF, pin="2580")
    number = at.book.number_of(staff.pass_.id)
    assert number is not None
    for _ in range(3):
        for _ in range(PIN_TRIES - 1):
            at.desk.present_number(number, "9999", Reader.KIOSK)
        assert at.desk.present_number(number, "2580", Reader.KIOSK).is_welcome
        at.clock.advance(120)


def test_an_unknown_number_is_answered_like_a_wrong_pin_and_guessing_is_slowed(at: Entrance) -> None:
    answers = [at.desk.present_number(str(100_000 + n), "2580", Reader.KIOSK).answer for n in range(READER_REFUSALS + 1)]
    assert answers == [Answer.WRONG_PIN] * READER_REFUSALS + [Answer.TOO_MANY]
    assert at.desk.present_number("100000", "2580", Reader.SCANNER).answer is Answer.WRONG_PIN  # another reader


# who is inside


def test_one_pass_lets_one_person_in_until_somebody_has_left(at: Entrance) -> None:
    first, second = at.phone(), at.phone()
    assert first.show().is_welcome
    come_in(at, 1)
    assert second.show().is_welcome
    come_in(at, 2)
    assert at.desk.occupancy == 2
    at.clock.advance(600)
    assert first.show().answer is Answer.INSIDE
    cross(at, CrossingKind.EXIT, track=9)
    assert at.desk.occupancy == 1
    at.clock.advance(60)
    assert second.show().is_welcome  # so it was the second who left
    at.clock.advance(60)
    assert first.show().answer is Answer.INSIDE


def test_who_was_admitted_and_did_not_come_in_may_try_again(at: Entrance) -> None:
    phone = at.phone()
    assert phone.show().is_welcome
    at.clock.advance(60)
    assert phone.show().is_welcome


def test_a_pass_is_forgotten_inside_after_the_time_that_is_set(at: Entrance) -> None:
    phone = at.phone()
    phone.show()
    come_in(at)
    at.clock.advance(at.settings.passback_s)
    assert phone.show().is_welcome
    assert at.desk.occupancy == 0


def test_without_a_camera_at_the_gate_nobody_can_say_that_somebody_is_inside(tmp_path: Path) -> None:
    with entrance(tmp_path / "data", settings=EntrySettings(enabled=True)) as at:
        phone = at.phone()
        phone.show()
        come_in(at)
        at.clock.advance(60)
        assert phone.show().is_welcome


def test_crossings_are_in_the_log_with_the_code_they_belong_to(at: Entrance) -> None:
    phone = at.phone()
    shown = phone.show().entry
    scan = at.desk.scans()[0]
    assert (scan.entry, scan.pass_id, scan.utc, scan.camera) == (shown, phone.pass_.id, UTC, "door")
    come_in(at, 5)
    cross(at, CrossingKind.TAILGATING, scan, 6)
    cross(at, CrossingKind.NO_CODE, track=7)
    entries = at.vault.entries(UTC - 1, UTC + 1)
    crossed = {entry.track: entry for entry in entries if entry.crossing is not None}
    assert crossed[5].crossing is CrossingKind.VERIFIED
    assert (crossed[5].pass_id, crossed[5].pass_kind, crossed[5].of) == (phone.pass_.id, PassKind.PHONE, shown)
    assert (crossed[6].crossing, crossed[6].of) == (CrossingKind.TAILGATING, shown)
    assert (crossed[7].pass_id, crossed[7].of, crossed[7].camera) == (None, None, "door")
    assert at.desk.occupancy == 3
    assert len({entry.id for entry in entries}) == 4


def test_codes_are_of_use_to_the_gate_for_two_minutes(at: Entrance) -> None:
    at.phone().show()
    at.clock.advance(120)
    assert len(at.desk.scans()) == 1
    at.clock.advance(1)
    assert at.desk.scans() == ()


# a restart


def test_after_a_restart_a_used_code_is_still_used(tmp_path: Path) -> None:
    clock = ManualClock(UTC)
    with entrance(tmp_path / "data", clock) as at:
        phone = at.phone()
        visitor = at.book.visitor_text(at.book.issue(PassKind.VISITOR, "mina").id)
        code = phone.code
        assert at.show(code).is_welcome
        assert at.show(visitor).is_welcome
    clock.advance(15)
    with entrance(tmp_path / "data", clock) as at:
        assert at.show(code).answer is Answer.USED
        assert at.show(visitor).answer is Answer.USED
        assert at.desk.scans()[0].pass_id == phone.pass_.id


def test_a_clock_that_was_set_back_does_not_bring_used_codes_back(tmp_path: Path) -> None:
    with entrance(tmp_path / "data", ManualClock(UTC)) as at:
        phone = at.phone()
        code = phone.code
        assert at.show(code).is_welcome
    with entrance(tmp_path / "data", ManualClock(UTC + 86_400 * 3)) as at:
        phone.at = at
        assert phone.show().is_welcome
    with entrance(tmp_path / "data", ManualClock(UTC + 20)) as at:
        assert at.show(code).answer is Answer.USED


def test_who_is_inside_is_known_after_a_restart(tmp_path: Path) -> None:
    clock = ManualClock(UTC)
    with entrance(tmp_path / "data", clock) as at:
        phone, other = at.phone(), at.phone()
        phone.show()
        come_in(at, 1)
        clock.advance(60)
        cross(at, CrossingKind.NO_CODE, track=2)
        cross(at, CrossingKind.EXIT, track=3)
        clock.advance(60)
        other.show()
        come_in(at, 4)
    clock.advance(60)
    with entrance(tmp_path / "data", clock) as at:
        assert at.desk.occupancy == 2
        other.at = phone.at = at
        assert other.show().answer is Answer.INSIDE
        assert phone.show().is_welcome  # somebody left since


# the disk and the door


def test_when_the_log_cannot_be_written_nobody_is_let_in_and_the_code_stays_good(at: Entrance, tmp_path: Path) -> None:
    phone = at.phone()
    code = phone.code
    at.show(forged())  # the day has its key
    journal = at.vault._store.journal
    append = journal.append

    def refuse(*_: object) -> None:
        raise disk_full(tmp_path)

    journal.append = refuse  # type: ignore[method-assign, assignment]
    reply = at.show(code)
    assert (reply.answer, reply.entry, reply.opened) == (Answer.UNSURE, None, False)
    assert at.door.opened_for == []
    journal.append = append  # type: ignore[method-assign]
    assert at.show(code).is_welcome


def test_a_visitors_code_stays_good_when_the_log_cannot_be_written(at: Entrance, tmp_path: Path) -> None:
    visitor = at.book.issue(PassKind.VISITOR, "mina")
    code = at.book.visitor_text(visitor.id)
    journal = at.vault._store.journal
    append = journal.append

    def refuse(*_: object) -> None:
        raise disk_full(tmp_path)

    journal.append = refuse  # type: ignore[method-assign, assignment]
    assert at.show(code).answer is Answer.UNSURE
    journal.append = append  # type: ignore[method-assign]
    assert at.show(code).is_welcome


@contextmanager
def stalled(at: Entrance) -> Iterator[threading.Event]:
    """The disk does not come back from the next record before the end; gives when it has begun."""
    journal = at.vault._store.journal
    append = journal.append
    begun, end = threading.Event(), threading.Event()

    def stall(utc: float, kind: str, body: Body) -> Record:
        begun.set()
        end.wait()
        return append(utc, kind, body)

    journal.append = stall  # type: ignore[method-assign]
    try:
        yield begun
    finally:
        journal.append = append  # type: ignore[method-assign]
        end.set()
        at.vault.flush()


def test_a_disk_that_stalls_keeps_neither_the_camera_nor_the_call_button_waiting(at: Entrance) -> None:
    phone, other = at.phone(), at.phone()
    replies: list[Reply] = []
    scan = Scan("", other.show().entry or "", UTC)
    at.clock.advance(1)

    def look(*_: object) -> None:
        at.desk.crossed(Crossing("door", 1, CrossingKind.NO_CODE, 1.0, at.clock.utc(), scan))
        at.desk.call(Reader.KIOSK)
        assert len(at.desk.scans()) == 1
        assert at.desk.tally.answers == {Answer.ADMITTED: 1}
        assert at.desk.occupancy == 1

    with stalled(at) as begun:
        reader = Worker("reader", lambda *_: replies.append(phone.show()), at.clock)
        reader.start()
        assert begun.wait(60)
        camera = Worker("camera", look, at.clock, restart=False)
        camera.start()
        assert camera.join(4)
        assert camera.error is None
    assert reader.join(60)
    assert replies[0].is_welcome


def test_what_a_slow_disk_takes_in_the_end_counts_though_nobody_was_let_in(
    at: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.entrance.RECORD_S", 0.05)
    phone = at.phone()
    code = phone.code
    with stalled(at) as begun:
        assert at.show(code).answer is Answer.UNSURE
        assert begun.is_set()
        assert at.show(code).answer is Answer.UNSURE
    assert at.door.opened_for == []
    assert [record["answer"] for record in records(at, "entry")] == ["admitted"]
    monkeypatch.undo()
    assert at.show(code).answer is Answer.USED


def test_what_a_slow_disk_never_began_with_does_not_count(at: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.entrance.RECORD_S", 0.05)
    code = at.phone().code
    with stalled(at) as begun:
        at.desk.call(Reader.KIOSK)  # its record is the one that stalls
        assert begun.wait(60)
        assert at.show(code).answer is Answer.UNSURE
    assert records(at, "entry") == []
    monkeypatch.undo()
    assert at.show(code).is_welcome


def test_an_opener_that_breaks_is_an_opening_that_failed(at: Entrance, caplog: pytest.LogCaptureFixture) -> None:
    def breaks() -> None:
        raise termios.error(5, "Input/output error")

    at.door.meanwhile = breaks
    reply = at.phone().show()
    assert (reply.answer, reply.opened) == (Answer.ADMITTED, False)
    assert at.desk.latest[1] == reply
    assert [record["ok"] for record in records(at, "door")] == [False]
    assert [row.event.kind for row in at.vault.events()].count(EventKind.DOOR_FAILED) == 1
    assert "opener failed" in caplog.text


def test_a_door_that_does_not_open_is_told_of_once_and_so_is_its_end(at: Entrance) -> None:
    phone, other = at.phone(), at.phone()
    at.door.trouble = STUCK
    reply = phone.show()
    assert (reply.answer, reply.opened) == (Answer.ADMITTED, False)
    other.show()
    assert at.desk.tally.failures == 2
    assert at.desk.tally.failure == STUCK
    at.door.trouble = None
    at.clock.advance(60)
    assert phone.show().opened
    at.vault.flush()
    told = [row.event.kind for row in at.vault.events() if row.event.kind in (EventKind.DOOR_FAILED, EventKind.DOOR_BACK)]
    assert told == [EventKind.DOOR_BACK, EventKind.DOOR_FAILED]
    assert [record["ok"] for record in records(at, "door")] == [False, False, True]
    assert records(at, "door")[0]["error"] == STUCK.en


def test_a_lock_that_is_lost_while_nobody_is_at_the_door_is_told_of_and_so_is_its_end(at: Entrance) -> None:
    """Without power the lock of an unattended shop stands open: the owner hears of it before the next customer does."""
    for trouble in (None, STUCK, STUCK, None, None):
        at.door.trouble = trouble
        at.desk.look_after_door()
    at.vault.flush()
    told = [row.event.kind for row in at.vault.events() if row.event.kind in (EventKind.DOOR_FAILED, EventKind.DOOR_BACK)]
    assert told == [EventKind.DOOR_BACK, EventKind.DOOR_FAILED]


def test_only_an_opening_shows_that_an_opener_that_broke_works_again(at: Entrance) -> None:
    def breaks() -> None:
        raise termios.error(5, "Input/output error")

    at.door.meanwhile = breaks
    at.phone().show()
    at.desk.look_after_door()
    assert at.desk.tally.failure is not None
    at.door.meanwhile = None
    at.phone().show()
    assert at.desk.tally.failure is None


def test_the_owner_can_try_the_door(at: Entrance) -> None:
    assert "open" in at.desk.test_door("mina").en
    at.door.trouble = STUCK
    assert at.desk.test_door("mina") == STUCK
    assert [(record["ok"], record["by"]) for record in records(at, "door")] == [(True, "mina"), (False, "mina")]


# what others see


def test_screens_hear_of_each_reply_as_soon_as_it_is_there(at: Entrance) -> None:
    phone = at.phone()
    number, newest = at.desk.latest
    assert (number, newest) == (0, None)
    heard: Future[tuple[int, Reply | None]] = Future()
    worker = Worker("screen", lambda *_: heard.set_result(at.desk.wait_for_news(number, 60)), at.clock)
    worker.start()
    reply = phone.show()
    assert heard.result(60) == (1, reply)
    assert worker.join(60)
    assert at.desk.wait_for_news(1, 0) == (1, reply)


def test_a_call_is_an_event_once_in_half_a_minute(at: Entrance) -> None:
    for wait in (0, 10, 25):
        at.clock.advance(wait)
        at.desk.call(Reader.KIOSK)
    at.vault.flush()
    assert [row.event.kind for row in at.vault.events()].count(EventKind.CALLED) == 2


def test_the_tally_counts_answers_readers_and_openings(at: Entrance) -> None:
    phone = at.phone()
    phone.show()
    at.clock.advance(1)
    at.show(forged(), Reader.KIOSK)
    tally = at.desk.tally
    assert tally.answers == {Answer.ADMITTED: 1, Answer.UNKNOWN: 1}
    assert tally.readers == {Reader.CAMERA: UTC, Reader.KIOSK: UTC + 1}
    assert (tally.openings, tally.failures) == (1, 0)


def test_nothing_that_opens_the_door_or_names_somebody_gets_onto_the_ledger(at: Entrance) -> None:
    phone = at.phone(holder=Holder("김민아", "010-1234-5678"), pin="2580")
    code = phone.code
    at.show(code)
    come_in(at)
    at.vault.erase_entries("2026-11-21", WHY)
    at.vault.flush()
    ledger = b"".join(path.read_bytes() for path in (at.vault.folder / "ledger").iterdir())
    for secret in (code, phone.secret.hex(), "2580", "김민아", "010-1234"):
        assert secret.encode() not in ledger
