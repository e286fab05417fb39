"""Reading codes from pictures: exact texts, nothing where nothing is, and pictures that cannot be read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.clock import ManualClock
from agent.entry.code_reader import CodeReader, Grey
from agent.errors import ConfigError
from agent.evaluation.progress import Progress
from agent.evaluation.qr import evaluate_qr
from agent.evaluation.qr_readers import Reader, ZbarReader, all_readers, empty_frame_ms
from agent.evaluation.resume import Plain, Results
from agent.evaluation.work import Desk
from tests.command import ansim


def code(path: Path, text: str, expected: str | bytes | None = None) -> None:
    """A picture of a code, and the text that is expected of it."""
    path.parent.mkdir(exist_ok=True)
    modules = cv2.copyMakeBorder(cv2.QRCodeEncoder.create().encode(text), 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    cv2.imwrite(str(path), cv2.resize(modules, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST))
    if expected is not None:
        path.with_suffix(".txt").write_bytes(expected if isinstance(expected, bytes) else expected.encode("utf-8"))


def measured(folder: Path, *readers: Reader) -> Plain:
    with Results(None) as results:
        desk = Desk(results, lambda total: Progress(io.StringIO(), total, ManualClock(), str))
        return evaluate_qr(folder, readers or (CodeReader(),), desk, cost=lambda _: 1.5)


class Blind:
    """Reads nothing."""

    name = "blind"

    def read(self, grey: Grey) -> tuple[str, ...]:
        return ()


def test_texts_must_be_exact_and_nothing_may_be_read_where_nothing_is(tmp_path: Path) -> None:
    code(tmp_path / "codes" / "1.png", "https://example.com/?a=1", "https://example.com/?a=1\n")
    code(tmp_path / "codes" / "2.png", "one\r\ntwo", "one\ntwo")
    code(tmp_path / "codes" / "3.png", "something", "something else")
    code(tmp_path / "codes" / "4.png", "not to be judged")
    code(tmp_path / "falsepositives-1" / "1.png", "a code after all")
    grey = np.full((120, 120), 127, np.uint8)
    cv2.imwrite(str(tmp_path / "falsepositives-1" / "2.png"), grey)
    cv2.imwrite(str(tmp_path / "codes" / "5.png"), grey)
    (tmp_path / "codes" / "5.txt").write_text("hidden", "utf-8")
    report = measured(tmp_path)
    outcomes = {row["file"]: row["outcome"] for row in report["pictures"]}
    assert outcomes == {
        "codes/1.png": "read",
        "codes/2.png": "read",
        "codes/3.png": "wrong",
        "codes/4.png": "not judged",
        "codes/5.png": "missed",
        "falsepositives-1/1.png": "false",
        "falsepositives-1/2.png": "empty",
    }
    assert report["overall"] == {"read": 2, "wrong": 1, "missed": 1, "empty": 1, "false": 1, "not judged": 1}
    assert report["folders"]["codes"]["read"] == 2
    timing = report["timing"]["ansim"]
    assert timing["ms_most"] >= timing["ms_median"]
    assert timing["ms_720p_without_a_code"] == 1.5


def test_readers_stand_side_by_side_and_the_first_is_the_one_reported(tmp_path: Path) -> None:
    code(tmp_path / "codes" / "1.png", "ONE", "ONE")
    code(tmp_path / "codes" / "2.png", "TWO", "another")
    report = measured(tmp_path, CodeReader(), Blind(), ZbarReader())
    assert report["reader"] == "ansim"
    assert (report["overall"]["read"], report["overall"]["wrong"]) == (1, 1)
    assert list(report["peers"]) == ["blind", "pyzbar"]
    assert report["peers"]["blind"]["overall"]["missed"] == 2
    assert report["peers"]["pyzbar"]["folders"] == {"codes": report["folders"]["codes"]}
    assert list(report["timing"]) == ["ansim", "blind", "pyzbar"]


def test_every_reader_reads_a_plain_code_and_none_where_there_is_none() -> None:
    modules = cv2.copyMakeBorder(cv2.QRCodeEncoder.create().encode("PLAIN"), 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    face = cv2.resize(modules, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    assert [reader.name for reader in all_readers()] == ["ansim", "pyzbar", "zxing-cpp", "OpenCV"]
    for reader in all_readers():
        assert reader.read(face) == ("PLAIN",)
        assert reader.read(np.full((200, 200), 127, np.uint8)) == ()
        assert empty_frame_ms(reader) > 0


def test_no_code_of_the_photos_is_read_wrongly(shared: Path) -> None:
    report = measured(shared / "data" / "qr")
    folders = {name: counts for name, counts in report["folders"].items() if name.startswith("qrcode")}
    wrong = {row["file"] for row in report["pictures"] if row["outcome"] in ("wrong", "false")}
    assert wrong <= {"qrcode-2/13.png"}  # the text beside it is not the one that is in the code
    assert sum(counts["read"] for counts in folders.values()) >= 96


def test_pictures_and_texts_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"no picture")
    (tmp_path / "2.png").write_bytes(b"")
    code(tmp_path / "3.png", "x", b"\xff\xfe")
    code(tmp_path / "4.png", "fine", "fine")
    report = measured(tmp_path)
    assert [row["file"] for row in report["pictures"]] == ["4.png"]
    left = {one["item"]: one["en"] for one in report["skipped"]}
    assert left == {
        "1.png": "The picture 1.png cannot be read. Check that the file is whole.",
        "2.png": "The picture 2.png cannot be read. Check that the file is whole.",
        "3.png": "3.txt is not UTF-8 text. Check the file.",
    }


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("fine", "utf-8")
    with pytest.raises(ConfigError, match=r"There are no pictures \(.*\.png.*\) in "):
        measured(tmp_path)


def test_the_command_shows_all_readers_and_what_an_empty_frame_costs(tmp_path: Path) -> None:
    code(tmp_path / "codes" / "1.png", "ONE", "ONE")
    done = ansim("evaluate", "qr", str(tmp_path), "--json", str(tmp_path / "qr.json"))
    assert done.returncode == 0
    told = [line.split() for line in done.stdout.splitlines()]
    assert ["codes", "ansim", "1", "0", "0", "0", "0", "0"] in told
    assert {line[1] for line in told if line[:1] == ["all"]} == {"ansim", "pyzbar", "zxing-cpp", "OpenCV"}
    assert "720p" in done.stdout
    report = json.loads((tmp_path / "qr.json").read_text("utf-8"))
    assert report["overall"]["read"] == 1
    assert report["timing"]["ansim"]["ms_720p_without_a_code"] > 0
