"""Puts the program together: settings -> objects -> threads, and stops them in the reverse order.

Comes in: checked settings. Goes out: a running `App`. Nothing is decided here but what is connected to what.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from agent.accuracy import Accuracy
from agent.anchors import AnchorPost
from agent.capture.demo import demo_zones
from agent.clock import Clock
from agent.clock_watch import ClockWatch, newest_time
from agent.concealment_file import read_concealment
from agent.darkroom import Darkroom
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import Engine, choose_engine
from agent.entrance import EntranceDesk
from agent.entrance_panel import EntrancePanel
from agent.entry.doors import make_door
from agent.entry.keyboard import KeyboardScanner
from agent.entry.records import Crossing, Reader
from agent.entry.scanner import CameraScanner
from agent.errors import AnsimError, SourceError, StoreError
from agent.evidence_desk import EvidenceDesk
from agent.health import HealthBoard
from agent.identity import make_identity
from agent.incidents.normality import Unusual
from agent.lookout import Facts
from agent.panel import Desks, EntryDesks, Panel
from agent.passes import PassBook
from agent.payments import PaymentDesk
from agent.preservation import PreservationDesk
from agent.recording.live import LiveView
from agent.recording.presence import STORE_WAIT_S
from agent.scheduler import make_scheduler
from agent.settings import CameraSettings, Settings
from agent.station import Shared, Station
from agent.usual import ShopUsual
from agent.values import Event, EventKind, Text
from agent.vault import Vault
from agent.vault.report import CheckReport, Progress, silent
from agent.vault.retention import sweep
from agent.workers import Heartbeat, Stop, Worker

if TYPE_CHECKING:
    from web.server import Server

log = logging.getLogger(__name__)

DEMO = CameraSettings(id="demo", name="데모 가게 / Demo shop", source="demo:", zones=demo_zones(), loop=True)
STALLED_S = 60.0  # a camera's loop that showed no life for so long is reported
STOP_S = 10.0  # how long a loop may take to notice that it is to stop
CLIPS_AT_STOP_S = 20.0  # how long stopping waits for clips that are being made


class App:
    """Holding one means: the agent is put together; `start` sets it going, `stop` ends it with nothing lost.

    once: recordings are played to their end as fast as possible, then `wait` returns.
    """

    def __init__(self, settings: Settings, clock: Clock, *, once: bool = False) -> None:
        self.settings = settings
        self.engine: Engine = choose_engine(settings.detection)
        self.address: str | None = None
        self.owner_link: str | None = None
        self.entrance: EntryDesks | None = None
        self.entrance_address: str | None = None
        self.stations: list[Station] = []
        self._unopened: list[CameraSettings] = []
        self._refused: list[SourceError] = []
        self._clock = clock
        self._once = once
        self._running = ExitStack()
        self._stopping = threading.Event()
        self.vault = Vault(settings.data.folder, clock)
        self._live = LiveView()
        self._scanner: CameraScanner | None = None
        self._evidence = EvidenceDesk(self.vault, settings, clock)

    def start(self, progress: Progress = silent) -> CheckReport:
        """Open the store (finishing what was cut short), then the panel, then the cameras.

        Raises AnsimError; then nothing runs.
        """
        try:
            return self._start(progress)
        except BaseException:
            self._running.close()
            raise

    def wait(self, stop_asked: Callable[[], bool] = lambda: False) -> None:
        """Until all recordings have been played and their clips made (once), or until `stop_asked`."""
        while not self._stopping.wait(0.2) and not stop_asked():
            done = self._once and not any(station.worker.alive for station in self.stations)
            if done and self._darkroom.drain(0.2):
                return

    def stop(self) -> None:
        """End everything in the reverse order of starting."""
        self._stopping.set()
        self._running.close()

    @property
    def failures(self) -> list[AnsimError]:
        """Cameras that could not be opened or ended because their source is unusable, and loops that failed (once)."""
        ended: list[AnsimError] = [s.failure for s in self.stations if s.failure is not None]
        return [*self._refused, *ended] + [s.worker.error for s in self.stations if isinstance(s.worker.error, AnsimError)]

    @property
    def broken(self) -> BaseException | None:
        """The first error of a camera's loop that is a bug, for --once to report."""
        return next((s.worker.error for s in self.stations if s.worker.error is not None), None)

    def _start(self, progress: Progress) -> CheckReport:
        settings, clock = self.settings, self._clock
        newest = newest_time(settings.data.folder)
        report = self.vault.open(progress)
        self._running.callback(self.vault.close)
        self._clock_watch = ClockWatch(self.vault, clock, settings.shop.timezone)
        self._clock_watch.compare(newest)
        self._tell(EventKind.STARTED, _STARTED)
        self._running.callback(self._sign_off)
        desk = PeopleDesk(self.engine, settings.detection.weak, clock)
        self._running.callback(desk.close)
        self._darkroom = Darkroom(self.vault, settings, desk, clock, patient=self._once)
        self._darkroom.start()
        self._running.callback(self._darkroom.close)
        self._running.callback(lambda: self._darkroom.drain(CLIPS_AT_STOP_S))
        tills = [zone.name for camera in settings.cameras or (DEMO,) for zone in camera.zones if zone.kind == "till"]
        self._open_entrance()
        self._payments = PaymentDesk(clock, self.vault.till_key_hash, tills, settings.shop.timezone)
        self._accuracy = Accuracy(self.vault, settings.incidents)
        self._accuracy.refresh()
        shared = Shared(
            settings,
            self.vault,
            desk,
            self._live,
            self._darkroom,
            clock,
            self._facts(),
            None if self._once else self._learn_usual(),
            self._scanner,
            _nobody if self.entrance is None else self.entrance.desk.crossed,
        )
        self._open_cameras(shared)
        self._anchors = AnchorPost(self.vault, settings.anchors, settings.shop, clock, self._stopping.is_set)
        board = HealthBoard(
            self.stations, self._unopened, self.engine, clock, settings.incidents, settings.entry, self._other_troubles
        )
        if settings.panel.enabled and not self._once:
            self._serve_panel(board)
        if self.entrance is not None and settings.entry.kiosk.enabled:
            self._serve_customers(self.entrance)
        if self._once:
            sweep(self.vault, settings.data, clock)
        else:
            self._start_scheduler()
        self._running.callback(self._stop_cameras)
        for station in self.stations:
            station.start()
        return report

    def _facts(self) -> Facts:
        return Facts(
            taken=lambda incident_id: self.vault.incident(incident_id) is not None,
            payments=self._payments.recent,
            tuned=lambda: self._accuracy.settings,
            concealment=read_concealment(),
            scans=tuple if self.entrance is None else self.entrance.desk.scans,
        )

    def _open_entrance(self) -> None:
        """Where entry by QR is on: the door, the book of passes, the desk, and what reads codes."""
        settings, clock = self.settings.entry, self._clock
        if not settings.enabled or self._once:
            return
        door = make_door(settings.door, clock)
        passes = PassBook(self.vault, clock, settings, self.settings.shop.timezone)
        desk = EntranceDesk(self.vault, clock, settings, self.settings.shop.timezone, door)
        self.entrance = EntryDesks(self.vault, passes, desk, settings, clock)
        self._running.callback(door.close)
        door.start()
        if settings.reader:
            self._scanner = CameraScanner(lambda text: desk.present(text, Reader.CAMERA, settings.reader), clock)
            self._running.callback(self._scanner.stop)
            self._scanner.start()
        if settings.scanner:
            keyboard = KeyboardScanner(settings.scanner, lambda text: desk.present(text, Reader.SCANNER), clock)
            self._running.callback(keyboard.stop)
            keyboard.start()

    def _learn_usual(self) -> ShopUsual:
        def found(incident_id: str, unusual: Unusual) -> None:
            with suppress(StoreError):  # the disk does not answer; others tell of it, and this is the least of what is lost
                self.vault.record_unusual(incident_id, unusual, wait=False)

        self._usual = ShopUsual(self.settings.data.folder, self._clock, found)
        self._running.callback(self._usual.keep, now=True)
        return self._usual

    def _stop_cameras(self) -> None:
        """All are asked before one is waited for; each may take as long as its recorder waits for the vault."""
        self._darkroom.hurry()
        for station in self.stations:
            station.stop()
        for station in self.stations:
            if station.worker.alive and not station.worker.join(STORE_WAIT_S + STOP_S):
                log.error("camera %s does not stop", station.camera.id)

    def _open_cameras(self, shared: Shared) -> None:
        """All cameras; with several, one that cannot be opened is an event and the others go on."""
        cameras = self.settings.cameras or (DEMO,)
        for camera in cameras:
            try:
                self.stations.append(Station(camera, shared, once=self._once))
            except SourceError as failure:
                if len(cameras) == 1:
                    raise
                log.warning("camera %s cannot be opened: %s", camera.id, failure)
                self.vault.record_event(Event(self._clock.utc(), EventKind.CAMERA_LOST, failure.text, camera.id), wait=False)
                self._unopened.append(camera)
                self._refused.append(failure)

    def _serve_panel(self, board: HealthBoard) -> None:
        from web.app import WebSettings, create_app  # a quarter of the program's start, and not every run has a panel
        from web.server import certificate_of, serve

        settings = self.settings
        self._evidence.start()
        self._running.callback(self._evidence.close)
        desks = Desks(self._payments, self._accuracy, self.entrance, self._evidence)
        panel = Panel(self.vault, self._live, board.health, settings.shop, settings.data, self._clock, desks=desks)
        certificate = certificate_of(settings.panel)
        app = create_app(panel, WebSettings(secure=certificate is not None))
        server: Server = serve(app, settings.panel.host, settings.panel.port, certificate=certificate)
        self._run_server("panel", server)
        self.address = server.address
        if panel.accounts.needs_owner:
            self.owner_link = f"{server.address}/start/{panel.accounts.new_link_token()}"

    def _serve_customers(self, desks: EntryDesks) -> None:
        """The screen at the door, sign-up and the phone's pass, on a port of their own."""
        from web.entrance import EntranceWeb, create_entrance
        from web.server import certificate_of, serve

        settings = self.settings.entry
        identity = make_identity(settings.outside, self._clock)
        panel = EntrancePanel(self.vault, desks.desk, desks.passes, self.settings.shop, settings, self._clock, identity)
        certificate = certificate_of(settings.kiosk)
        secure = certificate is not None or settings.kiosk.public_url.startswith("https:")
        app = create_entrance(panel, EntranceWeb(secure=secure, retention_days=self.settings.data.retention_days))
        server = serve(app, settings.kiosk.host, settings.kiosk.port, certificate=certificate, section="entry.kiosk")
        self._run_server("entrance", server)
        self.entrance_address = server.address

    def _run_server(self, name: str, server: Server) -> None:
        def work(_stop: Stop, _heartbeat: Heartbeat) -> None:
            server.run()

        worker = Worker(name, work, self._clock)
        worker.start()
        self._running.callback(worker.join, 10.0)
        self._running.callback(worker.ask_stop)
        self._running.callback(server.stop)

    def _start_scheduler(self) -> None:
        settings = self.settings
        scheduler = make_scheduler(
            self.vault,
            settings.data,
            self._clock,
            settings.shop.timezone,
            self._look_after,
            self._stopping.is_set,
            self._chores(),
            lambda: self._clock_watch.is_doubtful,
        )
        scheduler.start()
        self._running.callback(scheduler.shutdown, wait=True)

    def _chores(self) -> dict[str, Callable[[], object]]:
        """What has to be looked at now and then, and sees by itself whether there is something to do."""
        settings, clock = self.settings, self._clock
        chores: dict[str, Callable[[], object]] = {
            "preservation": PreservationDesk(self.vault, clock, settings.data, settings.shop.timezone).remind
        }
        if settings.anchors.is_on:
            chores["anchors"] = self._anchors.send_if_due
        return chores

    def _other_troubles(self) -> tuple[Text, ...]:
        return () if self._anchors.trouble is None else (self._anchors.trouble,)

    def _look_after(self) -> None:
        """Cameras whose loop shows no life are reported once per stall; what was learned is written now and then."""
        self._clock_watch.look()
        self._usual.keep()
        if self.entrance is not None:
            self.entrance.desk.look_after_door()
        for station in self.stations:
            if station.worker.alive and station.worker.heartbeat.age > STALLED_S and not station.stalled:
                station.stalled = True
                station.tell(EventKind.CAMERA_LOST, _STALLED)
            elif station.worker.heartbeat.age < STALLED_S:
                station.stalled = False
        self._evidence.tidy()

    def _sign_off(self) -> None:
        """The last word, and the device's signature under all that was recorded."""
        self._tell(EventKind.STOPPED, _STOPPED)
        try:
            self.vault.checkpoint()
        except AnsimError as refused:
            log.warning("the ledger could not be signed at the stop: %s", refused)

    def _tell(self, kind: EventKind, text: Text) -> None:
        self.vault.record_event(Event(self._clock.utc(), kind, text), wait=False)


def _nobody(_crossing: Crossing) -> None:
    """Where entry by QR is off."""


_STARTED = Text(ko="안심을 시작했습니다.", en="Ansim was started.")
_STOPPED = Text(ko="안심을 멈췄습니다.", en="Ansim was stopped.")
_STALLED = Text(
    ko="카메라 화면 처리가 1분 넘게 멈춰 있습니다. PC가 너무 느리거나 카메라가 응답하지 않습니다.",
    en="No picture of this camera has been processed for over a minute: the PC is too slow or the camera does not answer.",
)
