"""The chain of the ledger, and its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.vault.journal import Journal
from agent.vault.ledger import GENESIS, BadLine, Head, line_hash, next_line, parse, verify_chain

DAY = 86_400.0
UTC = 1_790_000_000.0


def chain(count: int) -> list[bytes]:
    lines, head = [], Head()
    for number in range(count):
        line = next_line(head, UTC + number, "event", {"n": number, "text": "한글 é"})
        head = parse(line).head
        lines.append(line)
    return lines


def test_a_line_is_canonical_and_names_the_one_before() -> None:
    first, second = chain(2)
    assert first == (
        f'{{"body":{{"n":0,"text":"한글 é"}},"kind":"event","prev":"{GENESIS}","seq":1,"utc":1790000000}}\n'.encode()
    )
    assert parse(second).prev == line_hash(first)


def test_a_sound_chain_verifies_also_from_its_middle() -> None:
    lines = chain(6)
    assert verify_chain(lines) is None
    assert verify_chain(lines[3:], parse(lines[2]).head) is None
    assert verify_chain([]) is None


def test_removing_swapping_and_adding_lines_is_seen() -> None:
    lines = chain(6)
    assert verify_chain(lines[:2] + lines[3:]) == 3
    assert verify_chain([lines[0], lines[2], lines[1], *lines[3:]]) == 2
    assert verify_chain([*lines[:3], lines[2], *lines[3:]]) == 4
    assert verify_chain(lines[1:]) == 1


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[1]", b"not json", b"\xff\xfe", b'{"seq":1}', b'{"body":{},"kind":"x","prev":"y","seq":"1","utc":0}'],
)
def test_what_is_no_record_is_a_bad_line(line: bytes) -> None:
    with pytest.raises(BadLine):
        parse(line)


def test_the_same_record_in_other_words_is_a_bad_line() -> None:
    line = chain(1)[0]
    with pytest.raises(BadLine):
        parse(line.replace(b'":', b'": ', 1))


def test_records_go_into_a_file_a_day_and_the_chain_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "ledger")
    journal.open()
    for day in range(3):
        journal.append(UTC + day * DAY, "event", {"day": day})
    journal.close()
    assert [path.name for path in journal.files()] == ["2026-09-21.jsonl", "2026-09-22.jsonl", "2026-09-23.jsonl"]
    assert verify_chain(journal.lines()) is None
    assert [record.seq for record in journal.records(after=1)] == [2, 3]
    again = Journal(tmp_path / "ledger")
    assert again.open() == 0
    assert again.append(UTC + 2 * DAY, "event", {}).seq == 4
    again.close()
    assert verify_chain(again.lines()) is None


def test_a_clock_that_was_set_back_does_not_break_the_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "ledger")
    journal.open()
    journal.append(UTC, "event", {})
    journal.append(UTC - 10 * DAY, "event", {})
    journal.close()
    assert len(journal.files()) == 1
    assert verify_chain(journal.lines()) is None


@pytest.mark.parametrize("keep", [1, 7, 60])
def test_a_torn_last_line_is_cut_off_at_opening(tmp_path: Path, keep: int) -> None:
    journal = Journal(tmp_path / "ledger")
    journal.open()
    journal.append(UTC, "event", {"n": 1})
    journal.append(UTC, "event", {"n": 2})
    journal.close()
    (path,) = journal.files()
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:keep])
    assert journal.torn() == keep
    assert [record.seq for record in journal.records()] == [1]
    assert journal.open() == keep
    assert journal.append(UTC, "event", {"n": 3}).seq == 2
    journal.close()
    assert verify_chain(journal.lines()) is None


def test_a_first_line_torn_in_a_new_day_is_cut_off_too(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "ledger")
    journal.open()
    journal.append(UTC, "event", {})
    journal.close()
    (tmp_path / "ledger" / "2026-09-22.jsonl").write_bytes(b'{"body"')
    assert journal.open() == 7
    assert journal.append(UTC + DAY, "event", {}).seq == 2
    journal.close()
    assert verify_chain(journal.lines()) is None


def test_a_damaged_last_line_keeps_its_number(tmp_path: Path) -> None:
    """The chain goes on after it, so that the damage stays to be seen and covers nothing else."""
    journal = Journal(tmp_path / "ledger")
    journal.open()
    for number in range(3):
        journal.append(UTC, "event", {"n": number})
    journal.close()
    (path,) = journal.files()
    path.write_bytes(path.read_bytes()[:-2] + b"X\n")
    journal.open()
    assert journal.append(UTC, "event", {}).seq == 4
    journal.close()
    assert verify_chain(journal.lines()) == 3
    assert [record.seq for record in journal.records()] == [1, 2, 4]


def test_a_refused_append_leaves_the_chain_whole(tmp_path: Path) -> None:
    """A record that cannot be written down (a lone surrogate) leaves no trace."""
    journal = Journal(tmp_path / "ledger")
    journal.open()
    journal.append(UTC, "event", {})
    with pytest.raises(ValueError, match="UTF-8"):
        journal.append(UTC, "event", {"text": "\ud800"})
    assert journal.append(UTC, "event", {}).seq == 2
    journal.close()
    assert verify_chain(journal.lines()) is None
