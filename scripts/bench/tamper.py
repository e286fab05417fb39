"""Whether tampering with evidence is found: by `ansim verify`, by the bag's verify.py, and by its verify.html in a browser.

    scripts/bench/run tamper            1,000 one-byte changes, each structural one on several bags, 1,000 untouched bags
    scripts/bench/run --quick tamper    a twentieth of it

One-byte changes fall anywhere in the zip. A change counts as found when the verdict is not "unchanged"; the three verifiers
have to give the very same sentence. verify.py runs as the bag has it, assembled, in a process of its own.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.evidence.bag_files.bag_form import ENTRIES, PAGE, SCRIPT
from agent.evidence.bag_tools import verify_page, verify_script
from agent.evidence.verify import verify
from scripts.bench.bags import drawn_shop
from scripts.bench.report import Options, Report, Table
from scripts.bench.tampering import Untouched, tampered, zip_of

CHROMIUM = Path("/usr/bin/chromium")
BATCH = 25
NAMES = ("ansim verify", SCRIPT, PAGE)
# Answers one line of JSON for each path and paper on its standard input, with the verify.py of the bags.
SERVE = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
import verify
for line in sys.stdin:
    path, given = json.loads(line)
    sys.stdout.write(json.dumps(verify.verify(pathlib.Path(path), given)) + "\\n")
    sys.stdout.flush()
"""
IN_PAGE = """async (bags) => {
  const out = [];
  for (const [data, given] of bags) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    out.push(await verifyZip(new Blob([bytes]), given || ""));
  }
  return out;
}"""


