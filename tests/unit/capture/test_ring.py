"""The ring: what it keeps, what it drops, what is cut from it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from agent.capture.packet import RingPacket, StreamFormat
from agent.capture.ring import SourceRing

FORM = StreamFormat("till", "h264", None, 320, 240, Fraction(1, 90_000))
PER_GROUP = 10


def packet(index: int, *, size: int = 100, form: StreamFormat = FORM, key: bool | None = None) -> RingPacket:
    """Packet number `index` of a camera with 10 frames a second and a keyframe each second."""
    keyframe = index % PER_GROUP == 0 if key is None else key
    return RingPacket(bytes([index % 256]) * size, index / 10, 0.1, keyframe, index, index / 10, 1000 + index / 10, form)


def filled(count: int, *, seconds: float = 100.0, max_bytes: int = 1 << 20) -> SourceRing:
    ring = SourceRing(seconds, max_bytes)
    for index in range(count):
        ring.add(packet(index))
    return ring


def test_a_cut_begins_at_the_keyframe_before_and_ends_with_the_last_picture_asked_for() -> None:
    cut = filled(100).cut(2.35, 4.55)
    assert cut is not None
    assert [p.index for p in cut.packets] == list(range(20, 46))
    assert [s.index for s in cut.stamps()] == list(range(24, 46))


def test_packets_come_out_as_they_went_in() -> None:
    ring, packets = SourceRing(100, 1 << 20), [packet(i) for i in range(50)]
    for one in packets:
        ring.add(one)
    cut = ring.cut(0, 100)
    assert cut is not None
    assert list(cut.packets) == packets


def test_it_keeps_at_least_its_seconds_and_drops_whole_groups() -> None:
    ring = filled(1000, seconds=5.0)
    assert ring.span == (94.0, 99.9)
    assert ring.size == 60 * 100


def test_it_never_grows_beyond_its_bytes() -> None:
    ring = SourceRing(1000, 2500)
    for index in range(300):
        ring.add(packet(index))
        assert ring.size <= 2500
    assert ring.span == (28.0, 29.9)


def test_one_group_that_is_too_large_is_dropped_until_the_next_keyframe() -> None:
    ring = SourceRing(1000, 500)
    for index in range(8):
        ring.add(packet(index))
    assert ring.span is None
    ring.add(packet(10))
    assert ring.span == (1.0, 1.0)


def test_what_was_dropped_is_not_promised() -> None:
    ring = filled(1000, seconds=5.0)
    assert ring.cut(10, 20) is None
    assert ring.cut(200, 210) is None
    later = ring.cut(90, 96)
    assert later is not None
    assert later.packets[0].index == 940


def test_an_empty_ring_gives_nothing() -> None:
    ring = filled(20)
    ring.clear()
    assert (ring.cut(0, 5), ring.span, ring.size) == (None, None, 0)


def test_what_comes_before_the_first_keyframe_is_not_kept() -> None:
    ring = SourceRing(100, 1 << 20)
    for index in range(5, 15):
        ring.add(packet(index))
    assert ring.span == (1.0, 1.4)


def test_after_a_reconnection_nothing_is_kept_until_a_keyframe_of_the_new_stream() -> None:
    ring = filled(15)
    other = StreamFormat("till", "h264", None, 640, 480, Fraction(1, 90_000))
    for index in (15, 16):
        ring.add(packet(index, form=other))
    ring.add(packet(20, form=other))
    cut = ring.cut(0, 10)
    assert cut is not None
    assert [p.index for p in cut.packets] == [*range(15), 20]


def test_a_cut_outlives_what_the_ring_drops() -> None:
    ring = filled(50, seconds=5.0)
    cut = ring.cut(1, 2)
    for index in range(50, 500):
        ring.add(packet(index))
    assert cut is not None
    assert cut.packets[0] == packet(10)
    assert cut.size == pytest.approx(11 * 100)
