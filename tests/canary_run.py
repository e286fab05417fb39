"""Runs the real program on a film of canaries, with everything that it could write in view.

Comes in: a film, a person detector, settings. Goes out: a `Run`, with the data folder and all that was written or answered.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from agent.accounts import Accounts
from agent.app import App
from agent.capture.raw import RawFrame
from agent.clock import SystemClock
from agent.detection.engine import Engine
from agent.detection.people import People
from agent.panel import EngineHealth, Health, Panel
from agent.settings import (
    CameraSettings,
    DataSettings,
    DetectionSettings,
    IncidentSettings,
    MaskingSettings,
    OpenHours,
    PanelSettings,
    RecordingSettings,
    Settings,
    Shop,
    StaffOnlySettings,
    Zone,
)
from agent.values import EventKind, FrameNote, MaskStep, Person, Point, Text
from agent.vault import EventRow, IncidentRow, StoredFile
from agent.vault.reading import Reading
from tests.canary import Eyes, frames_of
from tests.canary_film import Film
from web import create_app

CAMERA = "shop"
LATE_S = 0.5
NAME, PASSWORD = "점주", "바람개비 우체통 고구마"
STAFF = Zone("창고", "staff", (Point(0.6, 0.5), Point(1.0, 0.5), Point(1.0, 1.0), Point(0.6, 1.0)))
LINK = re.compile(r'(?:href|src|poster|data-[a-z-]+|action)="(/[^"]*)"')
MOST_DAYS = 8  # there is always a day before
WEB_ENDS = ("/logout", "/login")  # what would end the visit


class Truth:
    """A person detector that knows where everybody is, since it knows the film."""

    name = "truth"

    def __init__(self, film: Film) -> None:
        self._film = film

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        assert raw.look().y.any()
        return tuple(Person(box, 0.9, (), head) for box, head in self._film.truth(raw.stamp.source_s))


@dataclass
class Run:
    """What came of it. folder: everything that the program wrote, data, temporary files, its home and log."""

    folder: Path
    data: Path
    eyes: Eyes
    answers: int = 0
    steps: Counter[MaskStep] = field(default_factory=Counter)

    @contextmanager
    def opened(self) -> Iterator[Reading]:
        """The store, for reading."""
        vault = Reading(self.data, SystemClock())
        try:
            yield vault
        finally:
            vault.close()

    def incidents(self) -> tuple[IncidentRow, ...]:
        with self.opened() as vault:
            return vault.incidents()

    def events(self) -> list[EventKind]:
        return [row.event.kind for row in self.event_rows()]

    def event_rows(self) -> tuple[EventRow, ...]:
        with self.opened() as vault:
            return vault.events()

    def presence(self) -> list[FrameNote]:
        """What the sidecars say of all recorded frames."""
        with self.opened() as vault:
            return [note for stored in vault.segments(None, 0, 1e12) for note in vault.sidecar_of(stored).frames]

    def presence_pictures(self) -> Iterator[tuple[FrameNote, tuple]]:
        with self.opened() as vault:
            for stored in vault.segments(None, 0, 1e12):
                yield from self.pictures(vault, stored)

    @staticmethod
    def pictures(vault: Reading, stored: StoredFile) -> Iterator[tuple[FrameNote, tuple]]:
        """Each stored frame with what its sidecar says of it."""
        yield from zip(vault.sidecar_of(stored).frames, frames_of(vault.path_of(stored).read_bytes()), strict=True)


def settings_for(data: Path, source: Path | str, **recording: float) -> Settings:
    """A shop that is closed now, so that everybody in it is an incident. Pauses are short, as the films are."""
    return Settings(
        shop=Shop(name="카나리아", open_hours=OpenHours(((),) * 7)),
        data=DataSettings(folder=data, min_free_gb=0.0),
        panel=PanelSettings(enabled=False),
        detection=DetectionSettings(engine="reference", models=data / "models"),
        masking=MaskingSettings(late_s=LATE_S),
        recording=replace(RecordingSettings(clip_before_s=2.0, clip_after_s=2.0, segment_s=5.0), **recording),
        incidents=replace(IncidentSettings(quiet_s=2.0, merge_s=3.0), staff_only=StaffOnlySettings(hold_s=1.0)),
        cameras=(CameraSettings(CAMERA, "가게", str(source), zones=(STAFF,)),),
    )


def run_once(folder: Path, settings: Settings, people: People | None = None, eyes: Eyes | None = None) -> Run:
    """Play the film to its end, watching the live picture all the time; then look at everything that there is."""
    run = Run(folder, settings.data.folder, eyes or Eyes())
    with _contained(folder):
        app = App(settings, SystemClock(), once=True)
        if people is not None:
            app.engine = Engine(people, None, ("reference", people.name), ())
        accounts = Accounts(app.vault, SystemClock(), PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
        # Before the film runs, as in `App`: Python 3.11 cannot build routes while another thread logs a traceback.
        panel = _panel(app, accounts)
        app.start()
        try:
            client = _visitor(panel, accounts)
            app.wait(lambda: _glance(run, client))
            assert app.broken is None, app.broken
            crawl(run, lambda path: (answer := client.get(path)).status_code and answer.data)
        finally:
            app.stop()
        run.steps = app.stations[0].pipeline.tally.steps
    run.eyes.folder(folder)
    return run


def crawl(run: Run, get: Callable[[str], bytes]) -> None:
    """Follow every link of the panel from the first page on, and look at each answer."""
    waiting, known = ["/", f"/cameras/{CAMERA}/live.jpg"], set()
    days = 0
    while waiting:
        path = waiting.pop()
        days += "day=" in path
        if path in known or path.startswith(("/static/", *WEB_ENDS)) or ("day=" in path and days > MOST_DAYS):
            continue
        known.add(path)
        body = get(path)
        run.answers += 1
        run.eyes.bytes(body, f"answer to {path}")
        if body[:200].lstrip().lower().startswith(b"<!doctype html"):
            waiting += [link.replace("&amp;", "&") for link in LINK.findall(body.decode())]


def _panel(app: App, accounts: Accounts) -> Flask:
    """The panel of this run (which --once does not serve)."""
    started, engine = SystemClock().utc(), EngineHealth("reference", Text(ko="시험", en="test"))

    def health() -> Health:
        return Health(started, tuple(station.health(lambda _camera, _frames: 8.0) for station in app.stations), engine)

    panel = Panel(app.vault, app._live, health, app.settings.shop, app.settings.data, SystemClock(), accounts)
    return create_app(panel)


def _visitor(panel: Flask, accounts: Accounts) -> FlaskClient:
    """The owner, signed in."""
    client = panel.test_client()
    link = f"/start/{accounts.new_link_token()}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(link).text)
    assert token
    answer = client.post(link, data={"csrf_token": token[1], "name": NAME, "password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 302
    return client


def _glance(run: Run, client: FlaskClient) -> bool:
    for path in (f"/cameras/{CAMERA}/live.jpg", f"/cameras/{CAMERA}/state"):
        answer = client.get(path)
        run.answers += 1
        run.eyes.bytes(answer.data, f"answer to {path} while it ran")
    return False


@contextmanager
def _contained(folder: Path) -> Iterator[None]:
    """Temporary files, caches and the log go below `folder`, too."""
    home, scratch = folder / "home", folder / "tmp"
    for each in (home, scratch):
        each.mkdir(parents=True, exist_ok=True)
    log = logging.FileHandler(folder / "ansim.log", encoding="utf-8")
    root, level = logging.getLogger(), logging.getLogger().level
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("HOME", home), ("XDG_CACHE_HOME", home), ("TMPDIR", scratch)):
            patch.setenv(name, str(value))
        patch.setattr(tempfile, "tempdir", str(scratch))
        root.addHandler(log)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.removeHandler(log)
            root.setLevel(level)
            log.close()
