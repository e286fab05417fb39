"""An entrance for the tests of the customers' pages: a real vault, book of passes and desk, and the pages over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from agent.clock import Clock, ManualClock
from agent.entrance import EntranceDesk
from agent.entrance_panel import EntrancePanel, EntrySettings
from agent.entry.door import Door, NoDoor
from agent.entry.pin import PinHasher
from agent.entry.records import Pass, PassKind
from agent.entry.token import make_code, step_of
from agent.identity import make_identity
from agent.panel import EntryDesks
from agent.passes import PassBook
from agent.settings import KioskSettings, Shop
from agent.vault import Vault
from tests.web.drawn import NOW
from web.entrance import EntranceWeb, create_entrance

OWNER = "점주"
HTTPS = "https://door.example.kr"
QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


@dataclass
class DrawnEntrance:
    """Everything that a test may turn, and the customers' pages."""

    clock: Clock
    vault: Vault
    passes: PassBook
    desk: EntranceDesk
    owner: EntryDesks
    panel: EntrancePanel
    app: Flask

    def pairing_path(self) -> str:
        """The path of a link that pairs a screen."""
        return f"/kiosk/pair/{self.owner.pair_screen(OWNER, '127.0.0.1')}"

    def invite_path(self, kind: PassKind = PassKind.PHONE) -> str:
        """The path of a link that puts a new pass on a phone."""
        return f"/join/{self.passes.invite(self.passes.issue(kind, OWNER).id, OWNER)}"

    def card(self, pin: str | None = None) -> tuple[Pass, str]:
        """A new card and its text."""
        made = self.passes.issue(PassKind.CARD, OWNER, pin=pin)
        return made, self.passes.card_text(made.id)

    def code(self, secret: bytes, made: Pass) -> str:
        """What the phone of a pass shows now."""
        return make_code(secret, made.kind, made.id, step_of(self.clock.utc()))


@contextmanager
def open_entrance(
    folder: Path, *, settings: EntrySettings | None = None, clock: Clock | None = None, door: Door | None = None,
    web: EntranceWeb | None = None,
) -> Iterator[DrawnEntrance]:  # fmt: skip
    """The entrance of a shop without passes, whose clock stands at NOW unless another one is given."""
    clock = clock or ManualClock(NOW)
    settings = replace(settings or EntrySettings(kiosk=KioskSettings(public_url=HTTPS, call="02-123-4567")), enabled=True)
    with Vault(folder, clock) as vault:
        pins = PinHasher(vault.device.derive("pins"), QUICK)
        shop = Shop(name="안심 편의점")
        passes = PassBook(vault, clock, settings, shop.timezone, pins)
        desk = EntranceDesk(vault, clock, settings, shop.timezone, door or NoDoor(), pins)
        panel = EntrancePanel(vault, desk, passes, shop, settings, clock, make_identity(settings.outside, clock))
        owner = EntryDesks(vault, passes, desk, settings, clock)
        yield DrawnEntrance(clock, vault, passes, desk, owner, panel, create_entrance(panel, web))
