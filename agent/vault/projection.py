"""How ledger records become index rows.

Comes in: ledger records, in order. Goes out: rows. The index is nothing but this function applied to the whole ledger, so a
missing or damaged database is made anew by applying all of it, and one that lags behind by applying the rest.
Applying a record twice gives the same rows as applying it once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlite_utils import Database

from agent.vault.bodies import Kind
from agent.vault.day_keys import day_of
from agent.vault.ledger import GENESIS, Head, Record

BATCH = 500  # records a transaction in a rebuild
REGISTERED = frozenset({Kind.EXPORTED, Kind.REVEAL, Kind.REVEALED})


def applied(db: Database) -> Head:
    """Up to where the ledger is in the index."""
    rows = dict(db.execute("select key, value from meta where key in ('seq', 'sha256')").fetchall())
    return Head(int(rows.get("seq", 0)), rows.get("sha256", GENESIS))


def apply(db: Database, record: Record) -> None:
    """Put one record into the index, in one transaction with the mark of how far it is."""
    with db.atomic():
        _put(db, record)
        _mark(db, record.head)


def catch_up(db: Database, records: Iterable[Record]) -> int:
    """Apply records after the mark, in batches; gives how many."""
    done = 0
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            done += _put_all(db, batch)
            batch = []
    return done + _put_all(db, batch)


def fill_register(db: Database, records: Callable[[], Iterable[Record]]) -> None:
    """Rows of records that were there before the table was; once."""
    if db.execute("select 1 from meta where key = 'register'").fetchone() is None:
        with db.atomic():
            for record in records():
                if record.kind in REGISTERED:
                    _registered(db, record)
            db.execute("insert into meta values ('register', 'whole')")


def _put_all(db: Database, batch: list[Record]) -> int:
    if batch:
        with db.atomic():
            for record in batch:
                _put(db, record)
            _mark(db, batch[-1].head)
    return len(batch)


def _mark(db: Database, head: Head) -> None:
    db.execute("insert or replace into meta (key, value) values ('seq', ?), ('sha256', ?)", [str(head.seq), head.sha256])


def _put(db: Database, record: Record) -> None:
    """A record of an unknown kind has no row: a newer version wrote it."""
    put = _PUT.get(record.kind)
    if put is not None:
        put(db, record)


def _incident(db: Database, record: Record) -> None:
    body = record.body
    row = {**body, "tracks": _json(body["tracks"]), "reasons": _json(body["reasons"]), "seq": record.seq}
    # The clip's state has records of its own (Kind.CLIP), except the first: a late update must not turn READY back to PENDING.
    db.execute(
        """insert into incidents (id, seq, camera, rule, severity, opened_s, opened_utc, closed_s, closed_utc, zone, tracks,
             reasons, clip) values (:id, :seq, :camera, :rule, :severity, :opened_s, :opened_utc, :closed_s, :closed_utc, :zone,
             :tracks, :reasons, :clip)
           on conflict (id) do update set severity = excluded.severity, rule = excluded.rule, closed_s = excluded.closed_s,
             closed_utc = excluded.closed_utc, zone = excluded.zone, tracks = excluded.tracks, reasons = excluded.reasons""",
        row,
    )


def _clip(db: Database, record: Record) -> None:
    lost = record.body["why"]
    db.execute(
        "update incidents set clip = ?, lost = ?, closed_utc = coalesce(closed_utc, ?) where id = ?",
        [record.body["state"], None if lost is None else _json(lost), record.body.get("closed_utc"), record.body["id"]],
    )


def _hold(db: Database, record: Record) -> None:
    """The newest word counts; all are kept, so that it can be shown how long something was held and why."""
    body = record.body
    db.execute("update incidents set hold_until = ? where id = ?", [body["until"], body["id"]])
    db.execute("update files set hold_until = ? where incident = ?", [body["until"], body["id"]])
    said = [body.get(name, "") for name in ("reason", "agency", "case", "by")]  # the first version said only until when
    db.execute(
        "insert or replace into holds values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [record.seq, record.utc, body["id"], body["until"], body.get("review"), *said],
    )


def _verdict(db: Database, record: Record) -> None:
    """The newest word counts; null takes back what was said."""
    body = record.body
    said = body["verdict"] is not None
    db.execute(
        "update incidents set verdict = ?, verdict_by = ?, verdict_utc = ?, verdict_seq = ? where id = ?",
        [body["verdict"], *([body["by"], record.utc, record.seq] if said else [None] * 3), body["id"]],
    )


def _unusual(db: Database, record: Record) -> None:
    body = record.body
    said = _json({"score": body["score"], "reasons": body["reasons"]})
    db.execute("update incidents set unusual = ? where id = ?", [said, body["id"]])


def _reset(db: Database, record: Record) -> None:
    db.execute("insert or replace into resets values (?, ?, ?)", [record.body["rule"], record.seq, record.utc])


def _till_key(db: Database, record: Record) -> None:
    """There is one key at a time: a new one ends the one before."""
    body = record.body
    db.execute("delete from till_key")
    if body["sha256"] is not None:
        db.execute("insert into till_key values (1, ?, ?, ?, ?)", [record.seq, body["sha256"], record.utc, body["by"]])


def _stored(db: Database, record: Record) -> None:
    body = record.body
    parts = [body[name] for name in ("video", "sidecar", "poster") if body[name] is not None]
    path = body["video"]["path"]
    db.execute(
        """insert or replace into files (seq, kind, folder, path, camera, incident, start_utc, end_utc, frames, video, sidecar,
             poster, bytes, recovered, hold_until)
           values (?, ?, ?, ?, ?, (select id from incidents where id = ?), ?, ?, ?, ?, ?, ?, ?, ?,
             (select hold_until from incidents where id = ?))""",
        [
            record.seq,
            body["kind"],
            path.rpartition("/")[0],
            path,
            body["camera"],
            body["incident"],
            body["start_utc"],
            body["end_utc"],
            body["frames"],
            _json(body["video"]),
            _json(body["sidecar"]),
            None if body["poster"] is None else _json(body["poster"]),
            sum(part["bytes"] for part in parts),
            int(body["recovered"]),
            body["incident"],
        ],
    )
    if body["incident"] is not None:
        db.execute("update incidents set clip = 'ready', lost = null where id = ?", [body["incident"]])


def _erased(db: Database, record: Record) -> None:
    """The row stays, marked, until the files are gone; who removes the files removes the row."""
    db.execute("update files set erasing = 'ledger' where path = ?", [record.body["path"]])
    db.execute(
        "update incidents set erased_utc = ? where id = (select incident from files where path = ?)",
        [record.utc, record.body["path"]],
    )


def _event(db: Database, record: Record) -> None:
    body = record.body
    db.execute(
        "insert or replace into events (seq, utc, kind, camera, ko, en) values (?, ?, ?, ?, ?, ?)",
        [record.seq, body["utc"], body["kind"], body["camera"], body["ko"], body["en"]],
    )
    if "reminder" in body:
        about = body["reminder"]
        db.execute(
            "insert or ignore into reminders values (?, ?, ?, ?)", [about["incident"], about["what"], about["date"], record.seq]
        )


def _access(db: Database, record: Record) -> None:
    body = record.body
    db.execute(
        "insert or replace into audit (seq, utc, actor, action, target, purpose, address) values (?, ?, ?, ?, ?, ?, ?)",
        [record.seq, body["utc"], body["actor"], body["action"], body["target"], body["purpose"], body["address"]],
    )


def _entry(db: Database, record: Record) -> None:
    body = record.body
    day = day_of(body["utc"])
    db.execute("delete from entry_days_erased where day = ?", [day])  # the clock was set far back, and the day begins anew
    db.execute(
        "insert or replace into entries (id, seq, utc, day, answer, camera, track, of, body)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [body["id"], record.seq, body["utc"], day, body["answer"], body["camera"], body["track"], body["of"], _json(body)],
    )


def _entries_erased(db: Database, record: Record) -> None:
    db.execute("delete from entries where day = ?", [record.body["day"]])
    db.execute("insert or replace into entry_days_erased values (?, ?)", [record.body["day"], record.seq])


def _sealed(db: Database, record: Record) -> None:
    body = record.body
    db.execute(
        """insert or replace into sealed (seq, path, incident, bytes, sha256, key_sha256, from_utc, to_utc, recipients)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            record.seq,
            body["path"],
            body["incident"],
            body["bytes"],
            body["sha256"],
            body["key_sha256"],
            body["from_utc"],
            body["to_utc"],
            _json(body["recipients"]),
        ],
    )


