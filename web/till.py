"""Where a till reports its sales, and the page on which the owner connects one.

Comes in: `POST /api/payments` with a key (no sign-in, no cookie, no form token: a till has none), and the page's two forms.
Goes out: JSON with an error in both languages, or the sale as it was taken; the page, which shows a new key once.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import RequestEntityTooLarge

from agent.panel import PaymentRefused
from agent.values import Payment, Text
from web.auth import limiter
from web.security import address, csrf, panel, public, signed_in

pages = Blueprint("till", __name__)

LARGEST = 4096  # bytes of a report; one of ours has some hundred
TYPE = "application/json"


@pages.get("/till/")
def index() -> ResponseReturnValue:
    return _page()


@pages.post("/till/key")
def make_key() -> ResponseReturnValue:
    """The key is in this answer and nowhere else: not in an address, not in a cookie, not in the store."""
    return _page(key=panel().new_till_key(signed_in().name, address()))


@pages.post("/till/key/revoke")
def revoke_key() -> ResponseReturnValue:
    panel().revoke_till_key(signed_in().name, address())
    return redirect(url_for("till.index"), HTTPStatus.SEE_OTHER)


def _page(key: str | None = None) -> str:
    desk = panel().payments
    sample: dict[str, str] = {**({"till": desk.tills[0]} if desk.tills else {}), "reference": "A-1024"}
    return render_template(
        "till/index.html",
        key=key,
        made=panel().till_key,
        tally=desk.tally,
        tills=desk.tills,
        recent=len(desk.recent()),
        strangers=_strangers(desk.tally.strangers),
        sample=json.dumps(sample, ensure_ascii=False),
        api=url_for("till.report", _external=True),
    )


@pages.post("/api/payments")
@public
@csrf.exempt  # type: ignore[untyped-decorator]  # nothing of a browser's is believed here: the key alone says who it is, and no browser sends it by itself
def report() -> ResponseReturnValue:
    """A sale. 201: taken; 200: known already; else {"error": {"ko", "en"}}."""
    desk = panel().payments
    if not desk.knows(_key()):
        return _stranger()
    if request.mimetype != TYPE:
        desk.refused(_NOT_JSON)
        return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _NOT_JSON)
    request.max_content_length = LARGEST
    try:
        body = json.loads(request.get_data(cache=False))
    except RequestEntityTooLarge:
        desk.refused(_TOO_LARGE)
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or brackets within brackets without end
        desk.refused(_BROKEN)
        return _refused(HTTPStatus.BAD_REQUEST, _BROKEN)
    try:
        payment, is_new = desk.take(body)
    except PaymentRefused as refusal:
        return _refused(HTTPStatus.BAD_REQUEST, refusal.text)
    return _told(payment), HTTPStatus.CREATED if is_new else HTTPStatus.OK


def _key() -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _stranger() -> Response:
    """A wrong key. Only these are counted, so that nobody's guessing keeps the right key from being heard."""
    panel().payments.stranger()
    try:
        with limiter.limit(current_app.config["SIGN_IN_RATE"], scope="till"):
            answer = _refused(HTTPStatus.UNAUTHORIZED, _WRONG_KEY)
    except RateLimitExceeded:
        answer = _refused(HTTPStatus.TOO_MANY_REQUESTS, _TOO_MANY)
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _strangers(times: int) -> Text:
    return Text(
        ko=f"맞지 않는 키로 온 것이 {times:,}번 있었습니다. 계산대를 새로 연결했다면 키를 다시 넣어 주세요.",
        en=f"{times:,} came with a wrong key. If you have just connected a till, put the key into it again.",
    )


def _told(payment: Payment) -> dict[str, str | None]:
    at = datetime.fromtimestamp(payment.utc, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"till": payment.till, "reference": payment.reference, "at": at}


def _refused(status: HTTPStatus, why: Text) -> Response:
    body = json.dumps({"error": {"ko": why.ko, "en": why.en}}, ensure_ascii=False)
    return Response(body + "\n", status, content_type="application/json; charset=utf-8")


_NOT_JSON = Text(
    ko="Content-Type: application/json으로 보내 주세요.",
    en="Send it as Content-Type: application/json.",
)
_TOO_LARGE = Text(
    ko=f"너무 깁니다. 판매 하나에 {LARGEST}바이트까지 받습니다.",
    en=f"That is too long. A report may have {LARGEST} bytes.",
)
_BROKEN = Text(
    ko='JSON으로 읽을 수 없습니다. 예: {"till": "계산대", "reference": "A-1024"}',
    en='That is not JSON. It has to be like {"till": "Till", "reference": "A-1024"}.',
)
_WRONG_KEY = Text(
    ko="연결 키가 맞지 않습니다. Authorization: Bearer 뒤에 관리 화면의 '계산대 연동'에서 만든 키를 넣어 주세요.",
    en="The key is not right. Put the key of the panel's page “Till connection” behind Authorization: Bearer.",
)
_TOO_MANY = Text(
    ko="맞지 않는 키로 너무 여러 번 보냈습니다. 몇 분 뒤에 다시 해 주세요.",
    en="Too many tries with a wrong key. Please try again in a few minutes.",
)
