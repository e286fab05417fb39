"""The owner's pages about entry in a real browser: how they look, and each thing that is done there, by thumb and on paper."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect

from agent.entry.code_reader import CodeReader
from agent.entry.holder import Holder
from agent.entry.records import Answer, CrossingKind, Pass, PassKind, Reader
from agent.settings import OpenHours
from tests.web.air import running
from tests.web.doorstep import CUSTOMERS, Doorstep, Phone, open_doorstep
from tests.web.drawn import DAY, NAME, NOW
from tests.web.window import CHROMIUM, DESKTOP, Window, fits, look_name
from web import WebSettings, serve

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")

SMALL = {"width": 360, "height": 740}
LOOKS = [(SMALL, "ko", "light"), (SMALL, "en", "dark"), (DESKTOP, "ko", "dark"), (DESKTOP, "en", "light")]
BY_LOOK = pytest.mark.parametrize("window", LOOKS, indirect=True, ids=look_name)
BY_LANGUAGE = pytest.mark.parametrize("window", LOOKS[:2], indirect=True, ids=look_name)  # where room is scarce
MM = 96 / 25.4  # CSS pixels
LIST = "kind,name,phone,until,pin\nphone,{name},1012345678,,\ncard,,,2026-12-31,4821\nrobot,,,,\nphone,김하늘,010-1234-5678,,\n"


class Street:
    """A shop on a busy evening, its panel on the air."""

    def __init__(self, doorstep: Doorstep, address: str) -> None:
        self.doorstep = doorstep
        self.address = address
        self.session: list[Any] = []
        self.phone: Phone = doorstep.phone(holder=Holder("김하늘", "010-1234-5678"))
        hours = OpenHours(((((540, 1080),),) * 5) + ((), ()))
        book = doorstep.book
        self.staff: Pass = book.issue(PassKind.STAFF, NAME, hours=hours, holder=Holder("이바다"))
        self.card: Pass = book.issue(PassKind.CARD, NAME, until_utc=NOW + 30 * DAY, pin="4821")
        self.visitor: Pass = book.issue(PassKind.VISITOR, NAME)
        book.revoke(book.issue(PassKind.PHONE, NAME).id, NAME)
        book.issue(PassKind.CARD, NAME, from_utc=NOW + 9 * DAY)
        doorstep.come_in(self.phone)
        doorstep.show(self.phone, Reader.KIOSK)
        _, self.followed = doorstep.follow()
        doorstep.cross(CrossingKind.NO_CODE)
        doorstep.cross(CrossingKind.EXIT)
        doorstep.desks.desk.present(book.card_text(self.card.id), Reader.CAMERA, "door", pin="9999")
        doorstep.settle()


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("entry") / "data"
    for doorstep in open_doorstep(folder, settings=WebSettings(sign_in_rate="500 per minute")):
        doorstep.shop.make_owner()
        with running(serve(doorstep.shop.app, "127.0.0.1", 0)) as server:
            yield Street(doorstep, server.address)


@pytest.fixture
def window(browser: Browser, street: Street, request: pytest.FixtureRequest) -> Iterator[Window]:
    """Signed in on a small phone, in Korean, by day, unless a test asks for other."""
    look = getattr(request, "param", (SMALL, "ko", "light"))
    opened = Window(browser, street.address, *look)
    opened.mark = look_name(look)
    opened.enter(street.session)
    yield opened
    opened.context.close()
    assert opened.complaints == []


def pages(street: Street) -> dict[str, str]:
    return {
        "entries": "/entries/",
        "entries-none": "/entries/?show=too_many",
        "passes": "/passes/",
        "passes-over": "/passes/?state=over",
        "pass-new": "/passes/new",
        "pass": f"/passes/{street.phone.held.id}",
        "pass-change": f"/passes/{street.staff.id}/change",
        "pass-card": f"/passes/{street.card.id}",
        "card": f"/passes/{street.card.id}/card",
        "visitor": f"/passes/{street.visitor.id}/code",
        "list": "/passes/list/",
        "door": "/door/",
        "health-entry": "/health/",
        "incident-entry": f"/incidents/{street.followed.id}",
    }


def code_on(place: Locator) -> tuple[str, ...]:
    """What a camera reads of a QR code on the screen, from its pixels."""
    picture = cv2.imdecode(np.frombuffer(place.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return CodeReader().read(np.asarray(picture, np.uint8))


@BY_LOOK
def test_every_page_looks_right_and_fits_the_screen(window: Window, street: Street) -> None:
    for name, path in pages(street).items():
        page = window.go(path)
        assert fits(page), f"{name} is wider than the screen"
        window.shoot(name, whole=True)


def test_every_control_is_large_enough_for_a_thumb(window: Window, street: Street) -> None:
    """A box or circle may be smaller where the sentence beside it can be touched, too."""
    for name, path in pages(street).items():
        page = window.go(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, select, summary, textarea, input:not([type=hidden])')]
              .filter((e) => !e.matches('.skip, svg a') && e.checkVisibility())
              .map((e) => [e.outerHTML.slice(0, 90), (e.matches('[type=radio], [type=checkbox]') ? e.closest('label') : e)
                .getBoundingClientRect()])
              .filter(([, box]) => box.width < 44 || box.height < 44).map(([html]) => html)"""
        )
        assert small == [], name


