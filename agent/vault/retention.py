"""What has to go, and when: old recordings after the retention time, the oldest ones when the space gets short.

Comes in: stored files, limits, the time. Goes out: what is due (pure), and after `sweep` it is erased, on the ledger with its
reason. Incidents under a hold stay. Presence goes before clips, older before newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from agent.clock import Clock
from agent.entry.records import Pass
from agent.values import Event, EventKind, Incident, Text
from agent.vault.report import Progress, silent
from agent.vault.rows import FileKind, StoredFile
from agent.vault.vault import Vault

DAY_S = 86_400.0
GB = 1_000_000_000
BATCH = 200
NEAR_S = 3600.0  # whoever took part in an incident came in within this time before it, and left within it after
ALL = 1_000_000_000
BY = "retention"
# Younger than this nothing goes early: a disk that somebody else fills would otherwise cost the newest evidence and win
# nothing.
YOUNGEST_S = {FileKind.SEGMENT: 3_600.0, FileKind.CLIP: DAY_S}

EXPIRED = Text(ko="보관 기간이 지나 자동으로 삭제했습니다.", en="Erased because its retention time was over.")
SHORT_OF_SPACE = Text(
    ko="저장 공간이 부족하여 보관 기간이 끝나기 전에 오래된 영상부터 삭제했습니다.",
    en="Erased before its retention time was over because the space ran short.",
)


class Limits(Protocol):
    """The part of the settings that matters here (config.DataSettings has it). max_gb 0: no limit."""

    @property
    def retention_days(self) -> int: ...
    @property
    def max_gb(self) -> float: ...
    @property
    def min_free_gb(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Due:
    """A file that has to go now. early: before its retention time was over."""

    stored: StoredFile
    early: bool

    @property
    def reason(self) -> Text:
        return SHORT_OF_SPACE if self.early else EXPIRED


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep erased: files, their bytes, and how many of them early; days of entries, and passes that were over."""

    files: int = 0
    bytes: int = 0
    early: int = 0
    entry_days: int = 0
    passes: int = 0


def due(
    now: float,
    limits: Limits,
    rows: Sequence[StoredFile],
    used_bytes: int,
    free_bytes: int,
    sealed: Mapping[str, int] | None = None,
    *,
    by_age: bool = True,
) -> list[Due]:
    """What of `rows` has to go at `now` (Unix time), in the order in which to erase it.

    sealed: bytes of the sealed originals that go with each incident's clip. by_age False: only where space is short.

    used_bytes: of all that is stored; free_bytes: left on the disk. First all that is too old, then, while more is used than
    max_gb or less is free than min_free_gb, the oldest presence, then the oldest clips (but see YOUNGEST_S).
    """
    free_to_go = [row for row in rows if row.hold_until is None or row.hold_until <= now]
    before = now - limits.retention_days * DAY_S
    expired = [Due(row, early=False) for row in free_to_go if by_age and row.end_utc < before]
    along = dict(sealed or {})
    gone = sum(_freed(each.stored, along) for each in expired)
    too_much = max(used_bytes - limits.max_gb * GB if limits.max_gb > 0 else 0, limits.min_free_gb * GB - free_bytes)
    early: list[Due] = []
    rest = [row for row in free_to_go if row.end_utc < now - YOUNGEST_S[row.kind] and not (by_age and row.end_utc < before)]
    for row in sorted(rest, key=lambda row: (row.kind is FileKind.CLIP, row.start_utc)):
        if gone >= too_much:
            break
        early.append(Due(row, early=True))
        gone += _freed(row, along)
    return expired + early


def _freed(row: StoredFile, along: dict[str, int]) -> int:
    """What erasing a file frees; an incident's originals go with the first of its clips."""
    return row.bytes + (0 if row.incident is None else along.pop(row.incident, 0))


