"""The panel on the air: addresses, raw requests, certificates, stopping."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

from agent.errors import PanelError
from tests.certificate import make_certificate
from tests.web.air import running
from tests.web.conftest import Visitor
from tests.web.drawn import DrawnShop
from web import Server, connections, serve


def test_a_taken_port_is_explained(shop: DrawnShop) -> None:
    with running(serve(shop.app, "127.0.0.1", 0)) as server:
        with pytest.raises(PanelError) as refused:
            serve(shop.app, "127.0.0.1", server.port)
        assert "포트를 다른 프로그램이 쓰고 있습니다" in refused.value.text.ko
        assert str(server.port) in refused.value.text.en


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_explained(shop: DrawnShop, host: str) -> None:
    with pytest.raises(PanelError) as refused:
        serve(shop.app, host, 0)
    assert "127.0.0.1" in refused.value.text.ko


def test_it_gives_the_port_back_when_it_stops_also_before_it_ran(shop: DrawnShop) -> None:
    first = serve(shop.app, "127.0.0.1", 0)
    first.stop()
    with running(serve(shop.app, "127.0.0.1", first.port)) as second:
        assert second.address == f"http://127.0.0.1:{first.port}"


@pytest.mark.parametrize(
    "target",
    [
        "/static/../../../../etc/passwd",
        "/../../etc/passwd",
        "//etc/passwd",
        "/static/%2e%2e/%2e%2e/app.py",
        "/incidents/..\\..\\x",
    ],
)
def test_a_raw_request_gets_no_further_than_a_browser(shop: DrawnShop, owner: Visitor, target: str) -> None:
    cookie = owner.client.get_cookie("ansim")
    assert cookie
    with running(serve(shop.app, "127.0.0.1", 0)) as server, socket.create_connection((server.host, server.port), 20) as line:
        line.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nCookie: ansim={cookie.value}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.split(b" ")[1] in (b"404", b"400", b"308", b"301")
    assert b"root:" not in answer
    assert b"create_app" not in answer


def test_head_and_ranges_over_the_wire(shop: DrawnShop, owner: Visitor) -> None:
    incident = shop.incident("loitering", "till", 60, "하나", "one")
    data = shop.vault.path_of(shop.clip(incident)).read_bytes()
    cookie = owner.client.get_cookie("ansim")
    assert cookie
    path, headers = f"/incidents/{incident.id}/1.mp4", {"Cookie": f"ansim={cookie.value}"}
    with running(serve(shop.app, "127.0.0.1", 0)) as server:
        line = HTTPConnection(server.host, server.port, timeout=20)
        for method, extra, code, body in (
            ("HEAD", {}, 200, b""), ("GET", {}, 200, data), ("GET", {"Range": "bytes=7-12"}, 206, data[7:13]),
            ("GET", {"Range": f"bytes={len(data)}-"}, 416, b""), ("GET", {"Range": "bytes=-1"}, 206, data[-1:]),
        ):  # fmt: skip
            line.request(method, path, headers={**headers, **extra})
            answer = line.getresponse()
            assert (answer.status, answer.read()) == (code, body)
        line.close()


def test_with_a_certificate_it_speaks_tls(shop: DrawnShop, tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(chain))
    with running(serve(shop.app, "127.0.0.1", 0, certificate=(chain, key))) as server:
        assert server.address.startswith("https://")
        line = HTTPSConnection("127.0.0.1", server.port, timeout=20, context=context)
        line.request("GET", "/welcome")
        assert line.getresponse().status == 200
        line.close()


def test_the_address_is_the_one_that_the_certificate_is_for(shop: DrawnShop, tmp_path: Path) -> None:
    """Under any other, a browser warns before the owner has seen the first page."""
    chain, key = make_certificate(tmp_path, names=["*.example.kr", "shop.example.kr"])
    with running(serve(shop.app, "127.0.0.1", 0, certificate=(chain, key))) as server:
        assert server.address == f"https://shop.example.kr:{server.port}"
    (tmp_path / "ip").mkdir()
    with running(serve(shop.app, "0.0.0.0", 0, certificate=make_certificate(tmp_path / "ip"))) as server:
        assert server.address == f"https://127.0.0.1:{server.port}"


def test_a_certificate_that_cannot_be_used_is_explained(shop: DrawnShop, tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, wrong = make_certificate(other)
    (tmp_path / "text.pem").write_text("no certificate")
    for files, sentence in (
        ((tmp_path / "missing.pem", key), "cannot be read"),
        ((chain, tmp_path), "cannot be read"),
        ((chain, wrong), "do not belong together"),
        ((tmp_path / "text.pem", key), "no PEM files"),
    ):
        with pytest.raises(PanelError) as refused:
            serve(shop.app, "127.0.0.1", 0, certificate=files, section="entry.kiosk")
        assert sentence in refused.value.text.en
        assert "[entry.kiosk]" in refused.value.text.en
        assert "[entry.kiosk]" in refused.value.text.ko


STRANGER = ("127.0.0.2", 0)  # not the address of this PC's own browser


@contextmanager
def connected(server: Server, how_many: int, said: bytes, source: tuple[str, int] = STRANGER) -> Iterator[list[socket.socket]]:
    """So many connections of one stranger that begin, and do not go on."""
    with ExitStack() as lines:
        opened = [
            lines.enter_context(socket.create_connection((server.host, server.port), 20, source)) for _ in range(how_many)
        ]
        for line in opened:
            with suppress(ConnectionError):
                line.sendall(said)
        yield opened


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server waits so long for a connection to go on that who waits for that fails the test."""
    monkeypatch.setattr(connections, "HANDSHAKE_S", 300.0)
    monkeypatch.setattr(connections, "HEADERS_S", 300.0)


