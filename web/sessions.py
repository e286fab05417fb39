"""Who is signed in, kept in memory: signing out or half an hour of rest ends it for good, and so does a restart.

Comes in: accounts and the time. Goes out: `Session`s by their number, which is all that the cookie carries.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field

from flask_login import UserMixin

from agent.panel import Account

MOST = 200  # sign-ins kept at once; the longest unused go first


@dataclass(slots=True, eq=False)
class Session(UserMixin):  # type: ignore[misc]
    """Holding one means: this person has shown a password and has not been idle for too long."""

    number: str
    account: Account
    last_s: float
    viewed: dict[tuple[str, str], float] = field(default_factory=dict)  # what the access log has of it, and when

    @property
    def name(self) -> str:
        return self.account.name

    def get_id(self) -> str:
        return self.number


class Sessions:
    """All sign-ins of this run. Times are monotonic seconds. Safe to use from any thread."""

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._by_number: dict[str, Session] = {}

    def begin(self, account: Account, now: float) -> Session:
        session = Session(secrets.token_urlsafe(24), account, now)
        with self._lock:
            self._by_number[session.number] = session
            while len(self._by_number) > MOST:
                del self._by_number[min(self._by_number.values(), key=lambda s: s.last_s).number]
        return session

    def find(self, number: str, now: float, *, active: bool) -> Session | None:
        """The sign-in of that number, if it lives; `active`: the person did something, so the rest begins anew."""
        with self._lock:
            session = self._by_number.get(number)
            if session is None:
                return None
            if now - session.last_s > self._idle_s:
                del self._by_number[number]
                return None
            if active:
                session.last_s = now
            return session

    def end(self, number: str) -> None:
        with self._lock:
            self._by_number.pop(number, None)
