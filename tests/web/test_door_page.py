"""What the owner sees and does of the door: readers, the opener, screens that are paired and ended, a visitor's own page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.entrance_panel import EntrancePanel
from agent.entry.records import CrossingKind, PassKind, Reader
from agent.panel import CameraState
from agent.settings import KioskSettings
from agent.workers import Worker
from tests.web.conftest import Visitor
from tests.web.doorstep import CUSTOMERS, ENTRY, Doorstep, open_doorstep, opened_by
from tests.web.drawn import NAME
from tests.web.test_pages import read, words
from tests.web.test_passes import drawn_codes
from web.entrance import create_entrance


class Lock(ThreadingHTTPServer):
    """A door controller: notes what it is sent, and answers as the test wants."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Controller)
        self.asked: list[bytes] = []
        self.answer = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/open"


class Controller(BaseHTTPRequestHandler):
    server: Lock

    def do_POST(self) -> None:
        self.server.asked.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to stderr."""


@pytest.fixture
def lock() -> Iterator[Lock]:
    lock = Lock()
    worker = Worker("lock", lambda _stop, _beat: lock.serve_forever(0.05), SystemClock()).start()
    yield lock
    lock.shutdown()
    lock.server_close()
    assert worker.join(20)


@pytest.fixture
def doorstep(tmp_path: Path, lock: Lock) -> Iterator[Doorstep]:
    for place in open_doorstep(tmp_path / "data", entry=opened_by(lock.url)):
        place.shop.make_owner()
        yield place


@pytest.fixture
def keeper(doorstep: Doorstep) -> Visitor:
    visitor = Visitor(doorstep.shop.app.test_client())
    assert visitor.sign_in().status_code == 302
    visitor.client.set_cookie("ansim_language", "ko")
    return visitor


def audit(doorstep: Doorstep) -> list[tuple[str, str]]:
    return [(row.actor, row.action) for row in reversed(doorstep.shop.vault.audit()) if row.action != "login"]


# readers


def test_the_page_says_what_reads_codes_and_when_it_last_did(doorstep: Doorstep, keeper: Visitor) -> None:
    page = read(keeper, "/door/")
    for part in (
        "문 앞이 준비되어 있습니다",
        "출입문",
        "시작한 뒤로 코드 없음",
        "아직 연결한 화면이 없습니다",
        "웹 주소로 열라고",
    ):
        assert part in page
    doorstep.come_in(doorstep.phone())
    page = read(keeper, "/door/")
    assert "마지막 코드 오늘 오후 8:36" in page
    assert "지금 안에 1명" in page
    assert "시작한 뒤 문을 연 횟수 1번 마지막으로 연 때 오늘 오후 8:36" in page
    assert "The door is ready" in read(keeper, "/door/", "en")


def test_a_camera_that_is_lost_is_what_the_page_begins_with(doorstep: Doorstep, keeper: Visitor) -> None:
    doorstep.shop.camera("door", state=CameraState.LOST)
    page = read(keeper, "/door/")
    assert "문 앞에 살펴볼 것이 있습니다" in page
    assert "전원과 랜선을 확인해 주세요" in page


def test_the_health_page_tells_of_the_entrance(doorstep: Doorstep, keeper: Visitor) -> None:
    doorstep.come_in(doorstep.phone())
    doorstep.cross(CrossingKind.EXIT)
    page = read(keeper, "/health/")
    for part in ("출입 출입문 마지막 코드 오늘 오후 8:36", "지금 안에 0명", "시작한 뒤 문을 연 횟수 1번"):
        assert part in page
    assert "Opened since the start 1 time" in read(keeper, "/health/", "en")


# the opener


def test_the_owner_tries_the_door_and_it_really_opens(doorstep: Doorstep, keeper: Visitor, lock: Lock) -> None:
    page = words(keeper.send("/door/", "/door/test").get_data(as_text=True))
    assert len(lock.asked) == 1
    assert "시작한 뒤 문을 연 횟수 1번 마지막으로 연 때 오늘 오후 8:36" in page
    assert (NAME, "test_door") in audit(doorstep)


def test_a_door_that_does_not_open_says_why_here_and_on_the_health_page(
    doorstep: Doorstep, keeper: Visitor, lock: Lock
) -> None:
    lock.answer = 403
    page = words(keeper.send("/door/", "/door/test").get_data(as_text=True))
    assert "문이 1번 열리지 않았습니다" in page
    assert "403" in page
    assert "문이 1번 열리지 않았습니다" in read(keeper, "/health/")
    lock.answer = 200
    keeper.send("/door/", "/door/test")
    assert "열리지 않았습니다" not in read(keeper, "/health/").split("최근에")[0]


def test_the_door_is_opened_by_a_form_of_this_panel_only(keeper: Visitor, lock: Lock) -> None:
    assert keeper.client.post("/door/test").status_code == 400
    assert keeper.get("/door/test").status_code in (404, 405)
    assert lock.asked == []


def test_where_nothing_opens_the_door_there_is_nothing_to_try(tmp_path: Path) -> None:
    for place in open_doorstep(tmp_path / "open"):
        place.shop.make_owner()
        visitor = Visitor(place.shop.app.test_client())
        visitor.sign_in()
        page = visitor.get("/door/").get_data(as_text=True)
        assert "문을 여는 장치가 없습니다" in words(page)
        assert "/door/test" not in page


# screens


def test_a_screen_is_paired_by_a_link_that_is_shown_once_and_ended_when_the_owner_says(
    doorstep: Doorstep, keeper: Visitor
) -> None:
    shown = keeper.send("/door/", "/door/screens").get_data(as_text=True)
    link = re.search(r"<code>([^<]+/kiosk/pair/[^<]+)</code>", shown)
    assert link
    assert drawn_codes(shown) == [link.group(1)]
    assert link.group(1).startswith(CUSTOMERS)
    assert "15분 안에 한 번만" in words(shown)
    assert "/kiosk/pair/" not in keeper.get("/door/").get_data(as_text=True)
    secret = doorstep.shop.vault.passes.pair_screen(link.group(1).rpartition("/")[2])
    assert secret is not None
    page = keeper.get("/door/").get_data(as_text=True)
    assert "화면 1대가 연결되어 있습니다" in words(page)
    assert secret not in page
    screen = re.search(r'name="screen" value="([^"]+)"', page)
    assert screen
    assert keeper.send("/door/", "/door/screens/end", screen=screen.group(1)).status_code == 303
    assert not doorstep.shop.vault.passes.is_paired(secret)
    assert keeper.send("/door/", "/door/screens/end", screen="nonsense").status_code == 404
    assert [action for _, action in audit(doorstep)] == ["pair_screen", "unpair_screen"]


@pytest.mark.parametrize(
    ("kiosk", "says"),
    [
        (KioskSettings(), "이 주소는 이 PC에서만 열립니다"),
        (KioskSettings(public_url="http://192.168.0.9:8788"), "https로 시작하도록"),
        (KioskSettings(public_url=CUSTOMERS), None),
    ],
)
def test_an_address_that_phones_cannot_use_is_said_with_what_to_set(
    tmp_path: Path, kiosk: KioskSettings, says: str | None
) -> None:
    for place in open_doorstep(tmp_path / "data", entry=replace(ENTRY, kiosk=kiosk)):
        place.shop.make_owner()
        visitor = Visitor(place.shop.app.test_client())
        visitor.sign_in()
        page = read(visitor, "/door/")
        held = place.book.issue(PassKind.PHONE, NAME)
        invited = words(visitor.send(f"/passes/{held.id}", f"/passes/{held.id}/invite").get_data(as_text=True))
        if says is None:
            assert "public_url" not in page + invited
        else:
            assert says in page
            assert "아직 휴대전화에서 이 링크를 쓸 수 없습니다" in invited


def test_a_link_for_a_tablet_that_would_not_be_safe_says_what_to_set_first(tmp_path: Path) -> None:
    kiosk = KioskSettings(public_url="http://192.168.0.9:8788")
    for place in open_doorstep(tmp_path / "data", entry=replace(ENTRY, kiosk=kiosk)):
        place.shop.make_owner()
        visitor = Visitor(place.shop.app.test_client())
        visitor.sign_in()
        shown = words(visitor.send("/door/", "/door/screens").get_data(as_text=True))
        assert "이 주소로는 태블릿을 연결할 수 없습니다" in shown


# the visitor's own page


def test_a_visitor_opens_the_link_and_holds_the_picture_before_the_camera(doorstep: Doorstep, keeper: Visitor) -> None:
    held = doorstep.book.issue(PassKind.VISITOR, NAME)
    link = re.search(rf"<code>{CUSTOMERS}([^<]+)</code>", keeper.get(f"/passes/{held.id}/code").get_data(as_text=True))
    assert link
    entrance = EntrancePanel(
        doorstep.shop.vault, doorstep.desks.desk, doorstep.book, doorstep.shop.panel.shop, ENTRY, doorstep.shop.clock
    )
    phone = create_entrance(entrance).test_client()
    page = phone.get(link.group(1)).get_data(as_text=True)
    assert "문 앞의 카메라에 비춰" in words(page)
    (text,) = drawn_codes(page)
    assert doorstep.desks.desk.present(text, Reader.CAMERA).is_welcome
    for wrong in ("/visit/", "/visit/hello", f"/visit/{text}A", f"/visit/{text.lower()}"):
        assert phone.get(wrong).status_code == 404, wrong
