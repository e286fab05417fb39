"""Signing up with an outside service: the whole way there and back with a real one on this PC, and each way that ends early."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.test import TestResponse

from agent.clock import ManualClock, SystemClock
from agent.entrance_panel import MOST_OUTSIDE, NOTICE, EntrySettings
from agent.entry.records import Reader
from agent.identity import PENDING_S
from agent.settings import KioskSettings, OutsideSettings
from tests.unit.openid_service import CLIENT, PERSON, SECRET, OpenIdService
from tests.web.air import running
from tests.web.conftest import Visitor
from tests.web.drawn import NOW
from tests.web.drawn_entrance import HTTPS, OWNER, DrawnEntrance, open_entrance
from tests.web.test_pages import words
from tests.web.window import CHROMIUM, Window, fits
from web import serve
from web.entrance import EntranceWeb

AGREED = {"notice": NOTICE, "age": "over", "agree": "yes"}
LABEL = "이웃넷"
NOTICES = {  # what each version of the notice said to those who signed up with a service
    "2026-11-22": {
        "ko": "db87afe4518e5e649f4a326023532290eecf6e46b9c4fa9ff57740aa567782d0",
        "en": "02095f2850051e966e32e5cca1166ba672a37f8c23c6b1e83862f6ddc9c29ce9",
    },
    "2026-11-22.2": {
        "ko": "db87afe4518e5e649f4a326023532290eecf6e46b9c4fa9ff57740aa567782d0",
        "en": "02095f2850051e966e32e5cca1166ba672a37f8c23c6b1e83862f6ddc9c29ce9",
    },
}


def said(answer: TestResponse) -> str:
    return words(answer.get_data(as_text=True))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def service(clock: ManualClock) -> Iterator[OpenIdService]:
    one = OpenIdService(clock)
    yield one
    one.close()


@pytest.fixture
def entrance(tmp_path: Path, service: OpenIdService, clock: ManualClock) -> Iterator[DrawnEntrance]:
    outside = OutsideSettings(service.issuer, CLIENT, SECRET, LABEL)
    settings = EntrySettings(self_sign_up=True, kiosk=KioskSettings(public_url=HTTPS), outside=outside)
    web = EntranceWeb(try_rate="500 per minute")
    with open_entrance(tmp_path / "door", settings=settings, clock=clock, web=web) as opened:
        yield opened


class Customer(Visitor):
    """Somebody at the door with a phone of their own."""

    def __init__(self, entrance: DrawnEntrance, service: OpenIdService) -> None:
        super().__init__(entrance.app.test_client())
        self.service = service
        self.door = f"/join/{entrance.passes.door_token()}"

    def leave(self) -> str:
        """Press the button of the service; gives the address to which it leads."""
        page = self.get(self.door).get_data(as_text=True)
        button = re.search(r'id="outside" href="([^"]+)"', page)
        assert button is not None
        answer = self.get(button[1])
        assert answer.status_code == 303
        return str(answer.headers["Location"])

    def come_back(self, address: str) -> TestResponse:
        """As the service sends the browser; the address is the registered one."""
        assert address.startswith(f"{HTTPS}/outside?")
        return self.get(address.removeprefix(HTTPS))

    def go_and_agree(self) -> TestResponse:
        """There and back; gives the page of consent."""
        answer = self.come_back(self.service.agreed(self.leave()))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/outside/join")
        return self.get("/outside/join")

    def agree(self, **fields: str) -> TestResponse:
        """Fill in the page of consent as it is."""
        page = self.get("/outside/join").get_data(as_text=True)
        action = re.search(r'<form method="post" action="(/join/[^"]+)"', page)
        assert action is not None
        return self.send("/outside/join", action[1], **AGREED | fields)


@pytest.fixture
def customer(entrance: DrawnEntrance, service: OpenIdService) -> Customer:
    return Customer(entrance, service)


def secret_of(answer: TestResponse) -> bytes:
    assert answer.status_code == 201
    return base64.b64decode(answer.json["secret"])


# the way


def test_who_comes_back_agrees_to_the_notice_and_the_code_opens(entrance: DrawnEntrance, customer: Customer) -> None:
    assert f"{LABEL} 계정으로 등록" in said(customer.get(customer.door))
    page = said(customer.go_and_agree())
    assert f"{LABEL} 계정을 확인했습니다" in page
    assert "회원 번호로 이 PC가 만든 부호" in page
    assert entrance.passes.passes() == ()
    answer = customer.agree()
    made = entrance.passes.find(answer.json["id"])
    assert made is not None
    assert entrance.passes.vouched_by(made.id) == customer.service.issuer
    assert entrance.desk.present(entrance.code(secret_of(answer), made), Reader.CAMERA, "door").is_welcome
    assert customer.get("/outside/join").status_code == 410


def test_nothing_that_the_service_tells_is_kept_but_that_it_knows_them(entrance: DrawnEntrance, customer: Customer) -> None:
    customer.service.claims = {"sub": "subject-4711-of-the-service"}
    pages = customer.go_and_agree().get_data()
    made = customer.agree().json["id"]
    assert not entrance.passes.holder_of(made)
    entrance.vault.flush()
    stored = b"".join(path.read_bytes() for path in entrance.vault.folder.rglob("*") if path.is_file())
    for told in (PERSON["name"], PERSON["phone_number"], PERSON["birthdate"], "subject-4711-of-the-service"):
        assert told.encode() not in stored + pages


def test_a_second_phone_takes_the_pass_over(entrance: DrawnEntrance, service: OpenIdService, customer: Customer) -> None:
    customer.go_and_agree()
    first = customer.agree()
    new_phone = Customer(entrance, service)
    assert "이 휴대전화로 옮겨지고" in said(new_phone.go_and_agree())
    second = new_phone.agree()
    (made,) = entrance.passes.passes()
    assert first.json["id"] == second.json["id"] == made.id
    assert not entrance.desk.present(entrance.code(secret_of(first), made), Reader.CAMERA, "door").is_welcome
    assert entrance.desk.present(entrance.code(secret_of(second), made), Reader.CAMERA, "door").is_welcome


def test_below_14_people_are_sent_to_the_shop_here_too(entrance: DrawnEntrance, customer: Customer) -> None:
    customer.go_and_agree()
    refused = customer.agree(age="under", guardian="yes")
    assert "보호자와 함께 가게에" in refused.json["refused"]
    assert entrance.passes.passes() == ()


def test_the_ordinary_way_is_there_beside_it(entrance: DrawnEntrance, customer: Customer) -> None:
    made = customer.send(customer.door, customer.door, **AGREED).json["id"]
    assert entrance.passes.vouched_by(made) is None


# where it is not offered


def test_it_is_off_unless_it_is_set(tmp_path: Path) -> None:
    with open_entrance(tmp_path, settings=EntrySettings(self_sign_up=True)) as entrance:
        visitor = Visitor(entrance.app.test_client())
        door = f"/join/{entrance.passes.door_token()}"
        assert "outside" not in visitor.get(door).get_data(as_text=True)
        assert visitor.get(f"{door}/outside").status_code == 404
        assert visitor.get("/outside?code=x&state=x").status_code == 410


def test_an_invitation_is_somebodys_already(entrance: DrawnEntrance, customer: Customer) -> None:
    path = entrance.invite_path()
    assert LABEL not in said(customer.get(path))
    assert customer.get(f"{path}/outside").status_code == 410
    assert customer.get("/join/guess/outside").status_code == 410


# ways that end early


def test_who_does_not_agree_at_the_service_finds_the_ordinary_way(entrance: DrawnEntrance, customer: Customer) -> None:
    answer = customer.come_back(customer.service.declined(customer.leave()))
    assert answer.status_code == 403
    assert "동의하지 않으셔서" in said(answer)
    assert f'href="{customer.door}"' in answer.get_data(as_text=True)
    assert customer.get("/outside/join").status_code == 410
    assert entrance.passes.passes() == ()


def test_an_answer_with_another_state_signs_nobody_up_and_does_not_end_the_real_way(customer: Customer) -> None:
    real = customer.service.agreed(customer.leave())
    for forged in ("state=of-somebody-else&code=x", "code=x", "state=%00%ff&code=x", "state=&error=%3Cscript%3E"):
        answer = customer.get(f"/outside?{forged}")
        assert answer.status_code == 403
        assert f'href="{customer.door}"' in answer.get_data(as_text=True)
    assert customer.service.tokens_asked == 0
    assert customer.come_back(real).status_code == 303


def test_the_answer_to_one_browser_is_worth_nothing_in_another(
    entrance: DrawnEntrance, service: OpenIdService, customer: Customer
) -> None:
    answer = service.agreed(customer.leave())
    stranger = Customer(entrance, service)
    assert stranger.come_back(answer).status_code == 410
    stranger.leave()
    assert stranger.come_back(answer).status_code == 403
    assert stranger.get("/outside/join").status_code == 410
    assert service.tokens_asked == 0


def test_wrong_returns_of_others_keep_nobody_out_who_is_on_the_way(
    tmp_path: Path, service: OpenIdService, clock: ManualClock
) -> None:
    """Behind a program that speaks TLS everybody comes from one address."""
    outside = OutsideSettings(service.issuer, CLIENT, SECRET, LABEL)
    settings = EntrySettings(self_sign_up=True, kiosk=KioskSettings(public_url=HTTPS), outside=outside)
    with open_entrance(tmp_path / "strict", settings=settings, clock=clock, web=EntranceWeb(try_rate="3 per minute")) as opened:
        honest, stranger = Customer(opened, service), Customer(opened, service)
        address = service.agreed(honest.leave())
        assert [stranger.get("/outside?state=x&code=y").status_code for _ in range(4)] == [410, 410, 410, 429]
        assert honest.come_back(address).status_code == 303


def test_an_answer_counts_once(customer: Customer) -> None:
    address = customer.service.agreed(customer.leave())
    assert customer.come_back(address).status_code == 303
    again = customer.come_back(address)
    assert again.status_code == 410
    assert "처음부터 다시" in said(again)


def test_who_takes_too_long_starts_again(customer: Customer, clock: ManualClock) -> None:
    address = customer.service.agreed(customer.leave())
    clock.advance(PENDING_S + 1)
    assert customer.come_back(address).status_code == 403
    customer.go_and_agree()
    clock.advance(1201)
    assert customer.get("/outside/join").status_code == 410


def test_a_token_signed_by_somebody_else_signs_nobody_up(customer: Customer) -> None:
    customer.service.claims = {"aud": "another-shop"}
    answer = customer.come_back(customer.service.agreed(customer.leave()))
    assert answer.status_code == 403
    assert "신원을 확인하지 못했습니다" in said(answer)


def test_a_service_that_does_not_answer_is_said_so_and_the_ordinary_way_goes_on(
    entrance: DrawnEntrance, customer: Customer
) -> None:
    address = customer.service.agreed(customer.leave())
    customer.service.status = 503
    for answer in (customer.get(f"{customer.door}/outside"), customer.come_back(address)):
        assert answer.status_code == 503
        assert "응답하지 않습니다" in said(answer)
        assert f'href="{customer.door}"' in answer.get_data(as_text=True)
    assert customer.send(customer.door, customer.door, **AGREED).status_code == 201


def test_a_slow_service_does_not_hold_up_the_screen_at_the_door(entrance: DrawnEntrance, service: OpenIdService) -> None:
    service.lets_go.clear()
    with ThreadPoolExecutor(MOST_OUTSIDE) as pool:
        waiting = [pool.submit(Customer(entrance, service).leave) for _ in range(MOST_OUTSIDE)]
        for _ in waiting:
            assert service.came.acquire(timeout=60)
        late = Customer(entrance, service)
        answer = late.get(f"{late.door}/outside")
        service.lets_go.set()
        assert all(each.result().startswith(service.issuer) for each in waiting)
    assert answer.status_code == 503
    assert "지금 쓸 수 없습니다" in said(answer)
    assert late.leave().startswith(service.issuer)


def test_whoever_was_revoked_does_not_come_back_in_by_it(entrance: DrawnEntrance, customer: Customer) -> None:
    customer.go_and_agree()
    entrance.passes.revoke(customer.agree().json["id"], OWNER)
    answer = customer.come_back(customer.service.agreed(customer.leave()))
    assert answer.status_code == 403
    assert "가게에 문의해 주세요" in said(answer)


# what is told


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_notice_of_a_version_always_says_the_same(entrance: DrawnEntrance, language: str) -> None:
    client = entrance.app.test_client()
    client.set_cookie("ansim_language", language)
    page = client.get(f"/notice/{NOTICE}").get_data(as_text=True)
    notice = re.search(r'<dl class="notice with-service">.*?</dl>', page, re.DOTALL)
    assert notice is not None
    assert hashlib.sha256(notice.group().encode()).hexdigest() == NOTICES[NOTICE][language], (
        "its text has changed: give it a new version (agent.entry.holder.NOTICE, a new file beside the old one)"
    )


# a real browser


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")
def test_in_a_browser_the_way_leads_to_another_site_and_back_to_a_code(browser: Browser, tmp_path: Path) -> None:
    service = OpenIdService(SystemClock())
    service.issuer = service.issuer.replace("127.0.0.1", "localhost")  # another site than that of the pages
    outside = OutsideSettings(service.issuer, CLIENT, SECRET, LABEL)
    settings = EntrySettings(self_sign_up=True, outside=outside)
    with (
        open_entrance(tmp_path / "door", settings=settings, clock=SystemClock()) as entrance,
        running(serve(entrance.app, "127.0.0.1", 0)) as server,
    ):
        phone = Window(browser, server.address, {"width": 360, "height": 740}, "ko", "light")
        page = phone.go(f"/join/{entrance.passes.door_token()}")
        expect(page.locator("#join .button:enabled")).to_be_visible()
        phone.shoot("outside-offer", whole=True)
        assert fits(page)
        service.agrees = False
        page.click("#outside")
        expect(page.locator(".refusal")).to_contain_text("동의하지 않으셔서")
        phone.shoot("outside-declined")
        service.agrees = True
        page.click("main .button")
        page.click("#outside")
        page.wait_for_url(f"{server.address}/outside/join")
        phone.shoot("outside-consent", whole=True)
        assert fits(page)
        page.check("[value=over]")
        page.check("[name=agree]")
        page.click("#join button.button:enabled")
        expect(page.locator("#qr svg")).to_be_visible()
        (made,) = entrance.passes.passes()
        assert entrance.passes.vouched_by(made.id) == service.issuer
        assert entrance.passes.consent_of(made.id) is not None
        phone.context.close()
        went = {urlsplit(complaint.removeprefix("asks ")).netloc for complaint in phone.complaints if "asks " in complaint}
        assert went == {urlsplit(service.issuer).netloc}
        assert [c for c in phone.complaints if not c.startswith("asks ") and "403" not in c] == []
    service.close()