def is_answered(server: Server, context: ssl.SSLContext | None, source: tuple[str, int] | None = None) -> bool:
    """Whether a request is answered long before the server gives the others up (see `patient`)."""
    if context is None:
        line = HTTPConnection(server.host, server.port, timeout=20, source_address=source)
    else:
        line = HTTPSConnection(server.host, server.port, timeout=20, context=context, source_address=source)
    try:
        line.request("GET", "/welcome")
        return line.getresponse().status == 200
    finally:
        line.close()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("said", [b"", b"G", b"\x16\x03\x01"], ids=["silent", "one letter", "the beginning of TLS"])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "tls"])
def test_connections_that_do_not_go_on_keep_nobody_waiting(shop: DrawnShop, tmp_path: Path, said: bytes, secure: bool) -> None:
    files = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(files[0])) if secure else None
    with running(serve(shop.app, "127.0.0.1", 0, certificate=files if secure else None)) as server, connected(server, 30, said):
        assert is_answered(server, context)
        assert is_answered(server, context, ("127.0.0.3", 0))


def test_headers_that_come_letter_by_letter_are_not_waited_for(shop: DrawnShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADERS_S", 0.3)
    answer = b""
    with running(serve(shop.app, "127.0.0.1", 0)) as server, socket.create_connection((server.host, server.port), 0.1) as line:
        for _ in range(50):  # 5 s at most: each pause is short, all of them are not
            line.sendall(b"G")
            with suppress(TimeoutError):
                answer = line.recv(100)
                break
    assert b" 408 " in answer


def test_a_handshake_that_stops_half_way_is_given_up(shop: DrawnShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HANDSHAKE_S", 0.2)
    with (
        running(serve(shop.app, "127.0.0.1", 0, certificate=make_certificate(tmp_path))) as server,
        connected(server, 1, b"\x16\x03\x01") as (line,),
    ):
        line.settimeout(20)
        assert line.recv(100) == b""


@pytest.mark.usefixtures("patient")
def test_one_address_has_six_connections_and_a_silent_one_makes_room_for_the_next(shop: DrawnShop) -> None:
    with running(serve(shop.app, "127.0.0.1", 0)) as server:
        with connected(server, 6, b"") as lines:
            assert is_answered(server, None, STRANGER)
            assert lines[0].recv(100) == b"", "it was silent for longest"
        with connected(server, 7, b"G", ("127.0.0.4", 0)) as lines:
            closed, _, _ = select.select(lines, [], [], 20)
            assert len(closed) == 1


def test_a_connection_is_used_again_also_with_tls(shop: DrawnShop, tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(chain))
    with running(serve(shop.app, "127.0.0.1", 0, certificate=(chain, key))) as server:
        line = HTTPSConnection("127.0.0.1", server.port, timeout=20, context=context)
        for _ in range(3):
            line.request("GET", "/welcome")
            answer = line.getresponse()
            assert (answer.status, answer.read() != b"") == (200, True)
            assert line.sock is not None
        line.close()
