"""The register of personal video as a file: the columns of Form 3 of the standard guideline (고시 2025-4), and what was erased.

Comes in: lines of the register, what was erased. Goes out: the text of a CSV file.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext

from agent.panel import Destroyed, Line, Sort
from web.evidence import FORMS, SORTS, basis_name, step_name
from web.language import local, text
from web.spreadsheet import cell, sheet

COLUMNS = (
    lazy_gettext("Number"), lazy_gettext("Kind"), lazy_gettext("Time"), lazy_gettext("File and form"),
    lazy_gettext("Handled by"), lazy_gettext("Purpose or reason"), lazy_gettext("Receiver or who asked"),
    lazy_gettext("Legal ground"), lazy_gettext("How it was given"), lazy_gettext("Period"), lazy_gettext("Case number"),
    lazy_gettext("Incident"),
)  # fmt: skip


def written(lines: Iterable[Line], gone: Iterable[Destroyed]) -> str:
    """Oldest first."""
    rows = [(line.row.seq, _cells(line)) for line in lines] + [(each.seq, _cells_of_gone(each)) for each in gone]
    return sheet(COLUMNS, (cells for _, cells in sorted(rows)))


def _cells(line: Line) -> list[str]:
    row = line.row
    return [
        str(row.seq),
        str(SORTS[line.sort].name),
        local(row.utc).isoformat(sep=" ", timespec="seconds"),
        row.file if line.is_rendering else f"{row.bag}.zip",
        cell(row.by),
        cell(row.purpose),
        cell(row.receiver or (row.case if line.sort is Sort.VIEWING else "")),
        cell(basis_name(row.basis)),
        step_name(row) if line.is_rendering else str(FORMS.get(row.form, row.form)),
        "",
        cell(row.case),
        row.incident,
    ]


def _cells_of_gone(each: Destroyed) -> list[str]:
    name = lazy_gettext("Sealed originals") if each.originals else lazy_gettext("Recordings and clips")
    when = local(each.utc).isoformat(sep=" ", timespec="seconds")
    by = str(lazy_gettext("Ansim, by itself"))
    return [str(each.seq), str(lazy_gettext("Destroyed")), when, f"{name}: {each.count}", by, text(each.reason), *[""] * 6]
