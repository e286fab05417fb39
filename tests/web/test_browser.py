"""The panel in a real browser, over a real server: what a person sees and can do. Pictures go to $ANSIM_SHOTS if it is set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from agent.panel import CameraState
from agent.values import MaskStep
from tests.web import demo_day
from tests.web.air import running
from tests.web.conftest import Town
from tests.web.drawn import NAME, PASSWORD, open_shop
from tests.web.window import CHROMIUM, DESKTOP, PHONE, Window, fits, look_name
from web import serve

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")


LOOKS = [
    (PHONE, "ko", "light"), (PHONE, "ko", "dark"), (PHONE, "en", "light"), (DESKTOP, "ko", "light"), (DESKTOP, "en", "dark"),
]  # fmt: skip


@pytest.mark.parametrize("window", LOOKS, indirect=True, ids=look_name)
def test_every_page_looks_right_and_fits_the_screen(window: Window, town: Town) -> None:
    staff, lost, pending = (town.day[name] for name in ("staff", "lost", "pending"))
    for name, path in (
        ("incidents", "/"), ("incident", f"/incidents/{staff.id}"), ("incident-lost", f"/incidents/{lost.id}"),
        ("incident-pending", f"/incidents/{pending.id}"), ("cameras", "/cameras/"), ("camera", "/cameras/door"),
        ("recordings", "/recordings/?camera=door"), ("health", "/health/"),
        ("zones", "/health/zones"), ("accuracy", "/accuracy/"), ("till", "/till/"),
    ):  # fmt: skip
        page = window.go(path)
        window.until("[...document.images].every(i => i.loading === 'lazy' || (i.complete && i.naturalWidth > 0))")
        if name == "incident":
            window.until("document.querySelector('video').readyState >= 1")
        assert fits(page), f"{name} is wider than the screen"
        window.shoot(name, whole=True)


def test_the_clip_plays_and_can_be_sought_in(window: Window, town: Town) -> None:
    page = window.go(f"/incidents/{town.day['staff'].id}")
    video = page.locator("video")
    window.until("document.querySelector('video').readyState >= 1")
    assert abs(video.evaluate("v => v.duration") - 8) < 0.6
    assert video.evaluate("v => v.seekable.length && v.seekable.end(0)") > 7
    video.evaluate("v => { v.muted = true; v.currentTime = 6; return v.play(); }")
    window.until("document.querySelector('video').currentTime > 6.2")
    assert video.evaluate("v => v.videoWidth") == 960


def test_a_recording_plays_on_from_piece_to_piece(window: Window, town: Town) -> None:
    page = window.go("/recordings/?camera=door")
    longest = page.locator(".visits a", has_text="16초").first
    longest.click()
    expect(page.locator(".pieces a")).to_have_count(4)
    page.locator(".pieces a").nth(1).click()
    second = page.locator(".pieces a").nth(1).get_attribute("data-video")
    window.until("document.querySelector('video').readyState >= 1")
    assert page.locator("video").evaluate("v => v.currentSrc").endswith(second)
    page.locator("video").evaluate("v => { v.muted = true; v.currentTime = v.duration - 0.2; return v.play(); }")
    expect(page.locator(".pieces a[aria-current]")).to_have_text(page.locator(".pieces a").nth(2).inner_text())
    window.shoot("recording")


def test_the_live_picture_moves_and_stops_asking_when_the_page_is_hidden(window: Window, town: Town) -> None:
    page = window.go("/cameras/door")
    address = page.locator(".live img").get_attribute("data-live")
    before = town.shop.live.encoded
    for index in range(4):
        demo_day.live_frame(town.shop, "door", 30.0 + index)
        with page.expect_response(lambda answer: address in answer.url and answer.ok):
            pass
    window.until("/live=[1-9]/.test(document.querySelector('.live img').src)")
    assert town.shop.live.encoded > before
    page.evaluate(
        "Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(1500)  # what was under way ends
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []
    demo_day.live_frame(town.shop, "door", 24.0)


def test_the_state_of_a_camera_changes_under_the_eyes(window: Window, town: Town) -> None:
    page = window.go("/cameras/till")
    expect(page.locator(".now")).to_have_text("정상")
    town.shop.camera("till", step=MaskStep.BLIND, masked_share=1.0)
    try:
        expect(page.locator(".now")).to_have_text("화면 전체 모자이크")
        expect(page.locator(".columns")).to_contain_text("화면의 100%")
    finally:
        town.shop.camera("till", step=MaskStep.NORMAL, masked_share=0.0)


def test_a_lost_camera_is_an_alarm_that_leads_to_what_can_be_done(window: Window, town: Town) -> None:
    town.shop.camera("door", state=CameraState.LOST)
    try:
        page = window.go("/")
        window.shoot("incidents-alarm")
        page.locator(".alarm").click()
        expect(page.locator("h1")).to_have_text("'매장 안' 카메라가 응답하지 않습니다.")
        expect(page.locator("main")).to_contain_text("전원과 랜선을 확인해 주세요")
        window.shoot("health-alarm")
    finally:
        town.shop.camera("door", state=CameraState.RUNNING)


def test_a_clip_that_gets_ready_appears_by_itself(window: Window, town: Town) -> None:
    incident = town.shop.incident("staff_only", "door", 30.0, "직원 전용 구역에 들어갔습니다", "Entered the staff area")
    page = window.go(f"/incidents/{incident.id}")
    expect(page.locator(".stand-in")).to_contain_text("클립을 만드는 중")
    town.shop.clip(incident, demo_day.demo_picture(1), from_s=47.0, seconds=2.0)
    expect(page.locator("video")).to_be_visible()
    expect(page.locator(".stand-in")).to_have_count(0)


def test_the_filter_works_at_a_touch(window: Window, town: Town) -> None:
    page = window.go("/")
    page.select_option("select[name=rule]", "camera")
    page.wait_for_url(re.compile("rule=camera"))
    expect(page.locator(".incident")).to_have_count(1)


def test_every_control_is_large_enough_for_a_thumb(window: Window, town: Town) -> None:
    for path in (
        "/", f"/incidents/{town.day['staff'].id}", "/cameras/", "/cameras/door", "/recordings/?camera=door",
        "/accuracy/", "/till/", "/health/zones",
    ):  # fmt: skip
        page = window.go(path)
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, select, summary, input:not([type=hidden])')]
              .filter((e) => !e.matches('.skip, svg a') && e.checkVisibility())
              .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
              .filter(([, box]) => box.width < 44 || box.height < 44).map(([html]) => html)"""
        )
        assert small == [], path


