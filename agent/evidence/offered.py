"""Exports that wait in the data folder for whoever fetches them: a day each, then they are erased.

Comes in: the data folder, how much room recording needs. Goes out: the folder for `deliver`, paths by name. What lies there is
encrypted, or a masked clip that somebody chose to hand over as it is. The register keeps what was made after the file is gone.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.clock import Clock
from agent.evidence.delivery import PARTIAL, NotDelivered
from agent.vault import layout
from agent.vault.durable import disk_errors

log = logging.getLogger(__name__)

KEPT_S = 86_400.0
_NAME = re.compile(r"(?P<bag>ansim-[A-Za-z0-9][A-Za-z0-9._-]{0,150}-(?P<utc>\d{8}T\d{6}Z))\.zip(\.age)?")


@dataclass(frozen=True, slots=True)
class Offered:
    """An export that can be fetched now. bag: its name, as on the register; until_utc: it is erased then (Unix time)."""

    bag: str
    path: Path
    bytes: int
    until_utc: float


class OfferedFiles:
    """Holding one means: exports may be laid down here. Safe to use from any thread."""

    def __init__(self, top: Path, clock: Clock, keep_free: float) -> None:
        """top: the data folder. keep_free: bytes that an export must leave to recording."""
        self._top = top
        self._folder = top / layout.EXPORTS
        self._clock = clock
        self._keep_free = keep_free

    def folder(self, size: int) -> Path:
        """Where an export of so many bytes may be written. Raises NotDelivered when there is no room, StoreError."""
        self.tidy()
        with disk_errors(self._top):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            free = shutil.disk_usage(self._folder).free
        if free - size < self._keep_free:
            raise NotDelivered(
                ko="디스크에 자리가 모자라 내보내지 않았습니다. 녹화할 자리를 남겨야 합니다. 오래된 파일을 지우거나 "
                "`ansim export`로 USB에 바로 내보내 주세요.",
                en="The disk has too little room for this export: recording needs it. Free some space, or export straight to a "
                "stick with `ansim export`.",
            )
        return self._folder

    def find(self, bag: str) -> Offered | None:
        """The export of that bag, while it is there."""
        return next((one for one in self.all() if one.bag == bag), None)

    def all(self) -> tuple[Offered, ...]:
        now = self._clock.utc()
        return tuple(one for one in self._found() if not _is_over(one, now))

    def drop(self, path: Path) -> None:
        """Nothing of it remains."""
        with disk_errors(self._top):
            path.unlink(missing_ok=True)

    def clear_leftovers(self) -> None:
        """At the start: what a process that died had begun to write. Nobody writes here then. Raises StoreError."""
        with disk_errors(self._top):
            for path in self._folder.glob(f"*{PARTIAL}") if self._folder.is_dir() else ():
                path.unlink(missing_ok=True)
        self.tidy()

    def tidy(self) -> None:
        """Erase what has waited for a day. Raises StoreError."""
        now = self._clock.utc()
        for one in self._found():
            if _is_over(one, now):
                self.drop(one.path)
                log.info("the export %s was erased, a day after it was made", one.bag)

    def _found(self) -> Iterator[Offered]:
        with disk_errors(self._top):
            paths = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        for path in paths:
            name = _NAME.fullmatch(path.name)
            if name is not None:
                made = datetime.strptime(name["utc"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
                with suppress(OSError):  # it was erased a moment ago
                    yield Offered(name["bag"], path, path.stat().st_size, made + KEPT_S)


def _is_over(one: Offered, now: float) -> bool:
    """A day has passed; or the clock was set back by more than a day, and nobody knows how long it has been there."""
    return not 0 < one.until_utc - now <= 2 * KEPT_S
