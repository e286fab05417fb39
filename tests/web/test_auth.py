"""Who gets in, who does not, and what is written down of it."""

from __future__ import annotations

import pytest

from agent.accounts import LOCK_S
from tests.web.conftest import Visitor, token_in
from tests.web.drawn import NAME, PASSWORD, DrawnShop
from web import WebSettings, create_app


def audit(shop: DrawnShop) -> list[tuple[str, str, str]]:
    """(who, what, which thing), oldest first."""
    return [(row.actor, row.action, row.target) for row in reversed(shop.vault.audit())]


# the first start


def test_without_an_account_a_stranger_is_told_about_the_owner_link(stranger: Visitor) -> None:
    answer = stranger.get("/", follow_redirects=True)
    assert answer.status_code == 200
    assert "점주 링크를 열어 주세요" in answer.get_data(as_text=True)


def test_the_owner_link_makes_the_account_signs_in_and_works_once(shop: DrawnShop, stranger: Visitor) -> None:
    link = f"/start/{shop.panel.accounts.new_link_token()}"
    answer = stranger.send(link, link, name=NAME, password=PASSWORD, again=PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/")
    assert stranger.get("/").status_code == 200
    assert audit(shop) == [(NAME, "create_owner", "panel")]
    again = stranger.get(link)
    assert again.status_code == 410
    assert "더 이상 쓸 수 없습니다" in again.get_data(as_text=True)
    assert stranger.get(f"{link}x").status_code == 410


def test_a_link_preview_does_not_use_the_owner_link_up(shop: DrawnShop, stranger: Visitor) -> None:
    link = f"/start/{shop.panel.accounts.new_link_token()}"
    assert [stranger.get(link).status_code for _ in range(3)] == [200, 200, 200]
    assert stranger.client.head(link).status_code == 200


def test_the_owner_link_ends_after_a_day(shop: DrawnShop, stranger: Visitor) -> None:
    link = f"/start/{shop.panel.accounts.new_link_token()}"
    shop.clock.advance(86_401)
    assert stranger.get(link).status_code == 410


def test_a_newer_owner_link_ends_the_older(shop: DrawnShop, stranger: Visitor) -> None:
    older, newer = (f"/start/{shop.panel.accounts.new_link_token()}" for _ in range(2))
    assert stranger.get(older).status_code == 410
    assert stranger.get(newer).status_code == 200


@pytest.mark.parametrize(
    ("name", "password", "again", "says"),
    [
        ("주인", "짧다", "짧다", "10자 이상"),
        ("주인", PASSWORD, PASSWORD + "!", "서로 다릅니다"),
        ("주인", "1111111111", "1111111111", "너무 쉬운"),
        ("주인", "1234567890", "1234567890", "너무 쉬운"),
        ("jumin-kim", "jumin-kim1", "jumin-kim1", "너무 쉬운"),
        ("", PASSWORD, PASSWORD, "이름을"),
        ("a\x00b", PASSWORD, PASSWORD, "이름을"),
        ("주인", "가나다라" * 60, "가나다라" * 60, "너무 깁니다"),
    ],
)
def test_a_name_or_password_that_will_not_do_is_explained(
    shop: DrawnShop, stranger: Visitor, name: str, password: str, again: str, says: str
) -> None:
    link = f"/start/{shop.panel.accounts.new_link_token()}"
    answer = stranger.send(link, link, name=name, password=password, again=again)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert says in page
    assert password not in page or password == name
    assert shop.panel.accounts.needs_owner
    assert stranger.get(link).status_code == 200, "the link must still work"


# signing in


def test_signing_in_is_written_to_the_access_log_with_name_and_address(shop: DrawnShop, owner: Visitor) -> None:
    row = shop.vault.audit()[0]
    assert (row.actor, row.action, row.address) == (NAME, "login", "127.0.0.1")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(shop: DrawnShop, stranger: Visitor) -> None:
    shop.make_owner()
    wrong, unknown = stranger.sign_in(NAME, "틀린 비밀번호입니다"), stranger.sign_in("아무개", "틀린 비밀번호입니다")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    for answer in (wrong, unknown):
        assert "이름이나 비밀번호가 맞지 않습니다" in answer.get_data(as_text=True)
    assert [(who, what) for who, what, _ in audit(shop)] == [(NAME, "login_refused"), ("아무개", "login_refused")]


def test_five_wrong_passwords_close_the_account_for_some_minutes_even_for_the_right_one(
    shop: DrawnShop, stranger: Visitor
) -> None:
    shop.make_owner()
    codes = [stranger.sign_in(NAME, "틀린 비밀번호입니다").status_code for _ in range(5)]
    assert codes == [401, 401, 401, 401, 429]
    closed = stranger.sign_in()
    assert closed.status_code == 429
    assert "5분 뒤에" in closed.get_data(as_text=True)
    shop.clock.advance(LOCK_S + 1)
    assert stranger.sign_in().status_code == 302


def test_many_tries_from_one_address_are_slowed_down_whatever_the_name(shop: DrawnShop) -> None:
    shop.make_owner()
    visitor = Visitor(create_app(shop.panel, WebSettings(sign_in_rate="3 per minute")).test_client())
    codes = [visitor.sign_in(f"이름{n}", "틀린 비밀번호입니다").status_code for n in range(5)]
    assert codes == [401, 401, 401, 429, 429]
    assert "몇 분 뒤에" in visitor.sign_in().get_data(as_text=True)


def test_half_an_hour_without_a_click_ends_it_and_a_page_that_refreshes_itself_is_no_click(
    shop: DrawnShop, owner: Visitor
) -> None:
    shop.clock.advance(29 * 60)
    assert owner.get("/health/").status_code == 200
    shop.clock.advance(29 * 60)
    assert owner.get("/cameras/till/state", headers={"X-Refresh": "1"}).status_code == 200
    shop.clock.advance(2 * 60)
    assert owner.get("/cameras/till/state", headers={"X-Refresh": "1", "Sec-Fetch-Dest": "empty"}).status_code == 401
    answer = owner.get("/health/")
    assert (answer.status_code, answer.location) == (302, "/login?next=/health/")


def test_signing_out_ends_it_also_for_a_copied_cookie(shop: DrawnShop, owner: Visitor) -> None:
    cookie = owner.client.get_cookie("ansim")
    assert cookie is not None
    assert owner.send("/", "/logout").status_code == 302
    thief = shop.app.test_client()
    thief.set_cookie("ansim", cookie.value)
    assert thief.get("/").status_code == 302
    assert audit(shop)[-1] == (NAME, "logout", "panel")


def test_a_new_password_or_a_removed_account_ends_every_sign_in(shop: DrawnShop, owner: Visitor) -> None:
    shop.clock.advance(5)
    shop.vault.set_password(NAME, shop.vault.user(NAME).password_hash)  # type: ignore[union-attr]
    assert owner.get("/").status_code == 302
    assert owner.sign_in().status_code == 302
    shop.vault.remove_user(NAME)
    assert owner.get("/").status_code == 302


def test_the_page_that_was_wanted_comes_after_signing_in_but_only_one_of_ours(shop: DrawnShop, stranger: Visitor) -> None:
    shop.make_owner()
    assert stranger.get("/recordings/?camera=till").location == "/login?next=/recordings/?camera%3Dtill"
    for wanted, comes in (
        ("/health/", "/health/"), ("https://example.org/", "/"), ("//example.org", "/"), ("/\\example.org", "/"),
        ("/a\r\nX: b", "/"),
    ):  # fmt: skip
        answer = stranger.send("/login", "/login", name=NAME, password=PASSWORD, next=wanted)
        assert answer.location == comes


def test_cookies_are_out_of_reach_of_scripts_and_other_sites_and_secure_under_tls(shop: DrawnShop) -> None:
    shop.make_owner()
    for secure in (False, True):
        client = create_app(shop.panel, WebSettings(secure=secure)).test_client()
        base = "https://localhost" if secure else "http://localhost"
        page = client.get("/login", base_url=base)
        answer = client.post(
            "/login", base_url=base, headers={"Referer": f"{base}/login"},
            data={"csrf_token": token_in(page.get_data(as_text=True)), "name": NAME, "password": PASSWORD},
        )  # fmt: skip
        assert answer.status_code == 302
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) is secure
        assert ("Strict-Transport-Security" in answer.headers) is secure


