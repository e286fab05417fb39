"""The owner's word in a real browser: judging an alarm with a thumb, seeing what follows, connecting a till."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from agent.values import Verdict
from tests.web.conftest import Town
from tests.web.window import CHROMIUM, DESKTOP, PHONE, Window, fits, look_name

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")

LOOKS = [(PHONE, "ko", "light"), (DESKTOP, "en", "dark")]


def said(town: Town, incident_id: str) -> Verdict | None:
    row = town.shop.vault.incident(incident_id)
    assert row is not None
    return row.judgement.verdict if row.judgement else None


@pytest.mark.parametrize("window", LOOKS, indirect=True, ids=look_name)
def test_an_alarm_is_judged_with_one_touch_while_the_clip_plays_on(window: Window, town: Town) -> None:
    it = town.day["loitering"]
    real, false, undo = (
        ("실제 상황이었습니다", "잘못된 알림입니다", "판정 취소")
        if "ko" in window.mark
        else ("It was real", "False alarm", "Take it back")
    )
    page = window.go(f"/incidents/{it.id}")
    page.evaluate("window.untouched = true")
    window.shoot("verdict-asked", whole=True)
    page.get_by_role("button", name=false).click()
    expect(page.get_by_role("button", name=false, pressed=True)).to_be_focused()
    assert said(town, it.id) is Verdict.FALSE
    page.get_by_role("button", name=real).click()
    expect(page.get_by_role("button", name=real, pressed=True)).to_be_visible()
    assert said(town, it.id) is Verdict.REAL
    assert page.evaluate("window.untouched"), "the page was loaded anew, and the clip with it"
    assert fits(page)
    window.shoot("verdict-said", whole=True)
    window.go("/")
    window.until("[...document.images].every(i => i.loading === 'lazy' || (i.complete && i.naturalWidth > 0))")
    expect(page.locator(f'[data-incident="{it.id}"] .mark.good')).to_be_visible()
    window.shoot("incidents-judged", whole=True)
    window.go(f"/incidents/{it.id}")
    page.get_by_role("button", name=undo).click()
    expect(page.get_by_role("button", name=undo)).to_have_count(0)
    assert said(town, it.id) is None


def test_without_scripts_the_page_comes_back_with_the_word(town: Town, browser) -> None:
    it = town.day["covered"]
    window = Window(browser, town.address, PHONE, "ko", "light", scripts=False)
    window.sign_in()
    page = window.go(f"/incidents/{it.id}")
    page.get_by_role("button", name="잘못된 알림입니다").click()
    page.wait_for_url(f"{town.address}/incidents/{it.id}#verdict")
    expect(page.locator(".choice[aria-pressed=true]")).to_have_text("잘못된 알림입니다")
    page.get_by_role("button", name="판정 취소").click()
    expect(page.locator(".choice[aria-pressed=true]")).to_have_count(0)
    window.context.close()
    assert window.complaints == []


@pytest.mark.parametrize("window", LOOKS, indirect=True, ids=look_name)
def test_false_alarms_show_in_the_accuracy_and_can_be_put_back(window: Window, town: Town) -> None:
    judged = [row.id for row in town.shop.vault.incidents(100, rule="loitering")] + [town.day["staff"].id]
    for incident_id in judged:
        town.shop.panel.judge(incident_id, Verdict.FALSE, "점주", "")
    page = window.go("/health/")
    page.locator('.ways a[href="/accuracy/"]').click()
    page.wait_for_url(f"{town.address}/accuracy/")
    assert fits(page)
    window.shoot("accuracy-moved", whole=True)
    reset = page.locator("form", has=page.locator('input[value="loitering"]')).get_by_role("button")
    reset.click()
    expect(reset).to_have_count(0)
    assert town.shop.panel.accuracy.settings.loitering.seconds == 30.0
    for incident_id in judged:
        town.shop.panel.judge(incident_id, None, "점주", "")


@pytest.mark.parametrize("window", LOOKS, indirect=True, ids=look_name)
def test_a_till_is_connected_from_the_key_to_the_first_sale(window: Window, town: Town) -> None:
    page = window.go("/health/")
    page.locator('.ways a[href="/till/"]').click()
    page.wait_for_url(f"{town.address}/till/")
    page.locator("form[action='/till/key'] button").click()
    key = page.locator(".key code").inner_text()
    assert fits(page)
    window.shoot("till-key", whole=True)
    sample = page.locator(".sample").inner_text()
    assert key in sample
    assert f"{town.address}/api/payments" in sample
    body = json.dumps({"reference": f"A-{window.mark}"}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{town.address}/api/payments", body, headers)) as answer:
        assert answer.status == 201
    window.go("/till/")
    expect(page.locator("h1")).to_have_text("계산대가 연결되어 있습니다" if "ko" in window.mark else "The till is connected")
    assert key not in page.content()
    window.shoot("till-connected", whole=True)
    page.locator("form[action='/till/key/revoke'] button").click()
    expect(page.locator("h1")).to_have_text("연결된 계산대가 없습니다" if "ko" in window.mark else "No till is connected")
