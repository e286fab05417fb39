"""Passes as they are kept: a row each, with all that is personal or opens the door encrypted under a key of this device.

Comes in: `KeptPass`es, hashes of invites. Goes out: the same. Passes stay out of the ledger, which others get to read; so that
a damaged database does not close the door to everybody, they are also kept in keys/passes.json.enc, encrypted as a whole.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from agent.entry.holder import Consent, Holder
from agent.entry.kept import KeptPass
from agent.entry.records import Pass, PassKind
from agent.entry.vouched import Vouched
from agent.settings import OpenHours
from agent.vault.durable import replace_synced
from agent.vault.sealing import seal, unseal

MIRROR = "keys/passes.json.enc"
ABOUT_MIRROR = "all passes"

# Not "insert or replace": that would silently remove another pass that has the same number.
PUT = """insert into passes (id, kind, made_utc, made_by, from_utc, until_utc, hours, revoked_utc, used_utc, has_pin,
           has_holder, number, private)
         values (:id, :kind, :made_utc, :made_by, :from_utc, :until_utc, :hours, :revoked_utc, :used_utc, :has_pin, :has_holder,
           :number, :private)
         on conflict (id) do update set kind = excluded.kind, from_utc = excluded.from_utc, until_utc = excluded.until_utc,
           hours = excluded.hours, revoked_utc = excluded.revoked_utc, used_utc = excluded.used_utc,
           has_pin = excluded.has_pin, has_holder = excluded.has_holder, number = excluded.number, private = excluded.private"""


def all_kept(db: Database, key: bytes) -> tuple[KeptPass, ...]:
    """Newest first. What cannot be opened with `key` is left out."""
    rows = db.query("select * from passes order by made_utc desc, id")
    return tuple(kept for row in list(rows) if (kept := _kept(row, key)) is not None)


def find(db: Database, key: bytes, pass_id: str) -> KeptPass | None:
    rows = list(db.query("select * from passes where id = ?", [pass_id]))
    return _kept(rows[0], key) if rows else None


def find_number(db: Database, key: bytes, number: str) -> KeptPass | None:
    rows = list(db.query("select * from passes where number = ?", [number]))
    return _kept(rows[0], key) if rows else None


def put(db: Database, key: bytes, kept: KeptPass) -> None:
    """Add a pass, or replace the one of that id."""
    about = kept.about
    db.execute(
        PUT,
        {
            "id": about.id,
            "kind": about.kind.value,
            "made_utc": about.made_utc,
            "made_by": about.made_by,
            "from_utc": about.from_utc,
            "until_utc": about.until_utc,
            "hours": None if about.hours is None else json.dumps(about.hours.days),
            "revoked_utc": about.revoked_utc,
            "used_utc": about.used_utc,
            "has_pin": int(kept.pin_hash is not None),
            "has_holder": int(bool(kept.holder)),
            "number": kept.number,
            "private": seal(key, json.dumps(_private(kept)).encode(), about.id),
        },
    )


def remove(db: Database, pass_id: str) -> None:
    db.execute("delete from invites where pass_id = ?", [pass_id])
    db.execute("delete from passes where id = ?", [pass_id])


# invites: 256 random bits need no slow hash, and the look-up by their sha256 no constant-time comparison


def put_invite(db: Database, sha256: str, pass_id: str, ends_utc: float) -> None:
    """An invite for a pass; the ones before it end."""
    db.execute("delete from invites where pass_id = ?", [pass_id])
    db.execute("insert into invites values (?, ?, ?)", [sha256, pass_id, ends_utc])


def invite(db: Database, sha256: str, now: float) -> tuple[str, float] | None:
    """(pass id, when it ends) of an invite that is valid now."""
    row = db.execute("select pass_id, ends_utc from invites where sha256 = ? and ends_utc > ?", [sha256, now]).fetchone()
    return None if row is None else (row[0], row[1])


def drop_invites(db: Database, pass_id: str) -> None:
    db.execute("delete from invites where pass_id = ?", [pass_id])


# the copy


def write_mirror(db: Database, folder: Path, key: bytes) -> None:
    """key: of the copy, not that of the rows."""
    rows = [{**row, "private": base64.b64encode(row["private"]).decode()} for row in db.query("select * from passes")]
    plain = json.dumps({"version": 1, "passes": rows}).encode()
    replace_synced(folder / MIRROR, seal(key, plain, ABOUT_MIRROR), mode=0o600)


def read_mirror(folder: Path, key: bytes) -> list[dict[str, Any]] | None:
    """The rows of the copy; None when there is none, or it is damaged or of another device."""
    try:
        plain = unseal(key, (folder / MIRROR).read_bytes(), ABOUT_MIRROR)
    except OSError:
        return None
    if plain is None:
        return None
    rows: list[dict[str, Any]] = json.loads(plain)["passes"]
    return [{**row, "private": base64.b64decode(row["private"])} for row in rows]


def restore(db: Database, folder: Path, key: bytes) -> int:
    """Fill an empty table from the copy; gives how many passes came back."""
    if db.execute("select count(*) from passes").fetchone()[0]:
        return 0
    rows = read_mirror(folder, key) or []
    with db.atomic():
        for row in rows:
            db.execute(PUT, row)
    return len(rows)


def _kept(row: Mapping[str, Any], key: bytes) -> KeptPass | None:
    plain = unseal(key, row["private"], row["id"])
    if plain is None:
        return None
    private = json.loads(plain)
    about = Pass(
        id=row["id"],
        kind=PassKind(row["kind"]),
        made_utc=row["made_utc"],
        made_by=row["made_by"],
        from_utc=row["from_utc"],
        until_utc=row["until_utc"],
        hours=None if row["hours"] is None else _hours(json.loads(row["hours"])),
        revoked_utc=row["revoked_utc"],
        used_utc=row["used_utc"],
        has_pin=bool(row["has_pin"]),
        has_holder=bool(row["has_holder"]),
    )
    consent = private["consent"]
    vouched = private.get("vouched")  # not in passes that were made before there was sign-up with a service
    return KeptPass(
        about=about,
        secret=base64.b64decode(private["secret"]),
        number=row["number"],
        pin_hash=private["pin_hash"],
        holder=Holder(private["name"], private["phone"]),
        consent=None if consent is None else Consent(**consent),
        vouched=None if vouched is None else Vouched(**vouched),
    )


def _private(kept: KeptPass) -> dict[str, Any]:
    consent = kept.consent
    names = Consent.__slots__
    vouched = kept.vouched
    return {
        "secret": base64.b64encode(kept.secret).decode(),
        "pin_hash": kept.pin_hash,
        "name": kept.holder.name,
        "phone": kept.holder.phone,
        "consent": None if consent is None else {name: getattr(consent, name) for name in names},
        "vouched": None if vouched is None else {"issuer": vouched.issuer, "mark": vouched.mark},
    }


def _hours(days: list[list[list[int]]]) -> OpenHours:
    return OpenHours(tuple(tuple((span[0], span[1]) for span in day) for day in days))
