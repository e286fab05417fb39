"""Sign-up with an outside service: there, back, and on to the consent.

Comes in: the door's link; the browser as it comes back. Goes out: redirects, and the same page of consent as everybody's. What
ties the way back to the browser that went (state, the token of whoever came back) lies in that browser's session cookie.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from agent.entrance_panel import IdentityRefused, IdentityUnreachable, PassRefused
from agent.errors import AnsimError, StoreError
from agent.values import Text
from web.doorway import door, limiter, try_rate, was_wrong
from web.language import text
from web.sign_up import BUSY, VOUCHED, show_form

pages = Blueprint("outside", __name__)

GOING = "outside"  # in the session: [state, the door's token] of the way there
LOST = lazy_gettext("This browser did not start that sign-up, or it took too long. Nothing was made. Please start again.")


@pages.get("/join/<token>/outside")
@limiter.limit(try_rate, deduct_when=was_wrong)
def begin(token: str) -> ResponseReturnValue:
    """A link and no form: browsers do not let a form lead to another site where the policy says form-action 'self'."""
    if door().service is None:
        abort(HTTPStatus.NOT_FOUND)
    invited = door().invited(token)
    if invited is None or invited.pass_ is not None or invited.vouched:
        return render_template("sign_up/used.html"), HTTPStatus.GONE
    try:
        asked = door().begin_outside(back_address())
    except (IdentityRefused, IdentityUnreachable) as refusal:
        return _refused(refusal, token)
    session[GOING] = [asked.state, token]
    return redirect(asked.url, HTTPStatus.SEE_OTHER)


def is_on_the_way() -> bool:
    """Whether this browser was sent to the service from here: others' wrong returns must not keep it out."""
    return GOING in session


@pages.get("/outside")
@limiter.limit(try_rate, deduct_when=was_wrong, exempt_when=is_on_the_way)
def come_back() -> ResponseReturnValue:
    """Where the service sends the browser: the address that is registered with it."""
    state, token = session.get(GOING) or ("", "")
    if not state or door().service is None:
        return _lost(token)
    answer = f"{request.base_url}?{request.query_string.decode('ascii', 'replace')}"
    try:
        session[VOUCHED] = door().finish_outside(answer, state)
    except (IdentityRefused, IdentityUnreachable, PassRefused, StoreError) as refusal:
        return _refused(refusal, token)
    del session[GOING]  # not before: whoever sends this browser here with a state of theirs must not end the real way
    return redirect(url_for("outside.join"), HTTPStatus.SEE_OTHER)


@pages.get("/outside/join")
def join() -> ResponseReturnValue:
    """The consent. The token stands in no address, so that nobody passes it on by accident."""
    token = session.get(VOUCHED, "")
    invited = door().invited(token)
    return _lost() if invited is None else show_form(token, invited)


def back_address() -> str:
    """The same for everybody, as the service compares it with what is registered."""
    root = (door().settings.kiosk.public_url or request.host_url).rstrip("/")
    return root + url_for("outside.come_back")


def _lost(token: str = "") -> ResponseReturnValue:
    return _page(LOST, token), HTTPStatus.GONE


def _refused(refusal: AnsimError, token: str) -> ResponseReturnValue:
    if isinstance(refusal, StoreError):
        return _page(BUSY, token), HTTPStatus.SERVICE_UNAVAILABLE
    unreachable = isinstance(refusal, IdentityUnreachable)
    return _page(refusal.text, token), HTTPStatus.SERVICE_UNAVAILABLE if unreachable else HTTPStatus.FORBIDDEN


def _page(why: LazyString | Text, token: str) -> str:
    """token: of the door, for the ordinary way."""
    known = token if token and door().invited(token) is not None else None
    return render_template("sign_up/outside.html", why=text(why) if isinstance(why, Text) else str(why), token=known)
