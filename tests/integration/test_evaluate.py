"""`ansim evaluate` as somebody runs it: real films of a drawn room, tables, reports, and a run that is killed and goes on."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import av
import numpy as np
import pytest

from agent.values import Box
from tests.command import KOREAN, PATIENCE_S, ansim, command, environment, until
from tests.room import FPS, HEIGHT, WIDTH, Figure, Room
from tests.unit.incidents.figure import HELD, figure

EMPTY_S, ENTERS_S, SPEED, STOPS_AT = 6, 6.0, 0.2, 0.45  # seconds, seconds, shares of the picture a second, share
DUE_S = 18.0  # ten seconds after the figure stands in the zone
ZONE = '[[zones]]\nname = "A"\nkind = "loiter"\npolygon = [[0.3, 0.2], [0.7, 0.2], [0.7, 1.0], [0.3, 1.0]]\n'


def film(path: Path, seconds: int, *, visitor: bool, seed: int = 1) -> Path:
    """The drawn room as H.264; with a visitor, somebody walks in after a while, stops in the middle and stays."""
    room = Room(seed)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=int(FPS), options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(int(seconds * FPS)):
            now = index / FPS
            left = min(-0.15 + (now - ENTERS_S) * SPEED, STOPS_AT)
            raw = room.frame(*([Figure(Box(left, 0.3, left + 0.13, 0.95))] if visitor and now >= ENTERS_S else []))
            picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            for plane, pixels in zip(picture.planes, raw.look(), strict=True):
                np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width] = pixels
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    film(folder / "visitor.mp4", 24, visitor=True)
    film(folder / "quiet.mp4", 10, visitor=False, seed=2)
    return folder


@pytest.fixture
def clips(films: Path, tmp_path: Path) -> Path:
    """A folder with two labelled clips and their zones."""
    folder = tmp_path / "clips"
    shutil.copytree(films, folder)
    (tmp_path / "labels.tsv").write_text("file\tlabel\tactor\nvisitor.mp4\ttheft\tA\nquiet.mp4\tnormal\tB\n", "utf-8")
    (tmp_path / "zones.toml").write_text(ZONE, "utf-8")
    return folder


def evaluate_clips(clips: Path, out: Path, *more: object, **environ: str) -> subprocess.CompletedProcess[str]:
    labels = clips.parent / "labels.tsv"
    return ansim(
        "evaluate", "clips", clips, "--labels", labels, "--engine", "reference", "--json", out, *more,
        ANSIM_INCIDENTS__LOITERING__SECONDS="10", **environ,
    )  # fmt: skip


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_clips_are_told_with_their_alarms_and_compared_with_their_labels(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = evaluate_clips(clips, out, "--zones", tmp_path / "zones.toml")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    report = loaded(out)
    assert [(row["file"], row["theft"], row["actor"]) for row in report["clips"]] == [
        ("visitor.mp4", True, "A"),
        ("quiet.mp4", False, "B"),
    ]
    (loitering,) = (alarm for alarm in report["clips"][0]["alarms"] if alarm["rule"] == "loitering")
    assert DUE_S - 2 <= loitering["raised_s"] <= DUE_S + 2
    assert (loitering["zone"], loitering["since_s"] <= loitering["raised_s"]) == ("A", True)
    assert "stayed" in loitering["reason"]["en"]
    assert report["clips"][1]["alarms"] == []
    assert report["overall"]["by_alarm"]["thefts_missed"] == 1  # loitering is no theft
    assert report["overall"]["by_alarm"]["balanced_accuracy"] == 0.5
    assert set(report["actors"]) == {"A", "B"}
    assert report["false_alarms"]["theft"] == {"count": 0, "per_hour": 0.0}
    assert report["skipped"] == []
    assert [one["recordings"] for one in report["resting"]] == [2] * len(report["resting"])
    assert any("left without paying" in one["en"] for one in report["resting"])
    assert done.stdout.count("Could not be measured as meant (recordings: 2): No shelf") == 1
    assert re.search(r"^visitor\.mp4 +theft .* loitering 1\d\.\ds", done.stdout, re.MULTILINE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips", "labels.tsv", "out.json", "zones.toml"]


def test_what_cannot_be_measured_is_told_and_the_others_go_on(clips: Path, tmp_path: Path) -> None:
    shutil.copy(clips / "quiet.mp4", clips / "unlabelled.mp4")
    whole = (clips / "quiet.mp4").read_bytes()
    (clips / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (clips / "text.mp4").write_text("no video", "utf-8")
    with (tmp_path / "labels.tsv").open("a", encoding="utf-8") as table:
        table.write("gone.mp4\tnormal\tB\ncut.mp4\tnormal\tB\ntext.mp4\tnormal\tB\n")
    out = tmp_path / "out.json"
    done = evaluate_clips(clips, out)
    assert done.returncode == 1
    report = loaded(out)
    assert [row["file"] for row in report["clips"]] == ["visitor.mp4", "quiet.mp4"]
    assert {one["item"] for one in report["skipped"]} == {"gone.mp4", "unlabelled.mp4", "cut.mp4", "text.mp4"}
    assert "Left out: gone.mp4 - The labels name this clip, but it is not in the folder." in done.stdout
    assert all(re.search("[가-힣]", one["ko"]) for one in report["skipped"])


def test_a_recording_that_breaks_off_is_left_out(clips: Path, tmp_path: Path) -> None:
    ts = clips / "cut.mkv"
    with av.open(str(clips / "visitor.mp4")) as source, av.open(str(ts), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    ts.write_bytes(ts.read_bytes()[: ts.stat().st_size // 2])
    (tmp_path / "labels.tsv").write_text("file\tlabel\ncut.mkv\ttheft\nquiet.mp4\tnormal\nvisitor.mp4\ttheft\n", "utf-8")
    evaluate_clips(clips, tmp_path / "out.json")
    (left,) = loaded(tmp_path / "out.json")["skipped"]
    assert left["item"] == "cut.mkv"
    assert "breaks off" in left["en"]


def test_a_run_that_is_killed_goes_on_where_it_was_and_gives_the_same_report(clips: Path, tmp_path: Path) -> None:
    for number in range(6):
        shutil.copy(clips / "quiet.mp4", clips / f"quiet_{number}.mp4")
        with (clips / f"quiet_{number}.mp4").open("ab") as file:
            file.write(bytes(8 + number))  # another file to the bookkeeping, the same film to the eye
    rows = "".join(f"quiet_{number}.mp4\tnormal\tB\n" for number in range(6))
    with (tmp_path / "labels.tsv").open("a", encoding="utf-8") as table:
        table.write(rows)
    whole, killed = tmp_path / "whole.json", tmp_path / "killed.json"
    assert evaluate_clips(clips, whole).returncode == 0

    partial = tmp_path / "killed.json.partial"
    arguments = ("evaluate", "clips", clips, "--labels", tmp_path / "labels.tsv", "--engine", "reference", "--json", killed)
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        env=environment(ANSIM_INCIDENTS__LOITERING__SECONDS="10"),
    )  # fmt: skip
    until(lambda: partial.exists() and b"\n" in partial.read_bytes(), "no result was kept", process)
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert not killed.exists()

    kept = partial.read_text("utf-8").splitlines()
    assert evaluate_clips(clips, killed).returncode == 0
    assert killed.read_bytes() == whole.read_bytes()
    assert not partial.exists()

    entry = json.loads(kept[0])  # that the kept result is what is used: one that was altered is found in the report
    entry["result"]["frames"] = 4321
    partial.write_text(json.dumps(entry) + "\n", "utf-8")
    evaluate_clips(clips, killed)
    assert [row["frames"] for row in loaded(killed)["clips"]].count(4321) == 1


def test_other_settings_measure_anew(clips: Path, tmp_path: Path) -> None:
    out, partial = tmp_path / "out.json", tmp_path / "out.json.partial"
    evaluate_clips(clips, out)
    fresh = out.read_bytes()
    partial.write_text(json.dumps({"key": "of other settings", "result": {"frames": 1}}) + "\n", "utf-8")
    evaluate_clips(clips, out)
    assert out.read_bytes() == fresh


@pytest.mark.parametrize(
    ("change", "code", "complaint"),
    [
        (("labels.tsv", "file\tlabel\nvisitor.mp4\n"), 2, "labels.tsv line 2: the file or its label is missing"),
        (("labels.tsv", "file\tlabel\nnone.mp4\tnormal\n"), 2, "Not one clip of the labels lies in"),
        (("zones.toml", ZONE.replace("0.7, 1.0", "0.7, 1.2")), 2, "zones.toml line 4: a corner is two numbers"),
        (("zones.toml", ZONE.replace("[0.7, 0.2], [0.7, 1.0]", "[0.7, 1.0], [0.7, 0.2]")), 2, "crosses itself"),
    ],
)
def test_labels_and_zones_that_are_wrong_end_the_run(
    clips: Path, tmp_path: Path, change: tuple[str, str], code: int, complaint: str
) -> None:
    (tmp_path / change[0]).write_text(change[1], "utf-8")
    done = evaluate_clips(clips, tmp_path / "out.json", "--zones", tmp_path / "zones.toml")
    assert done.returncode == code
    assert complaint in done.stderr
    assert not (tmp_path / "out.json").exists()


def truth(folder: Path, name: str, alarm: str) -> None:
    corners = "".join(f"<Point>{x},{y}</Point>" for x, y in ((384, 144), (896, 144), (896, 720), (384, 720)))
    (folder / f"{name}.xml").write_text(
        "<KisaLibraryIndex><Library><Scenario>Loitering</Scenario><Clip><Header><AlarmEvents>1</AlarmEvents>"
        f"<Filename>{name}.mp4</Filename><Loitering>{corners}</Loitering></Header><Alarms>{alarm}</Alarms></Clip></Library>"
        "</KisaLibraryIndex>",
        "utf-8",
    )


ALARM = (
    "<Alarm><StartTime>00:00:18</StartTime><AlarmDescription>Loitering</AlarmDescription>"
    "<AlarmDuration>00:00:06</AlarmDuration></Alarm>"
)


def test_kisa_answers_each_video_with_a_result_file_and_scores_it(clips: Path, tmp_path: Path) -> None:
    answers, out, known = tmp_path / "xml", tmp_path / "kisa.json", tmp_path / "truth"
    known.mkdir()
    truth(known, "visitor", ALARM)
    truth(known, "quiet", "")
    done = ansim(
        "evaluate", "kisa", clips, "--truth", known, "--xml", answers, "--json", out, "--items", "loitering",
        "--engine", "reference",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    clip = ET.fromstring((answers / "visitor.xml").read_text("utf-8")).find("Library/Clip")
    assert clip is not None
    assert clip.findtext("Header/Filename") == "visitor.mp4"
    assert clip.findtext("Alarms/Alarm/AlarmDescription") == "Loitering"
    assert re.fullmatch(r"00:00:(1[6-9]|2\d)", clip.findtext("Alarms/Alarm/StartTime", ""))
    assert ET.fromstring((answers / "quiet.xml").read_text("utf-8")).findtext("Library/Clip/Header/AlarmEvents") == "0"
    score = loaded(out)["items"]["loitering"]
    assert (score["found"], score["missed"], score["false"], score["score"], score["passed"]) == (1, 0, 0, 100.0, True)


def test_kisa_goes_on_without_the_truth_of_a_video_and_says_so(clips: Path, tmp_path: Path) -> None:
    truth(clips, "visitor", ALARM.replace("00:00:18", "18 s"))
    truth(clips, "quiet", "")
    done = ansim(
        "evaluate", "kisa", clips, "--xml", tmp_path / "xml", "--json", tmp_path / "kisa.json", "--engine", "reference",
        language=KOREAN,
    )  # fmt: skip
    assert done.returncode == 1
    report = loaded(tmp_path / "kisa.json")
    assert [one["item"] for one in report["skipped"]] == ["visitor.mp4"]
    assert "'18 s'는 HH:MM:SS가 아닙니다" in done.stdout
    assert {path.name for path in (tmp_path / "xml").iterdir()} == {"visitor.xml", "quiet.xml"}
    assert report["items"]["loitering"]["recordings"] == 1


def test_kisa_says_which_rule_of_an_item_could_not_work(clips: Path, tmp_path: Path) -> None:
    done = ansim(
        "evaluate", "kisa", clips, "--xml", tmp_path / "xml", "--json", tmp_path / "kisa.json", "--items", "theft",
        "--engine", "reference",
    )  # fmt: skip
    (one,) = loaded(tmp_path / "kisa.json")["resting"]
    assert (done.returncode, one["recordings"]) == (0, 2)
    assert one["en"].startswith("Without zones these rules rest: left without paying.")
    assert done.stdout.count(one["en"]) == 1
    assert "Zones can be given with --zones" in done.stdout


@pytest.mark.parametrize("where", ["films", "truth"])
def test_kisa_never_replaces_a_truth_file(clips: Path, tmp_path: Path, where: str) -> None:
    known, partial = tmp_path / "truth", tmp_path / "kisa.json.partial"
    known.mkdir()
    folder = clips if where == "films" else known
    truth(folder, "visitor", ALARM)
    before = (folder / "visitor.xml").read_bytes()
    done = ansim(
        "evaluate", "kisa", clips, *(() if where == "films" else ("--truth", known)), "--xml", folder,
        "--json", tmp_path / "kisa.json", "--engine", "reference",
    )  # fmt: skip
    assert done.returncode == 2
    assert "would lie where a truth file is looked for. Name another folder with --xml" in done.stderr
    assert (folder / "visitor.xml").read_bytes() == before
    assert sorted(path.name for path in folder.glob("*.xml")) == ["visitor.xml"]
    assert not partial.read_bytes()  # nothing was played


def test_a_curve_that_labels_cannot_give_is_told_before_anything_is_played(clips: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text("file\tlabel\nvisitor.mp4\tnormal\nquiet.mp4\tnormal\n", "utf-8")
    done = evaluate_clips(clips, tmp_path / "out.json", "--roc", tmp_path / "roc.svg")
    assert done.returncode == 2
    assert "A ROC curve needs both normal clips and thefts" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips", "labels.tsv", "zones.toml"]


def test_what_was_measured_is_kept_where_no_curve_comes_of_it(clips: Path, tmp_path: Path) -> None:
    (clips / "text.mp4").write_text("no video", "utf-8")
    (tmp_path / "labels.tsv").write_text("file\tlabel\ntext.mp4\ttheft\nquiet.mp4\tnormal\n", "utf-8")
    out, partial = tmp_path / "out.json", tmp_path / "out.json.partial"
    assert evaluate_clips(clips, out, "--roc", tmp_path / "roc.svg").returncode == 2
    assert len(partial.read_text("utf-8").splitlines()) == 1
    assert evaluate_clips(clips, out).returncode == 1
    assert [row["file"] for row in loaded(out)["clips"]] == ["quiet.mp4"]


def test_poses_are_scored_and_a_broken_file_is_left_out(tmp_path: Path) -> None:
    folder, out = tmp_path / "poses", tmp_path / "poses.json"
    folder.mkdir()
    for name, acts in (("01_a", 30), ("01_b", 0)):
        points = figure(60, seed=len(name) + acts, hands=HELD, from_frame=30 if acts else 60)
        frames = {str(at): {"keypoints": pose[:, [1, 0, 2]].ravel().tolist()} for at, pose in enumerate(points)}
        (folder / f"{name}.json").write_text(json.dumps({"1": frames}), "utf-8")
        np.save(folder / f"{name}.labels.npy", np.asarray([0] * (60 - acts) + [1] * acts))
    (folder / "01_c.json").write_text('{"1": {"0": {"keypoi', "utf-8")
    np.save(folder / "01_c.labels.npy", np.zeros(60))
    done = ansim("evaluate", "poses", folder, "--json", out)
    assert done.returncode == 1
    report = loaded(out)
    assert [row["video"] for row in report["videos"]] == ["01_a", "01_b"]
    assert [one["item"] for one in report["skipped"]] == ["01_c"]
    assert report["all_frames"]["auc_roc"]["value"] is not None
    assert "AUC-ROC" in done.stdout
    assert "Left out: 01_c" in done.stdout


def test_drawn_scenes_are_played_and_scored(tmp_path: Path) -> None:
    out = tmp_path / "drawn.json"
    done = ansim(
        "evaluate", "kisa", "demo:", "--seeds", 1, "--items", "loitering", "--engine", "reference", "--json", out
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = loaded(out)
    assert (report["drawn"], report["seeds"], report["detectors"]) == (True, [1, 1], ["reference"])
    assert [row["file"] for row in report["recordings"]] == ["demo:1:loitering", "demo:1:quiet"]
    score = report["items"]["loitering"]
    assert (score["recordings"], score["found"] + score["missed"]) == (2, 1)
    assert "loitering" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("kisa", "{clips}", "--json", "a.json"), "--xml"),
        (("kisa", "{clips}", "--xml", "x", "--items", "sleeping"), "There is no item 'sleeping'"),
        (("kisa", "/nowhere", "--xml", "x"), "There is no folder /nowhere"),
        (("kisa", "{clips}", "--xml", "x", "--truth", "/nowhere"), "There is no folder /nowhere"),
        (("kisa", "demo:", "--seeds", "0"), "--seeds must be at least 1"),
        (("qr", "/nowhere"), "There is no folder /nowhere"),
        (("qr", "{clips}"), "There are no pictures"),
        (("clips", "/nowhere", "--labels", "{clips}/../labels.tsv"), "There is no folder /nowhere"),
    ],
)
def test_arguments_that_are_wrong_are_told(clips: Path, arguments: tuple[str, ...], complaint: str) -> None:
    done = ansim("evaluate", *(argument.format(clips=clips) for argument in arguments))
    assert done.returncode == 2
    assert complaint in done.stderr


def test_help_is_there_in_both_languages() -> None:
    for part in ("clips", "kisa", "poses", "qr"):
        english, korean = ansim("evaluate", part, "--help"), ansim("evaluate", part, "--help", language=KOREAN)
        assert (english.returncode, korean.returncode) == (0, 0)
        assert not re.search("[가-힣]", english.stdout)
        assert re.search("[가-힣]", korean.stdout)
