"""A key that somebody slips into the list of recipients opens all that is sealed from then on: a check finds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyrage import x25519

from agent.clock import ManualClock
from agent.vault import Vault
from agent.vault.check import check
from agent.vault.owner_keys import OWNER, RECIPIENTS, OwnerKeys
from agent.vault.report import ProblemKind
from tests.quick_lock import QuickLock
from tests.stored import UTC, opened

PASS = "우리 가게 열쇠는 하나뿐"
LAWYER = str(x25519.Identity.generate().to_public())
THIEF = str(x25519.Identity.generate().to_public())


def keys_of(vault: Vault) -> OwnerKeys:
    return OwnerKeys(vault.folder / "keys", ManualClock(UTC), vault._note_owner_key, QuickLock())


def unknown(folder: Path) -> list[str]:
    found = check(folder, ManualClock(UTC), repair=False).problems
    return [one.text.en for one in found if one.kind is ProblemKind.RECIPIENT_UNKNOWN]


def slip_in(folder: Path, label: str, public: str) -> None:
    path = folder / "keys" / RECIPIENTS
    held = json.loads(path.read_bytes()) if path.exists() else {"version": 1, "recipients": []}
    held["recipients"].append({"label": label, "public": public, "since_utc": UTC, "until_utc": None})
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(held))


def test_keys_that_went_through_a_ceremony_are_known(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with opened(folder) as vault:
        assert unknown(folder) == []
        keys = keys_of(vault)
        first = keys.make(PASS)
        keys.add_recipient("변호사", LAWYER)
        keys.rotate(PASS)
        keys.restore(first.text, PASS)
    assert unknown(folder) == []
    assert check(folder, ManualClock(UTC), repair=True, deep=True).problems == ()


@pytest.mark.parametrize("label", ["변호사", OWNER])
def test_a_key_that_somebody_slipped_in_is_found(tmp_path: Path, label: str) -> None:
    folder = tmp_path / "data"
    with opened(folder) as vault:
        keys_of(vault).make(PASS)
    slip_in(folder, label, THIEF)
    (told,) = unknown(folder)
    assert THIEF in told


def test_so_is_one_where_no_key_was_ever_made(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with opened(folder):
        pass
    slip_in(folder, OWNER, THIEF)
    assert len(unknown(folder)) == 1


def test_so_is_one_that_was_taken_off(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with opened(folder) as vault:
        keys = keys_of(vault)
        keys.make(PASS)
        keys.add_recipient("변호사", LAWYER)
        keys.end_recipient(LAWYER)
    assert unknown(folder) == []
    slip_in(folder, "변호사", LAWYER)
    assert len(unknown(folder)) == 1
