"""Sign-up: what a link is for, the privacy notice, the consent, and the pass for the phone.

Comes in: a link's token and a form. Goes out: pages, and as JSON the secret for the phone's codes, given this once and kept by
nobody but the agent's vault and that phone.
"""

from __future__ import annotations

import base64
from http import HTTPStatus

from flask import Blueprint, current_app, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from agent.entrance_panel import LONGEST_NAME, LONGEST_PHONE, NOTICE, SELF_S, Consent, Holder, Invited, PassRefused
from agent.errors import StoreError
from agent.values import Text
from web.doorway import door, knows_link, limiter, try_rate
from web.language import text

pages = Blueprint("sign_up", __name__)

VOUCHED = "vouched"  # in the session: the token of somebody who came back from the outside service

BUSY = lazy_gettext("That is not possible now. Please try again in a moment, or ask the shop.")
NOT_AGREED = lazy_gettext("Please tick that you agree. Without it no pass can be made; a paper card works as well.")
NO_AGE = lazy_gettext("Please choose whether you are 14 or older.")
CHILD = lazy_gettext(
    "Below 14, please go to the shop together with a parent or guardian. The shop makes the pass and confirms their consent."
)
NO_CONTACT = lazy_gettext("Please tick that the shop may keep your name and phone number, or leave both empty.")
NO_GUARDIAN = lazy_gettext("Below 14, a parent or guardian has to agree, too. Please ask them to tick the box.")
OTHER_NOTICE = lazy_gettext("The privacy notice has changed. Please load this page again and read it.")


@pages.get("/join/")
def lost() -> ResponseReturnValue:
    """For whoever comes without a token: where to get one."""
    return render_template("sign_up/door.html")


@pages.get("/join/<token>")
@limiter.limit(try_rate, exempt_when=knows_link)
def join(token: str) -> ResponseReturnValue:
    """Looking does not use the link up."""
    invited = door().invited(token)
    if invited is None:
        return render_template("sign_up/used.html"), HTTPStatus.GONE
    return show_form(token, invited)


@pages.post("/join/<token>")
@limiter.limit(try_rate, exempt_when=knows_link)
def enrol(token: str) -> ResponseReturnValue:
    given = request.form
    holder = Holder(given.get("name", "").strip(), given.get("phone", "").strip())
    missing = _missing(holder)
    if missing is not None:
        return _refused(missing)
    under_14 = given["age"] == "under"
    guardian, contact = under_14 and given.get("guardian") == "yes", bool(holder)
    consent = Consent(given["notice"], door().utc(), under_14=under_14, guardian=guardian, contact=contact)
    try:
        made = door().enrol(token, consent, holder or None)
    except PassRefused as refusal:
        return _refused(refusal.text)
    except StoreError:
        return _refused(BUSY, HTTPStatus.SERVICE_UNAVAILABLE)
    session.pop(VOUCHED, None)
    held = made.pass_
    return {
        "id": held.id,
        "kind": held.kind.value,
        "secret": base64.b64encode(made.secret).decode(),
        "from": held.from_utc,
        "until": held.until_utc,
    }, HTTPStatus.CREATED


@pages.get("/notice/<version>")
def notice(version: str) -> ResponseReturnValue:
    """The privacy notice by itself, so that whoever agreed can read it again."""
    if version != NOTICE:
        return render_template("sign_up/used.html"), HTTPStatus.NOT_FOUND
    return render_template("sign_up/notice.html", **_noticed())


def show_form(token: str, invited: Invited) -> ResponseReturnValue:
    """The notice, and the form with which somebody agrees."""
    lengths = {"name_length": LONGEST_NAME, "phone_length": LONGEST_PHONE, "self_days": round(SELF_S / 86_400)}
    return render_template("sign_up/join.html", token=token, invited=invited, child=CHILD, **lengths, **_noticed())


def _noticed() -> dict[str, object]:
    """What the notice says of this shop."""
    return {
        "notice": NOTICE,
        "days": current_app.config["RETENTION_DAYS"],
        "call": door().settings.kiosk.call,
        "service": door().service,
    }


def _missing(holder: Holder) -> LazyString | None:
    """What has to be filled in before anything can be made; the desk checks the consent once more."""
    given = request.form
    if given.get("notice") != NOTICE:
        return OTHER_NOTICE
    if given.get("age") not in ("over", "under"):
        return NO_AGE
    invited = door().invited(request.view_args["token"]) if request.view_args else None
    if given["age"] == "under" and invited is not None and not invited.takes_children:
        return CHILD
    if given["age"] == "under" and given.get("guardian") != "yes":
        return NO_GUARDIAN
    if holder and given.get("contact") != "yes":
        return NO_CONTACT
    return None if given.get("agree") == "yes" else NOT_AGREED


def _refused(why: LazyString | Text, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> ResponseReturnValue:
    return {"refused": text(why) if isinstance(why, Text) else str(why)}, status