@pytest.mark.parametrize("window", [({"width": 320, "height": 400}, "en", "light")], indirect=True)
def test_four_times_as_large_still_fits(window: Window, street: Street) -> None:
    """A window of 1280 at 400 % has room for 320 (WCAG 1.4.10); a card keeps the size that it has on paper."""
    for name, path in pages(street).items():
        assert fits(window.go(path)), name


@BY_LANGUAGE
def test_a_pass_is_issued_and_its_invitation_read_by_a_phone(window: Window, street: Street) -> None:
    page = window.go("/passes/")
    page.locator('a[href="/passes/new"]').click()
    page.locator("label", has=page.locator("input[value=staff]")).click()
    page.locator("details summary").click()
    for weekday in (5, 6):
        page.locator("label", has=page.locator(f"input[name=day][value='{weekday}']")).click()
    page.fill("#opens", "09:00")
    page.fill("#closes", "18:00")
    page.fill("#name", "박나무")
    page.locator(".tick").click()
    window.shoot("pass-filled", whole=True)
    page.locator(".last .button").click()
    expect(page.locator("h1")).to_have_text("박나무")
    expect(page.locator(".pairs").first).to_contain_text("09:00–18:00")
    page.locator("form[action$=invite] button").click()
    link = page.locator(".handout .key").inner_text()
    assert link.startswith(f"{CUSTOMERS}/join/")
    assert fits(page)
    window.shoot("invitation", whole=True)
    assert code_on(page.locator(".handout .code svg")) == (link,)
    page.go_back()
    expect(page.locator(".handout")).to_have_count(0)


@BY_LANGUAGE
def test_a_card_has_its_size_on_paper_and_its_code_is_read_from_there(window: Window, street: Street) -> None:
    page = window.go(f"/passes/{street.card.id}")
    page.locator('a[href$="/card"]').click()
    expect(page.get_by_role("button", name="인쇄" if "-ko-" in window.mark else "Print")).to_be_visible()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": round(186 * MM), "height": round(273 * MM)})  # A4 without its margins
    box = page.locator(".paper").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (pytest.approx(85.6 * MM, abs=0.5), pytest.approx(54 * MM, abs=0.5))
    seen = page.evaluate(
        "[...document.querySelectorAll('h1, .top, .tabs, .hint, button')].filter((each) => each.checkVisibility()).length"
    )
    assert seen == 0, "more than the card goes onto the paper"
    said = page.locator(".paper .said")
    assert said.evaluate("e => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth + 1"), "it is cut off"
    window.shoot("card-printed")
    assert code_on(page.locator(".paper")) == (street.doorstep.book.card_text(street.card.id),)


def test_the_print_button_prints(window: Window, street: Street) -> None:
    page = window.go(f"/passes/{street.card.id}/card")
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.locator("[data-print]").click()
    expect(page).to_have_title("printed")


def test_a_pass_is_revoked_with_one_confirmation(window: Window, street: Street) -> None:
    phone = street.doorstep.phone()
    page = window.go(f"/passes/{phone.held.id}")
    sure = page.get_by_role("button", name="지금 정지하기")
    expect(sure).to_be_hidden()
    page.get_by_text("이 출입증 정지").click()
    window.shoot("revoke", whole=True)
    sure.click()
    expect(page.locator(".detail > header .mark")).to_have_text("정지됨")
    assert street.doorstep.show(phone).answer is Answer.REVOKED


