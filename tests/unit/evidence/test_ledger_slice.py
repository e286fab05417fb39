"""Which anchors that left the shop earlier can be held against a bag: with nothing but what lies in it."""

from __future__ import annotations

import pytest

from agent.evidence.ledger_slice import NEWEST_MOST, Wanted, cut_slice
from agent.vault.checkpoint import Checkpoint, checkpoint_body, make_checkpoint
from agent.vault.device_key import DeviceKey
from agent.vault.ledger import Head, next_line, parse
from agent.vault.merkle import Edge, consistent, leaf_hash
from tests.stored import UTC

KEY = DeviceKey(bytes(range(32)), bytes(32))
EVERY_S, DAYS = 600.0, 5
NOBODY = Wanted("20260921T131320Z-till-loitering-1", frozenset(), 0.0, 0.0)


class Grown:
    """A ledger that grows: a record and a checkpoint every ten minutes."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.points: list[Checkpoint] = []
        self.utc = UTC
        self._edge, self._head = Edge(), Head()

    def add(self, kind: str, body: dict) -> None:
        line = next_line(self._head, self.utc, kind, body)
        self._head = parse(line).head
        self._edge.add(leaf_hash(line.removesuffix(b"\n")))
        self.lines.append(line)

    def sign(self) -> Checkpoint:
        self.points.append(make_checkpoint(self._head, self._edge.root(), self.utc, KEY.public, KEY.sign))
        self.add("checkpoint", checkpoint_body(self.points[-1]))
        return self.points[-1]

    def live(self, days: float) -> None:
        for _ in range(round(days * 86_400 / EVERY_S)):
            self.utc += EVERY_S
            self.add("event", {"utc": self.utc})
            self.sign()


@pytest.fixture(scope="module")
def grown() -> tuple[Grown, list[Checkpoint]]:
    """Five days, and of what left the shop in the middle of them: with an export, with an e-mail."""
    ledger, left = Grown(), []
    for kind in ("evidence.exported", "anchor.sent"):
        ledger.live(1.3)
        left.append(ledger.sign())
        ledger.add(kind, {"incident": "another", "size": left[-1].size})
    ledger.live(DAYS - 2.6)
    return ledger, left


def linked(ledger: Grown, newest: Checkpoint) -> dict[int, list[bytes]]:
    proofs = cut_slice(ledger.lines, newest, NOBODY).proofs
    return {proof["size"]: [bytes.fromhex(node) for node in proof["path"]] for proof in proofs["earlier"]}


def test_what_left_the_shop_can_be_held_against_a_bag_however_old_it_is(grown: tuple[Grown, list[Checkpoint]]) -> None:
    ledger, left = grown
    newest = ledger.points[-1]
    proofs = linked(ledger, newest)
    assert newest.size - left[0].size > 2 * NEWEST_MOST
    for point in left:
        assert consistent(point.size, point.root, newest.size, newest.root, proofs[point.size])


def test_so_can_the_last_checkpoint_of_each_day_and_the_newest_ones(grown: tuple[Grown, list[Checkpoint]]) -> None:
    ledger, _ = grown
    newest, proofs = ledger.points[-1], linked(ledger, ledger.points[-1])
    last = {int(point.utc // 86_400): point for point in ledger.points[:-1]}
    assert len(last) >= DAYS
    for point in [*last.values(), *ledger.points[-NEWEST_MOST:-1]]:
        assert consistent(point.size, point.root, newest.size, newest.root, proofs[point.size])
    assert len(proofs) <= NEWEST_MOST + len(last) + 2
