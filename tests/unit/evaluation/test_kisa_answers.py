"""Results of KISA's test never take the place of a truth file, of a stranger's file, or of each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigError, StoreError
from agent.evaluation.kisa_answers import Answers
from agent.evaluation.kisa_xml import Alarm, is_result, result_xml

TRUTH = (
    "<KisaLibraryIndex><Library><Scenario>Theft</Scenario><Clip><Header/><Alarms><Alarm><StartTime>00:00:05</StartTime>"
    "<AlarmDescription>Theft</AlarmDescription><AlarmDuration>00:00:05</AlarmDuration></Alarm></Alarms></Clip></Library>"
    "</KisaLibraryIndex>"
)
NAMES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)


@pytest.mark.parametrize("there", [True, False], ids=["there", "not yet"])
def test_a_place_where_truth_is_looked_for_is_refused(tmp_path: Path, there: bool) -> None:
    """Also where none is yet: the next run would take the result for the truth."""
    truth = tmp_path / "films" / "a.xml"
    truth.parent.mkdir()
    (tmp_path / "link").symlink_to(truth.parent)
    if there:
        truth.write_text(TRUTH, "utf-8")
    for xml in (truth.parent, tmp_path / "link", truth.parent / ".." / "films"):
        with pytest.raises(ConfigError, match="Name another folder with --xml") as refused:
            Answers.lay_out(xml, ["a.mp4"], [truth])
        assert "--xml에" in refused.value.text.ko


@pytest.mark.parametrize(
    "foreign",
    [
        TRUTH.encode(),
        TRUTH.replace("<Scenario>Theft</Scenario>", "").encode(),
        b"no xml",
        b"",
        result_xml("a.mp4", []) + b"\n<!-- noted by hand -->",
    ],
    ids=["truth", "truth without a scenario", "text", "empty", "changed by hand"],
)
def test_a_file_that_is_no_result_of_ours_is_left_alone(tmp_path: Path, foreign: bytes) -> None:
    (tmp_path / "a.xml").write_bytes(foreign)
    with pytest.raises(ConfigError, match=r"a\.xml is not a result that Ansim wrote"):
        Answers.lay_out(tmp_path, ["b.mp4", "a.mp4"], [])
    assert [path.name for path in tmp_path.iterdir()] == ["a.xml"]
    assert (tmp_path / "a.xml").read_bytes() == foreign


def test_two_videos_do_not_share_a_result(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"The videos a\.mkv and a\.mp4 would share the result"):
        Answers.lay_out(tmp_path, ["a.mkv", "a.mp4"], [])
    assert len(Answers.lay_out(tmp_path, ["a.mkv", "more/a.mkv"], []).places) == 2


def test_results_of_an_earlier_run_are_replaced(tmp_path: Path) -> None:
    for alarms in ([Alarm(3.2, "Theft", 4.0), Alarm(3.4, "Damage", 1.0)], []):
        answers = Answers.lay_out(tmp_path, ["one/a.mp4"], [tmp_path / "truth" / "a.xml"])
        answers.write("one/a.mp4", alarms)
        assert (tmp_path / "one" / "a.xml").read_bytes() == result_xml("a.mp4", alarms)


@given(NAMES, st.lists(st.builds(Alarm, st.floats(0, 300_000), NAMES, st.floats(0, 300_000)), max_size=6))
def test_whatever_was_written_is_known_again(tmp_path_factory: pytest.TempPathFactory, name: str, alarms: list[Alarm]) -> None:
    path = tmp_path_factory.getbasetemp() / "known.xml"
    path.write_bytes(result_xml(name, alarms))
    assert is_result(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    answers = Answers.lay_out(tmp_path / "file" / "xml", ["a.mp4"], [])
    with pytest.raises(StoreError, match="cannot be made"):
        answers.write("a.mp4", [])
