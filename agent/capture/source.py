"""A camera or recording as the pipeline sees it: clear frames one after the other, until it ends or is closed.

Comes in: `CameraSettings` and a clock. Goes out: a `Source`, made by `open_source`: live cameras, drawn shops and paced
recordings are read in a thread of their own and give their newest frame; with `once` every frame of the grid is given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Protocol

from agent.capture.address import Address, Kind, parse_address
from agent.capture.connection import Connection, Patience, SourceInfo
from agent.capture.demo import open_demo
from agent.capture.raw import RawFrame
from agent.capture.reader import OnEvent, OnPacket, Reader
from agent.capture.reconnect import Outage
from agent.capture.stream import open_stream
from agent.clock import Clock
from agent.errors import SourceError, SourceUnsupported
from agent.settings import CameraSettings
from agent.values import EventKind, Text
from agent.workers import Heartbeat, Latest, Stop, Worker

__all__ = ["Patience", "Source", "SourceInfo", "open_source"]

UNKNOWN = SourceInfo(0, 0, 0.0, "", True, None)
SHORT = 1.0  # seconds that a recording may lack at its end without being called cut off

LATE = 5.0  # seconds behind its time from which a recording does not catch up

Connect = Callable[[], Connection]
PATIENT = Patience()


class Source(Protocol):
    """Holding one means: you are the consumer of one camera's pictures."""

    @property
    def info(self) -> SourceInfo: ...

    def frames(self) -> Iterator[RawFrame | None]:
        """The next frames; blocks for each, and gives None for each second in which none came.

        Ends when a recording ends or `close` was called.

        Raises SourceUnsupported when the source is hopeless, and SourceError when a connection that is read only once is lost.
        """
        ...

    def close(self) -> None:
        """From any thread: a blocked `frames` ends at once."""
        ...


def open_source(
    camera: CameraSettings,
    clock: Clock,
    *,
    once: bool,
    on_packet: OnPacket | None,
    on_event: OnEvent,
    take_fps: float,
    patience: Patience = PATIENT,
) -> Source:
    """Open what `camera.source` names. on_packet and on_event may be called from the reader's thread.

    A recording is opened here and now: raises SourceError where it is missing, SourceUnsupported where it is no video. A camera
    is connected to in the background, so that a dead one keeps nothing else from starting: it is an event, and tried again.
    """
    address = parse_address(camera.source)

    def connect() -> Connection:
        if address.kind is Kind.DEMO:
            seed, _, item = address.target.partition(":")
            return open_demo(camera.id, int(seed), item or None, once=once)
        return open_stream(address, camera.id, patience)

    if once or not address.live:
        first = connect()
        recorded = once and not address.live
        reader = Reader(
            clock,
            take_fps=take_fps,
            quick=recorded,
            on_packet=on_packet,
            on_event=on_event,
            ended_utc=clock.utc() if recorded else None,
        )
        if once:
            return OnceSource(address, first, reader, on_event)
        return PacedSource(camera, address, first, connect, reader, clock, on_event)
    reader = Reader(clock, take_fps=take_fps, quick=False, on_packet=on_packet, on_event=on_event)
    return LiveSource(camera, connect, reader, clock, Outage(address.shown, patience.pauses, on_event))


class OnceSource:
    """A recording that is played once, in the consumer's own thread, without dropping a frame."""

    def __init__(self, address: Address, connection: Connection, reader: Reader, on_event: OnEvent) -> None:
        self._address = address
        self._connection = connection
        self._reader = reader
        self._on_event = on_event
        self._stop = Stop()
        self.info = connection.info

    def frames(self) -> Iterator[RawFrame]:
        try:
            for frame in self._reader.read(self._connection, lambda _: not self._stop.asked):
                if self._stop.asked:
                    return
                yield frame
            if not self._stop.asked:
                _tell_end(self._address, self._reader, self.info, self._reader.end_s, self._on_event)
        finally:
            self._connection.close()

    def close(self) -> None:
        self._stop.ask()


class _ThreadedSource(ABC):
    """Reads in a worker's thread and keeps the newest frame; the consumer never sees one that is older than need be."""

    def __init__(self, name: str, clock: Clock, info: SourceInfo) -> None:
        self._clock = clock
        self._newest: Latest[RawFrame] = Latest()
        self._failure: SourceError | None = None
        self._worker = Worker(f"reader-{name}", self._work, clock)
        self._started = False
        self.info = info

    def frames(self) -> Iterator[RawFrame | None]:
        if not self._started:
            self._started = True
            self._worker.start()
        while not self._worker.stop.asked:
            frame = self._newest.take(1.0)
            if frame is None and self._newest.closed:
                break
            yield frame
        if self._failure is not None and not self._worker.stop.asked:
            raise self._failure

    def close(self) -> None:
        self._worker.ask_stop()
        self._newest.close()

    @property
    def dropped(self) -> int:
        """Frames that were replaced by newer ones before the consumer came for them."""
        return self._newest.dropped

    @property
    def heartbeat(self) -> Heartbeat:
        """When the reader last gave a frame or tried to connect."""
        return self._worker.heartbeat

    def _work(self, stop: Stop, heartbeat: Heartbeat) -> None:
        try:
            self._read(stop, heartbeat)
        except SourceError as error:
            self._failure = error
        self._newest.close()

    @abstractmethod
    def _read(self, stop: Stop, heartbeat: Heartbeat) -> None:
        """Put frames into the slot until the source ends or a stop is asked for."""


