"""The screen at the door over HTTP: pairing, what only it may ask, what it is told, and that no way leads to the panel."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from agent.clock import SystemClock
from agent.entrance_panel import NOTICE, EntrySettings
from agent.entry.records import Answer, Reader
from agent.entry.webhook import WebhookDoor
from agent.settings import DoorSettings, KioskSettings
from agent.values import EventKind
from tests.web.conftest import Visitor
from tests.web.drawn import DrawnShop
from tests.web.drawn_entrance import HTTPS, OWNER, DrawnEntrance, open_entrance
from tests.web.test_texts import _luminance
from web.entrance import EntranceWeb, create_entrance

PIN = "8027"


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[DrawnEntrance]:
    with open_entrance(tmp_path / "door") as opened:
        yield opened


class Screen:
    """A paired screen without scripts: sends what the page's scripts would."""

    def __init__(self, entrance: DrawnEntrance) -> None:
        self.client: FlaskClient = entrance.app.test_client()
        path = entrance.pairing_path()
        assert Visitor(self.client).send(path, path).status_code == 303
        page = self.client.get("/kiosk/").get_data(as_text=True)
        self.token = re.search(r'name="csrf" content="([^"]+)"', page)[1]  # type: ignore[index]

    def send(self, name: str, **fields: str):
        return self.client.post(f"/kiosk/{name}", data=fields, headers={"X-CSRFToken": self.token})

    def news(self, after: int = 0):
        return self.client.get(f"/kiosk/news?after={after}").json

    def told(self, name: str, **fields: str):
        """What the screen shows after it has sent something."""
        after = self.news(-1)["number"]
        assert self.send(name, **fields).status_code == 200
        return self.news(after)["reply"]


@pytest.fixture
def screen(entrance: DrawnEntrance) -> Screen:
    return Screen(entrance)


def test_a_strange_device_may_ask_nothing_of_the_screen(entrance: DrawnEntrance) -> None:
    client = entrance.app.test_client()
    client.set_cookie("ansim_kiosk", "x" * 40, path="/kiosk/")
    assert client.get("/kiosk/").status_code == 401
    assert client.get("/kiosk/news").status_code == 401
    token = re.search(r'value="([^"]+)"', client.get("/kiosk/pair/x").get_data(as_text=True))[1]  # type: ignore[index]
    for name in ("code", "number", "pin", "call"):
        assert client.post(f"/kiosk/{name}", headers={"X-CSRFToken": token}).status_code == 401
    assert entrance.desk.latest == (0, None)


def test_a_pairing_link_asks_first_and_works_once(entrance: DrawnEntrance) -> None:
    path = entrance.pairing_path()
    first, second = Visitor(entrance.app.test_client()), Visitor(entrance.app.test_client())
    assert first.get(path).status_code == 200
    assert second.get(path).status_code == 200, "looking does not use it up"
    answer = first.send(path, path)
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("ansim_kiosk=", "HttpOnly", "Path=/kiosk/", "SameSite=Strict"))
    assert first.get("/kiosk/").status_code == 200
    assert second.send(path, path).status_code == 410


def test_the_owner_ends_a_screen_at_once(entrance: DrawnEntrance, screen: Screen) -> None:
    (paired,) = entrance.owner.screens()
    assert screen.client.get("/kiosk/news").status_code == 200
    entrance.owner.unpair_screen(paired.id, OWNER, "127.0.0.1")
    assert screen.client.get("/kiosk/news").status_code == 401
    assert "연결되지 않은 기기" in screen.client.get("/kiosk/").get_data(as_text=True)


def test_what_comes_without_the_form_token_is_not_taken(entrance: DrawnEntrance, screen: Screen) -> None:
    assert screen.client.post("/kiosk/code", data={"text": entrance.card()[1]}).status_code == 400
    assert entrance.desk.latest == (0, None)


def test_a_card_is_welcomed_in_both_languages(entrance: DrawnEntrance, screen: Screen) -> None:
    reply = screen.told("code", text=entrance.card()[1])
    assert (reply["answer"], reply["welcome"]) == ("admitted", True)
    assert "환영합니다" in reply["text"]["ko"]
    assert "Welcome" in reply["text"]["en"]


def test_a_card_with_a_pin_that_the_camera_read_is_finished_at_the_screen(entrance: DrawnEntrance, screen: Screen) -> None:
    entrance.desk.present(entrance.card(PIN)[1], Reader.CAMERA, "door")
    assert screen.news(0)["reply"]["answer"] == "needs_pin"
    assert screen.told("pin", pin="9999")["answer"] == "wrong_pin"
    assert screen.told("pin", pin=PIN)["welcome"] is True


