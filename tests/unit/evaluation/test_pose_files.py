"""Pose files: both spellings are read, and what is wrong with one is said with its name, in both languages."""

from __future__ import annotations

import contextlib
import gzip
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import AnsimError, SourceError
from agent.evaluation.pose_files import PoseFile, pose_files, read_pose_video

FLAT = [float(n) for n in range(51)]
ROWS = [[float(3 * n + i) for i in range(3)] for n in range(17)]


def entry(keypoints: Any = FLAT) -> dict[str, Any]:
    return {"keypoints": keypoints, "scores": None}


def write(folder: Path, name: str, poses: Any, labels: Any = None) -> PoseFile:
    (folder / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(poses).encode()))
    if labels is not None:
        np.save(folder / f"{name}.labels.npy", labels)
    (found,) = (file for file in pose_files(folder) if file.name == name)
    return found


def test_y_x_and_confidence_become_x_y_and_confidence(tmp_path: Path) -> None:
    for name, keypoints in {"01_flat": FLAT, "01_rows": ROWS}.items():
        video = read_pose_video(write(tmp_path, name, {"7": {"3": entry(keypoints), "2": entry()}}, np.asarray([0, 0, 1, 1])))
        (track,) = video.tracks
        assert (video.camera, track.person, track.frames.tolist()) == ("01", "7", [2, 3])
        assert track.points[1, :2].tolist() == [[1, 0, 2], [4, 3, 5]]
        assert video.labels is not None
        assert video.labels.tolist() == [False, False, True, True]


def test_plain_files_are_read_too_and_packed_ones_go_first(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"1": {"0": entry()}}), "utf-8")
    np.save(tmp_path / "a.npy", np.asarray([1.0]))
    (tmp_path / "b.json").write_text("{}", "utf-8")
    write(tmp_path, "b", {"1": {"0": entry()}})
    (tmp_path / "notes.txt").write_text("", "utf-8")
    a, b = pose_files(tmp_path)
    assert (a.name, a.camera, a.poses.name) == ("a", "", "a.json")
    assert b.poses.name == "b.json.gz"
    assert b.labels is None
    labels = read_pose_video(a).labels
    assert labels is not None
    assert labels.tolist() == [True]


def test_nobody_at_all_is_a_video_too(tmp_path: Path) -> None:
    video = read_pose_video(write(tmp_path, "01_empty", {"1": {}}, np.asarray([0, 0])))
    assert video.tracks == ()


def test_unknown_confidence_is_no_fault(tmp_path: Path) -> None:
    (track,) = read_pose_video(write(tmp_path, "01_a", {"1": {"0": entry([1.0, 2.0, float("nan")] * 17)}})).tracks
    assert np.isnan(track.points[0, :, 2]).all()


@pytest.mark.parametrize(
    ("poses", "korean", "english"),
    [
        ([], "맨 바깥", "outermost"),
        ({"1": [1, 2]}, "사람 1", "person 1"),
        ({"1": {"x": entry()}}, "'x'", "'x'"),
        ({"1": {"-1": entry()}}, "'-1'", "'-1'"),
        ({"1": {"0": None}}, "사람 1, 장면 0", "person 1, frame 0"),
        ({"1": {"0": {"points": FLAT}}}, "점 17개", "not 17 points"),
        ({"1": {"0": entry(FLAT[:-1])}}, "점 17개", "not 17 points"),
        ({"1": {"0": entry(ROWS[:-1])}}, "점 17개", "not 17 points"),
        ({"1": {"0": entry(["a"] * 51)}}, "점 17개", "not 17 points"),
        ({"1": {"0": entry([[1, 2], [3]])}}, "점 17개", "not 17 points"),
        ({"1": {"4": entry([float("nan")] * 51)}}, "NaN", "person 1, frame 4: a coordinate is not a number"),
        ({"1": {"0": entry([float("inf")] * 51)}}, "NaN", "not a number"),
        ({"1": {"0": entry([10**400] * 51)}}, "사람 1, 장면 0: 너무 큰 수", "person 1, frame 0: a number is too large"),
        ({"1": {str(2**63): entry()}}, "92233720...", "the frame number 92233720... is too long (19 digits, 8 at most)"),
        ({"1": {"9" * 5000: entry()}}, "99999999...", "the frame number 99999999... is too long (5000 digits, 8 at most)"),
    ],
)
def test_what_makes_no_sense_is_said_with_the_file_and_the_place(tmp_path: Path, poses: Any, korean: str, english: str) -> None:
    with pytest.raises(AnsimError) as raised:
        read_pose_video(write(tmp_path, "01_bad", poses))
    text = raised.value.text
    assert "01_bad.json.gz" in text.ko
    assert "01_bad.json.gz" in text.en
    assert korean in text.ko
    assert english in text.en


