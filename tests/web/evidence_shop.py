"""A shop with sealed evidence of two people behind the panel: the real program filmed it, nobody was filmed for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher
from flask import Flask

from agent.accounts import Accounts
from agent.accuracy import Accuracy
from agent.clock import ManualClock
from agent.evidence_desk import EvidenceDesk
from agent.panel import Desks, Panel
from agent.payments import PaymentDesk
from agent.recording.live import LiveView
from agent.settings import IncidentSettings
from agent.vault import Vault
from agent.vault.journal import Journal
from agent.vault.owner_keys import OwnerKeys
from tests.quick_lock import QuickLock
from tests.two_people import TwoPeople
from tests.web.drawn import NAME, PASSWORD, well
from web import WebSettings, create_app

OTHER, OTHER_PASSWORD = "본사", "자전거 연필깎이 밀물"


@dataclass
class EvidenceShop:
    """The panel over what the program stored, with the clock in the test's hand. Two people have accounts."""

    filmed: TwoPeople
    clock: ManualClock
    vault: Vault
    panel: Panel
    app: Flask

    @property
    def incident(self) -> str:
        return self.filmed.incident.id

    def steps(self) -> list[str]:
        """Of all ceremonies, as the ledger tells them."""
        records = Journal(self.vault.folder / "ledger").records()
        return [str(record.body["step"]) for record in records if record.kind.startswith("reveal.")]

    def told(self, kind: str) -> list[dict]:
        """Bodies of the ledger's records of a kind, oldest first."""
        return [dict(record.body) for record in Journal(self.vault.folder / "ledger").records() if record.kind == kind]

    def desk(self) -> EvidenceDesk:
        return self.panel.evidence


@contextmanager
def evidence_shop(filmed: TwoPeople) -> Iterator[EvidenceShop]:
    clock = ManualClock(time.time())
    with Vault(filmed.folder, clock) as vault:
        vault.owner_keys = OwnerKeys(filmed.folder / "keys", clock, lock=QuickLock())
        quick = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
        accounts = Accounts(vault, clock, quick)
        if accounts.needs_owner:
            accounts.create_owner(accounts.new_link_token(), NAME, PASSWORD)
            accounts.add(OTHER, OTHER_PASSWORD, "owner")
        shop = filmed.settings.shop
        desk = EvidenceDesk(vault, filmed.settings, clock)
        payments = PaymentDesk(clock, vault.till_key_hash, (), shop.timezone)
        desks = Desks(payments, Accuracy(vault, IncidentSettings()), evidence=desk)
        panel = Panel(vault, LiveView(), lambda: well(clock.utc()), shop, filmed.settings.data, clock, accounts, desks)
        app = create_app(panel, WebSettings(sign_in_rate="500 per minute"))
        try:
            yield EvidenceShop(filmed, clock, vault, panel, app)
        finally:
            desk.close()
