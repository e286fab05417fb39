"""Pages: the owner's keys: the first ceremony and its recovery sheet, renewing, getting back, who else may open originals.

Comes in: passphrases and sheets typed at the PC itself or over TLS. Goes out: pages. A new key's secret is in the one answer
that made it and nowhere else: not in an address, not in a cookie, not in the session, not on the disk.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from agent.panel import KeyDesk, KeyRefused, Sheet, draw_svg
from agent.values import Text
from web import language
from web.auth import limiter
from web.guard import private
from web.security import address, panel, signed_in

pages = Blueprint("keys", __name__, url_prefix="/keys")

LONGEST = 200  # characters of a passphrase
QR_LARGEST = 6  # version of the sheet's code: 41 modules, legible also after years in a drawer
SHOWN = 12  # characters of a public key, where it only has to be told from others
guesses = limiter.shared_limit(lambda: current_app.config["SIGN_IN_RATE"], scope="keys", methods=["POST"])


@pages.get("/")
def index() -> ResponseReturnValue:
    keys = panel().keys
    mine = keys.owner()
    return render_template(
        "keys/index.html",
        made=keys.are_made,
        mine=mine,
        checked_utc=None if mine is None else keys.checked_utc(mine.public),
        asked=keys.asks(),
        recipients=keys.recipients(),
        fingerprint=panel().verify.fingerprint,
        said=SAID.get(request.args.get("said", "")),
    )


@pages.route("/make", methods=["GET", "POST"])
@guesses
@private
def make() -> ResponseReturnValue:
    """The first key. Its sheet is this form's answer."""
    if panel().keys.are_made:
        return redirect(url_for("keys.index"))
    if request.method == "GET":
        return render_template("keys/make.html")
    return _hand_over("keys/make.html", lambda words: panel().keys.make(_new_passphrase(), words, *_who()))


@pages.route("/renew", methods=["GET", "POST"])
@guesses
@private
def renew() -> ResponseReturnValue:
    """A new key, and with it a new sheet."""
    if request.method == "GET":
        return _form("keys/renew.html")
    return _hand_over("keys/renew.html", lambda words: panel().keys.rotate(_typed("passphrase"), words, *_who()))


@pages.route("/passphrase", methods=["GET", "POST"])
@guesses
@private
def passphrase() -> ResponseReturnValue:
    """Another passphrase for the same keys."""

    def change() -> None:
        panel().keys.change_passphrase(_typed("passphrase"), _new_passphrase(), *_who())

    return _form("keys/passphrase.html") if request.method == "GET" else _done("keys/passphrase.html", change, "passphrase")


@pages.route("/restore", methods=["GET", "POST"])
@guesses
@private
def restore() -> ResponseReturnValue:
    """A key back from its sheet: the passphrase was forgotten, or this is a new PC."""

    def bring_back() -> None:
        panel().keys.restore(_typed("sheet"), _new_passphrase(), *_who())

    template = "keys/restore.html"
    return render_template(template) if request.method == "GET" else _done(template, bring_back, "restored")


@pages.route("/check", methods=["GET", "POST"])
@guesses
@private
def check() -> ResponseReturnValue:
    """Whether a sheet that lies somewhere is the right one. What is typed is looked at and forgotten."""

    def look() -> None:
        panel().keys.check_sheet(_typed("sheet"), *_who())

    return render_template("keys/check.html") if request.method == "GET" else _done("keys/check.html", look, "checked")


@pages.route("/words", methods=["GET", "POST"])
@guesses
@private
def words() -> ResponseReturnValue:
    """Two words of the sheet that was just shown: whoever can type them has it on paper."""

    def compare() -> None:
        panel().keys.check_words(_typed("first"), _typed("second"), *_who())

    if panel().keys.asks() is None:
        return redirect(url_for("keys.check"))
    if request.method == "GET":
        return render_template("keys/words.html", asked=panel().keys.asks())
    return _done("keys/words.html", compare, "checked", asked=panel().keys.asks())


