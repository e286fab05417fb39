"""Clips and their labels on written-out results: how a clip is decided, and what all say together."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from agent.errors import ConfigError
from agent.evaluation.clips import Clips, roc_picture, row_of, summary
from agent.evaluation.labels import Label
from agent.evaluation.resume import Plain
from agent.evaluation.zone_file import View


def played(*alarms: tuple[str, float], concealed: float | None = None, seconds: float = 36.0) -> Plain:
    return {
        "frames": 10,
        "seconds": seconds,
        "concealment": None if concealed is None else {"score": concealed, "at_s": 5.0},
        "alarms": [{"rule": rule, "raised_s": at} for rule, at in alarms],
    }


THEFT, NORMAL = Label("a.mp4", "shoplifting", "A"), Label("b.mp4", "normal", "B")


@pytest.mark.parametrize(
    ("result", "threshold", "score", "called", "alarmed"),
    [
        (played(), None, 0.0, False, False),
        (played(concealed=0.4), 0.5, 0.4, False, False),
        (played(concealed=0.5), 0.5, 0.5, True, False),
        (played(("concealment", 5.0), concealed=0.8), 0.5, 1.0, True, True),
        (played(("unpaid", 9.0)), None, 1.0, True, True),
        (played(("loitering", 9.0), concealed=0.1), 0.5, 0.1, False, False),
    ],
)
def test_a_clip_is_decided_by_its_highest_score_or_an_alarm_about_theft(
    result: Plain, threshold: float | None, score: float, called: bool, alarmed: bool
) -> None:
    row = row_of(THEFT, result, threshold)
    assert (row["score"], row["called"], row["alarmed"]) == (score, called, alarmed)
    assert (row["file"], row["theft"], row["actor"]) == ("a.mp4", True, "A")


ROWS = [
    row_of(THEFT, played(concealed=0.9), 0.5),
    row_of(THEFT, played(("swept", 3.0), concealed=0.2), 0.5),
    row_of(THEFT, played(concealed=0.3), 0.5),
    row_of(NORMAL, played(("loitering", 3.0), concealed=0.6), 0.5),
    row_of(NORMAL, played(("concealment", 3.0), ("loitering", 8.0), concealed=0.7), 0.5),
    row_of(NORMAL, played(concealed=0.1), 0.5),
]


def test_calls_and_alarms_are_counted_each_for_themselves() -> None:
    overall = summary(ROWS)["overall"]
    called, alarmed = overall["by_score"], overall["by_alarm"]
    assert (called["thefts_called"], called["thefts_missed"], called["normal_called"], called["normal_left"]) == (2, 1, 2, 1)
    assert (alarmed["thefts_called"], alarmed["thefts_missed"]) == (1, 2)
    assert (alarmed["normal_called"], alarmed["normal_left"]) == (1, 2)
    assert called["balanced_accuracy"] == 0.5
    assert overall["auc"]["low"] <= overall["auc"]["value"] <= overall["auc"]["high"]


def test_each_actor_is_told_and_one_class_alone_has_no_curve() -> None:
    actors = summary(ROWS)["actors"]
    assert {name: one["clips"] for name, one in actors.items()} == {"A": 3, "B": 3}
    assert actors["A"]["by_score"]["sensitivity"] == 0.6667
    assert actors["A"]["by_score"]["balanced_accuracy"] is None
    assert actors["A"]["auc"] is None


def test_false_alarms_are_of_normal_clips_an_hour_of_them() -> None:
    found = summary(ROWS)
    assert found["normal_hours"] == 0.03
    assert found["false_alarms"] == {
        "theft": {"count": 1, "per_hour": 33.33},
        "concealment": {"count": 1, "per_hour": 33.33},
        "loitering": {"count": 2, "per_hour": 66.67},
    }


def test_the_curve_is_drawn_with_the_models_threshold() -> None:
    drawn = roc_picture(summary(ROWS))
    assert drawn.startswith("<svg")
    assert "the model's threshold" in drawn
    with pytest.raises(ConfigError, match="needs both"):
        roc_picture(summary(ROWS[:3]))


def folder_of(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def labelled(folder: Path, **labels: str) -> Clips:
    """labels: by file name without its ending."""
    return Clips(folder, {f"{name}.mp4": Label(f"{name}.mp4", label, None) for name, label in labels.items()}, View())


def test_a_name_that_a_mac_has_stored_is_the_same_name(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "한글.mp4")
    clips = labelled(folder_of(tmp_path, decomposed), 한글="normal")
    there = clips.there()
    assert there == {"한글.mp4": tmp_path / decomposed}
    assert [label.file for label in clips.matched(there)] == ["한글.mp4"]
    assert clips.unmatched(there) == []
    with pytest.raises(ConfigError, match=r"Two clips are called '한글\.mp4'"):
        labelled(folder_of(tmp_path, "한글.mp4"), 한글="normal").there()


def test_labels_that_can_give_no_curve_are_told_before_anything_is_played(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.mp4", "b.mp4")
    labelled(tmp_path, a="normal", b="theft").check_curve()
    for labels in ({"a": "normal", "b": "normal"}, {"a": "theft"}, {"a": "normal", "gone": "theft"}):
        with pytest.raises(ConfigError, match="needs both normal clips and thefts"):
            labelled(tmp_path, **labels).check_curve()
