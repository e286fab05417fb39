"""The keys under which each day's entries tell whose they were. Who removes a day's key makes its entries anonymous for good.

Comes in: UTC days ("2026-11-22"). Goes out: keys of 32 bytes, from keys/entries/DAY.key, readable by the agent's user only.
The ledger is never rewritten; what must not be known any more is in it sealed with a key that can go (crypto-erasure).
"""

from __future__ import annotations

import re
import secrets
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from agent.vault.durable import disk_errors, make_folders, sync_folder, write_synced
from agent.vault.sealing import KEY_BYTES

KEYS = "keys"
FOLDER = f"{KEYS}/entries"
SUFFIX = ".key"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def day_of(utc: float) -> str:
    return f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d}"


class DayKeys:
    """Holding one means: you may read the keys of days below the data folder `top`. `make` and `remove` are the writer's."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._folder = top / FOLDER
        self._known: dict[str, bytes] = {}
        self._lock = threading.RLock()  # so that nobody remembers a key while it is removed

    def find(self, day: str) -> bytes | None:
        """The key of a day; None: there is none (any more), or it is not whole."""
        try:
            return self._read(day)
        except OSError:
            return None

    def make(self, day: str) -> bytes:
        """The key of a day, made (and on the disk for certain) where there is none. Raises StoreError."""
        with disk_errors(self._top):
            known = self._read(day)  # a key that cannot be read now is not replaced: it opens what was sealed before
            if known is None:
                known = secrets.token_bytes(KEY_BYTES)
                (self._top / KEYS).mkdir(mode=0o700, exist_ok=True)
                make_folders(self._folder, self._top)
                self._path(day).unlink(missing_ok=True)  # one that is not whole never sealed anything
                write_synced(self._path(day), known, mode=0o600, exclusive=True)
                sync_folder(self._folder)
                self._known[day] = known
        return known

    def remove(self, day: str) -> None:
        """Nobody opens what was sealed on that day any more. Raises StoreError."""
        with self._lock, disk_errors(self._top):
            try:
                with suppress(FileNotFoundError):
                    self._path(day).unlink()
                    sync_folder(self._folder)
            finally:
                self._known.pop(day, None)

    def days(self) -> tuple[str, ...]:
        """The days that have a key, oldest first."""
        if not self._folder.is_dir():
            return ()
        return tuple(sorted(p.stem for p in self._folder.iterdir() if p.suffix == SUFFIX and _DAY.fullmatch(p.stem)))

    def _read(self, day: str) -> bytes | None:
        """None: there is none, or it is not whole. Raises OSError."""
        with self._lock:
            known = self._known.get(day)
            if known is None:
                with suppress(FileNotFoundError):
                    known = self._path(day).read_bytes()
            if known is None or len(known) != KEY_BYTES:
                return None
            self._known[day] = known
            return known

    def _path(self, day: str) -> Path:
        return self._folder / f"{day}{SUFFIX}"
