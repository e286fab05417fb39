"""Reads the codes (QR) in a photograph of a printed report.

Comes in: the bytes of a JPEG or PNG. Goes out: the texts of the codes in it; `PhotoUnreadable` says what to send instead.
Nothing is written. A phone's picture is many times larger than a camera's frame and the code a small part of it, so it is
looked at as a whole first, then in overlapping pieces at full size, by the entrance's reader and by zbar.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from agent.entry.code_reader import LONGEST, CodeReader, Grey
from agent.entry.zbar_reader import ZbarReader
from agent.errors import AnsimError, ModelError

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
MOST_PIXELS = 120_000_000  # of a picture; a phone's have up to 108 million
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
SIZED = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG markers that say how large the picture is
SEGMENTS = frozenset({0xC4, 0xC8, 0xCC, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE})  # those before the size, with a length
FILL = 0xFF
OVERLAP = 2  # pieces begin at every half of their side


class PhotoUnreadable(AnsimError):
    """The picture cannot be read."""

    exit_code = 2


def codes_in(data: bytes) -> tuple[str, ...]:
    """The texts of the codes in the first look that finds any; (): none. Raises PhotoUnreadable."""
    grey = _decoded(data)
    reader = CodeReader()
    for look in _looks(grey):
        if found := reader.read(look):
            return found
    try:
        return ZbarReader().read(grey)
    except ModelError:  # zbar is not installed; zxing-cpp has looked
        return ()


def _looks(grey: Grey) -> Iterator[Grey]:
    """The picture as a whole (made smaller by the reader), then its pieces as they are."""
    yield grey
    height, width = grey.shape
    if max(height, width) <= LONGEST:
        return
    step = LONGEST // OVERLAP
    for top in range(0, max(1, height - step), step):
        for left in range(0, max(1, width - step), step):
            yield np.ascontiguousarray(grey[top : top + LONGEST, left : left + LONGEST])


def _decoded(data: bytes) -> Grey:
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        raise PhotoUnreadable(
            ko="HEIC 사진은 읽을 수 없습니다. 아이폰의 설정 › 카메라 › 포맷에서 '높은 호환성'을 고른 뒤 다시 찍어 주세요.",
            en="HEIC pictures cannot be read. On the iPhone choose Settings, Camera, Formats, Most Compatible; take it again.",
        )
    if not data.startswith((PNG, JPEG)):
        raise PhotoUnreadable(ko="JPEG나 PNG 사진을 골라 주세요.", en="Please choose a picture in JPEG or PNG.")
    width, height = _size(data)
    if not 0 < width * height <= MOST_PIXELS:
        raise PhotoUnreadable(ko="사진이 너무 큽니다. 더 작게 찍어 주세요.", en="The picture is too large. Take a smaller one.")
    try:
        grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        grey = None
    if grey is None:
        raise _damaged()
    return np.asarray(grey, np.uint8)


def _size(data: bytes) -> tuple[int, int]:
    """(width, height) as its header says, before anything is unpacked: a few bytes may claim a picture of gigabytes."""
    if data.startswith(PNG):
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    at = 2
    while at + 9 < len(data) and data[at] == FILL:
        marker = data[at + 1]
        if marker in SIZED:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        if marker == FILL:  # any number of them may come before a marker
            at += 1
        elif marker in SEGMENTS:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        else:
            break  # no length follows, so that who reads on here reads something else than the decoder does
    raise _damaged()


def _damaged() -> PhotoUnreadable:
    return PhotoUnreadable(ko="사진이 손상되어 읽을 수 없습니다.", en="The picture is damaged and cannot be read.")
