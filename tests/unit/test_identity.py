"""Outside identity: the whole way against a real service on this PC, and every answer that must not be believed."""

from __future__ import annotations

import base64
import logging
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from joserfc.jwk import ECKey, OctKey

from agent.clock import ManualClock
from agent.errors import ConfigError
from agent.identity import (
    PENDING_S,
    IdentityRefused,
    IdentityUnreachable,
    OpenIdIdentity,
    OutsideIdentity,
    OutsidePerson,
    make_identity,
)
from agent.settings import OutsideSettings
from tests.unit.openid_service import CLIENT, PERSON, SECRET, OpenIdService

BACK = "https://door.example.kr/outside"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def service(clock: ManualClock) -> Iterator[OpenIdService]:
    one = OpenIdService(clock)
    yield one
    one.close()


@pytest.fixture
def identity(service: OpenIdService, clock: ManualClock) -> OutsideIdentity:
    made = make_identity(OutsideSettings(service.issuer, CLIENT, SECRET), clock)
    assert made is not None
    return made


def signed_up(service: OpenIdService, identity: OutsideIdentity) -> OutsidePerson:
    """The way there and back of somebody who agrees."""
    asked = identity.begin(BACK)
    return identity.finish(service.agreed(asked.url), asked.state)


def test_it_is_off_unless_it_is_set() -> None:
    assert make_identity(OutsideSettings(), ManualClock()) is None


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib.integrations.requests_client", None)  # as if it were not installed
    with pytest.raises(ConfigError, match=r'pip install "ansim\[oidc\]"'):
        make_identity(OutsideSettings("https://login.example.kr", CLIENT, SECRET), ManualClock())


def test_somebody_who_agrees_is_known_by_the_services_number_and_nothing_else(
    service: OpenIdService, identity: OutsideIdentity
) -> None:
    person = signed_up(service, identity)  # though the service tells more than it was asked
    assert person == OutsidePerson(service.issuer, PERSON["sub"])
    assert not any(value in repr(person) for value in PERSON.values())


def test_it_is_called_as_the_owner_calls_it_or_by_its_host(identity: OutsideIdentity) -> None:
    assert identity.name == "127.0.0.1"
    named = OutsideSettings("https://login.example.kr", CLIENT, SECRET, label="이웃 계정")
    assert OpenIdIdentity(named, ManualClock()).name == "이웃 계정"


def test_the_request_asks_for_little_and_is_bound_to_this_browser(identity: OutsideIdentity) -> None:
    asked = identity.begin(BACK)
    query = {name: values[0] for name, values in parse_qs(urlsplit(asked.url).query).items()}
    assert query["scope"] == "openid"
    assert query["redirect_uri"] == BACK
    assert query["state"] == asked.state
    assert len(query["nonce"]) >= 20
    assert SECRET not in asked.url
    assert identity.begin(BACK).state != asked.state


def test_the_secret_goes_where_the_service_wants_it(service: OpenIdService, identity: OutsideIdentity) -> None:
    signed_up(service, identity)
    service.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    signed_up(service, identity)
    first, second = service.authenticated
    assert unquote_plus(base64.b64decode(first.removeprefix("Basic ")).decode()) == f"{CLIENT}:{SECRET}"
    assert second == f"post {SECRET}"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-shop"},
        {"aud": [CLIENT, "another-shop"], "azp": "another-shop"},
        {"exp": 1_789_990_000},
        {"iat": 1_790_009_000},
        {"nonce": "of another browser"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"exp": None},
    ],
    ids=str,
)
def test_claims_of_somebody_or_somewhere_else_are_refused(
    service: OpenIdService, identity: OutsideIdentity, claims: dict[str, object]
) -> None:
    service.claims = claims
    with pytest.raises(IdentityRefused):
        signed_up(service, identity)


def test_a_token_signed_by_another_key_is_refused(service: OpenIdService, identity: OutsideIdentity) -> None:
    service.signs_with = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
    with pytest.raises(IdentityRefused):
        signed_up(service, identity)


