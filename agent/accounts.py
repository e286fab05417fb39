"""Who may use the panel: the owner link, passwords, and the pause after too many wrong ones.

Comes in: names and passwords as typed. Goes out: `Account`, or `AccountRefused` with a sentence that says what to do.
Passwords are kept as argon2id hashes in the vault; nothing here is ever logged.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agent.clock import Clock
from agent.errors import AnsimError
from agent.values import Text
from agent.vault import UserRow, Vault

PASSWORD_LENGTH = 10  # least number of characters
PASSWORD_LONGEST = 200
NAME_LONGEST = 40
WRONG_MOST = 5  # wrong passwords in a row that close an account for LOCK_S
LOCK_S = 300.0
REMEMBERED = 1000  # names whose wrong tries are counted; a guesser must not fill the memory
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may use the panel. changed_utc: when the password was last set; sign-ins from before it end."""

    name: str
    role: str
    changed_utc: float


class AccountRefused(AnsimError):
    """A name or password was not accepted. locked_s: how many seconds the account stays closed (0: it is open)."""

    def __init__(self, ko: str, en: str, locked_s: float = 0.0) -> None:
        super().__init__(ko, en)
        self.locked_s = locked_s

    @property
    def locked(self) -> bool:
        return self.locked_s > 0


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    closed_until: float = 0.0


class Accounts:
    """Holding one means: you may make and check accounts. Safe to use from any thread."""

    def __init__(self, vault: Vault, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._vault = vault
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._stranger = self._hasher.hash(secrets.token_hex(16))  # checked for unknown names, so that they take as long
        self._tries: dict[str, _Tries] = {}
        self._lock = threading.Lock()

    @property
    def needs_owner(self) -> bool:
        """Whether nobody has an account yet."""
        return not self._vault.users()

    def new_link_token(self) -> str:
        """A token for the owner link; it ends the one before. It works once and for a day."""
        return self._vault.new_setup_token()

    def is_valid(self, token: str) -> bool:
        """Whether the owner link with this token still works; asking does not use it up."""
        return self._vault.setup_token_valid(token)

    def create_owner(self, token: str, name: str, password: str) -> Account:
        """Use up the owner link and make the owner's account. Raises AccountRefused."""
        check_name(name)
        check_password(password, name)
        row = self._vault.create_owner(token, name, self._hasher.hash(password))
        if row is None:
            raise AccountRefused(
                ko="이 링크는 이미 사용되었거나 기한이 지났습니다. 안심을 다시 시작하면 새 링크가 나옵니다.",
                en="This link has been used or is too old. Restart Ansim to get a new one.",
            )
        return _account(row)

    def add(self, name: str, password: str, role: str) -> Account:
        """Make a further account (`ansim user add`). Raises AccountRefused, StoreError when the name is taken."""
        check_name(name)
        check_password(password, name)
        return _account(self._vault.add_user(name, self._hasher.hash(password), role))

    def find(self, name: str) -> Account | None:
        row = self._vault.user(name)
        return None if row is None else _account(row)

    def sign_in(self, name: str, password: str) -> Account:
        """The account, if the password is right. Raises AccountRefused: after WRONG_MOST wrong ones even for the right one."""
        tries = self._begin_try(name)
        row = self._vault.user(name)
        right = self._is_right(self._stranger if row is None else row.password_hash, password[:PASSWORD_LONGEST])
        if row is None or not right:
            raise self._wrong(tries)
        with self._lock:
            self._tries.pop(name, None)
        if self._hasher.check_needs_rehash(row.password_hash):
            self._vault.set_password(name, self._hasher.hash(password))
            row = self._vault.user(name) or row
        return _account(row)

    def _begin_try(self, name: str) -> _Tries:
        """Count the try before the slow check, so that many at once cannot slip through together."""
        now = self._clock.monotonic()
        with self._lock:
            tries = self._tries.setdefault(name, _Tries())
            if len(self._tries) > REMEMBERED:  # a closed account is forgotten last: made-up names must not open it again
                del self._tries[min(self._tries, key=lambda known: (known == name, self._tries[known].closed_until))]
            if tries.closed_until > now:
                raise _closed(tries.closed_until - now)
            tries.wrong += 1
            if tries.wrong >= WRONG_MOST:
                tries.wrong, tries.closed_until = 0, now + LOCK_S
            return tries

    def _wrong(self, tries: _Tries) -> AccountRefused:
        left = tries.closed_until - self._clock.monotonic()
        if left > 0:
            return _closed(left)
        return AccountRefused(
            ko="이름이나 비밀번호가 맞지 않습니다. 다시 입력해 주세요.",
            en="The name or the password is not right. Please try again.",
        )

    def _is_right(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def check_name(name: str) -> None:
    """Raises AccountRefused unless `name` is 1 to NAME_LONGEST printable characters without blanks at the ends."""
    if not name or len(name) > NAME_LONGEST or not name.isprintable() or name != name.strip():
        raise AccountRefused(
            ko=f"이름을 1~{NAME_LONGEST}자로 입력해 주세요.",
            en=f"Please enter a name of 1 to {NAME_LONGEST} characters.",
        )


def check_password(password: str, name: str) -> None:
    """Raises AccountRefused for a password that is too short, too long, or guessed at once."""
    if len(password) < PASSWORD_LENGTH:
        raise AccountRefused(
            ko=f"비밀번호가 짧습니다. {PASSWORD_LENGTH}자 이상으로 정해 주세요.",
            en=f"The password is too short. Please use at least {PASSWORD_LENGTH} characters.",
        )
    if len(password) > PASSWORD_LONGEST:
        raise AccountRefused(
            ko=f"비밀번호가 너무 깁니다. {PASSWORD_LONGEST}자 안으로 정해 주세요.",
            en=f"The password is too long. Please use at most {PASSWORD_LONGEST} characters.",
        )
    few = len(set(password)) < 4
    if (
        few
        or (name and name.casefold() in password.casefold() and len(password) - len(name) < PASSWORD_LENGTH // 2)
        or _is_run(password)
    ):
        raise AccountRefused(
            ko="너무 쉬운 비밀번호입니다. 서로 관계없는 낱말 세 개를 이어 써 보세요.",
            en="That password is too easy to guess. Try three words that have nothing to do with each other.",
        )


def lock_text(seconds: float) -> Text:
    minutes = max(1, -(-int(seconds) // 60))
    return Text(
        ko=f"비밀번호를 여러 번 틀려 잠시 잠갔습니다. {minutes}분 뒤에 다시 해 주세요.",
        en=f"Too many wrong passwords. Please try again in {minutes} minute{'s' if minutes > 1 else ''}.",
    )


def _closed(seconds: float) -> AccountRefused:
    sentence = lock_text(seconds)
    return AccountRefused(sentence.ko, sentence.en, locked_s=seconds)


def _is_run(password: str) -> bool:
    """Whether every character follows the one before: 1234567890, abcdefghij."""
    digits = "12345678901234567890"
    steps = {ord(b) - ord(a) for a, b in pairwise(password)}
    return password in digits or steps in ({1}, {-1}, {0})


def _account(row: UserRow) -> Account:
    return Account(row.name, row.role, row.changed_utc)
