"""The promise itself: nobody's face leaves the memory of the program, whatever fails.

Everybody in these films wears a random pattern in the place of the face. The real program runs on them; then every file that it
wrote and every answer of its panel is decoded, and the pattern must correlate nowhere.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.capture.raw import RawFrame
from agent.errors import ModelError
from agent.masking.masked import FILL_YUV
from agent.values import ClipState, EventKind, MaskStep, Person
from tests.canary import LIMIT, Eyes, frames_of, likeness
from tests.canary_film import (
    EMPTY_S,
    FACE,
    FPS,
    HEIGHT,
    OTHER_SHIRT,
    SHIRT,
    WIDTH,
    Film,
    Walker,
    along,
    visit,
    write_video,
)
from tests.canary_run import Run, Truth, run_once, settings_for
from tests.command import until

FILM = Film(17.0, (Walker(visit(), SHIRT),))
INSIDE = (EMPTY_S + 0.5, EMPTY_S + 9.0)  # seconds between which somebody is in view


class Folder:
    """Films, each written once."""

    def __init__(self, at: Path) -> None:
        self._at = at
        self._written: dict[int, Path] = {}
        self._films: list[Film] = []

    def of(self, film: Film) -> Path:
        if id(film) not in self._written:
            self._films.append(film)  # kept alive, or its id could be given to another
            self._written[id(film)] = film.write(self._at / f"{len(self._films)}.mp4")
        return self._written[id(film)]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("films"))


def nothing_was_seen(run: Run, film: Film, *, from_s: float = INSIDE[0], to_s: float = INSIDE[1]) -> None:
    """The pattern is nowhere, and that is not because nothing was recorded."""
    assert run.eyes.sightings == []
    assert {"video", "still", "database", "raw"} <= run.eyes.kinds
    assert run.answers > 15
    recorded = [note.source_s for note in run.presence()]
    expected = [i / FPS for i in range(round(from_s * FPS), round(to_s * FPS)) if film.truth(i / FPS)]
    assert set(expected) <= set(recorded), "somebody was in view and not recorded"
    assert run.eyes.pictures >= len(recorded) > 0


# The search finds the pattern where it is.


def test_the_search_finds_the_pattern_in_the_film_and_in_an_unmasked_recording(films: Folder, tmp_path: Path) -> None:
    source = films.of(FILM).read_bytes()
    seen = [i for i in range(round(FILM.seconds * FPS)) if i / FPS > EMPTY_S + 1 and FILM.truth(i / FPS)][:-8]
    unmasked = tmp_path / "unmasked.mp4"
    write_video(unmasked, frames_of(source), crf=28)
    for data in (source, unmasked.read_bytes()):
        eyes = Eyes()
        eyes.bytes(data, "film")
        assert len(eyes.sightings) >= len(seen)
        frames = list(frames_of(data))
        assert min(likeness(frames[i][0], FACE) for i in seen) > 0.8
        assert max(likeness(frame[0], FACE) for frame in frames[: round(EMPTY_S * FPS) - 4]) < LIMIT - 0.1


@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_the_search_finds_the_pattern_blurred_faint_and_reduced(scale: float) -> None:
    clear = FILM.picture(10.0).y
    small = cv2.resize(clear, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert likeness(small, FACE, (scale,)) > 0.8
    assert likeness(cv2.GaussianBlur(small, (5, 5), 0), FACE, (scale,)) > LIMIT
    assert likeness((small * 0.1 + 100).astype(np.uint8), FACE, (scale,)) > LIMIT
    assert likeness(255 - small, FACE, (scale,)) > LIMIT


def hidden(kind: str, folder: Path) -> None:
    """The pattern in one of the forms in which a program could leave it behind."""
    planes = FILM.picture(10.0)
    jpeg = cv2.imencode(".jpg", planes.y)[1].tobytes()
    whole = b"".join(plane.tobytes() for plane in planes)
    match kind:
        case "jpeg":
            (folder / "poster.jpg").write_bytes(jpeg)
        case "jpeg in a log":
            (folder / "log").write_bytes(b"2026-11-21 ERROR frame " + jpeg + b"\n")
        case "base64 in JSON":
            (folder / "ledger.jsonl").write_text(json.dumps({"seq": 1, "body": base64.b64encode(jpeg).decode()}))
        case "planes":
            (folder / "core").write_bytes(os.urandom(12_345) + whole)
        case "a picture in BGR":
            bgr = cv2.cvtColor(np.frombuffer(whole, np.uint8).reshape(-1, WIDTH), cv2.COLOR_YUV2BGR_I420)
            np.save(folder / "frame.npy", bgr)
        case "the learnt shop":
            np.save(folder / "reference.npy", cv2.resize(planes.y, (192, 108), interpolation=cv2.INTER_AREA).astype(np.float32))
        case "a blob in SQLite":
            with sqlite3.connect(folder / "ansim.db") as db:
                db.execute("create table posters (picture blob)")
                db.execute("insert into posters values (?)", (jpeg,))
            db.close()
        case "a partial video":
            path = folder / "cut.mp4"
            write_video(path, [planes] * 4)
            path.rename(folder / "cut.mp4.partial")
        case _:
            raise AssertionError(kind)


FORMS = (
    "jpeg", "jpeg in a log", "base64 in JSON", "planes", "a picture in BGR", "the learnt shop", "a blob in SQLite",
    "a partial video",
)  # fmt: skip


@pytest.mark.parametrize("kind", FORMS)
def test_the_search_finds_the_pattern_wherever_it_is_left(kind: str, tmp_path: Path) -> None:
    hidden(kind, tmp_path)
    eyes = Eyes()
    eyes.folder(tmp_path)
    assert eyes.sightings


# Detectors that work, and that fail in every way.


class Raises(Truth):
    """Works until `from_s`; from then on it raises, now what it may raise and now what is a bug."""

    def __init__(self, film: Film, from_s: float) -> None:
        super().__init__(film)
        self._from_s = from_s
        self._times = 0

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        if raw.stamp.source_s < self._from_s:
            return super().look(raw, weak)
        self._times += 1
        raise ModelError(ko="고장", en="broken") if self._times % 2 else RuntimeError("broken")


class Hangs(Truth):
    """Works until `from_s`, then does not come back until it is let go."""

    def __init__(self, film: Film, from_s: float) -> None:
        super().__init__(film)
        self._from_s = from_s
        self.let_go = threading.Event()
        self.hung = threading.Event()

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        found = super().look(raw, weak)
        if raw.stamp.source_s >= self._from_s:
            self.hung.set()
            self.let_go.wait(120.0)
        return found


class Nothing(Truth):
    """Never sees anybody."""

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        return ()


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """Everything that a run writes lies below it, the film does not."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def play(folder: Path, films: Folder, film: Film, people: Truth | None = None, **more: float) -> Run:
    return run_once(folder, settings_for(folder / "data", films.of(film), **more), people)


