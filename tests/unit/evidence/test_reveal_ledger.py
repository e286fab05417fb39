"""What is revealed is what the ledger knows: an original that somebody put in its place is not opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import IntegrityError
from agent.evidence.ceremony import Ceremony, RevealRequest
from agent.evidence.reveal import Revealer
from agent.settings import RecordingSettings
from agent.vault import SealedFile, Vault
from agent.vault.ledger import parse
from agent.vault.owner_keys import Unlocked
from tests import bags
from tests.stored import UTC, incident, sealed_offer

PLANTED = b"sealed to the owner's public key by somebody else"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with bags.shop(tmp_path / "data") as vault:
        yield vault


def asked(revealer: Revealer) -> Ceremony:
    return revealer.ask(RevealRequest(incident().id, "점주", (3,), "본인이 열람을 요구함", "viewing"))


def plant(vault: Vault, sealed: SealedFile, *, in_index: bool) -> None:
    """Another original lies there now, and, if asked, the index says that it belongs there."""
    (vault.folder / sealed.path).write_bytes(PLANTED)
    if in_index:
        sql = "update sealed set sha256 = ?, bytes = ? where seq = ?"
        values = [hashlib.sha256(PLANTED).hexdigest(), len(PLANTED), sealed.seq]
        vault._now(lambda: vault._store.db.execute(sql, values))


@pytest.mark.parametrize("in_index", [False, True])
def test_an_original_in_the_place_of_another_is_not_opened(vault: Vault, in_index: bool) -> None:
    sealed = vault.store_sealed(sealed_offer())
    plant(vault, sealed, in_index=in_index)
    revealer = Revealer(vault, RecordingSettings(), ManualClock(UTC), countdown_s=0)
    with pytest.raises(IntegrityError, match="not what the ledger says"):
        revealer.open(asked(revealer), Unlocked(()))
    steps = [parse(line) for line in vault.ledger_lines()]
    assert [one.body["step"] for one in steps if one.kind == "reveal.step"] == ["asked", "opened", "failed"]
