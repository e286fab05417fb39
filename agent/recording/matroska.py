"""Puts a camera's packets into a Matroska file as they are: not one bit of them is changed.

Comes in: `RingPacket`s of one format, and notes about them. Goes out: the bytes of a file that FFmpeg and its players read.
Why not FFmpeg's own writer: it turns H.264 from most cameras (start codes) into another form and rounds times to milliseconds.
Here a packet's bytes stay the camera's, and times are whole microseconds. Pure: nothing is read or written.
Written by RFC 9559 (Matroska) and RFC 8794 (EBML). Each packet has a cluster of its own, as a block's time can be no further
than 2^15 ticks from its cluster's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from agent.capture.packet import MICROSECONDS, RingPacket

NOTES = "ansim.json"
NOTES_TYPE = "application/json"
TICK_NS = 1000  # nanoseconds of a tick
EPOCH_2001_S = 978_307_200  # Unix time at which Matroska's dates begin
CODECS = {
    "h264": "V_MPEG4/ISO/AVC",
    "hevc": "V_MPEGH/ISO/HEVC",
    "mjpeg": "V_MJPEG",
    "mpeg4": "V_MPEG4/ISO/ASP",
    "mpeg2video": "V_MPEG2",
    "mpeg1video": "V_MPEG1",
    "vp8": "V_VP8",
    "vp9": "V_VP9",
}
_KEY = 0x80  # flag of a SimpleBlock


def matroska(packets: Sequence[RingPacket], notes: bytes) -> bytes:
    """A whole file. packets: in the order of decoding, all of one StreamFormat. notes: attached as ansim.json.

    Times count from the earliest packet. Codecs without a name of their own in Matroska get one that only this program knows.
    """
    return b"".join(_pieces(packets, notes))


def _pieces(packets: Sequence[RingPacket], notes: bytes) -> Iterator[bytes]:
    start = min(packet.pts_us for packet in packets)
    end = max(packet.pts_us + round(packet.duration_s * MICROSECONDS) for packet in packets)
    head = _element(0x1549A966, _info(packets[0].utc, end - start)) + _element(0x1654AE6B, _track(packets[0]))
    head += _element(0x1941A469, _attachment(notes))
    clusters = [_cluster(packet, packet.pts_us - start) for packet in packets]
    yield _element(0x1A45DFA3, _PREAMBLE)
    size = len(head) + sum(map(len, clusters)) + sum(len(packet.data) for packet in packets)
    yield _number(0x18538067) + _size(size) + head
    for packet, cluster in zip(packets, clusters, strict=True):
        yield cluster
        yield packet.data


def _info(utc: float, ticks: int) -> bytes:
    date = struct.pack(">q", round((utc - EPOCH_2001_S) * 1_000_000) * 1000)
    return (
        _whole(0x2AD7B1, TICK_NS)
        + _element(0x4489, struct.pack(">d", float(ticks)))
        + _element(0x4461, date)
        + _element(0x4D80, b"Ansim")
        + _element(0x5741, b"Ansim")
    )


def _track(packet: RingPacket) -> bytes:
    form = packet.format
    codec = CODECS.get(form.codec, f"V_ANSIM/{form.codec.upper()}")
    private = b"" if form.extradata is None else _element(0x63A2, form.extradata)
    entry = _whole(0xD7, 1) + _whole(0x73C5, 1) + _whole(0x83, 1) + _whole(0x9C, 0) + _element(0x86, codec.encode())
    return _element(0xAE, entry + private + _element(0xE0, _whole(0xB0, form.width) + _whole(0xBA, form.height)))


def _attachment(notes: bytes) -> bytes:
    named = _element(0x466E, NOTES.encode()) + _element(0x4660, NOTES_TYPE.encode())
    return _element(0x61A7, named + _element(0x465C, notes) + _whole(0x46AE, 1))


def _cluster(packet: RingPacket, tick: int) -> bytes:
    """All of a cluster but the packet's own bytes, which come right behind."""
    block = b"\x81\x00\x00" + bytes([_KEY if packet.keyframe else 0])  # track 1, at the cluster's own time
    before = _whole(0xE7, tick) + _number(0xA3) + _size(len(block) + len(packet.data)) + block
    return _number(0x1F43B675) + _size(len(before) + len(packet.data)) + before


def _element(number: int, data: bytes) -> bytes:
    return _number(number) + _size(len(data)) + data


def _whole(number: int, value: int) -> bytes:
    return _element(number, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))


def _number(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _size(size: int) -> bytes:
    """Always in eight bytes: allowed, and it saves thinking about the edges."""
    return (1 << 56 | size).to_bytes(8)


_PREAMBLE = (
    _whole(0x4286, 1)
    + _whole(0x42F7, 1)
    + _whole(0x42F2, 4)
    + _whole(0x42F3, 8)
    + _element(0x4282, b"matroska")
    + _whole(0x4287, 4)
    + _whole(0x4285, 2)
)
