"""Where in a TOML file each key stands, so that a mistake can be shown by its line.

Comes in: TOML text and the name to call it by. Goes out: `ConfigFile`: plain values, and the `Origin` of each. Syntax errors
are raised as ConfigError with the line. tomlkit reads the values but keeps no lines, so a small walk over the text finds them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from agent.errors import ConfigError
from agent.values import Text

Address = tuple[str | int, ...]  # ("cameras", 0, "id")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from. folder: what relative paths in it refer to. loose: text may stand for numbers (command line)."""

    name: str
    line: int | None = None
    folder: Path | None = None
    loose: bool = False

    def text(self) -> Text:
        """How a sentence about the value begins."""
        if self.line is None:
            return Text(ko=self.name, en=self.name)
        return Text(ko=f"{self.name} {self.line}번째 줄", en=f"{self.name} line {self.line}")

    def error(self, ko: str, en: str) -> ConfigError:
        """A ConfigError that begins with this place."""
        place = self.text()
        return ConfigError(ko=f"{place.ko}: {ko}", en=f"{place.en}: {en}")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that is valid TOML. values: nested dicts and lists; lines: the line (from 1) of each key and element."""

    name: str
    folder: Path | None
    values: dict[str, Any]
    lines: Mapping[Address, int] = field(default_factory=dict)

    def origin(self, at: Address) -> Origin:
        """The place of `at`, or of what is around it where that is not written out."""
        while at and at not in self.lines:
            at = at[:-1]
        return Origin(self.name, self.lines.get(at), self.folder)


def parse(text: str, name: str, folder: Path | None) -> ConfigFile:
    """Read TOML text. Raises ConfigError with the line for anything that is not TOML."""
    try:
        values = tomlkit.parse(text).unwrap()
    except ParseError as wrong:
        raise _syntax(Origin(name, wrong.line), wrong) from wrong
    except (TOMLKitError, ValueError) as wrong:
        raise _syntax(Origin(name, _line_of_mistake(text)), wrong) from wrong
    return ConfigFile(name, folder, values, lines_of(text))


def lines_of(text: str) -> dict[Address, int]:
    """The line (from 1) of each key, table and array element in valid TOML."""
    return _Walk(text).lines


def _line_of_mistake(text: str) -> int | None:
    """tomlkit gives no line for a repeated key; the standard library names it in its message."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"at line (\d+)", str(wrong))
        return int(found[1]) if found else None
    return None


def _syntax(place: Origin, wrong: Exception) -> ConfigError:
    return place.error(
        ko=f"TOML 문법에 맞지 않습니다. 따옴표, 괄호, 중복된 항목을 확인해 주세요. ({wrong})",
        en=f"this is not valid TOML; check quotes, brackets and repeated keys ({wrong})",
    )


class _Walk:
    """One pass over text that is known to be valid TOML, noting the line of every key and array element."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Address, int] = {}
        self._tables: dict[Address, int] = {}  # arrays of tables: how many so far
        header: Address = ()
        self._skip(" \t\r\n")
        while self.at < len(text):
            if text[self.at] == "[":
                header = self._header()
            else:
                self._pair(header)
            self._skip(" \t\r\n")

    def _note(self, address: Address) -> None:
        self.lines.setdefault(address, self.text.count("\n", 0, self.at) + 1)

    def _skip(self, blanks: str) -> None:
        while self.at < len(self.text) and (self.text[self.at] in blanks or self.text[self.at] == "#"):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                self.at += 1

    def _header(self) -> Address:
        start, many = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        keys = self._keys()
        self.at = self.text.index("]", self.at) + (2 if many else 1)
        address: Address = ()
        for depth, key in enumerate(keys):
            address = (*address, key)
            if many and depth == len(keys) - 1:
                self._tables[address] = self._tables.get(address, 0) + 1
            if address in self._tables:
                address = (*address, self._tables[address] - 1)
        end, self.at = self.at, start
        self._note(address)
        self.at = end
        return address

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(" \t")
            start = self.at
            if self.text[self.at] in "\"'":
                self._string()
                keys.append(self.text[start + 1 : self.at - 1])
            else:
                while self.text[self.at] not in " \t.=]":
                    self.at += 1
                keys.append(self.text[start : self.at])
            self._skip(" \t")
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _pair(self, table: Address) -> None:
        start = self.at
        address = (*table, *self._keys())
        end, self.at = self.at, start
        self._note(address)
        self.at = self.text.index("=", end) + 1
        self._skip(" \t")
        self._value(address)

    def _value(self, address: Address) -> None:
        opening = self.text[self.at]
        if opening in "\"'":
            self._string()
        elif opening in "[{":
            self._many(address, "]" if opening == "[" else "}")
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}\n#":
                self.at += 1

    def _many(self, address: Address, closing: str) -> None:
        """The inside of an array or an inline table."""
        self.at += 1
        count = 0
        self._skip(" \t\r\n,")
        while self.text[self.at] != closing:
            if closing == "]":
                self._note((*address, count))
                self._value((*address, count))
                count += 1
            else:
                self._pair(address)
            self._skip(" \t\r\n,")
        self.at += 1

    def _string(self) -> None:
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(mark)
        while len(mark) == 3 and self.text.startswith(quote, self.at):  # up to two quotes may stand before the closing three
            self.at += 1
