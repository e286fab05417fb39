#!/usr/bin/env python3
"""Checks an evidence bag of Ansim. It lies in the bag, needs Python 3.8 and nothing else, writes nothing, asks no network.

    python3 verify.py                        the bag in which this file lies
    python3 verify.py BAG                    an unpacked bag, or its .zip
    python3 verify.py BAG --anchor TEXT      and whether it is the bag on the paper: the QR's text (ANSIM1:...), a file with it,
                                             or the device's fingerprint as printed
Ends with 0 unchanged, 5 changed, 1 cannot be told. Formats and checks: docs/evidence.md of Ansim.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any

from agent.evidence.bag_files.bag_source import Source, open_folder, open_zip
from agent.evidence.bag_files.canonical_json import canonical
from agent.evidence.bag_files.checks import MALFORMED, Bag, Tools
from agent.evidence.bag_files.ed25519 import signed
from agent.evidence.bag_files.findings import Finding, say, short
from agent.evidence.bag_files.hash_tree import consistent, included

PLAIN = Tools(signed, canonical, included, consistent)
EXIT = {"unchanged": 0, "changed": 5, "unknown": 1}
MARKS = {"ok": "[ OK ]", "bad": "[ !! ]", "absent": "[ -- ]", "open": "[ ?? ]"}


def judge(source: Source, tools: Tools, given: str | None) -> dict[str, Any]:
    """{"verdict": "unchanged" | "changed" | "unknown", "text", "device", "since", "checks"}, the texts in both languages.

    checks: [{"number", "name", "state": "ok" | "bad" | "absent" | "open", "text"}]. device: its fingerprint. since: Unix time.
    What was given and could not be compared makes it unknown: nobody who asked for it shall read "unchanged".
    Raises Finding when nothing can be told, and OSError when the bag cannot be read.
    """
    bag = Bag(source, tools, given)
    checks = []
    for number, check in enumerate(bag.checks, 1):
        state, text = _checked(bag, check)
        checks.append({"number": number, "name": say(f"name{number}"), "state": state, "text": text})
    device = bag.device()
    bad, still_open = ([check["text"] for check in checks if check["state"] == state] for state in ("bad", "open"))
    if not bad and not source.whole:
        raise Finding("repacked", "unknown")
    if bad:
        verdict, text = "changed", say("changed", why=bad[0])
    elif still_open:
        verdict, text = "unknown", say("unknown", why=still_open[0])
    else:
        verdict, text = "unchanged", say("unchanged", time=bag.since, device=short(device or ""))
    return {"verdict": verdict, "text": text, "device": device, "since": bag.since, "checks": checks}


def _checked(bag: Bag, check: Callable[[], tuple[str, dict[str, object]]]) -> tuple[str, dict[str, str]]:
    try:
        key, fields = check()
        return "ok", say(key, **fields)
    except Finding as found:
        if found.state == "unknown":
            raise
        return found.state, say(found.key, **found.fields)
    except MALFORMED:
        return "bad", say("form", file=bag.reading)


def unknown(key: str, **fields: object) -> dict[str, Any]:
    """The verdict that nothing can be told, and why."""
    return {"verdict": "unknown", "text": say("unknown", why=say(key, **fields)), "device": None, "since": None, "checks": []}


def verify(path: pathlib.Path, given: str | None = None, tools: Tools = PLAIN) -> dict[str, Any]:
    """The verdict of `judge` on the folder or zip at `path`. given: the text of an anchor, or a fingerprint."""
    try:
        if path.is_dir():
            return judge(open_folder(path), tools, given)
        with path.open("rb") as file:
            file.seek(0)
            return judge(open_zip(file), tools, given)
    except Finding as found:
        return unknown(found.key, **found.fields)
    except OSError:
        return unknown("nothing", file=path.name or str(path))


def told(result: dict[str, Any]) -> list[str]:
    """The verdict in lines, Korean and English."""
    out = [result["text"]["ko"], result["text"]["en"], ""]
    for check in result["checks"]:
        out.append(f"{MARKS[check['state']]} {check['number']} {check['name']['ko']}: {check['text']['ko']}")
        out.append(f"         {check['name']['en']}: {check['text']['en']}")
    if result["device"]:
        out += ["", "기기 지문 / device fingerprint:", " ".join(re.findall("....", result["device"]))]
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bag", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    parser.add_argument("--anchor", metavar="TEXT_OR_FILE", help="ANSIM1:..., a file with it, or the fingerprint")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = verify(asked.bag, anchor_text(asked.anchor))
    lines = [json.dumps(result, ensure_ascii=False)] if asked.json else told(result)
    sys.stdout.buffer.write(("\n".join(lines) + "\n").encode())
    if os.name == "nt" and len(sys.argv) == 1:  # opened by a double click: the window must not vanish
        sys.stdout.flush()
        sys.stdin.readline()
    return EXIT[result["verdict"]]


def anchor_text(given: str | None) -> str | None:
    """What was given, or what stands in the file of that name."""
    try:
        return pathlib.Path(given).read_text("utf-8-sig", "replace") if given and pathlib.Path(given).is_file() else given
    except (OSError, ValueError):  # a text too long to be a file's name
        return given


if __name__ == "__main__":
    sys.exit(main())
