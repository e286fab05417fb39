"""Page: was it changed? A bag of evidence, or the code on a printed report, held against what this shop knows.

Comes in: an uploaded bag with what opens it; a report's code as text or photographed. Goes out: a plain verdict with what was
checked. Uploads stay in memory, within limits, one at a time; only this page takes any that are larger than a form.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from contextlib import ExitStack
from http import HTTPStatus
from typing import IO, Any

from flask import Blueprint, Flask, Request, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from agent.panel import NotAnAnchor, Paper, PhotoUnreadable, grouped
from agent.values import Text
from web.guard import is_private, private, refuse
from web.security import address, panel, signed_in
from web.words import Wording

pages = Blueprint("verify", __name__, url_prefix="/verify")
pages.add_app_template_filter(grouped)

MB = 1_000_000
BAG_MOST, PHOTO_MOST = 512 * MB, 24 * MB
ROOM = 64 * 1024  # what a form has besides its file
LARGE = {"/verify/bag": BAG_MOST + ROOM, "/verify/report": PHOTO_MOST + ROOM}  # by path: the server knows no endpoints

VERDICTS: Mapping[str, Wording] = {
    "unchanged": Wording(lazy_gettext("Unchanged"), lazy_gettext("Nothing of this bag was changed."), "good"),
    "changed": Wording(lazy_gettext("Changed"), lazy_gettext("This bag is not what the device signed."), "bad"),
    "unknown": Wording(lazy_gettext("Cannot be told"), lazy_gettext("This file does not show whether it was changed."), "warn"),
}

CHECKS: Mapping[str, tuple[LazyString, str]] = {
    "ok": (lazy_gettext("in order"), "good"),
    "bad": (lazy_gettext("wrong"), "bad"),
    "absent": (lazy_gettext("nothing to check"), "off"),
    "open": (lazy_gettext("not compared"), "warn"),
}

PAPERS: Mapping[Paper, Wording] = {
    Paper.HOLDS: Wording(
        lazy_gettext("The report is right"),
        lazy_gettext("All that stood on this shop's ledger when the report was made still stands there unchanged."),
        "good",
    ),
    Paper.CHANGED: Wording(
        lazy_gettext("The ledger has changed since"),
        lazy_gettext("The report is genuine, but this shop's ledger is no longer what it was when the report was made."),
        "bad",
    ),
    Paper.FOREIGN: Wording(
        lazy_gettext("Another device made this report"),
        lazy_gettext("Its signature holds, but it is not this device's, and the ledger here is another one."),
        "warn",
    ),
    Paper.FORGED: Wording(
        lazy_gettext("The code is not genuine"),
        lazy_gettext("Its signature is wrong: it was mistyped, misread, or made up. Take the picture again to be sure."),
        "bad",
    ),
}


class MemoryRequest(Request):
    """A request whose files stay in memory: a bag that is not encrypted must not lie in a folder for temporary files."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()


def install(app: Flask) -> None:
    """Let large uploads in here only; has to come before what reads forms (security.install)."""
    app.request_class = MemoryRequest
    app.config.setdefault("LARGE_BODIES", {}).update(LARGE)
    app.before_request(_let_in)
    app.teardown_request(_let_go)


def _let_in() -> ResponseReturnValue | None:
    """Before anything of an upload is read: only from whoever is signed in, one at a time; a bag only over a private way."""
    most = LARGE.get(request.path)
    if most is None or request.method != "POST" or not current_user.is_authenticated:
        return None
    if request.endpoint == "verify.bag" and not is_private():
        return refuse()
    most = min(most, bag_most() + ROOM)
    if (request.content_length or 0) > most:
        return _index(too_large=True), HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    g.checking = ExitStack()
    g.checking.enter_context(panel().verify.alone())
    request.max_content_length = most
    return None


def bag_most() -> int:
    """Bytes of the largest bag that can be checked now, in whole megabytes."""
    room = panel().verify.room
    return BAG_MOST if room is None else min(BAG_MOST, room // MB * MB)


def _let_go(_: BaseException | None) -> None:
    checking: ExitStack | None = g.pop("checking", None)  # after the answer was made: the file is no longer needed
    if checking is not None:
        checking.close()


@pages.get("/")
def index() -> ResponseReturnValue:
    return _index()


@pages.post("/bag")
@private
def bag() -> ResponseReturnValue:
    """What `ansim verify` says of an uploaded bag."""
    file = request.files.get("bag")
    if file is None or not file.filename:
        return _index(refusal=_NO_FILE), HTTPStatus.UNPROCESSABLE_ENTITY
    name = re.sub(r"[^\w .()-]", "", file.filename)[-100:]
    given, passphrase, identity = (request.form.get(field, "") for field in ("given", "passphrase", "identity"))
    found = panel().verify.bag(_content(file.stream), given.strip(), passphrase, identity.strip())
    panel().record_audit(signed_in().name, "verify_bag", name, address(), found.verdict.value)
    return render_template(
        "verify/bag.html",
        name=name,
        found=found,
        verdict=VERDICTS[found.verdict],
        checks=CHECKS,
        own=panel().verify.fingerprint,
    )


@pages.post("/report")
def report() -> ResponseReturnValue:
    """Whether this shop's ledger still is what a printed report says of it. Its code holds hashes and no secret."""
    file, text = request.files.get("photo"), request.form.get("text", "").strip()
    try:
        if file is not None and file.filename:
            found = panel().verify.photo(_content(file.stream))
        elif text:
            found = panel().verify.paper(text)
        else:
            return _index(report_refusal=_NO_CODE), HTTPStatus.UNPROCESSABLE_ENTITY
    except (NotAnAnchor, PhotoUnreadable) as refusal:
        return _index(report_refusal=refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    panel().record_audit(signed_in().name, "verify_report", f"ledger #{found.records}", address(), found.verdict.value)
    return render_template("verify/report.html", found=found, verdict=PAPERS[found.verdict], own=panel().verify.fingerprint)


@pages.errorhandler(RequestEntityTooLarge)
def too_large(_: RequestEntityTooLarge) -> ResponseReturnValue:
    return _index(too_large=True), HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def _index(refusal: Text | None = None, report_refusal: Text | None = None, *, too_large: bool = False) -> str:
    return render_template(
        "verify/index.html",
        refusal=_too_large() if too_large else refusal,
        report_refusal=report_refusal,
        bag_most=bag_most(),
        takes_bags=is_private(),
        photo_most=PHOTO_MOST,
        too_much=_too_large(),
        photo_too_much=_PHOTO_TOO_LARGE,
    )


def _too_large() -> Text:
    most = bag_most() // MB
    return Text(
        ko=f"여기서는 지금 {most:,}MB까지 검사할 수 있습니다. 더 큰 묶음은 `ansim verify`나 묶음 안의 verify.html을 써 주세요.",
        en=f"Up to {most:,} MB can be checked here just now. For a larger bag use `ansim verify`, or the verify.html in it.",
    )


def _content(stream: IO[bytes]) -> bytes:
    return stream.getvalue() if isinstance(stream, io.BytesIO) else stream.read()


_NO_FILE = Text(ko="먼저 묶음 파일을 골라 주세요.", en="Please choose the file of the bag first.")
_NO_CODE = Text(
    ko="보고서를 찍은 사진을 고르거나 QR의 글자를 적어 주세요.",
    en="Please choose a picture of the report, or type the text of its QR code.",
)
_PHOTO_TOO_LARGE = Text(ko="사진은 24MB까지 받습니다.", en="A picture may have 24 MB at most.")
