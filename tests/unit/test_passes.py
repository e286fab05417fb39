"""The book of passes: issuing, handing out, enrolling, revoking, forgetting, and lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.entry.holder import NOTICE, Consent, Holder
from agent.entry.pass_list import MOST_LINES
from agent.entry.records import PassKind
from agent.entry.token import read_token
from agent.errors import StoreError
from agent.passes import SELF_A_DAY, PassBook, PassRefused
from agent.settings import EntrySettings, OpenHours
from agent.vault.journal import Journal
from agent.vault.passes import read_mirror
from tests.entrance import SEOUL, UTC, Entrance, Phone, entrance, pin_hasher

DAY = 86_400.0
KIM = Holder("김민아", "010-1234-5678")
MORNINGS = OpenHours((((360, 720),),) * 7)
SERVICE = "https://login.example.kr"
SELF = EntrySettings(enabled=True, self_sign_up=True)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Entrance]:
    with entrance(tmp_path / "data", settings=SELF) as at:
        yield at


def said(at: Entrance) -> list[tuple[str, str, str]]:
    """(action, pass, by) of the ledger's records of passes."""
    at.vault.flush()
    records = [r.body for r in Journal(at.vault.folder / "ledger").records() if r.kind == "pass"]
    return [(body["action"], body["id"], body["by"]) for body in records]


def everything_stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


# issuing


def test_an_issued_pass_is_found_with_what_was_entered(at: Entrance) -> None:
    made = at.book.issue(PassKind.CARD, "mina", UTC + 5, UTC + DAY, MORNINGS, KIM, "2580")
    assert at.book.find(made.id) == made
    assert (made.kind, made.from_utc, made.until_utc, made.hours) == (PassKind.CARD, UTC + 5, UTC + DAY, MORNINGS)
    assert (made.made_by, made.made_utc, made.has_pin, made.has_holder) == ("mina", UTC, True, True)
    assert at.book.holder_of(made.id) == KIM
    assert said(at) == [("issued", made.id, "mina")]


def test_passes_are_listed_newest_first(at: Entrance) -> None:
    first = at.book.issue(PassKind.PHONE, "mina")
    at.clock.advance(1)
    second = at.book.issue(PassKind.STAFF, "mina")
    assert at.book.passes() == (second, first)


def test_a_visitors_pass_ends_after_a_day_unless_said_otherwise(at: Entrance) -> None:
    assert at.book.issue(PassKind.VISITOR, "mina").until_utc == UTC + DAY
    assert at.book.issue(PassKind.VISITOR, "mina", until_utc=UTC + 60).until_utc == UTC + 60
    assert at.book.issue(PassKind.PHONE, "mina").until_utc is None


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": PassKind.PHONE, "until_utc": UTC},
        {"kind": PassKind.PHONE, "from_utc": UTC + 60, "until_utc": UTC + 60},
        {"kind": PassKind.VISITOR, "until_utc": UTC + 32 * DAY},
        {"kind": PassKind.VISITOR, "pin": "2580"},
        {"kind": PassKind.CARD, "pin": "258"},
        {"kind": PassKind.CARD, "pin": "123456789"},
        {"kind": PassKind.CARD, "pin": "1234"},
        {"kind": PassKind.CARD, "pin": "7777"},
        {"kind": PassKind.CARD, "pin": "２５８０"},
        {"kind": PassKind.CARD, "holder": Holder("가" * 61)},
        {"kind": PassKind.CARD, "holder": Holder("a\nb")},
        {"kind": PassKind.CARD, "holder": Holder("", "call me")},
    ],
    ids=str,
)
def test_what_cannot_be_issued_is_refused_with_what_to_change(at: Entrance, wish: dict) -> None:
    with pytest.raises(PassRefused) as refused:
        at.book.issue(by="mina", **wish)
    assert refused.value.text.ko
    assert at.book.passes() == ()


def test_nothing_that_is_personal_or_opens_the_door_lies_readable_in_the_folder(at: Entrance) -> None:
    made = at.book.issue(PassKind.CARD, "mina", holder=KIM, pin="2580")
    at.book.invite(at.book.issue(PassKind.PHONE, "mina", holder=KIM).id, "mina")
    kept = at.vault.passes.find(made.id)
    assert kept is not None
    stored = everything_stored(at.vault.folder)
    for secret in (KIM.name.encode(), KIM.phone.encode(), b"2580", kept.secret, kept.secret.hex().encode()):
        assert secret not in stored
    assert "김민아" not in repr(kept)
    assert "010" not in repr(KIM)