@pytest.mark.parametrize("window", [({"width": 640, "height": 400}, "ko", "light")], indirect=True)
def test_twice_as_large_still_fits(window: Window, town: Town) -> None:
    """A window of 1280 x 800 at 200 % has room for 640 x 400; at 320 wide even 400 % does (WCAG 1.4.10)."""
    for width in (640, 320):
        window.page.set_viewport_size({"width": width, "height": 400})
        for path in (
            "/",
            f"/incidents/{town.day['lost'].id}",
            "/cameras/door",
            "/recordings/?camera=door",
            "/health/",
            "/accuracy/",
            "/till/",
        ):
            assert fits(window.go(path)), path


def test_the_keyboard_finds_the_content_first_and_focus_is_seen(window: Window, town: Town) -> None:
    page = window.go("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    assert (
        page.locator(".skip").evaluate("e => e.getBoundingClientRect().top >= 0 && getComputedStyle(e).outlineWidth") == "3px"
    )
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_without_scripts_everything_but_live_refresh_works(browser: Browser, town: Town) -> None:
    window = Window(browser, town.address, PHONE, "ko", "light", scripts=False)
    page = window.sign_in()
    page.select_option("select[name=rule]", "loitering")
    page.click(".filter button")
    expect(page.locator(".incident").first).to_be_visible()
    page.locator(".incident", has_text="38초").click()
    expect(page.locator("video")).to_be_visible()
    page.locator("summary").click()
    expect(page.locator(".hash")).to_be_visible()
    window.go("/cameras/door")
    expect(page.locator(".live img")).to_be_visible()
    expect(page.get_by_text("새 화면 불러오기")).to_be_visible()
    window.go("/recordings/?camera=door").locator(".visits a", has_text="16초").first.click()
    page.locator(".pieces a").nth(2).click()
    expect(page.locator(".pieces a").nth(2)).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="로그아웃").click()
    expect(page.locator("h1")).to_have_text("로그인")
    window.context.close()
    assert window.complaints == []


@pytest.mark.parametrize(("language", "scheme"), [("ko", "light"), ("en", "dark")])
def test_the_first_start_from_the_owner_link_to_the_empty_list(
    browser: Browser, tmp_path: Path, language: str, scheme: str
) -> None:
    for shop in open_shop(tmp_path / "data", language=language):
        with running(serve(shop.app, "127.0.0.1", 0)) as server:
            window = Window(browser, server.address, PHONE, language, scheme)
            window.go("/")
            window.shoot("welcome")
            page = window.go(f"/start/{shop.panel.accounts.new_link_token()}")
            window.shoot("start")
            for field, value in (("#name", NAME), ("#password", PASSWORD), ("#again", PASSWORD)):
                page.fill(field, value)
            page.click(".fields button")
            expect(page.locator(".nothing")).to_be_visible()
            window.shoot("incidents-none")
            shop.clock.advance(31 * 60)
            page.reload()
            expect(page.locator("#password")).to_be_visible()
            window.shoot("login")
            window.go("/static/nothing.css")
            window.shoot("not-found")
            window.context.close()
        assert [c for c in window.complaints if "404" not in c] == []
