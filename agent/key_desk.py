"""The owner's keys at the panel: one ceremony at a time, each step on the access log with who took it.

Comes in: passphrases and sheets as typed, who typed them. Goes out: `Sheet`s (once, in the answer that made them), the list of
whose keys open originals; `KeyRefused` and `KeysBusy` with a sentence that says what to do.
The secret of a new key is in the `Sheet` alone. Of the two words that are asked for afterwards a digest is kept, in memory.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agent.clock import Clock
from agent.errors import AnsimError
from agent.values import Text
from agent.vault import Vault
from agent.vault.age_secret import WORDS, Language, secret_words
from agent.vault.owner_keys import OWNER, SHORTEST, KeyRefused, NewKey, OwnerKeys, Recipient, public_in

CHECK_S = 1800.0  # how long the two words of a new sheet are asked for
TRIES = 5
SHEET_CHECKED = "key_sheet_checked"  # action on the access log: the sheet of the key in `target` was seen to be right


class KeysBusy(AnsimError):
    """Somebody else is at the keys just now."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A new key's recovery sheet, to be shown once and kept nowhere. asked: places (from 1) of the words that are asked for."""

    public: str
    made_utc: float
    words: tuple[str, ...] = field(repr=False)
    text: str = field(repr=False)
    asked: tuple[int, int]


@dataclass(slots=True)
class _Check:
    """What is still known of a sheet that was shown: a keyed digest of two of its words."""

    public: str
    asked: tuple[int, int]
    key: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    until: float
    tries: int = TRIES


