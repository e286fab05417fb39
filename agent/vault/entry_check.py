"""Whether what belongs to the entrance is whole: keys of days, signatures of entries, the copy of the passes.

Comes in: the index, the data folder, and the store to repair with (None: only look). Goes out: problems.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sqlite_utils import Database

from agent.errors import StoreError
from agent.values import Text
from agent.vault import index, passes
from agent.vault.day_keys import FOLDER, KEYS, SUFFIX, DayKeys, day_of
from agent.vault.device_key import FILE, DeviceKey, open_device_key
from agent.vault.durable import disk_errors
from agent.vault.entry_bodies import details_of, is_signed
from agent.vault.leftovers import Found
from agent.vault.report import ProblemKind
from agent.vault.store import Store

COPY_PURPOSE = "passes-copy"


def check_entrance(top: Path, db: Database, store: Store | None, found: Found, *, deep: bool) -> None:
    """deep: verify the signature of every entry."""
    keys = DayKeys(top) if store is None else store.day_keys
    _check_days(db, store, keys, found)
    if not _has_device_key(top, db, found):
        return
    try:
        device = open_device_key(top / KEYS)
    except StoreError as damaged:
        found(ProblemKind.DEVICE_KEY_LOST, f"{KEYS}/{FILE}", damaged.text)
        return
    _check_copy(top, db, store, device, found)
    if deep:
        _check_signatures(db, keys, device, found)


def _check_days(db: Database, store: Store | None, keys: DayKeys, found: Found) -> None:
    there = set(keys.days())
    for day in index.erased_entry_days(db):
        if day in there:
            found(ProblemKind.ERASE_UNFINISHED, _key_path(day), _ERASING, partial(keys.remove, day))
    for day in index.entry_days(db):
        if keys.find(day) is None:
            found(ProblemKind.ENTRY_KEY_LOST, _key_path(day), _KEY_LOST, known=_is_known(db, store, day))


def _is_known(db: Database, store: Store | None, day: str) -> bool:
    """Whether an earlier check has reported the day already; with a store, from now on one has."""
    name = f"lost key {day}"
    known = db.execute("select 1 from meta where key = ?", [name]).fetchone() is not None
    if store is not None and not known:
        with disk_errors(store.folder):
            db.execute("insert into meta (key, value) values (?, '1')", [name])
    return known


def _has_device_key(top: Path, db: Database, found: Found) -> bool:
    if (top / KEYS / FILE).is_file():
        return True
    needed = db.execute("select (select count(*) from entries) + (select count(*) from passes)").fetchone()[0]
    if needed or (top / passes.MIRROR).is_file():
        found(ProblemKind.DEVICE_KEY_LOST, f"{KEYS}/{FILE}", _DEVICE_LOST)
    return False


def _check_copy(top: Path, db: Database, store: Store | None, device: DeviceKey, found: Found) -> None:
    """A copy that is missing or damaged is written anew; an empty table is filled from it when the agent starts."""
    key = device.derive(COPY_PURPOSE)
    rows = db.execute("select count(*) from passes").fetchone()[0]
    if rows and passes.read_mirror(top, key) is None:
        repair = None if store is None else partial(_write_copy, store, key)
        found(ProblemKind.PASSES_COPY, passes.MIRROR, _COPY, repair)


def _write_copy(store: Store, key: bytes) -> None:
    with disk_errors(store.folder):
        passes.write_mirror(store.db, store.folder, key)


def _check_signatures(db: Database, keys: DayKeys, device: DeviceKey, found: Found) -> None:
    for body, seq in index.entries(db, float("-inf"), float("inf"), oldest_first=True):
        key = keys.find(day_of(body["utc"]))
        if not is_signed(body, device.public) or (key is not None and details_of(body, key) is None):
            found(ProblemKind.ENTRY_CHANGED, f"ledger #{seq}", _CHANGED)


def _key_path(day: str) -> str:
    return f"{FOLDER}/{day}{SUFFIX}"


_ERASING = Text(
    ko="보관 기간이 지난 출입 기록의 열쇠 삭제를 마쳤습니다.",
    en="Erasing the key of old entries, which was cut off, was finished.",
)
_KEY_LOST = Text(
    ko="이 날의 출입 기록을 여는 열쇠가 없습니다. 백업이 있으면 되돌려 주세요. 없으면 누구의 출입인지 알 수 없습니다.",
    en="The key to this day's entries is gone. Restore it from a backup; without it nobody can tell whose entries they were.",
)
_DEVICE_LOST = Text(
    ko="기기 키 파일이 없습니다. 백업에서 되돌려 주세요. 없으면 새로 만들고, 출입증을 모두 다시 발급해야 합니다.",
    en="The file of the device's keys is gone. Restore it from a backup; otherwise a new one is made and all passes have to be "
    "issued anew.",
)
_COPY = Text(
    ko="출입증 사본 파일이 없거나 손상되어 다시 만들었습니다.", en="The copy of the passes was gone or damaged; made anew."
)
_CHANGED = Text(
    ko="출입 기록의 서명이 맞지 않습니다. 기록이 바뀌었거나 기기 키가 다릅니다.",
    en="The signature of this entry is not right: the record was changed, or the device's key is another one.",
)
