"""The panel's accounts and the one-time token of the first-run owner link.

Comes in: names, argon2 hashes (made by the panel), tokens. Goes out: `UserRow`s. Hashes stay out of the ledger, which others
get to read; so that a damaged database does not lock the owner out, they are also kept in accounts.json, readable by the
agent's user only.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from agent.errors import StoreError
from agent.vault.durable import replace_synced
from agent.vault.rows import UserRow

MIRROR = "accounts.json"
OWNER = "owner"


def users(db: Database) -> tuple[UserRow, ...]:
    """In the order in which they were made."""
    return tuple(UserRow(**row) for row in db.query("select * from accounts order by created_utc, name"))


def user(db: Database, name: str) -> UserRow | None:
    rows = list(db.query("select * from accounts where name = ?", [name]))
    return UserRow(**rows[0]) if rows else None


def add(db: Database, name: str, password_hash: str, role: str, now: float) -> UserRow:
    """Raises StoreError when the name is taken."""
    row = UserRow(name=name, password_hash=password_hash, role=role, created_utc=now, changed_utc=now)
    try:
        db.execute("insert into accounts values (?, ?, ?, ?, ?)", [name, password_hash, role, now, now])
    except sqlite3.IntegrityError as taken:
        raise StoreError(
            ko=f"'{name}' 계정이 이미 있습니다. 다른 이름을 사용해 주세요.",
            en=f"There is an account '{name}' already. Choose another name.",
        ) from taken
    return row


def set_password(db: Database, name: str, password_hash: str, now: float) -> None:
    """Raises StoreError when there is no such account."""
    done = db.execute("update accounts set password_hash = ?, changed_utc = ? where name = ?", [password_hash, now, name])
    _must_exist(done.rowcount, name)


def remove(db: Database, name: str) -> None:
    """Raises StoreError when there is no such account."""
    _must_exist(db.execute("delete from accounts where name = ?", [name]).rowcount, name)


def _must_exist(count: int, name: str) -> None:
    if count != 1:
        raise StoreError(ko=f"'{name}' 계정이 없습니다.", en=f"There is no account '{name}'.")


# The token of the owner link. 256 random bits need no slow hash and no constant-time comparison: who cannot guess the token
# cannot choose its sha256 either, and the look-up is by that.


def new_token(db: Database, ends_utc: float) -> str:
    """A new token; the ones before end."""
    token = secrets.token_urlsafe(32)
    with db.atomic():
        db.execute("delete from setup_tokens")
        db.execute("insert into setup_tokens values (?, ?)", [_hash(token), ends_utc])
    return token


def token_valid(db: Database, token: str, now: float) -> bool:
    sql = "select count(*) from setup_tokens where sha256 = ? and ends_utc > ?"
    return bool(db.execute(sql, [_hash(token), now]).fetchone()[0])


def create_owner(db: Database, token: str, name: str, password_hash: str, now: float) -> UserRow | None:
    """Use the token up and add the owner, both or neither; None when the token is wrong, used or too old."""
    with db.atomic():
        if not token_valid(db, token, now):
            return None
        db.execute("delete from setup_tokens")
        return add(db, name, password_hash, OWNER, now)


def write_mirror(db: Database, folder: Path) -> None:
    rows = [_plain(row) for row in users(db)]
    replace_synced(folder / MIRROR, json.dumps({"version": 1, "accounts": rows}, indent=1).encode(), mode=0o600)


def restore(db: Database, folder: Path) -> int:
    """Fill an empty accounts table from the mirror; gives how many accounts came back."""
    path = folder / MIRROR
    if users(db) or not path.is_file():
        return 0
    try:
        rows = [UserRow(**row) for row in json.loads(path.read_bytes())["accounts"]]
    except (ValueError, KeyError, TypeError):  # damaged: the owner sets a new password with `ansim user add`
        return 0
    with db.atomic():
        for row in rows:
            values = [row.name, row.password_hash, row.role, row.created_utc, row.changed_utc]
            db.execute("insert into accounts values (?, ?, ?, ?, ?)", values)
    return len(rows)


def _plain(row: UserRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in UserRow.__slots__}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
