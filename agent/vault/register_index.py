"""Questions to the index about what was handed over or shown.

Comes in: a connection (any), and what is asked. Goes out: `RegisterRow`s. Nothing here writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from agent.vault.rows import Registered, RegisterRow


def register(db: Database, limit: int, before: int | None, incident: str | None, *, steps: bool) -> tuple[RegisterRow, ...]:
    """What was handed over or shown, newest first; steps: with the steps of the ceremonies, too. before: number of a row."""
    sql = """select * from register where (:before is null or seq < :before) and (:incident is null or incident = :incident)
               and (:steps or kind <> :step) order by seq desc limit :limit"""
    values = {"limit": limit, "before": before, "incident": incident, "steps": steps, "step": Registered.STEP}
    return tuple(_registered(row) for row in db.query(sql, values))


def registered_bag(db: Database, bag: str) -> RegisterRow | None:
    sql = "select * from register where kind = ? and json_extract(body, '$.bag') = ? order by seq desc limit 1"
    rows = [_registered(row) for row in db.query(sql, [Registered.EXPORTED, bag])]
    return rows[0] if rows else None


def _registered(row: Mapping[str, Any]) -> RegisterRow:
    body = json.loads(row["body"])
    words = ("by", "purpose", "receiver", "basis", "case", "step", "approver", "form", "bag", "digest", "file")
    return RegisterRow(
        seq=row["seq"],
        utc=row["utc"],
        kind=Registered(row["kind"]),
        incident=row["incident"],
        persons=tuple(body.get("persons", ())),
        sha256=str(body.get("file_sha256", body.get("sha256", ""))),
        bytes=body.get("bytes", 0),
        sealed=bool(body.get("sealed", False)),
        revealed=body.get("revealed", 0),
        **{name: str(body.get(name, "")) for name in words},
    )