def sweep(vault: Vault, limits: Limits, clock: Clock, progress: Progress = silent, *, by_age: bool = True) -> Swept:
    """Erase what is due; an event says when something had to go early. Raises StoreError.

    progress: (erased, at least to erase). by_age False: nothing goes for its age, since nobody knows what time it is.
    """
    swept = _sweep_files(vault, limits, clock, progress, by_age=by_age)
    if swept.early:
        vault.record_event(Event(clock.utc(), EventKind.RETENTION, _said(swept)))
    if not by_age:
        return swept
    before = clock.utc() - limits.retention_days * DAY_S
    swept = _sweep_originals(vault, before, swept)
    held = [row.incident for row in vault.held()]
    days = due_days(vault.entry_days(), before, held)
    for day in days:
        vault.erase_entries(day, EXPIRED)
    needed = _passes_near(vault, held)
    over = [kept.about.id for kept in vault.passes.all() if is_over(kept.about, before) and kept.about.id not in needed]
    if over:
        vault.passes.remove(over, BY)
    return replace(swept, entry_days=len(days), passes=len(over))


def _sweep_files(vault: Vault, limits: Limits, clock: Clock, progress: Progress, *, by_age: bool) -> Swept:
    """Until nothing is due, or nothing of what is due may go: somebody has preserved it in the meantime."""
    swept = Swept()
    while batch := _next(vault, limits, clock.utc(), by_age=by_age):
        so_far = swept.files
        for at, each in enumerate(batch):
            if vault.erase(each.stored, each.reason):
                swept = Swept(swept.files + 1, swept.bytes + each.stored.bytes, swept.early + each.early)
            progress(swept.files, swept.files + len(batch) - at - 1)
        if swept.files == so_far:
            break
    return swept


def _sweep_originals(vault: Vault, before: float, swept: Swept) -> Swept:
    """Sealed originals of incidents whose clip was never made."""
    while left := vault.sealed_before(before, BATCH):
        so_far = swept.files
        for sealed in left:
            if vault.erase_sealed(sealed, EXPIRED):
                swept = replace(swept, files=swept.files + 1, bytes=swept.bytes + sealed.bytes)
        if swept.files == so_far:
            break
    return swept


def due_days(days: Sequence[str], before: float, held: Sequence[Incident]) -> list[str]:
    """UTC days of entries that were over `before` (Unix time), but for those on which a held incident may need them."""
    return [day for day in days if _begin(day) + DAY_S <= before and not any(_is_near(day, incident) for incident in held)]


def is_over(about: Pass, before: float) -> bool:
    """Whether a pass opened nothing any more `before` (Unix time): then nothing of it is needed."""
    ends = [utc for utc in (about.until_utc, about.revoked_utc, about.used_utc) if utc is not None]
    return bool(ends) and min(ends) <= before


def _is_near(day: str, incident: Incident) -> bool:
    first, last = _around(incident)
    return first < _begin(day) + DAY_S and last > _begin(day)


def _passes_near(vault: Vault, held: Sequence[Incident]) -> set[str | None]:
    """Passes that were used around a held incident: a line of the entry log says who only together with the pass."""
    return {entry.pass_id for incident in held for entry in vault.entries(*_around(incident), limit=ALL)}


def _around(incident: Incident) -> tuple[float, float]:
    closed = incident.opened_utc if incident.closed_utc is None else incident.closed_utc
    return incident.opened_utc - NEAR_S, closed + NEAR_S


def _begin(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def _next(vault: Vault, limits: Limits, now: float, *, by_age: bool) -> list[Due]:
    """The next files to go. Clips that are not too old wait until no presence is left, which the batch alone could not tell."""
    segments = vault.oldest(FileKind.SEGMENT, BATCH)
    clips = vault.oldest(FileKind.CLIP, BATCH)
    totals = vault.totals()
    found = due(now, limits, segments + clips, totals.bytes, totals.free_bytes, vault.sealed_bytes(), by_age=by_age)
    if len(segments) < BATCH:
        return found
    return [each for each in found if not (each.early and each.stored.kind is FileKind.CLIP)]


def _said(swept: Swept) -> Text:
    megabytes = max(1, round(swept.bytes / 1_000_000))
    return Text(
        ko=f"저장 공간이 부족하여 보관 기간이 남은 영상 {swept.early}개를 먼저 삭제했습니다(모두 {megabytes}MB). "
        "보관 기간을 줄이거나 디스크 용량을 늘려 주세요.",
        en=f"The space ran short: {swept.early} recordings were erased before their time ({megabytes} MB in all). "
        "Lower retention_days or add disk space.",
    )
