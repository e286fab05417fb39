"""An entrance to test at: an open vault with a book of passes and a desk, a clock that stands, a door that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher

from agent.clock import ManualClock
from agent.entrance import EntranceDesk
from agent.entry.door import Opening
from agent.entry.holder import NOTICE, Consent
from agent.entry.pin import PinHasher
from agent.entry.records import Pass, PassKind, Reader, Reply
from agent.entry.token import make_code, step_of
from agent.passes import PassBook
from agent.settings import EntrySettings
from agent.values import Text
from agent.vault import Vault
from tests.stored import opened

UTC = 1_795_300_000.0  # 2026-11-21T22:26:40Z, Sunday 07:26:40 in Seoul
SEOUL = "Asia/Seoul"
STUCK = Text(ko="문이 대답하지 않습니다.", en="The door does not answer.")


@dataclass
class CountingDoor:
    """Opens, unless it is told that it cannot; remembers for which entries, and what stood in the log at that moment.

    meanwhile: happens while it opens.
    """

    how: str = "webhook"
    trouble: Text | None = None
    opened_for: list[str] = field(default_factory=list)
    vault: Vault | None = None
    known_then: list[bool] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None

    def start(self) -> None: ...

    def close(self) -> None: ...

    def open(self, entry_id: str) -> Opening:
        if self.vault is not None:
            self.known_then.append(self.vault.entry(entry_id) is not None)
        if self.meanwhile is not None:
            self.meanwhile()
        if self.trouble is not None:
            return Opening(ok=False, how=self.how, error=self.trouble)
        self.opened_for.append(entry_id)
        return Opening(ok=True, how=self.how)


@dataclass
class Entrance:
    """All of it. code: the text that the phone with this secret shows now."""

    vault: Vault
    clock: ManualClock
    settings: EntrySettings
    book: PassBook
    desk: EntranceDesk
    door: CountingDoor

    def phone(self, kind: PassKind = PassKind.PHONE, **wish: object) -> Phone:
        issued = self.book.issue(kind, "mina", **wish)  # type: ignore[arg-type]
        enrolment = self.book.enrol(self.book.invite(issued.id, "mina"), self.consent())
        return Phone(self, enrolment.pass_, enrolment.secret)

    def consent(self, *, under_14: bool = False, guardian: bool = False) -> Consent:
        return Consent(NOTICE, self.clock.utc(), under_14, guardian)

    def show(self, text: str, reader: Reader = Reader.CAMERA, pin: str | None = None) -> Reply:
        return self.desk.present(text, reader, "door" if reader is Reader.CAMERA else None, pin)


@dataclass
class Phone:
    """A phone that was enrolled; its clock may be wrong by `late_s`."""

    at: Entrance
    pass_: Pass
    secret: bytes
    late_s: float = 0.0

    @property
    def code(self) -> str:
        return make_code(self.secret, self.pass_.kind, self.pass_.id, step_of(self.at.clock.utc() - self.late_s))

    def show(self) -> Reply:
        return self.at.show(self.code)


def pin_hasher(vault: Vault) -> PinHasher:
    """As the real one, but quick."""
    return PinHasher(vault.device.derive("pins"), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def entrance_at(vault: Vault, clock: ManualClock, settings: EntrySettings | None = None) -> Entrance:
    chosen = settings or EntrySettings(enabled=True, gate="door", reader="door")
    door = CountingDoor(vault=vault)
    pins = pin_hasher(vault)
    book = PassBook(vault, clock, chosen, SEOUL, pins)
    desk = EntranceDesk(vault, clock, chosen, SEOUL, door, pins)
    return Entrance(vault, clock, chosen, book, desk, door)


@contextmanager
def entrance(folder: Path, clock: ManualClock | None = None, settings: EntrySettings | None = None) -> Iterator[Entrance]:
    """An entrance on a data folder; again on the same folder: after a restart."""
    clock = clock or ManualClock(UTC)
    with opened(folder, clock) as vault:
        yield entrance_at(vault, clock, settings)
