"""Measures readers of QR codes on drawn pictures of the entrance, each with one of the troubles of cheap cameras and of people.

Comes in: nothing but options. Goes out: how many of each kind are read by each reader, wrong reads, and what each look of the
entry's own reader adds and costs.

Usage: .venv/bin/python -m scripts.bench.codes [--pictures 30] [--markdown]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

from agent.entry.code_reader import LOOKS
from agent.evaluation.qr_readers import all_readers, empty_frame_ms
from scripts.bench.code_pictures import KINDS, Grey, draw
from scripts.bench.machine import environment, environment_line
from scripts.bench.report import Table

FIRST = 1000  # number of the first picture: the reader was chosen with lower ones in view


def main() -> int:
    asked = _parser().parse_args()
    readers = all_readers()
    looks = {f"look {number}: {look.__name__.strip('_')}": look for number, look in enumerate(LOOKS, 1)}
    tries: dict[str, Callable[[Grey], tuple[str, ...]]] = {reader.name: reader.read for reader in readers}
    tries |= {name: (lambda grey, look=look: tuple(code.text for code in look(grey))) for name, look in looks.items()}
    read: dict[str, dict[str, set[int]]] = {name: {} for name in tries}
    wrong = dict.fromkeys(tries, 0)
    taken: dict[str, list[float]] = {name: [] for name in tries}
    for kind in KINDS:
        for number in range(FIRST, FIRST + asked.pictures):
            grey, text = draw(kind, number)
            for name, attempt in tries.items():
                began = time.process_time()
                texts = attempt(grey)
                taken[name].append((time.process_time() - began) * 1000)
                wrong[name] += any(found != text for found in texts)
                if text in texts:
                    read[name].setdefault(kind, set()).add(number)
    names = [reader.name for reader in readers]
    rows = [(kind, *(len(read[name].get(kind, ())) for name in names)) for kind in KINDS]
    rows.append(("all", *(_all(read[name]) for name in names)))
    rows.append(("wrong", *(wrong[name] for name in names)))
    rows.append(("CPU ms per 720p frame without a code", *(empty_frame_ms(reader) for reader in readers)))
    title = f"Drawn pictures of the entrance, {asked.pictures} of each kind: exact reads"
    tables = [Table(title, ("kind", *names), rows)]
    rows = [(name, _all(read[name]), wrong[name], round(median(taken[name]), 1)) for name in looks]
    tables.append(Table("Each look alone, on the same pictures", ("look", "read", "wrong", "ms of processor time"), rows))
    for table in tables:
        print(table.markdown() if asked.markdown else table.text())
    print(f"\n{environment_line(environment())}")
    return 0


def _all(read: dict[str, set[int]]) -> int:
    return sum(len(numbers) for numbers in read.values())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts.bench.codes", description=__doc__)
    parser.add_argument("--pictures", type=int, default=30, metavar="N", help="of each kind")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
