"""Signs how the ledger stands, again and again, at the cost of the lines that were added in between.

Comes in: the ledger's folder, the device's key. Goes out: signed `Checkpoint`s of all lines so far. The first one reads the
whole ledger (seconds for a million lines), the later ones what is new. Not thread-safe: the vault's writer alone holds one.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.errors import IntegrityError
from agent.vault.checkpoint import Checkpoint, checkpoint_of, make_checkpoint
from agent.vault.device_key import DeviceKey
from agent.vault.durable import disk_errors
from agent.vault.journal import Journal
from agent.vault.ledger import GENESIS, BadLine, Head, line_hash, parse
from agent.vault.merkle import Edge, leaf_hash
from agent.vault.witness import MARK


class Notary:
    """Holding one means: you may sign what the ledger of `journal` is."""

    def __init__(self, journal: Journal, key: DeviceKey) -> None:
        self._journal = journal
        self._key = key
        self._edge = Edge()
        self._head = GENESIS
        self._at: tuple[str, int] = ("", 0)  # up to which byte of which day's file it was read
        self._unsigned = 0  # lines since the last checkpoint
        self._newest: bytes | None = None  # its line

    def newest(self) -> Checkpoint | None:
        """The last checkpoint that `draft` has met on the ledger. Raises IntegrityError when it was damaged."""
        if self._newest is None:
            return None
        try:
            return checkpoint_of(parse(self._newest).body)
        except (BadLine, ValueError) as wrong:
            raise IntegrityError(
                ko="원장의 마지막 서명이 손상되었습니다. `ansim check --deep`으로 확인해 주세요.",
                en="The last signature on the ledger is damaged. Run `ansim check --deep`.",
            ) from wrong

    def draft(self, utc: float) -> Checkpoint | None:
        """A checkpoint of all lines that are on the disk now, to be put onto the ledger; None when the last line is one.

        Raises StoreError when the ledger cannot be read, IntegrityError when it was cut since the last one.
        """
        with disk_errors(self._journal.folder):
            for line in self._new_lines():
                self._edge.add(leaf_hash(line))
                self._head = line_hash(line)
                self._unsigned += 1
                if MARK in line:
                    self._unsigned, self._newest = 0, line
        if not self._unsigned:
            return None
        return make_checkpoint(Head(self._edge.size, self._head), self._edge.root(), utc, self._key.public, self._key.sign)

    def _new_lines(self) -> Iterator[bytes]:
        name, offset = self._at
        for path in self._journal.files():
            if path.name < name:
                continue
            start = offset if path.name == name else 0
            if path.stat().st_size < start:
                raise IntegrityError(
                    ko=f"원장 파일 {path.name}이(가) 짧아졌습니다. `ansim check --deep`으로 확인해 주세요.",
                    en=f"The ledger's file {path.name} has become shorter. Run `ansim check --deep`.",
                )
            with path.open("rb") as file:
                file.seek(start)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    start += len(line)
                    self._at = (path.name, start)  # before it is counted: after a read error no line is counted twice
                    yield line.removesuffix(b"\n")
