"""Pages: passes issued from a list (CSV), shown before anything is issued, with each line that is wrong named.

Comes in: a file or pasted lines. Goes out: what would be issued, what is wrong, and who is there already; then the cards to
print and the invitations. What was issued together is found again by the time at which it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from agent.panel import ListReport, Pass, PassKind, PassRefused
from agent.values import Text
from web.entry import customers_address, desks, hide_when_off
from web.entry_words import KINDS, number_of, standing_of
from web.language import current
from web.passes import AGREED, cards
from web.security import address, panel, signed_in
from web.spreadsheet import cell, phone_cell, sheet

pages = Blueprint("pass_list", __name__, url_prefix="/passes/list")
hide_when_off(pages)

MB = 1_000_000
LIST_MOST = 2 * MB  # 5,000 of the longest lines that can be right, 250 bytes each in UTF-8, and more
LARGE = {"/passes/list/preview": LIST_MOST, "/passes/list/take": LIST_MOST}  # by path: the server knows no endpoints
MOST = 500  # cards on one page to print
SHOWN = 100  # passes named on the page of what was issued
ENCODINGS = ("utf-8-sig", "cp949")  # what Excel writes: "CSV UTF-8", and plain "CSV" on a Korean Windows
ON_PHONES = (PassKind.PHONE, PassKind.STAFF)
SAMPLE = Text(
    ko="종류,이름,전화번호,시작일,종료일,비밀번호\n휴대전화,김하늘,010-1234-5678,,,\n카드,,,2026-12-01,2026-12-31,4821\n직원,이바다,,,,\n",
    en="kind,name,phone,from,until,pin\nphone,Sky Kim,010-1234-5678,,,\ncard,,,2026-12-01,2026-12-31,4821\nstaff,B. Lee,,,,\n",
)
NOT_AGREED = Text(
    ko="이름이나 전화번호가 있습니다. 적힌 분들의 동의를 받았는지 표시해 주세요. 아니면 목록에서 지워 주세요.",
    en="There are names or phone numbers. Tick that those people agreed, or take them out of the list.",
)


def install(app: Flask) -> None:
    """Let long lists in; has to come before what reads forms (security.install)."""
    app.config.setdefault("LARGE_BODIES", {}).update(LARGE)
    app.before_request(_let_in)


def _let_in() -> None:
    """Only from whoever is signed in: others send no more than any form."""
    if request.path in LARGE and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = LARGE[request.path]


@pages.get("/")
def index() -> ResponseReturnValue:
    return _page()


@pages.get("/example.csv")
def example() -> Response:
    """A list to begin with; with a byte order mark, so that Excel shows Korean."""
    return Response("\ufeff" + SAMPLE.in_(current()), content_type="text/csv; charset=utf-8")


@pages.post("/preview")
def preview() -> ResponseReturnValue:
    try:
        text = _sent()
        report = desks().passes.import_csv(text, signed_in().name)
    except PassRefused as refusal:
        return _page(text=request.form.get("list", ""), refusal=refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(report, text)


@pages.post("/take")
def take() -> ResponseReturnValue:
    """Issue the lines that are right: all of them or, when something fails, none."""
    text, by, known = request.form.get("list", ""), signed_in().name, "known" in request.form
    try:
        report = desks().passes.import_csv(text, by)
        if any(line.holder for line in report.lines(known=known)) and "agreed" not in request.form:
            return _page(report, text, NOT_AGREED), HTTPStatus.UNPROCESSABLE_ENTITY
        report = desks().passes.import_csv(text, by, take=True, known=known)
    except PassRefused as refusal:
        return _page(refusal=refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    if not report.issued:
        return _page(report, text), HTTPStatus.UNPROCESSABLE_ENTITY
    for held in report.issued:
        panel().record_audit(by, "issue_pass", held.id, address(), AGREED if held.has_holder else "")
    return redirect(url_for("pass_list.done", at=report.issued[0].made_utc), HTTPStatus.SEE_OTHER)


@pages.get("/done")
def done() -> ResponseReturnValue:
    """What to do next with the passes that were just issued."""
    found, at = _issued(request.args.get("at", type=float))
    printable = len(_usable(found, PassKind.CARD))
    return render_template(
        "passes/done.html",
        found=found[:SHOWN],
        count=len(found),
        at=at,
        parts=[(first, min(first + MOST, printable)) for first in range(0, printable, MOST)],
        printable=printable,
        on_phones=len(_usable(found, *ON_PHONES)),
    )


@pages.post("/cards")
def print_cards() -> ResponseReturnValue:
    """As many as a browser prints in one go, from the one whose place in the list is `first`."""
    found, at = _issued(request.form.get("at", type=float))
    first = max(request.form.get("first", 0, int), 0)
    return cards(_usable(found, PassKind.CARD)[first : first + MOST], url_for("pass_list.done", at=at))


@pages.post("/invitations")
def invitations() -> ResponseReturnValue:
    """A file with a fresh link for each phone, to be sent out from; it holds names, so it is on the access log."""
    found = _usable(_issued(request.form.get("at", type=float))[0], *ON_PHONES)
    by, book = signed_in().name, desks().passes
    panel().record_audit(by, "export_invitations", "passes", address())
    names = (gettext("Name"), gettext("Phone number"), gettext("Pass"), gettext("Kind"), gettext("Link, valid for 24 hours"))
    rows: list[list[str]] = []
    for held, token in zip(found, book.invite_all([held.id for held in found], by), strict=True):
        panel().record_audit(by, "invite", held.id, address())
        holder, link = book.holder_of(held.id), f"{customers_address()}/join/{token}"
        rows.append([cell(holder.name), phone_cell(holder.phone), number_of(held.id), str(KINDS[held.kind].name), link])
    kept = {"Content-Disposition": 'attachment; filename="ansim-invitations.csv"'}
    return Response(sheet(names, rows), content_type="text/csv; charset=utf-8", headers=kept)


def _page(report: ListReport | None = None, text: str = "", refusal: Text | None = None) -> str:
    sample = SAMPLE.in_(current())
    named = report is not None and any(line.holder for line in report.lines(known=True))
    zeros = 0 if report is None else sum(line.zero_added for line in report.lines(known=True))
    return render_template(
        "passes/list.html", report=report, text=text, refusal=refusal, sample=sample, named=named, zeros=zeros
    )


def _sent() -> str:
    """The list, from the file or else from the field. Raises PassRefused."""
    file = request.files.get("file")
    data = file.read() if file is not None else b""
    if not data:
        return request.form.get("list", "")
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PassRefused(
        ko="이 파일은 읽을 수 없습니다. 엑셀에서 'CSV UTF-8'로 저장해 다시 골라 주세요.",
        en="This file cannot be read. Save it as “CSV UTF-8” and choose it again.",
    )


def _issued(at: float | None) -> tuple[tuple[Pass, ...], float]:
    """The passes of the list that this person issued then, and when that was; those that are gone are left out."""
    found = () if at is None else desks().passes.issued_at(at, signed_in().name)
    if at is None or not found:
        abort(404)
    return found, at


def _usable(found: Sequence[Pass], *kinds: PassKind) -> list[Pass]:
    """Those of these kinds that still let somebody in."""
    return [held for held in found if held.kind in kinds and not standing_of(held).is_over]