@pytest.mark.filterwarnings("ignore")  # joserfc warns of the short key: it is the forger's
def test_a_token_signed_with_a_key_that_is_public_or_shared_is_refused(
    service: OpenIdService, identity: OutsideIdentity
) -> None:
    for key in (SECRET, str(service.key.as_dict(private=False))):
        service.signs_with, service.header = OctKey.import_key(key), {"alg": "HS256"}
        with pytest.raises(IdentityRefused):
            signed_up(service, identity)


def test_an_answer_counts_once_and_for_its_own_browser_only(service: OpenIdService, identity: OutsideIdentity) -> None:
    mine, yours = identity.begin(BACK), identity.begin(BACK)
    answer = service.agreed(mine.url)
    with pytest.raises(IdentityRefused, match="state"):
        identity.finish(answer, yours.state)
    assert identity.finish(answer, mine.state).subject == PERSON["sub"]
    with pytest.raises(IdentityRefused, match="too late"):
        identity.finish(answer, mine.state)
    assert service.tokens_asked == 1


def test_who_takes_longer_than_ten_minutes_starts_again(
    service: OpenIdService, identity: OutsideIdentity, clock: ManualClock
) -> None:
    asked = identity.begin(BACK)
    answer = service.agreed(asked.url)
    clock.advance(PENDING_S)
    with pytest.raises(IdentityRefused, match="too late"):
        identity.finish(answer, asked.state)


def test_who_does_not_agree_is_not_signed_up(service: OpenIdService, identity: OutsideIdentity) -> None:
    asked = identity.begin(BACK)
    with pytest.raises(IdentityRefused, match="did not agree"):
        identity.finish(service.declined(asked.url), asked.state)
    assert service.tokens_asked == 0


def test_an_answer_of_another_service_is_refused(service: OpenIdService, identity: OutsideIdentity) -> None:
    asked = identity.begin(BACK)
    with pytest.raises(IdentityRefused, match="issuer"):
        identity.finish(f"{service.agreed(asked.url)}&iss=https%3A%2F%2Felsewhere.example", asked.state)
    assert service.tokens_asked == 0


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": "file:///keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_service_that_sends_people_elsewhere_is_refused(
    service: OpenIdService, identity: OutsideIdentity, described: dict[str, str]
) -> None:
    service.described = described
    with pytest.raises(IdentityRefused):
        identity.begin(BACK)


def test_a_service_that_does_not_answer_is_said_so(service: OpenIdService, identity: OutsideIdentity) -> None:
    asked = identity.begin(BACK)
    answer = service.agreed(asked.url)
    service.close()
    with pytest.raises(IdentityUnreachable, match=r"127\.0\.0\.1"):
        identity.finish(answer, asked.state)
    with pytest.raises(IdentityUnreachable):
        identity.begin(BACK)


def test_the_log_tells_the_first_failure_and_the_recovery(
    service: OpenIdService, identity: OutsideIdentity, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "agent.identity")
    service.status = 503
    for _ in range(3):
        with pytest.raises(IdentityUnreachable):
            identity.begin(BACK)
    service.status = 200
    signed_up(service, identity)
    assert [record.message.removeprefix("127.0.0.1 ") for record in caplog.records] == [
        "does not answer: nobody can sign up with it",
        "answers again",
    ]


def test_a_service_that_fails_signs_nobody_up(service: OpenIdService, identity: OutsideIdentity) -> None:
    service.token_status = 500
    with pytest.raises((IdentityRefused, IdentityUnreachable)):
        signed_up(service, identity)


@pytest.mark.parametrize("issuer", ["http://login.example.kr", "login.example.kr", "ftp://login.example.kr"])
def test_an_issuer_without_https_is_refused(issuer: str) -> None:
    with pytest.raises(ConfigError, match="https"):
        OpenIdIdentity(OutsideSettings(issuer, CLIENT, SECRET), ManualClock())
