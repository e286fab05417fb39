"""The book of passes: issuing, handing out, enrolling, revoking, forgetting, and lists."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from agent.clock import ManualClock
from agent.entry.holder import NOTICE, Consent, Holder
from agent.entry.pass_list import MOST_LINES, MOST_PINS
from agent.entry.pin import PinHasher
from agent.entry.records import PassKind
from agent.entry.token import read_token
from agent.errors import StoreError
from agent.passes import SELF_A_DAY, PassBook, PassRefused
from agent.settings import EntrySettings, OpenHours
from agent.vault.bodies import Kind
from agent.vault.journal import Journal
from agent.vault.ledger import Body
from agent.vault.passes import read_mirror
from agent.vault.shelf import AT_ONCE
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
    assert phone.show().is_welcome
    assert said(at)[-1] == ("holder forgotten", about.id, "mina")


def test_that_a_guardian_agreed_is_known_as_long_as_the_childs_pass_opens_the_door(at: Entrance) -> None:
    made = at.book.issue(PassKind.PHONE, "mina", holder=KIM)
    agreed = at.consent(under_14=True, guardian=True)
    at.book.enrol(at.book.invite(made.id, "mina"), agreed)
    at.book.forget_holder(made.id, "mina")
    assert at.book.consent_of(made.id) == agreed


@pytest.mark.parametrize("pin", ["1111", "12"])
def test_a_change_is_made_as_a_whole_or_not_at_all(at: Entrance, pin: str) -> None:
    made = at.book.issue(PassKind.CARD, "mina", holder=KIM, pin="2580")
    before = at.vault.passes.find(made.id)
    with pytest.raises(PassRefused):
        at.book.change(made.id, "jun", UTC, UTC + DAY, MORNINGS, Holder("박다른"), pin)
    assert at.vault.passes.find(made.id) == before


def test_a_pin_is_changed_together_with_the_rest(at: Entrance) -> None:
    made = at.book.issue(PassKind.CARD, "mina", pin="2580")
    number = at.book.number_of(made.id)
    changed = at.book.change(made.id, "jun", UTC, UTC + DAY, None, KIM, "9041")
    assert (changed.until_utc, changed.has_pin, at.book.number_of(made.id)) == (UTC + DAY, True, number)
    assert at.show(at.book.card_text(made.id), pin="9041").is_welcome
    assert said(at)[-1] == ("changed", made.id, "jun")
    assert [action for action, _, _ in said(at)] == ["issued", "changed"]


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
    [
        "",
        "hello\nworld",
        "name,name\na,b",
        "name\n" + "x\n" * (MOST_LINES + 1),
        "kind,pin\n" + "card,4821\n" * (MOST_PINS + 1),
    ],
    ids=["empty", "no header", "a column twice", "too long", "more PINs than somebody would wait for"],
)
def test_what_is_no_list_is_refused(at: Entrance, text: str) -> None:
    with pytest.raises(PassRefused):
        at.book.import_csv(text, "mina", take=True)


def test_the_same_list_twice_does_not_give_everybody_two_passes(at: Entrance) -> None:
    text = "name,phone\nAnn Lee,010-1111-2222\nBob,\n,010-3333-4444\nCid,010-5555-6666\n"
    first = at.book.import_csv(text, "mina", take=True)
    again = at.book.import_csv(text, "mina", take=True)
    assert (len(first.issued), first.known) == (4, ())
    assert (again.good, again.issued) == ((), ())
    assert [(each.listed.line, each.held) for each in again.known] == list(zip((2, 3, 4, 5), first.issued, strict=True))
    assert len(at.book.import_csv(text, "mina", take=True, known=True).issued) == 4
    assert len(at.book.passes()) == 8


@pytest.mark.parametrize(
    "line", ["ann lee,+82 10-1111-2222", "AnnLee,01011112222", " Ann  Lee ,1011112222", "Ａｎｎ Lee,010 1111 2222"]
)
def test_a_person_is_the_same_however_name_and_number_are_written(at: Entrance, line: str) -> None:
    report = at.book.import_csv(f"name,phone\nAnn Lee,010-1111-2222\n{line}\n", "mina")
    assert [(each.listed.line, each.line, each.held) for each in report.known] == [(3, 2, None)]
    assert [each.line for each in report.lines(known=False)] == [2]
    assert [each.line for each in report.lines(known=True)] == [2, 3]


def test_people_are_taken_for_new_whose_pass_is_over_or_who_only_share_a_part(at: Entrance) -> None:
    revoked = at.book.issue(PassKind.PHONE, "mina", holder=KIM)
    at.book.revoke(revoked.id, "mina")
    at.book.issue(PassKind.PHONE, "mina", until_utc=UTC + 60, holder=Holder("박준", "010-2222-3333"))
    at.clock.advance(61)
    at.book.issue(PassKind.PHONE, "mina", holder=Holder("이다른", KIM.phone))
    text = f"name,phone\n{KIM.name},{KIM.phone}\n박준,010-2222-3333\n,\n"
    report = at.book.import_csv("kind," + text.replace("\n", "\ncard,").removesuffix("card,"), "mina")
    assert (len(report.good), report.known) == (3, ())


def test_a_second_click_issues_nothing_more(at: Entrance) -> None:
    text = "name\n" + "\n".join(f"n{n}" for n in range(20))
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: at.book.import_csv(text, "mina", take=True), range(4)))
    assert sorted(len(report.issued) for report in reports) == [0, 0, 0, 20]
    assert len(at.book.passes()) == 20


def test_a_mobile_number_that_lost_its_zero_in_a_table_program_has_it_again(at: Entrance) -> None:
    report = at.book.import_csv("name,phone\nAnn,1012345678\nBob,010-1234-5678\nCid,212345678\n", "mina")
    assert [(each.holder.phone, each.zero_added) for each in report.good] == [
        ("01012345678", True),
        ("010-1234-5678", False),
        ("212345678", False),
    ]


def test_a_day_too_far_off_is_told_so(at: Entrance) -> None:
    report = at.book.import_csv(
        "kind,from,until\ncard,,9999-12-31\ncard,1026-11-22,\ncard,,2100-01-01\ncard,,2026-31-12\n", "mina"
    )
    assert [each.line for each in report.good] == [4]
    assert ["2100-01-01" in each.text.en for each in report.bad] == [True, True, False]
    assert "leave the cell empty" in report.bad[0].text.en


def test_a_list_is_found_again_in_its_order_and_nothing_else_with_it(at: Entrance) -> None:
    at.book.issue(PassKind.PHONE, "mina")
    at.clock.advance(0.5)
    text = "name\n" + "\n".join(f"n{n:02}" for n in range(30))
    issued = at.book.import_csv(text, "mina", take=True).issued
    at.clock.advance(0.01)
    at.book.issue(PassKind.PHONE, "mina")
    found = at.book.issued_at(issued[0].made_utc, "mina")
    assert found == issued
    assert [at.book.holder_of(held.id).name for held in found] == [f"n{n:02}" for n in range(30)]
    assert at.book.issued_at(issued[0].made_utc, "jun") == ()


def test_invitations_for_many_are_made_for_all_or_none(at: Entrance) -> None:
    phones = [at.book.issue(PassKind.PHONE, "mina").id for _ in range(3)]
    card = at.book.issue(PassKind.CARD, "mina").id
    before = said(at)
    with pytest.raises(PassRefused):
        at.book.invite_all([*phones, card], "mina")
    assert said(at) == before
    tokens = at.book.invite_all(phones, "mina")
    assert [at.book.enrol(token, at.consent()).pass_.id for token in tokens] == phones


class SlowHasher(PasswordHasher):
    """Takes until `may` is set: a list with many PINs on a small PC."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.may, self.began = threading.Event(), threading.Event()
        self.may.set()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.began.set()
        assert self.may.wait(60)
        return super().hash(password, salt=salt)