def test_a_form_from_elsewhere_is_refused(shop: DrawnShop, owner: Visitor) -> None:
    answer = owner.client.post("/logout")
    assert answer.status_code == 400
    assert "다시 보내 주세요" in answer.get_data(as_text=True)
    assert owner.get("/").status_code == 200


def test_nothing_but_sign_in_answers_a_stranger(shop: DrawnShop, stranger: Visitor) -> None:
    """Asks every address that the app knows, so that a new page cannot be forgotten."""
    shop.make_owner()
    incident = shop.incident("loitering", "till", 60, "오래 머묾", "stays")
    shop.clip(incident)
    shop.segment("till", 60)
    shop.show_live("till")
    open_to_all = {
        "static",
        "auth.login",
        "auth.check_login",
        "auth.welcome",
        "auth.start",
        "auth.create_owner",
        "auth.switch_language",
    }
    asked = 0
    with shop.app.test_request_context():
        for rule in shop.app.url_map.iter_rules():
            if rule.endpoint in open_to_all:
                continue
            values = {
                "incident_id": incident.id,
                "part": 1,
                "camera_id": "till",
                "seq": 1,
                "pass_id": "A" * 8,
                "entry_id": "e1",
            }
            _, path = rule.build({name: values.get(name, "unknown") for name in rule.arguments}) or ("", "")
            asked += 1
            for method in rule.methods - {"OPTIONS"}:
                answer = shop.app.test_client().open(path, method=method)
                refusals = (401,) if path == "/api/payments" else (302, 400)  # a till has a key, and no sign-in to be sent to
                assert answer.status_code in refusals, f"{method} {path} answers {answer.status_code}"
                assert b"<video" not in answer.data
    assert asked >= 15


def test_the_language_can_be_switched_by_anybody_and_stays(stranger: Visitor, shop: DrawnShop) -> None:
    shop.make_owner()
    assert "로그인" in stranger.get("/login").get_data(as_text=True)
    answer = stranger.send("/login", "/language", language="en", next="/login")
    assert answer.location == "/login"
    page = stranger.get("/login").get_data(as_text=True)
    assert "Sign in" in page
    assert '<html lang="en">' in page
    assert stranger.send("/login", "/language", language="xx", next="").status_code == 302
    assert "Sign in" in stranger.get("/login").get_data(as_text=True)
