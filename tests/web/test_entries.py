"""The entry log as the owner reads it, takes it along, and follows it to incidents and back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.entry.records import CrossingKind, PassKind, Reader
from tests.web.conftest import Visitor
from tests.web.doorstep import Doorstep, open_doorstep
from tests.web.drawn import DAY, NAME
from tests.web.test_pages import read, words


@pytest.fixture
def doorstep(tmp_path: Path) -> Iterator[Doorstep]:
    for place in open_doorstep(tmp_path / "data"):
        place.shop.make_owner()
        yield place


@pytest.fixture
def keeper(doorstep: Doorstep) -> Visitor:
    visitor = Visitor(doorstep.shop.app.test_client())
    assert visitor.sign_in().status_code == 302
    return visitor


def number(pass_id: str) -> str:
    return f"{pass_id[:4]}-{pass_id[4:]}"


def lines(page: str) -> list[str]:
    """The sentences of the log, as they stand."""
    return [words(line) for line in re.findall(r"<b>([^<]*)</b>\s*<span class=\"facts\">", page)]


def log(keeper: Visitor, address: str = "/entries/", language: str = "ko") -> list[str]:
    keeper.client.set_cookie("ansim_language", language)
    answer = keeper.get(address)
    assert answer.status_code == 200, address
    return lines(answer.get_data(as_text=True))


def test_a_quiet_day_is_said_so(keeper: Visitor) -> None:
    page = read(keeper, "/entries/")
    assert "지금 안에 아무도 없습니다" in page
    assert "이날은 코드를 보인 사람이 없습니다" in page
    assert "Nobody is inside now" in read(keeper, "/entries/", "en")


def test_a_code_and_the_one_who_came_in_on_it_are_one_sentence(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone()
    doorstep.come_in(phone)
    doorstep.settle()
    assert log(keeper) == [f"{number(phone.held.id)} 출입증으로 들어왔습니다"]
    assert log(keeper, language="en") == [f"Somebody came in with pass {number(phone.held.id)}"]
    page = read(keeper, "/entries/")
    for part in (
        "지금 안에 1명이 있습니다",
        "오늘 코드 1개를 확인했습니다",
        "코드 없이 들어온 사람은 없습니다",
        "오후 8:36:51",
        "출입문",
    ):
        assert part in page


def test_each_thing_that_happens_at_the_door_has_its_own_sentence(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone()
    card = doorstep.book.issue(PassKind.CARD, NAME, pin="4821")
    doorstep.come_in(phone)
    doorstep.show(phone)  # the same step once more
    doorstep.follow()
    doorstep.cross(CrossingKind.NO_CODE)
    doorstep.cross(CrossingKind.EXIT)
    doorstep.desks.desk.present(doorstep.book.card_text(card.id), Reader.KIOSK, pin="9999")
    doorstep.book.revoke(phone.held.id, NAME)
    doorstep.shop.clock.advance(60)
    doorstep.show(phone)
    doorstep.settle()
    it, its = number(phone.held.id), number(card.id)
    assert log(keeper) == [
        f"정지된 {it} 출입증을 거절했습니다",
        f"비밀번호가 틀려서 {its} 출입증을 거절했습니다",
        "한 사람이 나갔습니다",
        "코드 없이 들어왔습니다",
        f"{it} 출입증 뒤를 따라 코드 없이 들어왔습니다",
        f"{it} 출입증의 이미 쓴 코드를 거절했습니다",
        f"{it} 출입증으로 들어왔습니다",
    ]
    page = read(keeper, "/entries/")
    assert "3개를 거절했습니다" in page
    assert "2명이 코드 없이 들어왔습니다" in page


def test_the_log_can_be_narrowed_to_what_matters(doorstep: Doorstep, keeper: Visitor) -> None:
    one, other = doorstep.phone(), doorstep.phone(PassKind.STAFF)
    doorstep.come_in(one)
    doorstep.show(one)
    doorstep.come_in(other)
    doorstep.cross(CrossingKind.NO_CODE)
    doorstep.cross(CrossingKind.EXIT)
    doorstep.settle()
    assert len(log(keeper)) == 5
    assert len(log(keeper, "/entries/?show=in")) == 2
    assert log(keeper, "/entries/?show=uncoded") == ["코드 없이 들어왔습니다"]
    assert log(keeper, "/entries/?show=out") == ["한 사람이 나갔습니다"]
    assert len(log(keeper, "/entries/?show=refused")) == len(log(keeper, "/entries/?show=used")) == 1
    assert log(keeper, f"/entries/?pass={number(other.held.id).lower()}") == [
        f"{number(other.held.id)} 출입증으로 들어왔습니다"
    ]
    assert log(keeper, "/entries/?pass=AAAA-AAAA") == []
    assert "이날 그런 기록은 없습니다" in read(keeper, "/entries/?show=too_many")
    assert keeper.get("/entries/?show=nonsense").status_code == 404


def test_days_are_the_shops_own_and_pages_lead_from_one_to_the_next(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone(PassKind.STAFF)
    doorstep.come_in(phone)
    doorstep.shop.clock.advance(DAY)
    doorstep.come_in(phone)
    doorstep.settle()
    keeper.sign_in()
    assert len(log(keeper)) == 1
    yesterday = keeper.get("/entries/?day=2026-11-21").get_data(as_text=True)
    assert len(lines(yesterday)) == 1
    assert "코드 1개를 확인했습니다" in words(yesterday)
    assert 'href="/entries/?day=2026-11-22"' in yesterday
    for wrong in ("tomorrow", "0001-01-01", "2026-12-31"):
        assert keeper.get(f"/entries/?day={wrong}").status_code == 404


def test_a_busy_day_has_pages_and_an_entry_is_found_on_its_own(doorstep: Doorstep, keeper: Visitor) -> None:
    for _ in range(130):
        doorstep.cross(CrossingKind.EXIT)
    doorstep.settle()
    assert (len(log(keeper)), len(log(keeper, "/entries/?page=2"))) == (100, 30)
    oldest = doorstep.desks.entries(0, 9e9, limit=500)[-1]
    answer = keeper.get(f"/entries/{oldest.id}")
    assert answer.location == f"/entries/?day=2026-11-21&page=2#{oldest.id}"
    assert f'id="{oldest.id}"' in keeper.get(answer.location.partition("#")[0]).get_data(as_text=True)
    assert keeper.get("/entries/none").status_code == 404


# to incidents and back


def test_an_incident_says_how_its_people_came_in_and_the_log_leads_to_it(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone()
    track = doorstep.come_in(phone)
    _, followed = doorstep.follow()
    taken = doorstep.shop.incident("unpaid", "door", 0.0, "계산하지 않고 나갔습니다.", "Left without paying.", tracks=(track,))
    elsewhere = doorstep.shop.incident("loitering", "till", 0.0, "머물렀습니다.", "Stayed.", tracks=(track,))
    doorstep.settle()
    came, behind = (
        f"{number(phone.held.id)} 출입증으로 들어왔습니다",
        f"{number(phone.held.id)} 출입증 뒤를 따라 코드 없이 들어왔습니다",
    )
    assert log(keeper, f"/incidents/{taken.id}") == [came]
    assert behind in log(keeper, f"/incidents/{followed.id}")
    assert log(keeper, f"/incidents/{elsewhere.id}") == []  # a track's number means somebody else on another camera
    page = keeper.get("/entries/").get_data(as_text=True)
    assert f'href="/incidents/{taken.id}"' in page
    assert f'href="/incidents/{followed.id}"' in page
    assert f'href="/incidents/{elsewhere.id}"' not in page
    entry = re.search(r'href="(/entries/[^"?]+)"', keeper.get(f"/incidents/{taken.id}").get_data(as_text=True))
    assert entry
    assert keeper.get(entry.group(1)).status_code == 302


def test_an_incident_of_the_entrance_is_named_and_explained(doorstep: Doorstep, keeper: Visitor) -> None:
    doorstep.come_in(doorstep.phone())
    _, it = doorstep.follow()
    page = read(keeper, f"/incidents/{it.id}")
    for part in ("따라 들어옴", "코드를 보인 사람 바로 뒤로 다른 사람이", "어떻게 들어왔는지", "누가 썼는지는 말하지 않습니다"):
        assert part in page
    assert "Came in without a code" in read(keeper, "/", "en")  # in the choice of kinds


def test_the_pass_shows_its_last_entries(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone()
    assert "아직 쓴 적이 없습니다" in read(keeper, f"/passes/{phone.held.id}")
    doorstep.come_in(phone)
    doorstep.settle()
    assert log(keeper, f"/passes/{phone.held.id}") == [f"{number(phone.held.id)} 출입증으로 들어왔습니다"]


# taking it along


def take(keeper: Visitor, **fields: str):
    asked = {"from": "2026-11-21", "to": "2026-11-21", "purpose": "도난 확인"} | fields
    return keeper.send("/entries/", "/entries/csv", **asked)


def test_the_log_is_taken_along_for_a_purpose_which_is_on_the_access_log_first(doorstep: Doorstep, keeper: Visitor) -> None:
    phone = doorstep.phone()
    track = doorstep.come_in(phone)
    doorstep.settle()
    keeper.client.set_cookie("ansim_language", "en")
    answer = take(keeper)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert 'filename="ansim-entries-2026-11-21-2026-11-21.csv"' in answer.headers["Content-Disposition"]
    header, code, crossing = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert header[:3] == ["Time", "What happened", "Pass"]
    assert code[:5] == [
        "2026-11-21 20:36:51.000+09:00", f"Pass {number(phone.held.id)} was accepted", number(phone.held.id),
        "Camera", "출입문",
    ]  # fmt: skip
    assert len(code[6]) == 64
    assert crossing[5] == str(track)
    assert crossing[8] == code[7]  # the crossing belongs to the code
    logged = [(row.actor, row.action, row.target, row.purpose) for row in doorstep.shop.vault.audit()]
    assert (NAME, "export_entries", "2026-11-21/2026-11-21", "도난 확인") in logged


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"purpose": ""}, "어디에 쓰는지"),
        ({"purpose": " "}, "어디에 쓰는지"),
        ({"from": "2026-11-21", "to": "2026-11-20"}, "1년 안에서"),
        ({"from": "2024-11-21"}, "1년 안에서"),
    ],
)
def test_without_a_purpose_or_days_nothing_is_handed_out(
    doorstep: Doorstep, keeper: Visitor, fields: dict[str, str], says: str
) -> None:
    keeper.client.set_cookie("ansim_language", "ko")
    answer = take(keeper, **fields)
    assert answer.status_code == 422
    assert says in words(answer.get_data(as_text=True))
    assert "export_entries" not in {row.action for row in doorstep.shop.vault.audit()}


def test_a_download_is_asked_for_by_a_form_of_this_panel_only(keeper: Visitor) -> None:
    form = {"from": "2026-11-21", "to": "2026-11-21", "purpose": "도난 확인"}
    assert keeper.client.post("/entries/csv", data=form).status_code == 400
    assert keeper.get("/entries/csv").status_code in (404, 405)


def test_a_camera_that_is_named_like_a_formula_is_none_in_a_spreadsheet(doorstep: Doorstep, keeper: Visitor) -> None:
    doorstep.shop.camera("door", name="=HYPERLINK(1)")
    doorstep.come_in(doorstep.phone())
    doorstep.settle()
    assert ",'=HYPERLINK(1)," in take(keeper).data.decode("utf-8-sig")


def test_a_look_at_the_log_is_on_the_access_log(doorstep: Doorstep, keeper: Visitor) -> None:
    keeper.get("/entries/")
    keeper.get("/entries/?show=refused")
    looked = [row.target for row in doorstep.shop.vault.audit() if row.action == "view_entries"]
    assert looked == ["2026-11-21"]