def test_with_the_reference_alone(run_folder: Path, films: Folder) -> None:
    run = play(run_folder, films, FILM)
    nothing_was_seen(run, FILM)
    assert run.steps[MaskStep.NORMAL] > 50
    (incident,) = [i for i in run.incidents() if i.incident.rule == "intrusion"]
    assert incident.clip_state is ClipState.READY


def test_with_a_detector_that_works(run_folder: Path, films: Folder) -> None:
    run = play(run_folder, films, FILM, Truth(FILM))
    nothing_was_seen(run, FILM)
    assert run.steps[MaskStep.NORMAL] > 50
    assert run.steps[MaskStep.LATE] == 0


@pytest.mark.parametrize("from_s", [0.0, EMPTY_S + 4.0])
def test_with_a_detector_that_raises(run_folder: Path, films: Folder, from_s: float) -> None:
    run = play(run_folder, films, FILM, Raises(FILM, from_s))
    nothing_was_seen(run, FILM)
    assert run.steps[MaskStep.LATE] > 20
    assert run.events().count(EventKind.DETECTOR_FAILED) == 1


@pytest.mark.parametrize("from_s", [0.0, EMPTY_S + 4.0])
def test_with_a_detector_that_hangs(run_folder: Path, films: Folder, from_s: float) -> None:
    people = Hangs(FILM, from_s)
    try:
        run = play(run_folder, films, FILM, people)
    finally:
        people.let_go.set()
    assert people.hung.is_set()
    nothing_was_seen(run, FILM)
    assert run.steps[MaskStep.LATE] > 20
    assert run.events().count(EventKind.DETECTOR_LATE) == 1


