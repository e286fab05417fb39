"""The book of passes: who may come in, how they get their code, and what is known of them.

Comes in: what the owner enters, invites that come back, lists. Goes out: `Pass`es, texts of cards and codes, secrets for
phones (once). Names, phones, secrets and PINs lie encrypted in the vault; the ledger says what was done to which pass, never
whose it is.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.clock import Clock
from agent.entry import issuing
from agent.entry.door_link import DoorLink
from agent.entry.holder import Consent, Holder
from agent.entry.issuing import APART_S, Press, Wish, check_end, check_new_pin, check_wish, is_over, moved, sorted_out, with_pin
from agent.entry.kept import KeptPass
from agent.entry.pass_list import MOST_LINES, BadLine, ListedPass, ListReport, PassRefused, check_holder, read_list
from agent.entry.pin import PinHasher
from agent.entry.records import Pass, PassKind
from agent.entry.token import make_card, make_code
from agent.entry.vouched import Vouched, VouchedLink
from agent.settings import EntrySettings, OpenHours
from agent.vault import Vault

__all__ = [
    "BadLine",
    "Enrolment",
    "Invited",
    "ListReport",
    "ListedPass",
    "PassBook",
    "PassRefused",
]

INVITE_S = 86_400.0
SELF_S = 365 * 86_400.0  # how long a pass is valid that people made themselves: nobody else would end it
SELF_A_DAY = 200  # sign-ups at the door in 24 hours: a bored stranger must not fill the book
DOOR = "door"  # who issued passes that people made themselves
_ENROLLED = (PassKind.PHONE, PassKind.STAFF)


@dataclass(frozen=True, slots=True)
class Invited:
    """What an enrolment link is for. pass_: the pass that it enrols; None: it makes a new one.

    vouched: it is that of somebody whom an outside service knows.
    """

    pass_: Pass | None
    ends_utc: float
    vouched: bool = False

    @property
    def takes_children(self) -> bool:
        """Whether somebody below 14 may use it: an invite, as the owner knows whom it is for; nothing that people do alone."""
        return self.pass_ is not None and not self.vouched


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a phone gets, once: the pass, and the secret (32 bytes) from which it makes its codes (agent.entry.token)."""

    pass_: Pass
    secret: bytes = field(repr=False)


