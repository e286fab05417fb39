"""Cells of the CSV files that are taken along, so that no spreadsheet takes what somebody entered for a formula.

Comes in: a name, a phone number, a camera's name. Goes out: the text for the cell.
"""

from __future__ import annotations

import re

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection); the last four are wide, as Korean keyboards do.
STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
PHONE = re.compile(r"[+\d][\d() -]*")


def cell(text: str) -> str:
    """A text that somebody entered; an apostrophe before it makes it one to a spreadsheet."""
    return f"'{text}" if text.startswith(STARTS) else text


def phone_cell(text: str) -> str:
    """A phone number, which keeps its plus; with anything else in it, a text like others."""
    return text if PHONE.fullmatch(text) else cell(text)
