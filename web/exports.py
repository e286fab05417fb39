"""Pages: hand an incident's evidence over, see how far it is, fetch it; and the register of all that was handed over or shown.

Comes in: forms, numbers of jobs, names of bags. Goes out: pages, the export as a file, the register as CSV (Form 3 of the
guideline on personal video). A passphrase goes from the form to the job and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from agent.errors import AnsimError
from agent.panel import ExportOrder, IncidentRow, Job, JobState, Protection, Use, basis_of, draw_svg
from agent.values import Text
from web.files import send
from web.found import find_incident
from web.guard import private
from web.language import local
from web.register_file import written
from web.security import address, note_view, panel, signed_in

pages = Blueprint("exports", __name__)

PAGE = 50
MOST = 20_000  # lines of a CSV file
LARGEST = 2**63 - 1  # number of a line, to SQLite
LONGEST = 300  # characters of a field
ANCHOR_VERSION = 14  # the largest QR code of an anchor
FARTHEST_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Form:
    """The export form as it was filled in. lock: "passphrase", "recipient" or "plain"."""

    purpose: str = ""
    receiver: str = ""
    basis: str = ""
    case: str = ""
    offset: str = ""
    sealed: bool = False
    lock: str = "passphrase"
    recipient: str = ""
    sure: bool = False
    passphrase: str = field(default="", repr=False)
    again: str = field(default="", repr=False)

    @classmethod
    def sent(cls, fields: MultiDict[str, str]) -> Self:
        words = ("purpose", "receiver", "basis", "case", "offset", "lock", "recipient")
        return cls(
            sealed="sealed" in fields,
            sure="sure" in fields,
            passphrase=fields.get("passphrase", "")[:LONGEST],
            again=fields.get("again", "")[:LONGEST],
            **{name: fields.get(name, "").strip()[:LONGEST] for name in words},
        )

    @property
    def refusal(self) -> LazyString | None:
        """What is missing, if anything."""
        basis = basis_of(self.basis)
        if not self.purpose:
            return lazy_gettext("Please say what it is for.")
        if self.basis and basis is None:
            return lazy_gettext("Please choose a legal ground from the list.")
        if basis is not None and basis.use is Use.PROVISION and not self.receiver:
            return lazy_gettext("Please say who gets it.")
        if self.receiver and basis is None:
            return lazy_gettext("Please choose on what legal ground they get it.")
        if basis is not None and basis.document and not self.case:
            return lazy_gettext("Please note the number of the warrant, letter or consent.")
        return self._bad_number or self._bad_lock

    @property
    def _bad_number(self) -> LazyString | None:
        if self.offset and self.offset_s is None:
            return lazy_gettext("Please enter the clock's difference as a number of seconds.")
        return None

    @property
    def _bad_lock(self) -> LazyString | None:
        if self.lock == "passphrase" and self.passphrase != self.again:
            return lazy_gettext("The two passphrases are not the same. Please type them again.")
        if self.lock == "passphrase" and not self.passphrase:
            return lazy_gettext("Please choose a passphrase for this bag.")
        if self.lock == "recipient" and not self.recipient:
            return lazy_gettext("Please paste the receiver's public key.")
        if self.lock == "plain" and not self.sure:
            return lazy_gettext("Please confirm that it is to leave without encryption.")
        return None if self.lock in ("passphrase", "recipient", "plain") else lazy_gettext("Please choose how it is locked.")

    @property
    def offset_s(self) -> float | None:
        """By how many seconds this PC's clock is ahead of true time; None: nobody compared them."""
        try:
            seconds = float(self.offset.replace(",", "."))
        except ValueError:
            return None
        return seconds if abs(seconds) <= FARTHEST_S else None

    @property
    def protection(self) -> Protection:
        if self.lock == "passphrase":
            return Protection(self.passphrase)
        return Protection(recipients=(self.recipient,)) if self.lock == "recipient" else Protection()


# an export


@pages.get("/incidents/<incident_id>/export")
@private
def new(incident_id: str) -> ResponseReturnValue:
    return _form(find_incident(incident_id), Form())


