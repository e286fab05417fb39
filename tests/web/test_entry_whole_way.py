"""Entry by QR, the whole way: a phone signs up, its code is held before a camera, the door is told to open, the log has it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from agent.app import App
from agent.clock import SystemClock
from agent.entry.records import Answer, PassKind, Reader
from agent.settings import (
    CameraSettings,
    DataSettings,
    DetectionSettings,
    DoorSettings,
    EntrySettings,
    KioskSettings,
    PanelSettings,
    Settings,
)
from tests.web.entry_camera import FPS, EntryCamera, NetworkDoor, network_door, on_the_air
from tests.web.test_entrance_browser import LISTENING, SMALL_PHONE, TABLET, sign_up
from tests.web.window import CHROMIUM, Window

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (scripts/setup does it)")

OWNER, ADDRESS = "점주", "127.0.0.1"
PATIENCE_S = 60.0
SOON_S = 1.0  # from the code before the camera to the entry on the log, where nothing else is going on
OUT_OF_VIEW = 5 * FPS  # pictures: longer than a code may be out of view and still count as the same sight of it


@dataclass
class Street:
    """A running agent with a camera and a door at its entrance."""

    app: App
    camera: EntryCamera
    door: NetworkDoor
    address: str


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with ExitStack() as open_things:
        camera, film = open_things.enter_context(on_the_air())
        door, url = open_things.enter_context(network_door())
        opener = DoorSettings(opener="webhook", url=url, secret="between the two")
        settings = Settings(
            data=DataSettings(folder=tmp_path / "data", min_free_gb=0.0),
            panel=PanelSettings(enabled=False),
            detection=DetectionSettings(engine="reference"),
            cameras=(CameraSettings("door", "출입문", film),),
            entry=EntrySettings(enabled=True, reader="door", door=opener, kiosk=KioskSettings(port=0)),
        )
        app = App(settings, SystemClock())
        app.start()
        open_things.callback(app.stop)
        camera.wait(FPS)
        assert app.entrance_address is not None
        yield Street(app, camera, door, app.entrance_address)


def waiting_for_a_processor() -> float:
    """How many processes share each processor now, at least 1: other tests run beside this one."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_from_the_link_to_the_open_door_and_the_second_use_refused_aloud(browser: Browser, street: Street) -> None:
    entrance = street.app.entrance
    assert entrance is not None
    tablet = Window(browser, street.address, TABLET, "ko", "light")
    tablet.page.add_init_script(LISTENING)
    tablet.go(f"/kiosk/pair/{entrance.pair_screen(OWNER, ADDRESS)}").click(".fields button")
    expect(tablet.page.locator("h1:visible")).to_have_text("QR 코드를 보여 주세요")

    invited = entrance.passes.issue(PassKind.PHONE, OWNER)
    phone = Window(browser, street.address, SMALL_PHONE, "ko", "light")
    page = sign_up(phone, f"/join/{entrance.passes.invite(invited.id, OWNER)}")
    shown = page.screenshot()

    began = time.time()
    street.camera.hold(shown)
    opened_utc, entry_id, signature = street.door.told.get(timeout=PATIENCE_S)
    (entry,) = entrance.entries(began - 1, time.time() + 1)
    logged_utc = time.time()
    assert (entry.id, entry.pass_id, entry.answer) == (entry_id, invited.id, Answer.ADMITTED)
    assert (entry.reader, entry.camera) == (Reader.CAMERA, "door")
    assert signature.startswith("t=")
    assert entry.utc <= opened_utc, "written down before the door is told"
    assert logged_utc - began < SOON_S * waiting_for_a_processor(), (
        f"{entry.utc - began:.2f} s until it was read, {logged_utc - began:.2f} s until it was logged"
    )
    expect(tablet.page.locator("#result")).to_have_text("환영합니다. 들어오세요.")
    tablet.shoot("whole-way-welcome")

    street.camera.take_away()
    street.camera.wait(OUT_OF_VIEW)
    street.camera.hold(shown)
    expect(tablet.page.locator("body")).to_have_attribute("data-result", "no")
    refusal = tablet.page.locator("#result").inner_text()
    assert "이미 사용한 코드입니다" in refusal
    assert tablet.page.evaluate("window.spoken.at(-1)")[:2] == ["ko-KR", refusal]
    answers = [entry.answer for entry in entrance.entries(began - 1, time.time() + 1)]
    assert answers == [Answer.USED, Answer.ADMITTED]
    assert street.door.told.empty(), "the door was told once"
    phone.context.close()
    tablet.context.close()
    assert phone.complaints == tablet.complaints == []
