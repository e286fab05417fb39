"""Scores over recordings: which count for an item, and what is told of each."""

from __future__ import annotations

from agent.evaluation.kisa import Due, chosen
from agent.evaluation.kisa_report import Known, scores
from agent.evaluation.resume import Plain


def played(*alarms: tuple[str, float]) -> Plain:
    return {"frames": 10, "seconds": 60.0, "alarms": [{"rule": rule, "raised_s": at} for rule, at in alarms]}


LOITER, FALL = {"loitering": (Due(20),)}, {"collapse": (Due(30),)}


def test_each_item_is_scored_over_the_recordings_that_are_about_it() -> None:
    results = {
        "a": played(("loitering", 21.0)),
        "b": played(("loitering", 5.0)),
        "c": played(),
        "d": played(("collapse", 31.0), ("loitering", 12.0)),
    }
    known = {"a": Known(LOITER), "b": Known(LOITER), "c": Known({}, "loitering"), "d": Known(FALL, "collapse")}
    report = scores(results, known, chosen([]))
    loitering, collapse = report["items"]["loitering"], report["items"]["collapse"]
    assert (loitering["found"], loitering["missed"], loitering["false"]) == (1, 1, 1)
    assert (loitering["recordings"], loitering["elsewhere"]) == (3, 1)
    assert loitering["score"] == 50.0
    assert (collapse["found"], collapse["score"], collapse["passed"], collapse["elsewhere"]) == (1, 100.0, True, 0)
    assert list(report["items"]) == ["loitering", "collapse"]
    outcomes = {row["file"]: row["outcome"] for row in report["recordings"]}
    assert outcomes == {
        "a": {"loitering": "found"},
        "b": {"loitering": "at another time"},
        "c": {"loitering": "quiet"},
        "d": {"collapse": "found"},
    }


def test_a_recording_that_shows_nothing_counts_for_every_item() -> None:
    report = scores({"a": played(("damage", 3.0))}, {"a": Known({})}, chosen(["damage", "collapse"]))
    assert report["items"]["damage"]["false"] == 1
    assert report["recordings"][0]["outcome"] == {"damage": "false", "collapse": "quiet"}


def test_alarms_in_quiet_scenes_are_told_apart() -> None:
    films = {"a": played(("damage", 3.0)), "b": played(), "c": played(("damage", 50.0))}
    known = {"a": Known({}), "b": Known({}), "c": Known({"damage": (Due(20),)}, "damage")}
    table = scores(films, known, chosen(["damage"]))["items"]["damage"]
    assert (table["quiet"], table["false_in_quiet"], table["false"]) == (2, 1, 2)


def test_a_recording_without_truth_is_listed_and_not_scored() -> None:
    report = scores({"a": played(("loitering", 3.0))}, {}, chosen([]))
    assert report["items"] == {}
    assert report["recordings"][0]["outcome"] is None


def test_what_is_due_in_a_recording_that_could_not_be_played_is_not_scored() -> None:
    assert scores({}, {"a": Known(LOITER)}, chosen([]))["items"] == {}


def test_several_dues_in_one_recording_are_told_by_numbers() -> None:
    known = {"a": Known({"loitering": (Due(20), Due(100))})}
    report = scores({"a": played(("loitering", 21.0))}, known, chosen(["loitering"]))
    assert report["recordings"][0]["outcome"] == {"loitering": "1 found, 1 missed, 0 false"}


def test_every_rule_of_an_item_raises_it() -> None:
    known = {"a": Known({"intrusion": (Due(20),)}), "b": Known({"intrusion": (Due(20),)})}
    report = scores({"a": played(("intrusion", 21.0)), "b": played(("staff_only", 25.0))}, known, chosen(["intrusion"]))
    assert report["items"]["intrusion"]["found"] == 2