def test_numbers_are_unique_and_go_with_the_pin(at: Entrance) -> None:
    first = at.book.issue(PassKind.CARD, "mina", pin="2580")
    second = at.book.issue(PassKind.PHONE, "mina", pin="2580")
    numbers = {at.book.number_of(first.id), at.book.number_of(second.id)}
    assert len(numbers) == 2
    assert all(number is not None and len(number) == 6 and number.isdigit() for number in numbers)
    number = at.book.number_of(first.id)
    assert at.book.set_pin(first.id, "mina", "9041").has_pin
    assert at.book.number_of(first.id) == number
    assert not at.book.set_pin(first.id, "mina", None).has_pin
    assert at.book.number_of(first.id) is None


# changing


def test_a_change_keeps_what_opens_the_door(at: Entrance) -> None:
    phone = at.phone()
    changed = at.book.change(phone.pass_.id, "jun", UTC, UTC + DAY, MORNINGS, KIM)
    assert (changed.until_utc, changed.hours, changed.has_holder) == (UTC + DAY, MORNINGS, True)
    kept = at.vault.passes.find(phone.pass_.id)
    assert kept is not None
    assert kept.secret == phone.secret
    assert kept.consent == at.consent()


def test_revoking_is_for_good_and_ends_invites(at: Entrance) -> None:
    made = at.book.issue(PassKind.PHONE, "mina")
    token = at.book.invite(made.id, "mina")
    assert at.book.revoke(made.id, "jun").revoked_utc == UTC
    at.clock.advance(5)
    assert at.book.revoke(made.id, "jun").revoked_utc == UTC
    assert at.book.invited(token) is None
    with pytest.raises(PassRefused):
        at.book.invite(made.id, "mina")
    assert said(at)[:3] == [("issued", made.id, "mina"), ("invited", made.id, "mina"), ("revoked", made.id, "jun")]


def test_a_holder_can_be_forgotten_while_the_pass_goes_on(at: Entrance) -> None:
    phone = at.phone(holder=KIM)
    assert at.book.consent_of(phone.pass_.id) is not None
    about = at.book.forget_holder(phone.pass_.id, "mina")
    assert not about.has_holder
    assert at.book.holder_of(about.id) == Holder()
    assert at.book.consent_of(about.id) is None
    assert phone.show().is_welcome
    assert said(at)[-1] == ("holder forgotten", about.id, "mina")


def test_unknown_passes_cannot_be_changed(at: Entrance) -> None:
    for do in (at.book.revoke, at.book.forget_holder, at.book.invite):
        with pytest.raises(PassRefused):
            do("AAAAAAAA", "mina")
    for read in (at.book.card_text, at.book.visitor_text):
        with pytest.raises(PassRefused):
            read("AAAAAAAA")


# handing out


def test_a_card_says_the_same_each_time_it_is_printed(at: Entrance) -> None:
    made = at.book.issue(PassKind.CARD, "mina")
    text = at.book.card_text(made.id)
    assert text == at.book.card_text(made.id)
    token = read_token(text)
    assert token is not None
    assert (token.kind, token.pass_id) == (PassKind.CARD, made.id)
    with pytest.raises(PassRefused):
        at.book.visitor_text(made.id)


def test_a_visitors_code_is_given_until_it_is_over(at: Entrance) -> None:
    made = at.book.issue(PassKind.VISITOR, "mina")
    assert read_token(at.book.visitor_text(made.id)) is not None
    at.clock.advance(DAY)
    with pytest.raises(PassRefused):
        at.book.visitor_text(made.id)


# enrolling


def test_an_invite_gives_the_secret_once(at: Entrance) -> None:
    made = at.book.issue(PassKind.PHONE, "mina", holder=KIM)
    token = at.book.invite(made.id, "mina")
    invited = at.book.invited(token)
    assert invited is not None
    assert (invited.pass_, invited.ends_utc) == (made, UTC + DAY)
    enrolment = at.book.enrol(token, at.consent())
    assert len(enrolment.secret) == 32
    assert enrolment.secret.hex() not in repr(enrolment)
    assert at.book.consent_of(made.id) == at.consent()
    assert at.book.holder_of(made.id) == KIM  # nothing was entered, so the owner's word stands
    assert at.book.invited(token) is None
    with pytest.raises(PassRefused):
        at.book.enrol(token, at.consent())
    assert said(at)[-1] == ("enrolled", made.id, "")


