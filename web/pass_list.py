"""Pages: passes issued from a list (CSV), shown before anything is issued, with each line that is wrong named.

Comes in: a file or pasted lines. Goes out: what would be issued and what is wrong; then the cards to print and the invitations.
"""

from __future__ import annotations

import csv
import io
from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agent.panel import ListReport, Pass, PassKind, PassRefused
from agent.values import Text
from web.entry import desks, handout, hide_when_off
from web.entry_words import KINDS, number_of, standing_of
from web.language import current
from web.passes import AGREED, cards
from web.security import address, panel, signed_in
from web.spreadsheet import cell, phone_cell

pages = Blueprint("pass_list", __name__, url_prefix="/passes/list")
hide_when_off(pages)

MOST = 500  # passes whose cards or invitations are made at once
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
    text, by = request.form.get("list", ""), signed_in().name
    try:
        report = desks().passes.import_csv(text, by)
        if _names_somebody(report) and "agreed" not in request.form:
            return _page(report, text, NOT_AGREED), HTTPStatus.UNPROCESSABLE_ENTITY
        report = desks().passes.import_csv(text, by, take=True)
    except PassRefused as refusal:
        return _page(refusal=refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    for held in report.issued:
        panel().record_audit(by, "issue_pass", held.id, address(), AGREED if held.has_holder else "")
    if len(report.issued) > MOST:
        return redirect(url_for("passes.index"), HTTPStatus.SEE_OTHER)
    ids = ",".join(held.id for held in report.issued)
    return redirect(url_for("pass_list.done", ids=ids), HTTPStatus.SEE_OTHER)


@pages.get("/done")
def done() -> ResponseReturnValue:
    """What to do next with the passes that were just issued."""
    found = _named(request.args.get("ids", ""))
    return render_template(
        "passes/done.html",
        found=found,
        ids=",".join(held.id for held in found),
        printable=sum(held.kind is PassKind.CARD for held in found),
        on_phones=sum(held.kind in ON_PHONES for held in found),
    )


@pages.post("/cards")
def print_cards() -> ResponseReturnValue:
    ids = request.form.get("ids", "")
    found = [held for held in _named(ids) if held.kind is PassKind.CARD and not standing_of(held).is_over]
    return cards(found, url_for("pass_list.done", ids=ids))


@pages.post("/invitations")
def invitations() -> ResponseReturnValue:
    """A file with a fresh link for each phone, to be sent out from; it holds names, so it is on the access log."""
    found = [held for held in _named(request.form.get("ids", "")) if held.kind in ON_PHONES and not standing_of(held).is_over]
    by, book = signed_in().name, desks().passes
    panel().record_audit(by, "export_invitations", "passes", address())
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file)
    names = (gettext("Name"), gettext("Phone number"), gettext("Pass"), gettext("Kind"), gettext("Link, valid for 24 hours"))
    writer.writerow(str(name) for name in names)
    for held in found:
        panel().record_audit(by, "invite", held.id, address())
        holder, link = book.holder_of(held.id), handout(f"/join/{book.invite(held.id, by)}").link
        writer.writerow([cell(holder.name), phone_cell(holder.phone), number_of(held.id), str(KINDS[held.kind].name), link])
    kept = {"Content-Disposition": 'attachment; filename="ansim-invitations.csv"'}
    return Response(file.getvalue(), content_type="text/csv; charset=utf-8", headers=kept)


def _page(report: ListReport | None = None, text: str = "", refusal: Text | None = None) -> str:
    sample = SAMPLE.in_(current())
    named = report is not None and _names_somebody(report)
    return render_template("passes/list.html", report=report, text=text, refusal=refusal, sample=sample, named=named)


def _names_somebody(report: ListReport) -> bool:
    return any(line.holder for line in report.good)


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


def _named(ids: str) -> list[Pass]:
    """The passes of a comma-separated list of ids; those that are gone are left out."""
    wanted = ids.split(",")
    if len(wanted) > MOST:
        abort(404)
    return [held for held in map(desks().passes.find, wanted) if held is not None]
