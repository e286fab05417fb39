"""JSON as RFC 8785 writes it, in plain Python.

Comes in: parsed JSON. Goes out: the one way to write it, which hashes and signatures are made over. Raises ValueError for what
JSON cannot hold.
"""

from __future__ import annotations

import json
from typing import Any


def canonical(value: Any) -> bytes:
    return _written(value).encode()


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_written(key)}:{_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(float(value))
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """As ECMAScript writes a number: the shortest digits that give it back, its point where it belongs."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  # so is NaN told from all others
        raise ValueError("JSON has no such number")
    if value == 0:
        return "0"
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    at = len(digits) - len(part) + int(power or 0)  # so many digits stand before the point
    digits = digits.rstrip("0")
    if len(digits) <= at <= 21:
        text = digits + "0" * (at - len(digits))
    elif 0 < at <= 21:
        text = digits[:at] + "." + digits[at:]
    elif -6 < at <= 0:
        text = "0." + "0" * -at + digits
    else:
        text = digits[0] + ("." + digits[1:] if digits[1:] else "") + f"e{at - 1:+d}"
    return "-" + text if value < 0 else text
