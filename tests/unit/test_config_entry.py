"""[entry]: what does not fit together is named with its line, and what is off is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import Settings, load_settings
from agent.errors import ConfigError

CAMERAS = '[[cameras]]\nid = "door"\nsource = "demo:"\n[[cameras]]\nid = "hall"\nsource = "demo:"\n'
GOOD = {
    "enabled": "true", "reader": '"door"', "gate": '"hall"', "line": "[[0.3, 0.8], [0.6, 0.8]]", "inside": "[0.5, 0.4]"
}  # fmt: skip


@pytest.fixture
def load(tmp_path: Path):
    def load_entry(more: str = "", **entry: str) -> Settings:
        lines = "".join(f"{key} = {value}\n" for key, value in {**GOOD, **entry}.items())
        path = tmp_path / "config.toml"
        path.write_text(f"[entry]\n{lines}{more}{CAMERAS}", encoding="utf-8")
        return load_settings(path)

    return load_entry


def test_what_fits_is_taken(load) -> None:
    entry = load().entry
    assert (entry.enabled, entry.reader, entry.gate, len(entry.line)) == (True, "door", "hall", 2)


@pytest.mark.parametrize(
    ("entry", "more", "says"),
    [
        ({"reader": '"dor"'}, "", r"config\.toml.*3.*names the camera 'dor'.*door, hall"),
        ({"gate": '"x"'}, "", "entry.gate names the camera 'x'"),
        ({"line": "[[0.3, 0.8]]"}, "", "two points"),
        ({"line": "[]"}, "", "two points"),
        ({"line": "[[0.3, 0.8], [0.3, 0.81]]"}, "", "too close"),
        ({"inside": "[0.9, 0.8]"}, "", "lies on entry.line"),
        ({}, '[entry.door]\nopener = "webhook"\n', r"entry\.door\.url is needed"),
        ({}, '[entry.door]\nopener = "serial"\n', r"entry\.door\.port is needed"),
        ({}, '[entry.door]\nopener = "gpio"\nlock_inverted = true\n', "another way out"),
        ({}, '[entry.kiosk]\ncertificate = "a.pem"\n', "belong together"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(load, entry: dict[str, str], more: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(more, **entry)


@pytest.mark.parametrize(
    ("entry", "more"),
    [
        ({"enabled": "false", "reader": '"dor"', "line": "[]"}, '[entry.door]\nopener = "webhook"\n'),
        ({"gate": '""', "line": "[]"}, ""),
        ({"reader": '""'}, '[entry.door]\nopener = "gpio"\nlock_inverted = true\nother_way_out = true\n'),
    ],
)
def test_what_is_off_is_left_alone(load, entry: dict[str, str], more: str) -> None:
    load(more, **entry)
