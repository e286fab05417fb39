"""The program with entry by QR: the customers' pages on a port of their own, the door held, the desk in the panel."""

from __future__ import annotations

import json
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.app import App
from agent.clock import SystemClock
from agent.entry.holder import NOTICE, Consent
from agent.entry.records import PassKind, Reader
from agent.entry.token import make_code, step_of
from agent.entry_settings import DoorSettings, EntrySettings, KioskSettings, OutsideSettings
from agent.errors import ConfigError
from agent.settings import CameraSettings, DataSettings, DetectionSettings, PanelSettings, Settings
from agent.workers import Worker


class Controller(BaseHTTPRequestHandler):
    """A door's controller in the shop's network."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.entries.append(json.loads(body)["entry"])  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def controller() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Controller)
    server.entries = []  # type: ignore[attr-defined]
    worker = Worker("controller", lambda *_: server.serve_forever(0.05), SystemClock())
    worker.start()
    yield server
    server.shutdown()
    server.server_close()
    assert worker.join(60)


@pytest.fixture
def app(tmp_path: Path, controller: ThreadingHTTPServer) -> Iterator[App]:
    entry = EntrySettings(
        enabled=True,
        reader="door",
        door=DoorSettings(opener="webhook", url=f"http://127.0.0.1:{controller.server_port}/open"),
        kiosk=KioskSettings(port=0),
    )
    settings = Settings(
        data=DataSettings(folder=tmp_path / "data", min_free_gb=0.0),
        panel=PanelSettings(port=0),
        detection=DetectionSettings(engine="reference"),
        entry=entry,
        cameras=(CameraSettings("door", "door", "demo:", loop=True),),
    )
    app = App(settings, SystemClock())
    app.start()
    yield app
    app.stop()


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_customers_get_their_pages_and_nothing_of_the_panel(app: App) -> None:
    assert app.entrance_address is not None
    assert app.address is not None
    assert app.entrance_address != app.address
    assert status(f"{app.entrance_address}/") == 200
    for path in ("/sign-in", "/incidents", "/cameras", "/passes", "/entries", "/health", "/start/x"):
        assert status(app.entrance_address + path) == 404


def test_a_phones_code_opens_the_real_door_and_is_in_the_log_at_once(app: App, controller: ThreadingHTTPServer) -> None:
    assert app.entrance is not None
    book, desk = app.entrance.passes, app.entrance.desk
    clock = SystemClock()
    issued = book.issue(PassKind.PHONE, "mina")
    enrolment = book.enrol(book.invite(issued.id, "mina"), Consent(NOTICE, clock.utc()))
    code = make_code(enrolment.secret, PassKind.PHONE, issued.id, step_of(clock.utc()))
    reply = desk.present(code, Reader.SCANNER)
    assert reply.is_welcome
    assert reply.opened
    assert controller.entries == [reply.entry]  # type: ignore[attr-defined]
    assert [entry.id for entry in app.entrance.entries(0, clock.utc() + 1)] == [reply.entry]
    assert not desk.present(code, Reader.KIOSK).is_welcome
    assert len(controller.entries) == 1  # type: ignore[attr-defined]


def test_stopping_ends_the_readers_and_the_customers_pages(app: App) -> None:
    address = app.entrance_address
    app.stop()
    with pytest.raises(urllib.error.URLError):
        status(f"{address}/")
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("entry")]


def test_an_outside_service_that_cannot_be_used_is_said_at_the_start_and_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "authlib.integrations.requests_client", None)  # as if the extra were not installed
    outside = OutsideSettings("https://login.example.kr", "shop-1", "secret")
    settings = Settings(
        data=DataSettings(folder=tmp_path / "data", min_free_gb=0.0),
        panel=PanelSettings(port=0),
        detection=DetectionSettings(engine="reference"),
        entry=EntrySettings(enabled=True, self_sign_up=True, kiosk=KioskSettings(port=0), outside=outside),
        cameras=(CameraSettings("door", "door", "demo:", loop=True),),
    )
    with pytest.raises(ConfigError, match=r'pip install "ansim\[oidc\]"'):
        App(settings, SystemClock()).start()
    assert not [thread.name for thread in threading.enumerate() if thread.name in ("panel", "entrance", "scheduler")]
