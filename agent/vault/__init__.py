"""The vault: what is kept, where, and the proof that it was not changed. Others hold a `Vault`; the rest is its inside."""

from agent.vault.rows import (
    AuditRow,
    EventRow,
    FileKind,
    FileState,
    IncidentRow,
    Judgement,
    Part,
    RuleRow,
    Screen,
    SealedFile,
    SegmentRow,
    StoredFile,
    TillKey,
    Totals,
    UserRow,
)
from agent.vault.vault import Vault

__all__ = [
    "AuditRow",
    "EventRow",
    "FileKind",
    "FileState",
    "IncidentRow",
    "Judgement",
    "Part",
    "RuleRow",
    "Screen",
    "SealedFile",
    "SegmentRow",
    "StoredFile",
    "TillKey",
    "Totals",
    "UserRow",
    "Vault",
]
