"""The pass on a customer's phone: a page that works without a connection once it has been open.

Comes in: nothing of anybody; the pass lies in the phone's browser only. Goes out: the page, its service worker and manifest,
and the time, so that the page can say when the phone's clock is wrong.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext

from web.doorway import door
from web.language import both, current

pages = Blueprint("phone", __name__, url_prefix="/pass")

FILES = (
    "panel.css", "phone.css", "phone.js", "words.js", "pass_code.js", "pass_store.js", "qr_drawing.js",
    "vendor/uqr-0.1.3.js", "icon.svg",
)  # fmt: skip

WORDS: dict[str, LazyString] = {
    "title": lazy_gettext("Your pass"),
    "show": lazy_gettext("Show this code at the door"),
    "next": lazy_gettext("New code in %(num)s s"),
    "offline": lazy_gettext("Works without a connection, too"),
    "staff": lazy_gettext("Staff"),
    "until": lazy_gettext("Valid until %(day)s"),
    "from": lazy_gettext("Valid from %(day)s"),
    "over": lazy_gettext("This pass may have ended. If the door says no, ask the shop."),
    "none": lazy_gettext("There is no pass on this phone"),
    "none_how": lazy_gettext("Open the link that the shop sent you, or scan the code on the screen at the door."),
    "none_moved": lazy_gettext("Did you clear your browser, or get a new phone? Then ask the shop for a new link."),
    "insecure": lazy_gettext("This phone cannot keep a pass here"),
    "insecure_how": lazy_gettext(
        "The page has to be opened at an address that begins with https, and not in private mode. Please ask the shop; "
        "a paper card or a number with a PIN lets you in as well."
    ),
    "clock_fast": lazy_gettext("The clock of this phone is %(num)s s fast"),
    "clock_slow": lazy_gettext("The clock of this phone is %(num)s s slow"),
    "clock_how": lazy_gettext("The door will refuse the code. Set date and time of your phone to automatic."),
    "keep": lazy_gettext("Put it on the home screen"),
    "keep_android": lazy_gettext("Android: open the browser's menu and choose “Add to home screen”."),
    "keep_iphone": lazy_gettext(
        "iPhone: what is on the home screen does not share this pass. Ask the shop for a link, open it, choose Share and "
        "“Add to Home Screen” first, and sign up from there."
    ),
    "install": lazy_gettext("Put it on the home screen now"),
    "forget": lazy_gettext("Remove the pass from this phone"),
    "forget_how": lazy_gettext("Without a new link from the shop it cannot be brought back."),
    "forget_yes": lazy_gettext("Remove it"),
    "code": lazy_gettext("QR code of your pass"),
}


@pages.get("/")
def index() -> ResponseReturnValue:
    return render_template("phone/index.html", said=both(WORDS))


@pages.get("/worker.js")
def worker() -> Response:
    """Changes whenever one of the files does: then phones fetch them anew."""
    addresses = [url_for("phone.index"), url_for("phone.manifest"), *(url_for("static", filename=name) for name in FILES)]
    text = render_template("phone/worker.js", addresses=addresses, mark=_mark())
    return Response(text, content_type="text/javascript; charset=utf-8")


@pages.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    name = door().shop.name
    icons = [{"src": url_for("static", filename=f"icon-{side}.png"), "sizes": f"{side}x{side}", "type": "image/png",
              "purpose": "any maskable"} for side in (192, 512)]  # fmt: skip
    told = {
        "name": gettext("Pass of %(shop)s", shop=name),
        "short_name": name,
        "lang": current(),
        "start_url": url_for("phone.index"),
        "scope": url_for("phone.index"),
        "display": "standalone",
        "background_color": "#f4f6f4",
        "theme_color": "#f4f6f4",
        "icons": icons,
    }
    return told, {"Content-Type": "application/manifest+json"}


@pages.get("/time")
def time() -> ResponseReturnValue:
    return {"utc": door().utc()}


def _mark() -> str:
    """What all files of the page amount to: its own text, too, for it holds the shop's name and the sentences."""
    marks = hashlib.sha256(render_template("phone/index.html", said=both(WORDS)).encode())
    for name in FILES:
        marks.update((Path(str(current_app.static_folder)) / name).read_bytes())
    return marks.hexdigest()[:16]
