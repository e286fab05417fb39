"""Doors: over the network, at a pin, on a serial board; what they do when they fail, and which are refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import queue
import socket
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from gpiozero.pins.mock import MockFactory

from agent.clock import ManualClock, SystemClock
from agent.entry.door import Door, DoorError, NoDoor, Opening
from agent.entry.doors import make_door
from agent.entry.relay import OFF, ON, GpioRelay, RelayDoor, SerialRelay
from agent.entry.webhook import WebhookDoor, sign
from agent.errors import ConfigError
from agent.settings import DoorSettings

PATIENCE_S = 60.0
ENTRY = "20261121T203611250Z-e1"


class Controller:
    """A door controller on the network: keeps what it was asked, and answers as told, one answer after the other."""

    def __init__(self, *answers: int) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        left = list(answers)
        controller = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                controller.asked.append((self.path, dict(self.headers), body))
                answer = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.port = self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def controller() -> Iterator[Callable[..., Controller]]:
    made: list[Controller] = []

    def make(*answers: int) -> Controller:
        made.append(Controller(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def webhook(port: int, path: str = "/open?door=1", secret: str = "", **more: float) -> WebhookDoor:
    settings = DoorSettings("webhook", url=f"http://127.0.0.1:{port}{path}", secret=secret, open_s=4.0)
    return WebhookDoor(settings, ManualClock(), **more)


# Over the network


def test_the_controller_is_told_for_which_entry_and_how_long(controller) -> None:
    there = controller(204)
    assert webhook(there.port).open(ENTRY) == Opening(ok=True, how="webhook")
    ((path, headers, body),) = there.asked
    assert path == "/open?door=1"
    assert json.loads(body) == {"entry": ENTRY, "open_s": 4.0, "utc": 1_790_000_000.0}
    assert headers["Idempotency-Key"] == ENTRY
    assert "Ansim-Signature" not in headers


def test_with_a_secret_the_request_is_signed(controller) -> None:
    there = controller(200)
    webhook(there.port, secret="between us").open(ENTRY)
    ((_, headers, body),) = there.asked
    stamp, signature = headers["Ansim-Signature"].removeprefix("t=").split(",v1=")
    assert stamp == "1790000000"
    assert signature == hmac.new(b"between us", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Ansim-Signature"] != sign(b"somebody else", int(stamp), body)


def test_user_and_password_of_the_address_are_sent_as_such(controller) -> None:
    there = controller(200)
    settings = DoorSettings("webhook", url=f"http://ansim:se%40cret@127.0.0.1:{there.port}/open")
    assert WebhookDoor(settings, ManualClock()).open(ENTRY).ok
    assert there.asked[0][1]["Authorization"] == "Basic YW5zaW06c2VAY3JldA=="


def test_a_fault_of_the_controller_is_tried_again_with_the_same_entry(controller) -> None:
    there = controller(503, 200)
    assert webhook(there.port).open(ENTRY).ok
    assert [headers["Idempotency-Key"] for _, headers, _ in there.asked] == [ENTRY, ENTRY]


@pytest.mark.parametrize(("answers", "tries"), [((500,), 2), ((403,), 1), ((302,), 1)])
def test_a_refusal_is_an_opening_that_failed_and_says_what_to_do(controller, answers: tuple[int, ...], tries: int) -> None:
    there = controller(*answers)
    door = webhook(there.port, secret="between us")
    opening = door.open(ENTRY)
    assert (opening.ok, opening.error) == (False, door.trouble)
    assert opening.error is not None
    assert f"HTTP {answers[0]}" in opening.error.en
    assert "between us" not in opening.error.en + opening.error.ko
    assert len(there.asked) == tries


def test_nobody_answering_is_told_once_and_so_is_the_return(controller, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    door = webhook(port)
    with caplog.at_level(logging.WARNING):
        assert [door.open(ENTRY).ok for _ in range(3)] == [False] * 3
        assert caplog.text.count("does not answer") == 1
        back = controller(200)
        door._url = webhook(back.port)._url
        assert door.open(ENTRY).ok
    assert "answers again" in caplog.text
    assert door.trouble is None


def test_a_controller_that_takes_the_request_and_says_nothing_does_not_hold_the_entrance(caplog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        opening = webhook(silent.getsockname()[1], timeout_s=0.2).open(ENTRY)
    assert not opening.ok
    assert opening.error is not None


@pytest.mark.parametrize("path", ["/문/열기?who=홍길동", "/open door", "/100%25?a=%EB%AC%B8"])
def test_an_address_with_letters_of_any_language_reaches_the_controller(controller, path: str) -> None:
    there = controller(200)
    assert webhook(there.port, path).open(ENTRY).ok
    assert unquote(there.asked[0][0]) == unquote(path)


class Dripping:
    """A controller that answers letter after letter and never comes to an end; counts who connected."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._server, self._server.accept()[0] as plug:
            plug.settimeout(0.05)
            plug.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            try:
                while True:
                    plug.sendall(b"a")
                    with suppress(TimeoutError):
                        if not plug.recv(4096):
                            break
            except OSError:
                pass
        self.ended.set()


