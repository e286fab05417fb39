"""Puts the panel together: settings, languages, sign-in, protections, one blueprint per page group.

Comes in: `Panel`, `WebSettings`. Goes out: a Flask app in which everything needs a signed-in person unless marked `@public`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, url_for
from flask_login import current_user

from agent import __version__
from agent.panel import Panel
from web import (
    accuracy,
    auth,
    cameras,
    door,
    entries,
    entry_words,
    evidence,
    exports,
    health,
    incidents,
    keys,
    language,
    mistakes,
    pass_list,
    passes,
    preservation,
    recordings,
    reveal,
    security,
    till,
    verify,
    words,
)

GROUPS = (
    auth, incidents, cameras, recordings, health, accuracy, till, entries, passes, pass_list, door, preservation,
    evidence, exports, reveal, keys, verify,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the panel is served.

    secret: signs cookies; a new one each start is right, since sessions end with the program anyway. secure: served by TLS, so
    that cookies never travel in the clear. idle_s: seconds without a click until sign-in is asked again. sign_in_rate: tries
    per address.
    """

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    secure: bool = False
    idle_s: float = 30 * 60.0
    sign_in_rate: str = "20 per 5 minutes"


def create_app(panel: Panel, settings: WebSettings | None = None) -> Flask:
    """The panel as a WSGI app. It asks `panel` alone, keeps no state but sign-ins, and starts no thread."""
    settings = settings or WebSettings()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_NAME="ansim",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        SEND_FILE_MAX_AGE_DEFAULT=7 * 24 * 3600,
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_PARTS=50,
        WTF_CSRF_TIME_LIMIT=None,
        IDLE_S=settings.idle_s,
        SIGN_IN_RATE=settings.sign_in_rate,
    )
    app.extensions["ansim_panel"] = panel
    language.install(app, panel, "auth.switch_language")
    auth.install(app)
    verify.install(app)
    pass_list.install(app)
    security.install(app)
    mistakes.install(app, mistakes.Mistakes(_home, mistakes.SENTENCES))
    words.install(app)
    entry_words.install(app)
    evidence.install(app)
    for group in GROUPS:
        app.register_blueprint(group.pages)
    _stamp_static_files(app)
    return app


def _home() -> str:
    return url_for("incidents.index") if current_user.is_authenticated else url_for("auth.login")


def _stamp_static_files(app: Flask) -> None:
    """Give templates `static(name)`: an address that changes with the file, so that a browser may keep it."""
    folder = Path(str(app.static_folder))
    marks = {f.name: hashlib.sha256(f.read_bytes()).hexdigest()[:10] for f in folder.iterdir() if f.is_file()}

    def static(name: str) -> str:
        return url_for("static", filename=name, v=marks.get(name, __version__))

    app.jinja_env.globals["static"] = static
    app.jinja_env.globals["version"] = __version__
