"""Evidence in a real browser: handed over with a slip that scanners read, one person shown, and stopped from elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect
from pyrage import x25519

from agent.evidence.ceremony import COUNTDOWN_S
from agent.evidence.verify import Opener, verify
from tests.quick_lock import QuickLock
from tests.two_people import PASS, TwoPeople
from tests.web.air import running
from tests.web.drawn import NAME, PASSWORD
from tests.web.evidence_shop import OTHER, OTHER_PASSWORD, EvidenceShop, evidence_shop
from tests.web.window import CHROMIUM, DESKTOP, PHONE, Window, fits, look_name
from web import serve

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")

LOOKS = [(PHONE, "ko", "light"), (DESKTOP, "en", "dark")]
RECEIVER = x25519.Identity.generate()
STANDS_STILL = "[...document.querySelectorAll('.who video')].every(v => v.readyState >= 2)"


@dataclass
class Street:
    """The shop on the air."""

    shop: EvidenceShop
    address: str
    browser: Browser

    def window(self, look: tuple, name: str = NAME, password: str = PASSWORD, *, scripts: bool = True) -> Window:
        """Somebody signed in."""
        opened = Window(self.browser, self.address, *look, scripts=scripts)
        page = opened.go("/login")
        page.fill("#name", name)
        page.fill("#password", password)
        page.click(".fields button")
        page.wait_for_url(self.address + "/")
        return opened


@pytest.fixture(scope="module")
def street(filmed: TwoPeople, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with evidence_shop(filmed.copied(tmp_path_factory.mktemp("street") / "data")) as shop:
        server = serve(shop.app, "127.0.0.1", 0)
        with running(server):
            yield Street(shop, server.address, browser)


def left(window: Window) -> None:
    """Nobody has seen an error but the refusals that the test asked for."""
    window.context.close()
    assert [said for said in window.complaints if "422" not in said] == []


@pytest.mark.parametrize("look", LOOKS, ids=look_name)
def test_from_the_incident_to_the_file_and_the_slip(street: Street, look: tuple, tmp_path: Path) -> None:
    street.shop.clock.advance(5)
    window = street.window(look)
    page = window.go(f"/incidents/{street.shop.incident}")
    assert fits(page)
    window.shoot("evidence-incident", whole=True)
    page.click(f'#evidence a[href$="{street.shop.incident}/export"]')
    expect(page.locator("#recipient")).to_be_hidden()
    page.fill("#purpose", "절도 신고")
    page.fill("#receiver", "마포경찰서")
    page.select_option("#basis", "purpose")
    page.check('input[name="lock"][value="recipient"]')
    page.fill("#recipient", str(RECEIVER.to_public()))
    expect(page.locator("#passphrase")).to_be_hidden()
    assert fits(page)
    window.shoot("evidence-export", whole=True)
    page.click("form .last button")
    page.wait_for_url("**/exports/*")
    page.wait_for_selector(".slip svg")  # the page loads itself anew when the job is done
    assert fits(page)
    window.shoot("evidence-made", whole=True)

    with page.expect_download() as fetched:
        page.click(".next a.button")
    bag = tmp_path / fetched.value.suggested_filename
    fetched.value.save_as(bag)
    picture = cv2.imdecode(np.frombuffer(page.locator(".slip .code").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    (code,) = zxingcpp.read_barcodes(picture)
    found = verify(bag, code.text, Opener(identities=(str(RECEIVER),)))
    assert found.verdict == "unchanged", found

    page.emulate_media(media="print")
    expect(page.locator(".slip")).to_be_visible()
    for hidden in (".top", ".next", ".counted", ".slip details"):
        expect(page.locator(hidden).first).to_be_hidden()
    window.shoot("evidence-slip")
    left(window)


@pytest.mark.parametrize("look", LOOKS, ids=look_name)
def test_one_of_two_people_is_shown_step_by_step(street: Street, look: tuple) -> None:
    shop = street.shop
    window = street.window(look)
    page = window.go(f"/incidents/{shop.incident}/reveal")
    assert fits(page)
    window.shoot("reveal-ground", whole=True)
    page.click('a[href$="basis=viewing"]')
    page.wait_for_selector(".who video")
    window.until(STANDS_STILL)
    assert fits(page)
    window.shoot("reveal-people", whole=True)
    page.check(f'input[name="person"][value="{shop.filmed.left}"]')
    page.select_option("#approver", OTHER)
    page.click("form .last button")
    page.wait_for_selector("#password")
    window.until(STANDS_STILL)
    window.shoot("reveal-asked", whole=True)
    page.fill("#password", OTHER_PASSWORD)
    page.click("form.card button")
    expect(page.locator(".countdown")).to_have_text(f"{COUNTDOWN_S:.0f}")
    shop.clock.advance(COUNTDOWN_S - 8)
    expect(page.locator(".countdown")).to_have_text("8")  # by itself
    assert fits(page)
    window.shoot("reveal-counting", whole=True)
    shop.clock.advance(8)
    page.wait_for_selector("#owner")  # the page loads itself anew
    expect(page.locator("#passphrase")).to_be_hidden()  # to a viewing request the clip is shown, not handed over
    page.fill("#owner", PASS + "?")
    page.click(".fields > button")
    expect(page.locator(".refusal")).to_contain_text("4")
    assert fits(page)
    window.shoot("reveal-wrong", whole=True)
    page.fill("#owner", PASS)
    page.click(".fields > button")
    page.click('.next a[href$="/watch"]')
    page.wait_for_selector("video")
    page.evaluate("document.querySelector('video').play()")
    window.until("document.querySelector('video').currentTime > 2")
    page.evaluate("document.querySelector('video').pause()")
    assert fits(page)
    window.shoot("reveal-watch", whole=True)
    page.click("form .button.second")
    page.wait_for_url("**/reveal/*")
    expect(page.locator('a[href$="/watch"]')).to_have_count(0)
    assert shop.steps()[-5:] == ["asked", "approved", "wrong passphrase", "opened", "rendered"]
    window.go("/handed-over")
    assert fits(page)
    window.shoot("register", whole=True)
    window.go("/evidence/")
    assert fits(page)
    window.shoot("evidence-hub", whole=True)
    left(window)


def asked(street: Street) -> tuple[Window, Window, Page]:
    """My window with a ceremony that counts down, that of somebody else, and my page."""
    mine, theirs = street.window(LOOKS[0]), street.window(LOOKS[1], OTHER, OTHER_PASSWORD)
    page = mine.go(f"/incidents/{street.shop.incident}/reveal?basis=viewing")
    page.check(f'input[name="person"][value="{street.shop.filmed.right}"]')
    page.click("form .last button")
    page.wait_for_selector(".countdown")
    return mine, theirs, page


def test_anybody_stops_it_from_their_own_screen(street: Street) -> None:
    mine, theirs, page = asked(street)
    other = theirs.go("/evidence/")
    other.click(".said a")
    other.click(".button.bad")
    expect(other.locator("h1")).to_have_text("It was stopped")
    expect(page.locator("h1")).to_have_text("멈췄습니다")  # without a touch
    assert street.shop.steps()[-2:] == ["asked", "stopped"]
    left(mine)
    left(theirs)


def test_a_refused_form_is_not_sent_again_when_its_page_moves_on(street: Street) -> None:
    mine, theirs, page = asked(street)
    ceremony = page.url
    street.shop.clock.advance(COUNTDOWN_S)
    page.fill("#owner", "틀린 암호 문구를 적었습니다")
    page.check('input[value="watch"]')
    page.click(".fields > button")
    page.wait_for_url(ceremony + "/open")
    expect(page.locator(".refusal")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    theirs.go(ceremony.removeprefix(street.address)).click(".button.bad")
    expect(page.locator("h1")).to_have_text("멈췄습니다")
    assert page.url == ceremony
    assert "POST" not in sent
    left(mine)
    left(theirs)


def test_a_second_tap_does_not_cost_the_recovery_sheet(street: Street) -> None:
    keys, at_work, go_on = street.shop.vault.owner_keys, threading.Event(), threading.Event()

    class Patient(QuickLock):
        def unlock(self, locked: bytes, passphrase: str) -> bytes:
            at_work.set()
            assert go_on.wait(60.0)
            return super().unlock(locked, passphrase)

    window = street.window(LOOKS[0])
    page = window.go("/keys/renew")
    page.fill("#passphrase", PASS)
    place = page.locator(".fields > button").bounding_box()
    assert place is not None
    known = keys.recipients()
    keys._lock = Patient()
    try:
        for _ in range(2):  # an impatient thumb
            page.mouse.click(place["x"] + 20, place["y"] + 10)
            assert at_work.wait(60.0)
        go_on.set()
        expect(page.locator(".wordlist li")).to_have_count(24)
    finally:
        go_on.set()
        keys._lock = QuickLock()
    assert len(keys.recipients()) == len(known) + 1
    left(window)


def test_without_scripts_it_works_too(street: Street) -> None:
    street.shop.clock.advance(5)
    window = street.window(LOOKS[0], scripts=False)
    page = window.go(f"/incidents/{street.shop.incident}/export")
    page.fill("#purpose", "매장에서 보관")
    page.check('input[value="recipient"]')
    page.fill("#recipient", str(RECEIVER.to_public()))
    page.click("form .last button")
    page.wait_for_url("**/exports/*")
    assert street.shop.desk().drain(60.0)
    page.reload()
    expect(page.locator(".slip svg")).to_be_visible()
    window.go(f"/incidents/{street.shop.incident}/reveal?basis=viewing")
    page.check(f'input[name="person"][value="{street.shop.filmed.left}"]')
    page.click("form .last button")
    street.shop.clock.advance(COUNTDOWN_S)
    page.click("noscript a")
    page.fill("#owner", PASS)
    page.click(".fields > button")
    assert street.shop.desk().drain(60.0)
    page.reload()
    expect(page.locator('a[href$="/watch"]')).to_be_visible()
    left(window)