def test_with_a_detector_that_sees_nothing(run_folder: Path, films: Folder) -> None:
    run = play(run_folder, films, FILM, Nothing(FILM))
    nothing_was_seen(run, FILM)


def test_stored_at_a_smaller_size(run_folder: Path, films: Folder) -> None:
    settings = settings_for(run_folder / "data", films.of(FILM), height=162)
    run = run_once(run_folder, settings, Truth(FILM), Eyes(scales=(0.6,), colour=None))
    nothing_was_seen(run, FILM)
    assert {y.shape for _, (y, _, _) in run.presence_pictures()} == {(162, 288)}


# Masking itself fails.


@pytest.mark.parametrize("broken", ["agent.pipeline.plan_mask", "agent.masking.masked._pixelate"])
def test_what_cannot_be_masked_is_blank_and_recording_goes_on(
    run_folder: Path, films: Folder, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """From the moment that somebody comes in until he leaves again, masking raises: before a frame is touched, or half way."""

    def fails(*_: object) -> None:
        raise ZeroDivisionError("a bug in masking")

    class Breaks(Truth):
        def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
            if raw.stamp.source_s >= EMPTY_S + 3:
                monkeypatch.setattr(broken, fails)
            return super().look(raw, weak)

    run = play(run_folder, films, FILM, Breaks(FILM))
    nothing_was_seen(run, FILM)
    assert run.events().count(EventKind.MASKING_FAILED) in (1, 2)  # of the camera once, of the clip once
    blank = [planes for note, planes in run.presence_pictures() if note.step is MaskStep.BLANK]
    assert len(blank) > 20
    for planes in blank:
        assert all(np.abs(plane.astype(int) - colour).max() <= 3 for plane, colour in zip(planes, FILL_YUV, strict=True))
    assert [i.clip_state for i in run.incidents() if i.incident.rule == "intrusion"] == [ClipState.READY]


# The reference has no valid picture of the empty shop.


@pytest.mark.parametrize("detector", [True, False])
def test_with_somebody_in_view_from_the_start(run_folder: Path, films: Folder, detector: bool) -> None:
    run = play(run_folder, films, EARLY, Truth(EARLY) if detector else None)
    nothing_was_seen(run, EARLY, from_s=0.0, to_s=9.0)
    # With a person detector held frames are read again once the room is known; without one they stay as they were.
    assert run.steps[MaskStep.BLIND] > (0 if detector else 20)


EARLY = Film(14.0, (Walker(along((0, 200, 78), (8, 215, 78), (10, -60, 80)), SHIRT),))


def dimmed(t: float, y: np.ndarray) -> np.ndarray:
    """The lamps on one side go out, and come on again: not the same everywhere, so no exposure could explain it."""
    if not EMPTY_S + 3.5 <= t < EMPTY_S + 8:
        return y
    return y * np.linspace(0.25, 0.75, WIDTH)


def shaken(t: float) -> tuple[int, int]:
    """The camera is hit, trembles for a second and a half, and then looks elsewhere."""
    since = t - (EMPTY_S + 3.5)
    if since < 0:
        return 0, 0
    tremble = 8 * max(0.0, 1.5 - since)
    return 2 * round((60 + tremble * np.sin(since * 23)) / 2), 2 * round((20 + tremble * np.cos(since * 31)) / 2)


SWITCHED = Film(17.0, FILM.people, light=dimmed)
TURNED = Film(17.0, FILM.people, turn=shaken)


@pytest.mark.parametrize("detector", [True, False])
@pytest.mark.parametrize("film", [SWITCHED, TURNED], ids=["light switched", "camera turned"])
def test_with_another_view_in_the_middle(run_folder: Path, films: Folder, film: Film, detector: bool) -> None:
    run = play(run_folder, films, film, Truth(film) if detector else None)
    nothing_was_seen(run, film)
    assert run.steps[MaskStep.NORMAL]


# Evidence.

VISITOR = Walker(along((EMPTY_S, -60, 78), (EMPTY_S + 3, 380, 78), (EMPTY_S + 9, 390, 78), (EMPTY_S + 12, -60, 80)), SHIRT)
BYSTANDER = Walker(
    along((EMPTY_S + 2, -60, 82), (EMPTY_S + 4, 130, 82), (EMPTY_S + 10, 120, 82), (EMPTY_S + 12, -60, 82)), OTHER_SHIRT
)
BOTH = Film(20.0, (VISITOR, BYSTANDER))


def test_evidence_shows_the_subject_without_a_head_and_nothing_of_a_bystander(run_folder: Path, films: Folder) -> None:
    run = play(run_folder, films, BOTH, Truth(BOTH))
    nothing_was_seen(run, BOTH, to_s=EMPTY_S + 11.0)
    (incident,) = [i for i in run.incidents() if i.incident.rule == "staff_only"]
    assert incident.clip_state is ClipState.READY
    assert incident.clip
    shown = heads = 0
    with run.opened() as vault:
        for note, (y, _, _) in run.pictures(vault, incident.clip):
            assert likeness(y, OTHER_SHIRT) < LIMIT, f"the bystander is shown at {note.source_s}"
            truth = BOTH.truth(note.source_s)
            if not (EMPTY_S + 4 <= note.source_s <= EMPTY_S + 9 and len(truth) == 2):
                continue
            shown += likeness(y, SHIRT) > 0.8
            head = truth[0][1]
            rows = slice(round(head.top * HEIGHT), round(head.bottom * HEIGHT))
            columns = slice(round(head.left * WIDTH), round(head.right * WIDTH))
            assert np.abs(y[rows, columns].astype(int) - FILL_YUV[0]).max() < 25, f"the head is not filled at {note.source_s}"
            heads += 1
    assert heads > 30
    assert shown > heads * 0.6, "the subject's body was to be shown"
    for _, (y, _, _) in run.presence_pictures():
        assert max(likeness(y, SHIRT), likeness(y, OTHER_SHIRT)) < LIMIT, "the recording shows bodies"


# The process dies.


@pytest.fixture(scope="module")
def long_film(films: Folder) -> Path:
    return films.of(FILM)


@pytest.mark.parametrize("stored", [0, 1])
def test_a_process_that_is_killed_leaves_nothing_clear_behind(run_folder: Path, long_film: Path, stored: int) -> None:
    """Killed while it writes the first segment, and while it writes the second; looked at before and after the repair."""
    data = run_folder / "data"
    scratch = run_folder / "tmp"
    scratch.mkdir()
    environ = {**os.environ, "TMPDIR": str(scratch), "HOME": str(scratch), "ANSIM_RECORDING__SEGMENT_S": "4"}
    command = [sys.executable, "-m", "agent", "run", "--once", "--engine", "reference", "--verbose"]
    command += ["--source", str(long_film), "--data", str(data)]
    with (run_folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
        try:
            until(lambda: writing(data, stored), "nothing was being written", process)
            assert process.poll() is None, "it was done before it could be killed"
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    partial = [path for path in data.rglob("*.partial") if path.stat().st_size]
    assert partial
    eyes = Eyes()
    eyes.folder(run_folder)
    assert eyes.sightings == []
    assert "video" in eyes.kinds

    checked = subprocess.run(
        [sys.executable, "-m", "agent", "check", "--deep", "--data", str(data), "--json"],
        capture_output=True, text=True, check=False, env=environ,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout.splitlines()[0])["left"] == 0
    assert not list(data.rglob("*.partial"))
    eyes.folder(run_folder)
    assert eyes.sightings == []
    run = Run(run_folder, data, eyes)
    with run.opened() as vault:
        kept = vault.segments(None, 0, 1e12)
        assert len(kept) >= stored + 1
        assert any(file.recovered for file in kept)


def writing(data: Path, stored: int) -> bool:
    """Whether so many segments are stored and the next one holds a picture already."""
    whole = len(list(data.rglob("presence/**/*.mp4")))
    return whole >= stored and any(path.stat().st_size > 20_000 for path in data.rglob("presence/**/*.partial"))
