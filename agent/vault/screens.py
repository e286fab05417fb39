"""The screens at the door that were paired with this agent, and the links that pair them.

Comes in: random tokens (of which only the sha256 is kept). Goes out: `Screen`s. They are not on the ledger and are not copied:
a screen whose row is lost is paired anew.
"""

from __future__ import annotations

import hashlib
import secrets

from sqlite_utils import Database

from agent.vault.rows import Screen


def screens(db: Database) -> tuple[Screen, ...]:
    """Newest first."""
    return tuple(Screen(**row) for row in db.query("select id, paired_utc, by from screens order by paired_utc desc, id"))


def new_link(db: Database, by: str, ends_utc: float) -> str:
    """A new token for the link that pairs a screen; the ones before end."""
    token = secrets.token_urlsafe(32)
    with db.atomic():
        db.execute("delete from screen_links")
        db.execute("insert into screen_links values (?, ?, ?)", [_hash(token), by, ends_utc])
    return token


def pair(db: Database, token: str, now: float) -> str | None:
    """Use the link up: the secret for the screen's cookie; None when the token is wrong, used or too old."""
    with db.atomic():
        row = db.execute("select by from screen_links where sha256 = ? and ends_utc > ?", [_hash(token), now]).fetchone()
        if row is None:
            return None
        secret = secrets.token_urlsafe(32)
        db.execute("delete from screen_links")
        db.execute("insert into screens values (?, ?, ?, ?)", [secrets.token_hex(4), _hash(secret), now, row[0]])
        return secret


def is_paired(db: Database, secret: str) -> bool:
    return bool(db.execute("select count(*) from screens where sha256 = ?", [_hash(secret)]).fetchone()[0])


def unpair(db: Database, screen_id: str) -> None:
    db.execute("delete from screens where id = ?", [screen_id])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
