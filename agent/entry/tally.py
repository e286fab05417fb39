"""Counts of the entrance since the start.

Comes in: nothing. Goes out: `EntranceTally`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.entry.records import Answer, Reader
from agent.values import Text


@dataclass(frozen=True, slots=True)
class EntranceTally:
    """What the panel says of the entrance since the start.

    answers: how many codes per answer; readers: when each reader last read a code (Unix time); openings: how often the door was
    opened, opened_utc: the last time; failures: how often it did not open, failed_utc and failure: the last time and why.
    """

    answers: Mapping[Answer, int] = field(default_factory=dict)
    readers: Mapping[Reader, float] = field(default_factory=dict)
    openings: int = 0
    opened_utc: float | None = None
    failures: int = 0
    failed_utc: float | None = None
    failure: Text | None = None