def test_nobody_waits_at_the_door_while_pins_of_a_list_are_hashed(at: Entrance) -> None:
    slow = SlowHasher()
    book = PassBook(at.vault, at.clock, SELF, SEOUL, PinHasher(bytes(32), slow))
    slow.may.clear()
    slow.began.clear()
    with ThreadPoolExecutor(2) as pool:
        try:
            listed = pool.submit(book.import_csv, "kind,pin\ncard,4821\ncard,2580\n", "mina", take=True)
            assert slow.began.wait(60)
            assert pool.submit(book.enrol, book.door_token(), at.consent()).result(30).pass_.made_by == "door"
            assert book.issue(PassKind.PHONE, "mina").made_by == "mina"
            assert not listed.done()
        finally:
            slow.may.set()
        assert len(listed.result(60).issued) == 2


def test_what_others_write_gets_its_turn_before_a_long_list_is_on_the_ledger(
    at: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = at.vault._notes.put
    came = []

    def meanwhile(kind: Kind, body: Body) -> bool:
        if kind is Kind.ADMISSION and not came:
            came.append(pool.submit(at.vault.record_audit, "door", "somebody stands there", wait=False).result(30))
        return put(kind, body)

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(at.vault._notes, "put", meanwhile)
        at.book.import_csv("kind\n" + "phone\n" * (AT_ONCE * 2), "mina", take=True)
    at.vault.flush()
    kinds = [record.kind for record in Journal(at.vault.folder / "ledger").records() if record.kind in ("access", "pass")]
    assert kinds == ["pass"] * AT_ONCE + ["access"] + ["pass"] * AT_ONCE


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