def _sealed_erased(db: Database, record: Record) -> None:
    """The row stays, marked, until the files are gone; who removes the files removes the row."""
    db.execute("update sealed set erasing = 'ledger' where path = ?", [record.body["path"]])


def _registered(db: Database, record: Record) -> None:
    db.execute(
        "insert or replace into register (seq, utc, kind, incident, body) values (?, ?, ?, ?, ?)",
        [record.seq, record.utc, record.kind, str(record.body.get("incident", "")), _json(record.body)],
    )


def _anchor_sent(db: Database, record: Record) -> None:
    body = record.body
    db.execute(
        "insert or replace into anchors values (?, ?, ?, ?, ?, ?)",
        [record.seq, record.utc, body["size"], body["root"], _json(body["reached"]), _json(body["missed"])],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_PUT: dict[str, Callable[[Database, Record], None]] = {
    Kind.INCIDENT: _incident,
    Kind.CLIP: _clip,
    Kind.HOLD: _hold,
    Kind.VERDICT: _verdict,
    Kind.UNUSUAL: _unusual,
    Kind.RESET: _reset,
    Kind.TILL_KEY: _till_key,
    Kind.STORED: _stored,
    Kind.ERASED: _erased,
    Kind.EVENT: _event,
    Kind.ACCESS: _access,
    Kind.ENTRY: _entry,
    Kind.ENTRIES_ERASED: _entries_erased,
    Kind.SEALED: _sealed,
    Kind.SEALED_ERASED: _sealed_erased,
    Kind.ANCHOR_SENT: _anchor_sent,
    **dict.fromkeys(REGISTERED, _registered),
}
