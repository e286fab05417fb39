"""How the owner issues passes, hands them out, finds, changes and revokes them, and what is written down of it."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from agent.entry.code_reader import CodeReader
from agent.entry.holder import NOTICE, Consent, Holder
from agent.entry.pass_list import MOST_LINES
from agent.entry.records import Answer, Pass, PassKind, Reader
from agent.settings import OpenHours
from agent.vault.journal import Journal
from tests.web.conftest import Visitor, token_in
from tests.web.doorstep import CUSTOMERS, ENTRY, Doorstep, open_doorstep
from tests.web.drawn import DAY, NAME, NOW, DrawnShop
from tests.web.test_pages import read, words

TODAY = "2026-11-21"


@pytest.fixture
def doorstep(tmp_path: Path) -> Iterator[Doorstep]:
    for place in open_doorstep(tmp_path / "data"):
        place.shop.make_owner()
        yield place


@pytest.fixture
def keeper(doorstep: Doorstep) -> Visitor:
    """The owner of the shop with an entrance, signed in."""
    visitor = Visitor(doorstep.shop.app.test_client())
    assert visitor.sign_in().status_code == 302
    return visitor


def issue(keeper: Visitor, **fields: object):
    """Fill in the form as a browser would: every day is ticked unless a test says which."""
    form = {"kind": "phone", "first": TODAY, "last": "", "opens": "", "closes": "", "pin": "", "name": "", "phone": ""}
    days = {"day": list("0123456")}
    token = token_in(keeper.get("/passes/new").get_data(as_text=True))
    return keeper.client.post("/passes/new", data={"csrf_token": token} | form | days | fields)


def only_pass(doorstep: Doorstep) -> Pass:
    (held,) = doorstep.book.passes()
    return held


def audit(shop: DrawnShop) -> list[tuple[str, str]]:
    return [(row.action, row.target) for row in reversed(shop.vault.audit()) if row.actor == NAME and row.action != "login"]


# where there is no entrance


def test_without_entry_there_is_no_way_to_these_pages_and_none_of_them_answers(owner: Visitor) -> None:
    page = owner.get("/").get_data(as_text=True)
    assert "/entries/" not in page
    assert [owner.get(path).status_code for path in ("/passes/", "/passes/list/", "/entries/", "/door/")] == [404] * 4
    assert "코드를 읽는 장치" not in read(owner, "/health/")


def test_with_entry_the_way_stands_beside_the_others(keeper: Visitor) -> None:
    page = keeper.get("/").get_data(as_text=True)
    assert 'href="/entries/"' in page
    assert "출입" in words(page)


def test_nobody_sees_them_without_signing_in(doorstep: Doorstep) -> None:
    held = doorstep.phone(holder=Holder("김하늘")).held
    values, asked = {"pass_id": held.id, "entry_id": "e1"}, 0
    with doorstep.shop.app.test_request_context():
        for rule in doorstep.shop.app.url_map.iter_rules():
            if not rule.endpoint.startswith(("passes.", "pass_list.", "entries.", "door.")):
                continue
            _, path = rule.build({name: values[name] for name in rule.arguments}) or ("", "")
            for method in rule.methods - {"OPTIONS"}:
                answer = doorstep.shop.app.test_client().open(path, method=method)
                assert answer.status_code in (302, 400), f"{method} {path} answers {answer.status_code}"
                asked += 1
    assert asked > 25
    assert doorstep.book.find(held.id) == held


# issuing


def test_a_pass_is_issued_with_nothing_but_its_kind(doorstep: Doorstep, keeper: Visitor) -> None:
    assert "아직 출입증이 없습니다" in read(keeper, "/passes/")
    answer = issue(keeper)
    held = only_pass(doorstep)
    assert (answer.status_code, answer.location) == (303, f"/passes/{held.id}")
    assert (held.kind, held.until_utc, held.hours, held.has_pin, held.has_holder) == (PassKind.PHONE, None, None, False, False)
    assert held.made_by == NAME
    page = read(keeper, f"/passes/{held.id}")
    for part in (
        f"{held.id[:4]}-{held.id[4:]}",
        "사용 중",
        "기한 없음",
        "언제나",
        "이름을 적어 두지 않았습니다",
        "초대 만들기",
    ):
        assert part in page
    assert "쓰고 있는 출입증이 1개 있습니다" in read(keeper, "/passes/")
    assert "1 pass is valid" in read(keeper, "/passes/", "en")
    assert ("issue_pass", held.id) in audit(doorstep.shop)


def test_days_hours_pin_and_holder_are_taken_as_they_were_entered(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(
        keeper, kind="card", first="2026-12-01", last="2026-12-31", day=["0", "1", "2", "3", "4"], opens="09:00",
        closes="18:30", pin="4821", name="김하늘", phone="010-1234-5678", agreed="yes",
    )  # fmt: skip
    held = only_pass(doorstep)
    assert held.hours is not None
    assert held.hours.days == (((540, 1110),),) * 5 + ((),) * 2
    assert (held.from_utc, held.until_utc) == (1_796_050_800.0, 1_798_729_200.0)  # both midnights in Seoul
    assert doorstep.book.holder_of(held.id) == Holder("김하늘", "010-1234-5678")
    page = read(keeper, f"/passes/{held.id}")
    for part in ("김하늘", "010-1234-5678", "12월 1일 (화)부터 12월 31일 (목)까지", "월–금 09:00–18:30", "아직 시작 전"):
        assert part in page
    assert "4821" not in page
    number = doorstep.book.number_of(held.id)
    assert number is not None
    assert f"{number[:3]} {number[3:]}" in page
    assert "Mon–Fri 09:00–18:30" in read(keeper, f"/passes/{held.id}", "en")


def test_hours_may_pass_midnight_and_begin_or_end_open(doorstep: Doorstep, keeper: Visitor) -> None:
    for opens, closes, span in (("22:00", "06:00", (1320, 1800)), ("09:00", "", (540, 1440)), ("", "12:00", (0, 720))):
        held = doorstep.book.find(issue(keeper, opens=opens, closes=closes).location.rpartition("/")[2])
        assert held is not None
        assert held.hours is not None
        assert held.hours.days == ((span,),) * 7
    assert "매일 00:00–12:00" in read(keeper, f"/passes/{held.id}")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "robot"}, "종류를 골라"),
        ({"first": "soon"}, "2026-12-31처럼"),
        ({"last": "9999-12-31"}, "2100-01-01까지"),
        ({"first": "2026-12-01", "last": "2026-11-30"}, "끝나는 날이 시작하는 날보다"),
        ({"last": "2026-11-20", "first": "2026-11-19"}, "종료일이 이미 지났거나"),
        ({"opens": "25:00"}, "09:30처럼"),
        ({"opens": "09:00", "closes": "09:00"}, "시작 시각과 끝 시각이 같습니다"),
        ({"day": []}, "요일을 하나 이상"),
        ({"kind": "card", "pin": "12"}, "4~8자리"),
        ({"kind": "card", "pin": "1111"}, "4~8자리"),
        ({"phone": "call me", "agreed": "yes"}, "010-1234-5678"),
        ({"name": "김하늘"}, "동의"),
    ],
)
def test_what_is_not_right_is_said_above_the_form_which_keeps_what_was_typed(
    doorstep: Doorstep, keeper: Visitor, fields: dict[str, object], says: str
) -> None:
    keeper.client.set_cookie("ansim_language", "ko")
    answer = issue(keeper, **fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in words(page).split("어떤 출입증인가요?")[0]
    if "name" in fields:
        assert 'value="김하늘"' in page
    assert doorstep.book.passes() == ()


def test_a_name_is_kept_only_when_the_holder_agreed(doorstep: Doorstep, keeper: Visitor) -> None:
    assert issue(keeper, name="김하늘").status_code == 422
    assert issue(keeper, name="김하늘", agreed="yes").status_code == 303
    assert only_pass(doorstep).has_holder
    issued = next(row for row in doorstep.shop.vault.audit() if row.action == "issue_pass")
    assert (issued.target, issued.purpose) == (only_pass(doorstep).id, "holder agreed")


def test_a_pass_is_issued_by_a_form_of_this_panel_only(doorstep: Doorstep, keeper: Visitor) -> None:
    assert keeper.client.post("/passes/new", data={"kind": "phone", "first": TODAY}).status_code == 400
    assert doorstep.book.passes() == ()


# handing out


def test_an_invitation_is_shown_once_as_a_link_and_the_same_as_a_picture(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(keeper)
    held = only_pass(doorstep)
    keeper.client.set_cookie("ansim_language", "ko")
    shown = keeper.send(f"/passes/{held.id}", f"/passes/{held.id}/invite").get_data(as_text=True)
    link = re.search(r"<code>([^<]+/join/[^<]+)</code>", shown)
    assert link
    assert link.group(1).startswith(f"{CUSTOMERS}/join/")
    assert "지금 한 번만 보여 드립니다" in words(shown)
    assert drawn_codes(shown) == [link.group(1)]
    token = link.group(1).rpartition("/")[2]
    assert token not in keeper.get(f"/passes/{held.id}").get_data(as_text=True)
    made = doorstep.book.enrol(token, Consent(NOTICE, NOW))
    assert made.pass_.id == held.id
    assert ("invite", held.id) in audit(doorstep.shop)
    assert token not in b"".join(Journal(doorstep.shop.vault.folder / "ledger").lines()).decode()


def test_a_card_to_print_holds_the_code_the_number_and_what_to_do_when_it_is_lost(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(keeper, kind="card", last="2026-12-31", name="김하늘", agreed="yes")
    held = only_pass(doorstep)
    page = keeper.get(f"/passes/{held.id}/card").get_data(as_text=True)
    assert drawn_codes(page) == [doorstep.book.card_text(held.id)]
    said = words(page[page.index('class="paper"') :])
    for part in ("안심 편의점", f"{held.id[:4]}-{held.id[4:]}", "2026-12-31", "잃어버리면", "Lost?", "02-1234-5678"):
        assert part in said
    assert "김하늘" not in page  # a card that is found tells nobody whose it is
    assert doorstep.desks.desk.present(drawn_codes(page)[0], Reader.CAMERA).answer is Answer.ADMITTED
    assert ("print_card", held.id) in audit(doorstep.shop)


def test_a_visitors_code_is_a_picture_and_a_link_that_open_once(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(keeper, kind="visitor")
    held = only_pass(doorstep)
    assert held.until_utc == pytest.approx(NOW + DAY)
    page = keeper.get(f"/passes/{held.id}/code").get_data(as_text=True)
    text = doorstep.book.visitor_text(held.id)
    assert drawn_codes(page) == [text]
    assert f"{CUSTOMERS}/visit/{text}" in page
    png = keeper.get(f"/passes/{held.id}/code.png")
    assert png.content_type == "image/png"
    assert CodeReader().read(cv2.imdecode(np.frombuffer(png.data, np.uint8), cv2.IMREAD_GRAYSCALE)) == (text,)
    assert doorstep.desks.desk.present(text, Reader.CAMERA).is_welcome
    assert not doorstep.desks.desk.present(text, Reader.CAMERA).is_welcome
    assert "사용함" in read(keeper, f"/passes/{held.id}")
    over = keeper.get(f"/passes/{held.id}/code")
    assert (over.status_code, "새로 발급해 주세요" in over.get_data(as_text=True)) == (409, True)


@pytest.mark.parametrize(("kind", "page"), [("phone", "card"), ("phone", "code"), ("card", "code"), ("visitor", "card")])
def test_what_a_kind_does_not_have_is_refused_in_words(doorstep: Doorstep, keeper: Visitor, kind: str, page: str) -> None:
    issue(keeper, kind=kind)
    answer = keeper.get(f"/passes/{only_pass(doorstep).id}/{page}")
    assert answer.status_code == 409
    assert "출입증이 아닙니다" in answer.get_data(as_text=True)


# finding


@pytest.mark.parametrize(
    "asked", ["{id}", "{low}", "{typed}", "김하늘", "하늘", "김 하늘", "010-1234-5678", "01012345678", "5678"]
)
def test_a_pass_is_found_by_number_name_or_phone(doorstep: Doorstep, keeper: Visitor, asked: str) -> None:
    held = doorstep.phone(holder=Holder("김하늘", "010-1234-5678")).held
    other = doorstep.phone(holder=Holder("이바다", "010-9999-0000")).held
    typed = asked.format(id=held.id, low=held.id.lower(), typed=f"{held.id[:4]} - {held.id[4:]}".replace("O", "0"))
    page = keeper.send("/passes/", "/passes/search", asked=typed).get_data(as_text=True)
    assert f'href="/passes/{held.id}"' in page
    assert f'href="/passes/{other.id}"' not in page


def test_nothing_found_is_said_and_an_empty_search_shows_all(doorstep: Doorstep, keeper: Visitor) -> None:
    doorstep.phone(holder=Holder("김하늘"))
    page = keeper.send("/passes/", "/passes/search", asked="박나무").get_data(as_text=True)
    assert "그런 번호나 이름, 전화번호의 출입증이 없습니다" in words(page)
    assert keeper.send("/passes/", "/passes/search", asked=" ").location == "/passes/"


def test_the_list_has_pages_and_what_is_over_stands_apart(doorstep: Doorstep, keeper: Visitor) -> None:
    held = [doorstep.book.issue(PassKind.PHONE, NAME) for _ in range(53)]
    doorstep.book.revoke(held[0].id, NAME)
    first = keeper.get("/passes/").get_data(as_text=True)
    second = keeper.get("/passes/?page=2").get_data(as_text=True)
    assert (first.count('class="pass"'), second.count('class="pass"')) == (50, 2)
    over = keeper.get("/passes/?state=over").get_data(as_text=True)
    assert re.findall(r'class="pass" href="/passes/(\w+)"', over) == [held[0].id]
    assert "정지됨" in words(over)


# changing, revoking, forgetting


def test_days_hours_holder_and_pin_can_be_changed(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(keeper, kind="card", day=["5", "6"], opens="10:00", closes="12:00", name="김하늘", agreed="yes")
    held = only_pass(doorstep)
    form = keeper.get(f"/passes/{held.id}/change").get_data(as_text=True)
    assert 'value="10:00"' in form
    assert form.count('name="day"') == 7
    assert len(re.findall(r'name="day" value="\d" checked', form)) == 2
    answer = keeper.send(
        f"/passes/{held.id}/change", f"/passes/{held.id}/change", kind="card", first=TODAY, last="2026-12-31",
        day=list("0123456"), opens="", closes="", pin="4821", name="이바다", phone="", agreed="yes",
    )  # fmt: skip
    assert answer.status_code == 303
    changed = only_pass(doorstep)
    assert (changed.hours, changed.until_utc, changed.has_pin) == (None, 1_798_729_200.0, True)
    assert changed.from_utc == held.from_utc
    assert doorstep.book.holder_of(held.id).name == "이바다"
    assert ("change_pass", held.id) in audit(doorstep.shop)


def change(keeper: Visitor, held: Pass, **fields: object):
    """Send the form of a change as it stands on the page but for these fields."""
    page = keeper.get(f"/passes/{held.id}/change").get_data(as_text=True)
    names = ("csrf_token", "kind", "first", "last", "opens", "closes", "pin", "name", "phone")
    form = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in names}  # type: ignore[index]
    ticked = {"agreed": "yes"} if re.search(r'name="agreed" value="yes" checked', page) else {}
    days = {"day": re.findall(r'name="day" value="(\d)" checked', page)}
    return keeper.client.post(f"/passes/{held.id}/change", data=form | ticked | days | fields)


def test_a_pass_that_begins_later_can_be_made_valid_from_today(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(keeper, first="2026-11-28")
    assert standing(keeper, only_pass(doorstep)) == "아직 시작 전"
    assert change(keeper, only_pass(doorstep), first=TODAY).status_code == 303
    assert only_pass(doorstep).from_utc == midnight_in_seoul(2026, 11, 21)
    assert standing(keeper, only_pass(doorstep)) == "사용 중"


def test_what_a_form_does_not_change_stays_to_the_second(doorstep: Doorstep, keeper: Visitor) -> None:
    hours = OpenHours((((540, 720), (780, 1080)),) * 4 + ((), ((600, 660),), ()))  # a form cannot say this
    visitor = doorstep.book.issue(PassKind.VISITOR, NAME, NOW + 60.5, NOW + 30_000.5, hours)
    assert change(keeper, visitor, name="김하늘", agreed="yes").status_code == 303
    changed = only_pass(doorstep)
    assert (changed.from_utc, changed.until_utc, changed.hours) == (NOW + 60.5, NOW + 30_000.5, hours)
    assert doorstep.book.holder_of(changed.id) == Holder("김하늘")
    assert change(keeper, visitor, last="2026-11-25", opens="08:00").status_code == 303
    changed = only_pass(doorstep)
    assert changed.until_utc == midnight_in_seoul(2026, 11, 26)
    assert changed.hours is not None
    assert changed.hours.days[0] == ((480, 720),)
    assert changed.from_utc == NOW + 60.5


def test_a_pass_that_has_ended_can_be_prolonged(doorstep: Doorstep, keeper: Visitor) -> None:
    held = doorstep.book.issue(PassKind.PHONE, NAME, until_utc=NOW + 60)
    doorstep.shop.clock.advance(61)
    page = keeper.get(f"/passes/{held.id}").get_data(as_text=True)
    assert f'href="/passes/{held.id}/change"' in page
    assert change(keeper, held, last="2027-11-21").status_code == 303
    assert standing(keeper, held) == "사용 중"
    doorstep.book.revoke(held.id, NAME)
    assert f'href="/passes/{held.id}/change"' not in keeper.get(f"/passes/{held.id}").get_data(as_text=True)


def test_when_the_pin_is_refused_nothing_is_changed(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(keeper, kind="card", name="김하늘", agreed="yes")
    before = only_pass(doorstep)
    answer = change(keeper, before, name="이바다", last="2026-12-31", pin="1111")
    assert (answer.status_code, "4~8자리" in words(answer.get_data(as_text=True))) == (422, True)
    assert only_pass(doorstep) == before
    assert doorstep.book.holder_of(before.id) == Holder("김하늘")
    assert "change_pass" not in {action for action, _ in audit(doorstep.shop)}


def test_that_a_guardian_agreed_is_shown_whether_a_name_is_kept_or_not(doorstep: Doorstep, keeper: Visitor) -> None:
    held = doorstep.book.issue(PassKind.PHONE, NAME)
    doorstep.book.enrol(doorstep.book.invite(held.id, NAME), Consent(NOTICE, NOW, under_14=True, guardian=True))
    page = read(keeper, f"/passes/{held.id}")
    assert "이름을 적어 두지 않았습니다" in page
    assert "등록할 때 동의함" in page
    assert "보호자" in page
    assert audit(doorstep.shop) == []  # nobody's name was looked at


def standing(keeper: Visitor, held: Pass) -> str:
    page = keeper.get(f"/passes/{held.id}").get_data(as_text=True)
    return re.search(r'<span class="mark \w+">([^<]+)</span>', page)[1]  # type: ignore[index]


def midnight_in_seoul(year: int, month: int, day: int) -> float:
    return dt.datetime(year, month, day, tzinfo=ZoneInfo("Asia/Seoul")).timestamp()


def test_a_revoked_pass_opens_nothing_from_that_moment(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone()
    page = read(keeper, f"/passes/{phone.held.id}")
    assert "다시 쓰게 할 수 없습니다" in page  # the one confirmation stands right at the button
    assert keeper.send(f"/passes/{phone.held.id}", f"/passes/{phone.held.id}/revoke").status_code == 303
    assert doorstep.show(phone).answer is Answer.REVOKED
    page = keeper.get(f"/passes/{phone.held.id}").get_data(as_text=True)
    assert "정지됨" in words(page)
    assert "/revoke" not in page
    assert "/invite" not in page
    assert ("revoke_pass", phone.held.id) in audit(doorstep.shop)


def test_whose_exit_no_camera_saw_is_let_in_again_by_the_owner(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone()
    assert "이미 나갔습니다" not in read(keeper, f"/passes/{phone.held.id}")
    doorstep.come_in(phone)
    doorstep.shop.clock.advance(600.0)
    assert doorstep.show(phone).answer is Answer.INSIDE
    assert "나간 사람이 보이지 않았기 때문" in read(keeper, f"/passes/{phone.held.id}")
    assert keeper.send(f"/passes/{phone.held.id}", f"/passes/{phone.held.id}/left").status_code == 303
    assert "이미 나갔습니다" not in read(keeper, f"/passes/{phone.held.id}")
    doorstep.shop.clock.advance(40.0)
    assert doorstep.show(phone).is_welcome
    assert ("say_left", phone.held.id) in audit(doorstep.shop)


def test_a_holder_can_be_forgotten_and_the_pass_goes_on(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone(holder=Holder("김하늘", "010-1234-5678"))
    assert "김하늘" in read(keeper, f"/passes/{phone.held.id}")
    assert keeper.send(f"/passes/{phone.held.id}", f"/passes/{phone.held.id}/forget").status_code == 303
    page = read(keeper, f"/passes/{phone.held.id}")
    assert "김하늘" not in page
    assert "등록할 때 동의함" in page  # it names nobody
    assert doorstep.show(phone).is_welcome
    assert ("forget_holder", phone.held.id) in audit(doorstep.shop)


def test_a_pass_of_an_outside_service_says_so_and_the_tie_can_be_forgotten(tmp_path: Path) -> None:
    for doorstep in open_doorstep(tmp_path / "self", entry=replace(ENTRY, self_sign_up=True)):
        doorstep.shop.make_owner()
        keeper = Visitor(doorstep.shop.app.test_client())
        keeper.sign_in()
        book = doorstep.book
        token = book.vouch("https://login.example.kr", "198-2")
        held = book.enrol(token, Consent(NOTICE, doorstep.shop.clock.utc())).pass_
        assert "https://login.example.kr 계정으로 등록했습니다" in read(keeper, f"/passes/{held.id}")
        assert keeper.send(f"/passes/{held.id}", f"/passes/{held.id}/forget").status_code == 303
        assert "login.example.kr" not in read(keeper, f"/passes/{held.id}")
        assert book.vouched_by(held.id) is None


def test_each_look_at_a_name_is_on_the_access_log_and_no_look_at_a_number(doorstep: Doorstep, keeper: Visitor) -> None:
    nameless = doorstep.phone().held
    keeper.get("/passes/")
    keeper.get(f"/passes/{nameless.id}")
    assert audit(doorstep.shop) == []
    named = doorstep.phone(holder=Holder("김하늘")).held
    keeper.get("/passes/")
    keeper.get(f"/passes/{named.id}")
    assert audit(doorstep.shop) == [("view_holders", "passes"), ("view_holder", named.id)]


def test_names_and_phones_never_reach_the_ledger(doorstep: Doorstep, keeper: Visitor) -> None:
    issue(keeper, kind="card", pin="4821", name="김하늘", phone="010-1234-5678", agreed="yes")
    keeper.send("/passes/", "/passes/search", asked="김하늘")
    lines = b"".join(Journal(doorstep.shop.vault.folder / "ledger").lines()).decode()
    assert only_pass(doorstep).id in lines
    assert not any(secret in lines for secret in ("김하늘", "1234-5678", "4821"))


def test_what_a_name_contains_is_shown_and_never_run(doorstep: Doorstep, keeper: Visitor) -> None:
    evil = "<script>alert(1)</script>"
    held = doorstep.phone(holder=Holder(evil)).held
    for path in ("/passes/", f"/passes/{held.id}", f"/passes/{held.id}/change"):
        page = keeper.get(path).get_data(as_text=True)
        assert evil not in page, path
        assert "&lt;script&gt;" in page, path


def test_a_pass_that_is_not_there_is_a_page_that_is_not_there(keeper: Visitor) -> None:
    for path in ("/passes/AAAAAAAA", "/passes/%2e%2e", "/passes/AAAAAAAA/card", "/passes/AAAAAAAA/change"):
        assert keeper.get(path).status_code == 404, path


# lists

LIST = (
    "종류,이름,전화번호,시작일,종료일,비밀번호\n휴대전화,김하늘,010-1234-5678,,,\n"
    "카드,,,2026-12-01,2026-12-31,4821\n로봇,,,,,\n"
)


def test_a_list_is_shown_before_anything_is_issued_and_wrong_lines_are_named(doorstep: Doorstep, keeper: Visitor) -> None:
    page = words(keeper.send("/passes/list/", "/passes/list/preview", list=LIST).get_data(as_text=True))
    for part in ("2줄을 발급할 수 있습니다", "고칠 줄이 1개", "4째 줄", "휴대전화, 카드, 직원, 방문", "김하늘"):
        assert part in page
    assert "12월 1일 (화)부터 12월 31일 (목)까지" in page
    assert doorstep.book.passes() == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_list_comes_as_a_file_as_table_programs_write_it(doorstep: Doorstep, keeper: Visitor, encoding: str) -> None:
    token = token_in(keeper.get("/passes/list/").get_data(as_text=True))
    form = {"csrf_token": token, "file": (io.BytesIO(LIST.encode(encoding)), "list.csv"), "list": ""}
    answer = keeper.client.post("/passes/list/preview", data=form, content_type="multipart/form-data")
    assert "2줄을 발급할 수 있습니다" in words(answer.get_data(as_text=True))


@pytest.mark.parametrize("text", ["", "hello", "이름\0", "a,b,c\n1,2,3\n"])
def test_what_is_no_list_is_refused_with_what_to_do(doorstep: Doorstep, keeper: Visitor, text: str) -> None:
    answer = keeper.send("/passes/list/", "/passes/list/preview", list=text)
    assert answer.status_code in (200, 422)
    assert 'role="alert"' in answer.get_data(as_text=True) or "0줄" in answer.get_data(as_text=True)
    assert doorstep.book.passes() == ()


def test_a_file_that_is_no_text_is_refused_with_what_to_do(keeper: Visitor) -> None:
    token = token_in(keeper.get("/passes/list/").get_data(as_text=True))
    form = {"csrf_token": token, "file": (io.BytesIO(b"\xff\xfe\x00\xd8PK"), "list.xlsx"), "list": ""}
    answer = keeper.client.post("/passes/list/preview", data=form, content_type="multipart/form-data")
    assert (answer.status_code, "CSV UTF-8" in answer.get_data(as_text=True)) == (422, True)


def test_the_good_lines_are_issued_and_their_cards_and_invitations_made_at_once(doorstep: Doorstep, keeper: Visitor) -> None:
    keeper.client.set_cookie("ansim_language", "ko")
    shown = keeper.send("/passes/list/", "/passes/list/preview", list=LIST).get_data(as_text=True)
    listed = re.search(r'<textarea name="list" hidden>(.*?)</textarea>', shown, re.DOTALL)
    assert listed
    form = {"csrf_token": token_in(shown), "list": listed.group(1)}
    refused = keeper.client.post("/passes/list/take", data=form)
    assert (refused.status_code, "동의를 받았는지" in refused.get_data(as_text=True)) == (422, True)
    assert doorstep.book.passes() == ()
    answer = keeper.client.post("/passes/list/take", data=form | {"agreed": "yes"})
    assert answer.status_code == 303
    by_kind = {held.kind: held for held in doorstep.book.passes()}
    assert set(by_kind) == {PassKind.PHONE, PassKind.CARD}
    done = keeper.get(answer.location).get_data(as_text=True)
    assert "출입증 2개를 발급했습니다" in words(done)
    at = re.search(r'name="at" value="([^"]+)"', done)
    assert at
    form = {"csrf_token": token_in(done), "at": at.group(1)}
    printed = keeper.client.post("/passes/list/cards", data=form).get_data(as_text=True)
    assert drawn_codes(printed) == [doorstep.book.card_text(by_kind[PassKind.CARD].id)]
    sent = keeper.client.post("/passes/list/invitations", data=form)
    assert "attachment" in sent.headers["Content-Disposition"]
    _, line = sent.data.decode("utf-8-sig").splitlines()
    assert line.startswith("김하늘,010-1234-5678,")
    made = doorstep.book.enrol(line.rpartition("/join/")[2], Consent(NOTICE, NOW))
    assert made.pass_.id == by_kind[PassKind.PHONE].id
    kinds = {action for action, _ in audit(doorstep.shop)}
    assert {"issue_pass", "export_invitations", "invite", "print_card"} <= kinds


@pytest.mark.parametrize("name", ["=1+cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "=HYPERLINK(1)"])
def test_a_name_that_is_a_formula_is_none_in_the_file_of_invitations(doorstep: Doorstep, keeper: Visitor, name: str) -> None:
    held = doorstep.book.issue(PassKind.PHONE, NAME, holder=Holder(name, "+82 10-1234-5678"))
    sent = keeper.send("/passes/list/", "/passes/list/invitations", at=held.made_utc)
    _, row = csv.reader(io.StringIO(sent.data.decode("utf-8-sig")))
    assert row[:2] == [f"'{name}", "+82 10-1234-5678"]


def take(keeper: Visitor, shown: str, **fields: str):
    """Send the form under a list that is shown, the way that form says."""
    form = re.search(r'<form method="post" action="/passes/list/take"[^>]*>.*?</form>', shown, re.DOTALL)
    assert form
    listed = re.search(r'<textarea name="list" hidden>(.*?)</textarea>', form.group(), re.DOTALL)
    assert listed
    kind = re.search(r'enctype="([^"]+)"', form.group().partition(">")[0])
    data = {"csrf_token": token_in(shown), "list": html.unescape(listed.group(1)).replace("\n", "\r\n"), **fields}
    if kind is None:
        return keeper.client.post("/passes/list/take", data=data)
    return send_parts(keeper, "/passes/list/take", data)


def send_parts(keeper: Visitor, address: str, parts: dict[str, object]):
    """Send a form as multipart/form-data, from memory however long it is."""
    boundary, body = encode_multipart(parts)
    return keeper.client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_as_many_lines_as_are_promised_can_be_issued(doorstep: Doorstep, keeper: Visitor) -> None:
    lines = "".join(
        f"휴대전화,{'가' * 54}{n:05},+82 10-{n // 10000:04}-{n % 10000:04},2026-12-01,2026-12-31\n" for n in range(MOST_LINES)
    )
    file = FileStorage(io.BytesIO(f"종류,이름,전화번호,시작일,종료일\n{lines}".encode()), "list.csv")
    form = {"csrf_token": token_in(keeper.get("/passes/list/").get_data(as_text=True)), "file": file}
    shown = send_parts(keeper, "/passes/list/preview", form)
    assert shown.status_code == 200
    answer = take(keeper, shown.get_data(as_text=True))
    assert (answer.status_code, "동의를 받았는지" in answer.get_data(as_text=True)) == (422, True)  # arrived whole
    allowed = doorstep.shop.app.config["LARGE_BODIES"]
    assert min(allowed["/passes/list/preview"], allowed["/passes/list/take"]) > len(lines.encode())


def test_a_list_may_be_long_only_where_lists_are_sent_and_who_sends_it_is_signed_in(
    doorstep: Doorstep, keeper: Visitor
) -> None:
    text = "kind\n" + "x" * 300_000
    assert keeper.send("/passes/list/", "/passes/new", list=text).status_code == 413
    stranger = Visitor(doorstep.shop.app.test_client())
    assert stranger.send("/login", "/passes/list/preview", list=text).status_code in (400, 413)


def test_of_a_long_list_all_invitations_are_one_file_and_all_cards_can_be_printed(doorstep: Doorstep, keeper: Visitor) -> None:
    text = "kind\n" + "card\n" * 501 + "phone\nstaff\n"
    answer = take(keeper, keeper.send("/passes/list/", "/passes/list/preview", list=text).get_data(as_text=True))
    done = keeper.get(answer.location).get_data(as_text=True)
    assert "출입증 503개를 발급했습니다" in words(done)
    assert re.findall(r"(\d+)번째부터 (\d+)번째까지", words(done)) == [("1", "500"), ("501", "501")]
    at = re.search(r'name="at" value="([^"]+)"', done)[1]  # type: ignore[index]
    form = {"csrf_token": token_in(done), "at": at}
    last = max(doorstep.book.issued_at(float(at), NAME)[:501], key=lambda held: held.made_utc)
    printed = keeper.client.post("/passes/list/cards", data=form | {"first": "500"}).get_data(as_text=True)
    assert drawn_codes(printed) == [doorstep.book.card_text(last.id)]
    sent = keeper.client.post("/passes/list/invitations", data=form)
    assert len(sent.data.decode("utf-8-sig").splitlines()) == 1 + 2


@pytest.mark.parametrize("at", ["", "soon", "nan", "inf", "0"])
def test_a_list_that_was_never_issued_is_not_there(keeper: Visitor, at: str) -> None:
    assert keeper.get(f"/passes/list/done?at={at}").status_code == 404


def test_who_is_there_already_is_named_and_left_out_unless_the_owner_says_so(doorstep: Doorstep, keeper: Visitor) -> None:
    keeper.client.set_cookie("ansim_language", "ko")
    held = doorstep.book.issue(PassKind.CARD, NAME, holder=Holder("박바다", "010-7777-8888"))
    doorstep.shop.clock.advance(1)
    text = "name,phone\n박 바다,01077778888\n김하늘,010-1234-5678\n김하늘,010-1234-5678\n"
    shown = keeper.send("/passes/list/", "/passes/list/preview", list=text).get_data(as_text=True)
    page = words(shown)
    for part in ("1줄을 발급할 수 있습니다", "이미 있는 사람의 줄이 2개", f"{held.id[:4]}-{held.id[4:]}", "3째 줄과 같은 사람"):
        assert part in page
    assert take(keeper, shown, agreed="yes").status_code == 303
    assert len(doorstep.book.passes()) == 2
    again = take(keeper, shown, agreed="yes")  # a second click
    assert (again.status_code, "이미 있는 사람의 줄이 3개" in words(again.get_data(as_text=True))) == (422, True)
    assert take(keeper, shown, known="yes").status_code == 422  # nobody was asked whether they agreed
    assert len(doorstep.book.passes()) == 2
    assert take(keeper, shown, agreed="yes", known="yes").status_code == 303
    assert len(doorstep.book.passes()) == 5


def test_a_zero_that_was_put_back_is_told(keeper: Visitor) -> None:
    keeper.client.set_cookie("ansim_language", "ko")
    page = words(
        keeper.send("/passes/list/", "/passes/list/preview", list="name,phone\n김하늘,1012345678\n").get_data(as_text=True)
    )
    assert "01012345678 (0을 붙임)" in page
    assert "전화번호 1개에 0을 다시 붙였습니다" in page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_example_is_a_list_that_is_taken(doorstep: Doorstep, keeper: Visitor, language: str) -> None:
    keeper.client.set_cookie("ansim_language", language)
    example = keeper.get("/passes/list/example.csv").data.decode("utf-8-sig")
    page = keeper.send("/passes/list/", "/passes/list/preview", list=example).get_data(as_text=True)
    assert page.count("<tr>") == 1 + 3
    assert 'class="dot bad"' not in page


def drawn_codes(page: str) -> list[str]:
    """What the QR pictures in a page say, read as a camera would: from pixels."""
    found = []
    for svg in re.findall(r"<svg xmlns.*?</svg>", page, re.DOTALL):
        side = int(re.search(r'viewBox="0 0 (\d+)', svg).group(1))  # type: ignore[union-attr]
        picture = np.full((side, side), 255, np.uint8)
        for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg):
            picture[int(y), int(x)] = 0
        found += CodeReader().read(np.kron(picture, np.ones((8, 8), np.uint8)))
    return found
