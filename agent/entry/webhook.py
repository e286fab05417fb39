"""A door that is opened over the network: a door controller, a smart relay or a home automation takes a POST.

Comes in: the address, and a secret if there is one. Goes out: `{"entry": ID, "open_s": SECONDS, "utc": UNIX}` as JSON, tried
twice. Signed: `Ansim-Signature: t=UNIX,v1=HEX`, HMAC-SHA256 under the secret over `UNIX.` and the body, so that a receiver can
refuse what is forged or old. `Idempotency-Key` is the entry's id: the second try is not a second opening.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import logging
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit

from agent.clock import Clock
from agent.entry.door import Opening
from agent.errors import ConfigError
from agent.settings import DoorSettings
from agent.values import Text
from agent.workers import Failure, Worker, shielded

log = logging.getLogger(__name__)

TIMEOUT_S = 2.0
TRIES = 2
TOTAL_S = 4.0  # for one opening: looking the name up, connecting, answers, the second try
TURN_S = 5.0  # who waited longer for the openings before has gone from the door
SAFE = "/%:@!$&'()*+,;=~?"  # of a path and a query that is left as it is; the rest is percent-encoded
SERVER_FAULT = 500  # answers from here on may be others a moment later; those below are the controller's own refusal


class AddressWrong(ConfigError):
    """`entry.door.url` is no web address."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a try failed; again: whether another one may succeed."""

    text: Text
    again: bool


@dataclass(slots=True)
class _Call:
    """One opening, carried out by a thread of its own: looking a name up cannot be interrupted. given_up: say no more."""

    given_up: bool = False
    connection: http.client.HTTPConnection | None = None
    came: Future[Refusal | Failure | None] = field(default_factory=Future)

    def give_up(self) -> None:
        """Who was told that the door stays shut must not see it open later."""
        self.given_up = True
        plug = None if self.connection is None else self.connection.sock
        if plug is not None:
            with suppress(OSError):
                socket.socket.shutdown(plug, socket.SHUT_RDWR)  # ends the thread's wait


class WebhookDoor:
    """Holding one means: there is an address that opens the door. Nothing is sent before somebody is to be let in."""

    how = "webhook"

    def __init__(
        self,
        settings: DoorSettings,
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
        total_s: float = TOTAL_S,
        turn_s: float = TURN_S,
    ) -> None:
        """timeout_s: for connecting, and for each answer; total_s: for an opening; turn_s: for those before it.

        Raises AddressWrong.
        """
        self._url = _split(settings.url)
        self._total_s, self._turn_s = total_s, turn_s
        self._secret = settings.secret.encode()
        self._open_s = settings.open_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self.trouble: Text | None = None

    def start(self) -> None:
        """See Door.start."""

    def close(self) -> None:
        """See Door.close: the controller locks by itself."""

    def open(self, entry_id: str) -> Opening:
        """See Door.open."""
        if not self._one_at_a_time.acquire(timeout=self._turn_s):
            return Opening(ok=False, how=self.how, error=_BUSY)
        try:
            refusal = self._called(entry_id)
            if refusal is not None and self.trouble is None:
                log.warning("the door was not opened: %s", refusal.text.en)
            elif refusal is None and self.trouble is not None:
                log.warning("the door's controller answers again")
            self.trouble = trouble = refusal.text if refusal is not None else None
        finally:
            self._one_at_a_time.release()
        return Opening(ok=refusal is None, how=self.how, error=trouble)

    def _called(self, entry_id: str) -> Refusal | None:
        call = _Call()
        Worker(
            "entry-webhook",
            lambda *_: call.came.set_result(shielded(lambda: self._tried(entry_id, call))),
            self._clock,
            restart=False,
        ).start()
        try:
            came = call.came.result(self._total_s)
        except TimeoutError:
            call.give_up()
            return self._silent()
        if isinstance(came, Failure):
            log.error("asking the door's controller failed", exc_info=came.error)
            return self._silent()
        return came

    def _tried(self, entry_id: str, call: _Call) -> Refusal | None:
        now = self._clock.utc()
        body = json.dumps({"entry": entry_id, "open_s": self._open_s, "utc": round(now, 3)}, sort_keys=True).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": entry_id, "User-Agent": "Ansim"}
        if self._secret:
            headers["Ansim-Signature"] = sign(self._secret, int(now), body)
        if self._url.username is not None:
            headers["Authorization"] = _basic(self._url)
        refusal: Refusal | None = None
        for _ in range(TRIES):
            refusal = self._asked(body, headers, call)
            if refusal is None or not refusal.again or call.given_up:
                break
        return refusal

    def _asked(self, body: bytes, headers: dict[str, str], call: _Call) -> Refusal | None:
        """One try. Neither proxies nor redirects are followed: the address is on the shop's own network, and exact."""
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        host = self._url.hostname or ""
        call.connection = connection = kind(host, self._url.port, timeout=self._timeout_s)
        path = f"{self._url.path or '/'}{f'?{self._url.query}' if self._url.query else ''}"
        try:
            connection.connect()
            if call.given_up:
                return self._silent()
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        except (OSError, ValueError, http.client.HTTPException):
            return self._silent()
        finally:
            connection.close()
        if 200 <= status < 300:
            return None
        return Refusal(
            Text(
                ko=f"출입문 제어기({host})가 거절했습니다(HTTP {status}). [entry.door]의 url과 secret을 확인해 주세요.",
                en=f"The door's controller ({host}) refused (HTTP {status}). Check url and secret in [entry.door].",
            ),
            again=status >= SERVER_FAULT,
        )

    def _silent(self) -> Refusal:
        host = self._url.hostname
        return Refusal(
            Text(
                ko=f"출입문 제어기({host})가 응답하지 않습니다. 전원과 네트워크, [entry.door] url을 확인해 주세요.",
                en=f"The door's controller ({host}) does not answer. Check its power, network and [entry.door] url.",
            ),
            again=True,
        )


_BUSY = Text(
    ko="출입문 제어기가 너무 느려 문을 열지 못했습니다. 제어기와 네트워크를 확인해 주세요.",
    en="The door's controller is too slow, so the door was not opened. Check the controller and the network.",
)


def sign(secret: bytes, unix: int, body: bytes) -> str:
    """What stands in Ansim-Signature."""
    return f"t={unix},v1={hmac.new(secret, f'{unix}.'.encode() + body, hashlib.sha256).hexdigest()}"


def _basic(url: SplitResult) -> str:
    pair = f"{unquote(url.username or '')}:{unquote(url.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _split(address: str) -> SplitResult:
    """The parts of the address, path and query percent-encoded. Raises AddressWrong."""
    try:
        url = urlsplit(address)
        right = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        (url.hostname or "").encode("idna")
        url = url._replace(path=quote(url.path, SAFE), query=quote(url.query, SAFE))
    except ValueError:  # UnicodeError is one
        right = False
    if not right:
        raise AddressWrong(
            ko="[entry.door] url은 'http://192.168.0.20/open' 같은 웹 주소여야 합니다. 고쳐 주세요.",
            en="[entry.door] url must be a web address like 'http://192.168.0.20/open'. Correct it.",
        )
    return url
