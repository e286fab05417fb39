"""Questions to the index, answered with typed rows.

Comes in: a connection (any), and what is asked. Goes out: rows of agent.vault.rows. Nothing here writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlite_utils import Database

from agent.incidents.normality import Unusual
from agent.values import ClipState, Event, EventKind, Incident, Severity, Text, Verdict
from agent.vault.bodies import part_of, text_of
from agent.vault.rows import AuditRow, EventRow, FileKind, FileState, IncidentRow, Judgement, RuleRow, StoredFile, TillKey

Row = Mapping[str, Any]


def incidents(
    db: Database, limit: int, before: str | None = None, camera: str | None = None, rule: str | None = None
) -> tuple[IncidentRow, ...]:
    """Newest first. before: only those after this id in that order (for paging)."""
    sql = """select * from incidents
             where (:before is null or (opened_utc, id) < (select opened_utc, id from incidents where id = :before))
               and (:camera is null or camera = :camera) and (:rule is null or rule = :rule)
             order by opened_utc desc, id desc limit :limit"""
    values = {"limit": limit, "before": before, "camera": camera, "rule": rule}
    return tuple(_incident(db, row) for row in list(db.query(sql, values)))


def incident(db: Database, incident_id: str) -> IncidentRow | None:
    rows = list(db.query("select * from incidents where id = ?", [incident_id]))
    return _incident(db, rows[0]) if rows else None


def unfinished(db: Database) -> tuple[IncidentRow, ...]:
    """Incidents whose clip is still to come."""
    return tuple(_incident(db, row) for row in list(db.query("select * from incidents where clip = 'pending' order by id")))


def clips(db: Database, incident_id: str) -> tuple[StoredFile, ...]:
    sql = "select * from files where incident = ? and erasing is null order by start_utc, seq"
    return tuple(stored(row) for row in db.query(sql, [incident_id]))


def segments(db: Database, camera: str | None, from_utc: float, to_utc: float, limit: int) -> tuple[StoredFile, ...]:
    """Presence segments that overlap [from_utc, to_utc), oldest first; of all cameras when camera is None.

    No segment is an hour long: that bound lets the index find the first one without reading all the older ones.
    """
    sql = """select * from files
             where kind = 'segment' and erasing is null and start_utc < :to and end_utc > :from and start_utc > :from - 3600
               and (:camera is null or camera = :camera)
             order by start_utc, seq limit :limit"""
    return tuple(stored(row) for row in db.query(sql, {"from": from_utc, "to": to_utc, "camera": camera, "limit": limit}))


def oldest(db: Database, kind: FileKind, now: float, limit: int) -> tuple[StoredFile, ...]:
    """The oldest stored files of one kind that no hold protects at `now`."""
    sql = """select * from files where kind = ? and erasing is null and coalesce(hold_until, 0) <= ?
             order by start_utc, seq limit ?"""
    return tuple(stored(row) for row in db.query(sql, [kind.value, now, limit]))


def file(db: Database, seq: int) -> StoredFile | None:
    rows = list(db.query("select * from files where seq = ? and erasing is null", [seq]))
    return stored(rows[0]) if rows else None


def files_in(db: Database, folder: str) -> dict[str, StoredFile]:
    """All files of one folder (path below the data folder) by the path of their video."""
    return {row["path"]: stored(row) for row in db.query("select * from files where folder = ?", [folder])}


def folders(db: Database) -> set[str]:
    """All folders that should have files in them."""
    return {row[0] for row in db.execute("select distinct folder from files")}


def erasing(db: Database) -> tuple[tuple[StoredFile, bool], ...]:
    """Files whose deletion was begun and not ended; with each, whether the ledger has it already."""
    rows = list(db.query("select * from files where erasing is not null order by seq"))
    return tuple((stored(row), row["erasing"] == "ledger") for row in rows)


def cameras(db: Database) -> tuple[str, ...]:
    sql = "select camera from files union select camera from incidents order by camera"
    return tuple(row[0] for row in db.execute(sql))


def events(db: Database, limit: int) -> tuple[EventRow, ...]:
    """Newest first."""
    return tuple(_event(row) for row in db.query("select * from events order by seq desc limit ?", [limit]))


def audit(db: Database, limit: int, target: str | None) -> tuple[AuditRow, ...]:
    """Newest first."""
    sql = "select * from audit where (:target is null or target = :target) order by seq desc limit :limit"
    return tuple(AuditRow(**row) for row in db.query(sql, {"target": target, "limit": limit}))


def sums(db: Database) -> tuple[int, int, int, int, float | None]:
    """(bytes, clips, segments, incidents, start of the oldest file)."""
    row = db.execute(
        """select coalesce(sum(bytes), 0), coalesce(sum(kind = 'clip'), 0), coalesce(sum(kind = 'segment'), 0),
             (select count(*) from incidents), min(start_utc) from files where erasing is null"""
    ).fetchone()
    return (row[0], row[1], row[2], row[3], row[4])


def rules(db: Database, newest: int) -> tuple[RuleRow, ...]:
    """Every rule that has raised an alarm, by name; with each, the verdicts on its `newest` judged incidents."""
    alarms = dict(db.execute("select rule, count(*) from incidents group by rule order by rule").fetchall())
    resets = {row[0]: (row[1], row[2]) for row in db.execute("select rule, seq, utc from resets")}
    return tuple(_rule(db, rule, count, newest, *resets.get(rule, (0, None))) for rule, count in alarms.items())


def _rule(db: Database, rule: str, alarms: int, newest: int, reset_seq: int, reset_utc: float | None) -> RuleRow:
    sql = """select verdict, verdict_seq from incidents where rule = ? and verdict is not null
             order by opened_utc desc, id desc limit ?"""
    said = [(Verdict(row[0]), row[1]) for row in db.execute(sql, [rule, newest])]
    counting = tuple(verdict for verdict, seq in said if seq > reset_seq)
    return RuleRow(rule, alarms, tuple(verdict for verdict, _ in said), counting, reset_utc)


def till_key(db: Database) -> TillKey | None:
    rows = list(db.query("select sha256, made_utc, made_by from till_key"))
    return TillKey(**rows[0]) if rows else None


def every_file(db: Database) -> Iterator[StoredFile]:
    """All stored files in the order of the ledger, in pages, so that a long walk holds no transaction open."""
    seq = -1
    while page := [stored(row) for row in db.query("select * from files where seq > ? order by seq limit 500", [seq])]:
        yield from page
        seq = page[-1].seq


def stored(row: Row) -> StoredFile:
    return StoredFile(
        seq=row["seq"],
        kind=FileKind(row["kind"]),
        camera=row["camera"],
        incident=row["incident"],
        start_utc=row["start_utc"],
        end_utc=row["end_utc"],
        frames=row["frames"],
        video=part_of(json.loads(row["video"])),
        sidecar=part_of(json.loads(row["sidecar"])),
        poster=None if row["poster"] is None else part_of(json.loads(row["poster"])),
        recovered=bool(row["recovered"]),
        hold_until=row["hold_until"],
        state=FileState(row["state"]),
    )


def _incident(db: Database, row: Row) -> IncidentRow:
    found = Incident(
        id=row["id"],
        camera=row["camera"],
        rule=row["rule"],
        severity=Severity(row["severity"]),
        opened_s=row["opened_s"],
        opened_utc=row["opened_utc"],
        reasons=tuple(text_of(reason) for reason in json.loads(row["reasons"])),
        tracks=tuple(json.loads(row["tracks"])),
        zone=row["zone"],
        closed_s=row["closed_s"],
        closed_utc=row["closed_utc"],
        clip=ClipState(row["clip"]),
    )
    lost = None if row["lost"] is None else text_of(json.loads(row["lost"]))
    said = None
    if row["verdict"] is not None:
        said = Judgement(Verdict(row["verdict"]), row["verdict_by"], row["verdict_utc"])
    odd = None
    if row["unusual"] is not None:
        body = json.loads(row["unusual"])
        odd = Unusual(body["score"], tuple(text_of(reason) for reason in body["reasons"]))
    return IncidentRow(found, clips(db, found.id), lost, row["hold_until"], row["erased_utc"], said, odd)


def _event(row: Row) -> EventRow:
    text = Text(ko=row["ko"], en=row["en"])
    return EventRow(row["seq"], Event(utc=row["utc"], kind=EventKind(row["kind"]), text=text, camera=row["camera"]))
