"""The screen at the door: pairing, the page, and what it asks while it stands there.

Comes in: the cookie of a paired screen; codes that a scanner typed, numbers, PINs, calls. Goes out: the page in both languages
at once, and as JSON the newest reply of whichever reader, as soon as there is one; also to what the screen asked.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agent.entrance_panel import Reply
from agent.values import Text
from web.doorway import came_safely, door, limiter, sign_up_address, try_rate, was_wrong
from web.kiosk_words import WORDS
from web.language import both

pages = Blueprint("kiosk", __name__, url_prefix="/kiosk")

COOKIE = "ansim_kiosk"
COOKIE_S = 400 * 24 * 3600  # the longest that browsers keep; renewed each time the page is loaded
POLL_S = 4.0  # how long a question for news may wait; stopping the agent waits for it
LONGEST_CODE, LONGEST_DIGITS = 200, 12

STUCK = Text(
    ko="확인되었지만 문이 열리지 않았습니다. 도움 버튼을 눌러 주세요.",
    en="You may come in, but the door did not open. Please press Help.",
)

View = Callable[..., ResponseReturnValue]


def for_the_screen(view: View) -> View:
    """Only a paired screen may ask this."""

    @functools.wraps(view)
    def checked(*args: str) -> ResponseReturnValue:
        if not door().is_paired(request.cookies.get(COOKIE, "")):
            return {"paired": False}, HTTPStatus.UNAUTHORIZED
        return view(*args)

    return checked


@pages.before_request
def refuse_in_the_clear() -> ResponseReturnValue | None:
    """Numbers, PINs and the screen's cookie would be read by whoever is in the same Wi-Fi."""
    if came_safely():
        return None
    if request.method == "GET" and request.endpoint in ("kiosk.index", "kiosk.offer"):
        return render_template("kiosk/insecure.html"), HTTPStatus.FORBIDDEN
    return {"paired": False}, HTTPStatus.UNAUTHORIZED


@pages.get("/pair/<token>")
def offer(token: str) -> ResponseReturnValue:
    """Asks before it uses the link up: chat programs open links to preview them."""
    return render_template("kiosk/pair.html", token=token)


@pages.post("/pair/<token>")
@limiter.limit(try_rate, deduct_when=was_wrong)
def pair(token: str) -> ResponseReturnValue:
    secret = door().pair(token)
    if secret is None:
        return render_template("kiosk/unpaired.html", used=True), HTTPStatus.GONE
    return _remember(redirect(url_for("kiosk.index"), HTTPStatus.SEE_OTHER), secret)


@pages.get("/")
def index() -> ResponseReturnValue:
    secret = request.cookies.get(COOKIE, "")
    if not door().is_paired(secret):
        return render_template("kiosk/unpaired.html", used=False), HTTPStatus.UNAUTHORIZED
    page = render_template(
        "kiosk/index.html",
        said=both(WORDS),
        call=door().settings.kiosk.call,
        run=current_app.config["RUN"],
        number=door().wait_for_news(0, 0.0)[0],
        join=sign_up_address(),
    )
    return _remember(current_app.make_response(page), secret)


@pages.get("/news")
@for_the_screen
def news() -> ResponseReturnValue:
    after = request.args.get("after", 0, type=int)
    number, reply = door().wait_for_news(after, POLL_S)
    fresh = _told(reply) if reply is not None and number > after else None
    return {"number": number, "reply": fresh, "join": sign_up_address(), "run": current_app.config["RUN"]}


@pages.post("/code")
@for_the_screen
def code() -> ResponseReturnValue:
    door().present(_field("text", LONGEST_CODE))
    return {}


@pages.post("/number")
@for_the_screen
def number() -> ResponseReturnValue:
    door().present_number(_field("number", LONGEST_DIGITS), _field("pin", LONGEST_DIGITS))
    return {}


@pages.post("/pin")
@for_the_screen
def pin() -> ResponseReturnValue:
    door().enter_pin(_field("pin", LONGEST_DIGITS))
    return {}


@pages.post("/call")
@for_the_screen
def call() -> ResponseReturnValue:
    door().call()
    return {}


def _field(name: str, longest: int) -> str:
    return request.form.get(name, "")[:longest]


def _told(reply: Reply) -> dict[str, object]:
    """What the screen shows of a reply. welcome: also the door was opened, if Ansim opens it."""
    stuck = reply.is_welcome and not reply.opened and door().settings.door.opener != "none"
    said = STUCK if stuck else reply.text
    return {"answer": reply.answer.value, "welcome": reply.is_welcome and not stuck, "text": {"ko": said.ko, "en": said.en}}


def _remember(response: ResponseReturnValue, secret: str) -> ResponseReturnValue:
    answer = current_app.make_response(response)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_S,
        path=url_for("kiosk.index"),
        httponly=True,
        samesite="Strict",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
    return answer
