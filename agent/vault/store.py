"""The writer's hands: how a thing gets into the data folder and out of it, as numbered steps.

Comes in: values and finished partial files. Goes out: durable files, ledger records and index rows, in this order:
    write  1 companions (poster, sidecar: .partial, synced)  2 sync the video  3 sha256  4 rename (poster, sidecar, video)
           5 sync the folder  6 ledger record, synced  7 index row
    erase  1 mark the row  2 ledger record, synced  3 remove the files  4 sync the folder  5 remove the row
    note   1 ledger record, synced  2 index row
A process may die before any step: `agent.vault.check` finishes what was begun. From write step 6 on it is stored; from erase
step 2 on it is erased. Not thread-safe: one thread owns a Store.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from agent.clock import Clock
from agent.errors import StoreError
from agent.values import Text
from agent.vault import bodies, layout, projection
from agent.vault.bodies import Kind
from agent.vault.database import open_writer
from agent.vault.day_keys import DayKeys
from agent.vault.durable import DiskFull, disk_errors, make_folders, sha256_of, sync_file, sync_folder, write_synced
from agent.vault.journal import Journal
from agent.vault.ledger import Body, Record
from agent.vault.offer import Offer
from agent.vault.reserve import Reserve
from agent.vault.rows import FileKind, Part, StoredFile
from agent.vault.steps import Step, Steps, no_steps

log = logging.getLogger(__name__)

T = TypeVar("T")
DATABASE = "ansim.db"
LEDGER = "ledger"
OLD_S = 3 * 86_400.0


class Store:
    """Holding one means: this thread alone writes to the data folder (the vault's writer, or a check)."""

    def __init__(self, folder: Path, clock: Clock, steps: Steps = no_steps) -> None:
        self.folder = folder
        self.clock = clock
        self.journal = Journal(folder / LEDGER)
        self.reserve = Reserve(folder)
        self.day_keys = DayKeys(folder)
        self._step = steps
        self._db: Database | None = None
        self._lags = False

    @property
    def db(self) -> Database:
        if self._db is None:
            raise RuntimeError("the store is not open")
        return self._db

    def open(self) -> int:
        """Opens the ledger for appending and the database; gives the bytes of a torn ledger line cut off. Raises StoreError.

        A damaged database raises sqlite3.DatabaseError, for the check to replace it.
        """
        cut = self.journal.open()
        try:
            self._db = open_writer(self.folder / DATABASE)
        except BaseException:
            self.journal.close()
            raise
        return cut

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        self.journal.close()

    # notes

    def note(self, kind: Kind, body: Body) -> Record:
        """A record that is all there is to it. Raises StoreError, and then it is not on the ledger."""
        self._step(Step.NOTE_1)
        record = self._in_need(lambda: self._append(kind, body))
        self._step(Step.NOTE_2)
        self._index(record)
        self._step(Step.NOTED)
        return record

    # writing

    def keep(self, offer: Offer) -> StoredFile:
        """The write procedure. Raises StoreError; then nothing of it is stored, and the partial is still there to try again."""
        video = self._target(offer.partial, offer.kind)
        poster = offer.poster
        with disk_errors(self.folder):
            self._step(Step.WRITE_1)
            if poster is not None:
                write_synced(layout.partial(layout.sibling(video, layout.POSTER)), poster)
            write_synced(layout.partial(layout.sibling(video, layout.SIDECAR)), bodies.sidecar_bytes(offer.sidecar))
            self._step(Step.WRITE_2)
            sync_file(offer.partial)
            self._step(Step.WRITE_3)
            suffixes = [layout.VIDEO, layout.SIDECAR] + ([] if poster is None else [layout.POSTER])
            parts = {suffix: self._part(layout.sibling(video, suffix)) for suffix in suffixes}
        self._rename(video, set(suffixes))
        stored = StoredFile(
            seq=0,
            kind=offer.kind,
            camera=offer.camera,
            incident=offer.incident,
            start_utc=offer.start_utc,
            end_utc=max(offer.start_utc, offer.end_utc),
            frames=len(offer.sidecar.frames),
            video=parts[layout.VIDEO],
            sidecar=parts[layout.SIDECAR],
            poster=parts.get(layout.POSTER),
            recovered=offer.recovered,
        )
        return self.enter(stored)

    def enter(self, stored: StoredFile) -> StoredFile:
        """Write steps 6 and 7 alone, for files that have their final names.

        When the ledger refuses, the names go back to partial.
        """
        self._step(Step.WRITE_6)
        try:
            record = self._append(Kind.STORED, bodies.stored_body(stored))
        except StoreError:
            self._rename_back(self.folder / stored.path)
            raise
        self._step(Step.WRITE_7)
        self._index(record)
        self._step(Step.WRITTEN)
        return bodies.stored_of(record.seq, record.body)

    def _rename(self, video: Path, suffixes: set[str]) -> None:
        """Write steps 4 and 5. The video comes last: where it has its final name, so have the others."""
        order = ((Step.WRITE_4, layout.POSTER), (Step.WRITE_4_SIDECAR, layout.SIDECAR), (Step.WRITE_4_VIDEO, layout.VIDEO))
        try:
            with disk_errors(self.folder):
                for step, suffix in order:
                    self._step(step)
                    if suffix in suffixes:
                        path = layout.sibling(video, suffix)
                        layout.partial(path).rename(path)
                self._step(Step.WRITE_5)
                sync_folder(video.parent)
        except StoreError:
            self._rename_back(video)
            raise

    def _rename_back(self, video: Path) -> None:
        """What did not get onto the ledger is not stored: it goes back to being partial, to be offered again."""
        for suffix in (layout.VIDEO, layout.SIDECAR, layout.POSTER):
            path = layout.sibling(video, suffix)
            with disk_errors(self.folder), suppress(FileNotFoundError):
                path.rename(layout.partial(path))

    # erasing

    def erase(self, stored: StoredFile, reason: Text) -> None:
        """The erase procedure. Raises StoreError; then a check (or erasing again) finishes it."""
        self._step(Step.ERASE_1)
        why = json.dumps(bodies.text_body(reason), ensure_ascii=False)
        sql = "update files set erasing = ? where seq = ? and erasing is null"
        with suppress(DiskFull):  # the mark only saves a begun erasing from being forgotten; the space is needed more
            self._in_need(lambda: self._execute(sql, [why, stored.seq]))
        self.erase_marked(stored, reason)

    def erase_marked(self, stored: StoredFile, reason: Text) -> None:
        """Erase steps 2 to 5, for a row that is marked."""
        self._step(Step.ERASE_2)
        body = {"path": stored.path, "stored": stored.seq, "sha256": stored.video.sha256, "reason": bodies.text_body(reason)}
        self._index(self._in_need(lambda: self._append(Kind.ERASED, body)))
        self.erase_recorded(stored)

    def erase_again(self, stored: StoredFile) -> None:
        """Go on with a deletion that was marked, with the reason that was given then."""
        row = self.db.execute("select erasing from files where seq = ?", [stored.seq]).fetchone()
        self.erase_marked(stored, bodies.text_of(json.loads(row[0])))

    def erase_recorded(self, stored: StoredFile) -> None:
        """Erase steps 3 to 5, for a deletion that is on the ledger."""
        with disk_errors(self.folder):
            for step, part in zip((Step.ERASE_3, Step.ERASE_3_REST, Step.ERASE_3_REST), stored.parts, strict=False):
                self._step(step)
                (self.folder / part.path).unlink(missing_ok=True)
            self._step(Step.ERASE_4)
            parent = (self.folder / stored.path).parent
            if parent.is_dir():
                sync_folder(parent)
        self._step(Step.ERASE_5)
        with suppress(DiskFull):  # the files are gone; the row is marked by the ledger's record, and a check removes it
            self._execute("delete from files where seq = ?", [stored.seq])
        self._step(Step.ERASED)
        if stored.end_utc < self.clock.utc() - OLD_S:
            self._tidy(parent)

    def erase_entries(self, day: str, reason: Text) -> None:
        """Forget whose the entries of a UTC day were: ledger first, then the key. Raises StoreError; a check finishes it."""
        self._step(Step.ERASE_2)
        body = {"day": day, "reason": bodies.text_body(reason)}
        record = self._in_need(lambda: self._append(Kind.ENTRIES_ERASED, body))
        self._step(Step.ERASE_3)
        self.day_keys.remove(day)
        self._step(Step.ERASE_5)
        self._index(record)
        self._step(Step.ERASED)

    def _tidy(self, folder: Path) -> None:
        """Remove empty day folders; only old ones, as a recorder may be about to write into a new one."""
        tops = {self.folder / tree for tree in layout.TREES.values()}
        with suppress(OSError):  # not empty: there the way up ends
            while folder not in tops and folder != self.folder:
                folder.rmdir()
                folder = folder.parent

    # both

    def catch_up(self) -> int:
        """Put into the index what the ledger has beyond it; gives how many records. Raises StoreError."""
        with disk_errors(self.folder):
            done = projection.catch_up(self.db, self.journal.records(projection.applied(self.db).seq))
        self._lags = False
        return done

    def settle(self, *, in_need: bool = False) -> bool:
        """When the database refused something before, try again. False: it still does, so the index does not know all.

        in_need: it matters so much that the reserve may be given up for it.
        """
        if self._lags:
            with suppress(StoreError):
                if in_need:
                    self._in_need(self.catch_up)
                else:
                    self.catch_up()
        return not self._lags

    def _in_need(self, do: Callable[[], T]) -> T:
        """For what is small or frees space: when the disk is full, the reserve is given up for it."""
        try:
            return do()
        except DiskFull:
            if not self.reserve.release():
                raise
            return do()

    def _execute(self, sql: str, values: list[Any]) -> None:
        with disk_errors(self.folder):
            self.db.execute(sql, values)

    def _append(self, kind: Kind, body: Body) -> Record:
        return self.journal.append(round(self.clock.utc(), 3), kind.value, body)

    def _index(self, record: Record) -> None:
        """The ledger has the record, so it is kept; a database that refuses it now gets it with the next one."""
        try:
            if self._lags or projection.applied(self.db).seq + 1 != record.seq:
                self.catch_up()
            else:
                projection.apply(self.db, record)
        except (sqlite3.Error, StoreError) as failure:
            if not self._lags:
                log.warning("the index lags behind the ledger from record %d on: %s", record.seq, failure)
            self._lags = True

    def _target(self, partial: Path, kind: FileKind) -> Path:
        """The final path of a partial, if it is where partial_path says. Raises StoreError."""
        video = layout.final(partial)
        tree = self.folder / layout.TREES[kind]
        fits = partial.name.endswith(layout.VIDEO + layout.PARTIAL) and partial.resolve().is_relative_to(tree.resolve())
        if not fits or not partial.is_file():
            raise StoreError(
                ko=f"저장할 영상 파일을 찾을 수 없습니다({partial}).",
                en=f"There is no finished video to store at {partial}.",
            )
        if video.exists():
            raise StoreError(
                ko=f"같은 이름의 영상이 이미 저장되어 있습니다({video.name}).",
                en=f"A video of this name is stored already ({video.name}).",
            )
        return video

    def _part(self, path: Path) -> Part:
        """Size and hash of a file that still has its partial name."""
        at = layout.partial(path)
        return Part(path.relative_to(self.folder).as_posix(), at.stat().st_size, sha256_of(at))

    def make_partial(self, kind: FileKind, name: str, utc: float) -> Path:
        """See Vault.partial_path."""
        while True:
            path = self.folder / layout.video_path(kind, name, utc)
            if kind is FileKind.CLIP or not (path.exists() or layout.partial(path).exists()):
                break
            utc += 0.001  # two segments of one camera in the same millisecond: the clock was set back
        with disk_errors(self.folder):
            make_folders(path.parent, self.folder)
        return layout.partial(path)
