"""The names of the steps in which things are written, erased and noted, and who may listen to them. Pure.

Comes in: nothing. Goes out: `Step`. The procedures themselves are in agent.vault.store; the crash tests end the process at each
step.
"""

from __future__ import annotations

import enum
from collections.abc import Callable


class Step(enum.StrEnum):
    """The name of a step, called out just before it is done."""

    WRITE_1 = "write-1-companions"
    WRITE_2 = "write-2-sync"
    WRITE_3 = "write-3-hash"
    WRITE_4 = "write-4-rename"
    WRITE_4_SIDECAR = "write-4-rename-sidecar"
    WRITE_4_VIDEO = "write-4-rename-video"
    WRITE_5 = "write-5-folder"
    WRITE_6 = "write-6-ledger"
    WRITE_7 = "write-7-index"
    WRITTEN = "write-8-done"
    ERASE_1 = "erase-1-mark"
    ERASE_2 = "erase-2-ledger"
    ERASE_3 = "erase-3-files"
    ERASE_3_REST = "erase-3-rest"
    ERASE_4 = "erase-4-folder"
    ERASE_5 = "erase-5-row"
    ERASED = "erase-6-done"
    SEAL_1 = "seal-1-original"
    SEAL_2 = "seal-2-key"
    SEAL_3 = "seal-3-hash"
    SEAL_4 = "seal-4-note"
    SEAL_5 = "seal-5-rename-key"
    SEAL_5_ORIGINAL = "seal-5-rename-original"
    SEAL_6 = "seal-6-folder"
    SEAL_7 = "seal-7-note-goes"
    SEALED = "seal-8-done"
    UNSEAL_1 = "unseal-1-mark"
    UNSEAL_2 = "unseal-2-key-over"
    UNSEAL_3 = "unseal-3-key"
    UNSEAL_4 = "unseal-4-original"
    UNSEAL_5 = "unseal-5-folder"
    UNSEAL_6 = "unseal-6-row"
    UNSEALED = "unseal-7-done"
    NOTE_1 = "note-1-ledger"
    NOTE_2 = "note-2-index"
    NOTED = "note-3-done"


Steps = Callable[[str], None]


def no_steps(name: str) -> None:
    """Nobody listens to the steps (only the crash tests do)."""
