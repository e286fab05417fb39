"""An OpenID Connect service on this PC, as far as signing up needs one, and what a forger would send in its place."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from agent.clock import Clock

CLIENT, SECRET = "shop-1", "s3cret of the shop"
PERSON = {"sub": "198-2", "name": "김 안심", "phone_number": "+82 10-0000-0000", "birthdate": "1990-03-04"}


class OpenIdService:
    """Holding one means: the service answers at `issuer`. Attributes may be changed to make it behave badly."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.key: RSAKey | ECKey = ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"}, private=True)
        self.signs_with: Any = None  # another key than the one that is published
        self.header: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.status = self.token_status = 200
        self.tokens_asked = 0
        self.agrees = True  # whether people who come to /authorize do
        self.lets_go = threading.Event()  # while it is clear, whoever asks waits
        self.lets_go.set()
        self.came = threading.Semaphore(0)  # one for each who asked
        self.authenticated: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if urlsplit(self.path).path == "/authorize":
                    self._send_back(self.path)
                    return
                pages: dict[str, Callable[[], dict[str, Any]]] = {
                    "/.well-known/openid-configuration": service._description,
                    "/keys": lambda: {"keys": [service.key.as_dict(private=False)]},
                }
                page = pages.get(urlsplit(self.path).path)
                service.came.release()
                service.lets_go.wait()
                self._answer(service.status if page else 404, page() if page else {})

            def do_POST(self) -> None:
                form = {name: values[0] for name, values in parse_qs(self._body()).items()}
                service.tokens_asked += 1
                service.authenticated.append(self.headers.get("Authorization") or f"post {form.get('client_secret')}")
                self._answer(*service._token(form))

            def _send_back(self, url: str) -> None:
                self.send_response(302)
                self.send_header("Location", service.agreed(url) if service.agrees else service.declined(url))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _body(self) -> str:
                return self.rfile.read(int(self.headers["Content-Length"])).decode()

            def _answer(self, status: int, what: dict[str, Any]) -> None:
                body = json.dumps(what).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.lets_go.set()
        self._server.shutdown()
        self._server.server_close()

    def agreed(self, url: str) -> str:
        """The person agrees at `url`; gives the address with which their browser comes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(12)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    @staticmethod
    def declined(url: str) -> str:
        """The person presses "cancel" at `url`; gives the address with which their browser comes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"

    def _description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.described,
        }

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if asked is None or challenge.decode() != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if self.token_status != 200:
            return self.token_status, {"error": "server_error"}
        now = int(self.clock.utc())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **PERSON,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "ES256", "kid": "one", **self.header}
        token = jwt.encode(header, claims, self.signs_with or self.key, algorithms=[header["alg"]])
        return 200, {"access_token": secrets.token_urlsafe(12), "token_type": "Bearer", "id_token": token}