def test_a_new_phone_ends_the_old_one_when_it_is_enrolled(at: Entrance) -> None:
    old = at.phone()
    token = at.book.invite(old.pass_.id, "mina")
    assert old.show().is_welcome
    at.book.enrol(token, at.consent())
    at.clock.advance(60)
    assert old.show().answer == "unknown"


def test_a_new_invite_ends_the_one_before(at: Entrance) -> None:
    made = at.book.issue(PassKind.PHONE, "mina")
    first, second = at.book.invite(made.id, "mina"), at.book.invite(made.id, "mina")
    assert at.book.invited(first) is None
    assert at.book.invited(second) is not None
    at.clock.advance(DAY)
    assert at.book.invited(second) is None


def test_cards_and_visitors_are_not_put_on_a_phone(at: Entrance) -> None:
    for kind in (PassKind.CARD, PassKind.VISITOR):
        with pytest.raises(PassRefused):
            at.book.invite(at.book.issue(kind, "mina").id, "mina")


@pytest.mark.parametrize(
    "consent",
    [Consent("2020-01-01", UTC), Consent(NOTICE, UTC, under_14=True)],
    ids=["of an older notice", "of a child alone"],
)
def test_without_enough_consent_nobody_is_enrolled(at: Entrance, consent: Consent) -> None:
    token = at.book.invite(at.book.issue(PassKind.PHONE, "mina").id, "mina")
    with pytest.raises(PassRefused):
        at.book.enrol(token, consent)
    assert at.book.invited(token) is not None  # it was not used up


def test_a_child_is_enrolled_with_its_guardians_consent(at: Entrance) -> None:
    token = at.book.invite(at.book.issue(PassKind.PHONE, "mina").id, "mina")
    made = at.book.enrol(token, at.consent(under_14=True, guardian=True)).pass_
    consent = at.book.consent_of(made.id)
    assert consent is not None
    assert consent.guardian


def test_who_has_a_link_does_not_write_over_the_name_that_the_owner_entered(at: Entrance) -> None:
    made = at.book.issue(PassKind.PHONE, "mina", holder=KIM)
    at.book.enrol(at.book.invite(made.id, "mina"), at.consent(), Holder("박다른", "010-0000-0000"))
    assert at.book.holder_of(made.id) == KIM


# signing up at the door


def test_a_child_signs_up_with_an_invite_only(at: Entrance) -> None:
    child = at.consent(under_14=True, guardian=True)
    for token in (at.book.door_token(), at.book.vouch(SERVICE, "198-2")):
        invited = at.book.invited(token)
        assert invited is not None
        assert not invited.takes_children
        with pytest.raises(PassRefused) as refused:
            at.book.enrol(token, child)
        assert "보호자와 함께 가게에" in refused.value.text.ko
    assert at.book.passes() == ()
    token = at.book.invite(at.book.issue(PassKind.PHONE, "mina").id, "mina")
    invited = at.book.invited(token)
    assert invited is not None
    assert invited.takes_children
    at.book.enrol(token, child)


def test_a_pass_that_people_made_themselves_ends_after_a_year(at: Entrance) -> None:
    assert at.book.enrol(at.book.door_token(), at.consent()).pass_.until_utc == UTC + 365 * DAY


def test_people_sign_up_at_the_door_while_its_link_is_shown(at: Entrance) -> None:
    token = at.book.door_token()
    invited = at.book.invited(token)
    assert invited is not None
    assert invited.pass_ is None
    first = at.book.enrol(token, at.consent(), KIM).pass_
    second = at.book.enrol(token, at.consent()).pass_  # the next in the queue
    assert first.id != second.id
    assert (first.kind, first.made_by) == (PassKind.PHONE, "door")
    assert at.book.holder_of(first.id) == KIM
    at.clock.advance(1200)
    assert at.book.invited(token) is None
    assert at.book.door_token() != token
    with pytest.raises(PassRefused):
        at.book.enrol(token, at.consent())


def test_a_link_of_the_door_is_worth_nothing_where_sign_up_is_off(at: Entrance) -> None:
    token = at.book.door_token()
    closed = PassBook(at.vault, at.clock, EntrySettings(enabled=True), SEOUL, pin_hasher(at.vault))
    assert closed.invited(token) is None
    with pytest.raises(PassRefused):
        closed.door_token()
    with pytest.raises(PassRefused):
        closed.enrol(token, at.consent())


