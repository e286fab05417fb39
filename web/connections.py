"""Connections of strangers: how many, how slowly, and that none of them keeps others from being served.

Comes in: sockets that cheroot accepts. Goes out: `Connections`, `Connection`, `Request`, `Tls` for web.server. A thread is
spent only on a connection on which something arrived; the handshake of TLS, headers and body each have to arrive in time.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from cheroot.connections import ConnectionManager
from cheroot.errors import FatalSSLAlert
from cheroot.makefile import StreamReader, StreamWriter
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl.builtin import BuiltinSSLAdapter

HANDSHAKE_S = 3.0
HEADERS_S = 8.0  # all of them together, however many pieces they come in
BODY_S = 30.0
BODY_LEAST = 2_000_000  # bytes a second that a body which may be large has to come at
ORDINARY = 1024 * 1024  # bytes of a body, except where a server says otherwise
PIECE = 64 * 1024
MOST_OF_ONE = 6  # of one address at the same time, as many as a browser opens; a quarter of the threads
MOST = 200
HERE = ("127.0.0.1", "::1", "::ffff:127.0.0.1")  # this PC, perhaps a program that speaks TLS for everybody's phones


class _TimedSocket(socket.SocketIO):
    """Reads until a moment; a pause that is short enough each time is not enough."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock, "r")
        self._read_from = sock
        self._until = time.monotonic() + HEADERS_S

    def allow(self, seconds: float) -> None:
        """What is read from now on has to arrive within so many seconds."""
        self._until = time.monotonic() + seconds

    def readinto(self, buffer: Any) -> int | None:
        """As a socket's. Raises TimeoutError."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")  # cheroot knows it by these words
        ordinary = self._read_from.gettimeout()
        self._read_from.settimeout(left)
        try:
            return super().readinto(buffer)
        finally:
            self._read_from.settimeout(ordinary)


class _Reader(StreamReader):
    """What cheroot reads requests from."""

    def __init__(self, sock: socket.socket, bufsize: int) -> None:
        super(StreamReader, self).__init__(_TimedSocket(sock), bufsize)  # as its own __init__, over another raw file
        self.bytes_read = 0


def _opened(sock: socket.socket, mode: str = "r", bufsize: int = io.DEFAULT_BUFFER_SIZE) -> StreamReader | StreamWriter:
    return _Reader(sock, bufsize) if "r" in mode else StreamWriter(sock, mode, bufsize)


class Request(HTTPRequest):
    """One request, whose headers and body arrive in time or not at all.

    Few paths of few servers take bodies that are larger than ORDINARY (`server.large_bodies`).
    """

    def parse_request(self) -> None:
        self.conn.rfile.raw.allow(HEADERS_S)
        super().parse_request()
        self.conn.rfile.raw.allow(BODY_S)

    def respond(self) -> None:
        """Refuse what is too large before anything of it is read."""
        most = self.server.large_bodies.get(self.path.decode("latin-1"), ORDINARY)
        length = int(self.inheaders.get(b"Content-Length", 0))
        if length > most and not self.chunked_read:
            self.simple_response("413 Request Entity Too Large", "The entity sent with the request is too large.")
            return
        if length > ORDINARY:
            self.conn.rfile.raw.allow(BODY_S + length / BODY_LEAST)
        super().respond()

    def send_headers(self) -> None:
        """What the program has not read of a body is read and dropped, so that the browser gets to the answer."""
        self.conn.rfile.raw.allow(BODY_S)
        while (left := getattr(self.rfile, "remaining", 0)) > 0 and self.rfile.read(min(left, PIECE)):
            pass
        super().send_headers()


class Connection(HTTPConnection):
    """Holding one means: somebody is connected, and has not always said anything yet."""

    RequestHandlerClass = Request

    def __init__(self, server: Any, sock: socket.socket, _makefile: object = None) -> None:
        super().__init__(server, sock, _opened)
        self.is_fresh = True
        self.is_wanted = True
        self._shakes_hands = isinstance(sock, ssl.SSLSocket)

    def communicate(self) -> bool:
        """In a thread of the pool, as soon as something has arrived: whether to go on with this connection."""
        if self._shakes_hands:
            self._shakes_hands = False
            return self._shake_hands()
        return bool(super().communicate())  # type: ignore[no-untyped-call]

    def close(self) -> None:
        self.server.left(self)
        super().close()

    def _shake_hands(self) -> bool:
        """Begin TLS; the request itself may follow at once or, from browsers that connect ahead, never."""
        ordinary = self.socket.gettimeout()
        self.socket.settimeout(HANDSHAKE_S)  # of a handshake as a whole
        try:
            self.socket.do_handshake()
        except OSError:  # also SSLError, TimeoutError: no certificate that it trusts, no TLS, nothing more
            return False
        self.socket.settimeout(ordinary)
        self.ssl_env = self.server.ssl_adapter.get_environ(self.socket)
        return True


class Connections(ConnectionManager):
    """Those that wait for something to arrive. Its methods are for the thread that accepts."""

    def make_room(self, address: str | None = None) -> bool:
        """End the one that has been silent for longest (of this address); whether there was one.

        It is only shut down, and closed by the thread that then reads its end: its file number may be in a list just now.
        """
        silent = [
            conn
            for _, conn in self._selector.connections  # type: ignore[attr-defined]
            if conn is not self.server and conn.is_wanted and address in (None, conn.remote_addr)
        ]
        if not silent:
            return False
        longest = min(silent, key=lambda conn: conn.last_used)
        longest.is_wanted = False
        self.server.left(longest)
        with suppress(OSError):  # the other side was first
            socket.socket.shutdown(longest.socket, socket.SHUT_RDWR)  # a TLS socket's own forgets what it holds, too
        return True


class Tls(BuiltinSSLAdapter):
    """TLS whose handshake is not made by the thread that accepts: there, one silent stranger would stop everybody."""

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        try:
            return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), {}
        except OSError as failure:
            raise FatalSSLAlert(*failure.args) from failure
