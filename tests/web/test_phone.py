"""Signing up over HTTP: notice, consent, the secret that is given once; and what a phone needs for a pass without a net."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from agent.entrance_panel import NOTICE, EntrySettings, Holder
from agent.entry.records import PassKind, Reader
from agent.settings import KioskSettings
from tests.web.conftest import Visitor
from tests.web.drawn_entrance import HTTPS, DrawnEntrance, open_entrance
from tests.web.test_pages import words
from web import phone
from web.entrance import EntranceWeb

AGREED = {"notice": NOTICE, "age": "over", "agree": "yes"}
NOTICES = {  # what each version of the notice said: people agreed to just that
    "2026-11-22": {
        "ko": "6e93ef48b7318f927cdbf819d79fbbbb4b1f28d3fdd46f43b4c0465ea8a6ed8b",
        "en": "550b8b0be53e30da55238633ce983385dd73977235c0effb6f3dfbcca5a3bdc2",
    },
    "2026-11-22.2": {
        "ko": "48b38e5a22c1f0d147b0ca93491286fa250abff5cdf8b6f87c0abcdd3ce259df",
        "en": "410108fbee8ce9d0e20012ea14f1d0666c5fde601f1e494055948320ff932537",
    },
}


def said(answer: TestResponse) -> str:
    return words(answer.get_data(as_text=True))


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[DrawnEntrance]:
    settings = EntrySettings(self_sign_up=True, kiosk=KioskSettings(public_url=HTTPS))
    with open_entrance(tmp_path / "door", settings=settings, web=EntranceWeb(try_rate="500 per minute")) as opened:
        yield opened


@pytest.fixture
def customer(entrance: DrawnEntrance) -> Visitor:
    return Visitor(entrance.app.test_client())


def test_a_link_gives_the_secret_once_and_the_code_opens(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = entrance.invite_path()
    assert customer.get(path).status_code == 200
    answer = customer.send(path, path, **AGREED)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "private, no-store"
    made = entrance.passes.find(answer.json["id"])
    assert made is not None
    code = entrance.code(base64.b64decode(answer.json["secret"]), made)
    assert entrance.desk.present(code, Reader.CAMERA, "door").is_welcome
    again = customer.get(path)
    assert again.status_code == 410
    assert answer.json["secret"] not in again.get_data(as_text=True)


def test_the_screens_link_makes_a_new_pass_for_each(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = f"/join/{entrance.passes.door_token()}"
    first, second = (customer.send(path, path, **AGREED).json for _ in range(2))
    assert first["id"] != second["id"]
    assert {made.kind for made in entrance.passes.passes()} == {PassKind.PHONE}


def test_staff_get_theirs_by_the_same_page(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = entrance.invite_path(PassKind.STAFF)
    assert customer.send(path, path, **AGREED).json["kind"] == "staff"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"agree": ""}, "동의에 표시해 주세요"),
        ({"age": ""}, "만 14세 이상인지"),
        ({"age": "under"}, "법정대리인도 동의해야"),
        ({"notice": "2020-01-01"}, "안내가 바뀌었습니다"),
        ({"phone": "가" * 10}, "전화번호"),
    ],
)
def test_without_the_right_consent_no_pass_is_made_and_the_link_stays(
    entrance: DrawnEntrance, customer: Visitor, changed: dict[str, str], sentence: str
) -> None:
    path = entrance.invite_path()
    answer = customer.send(path, path, **AGREED | changed)
    assert answer.status_code == 422
    assert sentence in answer.json["refused"]
    assert customer.send(path, path, **AGREED).status_code == 201


def test_below_14_the_guardian_agrees_and_that_is_kept(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = entrance.invite_path()
    made = customer.send(path, path, **AGREED | {"age": "under", "guardian": "yes"}).json
    consent = entrance.passes.consent_of(made["id"])
    assert consent is not None
    assert (consent.notice, consent.under_14, consent.guardian, consent.utc) == (NOTICE, True, True, entrance.clock.utc())


def test_a_child_that_comes_alone_to_the_door_is_sent_to_the_shop(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = f"/join/{entrance.passes.door_token()}"
    page = said(customer.get(path))
    assert "보호자와 함께 가게에" in page
    assert 'name="guardian"' not in customer.get(path).get_data(as_text=True)
    answer = customer.send(path, path, **AGREED | {"age": "under", "guardian": "yes"})
    assert answer.status_code == 422
    assert "보호자와 함께 가게에" in answer.json["refused"]
    assert entrance.passes.passes() == ()


def test_name_and_phone_need_an_agreement_of_their_own(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = entrance.invite_path()
    refused = customer.send(path, path, **AGREED, phone="010-1234-5678")
    assert refused.status_code == 422
    assert "이름과 전화번호를 보관해도" in refused.json["refused"]
    made = customer.send(path, path, **AGREED, phone="010-1234-5678", contact="yes").json
    consent = entrance.passes.consent_of(made["id"])
    assert consent is not None
    assert consent.contact


def test_a_pass_that_somebody_made_at_the_door_ends_after_a_year_and_the_page_says_so(
    entrance: DrawnEntrance, customer: Visitor
) -> None:
    path = f"/join/{entrance.passes.door_token()}"
    assert "365일" in said(customer.get(path))
    assert "365일" not in said(customer.get(entrance.invite_path()))
    made = customer.send(path, path, **AGREED).json
    assert made["until"] == entrance.clock.utc() + 365 * 86_400


def test_name_and_phone_are_kept_only_if_somebody_entered_them(entrance: DrawnEntrance, customer: Visitor) -> None:
    with_name, without = entrance.invite_path(), entrance.invite_path()
    named = customer.send(with_name, with_name, **AGREED, name=" 김손님 ", phone="010-1234-5678", contact="yes").json
    assert entrance.passes.holder_of(named["id"]) == Holder("김손님", "010-1234-5678")
    assert not entrance.passes.holder_of(customer.send(without, without, **AGREED).json["id"])


def test_a_form_from_elsewhere_is_not_taken(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = entrance.invite_path()
    assert customer.client.post(path, data=AGREED).status_code == 400
    assert customer.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/join/", "/join/guess", "/join/%00", "/join/" + "x" * 3000, "/notice/2020-01-01", "/nothing"]
)
def test_whoever_comes_astray_reads_what_to_do(customer: Visitor, path: str) -> None:
    answer = customer.get(path)
    assert answer.status_code in (200, 404, 410)
    assert re.search("링크|주소", said(answer))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_notice_of_a_version_always_says_the_same(entrance: DrawnEntrance, language: str) -> None:
    client = entrance.app.test_client()
    client.set_cookie("ansim_language", language)
    page = client.get(f"/notice/{NOTICE}").get_data(as_text=True)
    notice = re.search(r'<dl class="notice">.*?</dl>', page, re.DOTALL)
    assert notice is not None
    assert hashlib.sha256(notice.group().encode()).hexdigest() == NOTICES[NOTICE][language], (
        "its text has changed: give it a new version (agent.entry.holder.NOTICE, a new file beside the old one)"
    )


def test_the_notice_names_the_time_that_entries_are_kept(tmp_path: Path) -> None:
    with open_entrance(tmp_path, web=EntranceWeb(retention_days=12)) as entrance:
        assert "12일" in said(entrance.app.test_client().get(f"/notice/{NOTICE}"))


def test_the_worker_keeps_every_file_that_the_page_of_the_pass_loads(entrance: DrawnEntrance, customer: Visitor) -> None:
    page, worker = (customer.get(f"/pass/{name}").get_data(as_text=True) for name in ("", "worker.js"))
    kept = json.loads(re.search(r"KEPT = (\[.*?\]);", worker)[1])  # type: ignore[index]
    loaded = set(re.findall(r'(?:href|src)="(/[^"]+)"', page)) - {"/static/icon-192.png"}
    assert loaded <= set(kept)
    folder = Path(str(entrance.app.static_folder))
    imported = {
        f"/static/{name}"
        for file in phone.FILES
        if file.endswith(".js")
        for name in re.findall(r'from "\./([^"]+)"', (folder / file).read_text())
    }
    assert imported <= set(kept)
    for address in kept:
        with customer.get(address) as answer:
            assert answer.status_code == 200, address
    assert customer.get("/pass/worker.js").content_type.startswith("text/javascript")


def test_phones_fetch_the_page_anew_when_one_of_its_files_has_changed(entrance: DrawnEntrance, tmp_path: Path) -> None:
    def mark() -> str:
        worker = entrance.app.test_client().get("/pass/worker.js").get_data(as_text=True)
        return str(re.search(r'NAME = "(pass-\w+)"', worker)[1])  # type: ignore[index]

    before = mark()
    assert mark() == before
    changed = tmp_path / "static"
    for name in phone.FILES:
        (changed / name).parent.mkdir(parents=True, exist_ok=True)
        (changed / name).write_text("changed")
    entrance.app.static_folder = str(changed)
    assert mark() != before


def test_the_page_of_the_pass_is_nobodys_so_that_it_may_be_kept(entrance: DrawnEntrance, customer: Visitor) -> None:
    path = entrance.invite_path()
    made = customer.send(path, path, **AGREED).json
    page = customer.get("/pass/")
    assert made["id"] not in page.get_data(as_text=True)
    assert "csrf" not in page.get_data(as_text=True)


def test_the_vendored_library_is_the_one_that_was_chosen(root: Path) -> None:
    vendored = root / "web/static/vendor/uqr-0.1.3.js"
    assert hashlib.sha256(vendored.read_bytes()).hexdigest() in (root / "docs/adr/0017-customers-pages.md").read_text()
    assert "MIT License" in vendored.with_suffix(".LICENSE.txt").read_text()


def test_the_manifest_opens_the_pass_in_a_window_of_its_own(customer: Visitor) -> None:
    manifest = customer.get("/pass/manifest.webmanifest")
    assert manifest.content_type == "application/manifest+json"
    told = json.loads(manifest.get_data())
    assert (told["name"], told["start_url"], told["scope"], told["display"]) == (
        "안심 편의점 출입증",
        "/pass/",
        "/pass/",
        "standalone",
    )
    for icon in told["icons"]:
        side = int(icon["sizes"].split("x")[0])
        with customer.get(icon["src"]) as answer:
            picture = answer.get_data()
        assert int.from_bytes(picture[16:20]) == side == int.from_bytes(picture[20:24])  # PNG's IHDR


def test_a_phone_can_ask_what_time_it_is(entrance: DrawnEntrance, customer: Visitor) -> None:
    assert customer.get("/pass/time").json == {"utc": entrance.clock.utc()}


def test_the_language_stays_and_leads_nowhere_else(customer: Visitor) -> None:
    answer = customer.send("/", "/language", language="en", next="//example.com/")
    assert answer.headers["Location"] == "/"
    assert "Open my pass" in said(customer.get("/"))
