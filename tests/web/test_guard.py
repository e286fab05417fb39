"""Pages with secrets open at the PC itself or over TLS, and nowhere else; there they say why and what to do."""

from __future__ import annotations

import socket

import pytest

from tests.web.conftest import Visitor, token_in
from tests.web.drawn import DrawnShop
from tests.web.test_pages import words
from web.guard import is_this_pc

PASS = "고구마 우체통 바람개비 가로등"


def own_address() -> str:
    """An address of this machine that is none of the loopback, where it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no network")
        return str(asked.getsockname()[0])


def from_elsewhere(owner: Visitor, **more: object):
    return owner.get("/keys/make", environ_overrides={"REMOTE_ADDR": "192.168.0.77"}, **more)


def test_the_loopback_is_this_pc() -> None:
    for address in ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"):
        assert is_this_pc(address), address


def test_an_address_of_its_own_network_card_is_this_pc() -> None:
    assert is_this_pc(own_address())


def test_all_others_are_not() -> None:
    others = "192.0.2.7", "203.0.113.9", "8.8.8.8", "2001:db8::7", "0.0.0.0", "::", "", "localhost", "nonsense"
    for address in others:
        assert not is_this_pc(address), address


def test_at_the_pc_the_page_opens(owner: Visitor) -> None:
    assert owner.get("/keys/make").status_code == 200


def test_from_elsewhere_it_says_why_and_where_to_go(owner: Visitor) -> None:
    answer = from_elsewhere(owner)
    page = words(answer.get_data(as_text=True))
    assert answer.status_code == 403
    assert "가게 PC에서만 열립니다" in page
    assert "http://localhost:80" in page
    assert "https" in page
    assert "이미 보호 없이 전송" not in page, "nothing was typed yet"


def test_over_tls_it_opens_from_anywhere(shop: DrawnShop) -> None:
    shop.make_owner()
    visitor = Visitor(shop.app.test_client())
    visitor.sign_in()
    assert from_elsewhere(visitor, base_url="https://localhost").status_code == 200


def test_what_is_sent_without_protection_is_not_even_looked_at(shop: DrawnShop, owner: Visitor) -> None:
    token = token_in(owner.get("/keys/make").get_data(as_text=True))
    answer = owner.client.post(
        "/keys/make", data={"csrf_token": token, "new": PASS, "again": PASS}, environ_overrides={"REMOTE_ADDR": "192.168.0.77"}
    )
    assert answer.status_code == 403
    page = words(answer.get_data(as_text=True))
    assert "이미 보호 없이 전송" in page
    assert PASS not in page
    assert not shop.panel.keys.are_made


def test_a_program_in_front_has_to_have_been_reached_by_tls(owner: Visitor) -> None:
    for header, code in (
        ({"X-Forwarded-For": "192.168.0.77"}, 403),
        ({"Forwarded": "for=192.168.0.77;proto=https"}, 403),
        ({"X-Forwarded-Proto": "http"}, 403),
        ({"X-Forwarded-For": "192.168.0.77", "X-Forwarded-Proto": "https"}, 200),
    ):
        assert owner.get("/keys/make", headers=header).status_code == code, header


def test_such_a_header_makes_nobody_else_private(owner: Visitor) -> None:
    assert from_elsewhere(owner, headers={"X-Forwarded-Proto": "https"}).status_code == 403


def test_every_page_that_takes_or_shows_a_secret_is_guarded(shop: DrawnShop, owner: Visitor) -> None:
    rules = [rule.rule for rule in shop.app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    secret = [rule for rule in rules if rule.startswith("/keys/") and rule != "/keys/"]
    assert len(secret) >= 6
    for rule in secret:
        assert owner.get(rule, environ_overrides={"REMOTE_ADDR": "192.168.0.77"}).status_code == 403, rule