def test_sign_ups_at_the_door_are_limited_for_a_day(at: Entrance) -> None:
    text = "name\n" + "\n".join(f"n{n}" for n in range(SELF_A_DAY))
    at.book.import_csv(text, "door", take=True)  # as many as sign up themselves in a day
    with pytest.raises(PassRefused):
        at.book.enrol(at.book.door_token(), at.consent())
    at.clock.advance(DAY + 1)
    at.book.enrol(at.book.door_token(), at.consent())


def test_who_signs_up_again_with_an_outside_service_moves_the_one_pass(at: Entrance) -> None:
    first = at.book.enrol(at.book.vouch(SERVICE, "198-2"), at.consent(), KIM)
    again = at.book.vouch(SERVICE, "198-2")
    invited = at.book.invited(again)
    assert invited is not None
    assert (invited.pass_, invited.vouched) == (first.pass_, True)
    second = at.book.enrol(again, at.consent())
    assert (second.pass_.id, at.book.holder_of(second.pass_.id)) == (first.pass_.id, KIM)
    assert second.secret != first.secret
    earlier, now = (Phone(at, each.pass_, each.secret) for each in (first, second))
    assert not earlier.show().is_welcome
    assert now.show().is_welcome
    other = at.book.enrol(at.book.vouch(SERVICE, "198-3"), at.consent())
    assert {held.id for held in at.book.passes()} == {first.pass_.id, other.pass_.id}


def test_two_phones_of_one_person_at_once_get_one_pass(at: Entrance) -> None:
    tokens = [at.book.vouch(SERVICE, "198-2") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda token: at.book.enrol(token, at.consent()).pass_.id, tokens))
    assert made == [held.id for held in at.book.passes()] * 8


def test_signing_up_again_is_no_way_around_a_revocation(at: Entrance) -> None:
    held = at.book.enrol(at.book.vouch(SERVICE, "198-2"), at.consent()).pass_
    begun = at.book.vouch(SERVICE, "198-2")
    at.book.revoke(held.id, "mina")
    for attempt in (lambda: at.book.vouch(SERVICE, "198-2"), lambda: at.book.enrol(begun, at.consent())):
        with pytest.raises(PassRefused, match="ended"):
            attempt()


def test_of_the_outside_service_the_issuer_is_kept_and_no_number(at: Entrance) -> None:
    subject = "subject-4711-of-the-service"
    held = at.book.enrol(at.book.vouch(SERVICE, subject), at.consent()).pass_
    assert at.book.vouched_by(held.id) == SERVICE
    kept = at.vault.passes.find(held.id)
    assert kept is not None
    assert kept.vouched is not None
    at.vault.flush()
    stored = everything_stored(at.vault.folder)
    for hidden in (subject, kept.vouched.mark):
        assert hidden.encode() not in stored
        assert hidden not in repr(kept)


def test_the_tie_to_the_outside_service_survives_a_restart_and_not_the_forgetting(tmp_path: Path) -> None:
    with entrance(tmp_path, settings=SELF) as at:
        held = at.book.enrol(at.book.vouch(SERVICE, "198-2"), at.consent()).pass_
    with entrance(tmp_path, settings=SELF) as at:
        assert at.book.enrol(at.book.vouch(SERVICE, "198-2"), at.consent()).pass_.id == held.id
        at.book.forget_holder(held.id, "mina")
        assert at.book.vouched_by(held.id) is None
        assert at.book.enrol(at.book.vouch(SERVICE, "198-2"), at.consent()).pass_.id != held.id


def test_with_an_outside_service_nobody_signs_up_where_sign_up_is_off(at: Entrance) -> None:
    token = at.book.vouch(SERVICE, "198-2")
    closed = PassBook(at.vault, at.clock, EntrySettings(enabled=True), SEOUL, pin_hasher(at.vault))
    assert closed.invited(token) is None
    for attempt in (lambda: closed.vouch(SERVICE, "198-2"), lambda: closed.enrol(token, at.consent())):
        with pytest.raises(PassRefused):
            attempt()


@pytest.mark.parametrize("token", ["", "x", "\udc80", "가", "A" * 5000])
def test_made_up_tokens_are_for_nothing(at: Entrance, token: str) -> None:
    assert at.book.invited(token) is None


# lists


