"""Pages: the first start (owner link), sign in, sign out, language.

Comes in: forms. Goes out: a signed-in owner. The owner link works once; five wrong passwords close an account for some minutes.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Request, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, login_user, logout_user

from agent.panel import PASSWORD_LENGTH, Account, AccountRefused
from web import language
from web.security import address, panel, public, signed_in
from web.sessions import Session, Sessions

pages = Blueprint("auth", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def install(app: Flask) -> None:
    """Remember sign-ins for as long as `IDLE_S` allows."""
    sessions = Sessions(app.config["IDLE_S"])
    app.extensions["ansim_sessions"] = sessions
    app.config["RATELIMIT_ENABLED"] = True
    limiter.init_app(app)
    manager = LoginManager(app)

    @manager.user_loader  # type: ignore[untyped-decorator]
    def find(number: str) -> Session | None:
        session = sessions.find(number, panel().monotonic(), active=_is_active(request))
        if session is not None and panel().accounts.find(session.account.name) != session.account:
            sessions.end(number)  # the account is gone, or its password was set anew
            return None
        return session


def _is_active(asked: Request) -> bool:
    """A page that refreshes itself is no sign that anybody is there."""
    return asked.headers.get("X-Refresh") is None and "live" not in asked.args


def _sign_in(account: Account, action: str) -> None:
    sessions: Sessions = current_app.extensions["ansim_sessions"]
    login_user(sessions.begin(account, panel().monotonic()))
    _note(account.name, action)


def _note(name: str, action: str) -> None:
    panel().record_audit(name, action, "panel", address())


@pages.get("/welcome")
@public
def welcome() -> ResponseReturnValue:
    """What to do when there is no account yet and somebody came without the owner link."""
    if not panel().accounts.needs_owner:
        return redirect(url_for("auth.login"))
    return render_template("auth/welcome.html")


@pages.get("/start/<token>")
@public
def start(token: str) -> ResponseReturnValue:
    """The owner link. Looking at it does not use it up: chat programs open links to preview them."""
    if not panel().accounts.is_valid(token):
        return render_template("auth/used.html"), 410
    return _start_form(token)


@pages.post("/start/<token>")
@public
@limiter.limit(lambda: current_app.config["SIGN_IN_RATE"])
def create_owner(token: str) -> ResponseReturnValue:
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    if not panel().accounts.is_valid(token):
        return render_template("auth/used.html"), 410
    if password != request.form.get("again", ""):
        return _start_form(token, name=name, again=True), 422
    try:
        account = panel().accounts.create_owner(token, name, password)
    except AccountRefused as refusal:
        return _start_form(token, name=name, refusal=refusal), 422
    _sign_in(account, "create_owner")
    return redirect(url_for("incidents.index"))


def _start_form(token: str, *, name: str = "", again: bool = False, refusal: AccountRefused | None = None) -> str:
    return render_template("auth/start.html", token=token, name=name, again=again, refusal=refusal, length=PASSWORD_LENGTH)


@pages.get("/login")
@public
def login() -> ResponseReturnValue:
    if panel().accounts.needs_owner:
        return redirect(url_for("auth.welcome"))
    return render_template("auth/login.html", name="", refusal=None, next=request.args.get("next", ""))


@pages.post("/login")
@public
@limiter.limit(lambda: current_app.config["SIGN_IN_RATE"])
def check_login() -> ResponseReturnValue:
    name, password, wanted = (request.form.get(field, "") for field in ("name", "password", "next"))
    name = name.strip()
    try:
        account = panel().accounts.sign_in(name, password)
    except AccountRefused as refusal:
        _note(name[:64], "login_refused")
        return render_template("auth/login.html", name=name, refusal=refusal, next=wanted), 429 if refusal.locked else 401
    _sign_in(account, "login")
    return redirect(own_page(wanted))


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    person = signed_in()
    _note(person.name, "logout")
    current_app.extensions["ansim_sessions"].end(person.number)
    logout_user()
    return redirect(url_for("auth.login"))


@pages.post("/language")
@public
def switch_language() -> ResponseReturnValue:
    response = redirect(own_page(request.form.get("next", "")))
    language.remember(response, request.form.get("language", ""))
    return response


def own_page(wanted: str) -> str:
    """`wanted` if it is a page of this panel, else the first page: never a place to be sent elsewhere from."""
    inside = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if inside else url_for("incidents.index")
