"""Questions to the index about incidents that are kept beyond their time.

Comes in: a connection (any), and what is asked. Goes out: `Hold`s. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from agent.vault.rows import Hold


def is_held(db: Database, incident_id: str, now: float) -> bool:
    """Whether a hold protects an incident now."""
    row = db.execute("select 1 from incidents where id = ? and hold_until > ?", [incident_id, now]).fetchone()
    return row is not None


def holds(db: Database, incident_id: str) -> tuple[Hold, ...]:
    """All that was said of keeping an incident longer, the newest first."""
    rows = db.query("select * from holds where incident = ? order by seq desc", [incident_id])
    return tuple(_hold(row) for row in rows)


def held_before(db: Database, now: float, limit: int) -> tuple[Hold, ...]:
    """The newest words on incidents that were held once and are not now, the newest first."""
    sql = """select * from holds where seq in (select max(seq) from holds group by incident)
               and (until_utc is null or until_utc <= ?) order by seq desc limit ?"""
    return tuple(_hold(row) for row in db.query(sql, [now, limit]))


def was_reminded(db: Database, incident_id: str, what: str, date: float) -> bool:
    sql = "select 1 from reminders where incident = ? and what = ? and date = ?"
    return db.execute(sql, [incident_id, what, date]).fetchone() is not None


def _hold(row: Mapping[str, Any]) -> Hold:
    return Hold(
        seq=row["seq"],
        utc=row["utc"],
        incident=row["incident"],
        until_utc=row["until_utc"],
        review_utc=row["review_utc"],
        reason=row["reason"],
        agency=row["agency"],
        case=row["case_number"],
        by=row["held_by"],
    )
