"""Holds the ledger against signed checkpoints: those that stand on it, and anchors that left the machine.

Comes in: the ledger's lines, anchors, the device's public key. Goes out: `Doubt`s, each with the records it is about. Pure.
The chain alone cannot show that somebody wrote all of it anew; a checkpoint on the ledger shows it unless the device's key was
used again, and an anchor elsewhere shows it in any case, for all records up to its size. Who has no key leaves the checkpoints
out, as a forged ledger holds none of them: so many records without any are a doubt, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.values import Text
from agent.vault.bodies import Kind
from agent.vault.checkpoint import Checkpoint, checkpoint_of, is_signed
from agent.vault.device_key import verify
from agent.vault.ledger import GENESIS, BadLine, line_hash, parse
from agent.vault.merkle import Edge, leaf_hash

MARK = Kind.CHECKPOINT.mark
# The device signs every ten minutes in which something is recorded, and at each stop. A clock that is set once shows two days.
UNSIGNED_RECORDS, UNSIGNED_DAYS = 100, 3
DAY_S = 86_400.0
TAIL_MOST = 40  # bytes in which a line's time stands
_UTC = re.compile(rb'"utc":([0-9.]+)\}$')  # how every line ends


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something was changed among the records first..last after it had been signed, or the signature is not to be believed."""

    first: int
    last: int
    text: Text


def doubts_of(lines: Iterable[bytes], anchors: Sequence[Checkpoint] = (), key: bytes | None = None) -> Iterator[Doubt]:
    """What does not fit, in the order of the ledger. lines: all of it, oldest first; key: the device's own, if known.

    A record is counted as line: the first is 1. What an earlier anchor that holds covers is not named again; a checkpoint on
    the ledger that fits frees nothing from an anchor's doubt, since whoever wrote the ledger anew signed that anew, too.
    """
    waiting = sorted(anchors, key=lambda anchor: anchor.size)
    for anchor in waiting:
        yield from _doubt_of_key(anchor, key, anchor.size)
    edge, head, sure, anchored = Edge(), GENESIS, 0, 0
    days = _Days()
    for line in lines:
        bare = line.removesuffix(b"\n")
        if MARK in bare:
            doubt = _doubt_of_record(bare, edge, head, sure, key)
            if doubt is None:
                sure = edge.size
                days.clear()
            else:
                yield doubt
        edge.add(leaf_hash(bare))
        head = line_hash(bare)
        days.add(bare)
        while waiting and waiting[0].size == edge.size:
            anchor = waiting.pop(0)
            if anchor.root == edge.root():
                sure = anchored = edge.size
                days.clear()
            else:
                yield _rewritten(min(anchored + 1, anchor.size), anchor)
    for anchor in waiting:
        if anchor.size:
            yield _cut(edge.size, anchor)
    if key is not None and days.are_many and edge.size - sure >= UNSIGNED_RECORDS:
        yield _unsigned(sure + 1, edge.size)


class _Days:
    """On how many days records were written since `clear`."""

    def __init__(self) -> None:
        self._days: set[int] = set()

    def add(self, line: bytes) -> None:
        utc = _UTC.search(line, max(0, len(line) - TAIL_MOST))
        if utc is not None:
            self._days.add(int(float(utc[1]) // DAY_S))

    def clear(self) -> None:
        self._days.clear()

    @property
    def are_many(self) -> bool:
        return len(self._days) >= UNSIGNED_DAYS


def _doubt_of_record(line: bytes, edge: Edge, head: str, sure: int, key: bytes | None) -> Doubt | None:
    """Whether a checkpoint's record fits what stands before it."""
    number = edge.size + 1
    try:
        checkpoint = checkpoint_of(parse(line).body)
    except (BadLine, ValueError):
        return None if b'"root"' not in line else _unfit(sure + 1, number)  # the word may stand in another record's text
    if not is_signed(checkpoint, verify):
        return _unfit(sure + 1, number)
    if (checkpoint.size, checkpoint.root, checkpoint.head.hex()) != (edge.size, edge.root(), head):
        return _unfit(min(sure + 1, number), number)
    return next(_doubt_of_key(checkpoint, key, number), None)


def _doubt_of_key(checkpoint: Checkpoint, key: bytes | None, last: int) -> Iterator[Doubt]:
    if not is_signed(checkpoint, verify):
        yield Doubt(
            1,
            last,
            Text(
                ko="확인표의 서명이 맞지 않습니다. 옮겨 적다 틀렸거나 위조된 것입니다.",
                en="The anchor's signature is wrong: it was mistyped, or forged.",
            ),
        )
    elif key is not None and checkpoint.key != key:
        yield Doubt(
            1,
            last,
            Text(
                ko="이 PC의 열쇠가 아닌 다른 열쇠로 서명되었습니다. 기기를 바꿨다면 그때의 열쇠 지문과 비교해 주세요.",
                en="Another key than this PC's signed it. If the device was replaced, compare with its old fingerprint.",
            ),
        )


def _unfit(first: int, last: int) -> Doubt:
    return Doubt(
        first,
        last,
        Text(
            ko=f"원장의 {last}번 서명이 앞의 기록과 맞지 않습니다. {first}~{last}번 가운데 서명한 뒤에 바뀐 기록이 있습니다.",
            en=f"The signature in record {last} does not fit what is before it: {first} to {last} were changed after signing.",
        ),
    )


def _unsigned(first: int, last: int) -> Doubt:
    return Doubt(
        first,
        last,
        Text(
            ko=f"{first}~{last}번 기록을 확인해 주는 서명이 없습니다. 안심은 10분마다 서명합니다. "
            "서명을 빼고 다시 쓴 원장일 수 있습니다.",
            en=f"No signature stands for {first} to {last}, though Ansim signs every ten minutes: they may be written anew.",
        ),
    )


def _rewritten(first: int, anchor: Checkpoint) -> Doubt:
    return Doubt(
        first,
        anchor.size,
        Text(
            ko=f"원장이 확인표를 만들 때와 다릅니다. {first}~{anchor.size}번 가운데 그 뒤에 바뀐 기록이 있습니다.",
            en=f"The ledger is not what it was at the time of the anchor: {first} to {anchor.size} hold a change.",
        ),
    )


def _cut(there: int, anchor: Checkpoint) -> Doubt:
    first = there + 1
    return Doubt(
        first,
        anchor.size,
        Text(
            ko=f"확인표를 만들 때는 기록이 {anchor.size}개였는데 지금은 {there}개입니다. {first}번부터 잘려 나갔습니다.",
            en=f"The ledger had {anchor.size} records when the anchor was made and has {there} now: it was cut at {first}.",
        ),
    )
