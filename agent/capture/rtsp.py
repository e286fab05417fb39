"""Asks an RTSP camera whether it offers sound, so that the owner can be told that it is refused.

Comes in: the camera's URL. Goes out: yes or no. FFmpeg is told to take video only and then says nothing about sound, so
this asks for the description by itself (RFC 2326, with Basic or Digest login of RFC 7617 and RFC 7616) and sets nothing up.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

MOST = 64 * 1024  # bytes; a description is about 1 KB


def offers_audio(url: str, wait_s: float) -> bool:
    """Whether the camera's description names an audio track; False also where it cannot be asked."""
    try:
        return "\nm=audio" in _describe(urlsplit(url), wait_s)
    except (OSError, ValueError):
        return False


def _describe(url: SplitResult, wait_s: float) -> str:
    plain = urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, url.query, ""))
    secure = url.scheme.lower() == "rtsps"
    with socket.create_connection((url.hostname or "", url.port or (322 if secure else 554)), wait_s) as raw:
        line: socket.socket = raw
        if secure:
            context = ssl.create_default_context()
            # Cameras sign their own certificates, and FFmpeg does not check them either; the login goes as a digest.
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            line = context.wrap_socket(raw)
        line.settimeout(wait_s)
        answer = _ask(line, plain, 1, "")
        if answer.startswith("RTSP/1.0 401") and url.username is not None:
            login = _login(answer, unquote(url.username), unquote(url.password or ""), plain)
            answer = _ask(line, plain, 2, login)
        return answer.replace("\r", "")


def _ask(line: socket.socket, url: str, number: int, login: str) -> str:
    extra = f"Authorization: {login}\r\n" if login else ""
    line.sendall(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {number}\r\nAccept: application/sdp\r\n{extra}\r\n".encode())
    got = b""
    while len(got) < MOST:
        head, split, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length:\s*(\d+)", head)
        if split and len(body) >= int(length[1] if length else 0):
            break
        more = line.recv(4096)
        if not more:
            break
        got += more
    return got.decode("utf-8", "replace")


def _login(answer: str, user: str, password: str, url: str) -> str:
    """The Authorization header that answers the camera's challenge."""
    if "digest" not in answer.lower():
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    realm, nonce = (_field(answer, name) for name in ("realm", "nonce"))

    def digest(text: str) -> str:
        # MD5 because the camera's challenge asks for it; it protects nothing here that the camera would not send anyway.
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    proof = digest(f"{digest(f'{user}:{realm}:{password}')}:{nonce}:{digest(f'DESCRIBE:{url}')}")
    return f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{proof}"'


def _field(answer: str, name: str) -> str:
    found = re.search(rf'(?i)digest [^\r]*\b{name}="([^"]*)"', answer)
    return found[1] if found else ""
