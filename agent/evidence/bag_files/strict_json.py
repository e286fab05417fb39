"""JSON as all three verifiers read it: what two readers could take differently is no JSON here.

Comes in: bytes. Goes out: values, of which a whole number is always an int. Raises ValueError for a name that stands twice in
an object, numbers that are none or too large, halves of characters, nesting beyond DEEPEST, and what is no JSON in UTF-8.
"""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 64  # objects and lists within each other
EXACT = 2**53 - 1  # up to here each whole number is a number of its own in any program
ENDS = 253_402_300_800  # Unix time at which the year 10000 begins
INFINITE = float("inf")


def strict(data: bytes) -> Any:
    found = json.loads(
        data.decode(), object_pairs_hook=_each_once, parse_constant=_no_number, parse_int=_a_number, parse_float=_a_number
    )
    _check_parts(found, 1)
    return found


def whole(value: Any) -> int:
    """`value`, if it is a whole number from 0 to EXACT. Raises TypeError."""
    if type(value) is not int or not 0 <= value <= EXACT:
        raise TypeError("not a whole number")
    return value


def unix_time(value: Any) -> float:
    """`value`, if it is a time of the years 1970 to 9999. Raises TypeError."""
    if type(value) not in (int, float) or not 0 <= value < ENDS:
        raise TypeError("not a time")
    return float(value)


def text(value: Any) -> str:
    """Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def members(value: Any) -> dict[str, Any]:
    """`value`, if it is an object. Raises TypeError."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def items(value: Any) -> list[Any]:
    """`value`, if it is a list. Raises TypeError."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _a_number(digits: str) -> int | float:
    value = float(digits)
    if abs(value) == INFINITE:
        raise ValueError("too large a number")
    return int(value) if value.is_integer() and abs(value) <= EXACT else value


def _check_parts(value: Any, depth: int) -> None:
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, (dict, list)):
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        for name in value if isinstance(value, dict) else ():
            name.encode()
        for part in value.values() if isinstance(value, dict) else value:
            _check_parts(part, depth + 1)
