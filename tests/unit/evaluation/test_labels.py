"""The table of labels, and zones in a file of their own: what is read, and that a mistake is shown with its line."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.evaluation.labels import Label, read_labels
from agent.evaluation.zone_file import read_view
from agent.values import Point

ZONE = '[[zones]]\nname = "A"\nkind = "shelf"\npolygon = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]\n'


def table(folder: Path, text: str) -> Path:
    path = folder / "labels.tsv"
    path.write_text(text, "utf-8")
    return path


def test_labels_are_read_with_their_actors_in_their_order(tmp_path: Path) -> None:
    labels = read_labels(table(tmp_path, "file\tlabel\tactor\tnote\nb/2.mp4\tShoplifting\tB\tx\n\na/1.mp4\tnormal\t\n"))
    assert list(labels.values()) == [Label("b/2.mp4", "shoplifting", "B"), Label("a/1.mp4", "normal", None)]
    assert [label.theft for label in labels.values()] == [True, False]


def test_a_byte_order_mark_and_line_ends_of_windows_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_bytes("\ufefflabel\tfile\r\nnormal\ta.mp4\r\n".encode())
    assert read_labels(path) == {"a.mp4": Label("a.mp4", "normal", None)}


def test_korean_names_are_spelled_one_way(tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "매장/한글.mp4") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert read_labels(table(tmp_path, f"file\tlabel\n{decomposed}\tnormal\n")) == {composed: Label(composed, "normal", None)}
    with pytest.raises(ConfigError, match="listed twice"):
        read_labels(table(tmp_path, f"file\tlabel\n{decomposed}\tnormal\n{composed}\tnormal\n"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "labels.tsv line 1: the first line must name"),
        ("file,label\na,b\n", "labels.tsv line 1: the first line must name"),
        ("file\tlabel\na.mp4\tnormal\na.mp4\ttheft\n", "labels.tsv line 3: 'a.mp4' is listed twice"),
        ("file\tlabel\na.mp4\n", "labels.tsv line 2: the file or its label is missing"),
        ("file\tlabel\n../a.mp4\tnormal\n", "labels.tsv line 2: '../a.mp4' does not lie in the folder"),
        ("file\tlabel\n/a.mp4\tnormal\n", "labels.tsv line 2: '/a.mp4' does not lie in the folder"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_labels(table(tmp_path, text))
    assert refused.value.text.en.startswith(complaint)
    assert refused.value.text.ko.startswith(complaint.partition(" line")[0])


def test_a_table_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.tsv").write_bytes(b"\xff\xfe\x00")
    for name in ("a.tsv", "b.tsv"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_labels(tmp_path / name)


def test_zones_are_read_as_a_camera_has_them(tmp_path: Path) -> None:
    path = tmp_path / "zones.toml"
    path.write_text(ZONE + "\n", "utf-8")
    (zone,) = read_view(path).zones
    assert (zone.name, zone.kind) == ("A", "shelf")
    assert zone.polygon == (Point(0.1, 0.1), Point(0.5, 0.1), Point(0.5, 0.5))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ZONE.replace("0.5, 0.5", "1.5, 0.5"), "zones.toml line 4: a corner is two numbers"),
        (ZONE.replace("shelf", "shelv"), "zones.toml line 3: 'zones.1.kind' must be one of"),
        (ZONE.replace("kind", "kinds"), "zones.toml line 3: unknown key 'kinds'"),
        (ZONE.replace("[0.5, 0.1], ", ""), "zones.toml line 4: zone 'A' needs at least three corners"),
        (ZONE.replace("[[zones]]", "[zone]"), "zones.toml line 1: unknown key 'zone'"),
        (
            f'[[cameras]]\nid = "a"\n[[cameras.zones]]{ZONE[9:]}',
            "zones.toml line 1: this is a settings file, not a file of zones",
        ),
        (ZONE + ZONE, "zones.toml line 5: zone name 'A' is used twice"),
        ("[[zones]\n", "zones.toml line 1: "),
    ],
)
def test_a_wrong_zone_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "zones.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        read_view(path)
    assert refused.value.text.en.startswith(complaint)
