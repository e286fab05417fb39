"""The picture in the README is the panel as it is: taken by this test, of the drawn demo shop, with ANSIM_UPDATE_PICTURES=1."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Browser

from tests.web import demo_day
from tests.web.air import running
from tests.web.drawn import open_shop
from tests.web.window import CHROMIUM, DESKTOP, PHONE, Window
from web import serve

SHEET = """<!doctype html><style>
body {{ margin: 0; width: 1590px; height: 880px; position: relative; overflow: hidden; }}
body {{ background: linear-gradient(160deg, #d9e8e3, #b9d5cd); }}
img {{ position: absolute; display: block; box-shadow: 0 24px 70px rgb(10 50 45 / 30%); }}
.desktop {{ left: 36px; top: 64px; width: 1200px; border-radius: 14px; }}
.phone {{ right: 40px; top: 90px; width: 340px; border-radius: 34px; border: 9px solid #101615; }}
</style><img class="desktop" src="data:image/png;base64,{desktop}"><img class="phone" src="data:image/png;base64,{phone}">"""


@pytest.fixture
def picture(root: Path) -> Path:
    return root / "docs" / "images" / "panel.png"


@pytest.mark.skipif(os.environ.get("ANSIM_UPDATE_PICTURES") != "1", reason="ANSIM_UPDATE_PICTURES=1 takes the picture anew")
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")
def test_take_it_anew(picture: Path, browser: Browser, tmp_path: Path) -> None:
    for shop in open_shop(tmp_path / "data"):
        shop.make_owner()
        day = demo_day.fill(shop)
        with running(serve(shop.app, "127.0.0.1", 0)) as server:
            _take(picture, browser, server.address, day["staff"].id)


def _take(picture: Path, browser: Browser, address: str, incident: str) -> None:
    shots = {}
    for name, size, path in (("desktop", DESKTOP, "/"), ("phone", PHONE, f"/incidents/{incident}")):
        window = Window(browser, address, size, "ko", "light")
        window.sign_in()
        page = window.go(path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('video').forEach((v) => { v.controls = false; })")
        window.until("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
        shots[name] = base64.b64encode(page.screenshot()).decode()
        window.context.close()
    page = browser.new_page(viewport={"width": 1590, "height": 880})
    page.set_content(SHEET.format(**shots))
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(picture))
    page.close()


def test_it_is_there_and_of_a_size_that_a_reader_can_load(picture: Path) -> None:
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert 50_000 < len(data) < 2_000_000
    height, width = cv2.imread(str(picture)).shape[:2]
    assert 1000 <= width <= 2000
    assert 500 <= height <= 1400