class LiveSource(_ThreadedSource):
    """A camera that is watched for ever: connected to again, after growing pauses, whenever it is lost."""

    def __init__(self, camera: CameraSettings, connect: Connect, reader: Reader, clock: Clock, outage: Outage) -> None:
        super().__init__(camera.id, clock, UNKNOWN)
        self._connect = connect
        self._reader = reader
        self._outage = outage

    @property
    def lost_s(self) -> float | None:
        """For how long the camera has been lost now (seconds); None while it sends."""
        since = self._outage.since
        return None if since is None else self._clock.monotonic() - since

    def _read(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            try:
                self._follow(stop, heartbeat)
            except SourceUnsupported:
                raise
            except SourceError as error:
                if not stop.asked:
                    stop.pause(self._outage.failed(error, self._clock.monotonic()))

    def _follow(self, stop: Stop, heartbeat: Heartbeat) -> None:
        """One connection from its first picture to its last."""
        connection = self._connect()
        try:
            self.info = connection.info
            for frame in self._reader.read(connection, lambda _: not stop.asked):
                heartbeat.beat()
                self._outage.picture(self._clock.monotonic())
                self._newest.put(frame)
        finally:
            connection.close()


class PacedSource(_ThreadedSource):
    """A recording (or the drawn shop) that is played at the speed of life, again and again where the camera says so."""

    def __init__(
        self,
        camera: CameraSettings,
        address: Address,
        first: Connection,
        connect: Connect,
        reader: Reader,
        clock: Clock,
        on_event: OnEvent,
    ) -> None:
        super().__init__(camera.id, clock, first.info)
        self._loop = camera.loop
        self._address = address
        self._connections: list[Connection] = [first]
        self._connect = connect
        self._reader = reader
        self._on_event = on_event
        self._started_at: float | None = None

    def _read(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while True:
            begun_s = self._reader.end_s
            self._play(stop, heartbeat)
            if stop.asked:
                return
            if not self._loop:
                _tell_end(self._address, self._reader, self.info, self._reader.end_s - begun_s, self._on_event)
                return

    def _play(self, stop: Stop, heartbeat: Heartbeat) -> None:
        connection = self._connections.pop() if self._connections else self._connect()
        try:
            for frame in self._reader.read(connection, lambda due_s: self._wait(due_s, stop)):
                heartbeat.beat()
                self._newest.put(frame)
        finally:
            connection.close()

    def _wait(self, due_s: float, stop: Stop) -> bool:
        """Wait until `due_s` on the source clock has come; False when a stop was asked for."""
        now = self._clock.monotonic()
        if self._started_at is None or self._started_at + due_s < now - LATE:
            self._started_at = now - due_s  # the first picture, or the PC slept: no rush to catch up
        return not stop.pause(max(0.0, self._started_at + due_s - now))


def _tell_end(address: Address, reader: Reader, info: SourceInfo, played_s: float, on_event: OnEvent) -> None:
    """The event at the end of a recording. Raises SourceUnsupported when not one picture could be decoded from it."""
    shown = address.shown
    if reader.frames == 0:
        raise SourceUnsupported(
            ko=f"{shown}에서 읽을 수 있는 화면이 하나도 없습니다. 파일이 손상되지 않았는지 확인해 주세요.",
            en=f"Not one picture in {shown} can be read. Check that the file is whole.",
        )
    if info.duration_s is not None and played_s < info.duration_s - max(SHORT, info.duration_s / 50):
        text = Text(
            ko=f"영상 {shown}이(가) {info.duration_s:.0f}초 중 {played_s:.0f}초에서 끊겼습니다. 파일을 다시 복사해 주세요.",
            en=f"The recording {shown} breaks off after {played_s:.0f} of {info.duration_s:.0f} s. Copy the file again.",
        )
    else:
        text = Text(ko=f"영상 {shown}을(를) 끝까지 보았습니다.", en=f"The recording {shown} was played to its end.")
    on_event(EventKind.CAMERA_ENDED, text)