@BY_LANGUAGE
def test_a_list_is_looked_at_then_issued(window: Window, street: Street, tmp_path: Path) -> None:
    korean = "-ko-" in window.mark
    file = tmp_path / "list.csv"
    file.write_text(LIST.format(name=f"박{window.mark}"), "utf-8-sig")
    street.doorstep.shop.clock.advance(1)
    before = len(street.doorstep.book.passes())
    page = window.go("/passes/list/")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="먼저 살펴보기" if korean else "Look at it first").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".steps").first).to_contain_text("4째 줄" if korean else "Line 4")
    expect(page.locator("#known")).to_contain_text("5째 줄 김하늘" if korean else "Line 5 김하늘")
    assert fits(page)
    window.shoot("list-seen", whole=True)
    assert len(street.doorstep.book.passes()) == before
    page.locator("form[action$=take] .tick").click()
    page.locator("form[action$=take] button").first.click()
    page.wait_for_url(re.compile("/passes/list/done"))
    assert len(street.doorstep.book.passes()) == before + 2
    assert fits(page)
    window.shoot("list-issued", whole=True)
    with page.expect_download() as download:
        page.locator("form[action$=invitations] button").click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert rows[1][:2] == [f"박{window.mark}", "01012345678"]


def test_the_log_is_narrowed_at_a_touch_and_taken_along_for_a_purpose(window: Window, street: Street) -> None:
    page = window.go("/entries/")
    page.select_option("select[name=show]", "uncoded")
    page.wait_for_url(re.compile("show=uncoded"))
    expect(page.locator(".entries li")).to_have_count(2)
    page.locator("#download summary").click()
    page.fill("#purpose", "도난 확인")
    window.shoot("entries-download", whole=True)
    with page.expect_download() as download:
        page.locator("#download button").click()
    assert download.value.suggested_filename == "ansim-entries-2026-11-21-2026-11-21.csv"
    assert "도난 확인" in {row.purpose for row in street.doorstep.shop.vault.audit()}


@BY_LANGUAGE
def test_from_the_incident_to_the_entry_and_back(window: Window, street: Street) -> None:
    page = window.go(f"/incidents/{street.followed.id}")
    entries = page.locator(".entries")
    expect(entries).to_contain_text(street.phone.held.id[:4])
    entries.locator("time").first.click()
    page.wait_for_url(re.compile("/entries/"))
    line = page.locator(":target")
    expect(line).to_be_in_viewport()
    window.shoot("entry-target")
    page.locator(f'.entries a[href="/incidents/{street.followed.id}"]').first.click()
    page.wait_for_url(f"{street.address}/incidents/{street.followed.id}")


@BY_LANGUAGE
def test_a_screen_is_paired_from_the_page_of_the_door(window: Window, street: Street) -> None:
    page = window.go("/door/")
    page.locator("form[action='/door/screens'] button").click()
    link = page.locator(".handout .key").inner_text()
    assert link.startswith(f"{CUSTOMERS}/kiosk/pair/")
    assert code_on(page.locator(".handout .code svg")) == (link,)
    assert fits(page)
    window.shoot("screen-paired", whole=True)


def test_without_scripts_all_of_it_works(browser: Browser, street: Street) -> None:
    window = Window(browser, street.address, SMALL, "ko", "light", scripts=False)
    page = window.sign_in()
    window.go("/entries/")
    page.select_option("select[name=show]", "uncoded")
    page.locator(".filter button").click()
    expect(page.locator(".entries li")).to_have_count(2)
    window.go(f"/passes/{street.card.id}/card")
    expect(page.locator("[data-print]")).to_be_hidden()
    expect(page.get_by_text("브라우저의 인쇄 기능을 쓰세요")).to_be_visible()
    window.go("/passes/")
    page.fill("input[name=asked]", "이바다")
    page.locator(".search button").click()
    expect(page.locator(".pass")).to_have_count(1)
    page.locator(".pass").click()
    page.get_by_text("이 출입증 정지").click()
    expect(page.get_by_role("button", name="지금 정지하기")).to_be_visible()
    window.context.close()
    assert window.complaints == []
