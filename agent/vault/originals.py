"""The writer's hands for sealed originals: how one gets into the data folder and out of it, as numbered steps.

Comes in: bytes that are encrypted already, with the key that opens them, itself encrypted to the owner. Goes out: durable
files, ledger records and index rows, in this order:
    seal    1 the original (.partial, synced)  2 its key (.partial, synced)  3 sha256 of both, as they lie there  4 the note:
            what is going to be stored  5 rename (key, original)  6 sync the folder  then ledger record and index row (see
            agent.vault.store, note)  7 the note goes
    unseal  1 mark the row  then ledger record  2 overwrite the key  3 remove the key  4 remove the original  5 sync the folder
            6 remove the row
A process may die before any step: agent.vault.original_check finishes what was begun. From the note on it is going to be
stored; before it, it is lost with the process that had it in memory. Nothing clear ever comes here. Not thread-safe.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.errors import StoreError
from agent.values import Text
from agent.vault import bodies, layout
from agent.vault.bodies import Kind
from agent.vault.durable import DiskFull, disk_errors, make_folders, sha256_of, sync_folder, write_synced
from agent.vault.ledger import Body
from agent.vault.rows import SealedFile
from agent.vault.steps import Step, Steps, no_steps
from agent.vault.store import Store

PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class SealedOffer:
    """An encrypted original that is to be kept.

    part: 1, 2, ... of the incident. sealed: the age file; key: the age file with the identity that opens it. from_utc, to_utc:
    Unix time of its first and last picture. recipients: public keys ("age1...") of those who can open the key.
    """

    incident: str
    opened_utc: float
    part: int
    sealed: bytes = field(repr=False)
    key: bytes = field(repr=False)
    from_utc: float
    to_utc: float
    recipients: tuple[str, ...]


class Originals:
    """Holding one means: this thread alone stores and erases sealed originals (the vault's writer, or a check)."""

    def __init__(self, store: Store, steps: Steps = no_steps) -> None:
        self._store = store
        self._top = store.folder
        self._step = steps

    def keep(self, offer: SealedOffer) -> SealedFile:
        """Raises StoreError; then nothing of it is stored."""
        path = self._top / layout.sealed_path(offer.incident, offer.part, offer.opened_utc)
        if path.exists():
            raise StoreError(
                ko=f"같은 이름의 원본이 이미 저장되어 있습니다({path.name}).",
                en=f"An original of this name is stored already ({path.name}).",
            )
        try:
            return self.finish(path, self._write(path, offer))
        except StoreError:
            self.drop(path)
            raise

    def _write(self, path: Path, offer: SealedOffer) -> Body:
        """Steps 1 to 4; gives what is going to stand on the ledger."""
        key = layout.key_of(path)
        with disk_errors(self._top):
            make_folders(path.parent, self._top)
            self._step(Step.SEAL_1)
            write_synced(layout.partial(path), offer.sealed, PRIVATE)
            self._step(Step.SEAL_2)
            write_synced(layout.partial(key), offer.key, PRIVATE)
            self._step(Step.SEAL_3)
            body = bodies.sealed_body(
                SealedFile(
                    seq=0,
                    incident=offer.incident,
                    path=path.relative_to(self._top).as_posix(),
                    bytes=layout.partial(path).stat().st_size,
                    sha256=sha256_of(layout.partial(path)),
                    key_sha256=sha256_of(layout.partial(key)),
                    from_utc=offer.from_utc,
                    to_utc=offer.to_utc,
                    recipients=offer.recipients,
                )
            )
            self._step(Step.SEAL_4)
            write_synced(layout.note_of(path), json.dumps(body).encode(), PRIVATE)
        return body

    def finish(self, path: Path, body: Body) -> SealedFile:
        """Steps 5 to 7, from wherever a process stopped in them. Raises StoreError; then it is not on the ledger."""
        with disk_errors(self._top):
            for step, one in ((Step.SEAL_5, layout.key_of(path)), (Step.SEAL_5_ORIGINAL, path)):
                self._step(step)
                with suppress(FileNotFoundError):  # it has its name already
                    layout.partial(one).rename(one)
            self._step(Step.SEAL_6)
            sync_folder(path.parent)
        record = self._store.note(Kind.SEALED, body)
        with suppress(StoreError):  # the ledger has it: it is stored, and a check removes the note
            self.forget_note(path)
        self._step(Step.SEALED)
        return bodies.sealed_of(record.seq, record.body)

    def forget_note(self, path: Path) -> None:
        self._step(Step.SEAL_7)
        with disk_errors(self._top):
            layout.note_of(path).unlink(missing_ok=True)
            sync_folder(path.parent)

    def drop(self, path: Path) -> None:
        """Nothing remains of what is not on the ledger; the key goes first."""
        key = layout.key_of(path)
        with disk_errors(self._top):
            for one in (key, layout.partial(key)):
                _overwrite(one)
            for one in (key, layout.partial(key), path, layout.partial(path), layout.note_of(path)):
                one.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)
            self._tidy(path.parent)

    # erasing

    def erase(self, sealed: SealedFile, reason: Text) -> None:
        """Raises StoreError; then a check (or erasing again) finishes it."""
        self._step(Step.UNSEAL_1)
        why = json.dumps(bodies.text_body(reason), ensure_ascii=False)
        with suppress(DiskFull):  # the mark only saves a begun erasing from being forgotten; the space is needed more
            self._execute("update sealed set erasing = ? where seq = ? and erasing is null", [why, sealed.seq])
        self._erase_marked(sealed, reason)

    def erase_again(self, sealed: SealedFile) -> None:
        """Go on with an erasing that was marked, with the reason that was given then."""
        row = self._store.db.execute("select erasing from sealed where seq = ?", [sealed.seq]).fetchone()
        self._erase_marked(sealed, bodies.text_of(json.loads(row[0])))

    def erase_recorded(self, sealed: SealedFile) -> None:
        """Steps 2 to 6, for an erasing that is on the ledger. Without its key the rest is noise, so the key goes first."""
        path = self._top / sealed.path
        key = layout.key_of(path)
        with disk_errors(self._top):
            self._step(Step.UNSEAL_2)
            _overwrite(key)
            self._step(Step.UNSEAL_3)
            key.unlink(missing_ok=True)
            self._step(Step.UNSEAL_4)
            for one in (path, layout.note_of(path)):
                one.unlink(missing_ok=True)
            self._step(Step.UNSEAL_5)
            if path.parent.is_dir():
                sync_folder(path.parent)
            self._tidy(path.parent)
        self._step(Step.UNSEAL_6)
        with suppress(DiskFull):  # the row is marked by the ledger's record, and a check removes it
            self._execute("delete from sealed where seq = ?", [sealed.seq])
        self._step(Step.UNSEALED)

    def _erase_marked(self, sealed: SealedFile, reason: Text) -> None:
        body = {
            "incident": sealed.incident,
            "path": sealed.path,
            "stored": sealed.seq,
            "sha256": sealed.sha256,
            "key_sha256": sealed.key_sha256,
            "reason": bodies.text_body(reason),
        }
        self._store.note(Kind.SEALED_ERASED, body)
        self.erase_recorded(sealed)

    def _tidy(self, folder: Path) -> None:
        """Remove day folders that are empty now; this thread alone writes there."""
        with suppress(OSError):  # not empty: there the way up ends
            while self._top not in (folder, folder.parent):
                folder.rmdir()
                folder = folder.parent

    def _execute(self, sql: str, values: list[Any]) -> None:
        with disk_errors(self._top):
            self._store.db.execute(sql, values)


def _overwrite(path: Path) -> None:
    """Other bytes in the place of a file's own, synced. (What a disk keeps elsewhere of it opens to the owner only.)"""
    with suppress(FileNotFoundError):
        fd = os.open(path, os.O_WRONLY)
        try:
            os.write(fd, os.urandom(os.fstat(fd).st_size))
            os.fsync(fd)
        finally:
            os.close(fd)
