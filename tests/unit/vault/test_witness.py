"""What signed checkpoints and anchors find that the chain alone cannot: a ledger that was written anew, consistently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.vault.bodies import Kind
from agent.vault.checkpoint import Checkpoint, checkpoint_body, make_checkpoint
from agent.vault.device_key import DeviceKey
from agent.vault.ledger import Head, next_line, parse, verify_chain
from agent.vault.merkle import Tree, leaf_hash
from agent.vault.witness import Doubt, doubts_of

KEY = DeviceKey(bytes(range(32)), bytes(32))
OTHER = DeviceKey(bytes(32), bytes(32))
EVERY = 10


def ledger(count: int, key: DeviceKey = KEY, change: int | None = None) -> tuple[list[bytes], list[Checkpoint]]:
    """`count` records, each tenth a checkpoint; `change`: that record says something else. With the checkpoints."""
    lines: list[bytes] = []
    made: list[Checkpoint] = []
    head = Head()
    for number in range(1, count + 1):
        kind, body = "event", {"n": number, "said": "other" if number == change else "this"}
        if number % EVERY == 0:
            root = Tree(leaf_hash(line.removesuffix(b"\n")) for line in lines).root()
            made.append(make_checkpoint(head, root, 1000.0 + number, key.public, key.sign))
            kind, body = Kind.CHECKPOINT.value, checkpoint_body(made[-1])
        lines.append(next_line(head, 1000.0 + number, kind, body))
        head = parse(lines[-1]).head
    return lines, made


def spans(doubts) -> list[tuple[int, int]]:
    return [(doubt.first, doubt.last) for doubt in doubts]


def test_an_untouched_ledger_raises_no_doubt() -> None:
    lines, made = ledger(57)
    assert list(doubts_of(lines, made, KEY.public)) == []
    assert list(doubts_of([], (), KEY.public)) == []


@given(st.integers(1, 57).filter(lambda number: number % EVERY), st.integers(0, 4))
def test_a_ledger_that_was_written_anew_from_a_record_on_is_found_by_any_later_anchor(change: int, which: int) -> None:
    _, anchors = ledger(57)
    forged, _ = ledger(57, change=change)
    assert verify_chain(forged) is None  # whoever has the device's key can do this, and the chain holds
    found = list(doubts_of(forged, [anchors[which]], KEY.public))
    # the forger signed anew, so only what the anchor covers is known, but that for certain
    assert spans(found) == ([] if anchors[which].size < change else [(1, anchors[which].size)])


def test_of_several_anchors_the_older_ones_say_what_is_still_true() -> None:
    _, anchors = ledger(57)
    forged, _ = ledger(57, change=33)
    assert spans(doubts_of(forged, anchors, KEY.public)) == [(30, 39), (30, 49)]


def test_a_change_without_signing_anew_is_found_by_the_next_checkpoint_on_the_ledger() -> None:
    lines, _ = ledger(57)
    head, forged = Head(), []
    for line in lines:  # chained anew, but the old signatures copied: who has no key can do no more
        record = parse(line)
        body = {**record.body, "said": "other"} if record.seq == 33 else record.body
        forged.append(next_line(head, record.utc, record.kind, body))
        head = parse(forged[-1]).head
    assert verify_chain(forged) is None
    assert spans(doubts_of(forged, (), KEY.public)) == [(30, 40), (30, 50)]


def test_a_cut_ledger_is_found_by_an_anchor_only() -> None:
    lines, anchors = ledger(57)
    assert list(doubts_of(lines[:44], (), KEY.public)) == []
    assert spans(doubts_of(lines[:44], anchors, KEY.public)) == [(45, 49)]


@pytest.mark.parametrize("drop", [5, 15, 33])
def test_a_dropped_record_is_found(drop: int) -> None:
    lines, anchors = ledger(57)
    del lines[drop - 1]
    assert verify_chain(lines) is not None
    assert list(doubts_of(lines, anchors, KEY.public))


def test_reordered_records_are_found() -> None:
    lines, anchors = ledger(57)
    lines[21], lines[22] = lines[22], lines[21]
    assert any(doubt.first <= 22 <= doubt.last for doubt in doubts_of(lines, anchors, KEY.public))


def test_another_devices_signature_is_doubted() -> None:
    lines, anchors = ledger(27, OTHER)
    assert spans(doubts_of(lines, (), KEY.public)) == [(1, 10), (1, 20)]
    assert spans(doubts_of([], anchors[:1], KEY.public)) == [(1, 9), (1, 9)]
    assert list(doubts_of(lines, anchors)) == []  # whose key it is, nobody said


def test_a_forged_anchor_is_not_believed() -> None:
    lines, anchors = ledger(27)
    forged = Checkpoint(9, anchors[0].root, anchors[0].head, 5.0, KEY.public, anchors[0].signature)
    found = list(doubts_of(lines, [forged], KEY.public))
    assert spans(found) == [(1, 9)]
    assert isinstance(found[0], Doubt)
    assert "forged" in found[0].text.en


def test_records_that_only_mention_a_checkpoint_are_no_doubt() -> None:
    line = next_line(Head(), 1.0, "access", {"target": 'x"kind":"checkpoint"x'})
    assert list(doubts_of([line], (), KEY.public)) == []


def days(count: int, days: int, signed_at: int | None = None) -> list[bytes]:
    """`count` records spread over so many days; with a checkpoint at one of them."""
    lines: list[bytes] = []
    head = Head()
    for number in range(1, count + 1):
        kind, body = "event", {"n": number}
        if number == signed_at:
            root = Tree(leaf_hash(line.removesuffix(b"\n")) for line in lines).root()
            kind, body = Kind.CHECKPOINT.value, checkpoint_body(make_checkpoint(head, root, 1.0, KEY.public, KEY.sign))
        lines.append(next_line(head, round(1e9 + number * 86_400.0 * days / count, 3), kind, body))
        head = parse(lines[-1]).head
    return lines


def test_a_ledger_that_was_written_anew_without_any_checkpoint_is_doubted() -> None:
    """Who has no key cannot sign: the chain holds, as all checkpoints were left out."""
    forged = days(300, 6)
    assert verify_chain(forged) is None
    assert spans(doubts_of(forged, (), KEY.public)) == [(1, 300)]
    assert spans(doubts_of(days(300, 6, signed_at=100), (), KEY.public)) == [(100, 300)]


@pytest.mark.parametrize(("count", "over"), [(99, 30), (300, 1)])
def test_a_few_records_or_the_last_hours_may_be_unsigned(count: int, over: int) -> None:
    assert list(doubts_of(days(count, over), (), KEY.public)) == []
    assert list(doubts_of(days(300, 6), ())) == []  # whether the device signs is not known


def test_an_anchor_stands_for_records_without_a_checkpoint() -> None:
    lines = days(300, 6)
    root = Tree(leaf_hash(line.removesuffix(b"\n")) for line in lines[:290]).root()
    anchor = make_checkpoint(parse(lines[289]).head, root, 1.0, KEY.public, KEY.sign)
    assert list(doubts_of(lines, [anchor], KEY.public)) == []
