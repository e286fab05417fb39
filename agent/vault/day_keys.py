"""The keys under which each day's entries tell whose they were. Who removes a day's key makes its entries anonymous for good.

Comes in: UTC days ("2026-11-22"). Goes out: keys of 32 bytes, from keys/entries/DAY.key, readable by the agent's user only.
The ledger is never rewritten; what must not be known any more is in it sealed with a key that can go (crypto-erasure).
"""

from __future__ import annotations

import re
import secrets
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

    def find(self, day: str) -> bytes | None:
        """The key of a day; None: there is none (any more), or it is not whole."""
        known = self._known.get(day)
        if known is None:
            try:
                known = self._path(day).read_bytes()
            except OSError:
                return None
            if len(known) != KEY_BYTES:
                return None
            self._known[day] = known
        return known

    def make(self, day: str) -> bytes:
        """The key of a day, made (and on the disk for certain) where there is none. Raises StoreError."""
        known = self.find(day)
        if known is None:
            known = secrets.token_bytes(KEY_BYTES)
            with disk_errors(self._top):
                (self._top / KEYS).mkdir(mode=0o700, exist_ok=True)
                make_folders(self._folder, self._top)
                write_synced(self._path(day), known, mode=0o600)
                sync_folder(self._folder)
            self._known[day] = known
        return known

    def remove(self, day: str) -> None:
        """Nobody opens what was sealed on that day any more. Raises StoreError."""
        self._known.pop(day, None)
        with disk_errors(self._top), suppress(FileNotFoundError):
            self._path(day).unlink()
            sync_folder(self._folder)

    def days(self) -> tuple[str, ...]:
        """The days that have a key, oldest first."""
        if not self._folder.is_dir():
            return ()
        return tuple(sorted(p.stem for p in self._folder.iterdir() if p.suffix == SUFFIX and _DAY.fullmatch(p.stem)))

    def _path(self, day: str) -> Path:
        return self._folder / f"{day}{SUFFIX}"
