"""The newest masked picture of each camera, for whoever is looking at the panel right now.

Comes in: every `MaskedFrame` of every camera (`publish`; it costs one reference). Goes out: a JPEG of the newest one, encoded
only when it is asked for and at most once a frame, so a panel that nobody watches costs nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from agent.masking.masked import MaskedFrame
from agent.recording.still import jpeg
from agent.values import FrameStamp, MaskStep

WIDTH = 960  # pixels; a phone shows no more, and it keeps a watched camera cheap
QUALITY = 72
WATCHED_S = 5.0  # a camera whose picture was asked for is watched for so long
GLANCE_S = 2.0  # a camera that nobody watches gets a new picture this often, so that the page opens on a recent one


@dataclass(frozen=True, slots=True)
class LivePicture:
    """One masked picture, ready to show: JPEG bytes, which frame it is, its mask step and masked share (0 to 1)."""

    jpeg: bytes
    stamp: FrameStamp
    step: MaskStep
    share: float


@dataclass(slots=True)
class _Slot:
    """One camera's newest frame and the picture made of it, if somebody asked for one."""

    encoding: threading.Lock = field(default_factory=threading.Lock)
    frame: MaskedFrame | None = None
    picture: LivePicture | None = None
    asked: bool = False
    watched_until_s: float = float("-inf")
    next_glance_s: float = float("-inf")


class LiveView:
    """Holding one means: you may show what the cameras see now, masked. Safe to use from any thread."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self._growing = threading.Lock()
        self.encoded = 0  # pictures made so far; stands still while nobody watches

    def publish(self, camera: str, frame: MaskedFrame) -> None:
        """Make `frame` the newest of `camera`. Raises TypeError for anything but a MaskedFrame."""
        if not isinstance(frame, MaskedFrame):
            raise TypeError(f"the live view takes a MaskedFrame, not {type(frame).__name__}")
        self._slot(camera).frame = frame

    def wants(self, camera: str, source_s: float) -> bool:
        """Whether the frame at `source_s` is worth masking for the live view alone: somebody watches, or a glance is due."""
        slot = self._slot(camera)
        if slot.asked:
            slot.asked = False
            slot.watched_until_s = source_s + WATCHED_S
        if source_s < slot.watched_until_s:
            return True
        if source_s < slot.next_glance_s:
            return False
        slot.next_glance_s = source_s + GLANCE_S
        return True

    def clear(self, camera: str) -> None:
        """Forget the picture of `camera` (it was taken out of the settings)."""
        with self._growing:
            self._slots.pop(camera, None)

    def jpeg(self, camera: str) -> bytes | None:
        """The newest picture of `camera` as JPEG; None before the first."""
        picture = self.picture(camera)
        return None if picture is None else picture.jpeg

    def picture(self, camera: str) -> LivePicture | None:
        """The newest picture of `camera` with what is known of it; None before the first."""
        slot = self._slots.get(camera)
        if slot is None:
            return None
        slot.asked = True
        with slot.encoding:  # two watchers share one encoding
            frame = slot.frame
            if frame is not None and (slot.picture is None or slot.picture.stamp != frame.stamp):
                slot.picture = self._encoded(frame)
            return slot.picture

    def _encoded(self, frame: MaskedFrame) -> LivePicture:
        self.encoded += 1
        data = jpeg(frame, quality=QUALITY, width=min(WIDTH, frame.width))
        return LivePicture(data, frame.stamp, frame.step, frame.share)

    def _slot(self, camera: str) -> _Slot:
        slot = self._slots.get(camera)
        if slot is None:
            with self._growing:
                slot = self._slots.setdefault(camera, _Slot())
        return slot
