"""The sentences of a verdict, each in Korean and English, and the findings that lead to them.

Comes in: nothing. Goes out: `Finding`, `say`. The sentences stand in texts.json, so that all three verifiers say the same.
"""

from __future__ import annotations

import json
import pathlib
import time
from typing import Any

TEXTS = json.loads(pathlib.Path(__file__).with_name("texts.json").read_text("utf-8"))


class Finding(Exception):
    """What a check found, as the key of a sentence and what goes into it.

    state: "bad"; "absent" when there is nothing to check; "open" when what was given could not be compared; "unknown" when
    nothing can be told of the whole bag.
    """

    def __init__(self, key: str, state: str = "bad", **fields: object) -> None:
        super().__init__(key)
        self.key, self.state, self.fields = key, state, fields


def say(key: str, **fields: Any) -> dict[str, str]:
    """A sentence in both languages. time: Unix time, written as Korean time and as UTC; why: a sentence of `say`."""
    said = {}
    for language, hours, zone in (("ko", 9, "(한국 시각)"), ("en", 0, "UTC")):
        here = dict(fields)
        if "time" in here:
            here["time"] = time.strftime("%Y-%m-%d %H:%M:%S ", time.gmtime(int(here["time"]) + hours * 3600)) + zone
        if "why" in here:
            here["why"] = here["why"][language]
        said[language] = TEXTS[key][language].format(**here)
    return said


def short(fingerprint: str) -> str:
    """The first 16 of a fingerprint's 64 hex digits, in groups that can be compared by eye."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, 16, 4))
