"""The desk at the entrance: decides on codes that are shown, writes each down, then opens the door.

Comes in: texts that readers read, numbers and PINs that are typed, people who crossed the entrance. Goes out: `Reply`s,
entries in the vault, an opened door; for the gate the codes that were accepted, for the panel how many are inside.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.clock import Clock
from agent.entry.admission import NO_CARD, NOT_OURS, Moment, PinWord, Shown, admit, said, said_used
from agent.entry.door import Door, Opening
from agent.entry.doorkeeper import Doorkeeper
from agent.entry.ids import EntryIds
from agent.entry.kept import KeptPass
from agent.entry.limits import TOLD_LOCK, Limits
from agent.entry.news import News
from agent.entry.pin import PinHasher
from agent.entry.records import Answer, Crossing, CrossingKind, Entry, Pass, PassKind, Reader, Reply, Scan, crossed
from agent.entry.register import FRESH, Register
from agent.entry.tally import EntranceTally
from agent.entry.token import Token, card_public, check_card, check_mac, read_token
from agent.errors import StoreError
from agent.settings import EntrySettings
from agent.values import Event, EventKind, Text
from agent.vault import Vault
from agent.vault.layout import stamp

log = logging.getLogger(__name__)

PIN_S = 60.0  # how long after a card its PIN may be typed
RECORD_S = 5.0  # a disk that takes longer for an entry: who stands at the door is told that nothing can be checked now
CALL_S = 30.0  # a call that is repeated sooner says nothing new
FOREIGN_S = 60.0  # somebody else's QR code that stays before the camera is told of once in this time
MOST_FOREIGN = 32  # of so many of these it is remembered that they were told of
_GUESSES = (Answer.UNKNOWN, Answer.WRONG_PIN)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A card that was shown and whose PIN is still to come."""

    text: str
    camera: str | None
    until: float


