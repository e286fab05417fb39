"""A command of `ansim` within the test's own process: what is typed goes in, the lines that it says come out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from agent.cli_terminal import Terminal
from agent.settings import Settings


def said_by(command: Callable[[Terminal], Any], settings: Settings, *typed: str, language: str = "en") -> list[str]:
    """Run a command (a class such as agent.cli_anchor.Anchor) with these words; it has to end well."""
    said: list[str] = []
    parser = argparse.ArgumentParser()
    terminal = Terminal(lambda text: text.in_(language), said.append, lambda _: settings, _usual)
    command(terminal).add(parser.add_subparsers())
    asked = parser.parse_args(typed)
    assert asked.act(asked) == 0
    return said


def _usual(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")