class Verifiers:
    """Holding one means: you can have bags judged by all three. seconds: what each took."""

    def __init__(self, folder: Path, script: subprocess.Popen[str], page: Any) -> None:
        self.seconds: Counter[str] = Counter()
        self._folder, self._script, self._page = folder, script, page

    def judge(self, bags: Sequence[tuple[bytes, str | None]]) -> list[list[tuple[str, str]]]:
        """For each bag the (verdict, English sentence) of each verifier, in the order of NAMES."""
        columns = [
            self._timed(name, how, bags) for name, how in zip(NAMES, (self._ours, self._plain, self._browser), strict=True)
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def _timed(self, name: str, how: Any, bags: Sequence[tuple[bytes, str | None]]) -> list[tuple[str, str]]:
        started = time.perf_counter()
        found: list[tuple[str, str]] = how(bags)
        self.seconds[name] += time.perf_counter() - started  # type: ignore[assignment]
        return found

    def _ours(self, bags: Sequence[tuple[bytes, str | None]]) -> list[tuple[str, str]]:
        return [(str(one.verdict), one.text.en) for one in (verify(self._file(data), given) for data, given in bags)]

    def _plain(self, bags: Sequence[tuple[bytes, str | None]]) -> list[tuple[str, str]]:
        assert self._script.stdin is not None
        assert self._script.stdout is not None
        found = []
        for data, given in bags:
            self._script.stdin.write(json.dumps([str(self._file(data)), given]) + "\n")
            self._script.stdin.flush()
            found.append(_of(json.loads(self._script.stdout.readline())))
        return found

    def _browser(self, bags: Sequence[tuple[bytes, str | None]]) -> list[tuple[str, str]]:
        if self._page is None:
            return [("", "")] * len(bags)
        return [
            _of(one) for one in self._page.evaluate(IN_PAGE, [[base64.b64encode(data).decode(), given] for data, given in bags])
        ]

    def _file(self, data: bytes) -> Path:
        path = self._folder / "bag.zip"
        path.write_bytes(data)
        return path


def _of(result: dict[str, Any]) -> tuple[str, str]:
    return result["verdict"], result["text"]["en"]


@contextmanager
def verifiers(folder: Path) -> Iterator[Verifiers]:
    (folder / SCRIPT).write_bytes(verify_script())
    (folder / PAGE).write_bytes(verify_page())
    with subprocess.Popen(
        [sys.executable, "-I", "-c", SERVE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as script:
        try:
            if not CHROMIUM.exists():
                yield Verifiers(folder, script, None)
                return
            from playwright.sync_api import sync_playwright

            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
                page = browser.new_page()
                page.goto((folder / PAGE).as_uri())
                yield Verifiers(folder, script, page)
                browser.close()
        finally:
            assert script.stdin is not None
            script.stdin.close()


@dataclass(slots=True)
class Found:
    """How many bags of one kind each verifier called other than unchanged, and where they differed."""

    bags: int = 0
    alarms: Counter[str] = field(default_factory=Counter)
    unlike: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, what: str, verdicts: Sequence[tuple[str, str]]) -> None:
        self.bags += 1
        for name, (verdict, _) in zip(NAMES, verdicts, strict=True):
            if verdict not in ("", "unchanged"):
                self.alarms[name] += 1
            elif verdict:
                self.missed.append(f"{name}: {what}")
        if len({one for one in verdicts if one[0]}) > 1:
            self.unlike.append(f"{what}: {verdicts}")


def measure(options: Options) -> Report:
    """The table of docs/evidence.md."""
    count = 50 if options.quick else 1000
    chance = random.Random(20261122)
    kinds = {"untouched": Found(), "one byte changed": Found(), "structural": Found()}
    with tempfile.TemporaryDirectory() as at, drawn_shop(Path(at) / "data") as shop, verifiers(Path(at)) as judges:
        shop.live(incidents=20)
        bags = [shop.bag() for _ in range(count)]
        _go(judges, kinds["untouched"], ((bag.name, zip_of(bag.name, bag.files), bag.anchor) for bag in bags))
        _go(judges, kinds["one byte changed"], (_one_byte(bag, chance) for bag in bags))
        few = [bag for bag in bags if len(bag.files[ENTRIES]) > 10][-1 if options.quick else -5 :]
        _go(judges, kinds["structural"], ((one.what, one.data, one.given) for bag in few for one in tampered(bag)))
        seconds = dict(judges.seconds)
    return _report(kinds, seconds, len(tampered(few[0])), len(few))


def _go(judges: Verifiers, found: Found, bags: Iterator[tuple[str, bytes, str | None]]) -> None:
    batch: list[tuple[str, bytes, str | None]] = []
    for bag in bags:
        batch.append(bag)
        if len(batch) == BATCH:
            _judge(judges, found, batch)
            batch = []
    _judge(judges, found, batch)


def _judge(judges: Verifiers, found: Found, batch: Sequence[tuple[str, bytes, str | None]]) -> None:
    for (what, _, _), verdicts in zip(batch, judges.judge([(data, given) for _, data, given in batch]), strict=True):
        found.add(what, verdicts)


def _one_byte(bag: Untouched, chance: random.Random) -> tuple[str, bytes, str | None]:
    data = bytearray(zip_of(bag.name, bag.files))
    at = chance.randrange(len(data))
    data[at] ^= chance.randrange(1, 256)
    return f"byte {at}", bytes(data), None


def _report(kinds: dict[str, Found], seconds: dict[str, float], ways: int, on: int) -> Report:
    rows = [[what, found.bags, *(found.alarms[name] for name in NAMES), len(found.unlike)] for what, found in kinds.items()]
    total = sum(found.bags for found in kinds.values())
    notes = [
        "Reported: the verdict is not 'unchanged'. Of untouched bags none should be, of the others all.",
        f"Structural: {ways} ways (scripts/bench/tampering.py), each on {on} bags.",
        *(f"{name}: {1000 * spent / total:.0f} ms a bag" for name, spent in seconds.items()),
        *(f"MISSED {what}" for found in list(kinds.values())[1:] for what in found.missed[:10]),
        *(f"UNLIKE {what}" for found in kinds.values() for what in found.unlike[:10]),
    ]
    table = Table("Tampering with evidence bags", ["bags", "number", *NAMES, "unlike"], rows, notes)
    figures = {
        what: {"bags": found.bags, "reported": dict(found.alarms), "unlike": found.unlike} for what, found in kinds.items()
    }
    return Report([table], {**figures, "seconds": seconds})
