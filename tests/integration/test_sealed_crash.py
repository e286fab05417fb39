"""A process is killed at each step of sealing an original and of erasing one; a check finishes what it can."""

from __future__ import annotations

from pathlib import Path

from agent.vault import Vault, layout
from agent.vault.journal import Journal
from agent.vault.steps import Step
from tests.integration.crash import NEW_UTC
from tests.integration.test_vault_crash import crashed, mended, the_old_things_are_there
from tests.stored import UTC, incident, sealed_offer

NOTES = {Step.NOTE_1.value, Step.NOTE_2.value, Step.NOTED.value}
LOST = {Step.SEAL_1, Step.SEAL_2, Step.SEAL_3, Step.SEAL_4}  # before the note is whole, nobody knows what was to be stored


def bytes_of(vault: Vault, from_utc: float) -> tuple[bytes, bytes] | None:
    """The files of the original that begins then, if there is one."""
    for one in vault.sealed(incident().id):
        if one.from_utc == from_utc:
            path = vault.folder / one.path
            return path.read_bytes(), layout.key_of(path).read_bytes()
    return None


def kinds(folder: Path) -> list[str]:
    return [record.kind for record in Journal(folder / "ledger").records()]


def test_sealing_an_original(tmp_path: Path, root: Path) -> None:
    folders = crashed("seal", tmp_path, root)
    assert set(folders) == {step.value for step in Step if step.value.startswith("seal")} | NOTES
    for step, folder in folders.items():
        with mended(folder) as vault:
            the_old_things_are_there(vault)
            old, new = sealed_offer(), sealed_offer(2, NEW_UTC)
            assert bytes_of(vault, UTC) == (old.sealed, old.key), step
            assert bytes_of(vault, NEW_UTC) == (None if step in LOST else (new.sealed, new.key)), step
            assert kinds(folder).count("sealed.stored") == (1 if step in LOST else 2), step
            files = [path for path in (folder / layout.SEALED_TREE).rglob("*") if path.is_file()]
            assert len(files) == (2 if step in LOST else 4), files


def test_erasing_an_original(tmp_path: Path, root: Path) -> None:
    folders = crashed("unseal", tmp_path, root)
    assert set(folders) == {step.value for step in Step if step.value.startswith("unseal")} | NOTES
    for step, folder in folders.items():
        left = list(folder.rglob("*" + layout.KEY))
        if step in (Step.UNSEAL_3, Step.UNSEAL_4, Step.UNSEAL_5):  # whatever happens next: the key itself is gone already
            assert all(path.read_bytes() != sealed_offer().key for path in left)
        with mended(folder) as vault:
            the_old_things_are_there(vault)
            kept = step == Step.UNSEAL_1  # from the mark on it is going to be erased
            assert (bytes_of(vault, UTC) is not None) == kept, step
            assert kinds(folder).count("sealed.erased") == (0 if kept else 1), step
            assert bool(list((folder / layout.SEALED_TREE).rglob("*.age*"))) is kept
