"""Who may see what, and what a browser may do with it.

Comes in: every request and answer. Goes out: refusal unless signed in or `@public`; strict headers; `note_view`, which writes
the access log before anything of a person's recording leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from agent.panel import Panel
from web.sessions import Session

csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., Any])

POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
AGAIN_S = 600.0  # one line in the access log for a picture that is watched on, not one for each of its hundred requests


def panel() -> Panel:
    """The agent's side of this app."""
    found: Panel = current_app.extensions["ansim_panel"]
    return found


def public(view: View) -> View:
    """Mark a view that answers without sign-in. Everything else is refused by default."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def signed_in() -> Session:
    """Whose request this is; only to be asked where sign-in was required."""
    number = current_user.get_id() if current_user.is_authenticated else None
    person = (
        None if number is None else current_app.extensions["ansim_sessions"].find(number, panel().monotonic(), active=False)
    )
    if not isinstance(person, Session):
        abort(401)
    return person


def address() -> str:
    """Where the request comes from. Forwarding headers are not believed: anybody can write them."""
    return request.remote_addr or ""


def note_view(action: str, target: str) -> None:
    """Write that this person looks at `target`, before it is shown; once in ten minutes for the same sign-in and target.

    While the disk is full the line waits in the vault's memory, in order, and the view is shown all the same: an owner whose
    disk is full must be able to look at what has happened.
    """
    person = signed_in()
    now = panel().monotonic()
    last = person.viewed.get((action, target))
    if last is None or now - last >= AGAIN_S:
        panel().record_audit(person.name, action, target, address())
        person.viewed[(action, target)] = now


def install(app: Flask) -> None:
    """Refuse by default, check forms, set headers."""
    guard(app)
    app.before_request(_refuse_strangers)


def guard(app: Flask, policy: str = POLICY, *, only_tls: bool = True) -> None:
    """Check forms, set headers. only_tls: with TLS, browsers are told never to come to this host without it again."""
    csrf.init_app(app)

    @app.after_request
    def protect(response: Response) -> Response:
        return _protect(response, policy, only_tls=only_tls)


def _refuse_strangers() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint == "static" or getattr(view, "is_public", False) or current_user.is_authenticated:
        return None
    if request.headers.get("Sec-Fetch-Dest", "document") not in ("document", ""):
        abort(401)  # a picture or a live refresh cannot show a sign-in form
    if panel().accounts.needs_owner:
        return redirect(url_for("auth.welcome"))
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=wanted if wanted not in (None, "/") else None))


def _protect(response: Response, policy: str, *, only_tls: bool) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = policy
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "static":
        headers["Cache-Control"] = "private, no-store"
    if only_tls and current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
