"""A mail server (RFC 5321) and a web server on this machine that keep what they are sent, and refuse when they are told to."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agent.clock import SystemClock
from agent.workers import Worker


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail without encryption or sign-in. letters: as they came; refuses: says that it is busy."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.letters: list[str] = []
        self.refuses = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say(220, "ready")
        while line := self.rfile.readline():
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"DATA":
                self._say(354, "go on")
                self.server.letters.append(self._letter())
                self._say(250, "kept")
            elif verb == b"QUIT":
                self._say(221, "bye")
                return
            elif verb == b"MAIL" and self.server.refuses:
                self._say(451, "busy, try again later")
            else:
                self._say(250, "well")

    def _letter(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines).decode("utf-8", "replace")

    def _say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())


class WebServer(ThreadingHTTPServer):
    """Takes POSTs. bodies: as they came; status: what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posts)
        self.bodies: list[bytes] = []
        self.status = 200

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Posts(BaseHTTPRequestHandler):
    server: WebServer

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to stderr."""


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[None]:
    worker = Worker("server", lambda _stop, _beat: server.serve_forever(0.02), SystemClock()).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        assert worker.join(20)
