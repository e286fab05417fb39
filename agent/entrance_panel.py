"""All that the customers' pages may ask of the agent: show a code, type a PIN, sign up. No recordings, no names, no settings.

Comes in: the desk, the book of passes, paired screens. Goes out: `EntrancePanel` with plain values to show.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agent.clock import Clock
from agent.entrance import EntranceDesk
from agent.entry.holder import LONGEST_NAME, LONGEST_PHONE, NOTICE, Consent, Holder
from agent.entry.records import Answer, Pass, PassKind, Reader, Reply
from agent.identity import Asked, IdentityRefused, IdentityUnreachable, OutsideIdentity
from agent.passes import SELF_S, Enrolment, Invited, PassBook, PassRefused
from agent.settings import EntrySettings, Shop
from agent.vault import Vault

__all__ = [
    "LONGEST_NAME",
    "LONGEST_PHONE",
    "NOTICE",
    "SELF_S",
    "Answer",
    "Asked",
    "Consent",
    "Enrolment",
    "EntranceDesk",
    "EntrancePanel",
    "EntrySettings",
    "Holder",
    "IdentityRefused",
    "IdentityUnreachable",
    "Invited",
    "Pass",
    "PassBook",
    "PassKind",
    "PassRefused",
    "Reader",
    "Reply",
    "Shop",
]

MOST_OUTSIDE = 3  # asking at once: a service may take seconds, and the screen at the door needs threads of the same server


class EntrancePanel:
    """Holding one means: you may serve the screen at the door and the sign-up pages. Safe to use from any thread.

    shop: its name and language. settings: [entry], with kiosk.public_url, kiosk.call, self_sign_up.
    identity: the outside service with which people may sign up, if any.
    """

    def __init__(
        self,
        vault: Vault,
        desk: EntranceDesk,
        passes: PassBook,
        shop: Shop,
        settings: EntrySettings,
        clock: Clock,
        identity: OutsideIdentity | None = None,
    ) -> None:
        self.shop = shop
        self.settings = settings
        self._shelf = vault.passes
        self._desk = desk
        self._passes = passes
        self._clock = clock
        self._identity = identity
        self._outside = threading.BoundedSemaphore(MOST_OUTSIDE)

    def utc(self) -> float:
        """Unix time now."""
        return self._clock.utc()

    def monotonic(self) -> float:
        """Seconds for ages and pauses."""
        return self._clock.monotonic()

    # the screen at the door

    def pair(self, token: str) -> str | None:
        """Use up a pairing link of the owner's panel: the secret for this screen's cookie. None: wrong, used or too old.

        Raises StoreError.
        """
        return self._shelf.pair_screen(token)

    def is_paired(self, secret: str) -> bool:
        """Whether a cookie is that of a paired screen (and was not unpaired). Raises StoreError."""
        return self._shelf.is_paired(secret)

    def present(self, text: str, pin: str | None = None) -> Reply:
        """A code that a scanner typed into the screen's page."""
        return self._desk.present(text, Reader.KIOSK, pin=pin)

    def present_number(self, number: str, pin: str) -> Reply:
        """Number and PIN instead of a code."""
        return self._desk.present_number(number, pin, Reader.KIOSK)

    def enter_pin(self, pin: str) -> Reply:
        """The PIN for the card that was shown last (to whichever reader), within a minute."""
        return self._desk.enter_pin(pin, Reader.KIOSK)

    def call(self) -> None:
        """The call button."""
        self._desk.call(Reader.KIOSK)

    def wait_for_news(self, after: int, seconds: float) -> tuple[int, Reply | None]:
        """The newest reply of any reader and its number, as soon as the number is above `after`, or after `seconds`.

        (0, None) before the first. A screen that begins shows what is above the number that it got first.
        """
        return self._desk.wait_for_news(after, seconds)

    # sign-up

    def door_token(self) -> str | None:
        """The token for the sign-up link that the screen shows; None while customers may not sign up themselves."""
        return self._passes.door_token() if self.settings.self_sign_up else None

    def invited(self, token: str) -> Invited | None:
        """What a link is for; None: unknown, used or too old. Asking does not use it up. Raises StoreError."""
        return self._passes.invited(token)

    def enrol(self, token: str, consent: Consent, holder: Holder | None = None) -> Enrolment:
        """The secret for the phone, given this once. Raises PassRefused, StoreError."""
        return self._passes.enrol(token, consent, holder)

    # sign-up with an outside service

    @property
    def service(self) -> str | None:
        """What the outside service is called with which people may sign up; None: there is none."""
        return self._identity.name if self._identity is not None and self.settings.self_sign_up else None

    def begin_outside(self, back: str) -> Asked:
        """Where the browser has to go, and the state to keep with it. back: where the service sends it afterwards.

        Raises IdentityRefused, IdentityUnreachable.
        """
        with self._asking() as identity:
            return identity.begin(back)

    def finish_outside(self, answer_url: str, state: str) -> str:
        """The token with which the person who came back may sign up (see `enrol`); it is for that browser alone.

        Raises IdentityRefused, IdentityUnreachable, PassRefused (the shop has ended their pass), StoreError.
        """
        with self._asking() as identity:
            person = identity.finish(answer_url, state)
        return self._passes.vouch(person.issuer, person.subject)

    @contextmanager
    def _asking(self) -> Iterator[OutsideIdentity]:
        """The service, for one of the few who may ask it at the same time."""
        if self._identity is None or not self._outside.acquire(blocking=False):
            raise IdentityUnreachable(
                ko="외부 서비스를 지금 쓸 수 없습니다. 잠시 뒤 다시 하거나, 외부 확인 없이 등록해 주세요.",
                en="The outside service cannot be asked now. Try again in a while, or sign up without it.",
            )
        try:
            yield self._identity
        finally:
            self._outside.release()