def test_number_and_pin_open_without_phone_or_card(entrance: DrawnEntrance, screen: Screen) -> None:
    made, _ = entrance.card(PIN)
    number = entrance.passes.number_of(made.id)
    assert number is not None
    assert screen.told("number", number=number, pin="9999")["answer"] == "wrong_pin"
    assert screen.told("number", number=number, pin=PIN)["welcome"] is True


@pytest.mark.parametrize("text", ["", "x" * 100_000, "\x00", "가" * 150, "https://example.kr/"])
def test_whatever_is_typed_is_refused_and_nothing_breaks(screen: Screen, text: str) -> None:
    answer = screen.send("code", text=text)
    assert answer.status_code == (413 if len(text) > 16 * 1024 else 200)
    if answer.status_code == 200:
        assert screen.news(0)["reply"]["answer"] == Answer.UNKNOWN.value


def test_the_call_button_tells_the_owner(entrance: DrawnEntrance, screen: Screen) -> None:
    assert screen.send("call").status_code == 200
    entrance.vault.record_audit(OWNER, "view", "health", "", "127.0.0.1")  # what was handed in before is there when this is
    assert EventKind.CALLED in [row.event.kind for row in entrance.vault.events(5)]


def test_somebody_let_in_before_a_door_that_stays_shut_is_told_so(tmp_path: Path) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        opener = DoorSettings(opener="webhook", url=f"http://127.0.0.1:{server.server_port}/open")
        with open_entrance(tmp_path, settings=EntrySettings(door=opener), door=WebhookDoor(opener, SystemClock())) as entrance:
            reply = Screen(entrance).told("code", text=entrance.card()[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert (reply["answer"], reply["welcome"]) == ("admitted", False)
    assert "도움 버튼" in reply["text"]["ko"]


@pytest.mark.parametrize(
    ("self_sign_up", "public_url", "shown"),
    [(True, HTTPS, True), (False, HTTPS, False), (True, "http://192.168.0.9:8788", False), (True, "https://localhost", False),
     (True, "", False)],
)  # fmt: skip
def test_the_sign_up_link_is_shown_only_where_a_phone_can_use_it(
    tmp_path: Path, self_sign_up: bool, public_url: str, shown: bool
) -> None:
    settings = EntrySettings(self_sign_up=self_sign_up, kiosk=KioskSettings(public_url=public_url))
    with open_entrance(tmp_path, settings=settings) as entrance:
        link = Screen(entrance).news(-1)["join"]
        if not shown:
            assert link is None
            return
        assert link.startswith(f"{HTTPS}/join/")
        assert entrance.app.test_client().get(link.removeprefix(HTTPS)).status_code == 200


def test_no_page_of_the_panel_answers_here(entrance: DrawnEntrance, shop: DrawnShop, screen: Screen) -> None:
    own = {rule.rule for rule in entrance.app.url_map.iter_rules()}
    both = own & {rule.rule for rule in shop.app.url_map.iter_rules()}
    assert both == {"/", "/language", "/static/<path:filename>"}
    for path in (
        "/login",
        "/incidents/x",
        "/cameras/",
        "/recordings/",
        "/health/",
        "/till/",
        "/passes/",
        "/entries/",
        "/start/x",
    ):
        assert screen.client.get(path).status_code == 404
    assert screen.client.post("/api/payments").status_code in (400, 404)


def test_the_panels_cookie_is_worth_nothing_here_and_the_other_way_round(
    entrance: DrawnEntrance, owner: Visitor, screen: Screen
) -> None:
    names = {owner.client.get_cookie("ansim").key, screen.client.get_cookie("ansim_door").key}  # type: ignore[union-attr]
    assert len(names) == 2, "browsers send a host's cookies to all its ports, so one name would overwrite the other"
    stranger = entrance.app.test_client()
    stranger.set_cookie("ansim_door", owner.client.get_cookie("ansim").value)  # type: ignore[union-attr]
    assert stranger.get("/kiosk/").status_code == 401


def test_nothing_foreign_is_loaded_and_tls_is_not_forced_on_other_ports(entrance: DrawnEntrance) -> None:
    app = create_entrance(entrance.panel, EntranceWeb(secure=True))
    answer = app.test_client().get("/pass/", base_url="https://door.example.kr")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "Strict-Transport-Security" not in answer.headers, "the panel may be on another port of this host, without TLS"
    paired = app.test_client().get("/kiosk/pair/x", base_url="https://door.example.kr")
    assert "Secure" in paired.headers["Set-Cookie"]


def test_links_are_not_guessed(tmp_path: Path) -> None:
    with open_entrance(tmp_path, web=EntranceWeb(try_rate="3 per minute")) as entrance:
        client = entrance.app.test_client()
        assert [client.get("/join/guess").status_code for _ in range(4)] == [410, 410, 410, 429]


def test_a_strangers_guesses_keep_nobody_out_whose_link_is_right(tmp_path: Path) -> None:
    """Behind a program that speaks TLS, both come from the same address."""
    with open_entrance(tmp_path, web=EntranceWeb(try_rate="3 per minute")) as entrance:
        path = entrance.invite_path()
        stranger, customer = entrance.app.test_client(), Visitor(entrance.app.test_client())
        for _ in range(4):
            last = stranger.get("/join/guess").status_code
        assert last == 429
        assert [customer.get(path).status_code for _ in range(5)] == [200] * 5
        agreed = {"notice": NOTICE, "age": "over", "agree": "yes"}
        assert customer.send(path, path, **agreed).status_code == 201


def test_screens_that_pair_do_not_use_up_the_tries(tmp_path: Path) -> None:
    with open_entrance(tmp_path, web=EntranceWeb(try_rate="3 per minute")) as entrance:
        for _ in range(5):
            path = entrance.pairing_path()
            assert Visitor(entrance.app.test_client()).send(path, path).status_code == 303
        client = Visitor(entrance.app.test_client())
        assert [client.send("/kiosk/pair/x", "/kiosk/pair/x").status_code for _ in range(4)] == [410, 410, 410, 429]


IN_THE_SHOP = {"REMOTE_ADDR": "192.168.0.20"}


def test_without_tls_another_device_neither_pairs_nor_sees_the_screen_and_reads_what_to_do(entrance: DrawnEntrance) -> None:
    path, client = entrance.pairing_path(), entrance.app.test_client()
    client.set_cookie("ansim_language", "en")
    for address in (path, "/kiosk/"):
        answer = client.get(address, environ_base=IN_THE_SHOP)
        assert answer.status_code == 403
        assert "[entry.kiosk]" in answer.get_data(as_text=True)
        assert "Set-Cookie" not in answer.headers or "ansim_kiosk" not in answer.headers["Set-Cookie"]
    token = re.search(r'value="([^"]+)"', client.get(path).get_data(as_text=True))[1]  # type: ignore[index]
    assert client.post(path, data={"csrf_token": token}, environ_base=IN_THE_SHOP).status_code == 401
    assert client.post(path, data={"csrf_token": token}).status_code == 303, "the link was not used up"


@pytest.mark.parametrize("name", ["number", "pin", "code", "call"])
def test_without_tls_nothing_is_taken_that_a_paired_screen_sends(entrance: DrawnEntrance, screen: Screen, name: str) -> None:
    headers = {"X-CSRFToken": screen.token}
    answer = screen.client.post(f"/kiosk/{name}", data={"number": "123456"}, headers=headers, environ_base=IN_THE_SHOP)
    assert answer.status_code == 401
    assert entrance.desk.latest == (0, None)


@pytest.mark.parametrize(
    ("address", "remote"),
    [("https://door.example.kr", "192.168.0.20"), (None, "127.0.0.1"), (None, "::1"), (None, "::ffff:127.0.0.1")],
)
def test_with_tls_or_at_the_pc_itself_a_screen_pairs(entrance: DrawnEntrance, address: str | None, remote: str) -> None:
    answer = entrance.app.test_client().get("/kiosk/pair/x", base_url=address, environ_base={"REMOTE_ADDR": remote})
    assert answer.status_code == 200


def test_a_restart_is_noticed_by_a_screen_that_was_left_open(entrance: DrawnEntrance, screen: Screen) -> None:
    before = screen.news(-1)["run"]
    again = create_entrance(entrance.panel)
    other = again.test_client()
    other.set_cookie("ansim_kiosk", screen.client.get_cookie("ansim_kiosk", path="/kiosk/").value, path="/kiosk/")  # type: ignore[union-attr]
    assert other.get("/kiosk/news?after=-1").json["run"] != before


PAIRS = [
    ("ink", "ground"), ("ink", "card"), ("soft", "ground"), ("soft", "card"), ("accent", "ground"), ("accent", "card"),
    ("on-accent", "accent"), ("on-yes", "yes"), ("on-no", "no"), ("note", "ground"), ("note", "card"),
]  # fmt: skip


@pytest.mark.parametrize("look", [0, 1], ids=["normal", "contrast"])
@pytest.mark.parametrize(("front", "ground"), PAIRS)
def test_what_the_screen_says_stands_out(root: Path, look: int, front: str, ground: str) -> None:
    css = (root / "web/static/kiosk.css").read_text()
    blocks = re.findall(r":root(?:\.contrast)? \{(.*?)\}", css, flags=re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[look]))
    light, dark = sorted((_luminance(colours[front]), _luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= (7.0 if look else 4.5)
