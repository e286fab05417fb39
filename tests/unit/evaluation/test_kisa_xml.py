"""The files of KISA's test, written and read: the form, what is refused, and why."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from agent.errors import ConfigError
from agent.evaluation.kisa import Due
from agent.evaluation.kisa_xml import Alarm, clock_time, read_map, read_truth, result_xml
from agent.values import Point

SQUARE = "<Point>0,0</Point><Point>640,0</Point><Point>640,360</Point><Point>0,360</Point>"
WHOLE = [("DetectArea-Loitering", "loiter"), ("DetectArea-Intrusion", "staff")]
LEFT_UPPER = (Point(0, 0), Point(0.5, 0), Point(0.5, 0.5), Point(0, 0.5))


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def truth(inside: str = "", header: str = "", scenario: str = "<Scenario>Loitering</Scenario>") -> str:
    return (
        f"<KisaLibraryIndex><Library>{scenario}<Clip><Header><Filename>a.mp4</Filename>{header}</Header>"
        f"<Alarms>{inside}</Alarms></Clip></Library></KisaLibraryIndex>"
    )


def alarm(start: str = "00:03:01", name: str = "Loitering", duration: str = "00:01:00") -> str:
    return (
        f"<Alarm><StartTime>{start}</StartTime><AlarmDescription>{name}</AlarmDescription>"
        f"<AlarmDuration>{duration}</AlarmDuration></Alarm>"
    )


def test_a_result_has_the_form_that_the_test_asks_for() -> None:
    made = result_xml("C00_001.mp4", [Alarm(200.4, "Intrusion", 9.5), Alarm(61.0, "Loitering", 30.0)])
    assert made.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    clip = ET.fromstring(made).find("Library/Clip")
    assert clip is not None
    assert clip.findtext("Header/AlarmEvents") == "2"
    assert clip.findtext("Header/Filename") == "C00_001.mp4"
    told = [[field.text for field in row] for row in clip.iterfind("Alarms/Alarm")]
    assert told == [["00:01:01", "Loitering", "00:00:30"], ["00:03:20", "Intrusion", "00:00:10"]]
    assert [field.tag for field in clip[1][0]] == ["StartTime", "AlarmDescription", "AlarmDuration"]


def test_a_video_without_an_alarm_has_a_result_without_one() -> None:
    made = result_xml("배회 & 침입.mp4", [])
    assert b"<AlarmEvents>0</AlarmEvents>" in made
    assert b"<Alarms></Alarms>" in made
    assert ET.fromstring(made).findtext("Library/Clip/Header/Filename") == "배회 & 침입.mp4"


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    alarms = [Alarm(61.0, "Loitering", 30.0), Alarm(3725.0, "Intrusion", 12.0)]
    read = read_truth(written(tmp_path / "a.xml", result_xml("a.mp4", alarms)))
    assert read.dues == (("Loitering", Due(61.0, 30.0)), ("Intrusion", Due(3725.0, 12.0)))
    assert read.scenario is None


def test_a_truth_file_tells_the_item_and_its_areas(tmp_path: Path) -> None:
    areas = f"<Duration>00:05:00</Duration><DetectArea>{SQUARE}</DetectArea><Loitering>{SQUARE}</Loitering>"
    read = read_truth(written(tmp_path / "a.xml", b"\xef\xbb\xbf" + truth(alarm(), areas).encode()))
    assert (read.scenario, read.dues) == ("Loitering", (("Loitering", Due(181.0, 60.0)),))
    assert [(zone.kind, zone.polygon) for zone in read.zones] == [("loiter", LEFT_UPPER)]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00:00"), (59.5, "00:01:00"), (59.4, "00:00:59"), (3661, "01:01:01"), (-0.2, "00:00:00")]
)
def test_times_are_whole_seconds(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text


@pytest.mark.parametrize(
    ("areas", "zones"),
    [
        (f"<DetectArea>{SQUARE}</DetectArea><Intrusion>{SQUARE}</Intrusion>", [("Intrusion", "staff")]),
        (f"<Loitering>{SQUARE}</Loitering>", [("Loitering", "loiter")]),
        (f"<DetectArea>{SQUARE}</DetectArea>", WHOLE),
        (f"<DetectArea>{SQUARE}<Point>0,0</Point></DetectArea><Loitering/>", WHOLE),
        ("<DetectionAreas>0</DetectionAreas>", []),
    ],
)
def test_a_map_gives_zones(tmp_path: Path, areas: str, zones: list[tuple[str, str]]) -> None:
    read = read_map(written(tmp_path / "C00_140.map", f"<DA><DetectionAreas>1</DetectionAreas>{areas}</DA>"))
    assert [(zone.name, zone.kind) for zone in read] == zones
    assert all(zone.polygon == LEFT_UPPER for zone in read)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "broken at line 1"),
        ("<KisaLibraryIndex>\n<Library>", "broken at line 2"),
        ("<Other/>", "no KisaLibraryIndex/Library/Clip"),
        (truth(alarm(start="3:01")), "time '3:01' is not HH:MM:SS"),
        (truth(alarm(start="")), "time '' is not HH:MM:SS"),
        (truth(alarm(start="00:61:00")), "not HH:MM:SS"),
        (truth(alarm(name=" ")), "no AlarmDescription"),
        (truth(header="<Loitering><Point>1,2</Point><Point>3</Point></Loitering>"), "Point '3' is not 'x,y'"),
        (truth(header="<Loitering><Point>1,2</Point><Point>1300,2</Point></Loitering>"), "outside the picture"),
        (truth(header="<Loitering><Point>1,2</Point><Point>9,9</Point></Loitering>"), "too few corners"),
        (
            truth(header="<Intrusion><Point>0,0</Point><Point>9,9</Point><Point>9,0</Point><Point>0,9</Point></Intrusion>"),
            "crosses itself",
        ),
        ('<!DOCTYPE a [<!ENTITY b "b">]><KisaLibraryIndex>&b;</KisaLibraryIndex>', "entities are not accepted"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "encoding"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_files_name(tmp_path: Path, text: str | bytes, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_truth(written(tmp_path / "a.xml", text))
    assert complaint in refused.value.text.en
    assert "a.xml" in refused.value.text.en
    assert "a.xml" in refused.value.text.ko


def test_a_missing_or_endless_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be opened"):
        read_truth(tmp_path / "none.xml")
    with pytest.raises(ConfigError, match="too large"):
        read_truth(written(tmp_path / "a.xml", b" " * 5_000_000))