def test_a_controller_that_never_comes_to_an_end_is_given_up_and_hung_up_on() -> None:
    slow = Dripping()
    door = webhook(slow.port, timeout_s=1.0, total_s=0.3)
    opening = door.open(ENTRY)
    assert not opening.ok
    assert opening.error is not None
    assert "does not answer" in opening.error.en
    assert slow.ended.wait(PATIENCE_S)


def test_a_name_that_is_found_too_late_opens_nothing(controller, monkeypatch: pytest.MonkeyPatch) -> None:
    there = controller(200)
    look_up, found, asked = socket.getaddrinfo, threading.Event(), threading.Event()

    def slowly(*about: object, **more: object) -> object:
        asked.set()
        found.wait(PATIENCE_S)
        return look_up(*about, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    door = webhook(there.port, total_s=0.2)
    assert not door.open(ENTRY).ok
    assert asked.is_set()
    found.set()
    for thread in threading.enumerate():
        if thread.name == "entry-webhook":
            thread.join(PATIENCE_S)
    assert there.asked == []


def test_who_waited_too_long_for_those_before_is_not_let_in_late(controller) -> None:
    there = controller(200)
    door = webhook(there.port, turn_s=0.05)
    with door._one_at_a_time:
        opening = door.open(ENTRY)
    assert not opening.ok
    assert opening.error is not None
    assert "too slow" in opening.error.en
    assert there.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "", "door.local/open", "ftp://door.local/", "http://", "http://[::1/", "http://door:99999/", "http://a..b/open",
        f"http://{'a' * 64}.kr/",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_before_anybody_comes(url: str) -> None:
    with pytest.raises(ConfigError, match="web address"):
        make_door(DoorSettings("webhook", url=url), ManualClock())


# A relay


class Board:
    """A relay board at a serial port: a real terminal of this machine."""

    def __init__(self) -> None:
        self._end, self._other = os.openpty()
        tty.setraw(self._end)
        self.port = os.ttyname(self._other)
        self.words: queue.Queue[bytes] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        held = b""
        try:
            while True:
                held += os.read(self._end, 64)
                while len(held) >= len(ON):
                    self.words.put(held[: len(ON)])
                    held = held[len(ON) :]
        except OSError:
            return

    def word(self) -> bytes:
        return self.words.get(timeout=PATIENCE_S)

    def pulled_out(self) -> None:
        os.close(self._other)  # the listener's read ends; its end must not be closed, and its number given anew, before that
        self._listener.join(PATIENCE_S)
        os.close(self._end)


@pytest.fixture
def board() -> Iterator[Board]:
    one = Board()
    yield one
    one.pulled_out()


def test_a_relay_locks_at_the_start_opens_for_a_while_and_rests_at_the_end(board: Board) -> None:
    door = RelayDoor(SerialRelay(board.port), SystemClock(), 0.1, inverted=False)
    door.start()
    assert board.word() == ON  # held to lock
    assert door.open(ENTRY) == Opening(ok=True, how="serial")
    assert board.word() == OFF
    assert board.word() == ON  # locked again by itself
    door.close()
    assert board.word() == OFF  # at rest, as without power: open


def test_a_lock_that_locks_without_power_is_switched_the_other_way_round(board: Board) -> None:
    settings = DoorSettings("serial", port=board.port, open_s=0.1, lock_inverted=True, other_way_out=True)
    door = make_door(settings, SystemClock())
    door.start()
    assert board.word() == OFF
    assert door.open(ENTRY).ok
    assert [board.word(), board.word()] == [ON, OFF]
    door.close()
    assert board.word() == OFF


def test_who_comes_meanwhile_keeps_the_door_open_for_longer() -> None:
    pins, clock = MockFactory(), ManualClock()
    door = RelayDoor(GpioRelay(17, pins), clock, 5.0, inverted=False)
    door._settle()
    locked = pins.pin(17)
    assert locked.state
    door.open(ENTRY)
    clock.advance(4.0)
    door.open(ENTRY)
    clock.advance(4.0)
    door._settle()
    assert not locked.state
    clock.advance(1.1)
    door._settle()
    assert locked.state
    door.close()


def test_a_board_that_is_gone_is_told_once_and_told_its_state_when_it_is_back(tmp_path, caplog) -> None:
    link = tmp_path / "relay"
    clock = ManualClock()
    door = RelayDoor(SerialRelay(str(link)), clock, 5.0, inverted=False)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            door._settle()
            clock.advance(1.1)
        opening = door.open(ENTRY)
        assert not opening.ok
        assert opening.error is not None
        assert "cable" in opening.error.en
        assert caplog.text.count("cannot be written to") == 1
        board = Board()
        link.symlink_to(board.port)
        clock.advance(1.1)
        door._settle()
        assert board.word() == ON
    assert "works again" in caplog.text
    assert door.trouble is None
    door.close()
    board.pulled_out()


def test_a_port_that_breaks_in_mid_word_is_an_error_in_words_and_never_stops_the_end(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_port: object) -> None:
        raise termios.error(5, "Input/output error")  # what the kernel says of a port that went away

    monkeypatch.setattr("serial.Serial.flush", gone)
    door = RelayDoor(SerialRelay(board.port), ManualClock(), 5.0, inverted=False)
    opening = door.open(ENTRY)
    assert opening.error is not None
    assert "cable" in opening.error.en
    door.close()


def test_the_state_is_told_anew_now_and_then_so_that_a_board_plugged_in_again_locks(board: Board) -> None:
    clock = ManualClock()
    door = RelayDoor(SerialRelay(board.port), clock, 5.0, inverted=False)
    told = []
    for _ in range(30):
        door._settle()
        clock.advance(1.0)
        while not board.words.empty():
            told.append(board.words.get())
    door.close()
    while board.word() != OFF:
        told.append(ON)
    assert 2 <= len(told) <= 4


def test_a_pin_is_let_go_at_the_end() -> None:
    pins = MockFactory()
    door = RelayDoor(GpioRelay(17, pins), SystemClock(), 5.0, inverted=False)
    door.start()
    assert door.open(ENTRY).ok
    door.close()
    assert pins.pin(17).function == "input"


def test_a_pin_that_somebody_else_uses_is_an_error_in_words() -> None:
    pins = MockFactory()
    first, second = GpioRelay(17, pins), GpioRelay(17, pins)
    first.switch(on=True)
    with pytest.raises(DoorError, match="Raspberry Pi"):
        second.switch(on=True)
    first.release()


# Which door


def test_without_an_opener_nothing_is_opened_and_nothing_is_wrong() -> None:
    door = make_door(DoorSettings(), ManualClock())
    assert isinstance(door, NoDoor)
    door.start()
    assert door.open(ENTRY) == Opening(ok=False, how="none", error=None)
    door.close()


def test_a_lock_that_locks_without_power_needs_another_way_out() -> None:
    for opener in ("webhook", "gpio", "serial"):
        with pytest.raises(ConfigError, match="other_way_out"):
            make_door(DoorSettings(opener, url="http://door.local/", port="/dev/x", lock_inverted=True), ManualClock())


def test_a_serial_door_needs_its_port() -> None:
    with pytest.raises(ConfigError, match="/dev/ttyUSB0"):
        make_door(DoorSettings("serial"), ManualClock())


def test_every_door_keeps_the_protocol() -> None:
    doors: list[Door] = [
        NoDoor(),
        webhook(1),
        RelayDoor(GpioRelay(17, MockFactory()), ManualClock(), 5.0, inverted=False),
    ]
    assert [door.how for door in doors] == ["none", "webhook", "gpio"]
    assert [door.trouble for door in doors] == [None] * 3
