"""The CSV files that are taken along, and their cells: no spreadsheet takes what somebody entered for a formula.

Comes in: a name, a phone number, a camera's name; rows of cells. Goes out: the text for the cell, and of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection); the last four are wide, as Korean keyboards do.
STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
PHONE = re.compile(r"[+\d][\d() -]*")


def cell(text: str) -> str:
    """A text that somebody entered; an apostrophe before it makes it one to a spreadsheet."""
    return f"'{text}" if text.startswith(STARTS) else text


def phone_cell(text: str) -> str:
    """A phone number, which keeps its plus; with anything else in it, a text like others."""
    return text if PHONE.fullmatch(text) else cell(text)


def sheet(columns: Iterable[object], rows: Iterable[Iterable[str]]) -> str:
    """A CSV file with a byte order mark, without which Excel shows Korean as nonsense. columns: their names, also lazy ones."""
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow(str(name) for name in columns)
    writer.writerows(rows)
    return file.getvalue()
