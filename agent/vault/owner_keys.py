"""The owner's age keys: made once at a ceremony, kept under the owner's passphrase, so that only the owner opens originals.

Comes in: the folder of keys, a passphrase. Goes out: `Recipient`s that anything may be sealed to, the secrets (once, for the
recovery sheet), and identities in memory for as long as a passphrase opens them.
    keys/owner.age         {"version", "identities": ["AGE-SECRET-KEY-1...", ...]} newest first, age with a passphrase (scrypt)
    keys/recipients.json   who can open what is sealed from now on, and who could before; public halves only
The passphrase is nowhere on the PC. Who loses it has the recovery sheet; who loses both has lost the originals for good.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pyrage
from pyrage import passphrase as scrypt
from pyrage import x25519

from agent.clock import Clock
from agent.errors import AnsimError, StoreError
from agent.vault.age_secret import secret_of_text, secret_of_words, secret_text
from agent.vault.durable import DiskRefuses, disk_errors, replace_synced

SECRETS = "owner.age"
RECIPIENTS = "recipients.json"
OWNER = "owner"  # label of the owner's own key
SHORTEST = 12  # characters of a passphrase; scrypt makes each guess cost a second
LONGEST_LABEL = 40


class KeyRefused(AnsimError):
    """A passphrase, word list or key is not the right one; nothing was changed."""

    exit_code = 2


class Lock(Protocol):
    """What shields the secrets with a passphrase. `unlock` raises pyrage.DecryptError when it is the wrong one."""

    def lock(self, plain: bytes, passphrase: str) -> bytes: ...

    def unlock(self, locked: bytes, passphrase: str) -> bytes: ...


class AgeLock:
    """age's own: scrypt at a cost of about a second a guess, readable with `age -d` on any machine.

    Korean letters count in the one form in which keyboards give them (NFC), however a system takes them apart.
    """

    def lock(self, plain: bytes, passphrase: str) -> bytes:
        return bytes(scrypt.encrypt(plain, unicodedata.normalize("NFC", passphrase)))

    def unlock(self, locked: bytes, passphrase: str) -> bytes:
        return bytes(scrypt.decrypt(locked, unicodedata.normalize("NFC", passphrase)))


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to whom originals are sealed. public: "age1..."; since_utc, until_utc: Unix times; until_utc None: still."""

    label: str
    public: str
    since_utc: float
    until_utc: float | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made just now. secret: 32 bytes, for the recovery sheet, to be shown once and kept nowhere."""

    public: str
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """ "AGE-SECRET-KEY-1...", as age's own tools read it."""
        return secret_text(self.secret)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Holding one means: a passphrase was right just now, and what was sealed to the owner can be opened. Memory only."""

    _secrets: tuple[str, ...] = field(repr=False)

    def open(self, sealed: bytes) -> bytes:
        """The clear bytes of an age file. Raises KeyRefused: it was not sealed to this owner, or it was damaged."""
        try:
            return bytes(pyrage.decrypt(sealed, [x25519.Identity.from_str(secret) for secret in self._secrets]))
        except pyrage.DecryptError as wrong:
            raise KeyRefused(
                ko="이 열쇠로는 열리지 않습니다. 파일이 손상되었거나 다른 사람의 열쇠로 잠겨 있습니다.",
                en="This key does not open it: the file is damaged, or was sealed to somebody else's key.",
            ) from wrong


class OwnerKeys:
    """Holding one means: you may seal to the owner, and with the passphrase open, change and renew the owner's keys.

    Each change is told to `changed` (action, label, public) once it is on the disk; the vault puts it on the ledger. Everything
    raises StoreError when the disk refuses. Not thread-safe: one ceremony at a time.
    """

    def __init__(
        self, folder: Path, clock: Clock, changed: Callable[[str, str, str], None] = lambda *_: None, lock: Lock | None = None
    ) -> None:
        """lock: another shield than age's (tests that need no second a guess)."""
        self._lock = lock or AgeLock()
        self._folder = folder
        self._clock = clock
        self._changed = changed

    @property
    def are_made(self) -> bool:
        return (self._folder / SECRETS).exists()

    def recipients(self) -> tuple[Recipient, ...]:
        """All, those that ended too, oldest first. Raises StoreError when the list is damaged."""
        path = self._folder / RECIPIENTS
        with disk_errors(self._folder):
            if not path.exists():
                return ()
            data = path.read_bytes()
        try:
            return tuple(Recipient(**row) for row in json.loads(data)["recipients"])
        except (ValueError, KeyError, TypeError) as wrong:
            raise StoreError(
                ko=f"열쇠 목록({path})이 손상되었습니다. 백업에서 되돌리거나 복구 용지로 `ansim keys restore`를 실행해 주세요.",
                en=f"The list of keys ({path}) is damaged. Restore a backup of it, or run `ansim keys restore` with the sheet.",
            ) from wrong

    def current(self) -> tuple[Recipient, ...]:
        """Those to whom originals are sealed now; none: nothing can be sealed."""
        return tuple(recipient for recipient in self.recipients() if recipient.until_utc is None)

    # ceremonies

    def make(self, passphrase: str) -> NewKey:
        """The owner's first key. Raises KeyRefused: there is one already, or the passphrase is too short."""
        if self.are_made:
            raise KeyRefused(
                ko="주인 열쇠가 이미 있습니다. 새 열쇠로 바꾸려면 관리 화면의 '증거 › 열쇠'나 `ansim keys rotate`를 써 주세요.",
                en="The owner's key is there already. Renew it in the panel (Evidence, Keys) or with `ansim keys rotate`.",
            )
        _check_length(passphrase)
        key = _fresh()
        self._write_secrets([key.text], passphrase)
        self._own(key.public, "made")
        return key

    def unlock(self, passphrase: str) -> Unlocked:
        """Raises KeyRefused when the passphrase is wrong or no key was made."""
        return Unlocked(tuple(self._secrets(passphrase)))

    def rotate(self, passphrase: str) -> NewKey:
        """A new key for what is sealed from now on; the old ones go on opening what was sealed to them. Raises KeyRefused."""
        old = self._secrets(passphrase)
        key = _fresh()
        self._write_secrets([key.text, *old], passphrase)
        self._own(key.public, "rotated")
        return key

    def change_passphrase(self, old: str, new: str) -> None:
        """Raises KeyRefused when the old one is wrong or the new one too short."""
        secrets = self._secrets(old)
        _check_length(new)
        self._write_secrets(secrets, new)
        self._changed("passphrase", OWNER, "")

    def restore(self, sheet: str, passphrase: str) -> str:
        """Take the key of a recovery sheet (its text or its 24 words) under a new passphrase; gives its public half.

        What other keys opened stays sealed until their sheets are restored, too: each is added. A sheet that was replaced by a
        newer one opens what was sealed to it, and nothing more is sealed to it: somebody may have seen it. Raises KeyRefused.
        """
        _check_length(passphrase)
        text = _secret_in(sheet)
        self._set_aside_damaged()
        known = self._known(passphrase) if self.are_made else []
        newest = self._newest([text, *known])
        self._write_secrets(list(dict.fromkeys([newest, text, *known])), passphrase)
        public = public_in(text)
        self._own(public_in(newest), "restored", public)
        return public

    def _newest(self, secrets: Sequence[str]) -> str:
        """Of these keys the one that was made last, as far as this PC knows: the first, if that is new here."""
        made = list(dict.fromkeys(one.public for one in self.recipients() if one.label == OWNER))  # in that order
        known = [secret for secret in secrets if public_in(secret) in made]
        return max(known, key=lambda secret: made.index(public_in(secret))) if secrets[0] in known else secrets[0]

    def _set_aside_damaged(self) -> None:
        """A list that cannot be read must not keep a sheet from working; whom it named has to be added again."""
        try:
            self.recipients()
        except StoreError:
            path = self._folder / RECIPIENTS
            with disk_errors(self._folder):
                path.rename(path.with_name(f"{RECIPIENTS}.{round(self._clock.utc() * 1000)}"))

    def _known(self, passphrase: str) -> list[str]:
        """What the passphrase opens; when it does not, the old file is kept aside: its passphrase may come back to mind."""
        try:
            return self._secrets(passphrase)
        except DiskRefuses:
            raise
        except (KeyRefused, StoreError):  # another passphrase, or a damaged file
            with disk_errors(self._folder):
                aside = self._folder / f"{SECRETS}.{round(self._clock.utc() * 1000)}"
                (self._folder / SECRETS).rename(aside)
            return []

    # others

    def add_recipient(self, label: str, public: str) -> Recipient:
        """Somebody else who can open originals from now on (a lawyer, the head office). Raises KeyRefused."""
        name = label.strip()
        if not 0 < len(name) <= LONGEST_LABEL or not name.isprintable() or name == OWNER:
            raise KeyRefused(
                ko=f"누구의 열쇠인지 1~{LONGEST_LABEL}자로 적어 주세요('{OWNER}'는 쓸 수 없습니다).",
                en=f"Say whose key it is, in 1 to {LONGEST_LABEL} characters (not '{OWNER}').",
            )
        key = _public(public)
        if any(there.public == key for there in self.current()):
            raise KeyRefused(ko="이 열쇠는 이미 목록에 있습니다.", en="This key is on the list already.")
        added = Recipient(name, key, self._clock.utc())
        self._write_recipients([*self.recipients(), added])
        self._changed("recipient_added", name, key)
        return added

    def end_recipient(self, public: str) -> None:
        """Nothing more is sealed to this key; what was stays open to it. Raises KeyRefused: unknown, or the owner's."""
        found = next((there for there in self.current() if there.public == public), None)
        if found is None:
            raise KeyRefused(ko="목록에 그런 열쇠가 없습니다.", en="There is no such key on the list.")
        if found.label == OWNER:
            raise KeyRefused(
                ko="주인의 열쇠는 뺄 수 없습니다. 관리 화면의 '증거 › 열쇠'나 `ansim keys rotate`로 새로 바꿔 주세요.",
                en="The owner's key cannot be taken off. Renew it in the panel (Evidence, Keys) or with `ansim keys rotate`.",
            )
        now = self._clock.utc()
        self._write_recipients([replace(r, until_utc=now) if r == found else r for r in self.recipients()])
        self._changed("recipient_ended", found.label, public)

    # files

    def _secrets(self, passphrase: str) -> list[str]:
        path = self._folder / SECRETS
        with disk_errors(self._folder):
            if not path.exists():
                raise KeyRefused(
                    ko="주인 열쇠가 아직 없습니다. 관리 화면의 '증거 › 열쇠'나 `ansim keys make`로 만들어 주세요.",
                    en="There is no owner's key yet. Make one in the panel (Evidence, Keys) or with `ansim keys make`.",
                )
            sealed = path.read_bytes()
        try:
            held = json.loads(self._lock.unlock(sealed, passphrase))
            return [str(secret) for secret in held["identities"]]
        except (pyrage.DecryptError, UnicodeEncodeError) as wrong:  # the latter: half a character, from another keyboard
            raise KeyRefused(
                ko="암호 문구가 맞지 않습니다. 띄어쓰기와 한/영 상태를 확인해 주세요. 잊었다면 복구 용지로 되찾을 수 있습니다.",
                en="The passphrase is not right. Check spaces and keyboard language. Forgotten? The recovery sheet helps.",
            ) from wrong
        except (ValueError, KeyError, TypeError) as wrong:
            raise StoreError(
                ko=f"열쇠 파일({path})이 손상되었습니다. 복구 용지로 `ansim keys restore`를 실행해 주세요.",
                en=f"The file of the owner's keys ({path}) is damaged. Run `ansim keys restore` with the recovery sheet.",
            ) from wrong

    def _write_secrets(self, secrets: Sequence[str], passphrase: str) -> None:
        plain = json.dumps({"version": 1, "identities": list(secrets)}).encode()
        sealed = self._lock.lock(plain, passphrase)
        with disk_errors(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            replace_synced(self._folder / SECRETS, sealed, mode=0o600)

    def _own(self, public: str, action: str, about: str = "") -> None:
        """From now on the owner's originals are sealed to `public` alone; the secrets are on the disk before this.

        about: the key that it is about, if that is another one.
        """
        now = self._clock.utc()
        ended = [
            replace(r, until_utc=now) if r.label == OWNER and r.until_utc is None and r.public != public else r
            for r in self.recipients()
        ]
        if not any(r.public == public and r.until_utc is None for r in ended):
            ended.append(Recipient(OWNER, public, now))
        self._write_recipients(ended)
        self._changed(action, OWNER, about or public)

    def _write_recipients(self, recipients: Sequence[Recipient]) -> None:
        rows: list[dict[str, Any]] = [{name: getattr(r, name) for name in Recipient.__slots__} for r in recipients]
        with disk_errors(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            data = json.dumps({"version": 1, "recipients": rows}, ensure_ascii=False, indent=1).encode()
            replace_synced(self._folder / RECIPIENTS, data, mode=0o600)


def seal_to(recipients: Sequence[Recipient], plain: bytes) -> bytes:
    """An age file (binary) that each of the recipients can open. Raises KeyRefused when there is none."""
    if not recipients:
        raise KeyRefused(
            ko="잠글 열쇠가 없습니다. 먼저 주인 열쇠를 만들어 주세요.",
            en="There is no key to seal to. Make the owner's key first.",
        )
    return bytes(pyrage.encrypt(plain, [x25519.Recipient.from_str(recipient.public) for recipient in recipients]))


def public_in(sheet: str) -> str:
    """The public half of the key on a recovery sheet (its text or its 24 words). Raises KeyRefused: that is no sheet."""
    return str(x25519.Identity.from_str(_secret_in(sheet)).to_public())


def _fresh() -> NewKey:
    identity = x25519.Identity.generate()
    return NewKey(str(identity.to_public()), secret_of_text(str(identity)))


def _public(text: str) -> str:
    try:
        return str(x25519.Recipient.from_str(text.strip()))
    except pyrage.RecipientError as wrong:
        raise KeyRefused(
            ko="공개 열쇠가 아닙니다. 'age1'로 시작하는 글자를 그대로 붙여 넣어 주세요. 비밀 열쇠는 받지 않습니다.",
            en="That is no public key. Paste the text that begins with 'age1'. A secret key is never asked for here.",
        ) from wrong


def _secret_in(sheet: str) -> str:
    try:
        looks_like_text = sheet.strip().upper().startswith("AGE-SECRET-KEY-")
        return secret_text(secret_of_text(sheet) if looks_like_text else secret_of_words(sheet))
    except ValueError as wrong:
        raise KeyRefused(
            ko="복구 용지의 내용이 아닙니다. 낱말 24개를 순서대로, 또는 AGE-SECRET-KEY-로 시작하는 줄을 그대로 적어 주세요.",
            en="That is not what a recovery sheet says. Type all 24 words in order, or the line AGE-SECRET-KEY-... as it is.",
        ) from wrong


def _check_length(passphrase: str) -> None:
    if len(passphrase) < SHORTEST:
        raise KeyRefused(
            ko=f"암호 문구가 너무 짧습니다. {SHORTEST}자 이상으로, 낱말 네다섯 개를 이어 쓰면 좋습니다.",
            en=f"The passphrase is too short. Use {SHORTEST} characters or more; four or five words make a good one.",
        )