class EntranceDesk:
    """Holding one means: you may let people in who have a right to. Safe to use from any thread.

    After a restart it knows from the vault which codes were accepted, who is inside and which PINs are locked.
    Two locks: `_turn` is held for a whole decision, until it is on the disk; `_memory` for a look at what is remembered, never
    over a read, a write or a wait. The camera's thread takes only the second: a disk that stalls must not stop the picture.
    """

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        settings: EntrySettings,
        timezone: str,
        door: Door,
        pins: PinHasher | None = None,
    ) -> None:
        """The vault has to be open. timezone: the shop's. Raises StoreError."""
        self._vault = vault
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._doorkeeper = Doorkeeper(door, clock, self._note_door, self._tell)
        self._pins = pins or PinHasher(vault.device.derive("pins"))
        self._cards = card_public(vault.device.derive("cards"))
        self._nobody = vault.device.derive("nobody's secret")  # so that an unknown pass takes as long as a known one
        self._turn = threading.Lock()
        self._memory = threading.Lock()
        self._register = Register(settings.passback_s, sees_exits=bool(settings.gate))
        self._limits = Limits()
        self._ids = EntryIds()
        self._unsettled: set[str] = set()  # passes of which it is not known yet whether the disk took that they were let in
        self._waiting: _Waiting | None = None
        self._foreign: dict[str, float] = {}  # sha256 of other QR codes, and when each was told of; the newest last
        self._called = float("-inf")
        self._answers: Counter[Answer] = Counter()
        self._read: dict[Reader, float] = {}
        self._news = News()
        ahead = clock.monotonic() - clock.utc()
        for day in vault.entry_days():
            for entry, step in vault.entries_of_day(day):
                self._ids.seen(entry.id)
                self._register.put(entry, step)
                self._limits.replay(entry, min(entry.utc + ahead, clock.monotonic()))

    # codes

    def present(self, text: str, reader: Reader, camera: str | None = None, pin: str | None = None) -> Reply:
        """Decide on the text of a code. The entry is durable before the door opens; UNSURE when the store refuses it.

        Blocks until the door has answered (at most some seconds). pin: typed beside a card. Raises nothing.
        NEEDS_PIN: ask for it, and call `enter_pin`, or present the text again with it.
        """
        self._read_by(reader)
        token = read_token(text)
        if token is None:
            return self._refuse_foreign(text, reader)
        try:
            kept = self._vault.passes.find(token.pass_id)
        except StoreError as failure:
            return self._unsure(failure)
        genuine = self._is_genuine(token, kept)
        word = self._pin_word(kept, pin) if kept is not None and genuine and token.kind is PassKind.CARD else PinWord.MISSING
        reply = self._decide(Shown(token, genuine, word), kept, reader, camera)
        if reply.answer is Answer.NEEDS_PIN:
            with self._memory:
                self._waiting = _Waiting(text, camera, self._clock.monotonic() + PIN_S)
        return reply

    def present_number(self, number: str, pin: str, reader: Reader) -> Reply:
        """Number and PIN instead of a phone or card (PassBook.number_of)."""
        self._read_by(reader)
        paused = self._paused(reader)
        if paused is not None:  # before the slow check: guessers must not keep the processor busy either
            return paused
        try:
            kept = self._vault.passes.find_number(number.strip())
        except StoreError as failure:
            return self._unsure(failure)
        return self._decide(Shown(None, False, self._pin_word(kept, pin)), kept, reader, None)

    def enter_pin(self, pin: str, reader: Reader) -> Reply:
        """The PIN for the card that was answered with NEEDS_PIN within the last minute, whichever reader read it."""
        with self._memory:
            card = self._waiting
        if card is None or card.until < self._clock.monotonic():
            return self._news.tell(Reply(Answer.NEEDS_PIN, NO_CARD))
        reply = self.present(card.text, reader, card.camera, pin)
        if reply.answer is not Answer.WRONG_PIN:
            with self._memory:  # another card may have been shown meanwhile: that one goes on waiting
                self._waiting = None if self._waiting is card else self._waiting
        return reply

    # the gate

    def crossed(self, crossing: Crossing) -> None:
        """Somebody crossed the entrance. Does not wait for the disk; raises nothing."""
        with self._memory:
            kind = None if crossing.scan is None else self._register.kind(crossing.scan.pass_id)
            entry = crossed(self._new_id(crossing.utc), crossing, kind)
            self._register.put(entry)
        with suppress(StoreError):  # the vault is closing, or its disk does not answer: others tell of that
            self._vault.note_entry(entry).add_done_callback(_entered)

    def is_inside(self, pass_id: str) -> bool:
        """Whether a pass is refused because its holder is inside, as far as the gate saw."""
        with self._memory:
            return self._register.state(pass_id, self._clock.utc()).inside

    def has_left(self, pass_id: str) -> None:
        """The owner says that the holder of a pass has left, though no camera saw it. In the log. Raises StoreError."""
        with self._memory:
            utc, kind = self._clock.utc(), self._register.kind(pass_id)
            entry = Entry(self._new_id(utc), utc, crossing=CrossingKind.EXIT, pass_id=pass_id, pass_kind=kind)
        self._record(entry, None)

    def scans(self) -> tuple[Scan, ...]:
        """Codes accepted within the last two minutes, oldest first, for the gate. Waits for nothing."""
        return self._register.scans(self._clock.utc())

    # the people at the door and the owner

    def call(self, reader: Reader) -> None:
        """Somebody at the door asks for help: an event on the owner's page, once in half a minute."""
        now = self._clock.monotonic()
        with self._memory:
            if now - self._called < CALL_S:
                return
            self._called = now
        log.info("somebody calls at the entrance (%s)", reader.value)
        self._tell(EventKind.CALLED, _CALLED)

    def test_door(self, by: str) -> Text:
        """Open the door once for the owner (on the ledger, with who it was); gives what came of it."""
        with self._memory:
            name = self._new_id(self._clock.utc())
        return self._doorkeeper.try_out(name, by)

    def wait_for_news(self, after: int, seconds: float) -> tuple[int, Reply | None]:
        """The newest reply and its number, as soon as the number is above `after`, or after `seconds` (then it may be old)."""
        return self._news.wait(after, seconds)

    @property
    def latest(self) -> tuple[int, Reply | None]:
        """The newest reply and its number; (0, None) before the first."""
        return self._news.latest

    @property
    def occupancy(self) -> int:
        """How many people are inside, as far as the gate saw; who came more than twelve hours ago no longer counts."""
        with self._memory:
            return self._register.occupancy(self._clock.utc())

    @property
    def tally(self) -> EntranceTally:
        door = self._doorkeeper.openings
        with self._memory:
            answers, readers = dict(self._answers), dict(self._read)
        return EntranceTally(answers, readers, door.done, door.done_utc, door.failed, door.failed_utc, door.failure)

    def look_after_door(self) -> None:
        """Tell the owner of a lock that was lost, or came back, while nobody was at the door. Call it now and then."""
        self._doorkeeper.look()

    # deciding

    def _decide(self, shown: Shown, kept: KeptPass | None, reader: Reader, camera: str | None) -> Reply:
        """The answer, on the ledger; then the door, and the news."""
        reply = self._in_turn(shown, kept, reader, camera)
        with self._memory:
            self._answers[reply.answer] += 1
        if reply.answer is Answer.ADMITTED and reply.entry is not None:
            reply = replace(reply, opened=self._doorkeeper.open(reply.entry).ok)
        return self._news.tell(reply)

    def _in_turn(self, shown: Shown, kept: KeptPass | None, reader: Reader, camera: str | None) -> Reply:
        """One decision at a time, upon the pass as it is at that moment: it may have been revoked since it was looked up."""
        if not self._turn.acquire(timeout=RECORD_S):
            return _UNSURE
        try:
            paused = None if shown.genuine else self._paused_now(reader)
            now = None if kept is None else self._vault.passes.find(kept.about.id)
            same = kept is not None and now is not None and (now.secret, now.pin_hash) == (kept.secret, kept.pin_hash)
            return paused or self._answer(shown, now.about if same and now is not None else None, reader, camera)
        except StoreError as failure:
            log.warning("an entry could not be kept, so nobody was let in: %s", failure)
            return _UNSURE
        finally:
            self._turn.release()

    def _answer(self, shown: Shown, known: Pass | None, reader: Reader, camera: str | None) -> Reply:
        utc = self._clock.utc()
        with self._memory:
            state = FRESH if known is None else self._register.state(known.id, utc)
            answer = admit(shown, known, state, Moment(utc, datetime.fromtimestamp(utc, self._zone)))
            if answer in _GUESSES:
                self._limits.refused(reader, self._clock.monotonic())
            if answer is Answer.ADMITTED and known is not None and known.id in self._unsettled:
                return _UNSURE
            again_s = 0.0 if known is None else self._limits.pin_closed_s(known.id, self._clock.monotonic())
            name = self._new_id(utc)
        if answer is Answer.NEEDS_PIN:  # nothing is decided yet
            return Reply(answer, said(answer))
        token = shown.token
        named = known if shown.genuine or token is None else None  # a forged code may name anybody's pass
        entry = Entry(
            id=name,
            utc=utc,
            answer=answer,
            pass_id=None if named is None else named.id,
            pass_kind=None if named is None else named.kind,
            reader=reader,
            camera=camera,
            token_sha256=None if token is None else token.sha256,
        )
        self._record(entry, None if token is None or named is None else token.step)
        text = said_used(known.kind) if answer is Answer.USED and known is not None else said(answer, again_s)
        return Reply(answer, text, entry.id, again_s=again_s if answer is Answer.TOO_MANY else 0.0)

    def _record(self, entry: Entry, step: int | None) -> None:
        """The entry is on the disk on return, and remembered. Raises StoreError: the disk refuses it, or takes too long.

        What the disk takes in the end counts, though nobody was let in; until that is known, its pass lets nobody in.
        """
        written = self._vault.begin_entry(entry, step)
        try:
            written.result(RECORD_S)
        except TimeoutError:
            if not written.cancel():
                with self._memory:
                    self._unsettled.add(entry.pass_id or "")
                written.add_done_callback(lambda done: self._settled(entry, step, kept=done.exception() is None))
            raise _too_slow() from None
        with self._memory:
            self._register.put(entry, step)

    def _settled(self, entry: Entry, step: int | None, *, kept: bool) -> None:
        with self._memory:
            if kept:
                self._register.put(entry, step)
            self._unsettled.discard(entry.pass_id or "")

    def _is_genuine(self, token: Token, kept: KeptPass | None) -> bool:
        if token.kind is PassKind.CARD:
            return check_card(token, self._cards) and kept is not None
        return check_mac(token, self._nobody if kept is None else kept.secret) and kept is not None

    def _pin_word(self, kept: KeptPass | None, pin: str | None) -> PinWord:
        """What a typed PIN is worth. Slow on purpose, so nothing else waits for it; as slow for a number that does not exist
        and for a PIN that is locked: the time must not tell them apart.
        """
        if pin is None:
            return PinWord.MISSING
        lock: int | None = 0
        if kept is not None:
            with self._memory:
                lock = self._limits.try_pin(kept.about.id, self._clock.monotonic(), kept.pin_hash)
        fits = self._pins.fits(None if kept is None else kept.pin_hash, pin)
        if lock is None:
            return PinWord.LOCKED
        if not fits:
            if lock >= TOLD_LOCK:
                self._tell(EventKind.PIN_LOCKED, _GUESSED)
            return PinWord.WRONG
        if kept is not None:
            with self._memory:
                self._limits.pin_was_right(kept.about.id)
        return PinWord.RIGHT

    # answers without an entry

    def _refuse_foreign(self, text: str, reader: Reader) -> Reply:
        """Some other QR code. What it says is none of our business, so it is not written down."""
        digest = hashlib.sha256(text[:4000].encode("utf-8", "replace")).hexdigest()
        now = self._clock.monotonic()
        reply = Reply(Answer.UNKNOWN, NOT_OURS)
        with self._memory:
            repeated = reader is Reader.CAMERA and now - self._foreign.get(digest, float("-inf")) < FOREIGN_S
            if not repeated:
                self._foreign.pop(digest, None)
                self._foreign = dict([*self._foreign.items(), (digest, now)][-MOST_FOREIGN:])
        return reply if repeated else self._news.tell(reply)

    def _paused(self, reader: Reader) -> Reply | None:
        paused = self._paused_now(reader)
        return None if paused is None else self._news.tell(paused)

    def _paused_now(self, reader: Reader) -> Reply | None:
        with self._memory:
            again_s = self._limits.paused_s(reader, self._clock.monotonic())
        return Reply(Answer.TOO_MANY, said(Answer.TOO_MANY, again_s), again_s=again_s) if again_s > 0 else None

    def _unsure(self, failure: StoreError) -> Reply:
        log.warning("the passes cannot be read, so nobody is let in: %s", failure)
        return self._news.tell(_UNSURE)

    # the rest

    def _note_door(self, entry_id: str, opening: Opening, by: str) -> None:
        with suppress(StoreError):
            error = "" if opening.error is None else opening.error.en
            self._vault.note_door(entry_id, opened=opening.ok, how=opening.how, error=error, by=by)

    def _tell(self, kind: EventKind, text: Text) -> None:
        with suppress(StoreError):
            self._vault.record_event(Event(self._clock.utc(), kind, text), wait=False)

    def _read_by(self, reader: Reader) -> None:
        with self._memory:
            self._read[reader] = self._clock.utc()

    def _new_id(self, utc: float) -> str:
        """Never given before, also not by an earlier run. For who holds `_memory`."""
        return self._ids.new(stamp(utc))


def _entered(future: Future[bool]) -> None:
    failure = future.exception()
    if failure is not None:
        log.warning("a crossing of the entrance could not be kept: %s", failure)


def _too_slow() -> StoreError:
    return StoreError(
        ko=f"디스크가 {RECORD_S:.0f}초 안에 출입 기록을 받지 않았습니다. 디스크 상태를 확인해 주세요.",
        en=f"The disk did not take an entry within {RECORD_S:.0f} seconds. Check the disk.",
    )


_UNSURE = Reply(Answer.UNSURE, said(Answer.UNSURE))
_GUESSED = Text(
    ko="한 출입증의 비밀번호(PIN)가 여러 번 틀려 다시 잠겼습니다. "
    "출입 기록을 확인하고, 손님이 한 일이 아니면 그 출입증의 비밀번호를 바꿔 주세요.",
    en="The PIN of a pass was wrong many times and is locked again. Look at the entry log; if it was not the customer, change "
    "that pass's PIN.",
)
_CALLED = Text(
    ko="출입문에서 호출 버튼을 눌렀습니다. 문 앞 손님을 확인해 주세요.",
    en="Somebody pressed the call button at the entrance. Please see to it.",
)
