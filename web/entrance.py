"""The pages for customers (screen at the door, sign-up, the phone's pass): an app of their own, without one route of the panel.

Comes in: `EntrancePanel`, `EntranceWeb`. Goes out: a Flask app. Nobody signs in here: the screen shows the cookie of its
pairing link, a phone the token of its own link. Why it is apart: docs/adr/0017-customers-pages.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from agent import __version__
from agent.entrance_panel import EntrancePanel
from web import kiosk, language, mistakes, outside, phone, security, sign_up, visit
from web.doorway import DOOR_POLICY, limiter

SENTENCES: Mapping[int, tuple[LazyString, LazyString]] = {
    400: (lazy_gettext("That did not arrive whole"), lazy_gettext("Please go back, load the page again and try once more.")),
    401: (lazy_gettext("This page is not for this device"), lazy_gettext("Please ask the shop.")),
    404: (lazy_gettext("There is nothing here"), lazy_gettext("The address is not right. Please open your link once more.")),
    413: (lazy_gettext("That is too much at once"), lazy_gettext("Please go back and enter less.")),
    429: (lazy_gettext("Too many tries"), lazy_gettext("Please wait a few minutes and try again.")),
    500: (lazy_gettext("Something went wrong here"), lazy_gettext("Please try again in a moment, or ask the shop.")),
    503: (lazy_gettext("That is not possible now"), lazy_gettext("Please try again in a moment, or ask the shop.")),
}

pages = Blueprint("entrance", __name__)


@dataclass(frozen=True, slots=True)
class EntranceWeb:
    """How the customers' pages are served.

    secret: signs cookies and forms, new each start. secure: served by TLS, so cookies never travel in the clear. try_rate: how
    often one address may try a link. retention_days: how long entries are kept, for the privacy notice.
    """

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    secure: bool = False
    try_rate: str = "30 per 5 minutes"
    retention_days: int = 30


def create_entrance(entrance: EntrancePanel, settings: EntranceWeb | None = None) -> Flask:
    """The customers' pages as a WSGI app. It asks `entrance` alone and starts no thread."""
    settings = settings or EntranceWeb()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_NAME="ansim_door",  # a browser sends cookies to every port of a host: not the panel's name
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        MAX_CONTENT_LENGTH=16 * 1024,
        MAX_FORM_PARTS=20,
        WTF_CSRF_TIME_LIMIT=None,
        TRY_RATE=settings.try_rate,
        RETENTION_DAYS=settings.retention_days,
        RUN=secrets.token_urlsafe(6),  # a screen that was left open notices a restart by it
    )
    app.extensions["ansim_entrance"] = entrance
    language.install(app, entrance, "entrance.switch_language")
    limiter.init_app(app)
    security.guard(app, DOOR_POLICY, only_tls=False)  # HSTS would cover the panel's port of this host, too
    mistakes.install(app, mistakes.Mistakes(lambda: url_for("entrance.index"), SENTENCES, says_why=False))
    for group in (pages, kiosk.pages, sign_up.pages, outside.pages, phone.pages, visit.pages):
        app.register_blueprint(group)
    app.jinja_env.globals["static"] = lambda name: url_for("static", filename=name)
    app.jinja_env.globals["version"] = __version__
    return app


@pages.get("/")
def index() -> ResponseReturnValue:
    """For whoever types the address without a link."""
    return render_template("sign_up/door.html")


@pages.post("/language")
def switch_language() -> ResponseReturnValue:
    wanted = request.form.get("next", "")
    inside = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    response = redirect(wanted if inside else url_for("entrance.index"))
    language.remember(response, request.form.get("language", ""))
    return response
