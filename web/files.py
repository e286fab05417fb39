"""Sends a video or poster so that a browser can seek in it: RFC 9110 ranges, If-Range, validators, HEAD.

Comes in: a path that the panel vouches for, or bytes in memory, its sha256 and type, the request. Goes out: 200, 206, 304, 416.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from flask import Response, abort, request

CHUNK = 256 * 1024
MOST_RANGES = 8  # a longer list is nobody's player
_ONE = re.compile(r"\s*(?:(\d{1,18})\s*-\s*(\d{0,18})|-\s*(\d{1,18}))\s*")


def send(path: Path | None, kind: str, sha256: str, *, name: str | None = None) -> Response:
    """Answer with the file, or the part of it that was asked for. name: offered as a file name when the person saves it."""
    if path is None:
        abort(410)
    try:
        file = path.open("rb")
    except OSError:
        abort(410)
    return _answer(file, os.fstat(file.fileno()).st_size, kind, sha256, name)


def send_bytes(data: bytes, kind: str, sha256: str) -> Response:
    """The same of bytes that lie in memory only."""
    return _answer(io.BytesIO(data), len(data), kind, sha256, None)


def _answer(file: BinaryIO, length: int, kind: str, sha256: str, name: str | None) -> Response:
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{sha256}"'}
    if name is not None:
        headers["Content-Disposition"] = f'inline; filename="{name}"'
    wanted = _wanted(length, sha256)
    start, stop, status = 0, length, 200
    if _is_known(sha256):
        start, stop, status = 0, 0, 304
    elif wanted == (0, 0):
        start, stop, status = 0, 0, 416
        headers["Content-Range"] = f"bytes */{length}"
    elif wanted is not None:
        start, stop = wanted
        status = 206
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{length}"
    nothing = request.method == "HEAD" or start == stop
    response = Response(
        () if nothing else _bytes(file, start, stop), status, headers, content_type=kind, direct_passthrough=True
    )
    response.call_on_close(file.close)
    if nothing:
        file.close()
    if status != 304:
        response.content_length = stop - start
    return response


def _is_known(sha256: str) -> bool:
    return request.if_none_match.contains_weak(sha256) if request.if_none_match else False


def _wanted(length: int, sha256: str) -> tuple[int, int] | None:
    """(start, stop) to send, None for the whole file, (0, 0) when nothing of the range lies in the file.

    If-Range with anything but the very same strong ETag means: the person's copy is another one, so send the whole.
    Dates are never the same here, since a file's hash says more than its time.
    """
    header = request.headers.get("Range")
    if header is None:
        return None
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() != f'"{sha256}"':
        return None
    return parse(header, length)


def parse(header: str, length: int) -> tuple[int, int] | None:
    """One byte range of a Range header for a file of `length` bytes, as (start, stop).

    None: not bytes, not well-formed, or several ranges, which RFC 9110 section 14.2 lets a server answer with the whole.
    (0, 0): well-formed, and nothing of it lies in the file.
    """
    unit, equals, ranges = header.partition("=")
    parts = ranges.split(",")
    if unit.strip().lower() != "bytes" or not equals or len(parts) > MOST_RANGES:
        return None
    spans = [_span(part, length) for part in parts if part.strip()]
    if not spans or None in spans:
        return None
    inside = [span for span in spans if span is not None and span[0] < span[1]]
    if not inside:
        return (0, 0)
    return inside[0] if len(inside) == 1 else None


def _span(part: str, length: int) -> tuple[int, int] | None:
    match = _ONE.fullmatch(part)
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return max(0, length - int(suffix)), length
    start, stop = int(first), min(int(last) + 1, length) if last else length
    if last and int(last) < start:
        return None
    return (start, stop) if start < length else (length, length)


def _bytes(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < stop:
            chunk = file.read(min(CHUNK, stop - start))
            if not chunk:
                return
            start += len(chunk)
            yield chunk
