"""How long a ledger of a million records takes to verify, and how much memory.

    scripts/bench/run ledger            (--quick: 100,000 records)

The ledger is one as a busy shop writes in years: a file a day, one record in 400 a signed checkpoint, the rest accesses, events
and incidents, each line as the program itself writes it. Each measurement is a process of its own, which tells its memory.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.clock import ManualClock, SystemClock
from agent.errors import AnsimError
from agent.values import ClipState, Event, EventKind, Incident, Severity, Text
from agent.vault import Vault, bodies
from agent.vault.bodies import Kind
from agent.vault.checkpoint import anchor_text, checkpoint_body, make_checkpoint, read_anchor
from agent.vault.device_key import DeviceKey
from agent.vault.journal import Journal
from agent.vault.ledger import Head, line_hash, next_line
from agent.vault.merkle import Edge, leaf_hash
from scripts.bench.machine import ROOT
from scripts.bench.report import Options, Report, Table

RECORDS, QUICK = 1_000_000, 100_000
A_DAY = 2_000
A_CHECKPOINT = 400
BEGAN = 1_700_000_000.0
LEDGER = "ledger"

WORKS = {
    "index": "index made anew from the ledger (first start after it was lost)",
    "check": "ansim check: the newest day, all files",
    "deep": "ansim check --deep --anchor: chain, checkpoints, anchor",
    "chain": "of that, the chain alone",
    "witness": "of that, checkpoints and anchor alone (a printed report in the panel)",
    "slice": "an incident's slice with its proofs (part of each export)",
    "notary": "the first checkpoint after a start",
}


def measure(options: Options) -> Report:
    """The table of docs/performance.md."""
    count = QUICK if options.quick else RECORDS
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at) / "data"
        started = time.perf_counter()
        anchor = write_ledger(folder, count)
        size = sum(path.stat().st_size for path in (folder / LEDGER).iterdir())
        print(f"{count} records, {size / 1e6:.0f} MB, written in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        rows = [[said, *_apart(name, folder, anchor)] for name, said in WORKS.items()]
    note = f"{size / 1e6:.0f} MB of ledger in {-(-count // A_DAY)} files; memory: the most that the process had, all of it"
    table = Table(f"A ledger of {count:,} records", ["what", "wall s", "processor s", "MB"], rows, [note])
    return Report([table], {"records": count, "bytes": size, "rows": rows})


def write_ledger(folder: Path, count: int) -> str:
    """A data folder whose ledger has `count` records; gives an anchor of the last checkpoint."""
    with Vault(folder, ManualClock(BEGAN)) as vault:
        device = vault.device
        vault.record_audit("점주", "login", "panel")
    journal = Journal(folder / LEDGER)
    for path in journal.files():
        path.unlink()
    (folder / "ansim.db").unlink(missing_ok=True)
    return _write(folder / LEDGER, count, device)


def _write(folder: Path, count: int, device: DeviceKey) -> str:
    """Lines as the journal writes them, without a sync each."""
    head, edge, anchor, file = Head(), Edge(), "", None
    made = _bodies(random.Random(1))
    for number in range(count):
        utc = BEGAN + number * 86_400 / A_DAY
        if number % A_DAY == 0:
            if file is not None:
                file.close()
            file = (folder / f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d}.jsonl").open("ab")
        if number % A_CHECKPOINT == A_CHECKPOINT - 1:
            point = make_checkpoint(head, edge.root(), utc, device.public, device.sign)
            kind, body, anchor = Kind.CHECKPOINT, checkpoint_body(point), anchor_text(point)
        else:
            kind, body = next(made)
        line = next_line(head, round(utc, 3), kind, body)
        assert file is not None
        file.write(line)
        head = Head(number + 1, line_hash(line))
        edge.add(leaf_hash(line.removesuffix(b"\n")))
    assert file is not None
    file.close()
    return anchor


def _bodies(chance: random.Random) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """What happens in a shop: people look at the panel, cameras come and go, now and then there is an incident."""
    number = 0
    while True:
        number += 1
        utc = round(BEGAN + number * 40.0, 3)
        if number % 50 == 0:
            yield from _incident(number, utc)
        elif chance.random() < 0.7:
            said = {"actor": "점주", "action": "view_clip", "target": f"2026-till-{chance.randrange(10**6)}", "purpose": ""}
            yield Kind.ACCESS, {"utc": utc, "address": "192.168.0.12", **said}
        else:
            text = Text(ko="카메라가 응답하지 않습니다.", en="The camera does not answer.")
            yield Kind.EVENT, dict(bodies.event_body(Event(utc, EventKind.CAMERA_LOST, text, "till")))


def _incident(number: int, utc: float) -> Iterator[tuple[Kind, dict[str, Any]]]:
    reason = Text(ko="계산대 앞에 오래 머물렀습니다.", en="Somebody stayed at the till for long.")
    one = Incident(f"bench-{number}-till-loitering-1", "till", "loitering", Severity.SOON, 1.0, utc, (reason,), (number,))
    yield Kind.INCIDENT, dict(bodies.incident_body(one))
    yield Kind.CLIP, {"id": one.id, "state": ClipState.LOST.value, "why": bodies.text_body(reason), "closed_utc": utc + 9.0}


def _apart(name: str, folder: Path, anchor: str) -> tuple[float, float, float]:
    """(wall s, processor s, MB) of one work in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.ledger", name, str(folder), anchor],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    wall, cpu, mb = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {wall:.1f} s", file=sys.stderr)
    return wall, cpu, mb


def main() -> None:
    """One work, and what it cost."""
    name, folder, anchor = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    wall, cpu = time.perf_counter(), time.process_time()
    _do(name, folder, anchor)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, peak]))


def _do(name: str, folder: Path, anchor: str) -> None:
    from agent.cli import main as ansim
    from agent.evidence.ledger_slice import Wanted, cut_slice
    from agent.vault.ledger import verify_chain
    from agent.vault.notary import Notary
    from agent.vault.witness import doubts_of

    journal = Journal(folder / LEDGER)
    if name == "index":
        with Vault(folder, SystemClock()):
            pass
    elif name in ("check", "deep"):
        more = ["--deep", "--anchor", anchor] if name == "deep" else []
        if ansim(["check", "--dry-run", "--json", "--data", str(folder), *more]) != 0:
            raise AnsimError(ko="문제가 있습니다.", en="Something was found in a ledger that is whole.")
    elif name == "chain":
        assert verify_chain(journal.lines()) is None
    elif name == "witness":
        assert not list(doubts_of(journal.lines(), [read_anchor(anchor)]))
    elif name == "slice":
        point = read_anchor(anchor)
        found = cut_slice(journal.lines(), point, Wanted("bench-5000-till-loitering-1", frozenset(), 0.0, 0.0))
        assert len(found.lines) == 2, found.lines
        assert not found.unproven
    else:
        with Vault(folder, SystemClock()) as vault:
            device = vault.device
        assert Notary(journal, device).draft(BEGAN) is not None


if __name__ == "__main__":
    main()