def test_a_list_is_read_first_and_issued_when_asked(at: Entrance) -> None:
    lines = [
        "이름,전화번호,종류,시작일,종료일,PIN",
        "김민아,010-1234-5678,카드,2026-12-01,2026.12.31,2580",
        "박준,,,,,",
        ",,직원,,,",
    ]
    text = "\ufeff" + "\n".join(lines)
    report = at.book.import_csv(text, "mina")
    assert [(good.line, good.kind.value) for good in report.good] == [(2, "card"), (3, "phone"), (4, "staff")]
    assert report.good[0].until_utc == report.good[0].from_utc + 31 * DAY  # type: ignore[operator]  # its last day is in it
    assert (report.bad, report.issued, at.book.passes()) == ((), (), ())
    issued = at.book.import_csv(text, "mina", take=True).issued
    assert set(issued) == set(at.book.passes())
    assert at.book.holder_of(issued[0].id) == KIM
    assert "2580" not in repr(report)


def test_bad_lines_are_named_and_the_good_ones_can_be_taken(at: Entrance) -> None:
    lines = [
        "name;kind;from;until;pin",
        "Ann;phone;;;",
        "Bob;robot;;;",
        "Cid;card;soon;;",
        "Dee;card;2027-02-01;2027-01-01;",
        "Eve;card;;2020-01-01;",
        "Fay;card;;;1111",
        "Guy;visitor;;;2580",
        "Hal;card;;;;;;;",
        'Ivy";"card;;;',
        "",
        "Kim;card;;9999-12-31;",
    ]
    report = at.book.import_csv("\r\n".join(lines), "mina", take=True)
    assert [good.line for good in report.good] == [2]
    assert [bad.line for bad in report.bad] == [3, 4, 5, 6, 7, 8, 9, 10, 12]
    assert all(bad.text.ko and bad.text.en for bad in report.bad)
    assert len(report.issued) == 1


@pytest.mark.parametrize(
    "text",
    ["", "hello\nworld", "name,name\na,b", "name\n" + "x\n" * (MOST_LINES + 1)],
    ids=["empty", "no header", "a column twice", "too long"],
)
def test_what_is_no_list_is_refused(at: Entrance, text: str) -> None:
    with pytest.raises(PassRefused):
        at.book.import_csv(text, "mina", take=True)


# the folder


def test_passes_are_there_again_after_a_restart_and_when_the_index_is_lost(tmp_path: Path) -> None:
    with entrance(tmp_path / "data") as at:
        phone = at.phone(holder=KIM, pin="2580")
        number = at.book.number_of(phone.pass_.id)
    with entrance(tmp_path / "data") as at:
        assert at.book.find(phone.pass_.id) is not None
    for name in ("ansim.db", "ansim.db-wal", "ansim.db-shm"):
        (tmp_path / "data" / name).unlink(missing_ok=True)
    with entrance(tmp_path / "data", ManualClock(UTC + 60)) as at:
        phone.at = at
        assert at.book.number_of(phone.pass_.id) == number
        assert at.book.holder_of(phone.pass_.id) == KIM
        assert phone.show().is_welcome


def test_the_files_of_the_keys_are_for_the_agents_user_alone(at: Entrance) -> None:
    at.phone().show()
    keys = at.vault.folder / "keys"
    assert keys.stat().st_mode & 0o777 == 0o700
    files = [path for path in keys.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"device.json", "passes.json.enc", "2026-11-21.key"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (at.vault.folder / "ansim.db").stat().st_mode & 0o777 == 0o600


def test_of_who_was_forgotten_or_removed_no_file_of_the_database_keeps_anything(at: Entrance) -> None:
    kept, gone = (at.book.issue(PassKind.PHONE, "mina", holder=KIM) for _ in range(2))
    with closing(sqlite3.connect(at.vault.folder / "ansim.db")) as db:
        sealed = [row[0] for row in db.execute("select private from passes where id in (?, ?)", [kept.id, gone.id])]
    at.book.forget_holder(kept.id, "mina")
    at.vault.passes.remove([gone.id], "mina")
    files = [path.read_bytes() for path in at.vault.folder.glob("ansim.db*")]
    assert len(sealed) == 2
    assert not any(piece[:40] in data for piece in sealed for data in files)


def test_the_copy_of_the_passes_is_never_ahead_of_a_change_that_failed(at: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = at.phone()
    db = at.vault._store.db
    atomic = db.atomic

    @contextmanager
    def full_at_the_end() -> Iterator[object]:
        with atomic() as inside:
            yield inside
            raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(db, "atomic", full_at_the_end)
    with pytest.raises(StoreError):
        at.book.revoke(phone.pass_.id, "mina")
    monkeypatch.undo()
    copy = read_mirror(at.vault.folder, at.vault.passes._copy_key)
    assert copy is not None
    assert [row["revoked_utc"] for row in copy] == [None]
