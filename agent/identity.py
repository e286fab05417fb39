"""Somebody else's word on who a person is, for signing up: a protocol, and OpenID Connect (with Authlib) as its reference.

Comes in: the browser's way there and back. Goes out: `OutsidePerson`, which is a number and no name: more is neither asked for
nor read. Off unless `entry.outside.issuer` is set. Services that
speak OpenID Connect need their issuer and keys only; others (those of identity agencies such as PASS) need an adapter of their
own that keeps `OutsideIdentity`, and a contract with the agency.

Code flow with PKCE (RFC 7636), state, nonce; OpenID Connect Core 1.0, section 3.1; issuer of the answer as in RFC 9207. Only
signatures with public keys count. What is pending lives in memory for ten minutes and is answered once.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from agent.clock import Clock
from agent.errors import AnsimError, ConfigError
from agent.settings import OutsideSettings

log = logging.getLogger(__name__)

SCOPE = "openid"  # neither name nor number: the service would tell them, and nobody here needs them
ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
TIMEOUT_S = 5.0
PENDING_S = 600.0
MOST_PENDING = 5000  # started and not finished (some 2 MB); the oldest is forgotten first
LEEWAY_S = 60  # by how much the service's clock may differ
LONGEST = 60  # characters of a reason
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WELL_KNOWN = "/.well-known/openid-configuration"
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


class IdentityRefused(AnsimError):
    """The person did not agree, or the answer is not one that can be trusted: nobody is signed up on it."""


class IdentityUnreachable(AnsimError):
    """The outside service does not answer; it may later."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A person is on the way to the service. url: where their browser has to go; state: keep it with that browser."""

    url: str
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutsidePerson:
    """Somebody whom a service knows. subject: its own number for them, the same each time."""

    issuer: str
    subject: str = field(repr=False)


