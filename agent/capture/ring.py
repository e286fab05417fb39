"""The last seconds of a camera in memory, as the camera sent them: evidence is cut from here with hindsight.

Comes in: `RingPacket`s in the order of decoding. Goes out: `RingCut`s, which decode to the same frames that the live pass saw.
Nothing of it is ever written in the clear.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agent.capture.decoder import decode_all
from agent.capture.packet import RingPacket, StreamFormat
from agent.capture.raw import RawFrame
from agent.values import FrameStamp

__all__ = ["RingCut", "RingPacket", "SourceRing", "StreamFormat"]

CLOSE = 0.0005  # seconds; stamps are whole microseconds, the borders of a cut may come from elsewhere


@dataclass(frozen=True, slots=True)
class RingCut:
    """Holding one means: these seconds of the camera are yours, whatever the ring drops from now on.

    packets: in the order of decoding, from a keyframe at or before from_s to the last one that is shown at or before to_s; bit
    for bit what the camera sent. from_s: later than what was asked for where the ring no longer had its beginning.
    """

    packets: tuple[RingPacket, ...]
    from_s: float
    to_s: float

    @property
    def format(self) -> StreamFormat:
        """How the first packets are decoded (a reconnection within the cut brings another for the later ones)."""
        return self.packets[0].format

    @property
    def size(self) -> int:
        """Bytes of the packets."""
        return sum(len(p.data) for p in self.packets)

    def stamps(self) -> tuple[FrameStamp, ...]:
        """The stamps of the frames within [from_s, to_s], in the order of showing, without decoding anything."""
        return tuple(sorted((p.stamp for p in self.packets if self._inside(p.stamp)), key=lambda s: s.source_s))

    def decode(self, take: Callable[[FrameStamp], bool] | None = None) -> Iterator[RawFrame]:
        """Decode again: the frames within [from_s, to_s] with the stamps and pixels of the live pass, in the order of showing.

        take: which of them to wrap (asked once a frame, in order; a `FrameGrid` fits: `lambda s: grid.takes(s.source_s)`).
        """
        return decode_all(self.packets, take=lambda stamp: self._inside(stamp) and (take is None or take(stamp)))

    def _inside(self, stamp: FrameStamp) -> bool:
        return self.from_s - CLOSE <= stamp.source_s <= self.to_s + CLOSE


@dataclass(slots=True)
class _Group:
    """A keyframe and the packets that need it."""

    packets: list[RingPacket] = field(default_factory=list)
    size: int = 0

    @property
    def start_s(self) -> float:
        return self.packets[0].pts_s

    def add(self, packet: RingPacket) -> None:
        self.packets.append(packet)
        self.size += len(packet.data)


class SourceRing:
    """Keeps at least the last `seconds` of packets, unless that takes more than `max_bytes`; drops whole groups from the front.

    Thread-safe. What comes before the first keyframe is of no use and not kept.
    """

    def __init__(self, seconds: float, max_bytes: int) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._groups: deque[_Group] = deque()
        self._size = 0

    def add(self, packet: RingPacket) -> None:
        """Keep `packet`, the next one in the order of decoding."""
        with self._lock:
            if packet.keyframe:
                self._groups.append(_Group())
            elif not self._groups or self._groups[-1].packets[0].format is not packet.format:
                return
            self._groups[-1].add(packet)
            self._size += len(packet.data)
            self._trim(packet.pts_s)

    def cut(self, from_s: float, to_s: float) -> RingCut | None:
        """The packets that show [from_s, to_s] (source seconds); None when nothing of that time is here any more, or yet."""
        with self._lock:
            groups = tuple(tuple(group.packets) for group in self._groups)
        first = max((i for i, group in enumerate(groups) if group[0].pts_s <= from_s + CLOSE), default=0)
        packets = [packet for group in groups[first:] for packet in group]
        while packets and packets[-1].pts_s > to_s + CLOSE:
            packets.pop()
        if not packets or max(p.pts_s + p.duration_s for p in packets) < from_s:
            return None
        # What is shown before the first keyframe was built on pictures that are gone.
        return RingCut(tuple(packets), max(from_s, packets[0].pts_s), to_s)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._groups.clear()
            self._size = 0

    @property
    def size(self) -> int:
        """Bytes of the packets that are kept now."""
        with self._lock:
            return self._size

    @property
    def span(self) -> tuple[float, float] | None:
        """From when to when packets are here (source seconds)."""
        with self._lock:
            if not self._groups:
                return None
            return self._groups[0].start_s, max(p.pts_s for p in self._groups[-1].packets)

    def _trim(self, now_s: float) -> None:
        while len(self._groups) > 1 and (self._size > self._max_bytes or self._groups[1].start_s <= now_s - self._seconds):
            self._size -= self._groups.popleft().size
        if self._size > self._max_bytes:
            # One group alone is too large: without its keyframe the rest of it is useless, so wait for the next keyframe.
            self._groups.clear()
            self._size = 0
