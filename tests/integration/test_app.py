"""The program put together: cameras that fail are started anew or told of, and stopping waits for nothing in vain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from ssl import create_default_context
from urllib.request import urlopen

import pytest

from agent.app import App
from agent.capture.raw import RawFrame
from agent.clock import ManualClock, SystemClock
from agent.errors import StoreError
from agent.health import HealthBoard
from agent.incidents.engine import Updated
from agent.incidents.needs import unmet
from agent.incidents.normality import Unusual
from agent.panel import CameraState
from agent.scheduler import examine
from agent.settings import (
    AnchorSettings,
    CameraSettings,
    DataSettings,
    DetectionSettings,
    EntrySettings,
    IncidentSettings,
    PanelSettings,
    Settings,
)
from agent.station import Station
from agent.values import EventKind, FrameStamp, Text, Verdict
from agent.vault import Vault
from agent.vault.checkpoint import read_anchor
from tests.certificate import make_certificate
from tests.command import ansim, until
from tests.mail_server import WebServer, serving
from tests.stored import WHY, hold, incident, keep_clip, keep_segment

RULE_OFF = {
    field.name: replace(getattr(IncidentSettings(), field.name), enabled=False)
    for field in fields(IncidentSettings)
    if hasattr(getattr(IncidentSettings(), field.name), "enabled")
}


def settings(data: Path, *sources: str) -> Settings:
    return Settings(
        data=DataSettings(folder=data, min_free_gb=0.0),
        panel=PanelSettings(enabled=False),
        detection=DetectionSettings(engine="reference"),
        cameras=tuple(CameraSettings(f"cam-{n}", f"cam {n}", source, loop=True) for n, source in enumerate(sources, 1)),
    )


@contextmanager
def started(data: Path, *sources: str) -> Iterator[App]:
    app = App(settings(data, *sources), SystemClock())
    app.start()
    try:
        yield app
    finally:
        app.stop()


def fail_once(station: Station) -> Callable[[], bool]:
    """Its next frame meets a bug; gives whether that has happened."""
    take, failed = station.pipeline.take, []

    def take_or_fail(raw: RawFrame) -> None:
        if not failed:
            failed.append(True)
            raise ValueError("a bug")
        take(raw)

    station.pipeline.take = take_or_fail  # type: ignore[method-assign]
    return lambda: bool(failed)


def test_a_camera_whose_loop_fails_goes_on_after_a_moment(tmp_path: Path) -> None:
    with started(tmp_path / "data", "demo:") as app:
        (station,) = app.stations
        tally = station.pipeline.tally
        until(lambda: tally.taken >= 10)
        before = station.pipeline._stamp
        failed = fail_once(station)
        until(failed)
        taken = tally.taken
        until(lambda: tally.taken >= taken + 20, "the camera never went on")
        after = station.pipeline._stamp
        assert station.health(lambda *_: 8.0).state is CameraState.RUNNING
        assert isinstance(before, FrameStamp)
        assert isinstance(after, FrameStamp)
        assert after.index > before.index
        assert after.source_s > before.source_s
        assert station.worker.failures == 1
        app.vault.flush()
        assert [e.event.kind for e in app.vault.events(100)].count(EventKind.RESTARTED) == 1
        # What was being recorded when it failed was handed over at once, and the vault has it.
        until(lambda: app.vault.segments("cam-1", 0.0, 1e11), "the open segment was not closed")


def test_telling_of_trouble_ends_nothing_when_the_vault_takes_nothing(tmp_path: Path) -> None:
    with started(tmp_path / "data", "demo:") as app:
        (station,) = app.stations

        def refuse(*_: object, **__: object) -> None:
            raise StoreError(ko="저장이 밀려 있습니다.", en="Too much waits to be stored.")

        app.vault.record_event = refuse  # type: ignore[method-assign]
        station.tell(EventKind.CAMERA_BACK, Text(ko="돌아왔습니다.", en="Back."))
        failed = fail_once(station)
        until(failed)
        taken = station.pipeline.tally.taken
        until(lambda: station.pipeline.tally.taken > taken, "the camera never went on")
        del app.vault.record_event


def test_stopping_ends_all_cameras(tmp_path: Path) -> None:
    with started(tmp_path / "data", "demo:1", "demo:2") as app:
        until(lambda: all(s.pipeline.tally.taken for s in app.stations))
    assert not any(s.worker.alive for s in app.stations)


def test_recordings_of_which_none_can_be_opened_are_a_failure(tmp_path: Path) -> None:
    done = ansim(
        "run", "--once", "--engine", "reference", "--data", tmp_path / "data",
        "--source", tmp_path / "a.mp4", "--source", tmp_path / "b.mp4",
    )  # fmt: skip
    assert done.returncode == 3
    assert "Done" not in done.stdout
    assert "a.mp4" in done.stderr
    assert "b.mp4" in done.stderr


def test_a_stop_is_heard_while_the_last_clips_are_being_made(tmp_path: Path) -> None:
    class Busy:
        """A darkroom that never gets done."""

        def drain(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            return False

    app = App(settings(tmp_path / "data", "demo:"), SystemClock(), once=True)
    app._darkroom = Busy()  # type: ignore[assignment]
    asked = iter([False, False, True])
    app.wait(lambda: next(asked))


def test_the_nightly_check_is_given_up_when_the_program_stops(tmp_path: Path) -> None:
    with Vault(tmp_path / "data", SystemClock()) as vault:
        stored = keep_segment(vault)
        vault.path_of(stored).write_bytes(b"not what was stored")
        examine(vault, SystemClock(), lambda: True)
        assert EventKind.STORE_DAMAGED not in [e.event.kind for e in vault.events(100)]
        examine(vault, SystemClock(), lambda: False)
        assert EventKind.STORE_DAMAGED in [e.event.kind for e in vault.events(100)]


def test_a_store_that_is_in_use_is_looked_at_and_not_repaired(tmp_path: Path) -> None:
    with Vault(tmp_path / "data", SystemClock()):
        done = ansim("check", "--data", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "nothing is repaired" in done.stdout


def test_the_owners_word_and_the_tills_sales_reach_the_running_cameras(tmp_path: Path) -> None:
    with started(tmp_path / "data", "demo:") as app:
        (station,) = app.stations
        lookout = station.pipeline._lookout
        app.vault.open_incident(incident())
        app._accuracy.judge(incident().id, Verdict.FALSE, "mina")
        until(lambda: lookout._engine._settings.loitering.seconds > 30.0, "the camera goes on with the old threshold")
        sale, _ = app._payments.take({"reference": "1"})
        assert lookout._facts.payments() == (sale,)
    with started(tmp_path / "data", "demo:") as app:  # and after a restart
        lookout = app.stations[0].pipeline._lookout
        until(lambda: lookout._engine._settings.loitering.seconds > 30.0, "the word is forgotten")


def test_a_running_shop_learns_what_is_usual_and_keeps_it(tmp_path: Path) -> None:
    with started(tmp_path / "data", "demo:") as app:
        usual = app.stations[0]._shared.usual
        assert usual is not None
        until(lambda: usual._ways, "nobody is followed")
        app.vault.open_incident(incident())
        app.stations[0]._note(Updated(incident(tracks=(7,))))
        assert ("till", 7) in usual._incidents
        usual._found(incident().id, Unusual(0.9, (WHY,)))
        until(lambda: app.vault.incident(incident().id).unusual is not None, "the word did not reach the vault")
    assert (tmp_path / "data" / "usual.json").stat().st_mode & 0o777 == 0o600


def test_a_camera_without_zones_says_what_is_not_watched_for(tmp_path: Path) -> None:
    with started(tmp_path / "data", "demo:") as app:
        (camera,) = HealthBoard(app.stations, (), app.engine, SystemClock(), app.settings.incidents).health().cameras
        assert camera.unwatched == unmet(app.settings.incidents, (), keypoints=False) != ()
        off = replace(app.settings.incidents, **{rule: RULE_OFF[rule] for rule in RULE_OFF})
        (camera,) = HealthBoard(app.stations, (), app.engine, SystemClock(), off).health().cameras
        assert camera.unwatched == ()
        entry = EntrySettings(enabled=True)
        (camera,) = HealthBoard(app.stations, (), app.engine, SystemClock(), app.settings.incidents, entry).health().cameras
        assert "entry.gate" in camera.unwatched[-1].en


def test_a_till_that_reports_no_more_is_said_on_the_health_page(tmp_path: Path) -> None:
    with started(tmp_path / "data", "demo:") as app:
        station = app.stations[0]
        board = HealthBoard(app.stations, (), app.engine, SystemClock(), app.settings.incidents)
        sales = station.pipeline._lookout._engine._visits._sales
        usual = board.health().cameras[0].unwatched
        sales._unpaid["계산대"] = 3
        until(lambda: len(board.health().cameras[0].unwatched) > len(usual), "nothing is said of the till")
        assert "'계산대'" in board.health().cameras[0].unwatched[0].ko
        sales._unpaid["계산대"] = 0
        until(lambda: board.health().cameras[0].unwatched == usual, "it is still said")


def test_a_start_clears_exports_that_were_cut_off_or_have_had_their_day(tmp_path: Path) -> None:
    exports = tmp_path / "data" / "exports"
    exports.mkdir(parents=True)
    (exports / "ansim-x-20261122T000000Z.zip.age.partial").write_bytes(b"half")
    (exports / "ansim-x-20251122T000000Z.zip.age").write_bytes(b"old")
    app = App(replace(settings(tmp_path / "data", "demo:"), panel=PanelSettings(port=0)), SystemClock())
    app.start()
    try:
        assert list(exports.iterdir()) == []
    finally:
        app.stop()


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise asks for it
def test_what_is_due_is_done_as_soon_as_the_program_runs(tmp_path: Path) -> None:
    """An anchor goes out, a review is told of, and that the clock is behind the ledger."""
    ahead = SystemClock().utc() + 7200
    with Vault(tmp_path / "data", ManualClock(ahead)) as vault:
        keep_clip(vault)
        vault.preserve(hold(incident().id, ahead + 1e6, review_utc=ahead - 1e4))
    with serving(web := WebServer()):
        wanted = settings(tmp_path / "data", "demo:")
        wanted = replace(wanted, anchors=AnchorSettings(urls=(f"json://127.0.0.1:{web.port}/",)))
        app = App(wanted, SystemClock())
        app.start()
        try:
            kinds = {EventKind.REVIEW_DUE, EventKind.CLOCK_JUMPED}
            until(lambda: bool(web.bodies) and kinds <= {row.event.kind for row in app.vault.events(1000)})
            until(lambda: bool(app.vault.anchors()))
        finally:
            app.stop()
    assert read_anchor(json.loads(web.bodies[0])["message"]).size > 0


def test_with_a_certificate_the_panel_is_served_over_tls_alone(tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path)
    panel = PanelSettings(port=0, certificate=str(chain), private_key=str(key))
    app = App(replace(settings(tmp_path / "data", "demo:"), panel=panel), SystemClock())
    app.start()
    try:
        assert app.owner_link is not None
        assert app.owner_link.startswith("https://127.0.0.1:")
        with urlopen(app.owner_link, context=create_default_context(cafile=str(chain)), timeout=30) as answer:
            assert answer.status == 200
            assert "Strict-Transport-Security" in answer.headers
            assert "Secure" in answer.headers["Set-Cookie"]
    finally:
        app.stop()
