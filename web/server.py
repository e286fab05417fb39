"""Serves the panel and the customers' pages over HTTP or TLS with cheroot.

Comes in: a WSGI app, an address, perhaps a certificate. Goes out: `Server`; PanelError when the address cannot be had.
"""

from __future__ import annotations

import errno
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cheroot import wsgi
from cryptography import x509
from flask import Flask

from agent.errors import PanelError
from web.connections import HERE, MOST, MOST_OF_ONE, ORDINARY, Connection, Connections, Tls

log = logging.getLogger(__name__)

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
THREADS = 24  # each running download or live picture holds one; a shop has a few phones at most
KEPT_OPEN = 64  # connections between two requests


class _Quiet(wsgi.Server):
    """cheroot prints its complaints to stderr; here they go to the log, and dropped connections are no complaint.

    Nor does it limit connections: here one address has a few, and they hold no thread while nothing arrives.
    """

    ConnectionClass = Connection
    keep_alive_conn_limit = KEPT_OPEN

    def __init__(self, host: str, port: int, app: Flask) -> None:
        super().__init__((host, port), app, numthreads=THREADS, server_name=host, request_queue_size=64, timeout=20)
        self.large_bodies: Mapping[str, int] = app.config.get("LARGE_BODIES", {})
        self.max_request_body_size = max([ORDINARY, *self.large_bodies.values()])
        self._open: set[Connection] = set()
        self._counting = threading.Lock()

    def prepare(self) -> None:
        """As cheroot's, with connections that can be closed to make room."""
        super().prepare()
        self._connections.close()  # type: ignore[has-type]
        self._connections = Connections(self)

    def process_conn(self, conn: Connection) -> None:
        """A connection on which something arrived goes to a thread; a new one waits for that."""
        if not conn.is_fresh:
            super().process_conn(conn)
        elif self._takes(conn):
            conn.is_fresh = False
            self._connections.put(conn)
        else:
            conn.close()

    def left(self, conn: Connection) -> None:
        """A connection was closed."""
        with self._counting:
            self._open.discard(conn)

    def _takes(self, conn: Connection) -> bool:
        """Whether there is room for one more; where there is none, one that is silent goes."""
        address = conn.remote_addr
        with self._counting:
            of_one = Counter(each.remote_addr for each in self._open)[address]
            total = len(self._open)
        if address not in HERE and of_one >= MOST_OF_ONE and not self._connections.make_room(address):
            return False
        if total >= MOST and not self._connections.make_room():
            return False
        with self._counting:
            self._open.add(conn)
        return True

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        log.log(max(level, logging.INFO) if traceback else logging.DEBUG, "%s", msg, exc_info=traceback)

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """As cheroot's, but a socket that could not be bound is closed."""
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()
            raise
        return socket_


class Server:
    """Holding one means: the address is ours and the panel answers as soon as somebody calls `run`."""

    def __init__(self, server: wsgi.Server, secure: bool, name: str | None = None) -> None:
        """name: the host that its certificate is for."""
        self._server = server
        self._name = name
        self.secure = secure
        self.host, self.port = server.bind_addr[:2]

    @property
    def address(self) -> str:
        """Where a browser finds the panel, without a slash at the end: under the certificate's name, else on this PC."""
        host = self._name or EVERYWHERE.get(self.host, self.host)
        return f"{'https' if self.secure else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def run(self) -> None:
        """Serve until `stop`; blocks, so it is the body of a worker."""
        self._server.serve()

    def stop(self) -> None:
        """Stop accepting, let answers end (5 s at most), give the port back. From any thread, also before `run`."""
        self._server.stop()


def serve(app: Flask, host: str, port: int, *, certificate: tuple[Path, Path] | None = None, section: str = "panel") -> Server:
    """Bind `app` to host:port (0: any free port); call `run` on the result.

    certificate: PEM files (chain, key) for TLS. section: of the settings, in which all this is set. Raises PanelError when the
    port is taken, the address is not of this machine, or the certificate cannot be used.
    """
    server = _Quiet(host, port, app)
    if certificate is not None:
        server.ssl_adapter = _tls(*certificate, section)
    try:
        server.prepare()
    except OSError as failure:
        raise _refusal(failure, host, port, section) from failure
    return Server(server, certificate is not None, None if certificate is None else name_in(certificate[0]))


class Certified(Protocol):
    """Settings of something that may be served over TLS."""

    @property
    def certificate(self) -> str: ...

    @property
    def private_key(self) -> str: ...


def certificate_of(settings: Certified) -> tuple[Path, Path] | None:
    """The PEM files (chain, key) for TLS, or None when none are set."""
    chain, key = settings.certificate, settings.private_key
    return (Path(chain).expanduser(), Path(key).expanduser()) if chain or key else None


def name_in(chain: Path) -> str | None:
    """The first host name in a certificate (PEM), else its first IP address; None when it names neither.

    A browser that comes under another one warns of a wrong certificate.
    """
    try:
        names = x509.load_pem_x509_certificate(chain.read_bytes()).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    hosts = [name for name in names.value.get_values_for_type(x509.DNSName) if "*" not in name]
    hosts += [str(address) for address in names.value.get_values_for_type(x509.IPAddress)]
    return hosts[0] if hosts else None


def _tls(chain: Path, key: Path, section: str) -> Tls:
    """TLS 1.2 or newer with these files, which are tried before the address is bound."""
    try:
        adapter = Tls(str(chain), str(key))
        adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
    except (FileNotFoundError, PermissionError, IsADirectoryError) as failure:
        raise PanelError(
            ko=f"TLS 인증서나 열쇠 파일을 읽을 수 없습니다. 설정의 [{section}] certificate와 private_key를 확인해 주세요.",
            en=f"The certificate or key for TLS cannot be read. Check certificate and private_key in [{section}].",
        ) from failure
    except (ssl.SSLError, OSError) as failure:
        raise PanelError(
            ko=f"TLS 인증서와 열쇠가 맞지 않거나 PEM 파일이 아닙니다. [{section}] certificate와 private_key를 확인해 주세요.",
            en=f"Certificate and key for TLS do not belong together, or are no PEM files. Check [{section}].",
        ) from failure
    return adapter


def _refusal(failure: OSError, host: str, port: int, section: str) -> PanelError:
    reason = f"{failure} {failure.__cause__} {failure.__context__}"
    taken = failure.errno == errno.EADDRINUSE or "in use" in reason
    if taken:
        return PanelError(
            ko=f"{port}번 포트를 다른 프로그램이 쓰고 있습니다. 안심이 켜져 있지 않다면 설정의 [{section}] port를 바꿔 주세요.",
            en=f"Port {port} is used by another program. See whether Ansim is running already, or change [{section}] port.",
        )
    if failure.errno == errno.EACCES or "Permission" in reason:
        return PanelError(
            ko=f"{port}번 포트를 열 권한이 없습니다. 설정의 [{section}] port를 1024보다 큰 번호로 바꿔 주세요.",
            en=f"This account may not open port {port}. Set [{section}] port to a number above 1024.",
        )
    return PanelError(
        ko=f"{host} 주소로는 화면을 열 수 없습니다. 설정의 [{section}] host를 127.0.0.1이나 이 PC의 주소로 바꿔 주세요.",
        en=f"The panel cannot be served on {host}. Set [{section}] host to 127.0.0.1 or to an address of this PC.",
    )
