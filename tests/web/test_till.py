"""How a till reports its sales over HTTP, what it is told when something is wrong, and how the owner connects it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.values import Payment
from agent.vault.journal import Journal
from tests.web.conftest import Visitor
from tests.web.drawn import NOW, DrawnShop, open_shop
from tests.web.test_pages import read, words
from web import WebSettings


class Till:
    """A till with a key: no cookies, no forms."""

    def __init__(self, shop: DrawnShop, key: str) -> None:
        self.shop = shop
        self.key = key

    def send(self, body: object = None, *, key: str | None = None, raw: bytes | None = None, **headers: str):
        client = self.shop.app.test_client()
        sent = {"Authorization": f"Bearer {self.key if key is None else key}"} | headers
        if raw is not None:
            return client.post("/api/payments", data=raw, headers={"Content-Type": "application/json"} | sent)
        return client.post("/api/payments", json={"reference": "A-1"} if body is None else body, headers=sent)


@pytest.fixture
def till(shop: DrawnShop) -> Till:
    shop.make_owner()
    return Till(shop, shop.vault.new_till_key("점주"))


def test_a_sale_is_taken_without_sign_in_cookie_or_form_token(till: Till) -> None:
    answer = till.send({"till": "계산대", "reference": "A-1", "at": "2026-11-21T20:36:00+09:00"})
    assert answer.status_code == 201
    assert answer.json == {"till": "계산대", "reference": "A-1", "at": "2026-11-21T11:36:00.000Z"}
    assert "Set-Cookie" not in answer.headers
    assert till.shop.panel.payments.recent() == (Payment(NOW - 11, "계산대", "A-1"),)


def test_the_same_sale_again_changes_nothing(till: Till) -> None:
    assert till.send().status_code == 201
    till.shop.clock.advance(5)
    again = till.send()
    assert (again.status_code, again.json["at"]) == (200, "2026-11-21T11:36:11.000Z")
    assert len(till.shop.panel.payments.recent()) == 1


@pytest.mark.parametrize(
    ("raw", "status", "english", "korean"),
    [
        (b"", 400, "not JSON", "JSON으로 읽을 수 없습니다"),
        (b"{", 400, "not JSON", "JSON으로 읽을 수 없습니다"),
        (b'{"reference": "\xff"}', 400, "not JSON", "JSON으로 읽을 수 없습니다"),
        (b"[" * 4000, 400, "not JSON", "JSON으로 읽을 수 없습니다"),
        (b"[]", 400, "JSON object", "JSON 객체"),
        (b"NaN", 400, "JSON object", "JSON 객체"),
        (b"{}", 400, "reference", "판매 번호"),
        (b'{"reference": 7}', 400, "as text", "글자로"),
        (b'{"reference": "1", "price": 3}', 400, "Unknown field: price", "모르는 항목"),
        (b'{"reference": "1", "at": "2026-11-21T21:36:11+09:00"}', 400, "60 min ahead", "60분 앞섭니다"),
        (b'{"reference": "1", "at": "2026-11-21T20:16:11+09:00"}', 400, "20 min ago", "20분 전"),
        (b'{"reference": "' + b"1" * 5000 + b'"}', 413, "too long", "너무 깁니다"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(till: Till, raw: bytes, status: int, english: str, korean: str) -> None:
    answer = till.send(raw=raw)
    assert answer.status_code == status
    assert answer.content_type.startswith("application/json")
    assert english in answer.json["error"]["en"]
    assert korean in answer.json["error"]["ko"]
    assert till.shop.panel.payments.recent() == ()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_browser_may_send_from_elsewhere_is_refused(till: Till, kind: str) -> None:
    answer = till.send(raw=b'{"reference": "1"}', **{"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json["error"]["ko"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic {key}", "{key}", "Bearer {key}x"])
def test_a_wrong_key_is_refused_before_the_report_is_read(till: Till, header: str) -> None:
    answer = till.send(raw=b"{", Authorization=header.format(key=till.key))
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "키가 맞지 않습니다" in answer.json["error"]["ko"]
    assert till.shop.panel.payments.recent() == ()


def test_the_owners_sign_in_is_no_key(owner: Visitor) -> None:
    answer = owner.client.post("/api/payments", json={"reference": "1"})
    assert answer.status_code == 401


def test_nothing_but_a_report_is_answered(till: Till) -> None:
    answer = till.shop.app.test_client().get("/api/payments")
    assert answer.status_code == 405
    assert set(answer.json["error"]) == {"ko", "en"}


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Till]:
    for shop in open_shop(tmp_path / "strict", settings=WebSettings(sign_in_rate="3 per 5 minutes")):
        shop.make_owner()
        yield Till(shop, shop.vault.new_till_key("점주"))


def test_guessing_is_slowed_down_and_the_right_key_is_heard_all_the_same(strict: Till) -> None:
    assert [strict.send(key=f"guess {n}").status_code for n in range(5)] == [401, 401, 401, 429, 429]
    assert strict.send().status_code == 201


def test_a_revoked_or_replaced_key_ends_at_once(till: Till) -> None:
    new = till.shop.vault.new_till_key("점주")
    assert till.send().status_code == 401
    assert till.send(key=new).status_code == 201
    till.shop.vault.revoke_till_key("점주")
    assert till.send(key=new).status_code == 401


# the owner's page


def key_in(page: str) -> str:
    found = re.search(r'class="key"><code>([^<]+)</code>', page)
    assert found, "no key is shown"
    return found.group(1)


def test_the_owner_makes_a_key_that_is_shown_once_and_works(shop: DrawnShop, owner: Visitor) -> None:
    assert "연결된 계산대가 없습니다" in read(owner, "/till/")
    shown = owner.send("/till/", "/till/key").get_data(as_text=True)
    key = key_in(shown)
    assert f'-H "Authorization: Bearer {key}"' in shown.replace("&#34;", '"')
    assert "지금 한 번만 보여 드립니다" in words(shown)
    page = owner.get("/till/").get_data(as_text=True)
    assert key not in page
    assert "첫 판매를 기다리고 있습니다" in words(page)
    assert Till(shop, key).send({"till": "계산대", "reference": "1"}).status_code == 201
    page = read(owner, "/till/")
    assert "계산대가 연결되어 있습니다" in page
    assert "오후 8:36 · 계산대" in page
    assert "The till is connected" in read(owner, "/till/", "en")


def test_making_and_revoking_a_key_is_in_the_ledger_and_the_key_is_not(shop: DrawnShop, owner: Visitor) -> None:
    key = key_in(owner.send("/till/", "/till/key").get_data(as_text=True))
    assert owner.send("/till/", "/till/key/revoke").status_code == 303
    assert Till(shop, key).send().status_code == 401
    assert "연결된 계산대가 없습니다" in read(owner, "/till/")
    journal = Journal(shop.vault.folder / "ledger")
    assert [(r.kind, r.body["action"], r.body["by"]) for r in journal.records() if r.kind == "till.key"] == [
        ("till.key", "made", "점주"), ("till.key", "revoked", "점주"),
    ]  # fmt: skip
    assert {row.action for row in shop.vault.audit()} >= {"make_till_key", "revoke_till_key"}
    assert key not in b"".join(journal.lines()).decode()


def test_the_page_says_what_was_not_taken_and_why(shop: DrawnShop, owner: Visitor) -> None:
    key = key_in(owner.send("/till/", "/till/key").get_data(as_text=True))
    Till(shop, key).send({"reference": 3})
    page = read(owner, "/till/")
    assert "받지 못한 것 1" in page
    assert "reference에 판매 번호를 글자로" in page


def test_guesses_of_strangers_are_told_apart_from_what_the_till_did_wrong(shop: DrawnShop, owner: Visitor) -> None:
    key = key_in(owner.send("/till/", "/till/key").get_data(as_text=True))
    till = Till(shop, key)
    till.send({"reference": 3})
    assert "맞지 않는 키" not in read(owner, "/till/")
    for _ in range(2):
        till.send(key="guess")
    page = read(owner, "/till/")
    assert "받지 못한 것 1" in page
    assert "reference에 판매 번호를 글자로" in page
    assert "맞지 않는 키로 온 것이 2번 있었습니다" in page
    assert "2 came with a wrong key" in read(owner, "/till/", "en")


def test_a_key_is_made_by_forms_of_this_panel_only(owner: Visitor) -> None:
    assert owner.client.post("/till/key").status_code == 400
    assert owner.client.get("/till/key").status_code == 405
