"""Records one camera while somebody is in view, in short masked segments that a crash cannot take away.

Comes in: masked frames in the order of time (already held for the look-ahead, so a segment begins before the person is seen)
and whether somebody is in view. Goes out: segments with their sidecars, to the vault. Trouble with the disk never stops the
camera: what was written waits on the disk, the next segment is tried, and the owner hears of it once.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from math import floor
from pathlib import Path

from agent.errors import StoreError
from agent.masking.masked import MaskedFrame
from agent.recording.encoder import Encoder
from agent.settings import RecordingSettings
from agent.values import EventKind, FrameNote, FrameStamp, Sidecar, Text, Track, TrackPoint
from agent.vault import FileKind, StoredFile, Vault
from agent.vault.playable import fragments

log = logging.getLogger(__name__)

GAP_S = 2.0  # without frames for so long, a segment ends: a video must not show a standing picture where nothing was seen
MOST_REFUSED = 360  # segments that wait on the disk for the vault; later ones are left to `ansim check`
STORE_WAIT_S = 60.0


@dataclass(slots=True)
class _Segment:
    """A segment that is being written."""

    encoder: Encoder
    frames: list[FrameNote] = field(default_factory=list)
    tracks: dict[int, list[TrackPoint]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Finished:
    """A segment that only the vault has to take: its partial file and what is known of it."""

    partial: Path
    sidecar: Sidecar


class PresenceRecorder:
    """Holding one means: one camera's masked frames become presence segments. Use it from one thread."""

    def __init__(
        self, camera: str, vault: Vault, settings: RecordingSettings, on_event: Callable[[EventKind, Text], None]
    ) -> None:
        self._camera = camera
        self._vault = vault
        self._settings = settings
        self._on_event = on_event
        self._segment: _Segment | None = None
        self._offered: deque[tuple[Future[StoredFile], _Finished]] = deque()
        self._refused: deque[_Finished] = deque(maxlen=MOST_REFUSED)
        self._until_s = float("-inf")  # recording goes on until then without anybody in view
        self._retry_s = float("-inf")  # after trouble with the disk: not before then
        self._slot: int | None = None
        self._trouble = False
        self._from_before = 0  # offers still waiting that were made before the disk refused a picture
        self.stored = 0

    @property
    def recording(self) -> bool:
        """Whether a segment is open."""
        return self._segment is not None

    def wants(self, stamp: FrameStamp, somebody: bool) -> bool:
        """Whether the frame of `stamp` would be recorded; ask for every frame in order, also to let a segment end in time."""
        self._collect()
        if somebody:
            self._until_s = stamp.source_s + self._settings.linger_s
        if stamp.source_s > self._until_s:
            self._end()
            return False
        return stamp.source_s >= self._retry_s and (self._slot is None or self._slot_of(stamp) > self._slot)

    def take(self, frame: MaskedFrame, somebody: bool, tracks: Sequence[Track] = ()) -> None:
        """Record `frame` if it is wanted. tracks: as they stood in it, for the sidecar. A full disk raises nothing."""
        if type(frame) is not MaskedFrame:
            raise TypeError(f"only masked frames are recorded, not {type(frame).__name__}")
        if not self.wants(frame.stamp, somebody):
            return
        self._slot = self._slot_of(frame.stamp)
        try:
            self._write(frame, tracks)
        except StoreError as error:
            self._refused_picture(error, frame.stamp.source_s)

    def finish(self) -> None:
        """Close the open segment and wait until the vault has taken what it was offered. The recorder may go on afterwards."""
        self._end()
        while self._offered and not wait([future for future, _ in self._offered], STORE_WAIT_S).not_done:
            self._collect()  # may offer again what was refused before

    def _write(self, frame: MaskedFrame, tracks: Sequence[Track]) -> None:
        if self._segment is not None and not self._continues(self._segment, frame):
            self._end()
        if self._segment is None:
            self._segment = self._begin(frame)
        segment, stamp = self._segment, frame.stamp
        segment.encoder.write(frame)
        segment.frames.append(FrameNote(stamp.source_s, stamp.utc, frame.step))
        for track in tracks:
            segment.tracks.setdefault(track.id, []).append(TrackPoint(stamp.source_s, track.box, track.seen))

    def _continues(self, segment: _Segment, frame: MaskedFrame) -> bool:
        if not segment.frames:
            return True
        encoder, now_s = segment.encoder, frame.stamp.source_s
        alike = (frame.width, frame.height) == encoder.size and frame.full_range == encoder.full_range
        recent = 0 < now_s - segment.frames[-1].source_s <= GAP_S
        return alike and recent and now_s - segment.frames[0].source_s < self._settings.segment_s

    def _begin(self, frame: MaskedFrame) -> _Segment:
        partial = self._vault.partial_path(FileKind.SEGMENT, self._camera, frame.stamp.utc)
        size = (frame.width, frame.height)
        settings = self._settings
        return _Segment(
            Encoder(partial, size, crf=settings.crf, fps=settings.fps, fragmented=True, full_range=frame.full_range)
        )

    def _end(self) -> None:
        """Finish the open segment and hand it to the vault."""
        segment = self._segment
        if segment is None:
            return
        try:
            segment.encoder.close()
        except StoreError as error:
            self._refused_picture(error, segment.frames[-1].source_s)
            return
        self._segment = None
        self._offer(_Finished(segment.encoder.path, self._sidecar(segment, len(segment.frames))))

    def _offer(self, finished: _Finished) -> None:
        notes = finished.sidecar.frames
        try:
            future = self._vault.store_segment(
                self._camera, finished.partial, finished.sidecar, start_utc=notes[0].utc, end_utc=notes[-1].utc
            )
        except StoreError as error:  # the disk hangs and too much waits already
            self._refused.append(finished)
            self._troubled(error, notes[-1].source_s)
        else:
            self._offered.append((future, finished))

    def _collect(self) -> None:
        """See what became of the segments that the vault was offered; what it refused is offered again once it takes one."""
        while self._offered and self._offered[0][0].done():
            future, finished = self._offered.popleft()
            error = future.exception()
            from_before, self._from_before = self._from_before > 0, max(0, self._from_before - 1)
            if error is None:
                self.stored += 1
                if not from_before:  # else it may have been stored before the disk was full, and says nothing
                    self._recovered()
            elif isinstance(error, StoreError):
                self._refused.append(finished)
                self._troubled(error, finished.sidecar.frames[-1].source_s)
            else:
                raise error

    def _refused_picture(self, error: StoreError, now_s: float) -> None:
        self._from_before = len(self._offered)
        self._troubled(error, now_s)
        self._salvage()

    def _salvage(self) -> None:
        """The disk refused the open segment: what can be played of it waits for the vault, an empty file goes away."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        segment.encoder.drop()
        path = segment.encoder.path
        try:
            playable = fragments(path) if path.exists() else None
            frames = 0 if playable is None else min(playable.frames, len(segment.frames))
            if playable is not None and frames:
                os.truncate(path, playable.bytes)
                self._refused.append(_Finished(path, self._sidecar(segment, frames)))
            else:
                path.unlink(missing_ok=True)
        except OSError as error:  # the disk has become read-only or is gone; `ansim check` finds what lies there
            log.warning("camera %s: %s is left as it is: %s", self._camera, path.name, error)

    def _sidecar(self, segment: _Segment, frames: int) -> Sidecar:
        notes = tuple(segment.frames[:frames])
        tracks = {n: tuple(p for p in points if p.source_s <= notes[-1].source_s) for n, points in segment.tracks.items()}
        return Sidecar(self._camera, notes, {n: points for n, points in sorted(tracks.items()) if points})

    def _troubled(self, error: StoreError, now_s: float) -> None:
        self._retry_s = now_s + self._settings.segment_s
        if self._trouble:
            return
        self._trouble = True
        log.error("camera %s: a presence segment was not stored: %s", self._camera, error)
        self._on_event(
            EventKind.DISK_FULL,
            Text(
                ko=f"'{self._camera}' 카메라의 녹화를 저장하지 못하고 있습니다. {error.text.ko}",
                en=f"The recording of camera '{self._camera}' cannot be stored. {error.text.en}",
            ),
        )

    def _recovered(self) -> None:
        for _ in range(len(self._refused)):
            self._offer(self._refused.popleft())
        if not self._trouble:
            return
        self._trouble = False
        log.warning("camera %s: presence segments are stored again", self._camera)
        self._on_event(
            EventKind.DISK_BACK,
            Text(
                ko=f"'{self._camera}' 카메라의 녹화를 다시 저장하고 있습니다.",
                en=f"The recording of camera '{self._camera}' is stored again.",
            ),
        )

    def _slot_of(self, stamp: FrameStamp) -> int:
        """Slots of 1/fps on the source clock, as in `FrameGrid`: at most one frame of each is recorded."""
        return floor(stamp.source_s * self._settings.fps + 0.5)
