"""Whatever is on the ledger: it reads back as it was written, and a change of any byte is seen."""

from __future__ import annotations

import json

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from agent.vault.ledger import GENESIS, BadLine, Head, next_line, parse, verify_chain

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


spellings = st.sampled_from(
    ["1", "1.0", "1.5", "1.50", "1e3", "1E3", "1e-7", "1e21", "0.00001", "0.000001", "-0", "-0.0", "1e16", "9007199254740993",
     "12345678901234567890", "0.1", "100000.5", "NaN", "Infinity", "-Infinity", "true", "null", '"\\u00e9"', '"é"', '"\\/"',
     '"\\n"', '"\\u000a"', '"\\ud83d\\ude00"', '"😀"', '"\\ud800"', '"\u2028"', '"\x7f"', "[]", "[ ]", "{}"]
)  # fmt: skip
names = st.sampled_from(["a", "b", "가", "é", "\ue000", "\uffff", "😀", "\u2028"])


@given(st.lists(st.tuples(names, spellings), max_size=4), st.floats(0, 2e9))
def test_a_line_is_taken_only_as_canonical_json_spells_it(fields: list[tuple[str, str]], utc: float) -> None:
    body = ",".join(f'"{name}":{spelling}' for name, spelling in fields)
    line = f'{{"body":{{{body}}},"kind":"event","prev":"{GENESIS}","seq":1,"utc":{utc!r}}}'.encode()
    try:
        canonical = rfc8785.dumps(json.loads(line, parse_int=lambda digits: _exactly(int(digits)))) == line
    except ValueError:
        canonical = False
    try:
        parse(line)
    except BadLine:
        assert not canonical
    else:
        assert canonical


def _exactly(number: int) -> int | float:
    return number if abs(number) <= 2**53 - 1 else float(number)
