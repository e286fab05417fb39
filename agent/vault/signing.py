"""The part of the vault that signs the ledger.

Comes in: the ledger as it is, the device's key. Goes out: checkpoints on the ledger, and what is noted of those that left.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from agent.errors import IntegrityError
from agent.vault.bodies import Kind
from agent.vault.checkpoint import Checkpoint, checkpoint_body
from agent.vault.device_key import DeviceKey
from agent.vault.notary import Notary
from agent.vault.store import Store
from agent.vault.writer import Writer


class Signing(ABC):
    """Holding one that is open means: you may have the ledger signed, from any thread."""

    _store: Store
    _writer: Writer
    _notary: Notary | None = None

    @property
    @abstractmethod
    def device(self) -> DeviceKey:
        """The key with which this device signs, of an open vault."""

    @abstractmethod
    def _utc(self) -> float:
        """Unix time to the millisecond."""

    def checkpoint(self) -> Checkpoint:
        """The device signs the ledger as it is now, on the ledger; the newest one there if nothing was added since.

        Raises StoreError; IntegrityError when the ledger was cut or damaged, or nothing is on it.
        """

        def put() -> Checkpoint:
            self._notary = self._notary or Notary(self._store.journal, self.device)
            draft = self._notary.draft(self._utc())
            if draft is not None:
                self._store.note(Kind.CHECKPOINT, checkpoint_body(draft))
                return draft
            newest = self._notary.newest()
            if newest is None:
                raise IntegrityError(ko="원장이 비어 있습니다.", en="There is nothing on the ledger.")
            return newest

        return self._writer.submit(put).result()

    def record_anchor(self, checkpoint: Checkpoint, reached: Sequence[str], missed: Sequence[str]) -> None:
        """This checkpoint left the machine; by which kinds of ways, and by which not. Raises StoreError."""
        sent = {"size": checkpoint.size, "root": checkpoint.root.hex(), "reached": list(reached), "missed": list(missed)}
        self._writer.submit(lambda: self._store.note(Kind.ANCHOR_SENT, sent)).result()
