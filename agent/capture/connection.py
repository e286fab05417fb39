"""An open camera or recording: what it is, and its compressed pictures one after the other.

Comes in: nothing. Goes out: the `Connection` protocol with its `SourceInfo`, and `Patience` (how long to wait for a camera).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from agent.capture.packet import Sent, StreamFormat


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source said of itself. Sizes in pixels; all 0 and "" while a camera has not answered yet.

    live: pictures are of now and cannot be had again. duration_s: length of a recording, if it says so.
    """

    width: int
    height: int
    fps: float
    codec: str
    live: bool
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long a camera may take to answer, how long it may send nothing, and the pauses before trying again."""

    open_s: float = 10.0
    stall_s: float = 10.0
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)


class Connection(Protocol):
    """Holding one means: the camera answered. For one thread at a time; ends with `close`."""

    @property
    def info(self) -> SourceInfo: ...

    @property
    def format(self) -> StreamFormat: ...

    @property
    def audio(self) -> bool:
        """Whether the source offers sound, which nobody asked for and nobody gets."""
        ...

    def packets(self) -> Iterator[Sent]:
        """Its pictures in the order of decoding, with the stamps that the camera gave them; ends where a recording ends.

        Raises SourceError when the connection is lost or nothing comes for too long.
        """
        ...

    def close(self) -> None: ...
