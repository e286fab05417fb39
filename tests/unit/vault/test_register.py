"""The register of what was handed over or shown: written with the ledger, made anew from it, filled in for older ledgers."""

from __future__ import annotations

from pathlib import Path

from agent.evidence.register import Sort, lines_of
from agent.vault import Registered, RegisterRow, Vault
from agent.vault.database import open_writer
from tests.stored import UTC, incident, keep_clip, opened

EXPORTED = {
    "incident": incident().id, "by": "점주", "purpose": "절도 신고", "receiver": "마포경찰서", "basis": "purpose", "case": "7",
    "form": "passphrase", "bag": "ansim-x-20260921T131320Z", "digest": "ab" * 32, "file_sha256": "cd" * 32, "bytes": 1234,
    "files": 20, "sealed": True, "revealed": 0,
}  # fmt: skip
STEP = {
    "incident": incident().id, "step": "asked", "by": "점주", "asked_by": "점주", "persons": [3], "reason": "보여 달라고 함",
    "purpose": "보여 달라고 함", "basis": "viewing", "case": "", "receiver": "", "approver": "본사",
}  # fmt: skip
RENDERED = STEP | {"step": "rendered", "file": "x.mp4", "sha256": "ef" * 32, "bytes": 99, "frames": 80, "shown": 53}


def filled(vault: Vault) -> tuple[RegisterRow, ...]:
    keep_clip(vault)
    vault.record_reveal(STEP)
    vault.record_reveal(RENDERED, rendered=True)
    vault.record_export(EXPORTED)
    keep_clip(vault, 2, UTC + 60)
    return vault.register(steps=True)


def test_each_record_is_a_row(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        exported, rendered, step = filled(vault)
    assert (exported.kind, exported.by, exported.receiver, exported.case) == (Registered.EXPORTED, "점주", "마포경찰서", "7")
    assert (exported.bag, exported.form, exported.bytes, exported.sealed) == (EXPORTED["bag"], "passphrase", 1234, True)
    assert exported.sha256 == "cd" * 32
    assert (rendered.kind, rendered.file, rendered.persons) == (Registered.RENDERED, "x.mp4", (3,))
    assert rendered.sha256 == "ef" * 32
    assert (step.kind, step.step, step.approver, step.purpose) == (Registered.STEP, "asked", "본사", "보여 달라고 함")


def test_it_can_be_read_by_the_page_by_incident_and_by_bag(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        exported, rendered, step = filled(vault)
        assert vault.register() == (exported, rendered)
        assert vault.register(1) == (exported,)
        assert vault.register(before=exported.seq) == (rendered,)
        assert vault.register(incident=incident().id, steps=True) == (exported, rendered, step)
        assert vault.register(incident=incident(2).id) == ()
        assert vault.registered_bag(exported.bag) == exported
        assert vault.registered_bag("another") is None


def test_an_index_made_anew_from_the_ledger_has_the_same_rows(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        before = filled(vault)
    for path in tmp_path.glob("ansim.db*"):
        path.unlink()
    with opened(tmp_path) as vault:
        assert vault.register(steps=True) == before


def test_an_index_from_before_the_register_is_filled_in_without_a_word(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        before = filled(vault)
        events = len(vault.events())
    db = open_writer(tmp_path / "ansim.db")
    db.execute("delete from register")
    db.execute("delete from meta where key = 'register'")
    db.close()
    for _ in range(2):
        with opened(tmp_path) as vault:
            assert vault.register(steps=True) == before
            assert len(vault.events()) == events


def test_lines_are_sorted_as_form_3_asks(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        filled(vault)
        vault.record_export(EXPORTED | {"receiver": "", "basis": "", "bag": "ansim-y-20260921T131321Z"})
        vault.record_export(EXPORTED | {"basis": "형사소송법 제218조", "bag": "ansim-z-20260921T131322Z"})
        vault.record_reveal(RENDERED | {"basis": "law", "receiver": "마포경찰서", "case": "1"}, rendered=True)
        lines = lines_of(vault.register(steps=True))
    assert [(line.sort, line.is_rendering) for line in lines] == [
        (Sort.USE, True),  # the bag in which it goes has a line of its own
        (Sort.PROVISION, False),
        (Sort.USE, False),
        (Sort.PROVISION, False),
        (Sort.VIEWING, True),
    ]
    assert lines[3].basis is not None
    assert lines[1].basis is None
    assert lines[1].row.basis == "형사소송법 제218조"