class KeyDesk:
    """Holding one means: you may let the owner make, renew and get back the keys. Safe to use from any thread.

    shortest: characters of a passphrase.
    """

    shortest = SHORTEST

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._one = threading.Lock()
        self._check: _Check | None = None

    # what is there

    @property
    def are_made(self) -> bool:
        """Whether originals can be sealed, and opened again by the owner."""
        return self._vault.owner_keys.are_made

    def recipients(self) -> tuple[Recipient, ...]:
        """Whose keys open originals and who could before, newest first. Raises StoreError."""
        return self._vault.owner_keys.recipients()[::-1]

    def owner(self) -> Recipient | None:
        """The owner's key in force."""
        return next((r for r in self._vault.owner_keys.current() if r.label == OWNER), None)

    def checked_utc(self, public: str) -> float | None:
        """When somebody last showed that they have the sheet of this key; None: nobody has."""
        return max((row.utc for row in self._vault.audit(50, public) if row.action == SHEET_CHECKED), default=None)

    def asks(self) -> tuple[str, tuple[int, int]] | None:
        """The key whose words are still asked for, and which of them (places from 1)."""
        check = self._waiting()
        return None if check is None else (check.public, check.asked)

    # ceremonies

    def make(self, passphrase: str, language: Language, actor: str, address: str) -> Sheet:
        """The first key. Raises KeyRefused, KeysBusy, StoreError."""
        return self._new(lambda keys: keys.make(passphrase), "key_make", language, actor, address)

    def rotate(self, passphrase: str, language: Language, actor: str, address: str) -> Sheet:
        """A new key for what is sealed from now on. Raises KeyRefused, KeysBusy, StoreError."""
        return self._new(lambda keys: keys.rotate(passphrase), "key_rotate", language, actor, address)

    def change_passphrase(self, old: str, new: str, actor: str, address: str) -> None:
        """Raises KeyRefused, KeysBusy, StoreError."""
        with self._ceremony("key_passphrase", actor, address) as keys:
            keys.change_passphrase(old, new)

    def restore(self, sheet: str, passphrase: str, actor: str, address: str) -> str:
        """The key of a sheet under a new passphrase; gives its public half. Raises KeyRefused, KeysBusy, StoreError.

        Only the key in force, or one that is added by whoever knows the passphrase: else anybody who is signed in could have
        originals sealed to a key of their own, or to one that was renewed because somebody had seen its sheet.
        """
        with self._ceremony("key_restore", actor, address) as keys:
            public, mine = public_in(sheet), self.owner()
            if keys.are_made and (mine is None or mine.public != public):
                self._must_know(passphrase, _REPLACED if self._is_ours(public) else _FOREIGN)
            return keys.restore(sheet, passphrase)

    def add_recipient(self, label: str, public: str, passphrase: str, actor: str, address: str) -> Recipient:
        """Somebody else who can open originals from now on; the owner says so with the passphrase. Raises as above."""
        with self._ceremony("key_add", actor, address) as keys:
            keys.unlock(passphrase)
            return keys.add_recipient(label, public)

    def end_recipient(self, public: str, passphrase: str, actor: str, address: str) -> None:
        """Nothing more is sealed to this key. Raises as above."""
        with self._ceremony("key_end", actor, address) as keys:
            keys.unlock(passphrase)
            keys.end_recipient(public)

    # sheets

    def check_words(self, first: str, second: str, actor: str, address: str) -> str:
        """The two words that were asked for; gives the public half of their key. Raises KeyRefused."""
        check = self._waiting()
        if check is None:
            raise KeyRefused(
                ko="확인할 시간이 지났습니다. 아래 '복구 용지 확인'에서 용지 전체로 확인해 주세요.",
                en="The time for this check is over. Use “Check a recovery sheet” with the whole sheet instead.",
            )
        check.tries -= 1
        if not hmac.compare_digest(check.digest, _digest(check.key, first, second)):
            raise KeyRefused(
                ko="적은 낱말이 용지와 다릅니다. 번호와 맞춤법을 다시 확인해 주세요.",
                en="These are not the words of the sheet. Look at their numbers and spelling again.",
            )
        self._check = None
        self._vault.record_audit(actor, SHEET_CHECKED, check.public, "", address)
        return check.public

    def check_sheet(self, sheet: str, actor: str, address: str) -> str:
        """Whether a whole sheet is one of this shop's; gives the public half of its key. Raises KeyRefused. Nothing is kept."""
        public = public_in(sheet)
        if not self._is_ours(public):
            raise KeyRefused(
                ko="이 가게의 복구 용지가 아닙니다. 다른 가게나 다른 열쇠의 용지입니다.",
                en="This is no recovery sheet of this shop: it belongs to another shop, or to another key.",
            )
        self._vault.record_audit(actor, SHEET_CHECKED, public, "", address)
        return public

    # inside

    def _new(self, make: Callable[[OwnerKeys], NewKey], action: str, language: Language, actor: str, address: str) -> Sheet:
        with self._ceremony(action, actor, address) as keys:
            key = make(keys)
            words = secret_words(key.secret, language)
            first, second = sorted(secrets.SystemRandom().sample(range(1, WORDS + 1), 2))
            salt = secrets.token_bytes(32)
            digest = _digest(salt, words[first - 1], words[second - 1])
            self._check = _Check(key.public, (first, second), salt, digest, self._clock.monotonic() + CHECK_S)
        return Sheet(key.public, self._clock.utc(), words, key.text, (first, second))

    @contextmanager
    def _ceremony(self, action: str, actor: str, address: str) -> Iterator[OwnerKeys]:
        """Alone at the keys: each guess costs a second and much memory, so that two at once are refused, not queued."""
        if not self._one.acquire(blocking=False):
            raise KeysBusy(
                ko="지금 다른 곳에서 열쇠를 다루고 있습니다. 잠시 뒤에 다시 해 주세요.",
                en="Somebody else is at the keys just now. Please try again in a moment.",
            )
        try:
            yield self._vault.owner_keys
        except KeyRefused:
            self._vault.record_audit(actor, f"{action}_refused", "keys", "", address)
            raise
        finally:
            self._one.release()
        self._vault.record_audit(actor, action, "keys", "", address)

    def _waiting(self) -> _Check | None:
        check = self._check
        return check if check is not None and check.tries > 0 and self._clock.monotonic() < check.until else None

    def _is_ours(self, public: str) -> bool:
        return any(r.label == OWNER and r.public == public for r in self._vault.owner_keys.recipients())

    def _must_know(self, passphrase: str, why: Text) -> None:
        try:
            self._vault.owner_keys.unlock(passphrase)
        except KeyRefused as wrong:
            raise KeyRefused(ko=why.ko, en=why.en) from wrong


def _digest(key: bytes, first: str, second: str) -> bytes:
    """Words are compared without case, blanks, and the several ways in which Unicode writes the same Korean letter."""
    words = [unicodedata.normalize("NFKD", "".join(word.lower().split())) for word in (first, second)]
    return hmac.digest(key, " ".join(words).encode(), hashlib.sha256)


_FOREIGN = Text(
    ko="이 가게에서 만든 열쇠가 아닙니다. 다른 PC의 열쇠를 더하려면 지금 쓰는 암호 문구를 그대로 적어 주세요.",
    en="No key of this shop. To add the key of another PC, type the passphrase that is in use now.",
)
_REPLACED = Text(
    ko="새 용지로 바뀌기 전의 옛 용지입니다. 가장 새 용지로 먼저 되찾고, 그때 정한 암호 문구를 그대로 적어 "
    "이 용지를 더해 주세요. 새 용지를 잃었다면 안심을 멈추고 `ansim keys restore`를 실행해 주세요.",
    en="This sheet was replaced by a newer one. Get the key back with the newest sheet first, then add this one under the same "
    "passphrase. If the newest is lost, stop Ansim and run `ansim keys restore`.",
)