class PassBook:
    """Holding one means: you may issue, find and revoke passes. Safe to use from any thread.

    What changes something raises PassRefused (the input is not right) or StoreError (it could not be kept; nothing changed).
    `by`: the account that does it, for the ledger.
    """

    def __init__(
        self, vault: Vault, clock: Clock, settings: EntrySettings, timezone: str, pins: PinHasher | None = None
    ) -> None:
        """The vault has to be open. timezone: the shop's, for days in lists."""
        self._shelf = vault.passes
        self._clock = clock
        self._settings = settings
        self._timezone = timezone
        self._pins = pins or PinHasher(vault.device.derive("pins"))
        self._card_seed = vault.device.derive("cards")
        self._door_link = DoorLink(vault.device.derive("door sign-up"))
        self._vouched_link = VouchedLink(vault.device.derive("outside sign-up"))
        self._press = Press(
            lambda pass_id: self.find(pass_id) is not None,
            lambda number: self._shelf.find_number(number) is not None,
        )
        self._numbering = threading.Lock()
        self._signing_up = threading.Lock()  # not the one above: at the door nobody waits for the owner's long list

    # what is there

    def passes(self) -> tuple[Pass, ...]:
        """All passes, newest first; also revoked and ended ones, until retention takes them."""
        return tuple(kept.about for kept in self._shelf.all())

    def find(self, pass_id: str) -> Pass | None:
        kept = self._shelf.find(pass_id)
        return None if kept is None else kept.about

    def holder_of(self, pass_id: str) -> Holder:
        """Whose pass it is; an empty Holder where nobody is named. For the signed-in owner only."""
        kept = self._shelf.find(pass_id)
        return Holder() if kept is None else kept.holder

    def consent_of(self, pass_id: str) -> Consent | None:
        kept = self._shelf.find(pass_id)
        return None if kept is None else kept.consent

    def number_of(self, pass_id: str) -> str | None:
        """The six digits that are typed with the PIN instead of showing a code; None: the pass has no PIN."""
        kept = self._shelf.find(pass_id)
        return None if kept is None else kept.number

    def vouched_by(self, pass_id: str) -> str | None:
        """The issuer of the outside service with which somebody signed up for it."""
        kept = self._shelf.find(pass_id)
        return None if kept is None or kept.vouched is None else kept.vouched.issuer

    # the owner's doings

    def issue(
        self,
        kind: PassKind,
        by: str,
        from_utc: float | None = None,
        until_utc: float | None = None,
        hours: OpenHours | None = None,
        holder: Holder | None = None,
        pin: str | None = None,
    ) -> Pass:
        """A new pass, valid from from_utc (None: now) until until_utc (None: for good; visitors: one day).

        pin: 4 to 8 digits, not for visitors. A card with one needs it at the door; each gets a number with it (`number_of`).
        """
        return self._issue(Wish(kind, from_utc, until_utc, hours, holder or Holder(), pin), by).about

    def change(
        self,
        pass_id: str,
        by: str,
        from_utc: float,
        until_utc: float | None,
        hours: OpenHours | None,
        holder: Holder,
        pin: str | None = None,
    ) -> Pass:
        """Set days, hours and holder anew, and the PIN unless it is None: all of it or, when something is refused, nothing."""
        whose = check_holder(holder)
        about = self._existing(pass_id)
        check_new_pin(about.kind, pin)
        ends = check_end(about.kind, from_utc, until_utc, self._utc())
        pin_hash = self._hashed(pin)

        def do(kept: KeptPass) -> KeptPass:
            changed = replace(kept.about, from_utc=from_utc, until_utc=ends, hours=hours, has_holder=bool(whose))
            said = replace(kept, about=changed, holder=whose)
            return said if pin_hash is None else with_pin(said, pin_hash, fresh_number)

        with self._numbering:
            fresh_number = self._press.number()
            return self._shelf.change(pass_id, "changed", by, do).about

    def set_pin(self, pass_id: str, by: str, pin: str | None) -> Pass:
        """A new PIN (and number, if it had none); None: no PIN any more."""
        check_new_pin(self._existing(pass_id).kind, pin)
        pin_hash = self._hashed(pin)
        with self._numbering:
            fresh_number = self._press.number()
            return self._shelf.change(pass_id, "changed", by, lambda kept: with_pin(kept, pin_hash, fresh_number)).about

    def revoke(self, pass_id: str, by: str) -> Pass:
        """From now on it opens nothing; there is no way back but a new pass."""
        self._existing(pass_id)
        now = self._utc()

        def do(kept: KeptPass) -> KeptPass:
            return replace(kept, about=replace(kept.about, revoked_utc=kept.about.revoked_utc or now))

        return self._shelf.change(pass_id, "revoked", by, do).about

    def forget_holder(self, pass_id: str, by: str) -> Pass:
        """Erase name, phone and the tie to an outside service; the pass goes on, and so does the consent, which names nobody:
        without it, nothing would show that a guardian agreed to a child's pass that still opens the door.
        """
        self._existing(pass_id)

        def do(kept: KeptPass) -> KeptPass:
            return replace(kept, about=replace(kept.about, has_holder=False), holder=Holder(), vouched=None)

        return self._shelf.change(pass_id, "holder forgotten", by, do).about

    # handing it out

    def card_text(self, pass_id: str) -> str:
        """The text of a card's QR code (113 characters, alphanumeric): the same each time. Raises PassRefused: no card."""
        if self._existing(pass_id).kind is not PassKind.CARD:
            raise PassRefused(ko="카드로 발급한 출입증이 아닙니다.", en="This pass was not issued as a card.")
        return make_card(self._card_seed, pass_id)

    def visitor_text(self, pass_id: str) -> str:
        """The text of a visitor's QR code (33 characters). Raises PassRefused: not a visitor's, or over."""
        kept = self._shelf.find(pass_id)
        if kept is None or kept.about.kind is not PassKind.VISITOR:
            raise PassRefused(ko="방문자 출입증이 아닙니다.", en="This is not a visitor's pass.")
        if not issuing.is_valid(kept.about, self._utc()):
            raise PassRefused(
                ko="이미 끝난 방문 코드입니다. 새로 발급해 주세요.", en="This visitor's code is over. Please issue a new one."
            )
        return make_code(kept.secret, PassKind.VISITOR, pass_id)

    def invite(self, pass_id: str, by: str) -> str:
        """A token for the link that enrols a phone for this pass (PHONE, STAFF): valid once and for a day, earlier ones end.

        A phone that was enrolled before goes on until the new one is enrolled.
        """
        return self.invite_all([pass_id], by)[0]

    def invite_all(self, pass_ids: Sequence[str], by: str) -> list[str]:
        """A token for each, all or none: quicker than one by one."""
        for about in map(self._existing, pass_ids):
            if about.kind not in _ENROLLED or self._is_over(about):
                raise PassRefused(
                    ko="휴대전화에 등록할 수 없는 출입증입니다. 종류와 기간을 확인해 주세요.",
                    en="This pass cannot be put on a phone. Check its kind and its last day.",
                )
        return self._shelf.new_invites(pass_ids, by, self._utc() + INVITE_S)

    def door_token(self) -> str:
        """A token for the sign-up link that the screen at the door shows; a new one every ten minutes, each valid for twenty.

        Any number of people may use it. Raises PassRefused while [entry] self_sign_up is off.
        """
        if not self._settings.self_sign_up:
            raise issuing.not_taken()
        return self._door_link.token(self._utc())

    def vouch(self, issuer: str, subject: str) -> str:
        """A token for the sign-up of somebody whom an outside service knows by the number `subject`, valid for twenty minutes.

        It makes their pass, or moves the one that they have to the new phone. Raises PassRefused while self_sign_up is off,
        and when the shop has ended their pass: signing up again is no way around that.
        """
        if not self._settings.self_sign_up:
            raise issuing.not_taken()
        vouched = self._vouched_link.vouch(issuer, subject)
        earlier = self._kept_of(vouched)
        if earlier is not None and self._is_over(earlier.about):
            raise issuing.ended()
        return self._vouched_link.token(vouched, self._utc())

    def invited(self, token: str) -> Invited | None:
        """What a token (of an invite, the door, `vouch`) is for; None: unknown, used or too old. Asking does not use it up."""
        ends_utc = self._door_ends(token)
        if ends_utc is not None:
            return Invited(None, ends_utc)
        known = self._vouched(token)
        if known is not None:
            earlier = self._kept_of(known[0])
            return Invited(None if earlier is None else earlier.about, known[1], vouched=True)
        found = self._shelf.invite(token)
        about = None if found is None else self.find(found[0])
        return None if found is None or about is None or self._is_over(about) else Invited(about, found[1])

    def enrol(self, token: str, consent: Consent, holder: Holder | None = None) -> Enrolment:
        """Use an invite up, or sign up with the token of the door or of `vouch`: the secret for the phone, given this once.

        holder: what the person entered; None leaves what was entered before. Raises PassRefused: a token that is not valid (any
        more), a consent that is not enough, a child that comes without an invite, too many sign-ups today.
        """
        if not consent.is_enough:
            raise PassRefused(
                ko="개인정보 처리에 동의해 주세요. 만 14세 미만이면 보호자의 동의도 필요합니다.",
                en="Please agree to the privacy notice. Below the age of 14 a guardian has to agree, too.",
            )
        whose = None if holder is None else check_holder(holder)
        known = self._vouched(token)
        if known is not None or self._door_ends(token) is not None:
            with self._signing_up:  # two phones of one person at once must not make two passes
                kept = self._enrol_self(consent, whose, None if known is None else known[0])
        else:
            kept = self._enrol(token, consent, whose)
        return Enrolment(kept.about, kept.secret)

    # lists

    def import_csv(self, text: str, by: str, *, take: bool = False, known: bool = False) -> ListReport:
        """Read a list: a header line and one line a pass (docs/entry.md). Bad lines are named; take: issue the good ones.

        All good ones or none; known: also those of people who are there already. Raises PassRefused when it is no list at all
        (no known header, too long), or has too many PINs.
        """
        report = self._read(text)
        if not take:
            return report
        pin_hashes = {each.line: self._hashed(each.pin) for each in report.lines(known=known)}  # slow: before the lock
        with self._numbering:
            report = self._read(text)  # the same list may have been issued meanwhile, by a second click
            lines = [each for each in report.lines(known=known) if each.line in pin_hashes]
            fresh = self._press.make_list(lines, by, self._utc(), pin_hashes)
            if fresh:
                self._shelf.add(fresh, by)
        return replace(report, issued=tuple(kept.about for kept in fresh))

    def issued_at(self, utc: float, by: str) -> tuple[Pass, ...]:
        """The passes of a list whose first one was made then, in the list's order."""
        until = utc + MOST_LINES * APART_S
        return tuple(about for about in reversed(self.passes()) if about.made_by == by and utc <= about.made_utc < until)

    # inside

    def _issue(self, wish: Wish, by: str) -> KeptPass:
        check_wish(wish, self._utc())
        pin_hash = self._hashed(wish.pin)
        with self._numbering:
            fresh = self._press.make(wish, by, self._utc(), pin_hash)
            self._shelf.add([fresh], by)
        return fresh

    def _hashed(self, pin: str | None) -> str | None:
        """Takes long on purpose: nobody else has to wait for it, so not while holding a lock."""
        return None if pin is None else self._pins.hash(pin)

    def _read(self, text: str) -> ListReport:
        return sorted_out(read_list(text, self._timezone), self._utc(), self._shelf.all())

    def _existing(self, pass_id: str) -> Pass:
        about = self.find(pass_id)
        if about is None:
            raise PassRefused(ko="그런 출입증이 없습니다.", en="There is no such pass.")
        return about

    def _is_over(self, about: Pass) -> bool:
        return is_over(about, self._utc())

    def _enrol(self, token: str, consent: Consent, holder: Holder | None) -> KeptPass:
        if self.invited(token) is None:
            raise issuing.not_valid()
        kept = self._shelf.use_invite(token, lambda kept: moved(kept, consent, holder))
        if kept is None:
            raise issuing.not_valid()
        return kept

    def _enrol_self(self, consent: Consent, holder: Holder | None, vouched: Vouched | None) -> KeptPass:
        """A pass that nobody of the shop issued, or the earlier one of the same person. The caller holds the lock.

        Nobody here can confirm what a guardian agreed to (Personal Information Protection Act, Article 22-2 (1)): the shop can.
        """
        if consent.under_14:
            raise PassRefused(
                ko="만 14세 미만이면 보호자와 함께 가게에 말씀해 주세요. 보호자의 동의를 확인하고 출입증을 만들어 드립니다.",
                en="Below 14, please go to the shop together with a parent or guardian. The shop makes the pass.",
            )
        earlier = None if vouched is None else self._kept_of(vouched)
        if earlier is not None:
            if self._is_over(earlier.about):
                raise issuing.ended()
            return self._shelf.change(earlier.about.id, "enrolled", DOOR, lambda kept: moved(kept, consent, holder))
        since = self._utc() - 86_400.0
        if sum(about.made_by == DOOR and about.made_utc > since for about in self.passes()) >= SELF_A_DAY:
            raise PassRefused(
                ko="오늘은 더 등록할 수 없습니다. 가게에 출입증을 요청해 주세요.",
                en="No more sign-ups are taken today. Please ask the shop for a pass.",
            )
        made = self._press.make(
            Wish(PassKind.PHONE, until_utc=self._utc() + SELF_S, holder=holder or Holder()), DOOR, self._utc()
        )
        fresh = replace(made, consent=consent, vouched=vouched)
        self._shelf.add([fresh], DOOR, "enrolled")
        return fresh

    def _door_ends(self, token: str) -> float | None:
        """Until when a token of the door is valid; None: it is none, or nobody may sign up there."""
        return self._door_link.ends_utc(token, self._utc()) if self._settings.self_sign_up else None

    def _vouched(self, token: str) -> tuple[Vouched, float] | None:
        """Who signs up with a token of `vouch`, and until when; None: it is none, or nobody may sign up there."""
        return self._vouched_link.read(token, self._utc()) if self._settings.self_sign_up else None

    def _kept_of(self, vouched: Vouched) -> KeptPass | None:
        """The pass of somebody whom an outside service knows."""
        return next((kept for kept in self._shelf.all() if kept.vouched == vouched), None)

    def _utc(self) -> float:
        return round(self._clock.utc(), 3)
