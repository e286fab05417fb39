"""The chain of the ledger: how a record becomes a line, and how lines prove that none was changed, removed or put in between.

Comes in: bodies (JSON values) and lines (bytes). Goes out: `Record`, `next_line`, `verify_chain`. Pure: no files, no clock.
A line is the RFC 8785 canonical JSON of {"seq", "utc", "kind", "prev", "body"}; prev is the sha256 (hex) of the line before it,
without its newline. The first line has seq 1 and prev GENESIS. Signed checkpoints will be records of a kind of their own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

GENESIS = "0" * 64
EXACT = 2**53 - 1
FIELDS = frozenset({"seq", "utc", "kind", "prev", "body"})

Body = Mapping[str, Any]

# Beyond the first plane of Unicode and at its end: there UTF-16, by which canonical JSON sorts names, has another order.
_SORTED_OTHERWISE = re.compile(rb"[\xee\xef\xf0-\xff]")


class BadLine(ValueError):
    """A line is not what this program writes; it was damaged or changed."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: number of its last record (0: none yet) and the sha256 of that line."""

    seq: int = 0
    sha256: str = GENESIS


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands on the ledger. utc: Unix time at which it was written; sha256: of its line."""

    seq: int
    utc: float
    kind: str
    prev: str
    body: Body
    sha256: str

    @property
    def head(self) -> Head:
        return Head(self.seq, self.sha256)


def line_hash(line: bytes) -> str:
    """sha256 (hex) of a line without its newline."""
    return hashlib.sha256(line.removesuffix(b"\n")).hexdigest()


def next_line(head: Head, utc: float, kind: str, body: Body) -> bytes:
    """The line (with its newline) that follows `head`. Raises ValueError when the body is not plain finite JSON."""
    record: Any = {"seq": head.seq + 1, "utc": utc, "kind": kind, "prev": head.sha256, "body": dict(body)}
    return rfc8785.dumps(record) + b"\n"


def parse(line: bytes) -> Record:
    """The record in `line`. Raises BadLine when it is not a canonical record; says nothing about the chain."""
    bare = line.removesuffix(b"\n")
    raw = _plainly_canonical(bare)
    is_canonical = raw is not None
    if raw is None:
        try:
            raw = _DECODER.decode(bare.decode())
        except (ValueError, RecursionError) as wrong:  # also UnicodeDecodeError
            raise BadLine("not JSON") from wrong
    if not isinstance(raw, dict) or set(raw) != FIELDS:
        raise BadLine("not a record")
    typed = isinstance(raw["seq"], int) and isinstance(raw["utc"], int | float) and isinstance(raw["body"], dict)
    if not typed or not isinstance(raw["kind"], str) or not isinstance(raw["prev"], str):
        raise BadLine("a field is of the wrong kind")
    if not is_canonical:
        _check_canonical(raw, bare)
    return Record(raw["seq"], float(raw["utc"]), raw["kind"], raw["prev"], raw["body"], line_hash(bare))


def _plainly_canonical(bare: bytes) -> Any:
    """What a line says if it certainly is canonical, in a third of the time that making it anew takes; None says nothing.

    json writes the same as RFC 8785 but for the order of rare names and the spelling of some numbers; a line that may have
    either is left to `_check_canonical`.
    """
    if _SORTED_OTHERWISE.search(bare) is not None:
        return None
    try:
        text = bare.decode()
        raw = _PLAIN_DECODER.decode(text)
        return raw if _ENCODER.encode(raw) == text else None
    except (ValueError, RecursionError):
        return None


def _check_canonical(raw: Any, bare: bytes) -> None:
    """Raises BadLine."""
    try:
        canonical = rfc8785.dumps(raw)
    except (ValueError, RecursionError) as wrong:
        raise BadLine("outside of canonical JSON") from wrong
    if canonical != bare:
        raise BadLine("not in canonical form")


def _number(digits: str) -> int | float:
    """JSON numbers are doubles: beyond 2**53 canonical JSON writes a float without its point, which is no exact integer."""
    value = int(digits)
    return value if abs(value) <= EXACT else float(value)


def _plain_real(digits: str) -> float:
    """A number that json and RFC 8785 spell alike. Raises ValueError for those that they may not."""
    if "e" in digits or "E" in digits or digits.endswith(".0"):
        raise ValueError("not a plain number")
    return float(digits)


def _no_constant(name: str) -> float:
    raise ValueError(f"JSON has no {name}")


_DECODER = json.JSONDecoder(parse_int=_number)
_PLAIN_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_plain_real, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def follows(record: Record, head: Head) -> bool:
    """Whether `record` is the one right after `head`."""
    return record.seq == head.seq + 1 and record.prev == head.sha256


def verify_chain(lines: Iterable[bytes], after: Head = Head()) -> int | None:
    """The seq of the first record that is wrong, or None when every line follows the one before, starting after `after`.

    A change of the very last line shows only against a checkpoint or against the hash that the index remembers.
    """
    head = after
    for line in lines:
        try:
            record = parse(line)
        except BadLine:
            return head.seq + 1
        if not follows(record, head):
            return head.seq + 1
        head = record.head
    return None
