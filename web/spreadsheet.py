"""Cells of the CSV files that are taken along, so that no spreadsheet takes what somebody entered for a formula.

Comes in: a name, a phone number, a camera's name. Goes out: the text for the cell.
"""

from __future__ import annotations

import re

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # what spreadsheets take for the beginning of a formula (OWASP, CSV injection)
PHONE = re.compile(r"[+\d][\d() -]*")


def cell(text: str) -> str:
    """A text that somebody entered; an apostrophe before it makes it one to a spreadsheet."""
    return f"'{text}" if text.startswith(STARTS) else text


def phone_cell(text: str) -> str:
    """A phone number, which keeps its plus; with anything else in it, a text like others."""
    return text if PHONE.fullmatch(text) else cell(text)
