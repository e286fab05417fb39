"""Whatever is on the ledger: it reads back as it was written, and a change of any byte is seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.vault.ledger import Head, next_line, parse, verify_chain

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
bodies = st.dictionaries(texts, values, max_size=4)


def lines_of(contents: list[dict]) -> list[bytes]:
    lines, head = [], Head()
    for number, body in enumerate(contents):
        lines.append(next_line(head, 1_790_000_000.0 + number / 8, "event", body))
        head = parse(lines[-1]).head
    return lines


@given(st.lists(bodies, max_size=5))
def test_every_chain_verifies_and_reads_back(contents: list[dict]) -> None:
    lines = lines_of(contents)
    assert verify_chain(lines) is None
    assert [parse(line).body for line in lines] == contents
    assert all(line.count(b"\n") == 1 for line in lines)


@given(st.lists(bodies, min_size=2, max_size=4), st.data())
def test_a_flipped_bit_before_the_last_line_is_seen(contents: list[dict], data: st.DataObject) -> None:
    lines = lines_of(contents)
    which = data.draw(st.integers(0, len(lines) - 2))
    at = data.draw(st.integers(0, len(lines[which]) - 2))
    bit = data.draw(st.integers(0, 7))
    flipped = bytearray(lines[which])
    flipped[at] ^= 1 << bit
    bad = verify_chain([*lines[:which], bytes(flipped), *lines[which + 1 :]])
    assert bad in (which + 1, which + 2)
