"""How far long work has come: a bar on a terminal, else a line now and then, so that a log stays short.

Comes in: what has been done. Goes out: text on a stream (the command line's standard error).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from agent.clock import Clock
from agent.values import Text

WIDTH = 24  # characters of the bar
QUIET_S = 30.0  # seconds between lines where there is no terminal
NAME = 40  # characters of an item's name


class Progress:
    """Holding one means: you do `total` things one after the other and somebody waits for it."""

    def __init__(self, stream: TextIO, total: int, clock: Clock, speak: Callable[[Text], str]) -> None:
        self._stream = stream
        self._total = total
        self._clock = clock
        self._speak = speak
        self._terminal = stream.isatty()
        self._began = clock.monotonic()
        self._last = self._began
        self._done = 0
        self._worked = 0

    def known(self, count: int) -> None:
        """So many things were done by an earlier run: they count as done, and say nothing about how long the others take."""
        self._done += count
        if self._done >= self._total:
            self._show("", over=True)

    def step(self, name: str) -> None:
        """One more thing is done."""
        self._done += 1
        self._worked += 1
        self._show(name, over=self._done >= self._total)

    def _show(self, name: str, *, over: bool) -> None:
        now = self._clock.monotonic()
        if self._terminal:
            self._write(f"\r\x1b[2K{self._bar()} {self._line(name)}" + ("\n" if over else ""))
        elif over or now - self._last >= QUIET_S:
            self._last = now
            self._write(self._line(name) + "\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def _bar(self) -> str:
        full = WIDTH * self._done // max(self._total, 1)
        return f"[{'#' * full}{'.' * (WIDTH - full)}]"

    def _line(self, name: str) -> str:
        short = name if len(name) <= NAME else f"...{name[3 - NAME :]}"
        left = (self._clock.monotonic() - self._began) / max(self._worked, 1) * (self._total - self._done)
        clock = f"{int(left) // 3600}:{int(left) // 60 % 60:02}:{int(left) % 60:02}"
        rest = self._speak(Text(ko=f"남은 시간 {clock}", en=f"{clock} left"))
        return f"{self._done}/{self._total} {rest}  {short}".rstrip()