@pytest.mark.parametrize(
    "damaged",
    [
        gzip.compress(b'{"1": {"0": {}}}')[:15],
        b"not packed",
        b"",
        gzip.compress(b'{"1": {"0"'),
        gzip.compress(b"\xff\xfe"),
        gzip.compress(b"[" * 100_000),
    ],
    ids=["cut short", "not packed", "empty", "half a text", "no text", "too deep"],
)
def test_a_file_that_is_cut_short_or_damaged_is_said(tmp_path: Path, damaged: bytes) -> None:
    file = write(tmp_path, "01_cut", {"1": {"0": entry()}})
    file.poses.write_bytes(damaged)
    with pytest.raises(AnsimError) as raised:
        read_pose_video(file)
    assert "01_cut.json.gz" in raised.value.text.ko


@pytest.mark.parametrize(
    ("labels", "english"),
    [
        (np.asarray([0]), "there are labels for 1 frames, but poses up to frame 5"),
        (np.asarray([[0, 1]] * 6), "one 0 or 1 per frame"),
        (np.asarray([0, 1, 2, 0, 0, 0]), "one 0 or 1 per frame"),
        (np.asarray([np.nan] * 6), "one 0 or 1 per frame"),
        (np.asarray(["0"] * 6), "one 0 or 1 per frame"),
    ],
)
def test_labels_that_do_not_fit_are_said(tmp_path: Path, labels: Any, english: str) -> None:
    with pytest.raises(AnsimError) as raised:
        read_pose_video(write(tmp_path, "01_l", {"1": {"5": entry()}}, labels))
    assert "01_l.labels.npy" in raised.value.text.ko
    assert english in raised.value.text.en


def heading(shape: str, descr: str = "'<i8'") -> bytes:
    """A NumPy file with nothing behind its heading."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "damaged",
    [
        heading("((((((("),
        heading("(1000000000000,)"),
        heading("(9223372036854775807,)"),
        heading("(99999999999999999999999,)"),
        heading("(-1,)"),
        heading("(60,)"),
        heading("(60,)", "'nonsense'"),
        heading("(" * 3000),
        b"PK\x03\x04 no archive",
    ],
    ids=["brackets", "terabytes", "int64", "digits", "negative", "nothing behind", "kind", "deep", "archive"],
)
def test_labels_whose_heading_is_damaged_are_said(tmp_path: Path, damaged: bytes) -> None:
    file = write(tmp_path, "01_h", {"1": {"5": entry()}}, np.asarray([0] * 6))
    assert file.labels is not None
    file.labels.write_bytes(damaged)
    with pytest.raises(AnsimError) as raised:
        read_pose_video(file)
    assert "01_h.labels.npy" in raised.value.text.ko
    assert "no NumPy array, or damaged" in raised.value.text.en


@given(at=st.integers(6, 127), byte=st.integers(0, 255))
def test_labels_with_any_byte_of_the_heading_changed_are_read_or_said(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    file = write(folder, "01_changed", {"1": {"5": entry()}}, np.asarray([0] * 6))
    assert file.labels is not None
    whole = bytearray(file.labels.read_bytes())
    whole[at] = byte
    file.labels.write_bytes(whole)
    with warnings.catch_warnings(), contextlib.suppress(AnsimError):
        warnings.simplefilter("ignore")  # NumPy warns of a heading as Python 2 wrote it
        assert read_pose_video(file).labels is not None


def test_labels_are_never_unpickled(tmp_path: Path) -> None:
    file = write(tmp_path, "01_p", {}, np.asarray([0]))
    assert file.labels is not None
    np.save(file.labels, np.asarray([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(AnsimError, match="NumPy array"):
        read_pose_video(file)
    file.labels.write_bytes(b"")
    with pytest.raises(AnsimError, match="NumPy array"):
        read_pose_video(file)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        pose_files(tmp_path / "nowhere")
