"""Holds the ledger against signed checkpoints: those that stand on it, and anchors that left the machine.

Comes in: the ledger's lines, anchors, the device's public key. Goes out: `Doubt`s, each with the records it is about. Pure.
The chain alone cannot show that somebody wrote all of it anew; a checkpoint on the ledger shows it unless the device's key was
used again, and an anchor elsewhere shows it in any case, for all records up to its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.values import Text
from agent.vault.bodies import Kind
from agent.vault.checkpoint import Checkpoint, checkpoint_of, is_signed
from agent.vault.device_key import verify
from agent.vault.ledger import GENESIS, BadLine, line_hash, parse
from agent.vault.merkle import Edge, leaf_hash

MARK = b'"kind":"%s"' % Kind.CHECKPOINT.value.encode()


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
    for line in lines:
        bare = line.removesuffix(b"\n")
        if MARK in bare:
            doubt = _doubt_of_record(bare, edge, head, sure, key)
            if doubt is None:
                sure = edge.size
            else:
                yield doubt
        edge.add(leaf_hash(bare))
        head = line_hash(bare)
        while waiting and waiting[0].size == edge.size:
            anchor = waiting.pop(0)
            if anchor.root == edge.root():
                sure = anchored = edge.size
            else:
                yield _rewritten(min(anchored + 1, anchor.size), anchor)
    for anchor in waiting:
        if anchor.size:
            yield _cut(edge.size, anchor)


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
