"""Questions to the index, answered with typed rows.

Comes in: a connection (any), and what is asked. Goes out: rows of agent.vault.rows. Nothing here writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from agent.incidents.normality import Unusual
from agent.values import ClipState, Event, EventKind, Incident, Severity, Text, Verdict
from agent.vault.bodies import part_of, text_of
from agent.vault.hold_index import holds
from agent.vault.rows import (
    AuditRow,
    EventRow,
    FileKind,
    FileState,
    IncidentRow,
    Judgement,
    RuleRow,
    SealedFile,
    SentAnchor,
    StoredFile,
    TillKey,
)

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


def newest_event(db: Database, kinds: Sequence[EventKind]) -> EventRow | None:
    """The newest event of one of these kinds."""
    sql = "select * from events where kind in (select value from json_each(?)) order by seq desc limit 1"
    return next((_event(row) for row in db.query(sql, [json.dumps([kind.value for kind in kinds])])), None)


def times_of(db: Database, kind: EventKind, from_utc: float, to_utc: float) -> tuple[float, ...]:
    """When events of a kind happened (Unix time), oldest first."""
    sql = "select utc from events where kind = ? and utc between ? and ? order by utc"
    return tuple(row[0] for row in db.execute(sql, [kind.value, from_utc, to_utc]))


def anchors(db: Database, limit: int) -> tuple[SentAnchor, ...]:
    """Newest first."""
    rows = db.query("select * from anchors order by seq desc limit ?", [limit])
    return tuple(
        SentAnchor(
            row["seq"],
            row["utc"],
            row["size"],
            row["root"],
            tuple(json.loads(row["reached"])),
            tuple(json.loads(row["missed"])),
        )
        for row in rows
    )


def audit(db: Database, limit: int, target: str | None) -> tuple[AuditRow, ...]:
    """Newest first."""
    sql = "select * from audit where (:target is null or target = :target) order by seq desc limit :limit"
    return tuple(AuditRow(**row) for row in db.query(sql, {"target": target, "limit": limit}))


def entries(
    db: Database, from_utc: float, to_utc: float, answer: str | None = None, *, oldest_first: bool = False
) -> Iterator[tuple[Mapping[str, Any], int]]:
    """(body, seq) of entries with from_utc <= utc < to_utc, newest first unless asked otherwise."""
    upward = "select body, seq from entries where utc >= ? and utc < ? and (? is null or answer = ?) order by utc, id"
    downward = (
        "select body, seq from entries where utc >= ? and utc < ? and (? is null or answer = ?) order by utc desc, id desc"
    )
    for row in db.execute(upward if oldest_first else downward, [from_utc, to_utc, answer, answer]):
        yield json.loads(row[0]), row[1]


def entry(db: Database, entry_id: str) -> Mapping[str, Any] | None:
    """The body of one entry."""
    row = db.execute("select body from entries where id = ?", [entry_id]).fetchone()
    return None if row is None else _body(row[0])


def crossings(db: Database, camera: str, tracks: Sequence[int], from_utc: float, to_utc: float) -> list[Mapping[str, Any]]:
    """Bodies of the entries of these tracks of a camera within a time, and of the codes on which they came in; oldest first."""
    sql = """with crossed as (
                select id, utc, body, of from entries
                where camera = ? and utc between ? and ? and track in (select value from json_each(?)))
              select id, utc, body from crossed
              union select id, utc, body from entries where id in (select of from crossed)
              order by utc, id"""
    return [_body(row[2]) for row in db.execute(sql, [camera, from_utc, to_utc, json.dumps(list(tracks))])]


def crossings_on(db: Database, entry_id: str) -> list[Mapping[str, Any]]:
    """Bodies of the crossings on a code that was shown."""
    return [_body(row[0]) for row in db.execute("select body from entries where of = ? order by utc, id", [entry_id])]


def incidents_with(db: Database, camera: str, track: int, from_utc: float, to_utc: float) -> tuple[IncidentRow, ...]:
    """Incidents on a camera that a track took part in, opened within a time, newest first."""
    sql = """select * from incidents where camera = ? and opened_utc between ? and ?
               and exists (select 1 from json_each(tracks) where value = ?) order by opened_utc desc, id desc"""
    return tuple(_incident(db, row) for row in list(db.query(sql, [camera, from_utc, to_utc, track])))


def entries_of_day(db: Database, day: str) -> list[Mapping[str, Any]]:
    """Bodies, oldest first."""
    return [_body(row[0]) for row in db.execute("select body from entries where day = ? order by utc, seq", [day])]


def entry_days(db: Database) -> tuple[str, ...]:
    """UTC days that have entries, oldest first."""
    return tuple(row[0] for row in db.execute("select distinct day from entries order by day"))


def erased_entry_days(db: Database) -> tuple[str, ...]:
    """UTC days of which nobody can tell any more whose the entries were."""
    return tuple(row[0] for row in db.execute("select day from entry_days_erased order by day"))


def held(db: Database, now: float) -> tuple[IncidentRow, ...]:
    """Incidents that a hold protects now, the one that ends first first."""
    rows = list(db.query("select * from incidents where hold_until > ? order by hold_until, id", [now]))
    return tuple(_incident(db, row) for row in rows)


def _body(text: str) -> Mapping[str, Any]:
    body: Mapping[str, Any] = json.loads(text)
    return body


def sums(db: Database) -> tuple[int, int, int, int, float | None]:
    """(bytes, clips, segments, incidents, start of the oldest file)."""
    row = db.execute(
        """select coalesce(sum(bytes), 0) + (select coalesce(sum(bytes), 0) from sealed where erasing is null),
             coalesce(sum(kind = 'clip'), 0), coalesce(sum(kind = 'segment'), 0),
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