class OutsideIdentity(Protocol):
    """Holding one means: an outside service can be asked who somebody is. Safe to use from any thread."""

    @property
    def name(self) -> str:
        """For people: how the service is called."""
        ...

    def begin(self, redirect_uri: str) -> Asked:
        """redirect_uri: where the browser comes back to, as registered with the service. Raises IdentityUnreachable."""
        ...

    def finish(self, answer_url: str, state: str) -> OutsidePerson:
        """answer_url: with what the browser came back; state: as kept with that browser. Once for each `begin`.

        Raises IdentityRefused, IdentityUnreachable.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Pending:
    """What `finish` has to compare with. since: monotonic seconds."""

    redirect_uri: str
    nonce: str
    verifier: str
    since: float


def make_identity(settings: OutsideSettings, clock: Clock) -> OutsideIdentity | None:
    """None while it is off. Raises ConfigError where the extra is not installed or the issuer is no https address."""
    return OpenIdIdentity(settings, clock) if settings.issuer else None


class OpenIdIdentity:
    """Holding one means: an OpenID Connect service is set. It is asked for its addresses at each use, not at the start."""

    def __init__(self, settings: OutsideSettings, clock: Clock) -> None:
        """Raises ConfigError."""
        try:
            from authlib.integrations.requests_client import OAuth2Session
        except ImportError as wrong:
            raise ConfigError(
                ko="외부 신원 확인에는 Authlib이 필요합니다. 'pip install \"ansim[oidc]\"'로 설치해 주세요.",
                en="Outside identity needs Authlib. Install it with 'pip install \"ansim[oidc]\"'.",
            ) from wrong
        if not _secure(settings.issuer) or not settings.client_id:
            raise ConfigError(
                ko="[entry.outside] issuer는 https:// 주소여야 하고 client_id도 필요합니다. 서비스에서 받은 값을 적어 주세요.",
                en="[entry.outside] needs an issuer with https:// and a client_id. Enter what the service gave you.",
            )
        self.name = settings.label or urlsplit(settings.issuer).hostname or settings.issuer
        self._answers = True
        self._session = OAuth2Session
        self._settings = settings
        self._clock = clock
        self._guard = threading.Lock()
        self._pending: dict[str, _Pending] = {}

    def begin(self, redirect_uri: str) -> Asked:
        """See OutsideIdentity.begin."""
        service = self._service()
        pending = _Pending(redirect_uri, secrets.token_urlsafe(24), secrets.token_urlsafe(48), self._clock.monotonic())
        state = secrets.token_urlsafe(24)
        with self._open(service, redirect_uri) as session:
            url, _ = session.create_authorization_url(
                service["authorization_endpoint"], state=state, nonce=pending.nonce, code_verifier=pending.verifier
            )
        with self._guard:
            self._forget_old()
            self._pending[state] = pending
        return Asked(url, state)

    def finish(self, answer_url: str, state: str) -> OutsidePerson:
        """See OutsideIdentity.finish."""
        answer = {name: values[0] for name, values in parse_qs(urlsplit(answer_url).query).items()}
        if not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
            raise _refused("state")
        with self._guard:
            self._forget_old()
            pending = self._pending.pop(state, None)
        if pending is None:
            raise _refused("too late")
        if answer.get("error") == "access_denied":
            raise _not_agreed(self.name)
        if "code" not in answer or "error" in answer:
            raise _refused(answer.get("error", "no code"))
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise _refused("issuer")
        return self._person(self._service(), pending, answer["code"])

    def _person(self, service: Mapping[str, Any], pending: _Pending, code: str) -> OutsidePerson:
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError
        from requests import RequestException

        try:
            with self._open(service, pending.redirect_uri) as session:
                token = session.fetch_token(
                    service["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=pending.verifier,
                    allow_redirects=False,
                )
            claims = self._claims(service, pending, token)
        except RequestException as wrong:
            raise self._unreachable() from wrong
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as wrong:
            raise _refused(type(wrong).__name__) from wrong
        return OutsidePerson(self._settings.issuer, str(claims["sub"]))

    def _claims(self, service: Mapping[str, Any], pending: _Pending, token: Mapping[str, Any]) -> Mapping[str, Any]:
        """The ID token's claims, once its signature and each of them has been checked."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet

        keys = KeySet.import_key_set({"keys": list(self._get(service["jwks_uri"])["keys"])})
        decoded = jwt.decode(str(token["id_token"]), keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "sub": {"essential": True, "allow_blank": False},
            },
            params={
                "nonce": pending.nonce,
                "client_id": self._settings.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=int(self._clock.utc()), leeway=LEEWAY_S)
        return dict(claims)

    def _service(self) -> Mapping[str, Any]:
        """The service's own description of itself, whose addresses are as secure as the issuer's."""
        from requests import RequestException

        try:
            service: dict[str, Any] = self._get(self._settings.issuer.rstrip("/") + WELL_KNOWN)
            told = [str(service[name]) for name in NEEDED]
        except RequestException as wrong:
            raise self._unreachable() from wrong
        except (ValueError, KeyError, TypeError) as wrong:
            raise _refused("description") from wrong
        if told[0] != self._settings.issuer or not all(_secure(address) for address in told):
            raise _refused("issuer")
        if not self._answers:
            log.info("%s answers again", self.name)
        self._answers = True
        return service

    def _get(self, address: str) -> dict[str, Any]:
        import requests

        answer = requests.get(address, timeout=TIMEOUT_S, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            raise requests.HTTPError(f"HTTP {answer.status_code}")
        found = answer.json()
        if not isinstance(found, dict):
            raise TypeError("not an object")
        return found

    def _open(self, service: Mapping[str, Any], redirect_uri: str) -> Any:
        """A session of Authlib's. The secret goes into the body for services that take it nowhere else."""
        secret = self._settings.client_secret or None
        ways = service.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return self._session(
            self._settings.client_id,
            secret,
            token_endpoint_auth_method=way if secret else "none",
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )

    def _unreachable(self) -> IdentityUnreachable:
        if self._answers:
            log.warning("%s does not answer: nobody can sign up with it", self.name)
        self._answers = False
        return IdentityUnreachable(
            ko=f"외부 서비스({self.name})가 응답하지 않습니다. 잠시 뒤 다시 하거나, 외부 확인 없이 등록해 주세요.",
            en=f"The outside service {self.name} does not answer. Try again in a while, or sign up without it.",
        )

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        fresh = [(state, one) for state, one in self._pending.items() if now - one.since < PENDING_S]
        self._pending = dict(fresh[-(MOST_PENDING - 1) :])


def _secure(address: str) -> bool:
    """https, or this very PC (tests, a service of one's own)."""
    url = urlsplit(address)
    return bool(url.hostname) and (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK))


def _plain(text: str) -> str:
    """A reason as a short text of one line; "-": none."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST] or "-"


def _refused(why: str) -> IdentityRefused:
    return IdentityRefused(
        ko=f"외부 서비스에서 신원을 확인하지 못했습니다({_plain(why)}). 처음부터 다시 하거나, 그냥 등록해 주세요.",
        en=f"The outside service did not confirm who you are ({_plain(why)}). Start again, or sign up without it.",
    )


def _not_agreed(name: str) -> IdentityRefused:
    return IdentityRefused(
        ko=f"{name}에서 동의하지 않으셔서 아무것도 등록하지 않았습니다. 다시 하거나, 외부 확인 없이 등록해 주세요.",
        en=f"You did not agree at {name}, so nothing was made. Try again, or sign up without it.",
    )