@pages.route("/others", methods=["GET", "POST"])
@guesses
@private
def add() -> ResponseReturnValue:
    """Somebody else who may open originals from now on."""

    def let_in() -> None:
        panel().keys.add_recipient(_typed("label"), _typed("public"), _typed("passphrase"), *_who())

    typed = {"label": _typed("label"), "public": _typed("public")}
    return _form("keys/add.html", **typed) if request.method == "GET" else _done("keys/add.html", let_in, "added", **typed)


@pages.route("/others/<public>/end", methods=["GET", "POST"])
@guesses
@private
def end(public: str) -> ResponseReturnValue:
    """Nothing more is sealed to somebody else's key."""
    found = next((r for r in panel().keys.recipients() if r.public == public and r.until_utc is None), None)
    if found is None:
        return redirect(url_for("keys.index"))

    def shut_out() -> None:
        panel().keys.end_recipient(public, _typed("passphrase"), *_who())

    if request.method == "GET":
        return _form("keys/end.html", other=found)
    return _done("keys/end.html", shut_out, "ended", other=found)


# what the forms share


def _form(template: str, **more: object) -> ResponseReturnValue:
    """A form that needs a key; without one, the page that says how to make it."""
    return render_template(template, **more) if panel().keys.are_made else redirect(url_for("keys.index"))


def _done(template: str, act: Callable[[], None], said: str, **more: object) -> ResponseReturnValue:
    """Do it and go back to the list of keys; or the form again, with what was wrong. No passphrase comes back in it."""
    try:
        act()
    except KeyRefused as refusal:
        return render_template(template, refusal=refusal.text, **more), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("keys.index", said=said), HTTPStatus.SEE_OTHER)


def _hand_over(template: str, act: Callable[[Literal["korean", "english"]], Sheet]) -> ResponseReturnValue:
    """The sheet, or the form again with what was wrong."""
    try:
        sheet = act("english" if _typed("words") == "english" else "korean")
    except KeyRefused as refusal:
        return render_template(template, refusal=refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    picture = Markup(draw_svg(sheet.text, largest=QR_LARGEST))  # noqa: S704 - made of numbers
    return render_template("keys/sheet.html", sheet=sheet, picture=picture, renewed=template == "keys/renew.html")


def _new_passphrase() -> str:
    """Raises KeyRefused when it was not typed twice in the same way."""
    if _typed("new") != _typed("again"):
        raise KeyRefused(
            ko="두 번 적은 암호 문구가 서로 다릅니다. 둘 다 다시 적어 주세요.",
            en="The two passphrases are not the same. Please type both again.",
        )
    return _typed("new")


def _typed(name: str) -> str:
    return request.form.get(name, "")[: 20 * LONGEST]


def _who() -> tuple[str, str]:
    return signed_in().name, address()


def short_key(public: str) -> str:
    """A public key so far as it has to be told from others: age1qyqszqgp…8w0z"""
    return f"{public[:SHOWN]}…{public[-4:]}"


SAID = {
    "passphrase": Text(
        ko="암호 문구를 바꿨습니다. 이제 새 암호 문구만 통합니다.", en="The passphrase is changed. Only the new one works now."
    ),
    "restored": Text(ko="열쇠를 되찾았습니다. 이제 새 암호 문구로 엽니다.", en="The key is back, under the new passphrase."),
    "checked": Text(
        ko="맞는 복구 용지입니다. 이 PC와 떨어진 곳에 보관해 주세요.",
        en="This is the right sheet. Keep it in another place than this PC.",
    ),
    "added": Text(
        ko="이제부터 잠그는 원본은 그 사람의 열쇠로도 열립니다.",
        en="Originals from now on open with that person's key, too.",
    ),
    "ended": Text(
        ko="이제부터 잠그는 원본은 그 열쇠로 열리지 않습니다. 전에 잠근 것은 계속 열립니다.",
        en="Originals from now on do not open with that key. What was sealed before still does.",
    ),
}


@pages.app_context_processor
def _for_every_page() -> dict[str, object]:
    return {
        "owner_key_is_made": lambda: panel().keys.are_made,
        "short_key": short_key,
        "passphrase_shortest": KeyDesk.shortest,
        "passphrase_longest": LONGEST,
        "words_language": "korean" if language.current() == "ko" else "english",
    }