@pages.post("/incidents/<incident_id>/export")
@private
def make(incident_id: str) -> ResponseReturnValue:
    """Begin it; its page shows how far it is."""
    row, form = find_incident(incident_id), Form.sent(request.form)
    if form.refusal is not None:
        return _form(row, form, str(form.refusal)), HTTPStatus.UNPROCESSABLE_ENTITY
    order = ExportOrder(
        incident=row.id,
        operator=signed_in().name,
        purpose=form.purpose,
        receiver=form.receiver,
        basis=form.basis,
        case=form.case,
        clock_offset_s=form.offset_s,
        sealed=form.sealed,
    )
    try:
        job = panel().evidence.export(order, form.protection)
    except AnsimError as refusal:
        return _form(row, form, refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    panel().record_audit(signed_in().name, "begin_export", row.id, address(), form.purpose)
    return redirect(url_for("exports.job", token=job.token), HTTPStatus.SEE_OTHER)


@pages.get("/clock")
def clock() -> ResponseReturnValue:
    """This PC's clock to the second, to be compared with true time."""
    return f"{local(panel().utc()):%H:%M:%S}"


@pages.get("/exports/<token>")
def job(token: str) -> ResponseReturnValue:
    return render_template("exports/job.html", **facts(_job(token)))


@pages.get("/exports/<token>/progress")
def progress(token: str) -> ResponseReturnValue:
    """How far a job is, for a page that asks again; 205 once it has ended: load the page anew."""
    found = _job(token)
    if found.state is not JobState.RUNNING:
        return "", HTTPStatus.RESET_CONTENT
    return render_template("exports/_progress.html", job=found)


def facts(found: Job) -> dict[str, object]:
    """What a page says of a job, and of what it made."""
    desk, made = panel().evidence, found.made
    return {
        "job": found,
        "row": panel().incident(found.incident),
        "made": made,
        "given": desk.handed(made.bag) if made is not None and made.bag else None,
        "offer": desk.offered(made.bag) if made is not None and made.bag else None,
        "code": Markup(draw_svg(made.anchor, largest=ANCHOR_VERSION)) if made is not None and made.anchor else None,  # noqa: S704
        "fingerprint": desk.fingerprint,
        "watchable": desk.watchable(found.ceremony) if found.ceremony else None,
    }


@pages.get("/handed-over/<bag>/file")
def download(bag: str) -> Response:
    """The export, while it waits; who fetched it is on the access log before it leaves."""
    desk = panel().evidence
    offer, row = desk.offered(bag), desk.handed(bag)
    if offer is None or row is None:
        abort(410)
    note_view("download_export", bag)
    kind = "application/zip" if offer.path.suffix == ".zip" else "application/octet-stream"
    response = send(offer.path, kind, row.sha256)
    response.headers["Content-Disposition"] = f'attachment; filename="{offer.path.name}"'
    return response


@pages.get("/handed-over/<bag>/how-to-open.txt")
def note(bag: str) -> Response:
    """For beside a locked export on its stick: the README in it can be read only once it is open."""
    text = panel().evidence.note_of(bag)
    if text is None:
        abort(404)
    headers = {"Content-Disposition": f'attachment; filename="{bag}.txt"'}
    return Response(text, content_type="text/plain; charset=utf-8", headers=headers)


# the register


@pages.get("/handed-over")
def index() -> ResponseReturnValue:
    return _register()


@pages.post("/handed-over/csv")
def register_csv() -> ResponseReturnValue:
    """The whole register as a file; who took it, and for what, is on the access log before it leaves."""
    purpose = request.form.get("purpose", "").strip()[:LONGEST]
    if len(purpose) < 2:
        return _register(lazy_gettext("Please say what the file is for.")), HTTPStatus.UNPROCESSABLE_ENTITY
    panel().record_audit(signed_in().name, "export_register", "register", address(), purpose)
    name = f"ansim-register-{local(panel().utc()):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    desk = panel().evidence
    return Response(written(desk.register(MOST), desk.destroyed()), content_type="text/csv; charset=utf-8", headers=headers)


def _register(refusal: LazyString | None = None) -> str:
    note_view("view_register", "register")
    desk, before = panel().evidence, request.args.get("before", None, int)
    if before is not None and not 0 <= before <= LARGEST:
        abort(404)
    found = desk.register(PAGE + 1, before)
    shown = found[:PAGE]
    return render_template(
        "exports/index.html",
        lines=shown,
        offers={offer.bag: offer for offer in desk.offers()},
        first_page=before is None,
        older=url_for("exports.index", before=shown[-1].row.seq) if len(found) > PAGE else None,
        refusal=refusal,
    )


def _form(row: IncidentRow, form: Form, refusal: Text | str | None = None) -> str:
    return render_template(
        "exports/new.html", row=row, form=form, refusal=refusal, original=panel().evidence.has_original(row.id)
    )


def _job(token: str) -> Job:
    found = panel().evidence.job(token)
    if found is None:
        abort(404)
    return found
