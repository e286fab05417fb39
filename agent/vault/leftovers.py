"""The folders of videos compared with the index: what is missing or changed, and what a dead process left behind.

Comes in: the folders, the index, and the store to repair with (None: only look). Goes out: problems.
Nothing that has its final name is ever removed here. What is removed: partial files that show nothing, and companions without
video.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlite_utils import Database

from agent.values import Sidecar, Text
from agent.vault import bodies, index, layout, playable
from agent.vault.durable import disk_errors, sha256_of, sync_folder
from agent.vault.offer import Offer, clip_offer
from agent.vault.report import ProblemKind
from agent.vault.rows import FileKind, FileState, Part, StoredFile
from agent.vault.store import Store

CUT_OFF = Text(ko="저장 도중 중단된 영상입니다.", en="Its storing was cut off.")
BROKEN = Text(
    ko="기록 도중 중단되어 재생할 수 없는 영상 조각입니다.", en="A video that was cut off before it could show anything."
)
UNKNOWN = Text(
    ko="안심이 저장한 기록이 없는 파일입니다. 필요하지 않으면 직접 삭제해 주세요.",
    en="Nothing is known of this file. Remove it yourself if you do not need it.",
)


class Found(Protocol):
    """Hears of a problem. repair: does away with it; None where nothing can. known: reported by an earlier check."""

    def __call__(
        self, kind: ProblemKind, where: str, text: Text, repair: Callable[[], None] | None = None, *, known: bool = False
    ) -> None: ...


def day_folders(top: Path) -> Iterator[str]:
    """All folders that hold videos, as paths below the data folder."""
    for tree in layout.TREES.values():
        for at, below, names in os.walk(top / tree):
            below.sort()
            if names:
                yield Path(at).relative_to(top).as_posix()


class DayFolder:
    """One folder of videos beside what the index says of it."""

    def __init__(self, top: Path, rel: str, db: Database, store: Store | None, found: Found) -> None:
        self._top = top
        self._path = top / rel
        self._db = db
        self._store = store
        self._found = found
        self._sizes: dict[str, int] = {}
        if self._path.is_dir():
            with disk_errors(top), os.scandir(self._path) as entries:
                self._sizes = {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}
        self._expected = tuple(index.files_in(db, rel).values())

    def compare_expected(self, *, deep: bool) -> tuple[int, int]:
        """Look at all that the index knows; gives how many files with how many bytes are good. deep: hash them too."""
        files = size = 0
        for stored in self._expected:
            if self._good(stored, deep):
                files, size = files + len(stored.parts), size + stored.bytes
        return files, size

    def _good(self, stored: StoredFile, deep: bool) -> bool:
        absent = [part for part in stored.parts if _name(part) not in self._sizes]
        if absent and all(_name(part) + layout.PARTIAL in self._sizes for part in absent):
            self._found(ProblemKind.RENAME_UNFINISHED, stored.path, CUT_OFF, partial(self._rename, absent))
            return True
        if absent:
            self._bad(stored, FileState.MISSING, absent[0])
            return False
        changed = next((part for part in stored.parts if self._changed(part, deep)), None)
        if changed is not None:
            self._bad(stored, FileState.DAMAGED, changed)
            return False
        if stored.state is FileState.MISSING or (deep and stored.state is FileState.DAMAGED):
            self._set_state(stored, FileState.GOOD)  # somebody brought it back, from a backup
        return True

    def _changed(self, part: Part, deep: bool) -> bool:
        return self._sizes[_name(part)] != part.bytes or (deep and sha256_of(self._top / part.path) != part.sha256)

    def _bad(self, stored: StoredFile, state: FileState, part: Part) -> None:
        """Nothing brings it back. The index remembers that it is known, so that it makes one event, not one at each start."""
        if state is FileState.MISSING:
            kind = ProblemKind.FILE_MISSING
            text = Text(ko=f"저장된 파일이 사라졌습니다({part.path}).", en=f"A stored file is gone ({part.path}).")
        else:
            kind = ProblemKind.FILE_CHANGED
            text = Text(
                ko=f"저장된 파일이 원장의 기록과 다릅니다({part.path}).",
                en=f"A stored file is not what the ledger says ({part.path}).",
            )
        self._found(kind, stored.path, text, known=stored.state is state)
        self._set_state(stored, state)

    def _set_state(self, stored: StoredFile, state: FileState) -> None:
        if self._store is not None and stored.state is not state:
            with disk_errors(self._top):
                self._store.db.execute("update files set state = ? where seq = ?", [state.value, stored.seq])

    def _rename(self, parts: list[Part]) -> None:
        with disk_errors(self._top):
            for part in parts:
                path = self._top / part.path
                layout.partial(path).rename(path)
            sync_folder(self._path)

    # what the index does not know

    def compare_unexpected(self) -> None:
        """Finish, adopt or remove what has no row. Only while no agent is running: its partial files are not leftovers."""
        known = {_name(part) for stored in self._expected for part in stored.parts}
        known |= {name + layout.PARTIAL for name in known if name not in self._sizes}
        groups: dict[str, set[str]] = defaultdict(set)
        for name in self._sizes.keys() - known:
            groups[name.removesuffix(layout.PARTIAL).rpartition(".")[0]].add(name)
        for stem, names in sorted(groups.items()):
            self._leftover(self._path / (stem + layout.VIDEO), names)

    def _leftover(self, video: Path, names: set[str]) -> None:
        where = video.relative_to(self._top).as_posix()
        kind = layout.kind_of(where)
        unfinished = video.name + layout.PARTIAL
        if kind is not None and video.name in names:
            sidecar = self._sidecar(video, names)
            if sidecar is None:
                self._found(ProblemKind.UNKNOWN_FILE, where, UNKNOWN, known=True)
            else:
                self._found(ProblemKind.NOT_ENTERED, where, CUT_OFF, partial(self._enter, kind, video, names, sidecar))
        elif kind is not None and unfinished in names:
            self._partial(kind, video, names)
        else:
            self._companions(names)

    def _partial(self, kind: FileKind, video: Path, names: set[str]) -> None:
        where = video.relative_to(self._top).as_posix()
        at = layout.partial(video)
        sidecar = self._sidecar(video, names)
        start = layout.utc_of(video.stem)
        if kind is FileKind.SEGMENT and (found := playable.fragments(at)) is not None and start is not None:
            text = Text(
                ko=f"기록 도중 중단된 재실 녹화입니다({found.seconds:.0f}초 분량 재생 가능).",
                en=f"A presence recording that was cut off; {found.seconds:.0f} s of it play.",
            )
            self._found(ProblemKind.PARTIAL, where, text, partial(self._adopt_segment, video, found, start, sidecar))
        elif kind is FileKind.CLIP and self._clip_complete(video, names, sidecar):
            assert sidecar is not None
            self._found(ProblemKind.PARTIAL, where, CUT_OFF, partial(self._adopt_clip, video, names, sidecar))
        else:
            self._found(ProblemKind.BROKEN_PARTIAL, where, BROKEN, partial(self._remove, names))

    def _clip_complete(self, video: Path, names: set[str], sidecar: Sidecar | None) -> bool:
        """The sidecar is written after the poster and both after the video, so a whole sidecar says that all is there."""
        poster = layout.sibling(video, layout.POSTER).name
        there = poster in names or poster + layout.PARTIAL in names
        known = index.incident(self._db, layout.incident_of_clip(video.name)) is not None
        return (
            sidecar is not None
            and bool(sidecar.frames)
            and there
            and known
            and playable.whole(layout.partial(video)) is not None
        )

    def _adopt_segment(self, video: Path, found: playable.Playable, start: float, sidecar: Sidecar | None) -> None:
        at = layout.partial(video)
        with disk_errors(self._top):
            if at.stat().st_size != found.bytes:
                os.truncate(at, found.bytes)
        camera = layout.camera_of_segment(video.relative_to(self._top).as_posix())
        end = start + found.seconds if sidecar is None or not sidecar.frames else sidecar.frames[-1].utc
        kept = sidecar or Sidecar(camera, ())
        self._writing().keep(Offer(FileKind.SEGMENT, camera, at, kept, start, end, recovered=True))

    def _adopt_clip(self, video: Path, names: set[str], sidecar: Sidecar) -> None:
        poster = layout.sibling(video, layout.POSTER)
        with disk_errors(self._top):
            jpeg = (poster if poster.name in names else layout.partial(poster)).read_bytes()
        incident = layout.incident_of_clip(video.name)
        self._writing().keep(clip_offer(incident, layout.partial(video), jpeg, sidecar, recovered=True))

    def _enter(self, kind: FileKind, video: Path, names: set[str], sidecar: Sidecar) -> None:
        """All have their final names; only the ledger and the index are missing."""
        companions = {suffix: layout.sibling(video, suffix) for suffix in (layout.SIDECAR, layout.POSTER)}
        parts = {s: self._part(path) for s, path in {**companions, layout.VIDEO: video}.items() if path.name in names}
        start = layout.utc_of(video.stem) if kind is FileKind.SEGMENT else None
        times = [frame.utc for frame in sidecar.frames] or [start or 0.0]
        self._writing().enter(
            StoredFile(
                seq=0,
                kind=kind,
                camera=sidecar.camera,
                incident=layout.incident_of_clip(video.name) if kind is FileKind.CLIP else None,
                start_utc=times[0] if start is None else start,
                end_utc=times[-1],
                frames=len(sidecar.frames),
                video=parts[layout.VIDEO],
                sidecar=parts[layout.SIDECAR],
                poster=parts.get(layout.POSTER),
                recovered=True,
            )
        )

    def _companions(self, names: set[str]) -> None:
        """Posters and sidecars of a video that was never finished, or whose erasing was cut off."""
        for name in sorted(names):
            where = (self._path / name).relative_to(self._top).as_posix()
            if name.removesuffix(layout.PARTIAL).endswith((layout.POSTER, layout.SIDECAR)):
                self._found(ProblemKind.BROKEN_PARTIAL, where, BROKEN, partial(self._remove, {name}))
            else:
                self._found(ProblemKind.UNKNOWN_FILE, where, UNKNOWN, known=True)

    def _remove(self, names: set[str]) -> None:
        with disk_errors(self._top):
            for name in names:
                (self._path / name).unlink(missing_ok=True)
            sync_folder(self._path)

    def _sidecar(self, video: Path, names: set[str]) -> Sidecar | None:
        path = layout.sibling(video, layout.SIDECAR)
        for at in (path, layout.partial(path)):
            if at.name in names:
                try:
                    return bodies.sidecar_of(at.read_bytes())
                except ValueError:
                    continue
        return None

    def _part(self, path: Path) -> Part:
        with disk_errors(self._top):
            return Part(path.relative_to(self._top).as_posix(), path.stat().st_size, sha256_of(path))

    def _writing(self) -> Store:
        assert self._store is not None  # `found` calls no repair where there is nothing to repair with
        return self._store


def _name(part: Part) -> str:
    return part.path.rpartition("/")[2]
