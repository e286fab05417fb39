"""Whether the sealed originals are whole, and what a dead process left half done of sealing and erasing them.

Comes in: the index, the data folder, and what stores and erases originals (None: only look). Goes out: problems.
What has its final name and is on the ledger is never removed here. Nobody can look inside an original without the owner's key:
what is compared is what the ledger says of its bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from agent.values import Text
from agent.vault import bodies, index, layout
from agent.vault.durable import disk_errors, sha256_of
from agent.vault.ledger import Body
from agent.vault.leftovers import Found
from agent.vault.originals import Originals
from agent.vault.report import ProblemKind
from agent.vault.rows import FileState, SealedFile


def check_originals(
    top: Path, db: Database, originals: Originals | None, found: Found, *, deep: bool, alone: bool
) -> tuple[int, int]:
    """Gives how many files of how many bytes are good. deep: hash them. alone: no agent runs, so what is left over is."""
    if alone:
        for sealed, recorded in index.sealed_erasing(db):
            finish = None
            if originals is not None:
                finish = partial(originals.erase_recorded if recorded else originals.erase_again, sealed)
            found(ProblemKind.ERASE_UNFINISHED, sealed.path, _ERASING, finish)
        for path, names in _strangers(top, db):
            _leftover(top, db, path, names, originals, found)
    files = size = 0
    for sealed in index.every_sealed(db):
        if _good(top, db, sealed, originals, found, deep=deep):
            files, size = files + 2, size + sealed.bytes
    return files, size


def _good(top: Path, db: Database, sealed: SealedFile, originals: Originals | None, found: Found, *, deep: bool) -> bool:
    path = top / sealed.path
    state, text, kind = FileState.GOOD, _CHANGED, ProblemKind.FILE_CHANGED
    with disk_errors(top):
        if not path.is_file() or not layout.key_of(path).is_file():
            state, text, kind = FileState.MISSING, _GONE, ProblemKind.FILE_MISSING
        elif not _fits(path, sealed, deep=deep):
            state = FileState.DAMAGED
    if state is not FileState.GOOD:
        found(kind, sealed.path, text, known=sealed.state is state)
    if originals is not None and sealed.state is not state and (state is not FileState.GOOD or deep or _was_missing(sealed)):
        with disk_errors(top):
            db.execute("update sealed set state = ? where seq = ?", [state.value, sealed.seq])
    return state is FileState.GOOD


def _was_missing(sealed: SealedFile) -> bool:
    return sealed.state is FileState.MISSING


def _fits(path: Path, sealed: SealedFile, *, deep: bool) -> bool:
    """Whether the bytes are those of the ledger; the key's always, the original's by size unless deep."""
    if path.stat().st_size != sealed.bytes or sha256_of(layout.key_of(path)) != sealed.key_sha256:
        return False
    return not deep or sha256_of(path) == sealed.sha256


def _strangers(top: Path, db: Database) -> Iterator[tuple[Path, set[str]]]:
    """What lies in the tree and has no row, grouped by the original that it belongs to."""
    known = index.sealed_paths(db)
    for at, below, names in os.walk(top / layout.SEALED_TREE):
        below.sort()
        groups: dict[Path, set[str]] = {}
        for name in names:
            path = layout.original_of(Path(at) / name)
            if path.relative_to(top).as_posix() not in known or name == layout.note_of(path).name:
                groups.setdefault(path, set()).add(name)
        yield from sorted(groups.items())


def _leftover(top: Path, db: Database, path: Path, names: set[str], originals: Originals | None, found: Found) -> None:
    where = path.relative_to(top).as_posix()
    note = layout.note_of(path)
    body = _promised(note) if note.name in names else None
    if where in index.sealed_paths(db):
        repair = None if originals is None else partial(originals.forget_note, path)
        found(ProblemKind.RENAME_UNFINISHED, where, _CUT_OFF, repair)
    elif body is not None and body["path"] == where and _is_there(path, body):
        repair = None if originals is None else partial(_finish, originals, path, body)
        found(ProblemKind.NOT_ENTERED, where, _CUT_OFF, repair)
    elif path.name not in names:
        repair = None if originals is None else partial(originals.drop, path)
        found(ProblemKind.BROKEN_PARTIAL, where, _BROKEN, repair)
    else:
        found(ProblemKind.UNKNOWN_FILE, where, _UNKNOWN, known=True)


def _finish(originals: Originals, path: Path, body: Body) -> None:
    originals.finish(path, body)


def _promised(note: Path) -> Body | None:
    """What a note says is going to be stored; None when it was cut off itself."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        body: Body = json.loads(note.read_bytes())
        bodies.sealed_of(0, body)
        return body
    return None


def _is_there(path: Path, body: Body) -> bool:
    """Whether both files are whole, under whichever name."""
    for one, sha256 in ((path, body["sha256"]), (layout.key_of(path), body["key_sha256"])):
        at = one if one.is_file() else layout.partial(one)
        try:
            if sha256_of(at) != sha256:
                return False
        except OSError:
            return False
    return True


_ERASING = Text(
    ko="삭제 도중 중단된 봉인 원본의 삭제를 마쳤습니다.", en="Erasing a sealed original, which was cut off, was finished."
)
_CUT_OFF = Text(ko="봉인한 원본의 저장이 도중에 중단되었습니다.", en="Storing a sealed original was cut off.")
_BROKEN = Text(
    ko="봉인 도중 중단되어 열 수 없는 원본입니다. 증거 영상과 녹화는 그대로 있습니다.",
    en="An original that was cut off while being sealed and cannot be opened. Clip and recording are not touched by this.",
)
_GONE = Text(
    ko="봉인한 원본이나 그 열쇠 파일이 없습니다. 백업이 있으면 되돌려 주세요.",
    en="A sealed original or the file of its key is gone. Restore it from a backup.",
)
_CHANGED = Text(
    ko="봉인한 원본이나 그 열쇠 파일이 원장의 기록과 다릅니다. 백업이 있으면 되돌려 주세요.",
    en="A sealed original or the file of its key is not what the ledger says. Restore it from a backup.",
)
_UNKNOWN = Text(
    ko="안심이 저장한 기록이 없는 파일입니다. 필요하지 않으면 직접 삭제해 주세요.",
    en="Nothing is known of this file. Remove it yourself if you do not need it.",
)
