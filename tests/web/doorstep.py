"""The drawn shop with an entrance: real passes, a real desk, phones that make their codes, people who cross the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher

from agent.accuracy import Accuracy
from agent.clock import ManualClock
from agent.entrance import EntranceDesk
from agent.entry.doors import make_door
from agent.entry.holder import NOTICE, Consent, Holder
from agent.entry.pin import PinHasher
from agent.entry.records import Crossing, CrossingKind, Pass, PassKind, Reader, Reply, Scan
from agent.entry.token import make_code, step_of
from agent.panel import Desks, EntryDesks
from agent.passes import PassBook
from agent.payments import PaymentDesk
from agent.settings import DoorSettings, EntrySettings, IncidentSettings, KioskSettings
from agent.values import Incident, Point
from agent.vault import Vault
from tests.web.drawn import NAME, DrawnShop, open_shop
from web import WebSettings

ZONE = "Asia/Seoul"
CUSTOMERS = "https://door.example.kr"
ENTRY = EntrySettings(
    enabled=True,
    reader="door",
    gate="door",
    line=(Point(0.2, 0.8), Point(0.8, 0.8)),
    inside=Point(0.5, 0.5),
    kiosk=KioskSettings(public_url=CUSTOMERS, call="02-1234-5678"),
)


@dataclass(frozen=True)
class Phone:
    """Somebody's phone with a pass on it."""

    held: Pass
    secret: bytes = field(repr=False)


@dataclass
class Doorstep:
    """Holding one means: you may stand at the door of the drawn shop, as a customer and as the owner."""

    shop: DrawnShop
    desks: EntryDesks
    people: int = 0

    @property
    def book(self) -> PassBook:
        return self.desks.passes

    def phone(self, kind: PassKind = PassKind.PHONE, holder: Holder | None = None) -> Phone:
        """A pass that was issued and brought onto a phone."""
        held = self.book.issue(kind, NAME, holder=holder)
        made = self.book.enrol(self.book.invite(held.id, NAME), Consent(NOTICE, self.shop.clock.utc()))
        return Phone(made.pass_, made.secret)

    def show(self, phone: Phone, reader: Reader = Reader.CAMERA) -> Reply:
        """The phone's code of this moment."""
        code = make_code(phone.secret, phone.held.kind, phone.held.id, step_of(self.shop.clock.utc()))
        return self.desks.desk.present(code, reader, "door" if reader is Reader.CAMERA else None)

    def cross(self, kind: CrossingKind, scan: Scan | None = None) -> int:
        """Somebody crosses the line two seconds later; gives the track of the one who did."""
        self.shop.clock.advance(2.0)
        self.people += 1
        clock = self.shop.clock
        self.desks.desk.crossed(Crossing("door", self.people, kind, clock.monotonic(), clock.utc(), scan))
        return self.people

    def come_in(self, phone: Phone) -> int:
        """Shows the code and goes in, forty seconds after whatever was before: with a fresh code."""
        self.shop.clock.advance(40.0)
        assert self.show(phone).is_welcome
        return self.cross(CrossingKind.VERIFIED, self.desks.desk.scans()[-1])

    def follow(self) -> tuple[int, Incident]:
        """Somebody comes in behind whoever came in last; gives the track and the incident that the rule makes of it."""
        scan = self.desks.desk.scans()[-1]
        track = self.cross(CrossingKind.TAILGATING, scan)
        incident = self.shop.incident(
            "tailgating", "door", 0.0, "코드를 보인 사람 바로 뒤를 따라, 한 사람이 코드 없이 들어왔습니다.",
            "Somebody came in right behind a person who had shown a code, without one of their own.", tracks=(track,),
        )  # fmt: skip
        return track, incident

    def settle(self) -> None:
        """Until all that was noted in passing is on the disk."""
        self.shop.vault.record_audit("-", "settle", "-", "", "")


def open_doorstep(
    folder: Path, *, entry: EntrySettings = ENTRY, language: str = "ko", settings: WebSettings | None = None
) -> Iterator[Doorstep]:
    """A shop with entry on; nothing opens its door unless `entry` says what does."""
    made: list[EntryDesks] = []

    def desks(vault: Vault, clock: ManualClock) -> Desks:
        pins = PinHasher(vault.device.derive("pins"), PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
        desk = EntranceDesk(vault, clock, entry, ZONE, make_door(entry.door, clock), pins)
        made.append(EntryDesks(vault, PassBook(vault, clock, entry, ZONE, pins), desk, entry, clock))
        return Desks(PaymentDesk(clock, vault.till_key_hash, (), ZONE), Accuracy(vault, IncidentSettings()), made[0])

    for shop in open_shop(folder, language=language, settings=settings, desks=desks):
        yield Doorstep(shop, made[0])


def opened_by(url: str) -> EntrySettings:
    """The same, with a door that a web address opens."""
    return EntrySettings(
        enabled=True, reader=ENTRY.reader, gate=ENTRY.gate, line=ENTRY.line, kiosk=ENTRY.kiosk,
        door=DoorSettings(opener="webhook", url=url),
    )  # fmt: skip
