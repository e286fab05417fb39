"""Time stamps of a third party: asked of a real time stamp server (openssl behind HTTP), verified by openssl."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from agent.evidence.timestamp import NoTimestamp, query, stamped
from agent.evidence.verify import Verdict, verify
from tests import bags

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
REPLY = [
    "ts",
    "-reply",
    "-config",
    "tsa.cnf",
    "-section",
    "one",
    "-queryfile",
    "q.tsq",
    "-signer",
    "cert.pem",
    "-inkey",
    "key.pem",
    "-out",
    "r.tsr",
]
SETTINGS = """[tsa]
default_tsa = one
[one]
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class Server(HTTPServer):
    """folder: of the authority. answer: what it says instead, if anything."""

    folder: Path
    answer: bytes | None = None


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        (server.folder / "q.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        openssl(server.folder, *REPLY)
        self.send_response(200)
        self.end_headers()
        self.wfile.write((server.folder / "r.tsr").read_bytes() if server.answer is None else server.answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nobody reads it."""


def openssl(folder: Path, *arguments: str) -> str:
    ran = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("authority")
    (folder / "tsa.cnf").write_text(SETTINGS)
    (folder / "serial").write_text("01\n")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2"]
    openssl(folder, *made, "-subj", "/CN=a time stamp authority", "-addext", "extendedKeyUsage=critical,timeStamping")
    server = Server(("127.0.0.1", 0), Handler)
    server.folder = folder
    worker = Thread(target=server.serve_forever, args=(0.05,))
    worker.start()
    yield server
    server.shutdown()
    worker.join()
    server.server_close()


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/"


@pytest.mark.parametrize("nonce", [1, 127, 128, 255, 2**31, 2**63, 2**64 - 1])
def test_the_question_is_one_that_openssl_reads(tmp_path: Path, nonce: int) -> None:
    (tmp_path / "q.tsq").write_bytes(query(b"\xab" * 32, nonce))
    text = openssl(tmp_path, "ts", "-query", "-in", "q.tsq", "-text")
    assert "Hash Algorithm: sha256" in text
    assert f"Nonce: 0x{nonce:02X}" in text
    assert "Certificate required: yes" in text


def test_a_bag_carries_a_stamp_that_openssl_verifies(authority: Server, tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        exporter = bags.exporter(vault, stamp=lambda data: stamped(address(authority), data))
        composed = exporter.compose(bags.ORDER)
    assert composed.unstamped is None
    folder = bags.unpacked(bags.files_of(composed.bag), tmp_path / "bag")
    assert verify(folder, composed.anchor).verdict is Verdict.UNCHANGED
    steps = (
        "-data",
        "data/ledger/checkpoint.json",
        "-in",
        "data/ledger/checkpoint.tsr",
        "-CAfile",
        str(authority.folder / "cert.pem"),
    )
    assert "Verification: OK" in openssl(folder, "ts", "-verify", *steps)


def test_without_an_answer_the_export_goes_on_and_says_so(tmp_path: Path) -> None:
    with bags.shop(tmp_path / "data") as vault:
        exporter = bags.exporter(vault, stamp=lambda data: stamped("http://127.0.0.1:9/", data))
        composed = exporter.compose(bags.ORDER)
    assert composed.unstamped is not None
    assert "without one" in composed.unstamped.en
    assert "data/ledger/checkpoint.tsr" not in bags.files_of(composed.bag)


@pytest.mark.parametrize(
    "answer", [b"", b"0", b"\x30\x03\x02\x01\x00", b"<html>", b"\x30\x05\x30\x03\x02\x01\x02", bytes(100_000)]
)
def test_what_is_no_stamp_of_what_was_asked_is_refused(authority: Server, answer: bytes) -> None:
    authority.answer = answer
    try:
        with pytest.raises(NoTimestamp, match="No time stamp"):
            stamped(address(authority), b"data")
    finally:
        authority.answer = None


def test_a_stamp_of_something_else_is_refused(authority: Server) -> None:
    authority.answer = stamped(address(authority), b"something else")
    try:
        with pytest.raises(NoTimestamp):
            stamped(address(authority), b"data")
    finally:
        authority.answer = None


@pytest.mark.parametrize("server", ["file:///etc/passwd", "ftp://x/", "localhost", ""])
def test_only_servers_of_the_web_are_asked(server: str) -> None:
    with pytest.raises(NoTimestamp):
        stamped(server, b"data")