def sealed_of(db: Database, incident_id: str) -> tuple[SealedFile, ...]:
    """The sealed originals of an incident in the order of time."""
    sql = "select * from sealed where incident = ? and erasing is null order by from_utc, seq"
    return tuple(_sealed(row) for row in db.query(sql, [incident_id]))


def sealed_before(db: Database, utc: float, now: float, limit: int) -> tuple[SealedFile, ...]:
    """The oldest sealed originals that ended before `utc` and that no hold protects at `now`."""
    sql = """select * from sealed where erasing is null and to_utc < ?
               and coalesce((select hold_until from incidents where id = sealed.incident), 0) <= ?
             order by to_utc, seq limit ?"""
    return tuple(_sealed(row) for row in db.query(sql, [utc, now, limit]))


def every_sealed(db: Database) -> tuple[SealedFile, ...]:
    return tuple(_sealed(row) for row in db.query("select * from sealed where erasing is null order by seq"))


def sealed_paths(db: Database) -> set[str]:
    """Of all that is on the ledger, those whose erasing was begun too."""
    return {row[0] for row in db.execute("select path from sealed")}


def sealed_erasing(db: Database) -> tuple[tuple[SealedFile, bool], ...]:
    """Originals whose erasing was begun and not ended; with each, whether the ledger has it already."""
    rows = list(db.query("select * from sealed where erasing is not null order by seq"))
    return tuple((_sealed(row), row["erasing"] == "ledger") for row in rows)


def sealed_bytes(db: Database) -> dict[str, int]:
    """Of each incident that has sealed originals, their bytes."""
    sql = "select incident, sum(bytes) from sealed where erasing is null group by incident"
    return dict(db.execute(sql).fetchall())


def _sealed(row: Row) -> SealedFile:
    return SealedFile(
        seq=row["seq"],
        incident=row["incident"],
        path=row["path"],
        bytes=row["bytes"],
        sha256=row["sha256"],
        key_sha256=row["key_sha256"],
        from_utc=row["from_utc"],
        to_utc=row["to_utc"],
        recipients=tuple(json.loads(row["recipients"])),
        state=FileState(row["state"]),
    )


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
    hold = None if row["hold_until"] is None else next(iter(holds(db, found.id)), None)
    return IncidentRow(found, clips(db, found.id), lost, row["hold_until"], row["erased_utc"], said, odd, hold)


def _event(row: Row) -> EventRow:
    text = Text(ko=row["ko"], en=row["en"])
    return EventRow(row["seq"], Event(utc=row["utc"], kind=EventKind(row["kind"]), text=text, camera=row["camera"]))
