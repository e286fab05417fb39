"""What a measurement gives back, and how it is printed.

Comes in: rows of plain values. Goes out: text for a screen, or Markdown for docs/performance.md; the figures go to JSON whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """title says what was measured; notes stand below the rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        cells = [list(self.columns), *([shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(self.columns))]
        lines = [
            "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True)))
            for line in cells
        ]
        lines.insert(1, "  ".join("-" * w for w in widths))
        return "\n".join([f"\n{self.title}", *lines, *(f"  {note}" for note in self.notes)])

    def markdown(self) -> str:
        head = [f"| {' | '.join(self.columns)} |", f"|{' --- |' + ' ---: |' * (len(self.columns) - 1)}"]
        body = [f"| {' | '.join(shown(cell) for cell in row)} |" for row in self.rows]
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([f"\n**{self.title}**\n", *head, *body, *([""] if notes else []), *notes])


@dataclass(frozen=True, slots=True)
class Report:
    """One measurement: its tables, and all its figures for JSON."""

    tables: Sequence[Table]
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. keep: a folder in which the masked results of `leak` stay for looking at."""

    engines: tuple[str, ...]
    shared: Path
    cache: Path
    quick: bool = False
    verify: bool = False
    keep: Path | None = None

    @property
    def people_film(self) -> Path:
        """The recording that the targets are about."""
        return self.shared / "data" / "video" / "one-by-one-person-detection.mp4"


def shown(cell: Cell) -> str:
    """A figure with the digits that mean something."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 1000 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.4g}"
    return str(cell)
