"""Whether a reveal shows whom it should and nobody else, on real recordings with two people in view at once.

    scripts/bench/run reveal

The real program films, masks and seals; then each person that was followed is revealed alone. The audit's own pose model
(../shared/tools/leak_audit.py) looks at the source, and its own measure says of each head whether it is visible in the
rendering. A head belongs to the chosen person when the pose fits the place at which they were followed best of all; all other
heads must be hidden. Where nobody else is near, the chosen one should be visible.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from agent.app import App
from agent.clock import ManualClock, SystemClock
from agent.evidence.ceremony import COUNTDOWN_S, RevealRequest
from agent.evidence.people import sightings
from agent.evidence.reveal import Revealer
from agent.recording.revealed import NobodyShown
from agent.settings import (
    CameraSettings,
    DataSettings,
    DetectionSettings,
    IncidentSettings,
    OpenHours,
    PanelSettings,
    Settings,
    Shop,
)
from agent.values import Box, Sidecar
from agent.vault import IncidentRow, Vault
from agent.vault.owner_keys import OwnerKeys, Unlocked
from scripts.bench.audit import FACE_POINTS, SEEN_POINT, VISIBLE, Auditor, paired, source_times
from scripts.bench.report import Options, Report, Table

PASSPHRASE = "four words of length"  # noqa: S105  # of a folder that is thrown away
FITS = 0.3  # overlap from which on a pose is taken for the followed person
SHORTEST_S = 2.0  # who was followed for less is not revealed
MOST = 6  # people of an incident, those who were there longest
QUICK_STEP = 4
CLIPS = (  # of theft_clips, those in which the audit sees two heads most of the time
    "normal/normal_74", "normal/normal_79", "normal/normal_81", "shoplifting/shoplifting_1", "shoplifting/shoplifting_20",
    "shoplifting/shoplifting_25", "shoplifting/shoplifting_87",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rendering:
    """One reveal: which person, what was made, and the source time of each of its frames."""

    number: int
    path: Path
    times: tuple[float, ...]
    where: Mapping[int, Box]  # of the chosen one, by number of the frame
    shown: int


@dataclass(slots=True)
class Sums:
    """own, other: heads of the chosen, and of all others; with how many of each were visible. crowded: frames with two."""

    people: int = 0
    nobody: int = 0
    frames: int = 0
    crowded: int = 0
    shown: int = 0
    own: int = 0
    own_visible: int = 0
    other: int = 0
    other_visible: int = 0


def measure(options: Options) -> Report:
    """The table of docs/design/originals.md."""
    rows: list[list[Any]] = []
    figures: dict[str, Any] = {}
    auditor = Auditor(options.shared)
    for engine in options.engines:
        if engine == "reference":
            continue  # what differs from the empty shop is nobody in particular, and cannot be revealed
        sums = Sums()
        clips = CLIPS[::3] if options.quick else CLIPS
        for clip in clips:
            with tempfile.TemporaryDirectory() as at:
                _film(options.shared / "data" / "theft_clips" / f"{clip}.mp4", engine, auditor, options, Path(at), sums)
            print(f"  reveal: {engine} {clip}", file=sys.stderr, end="\r", flush=True)
        rows.append(
            [f"{len(clips)} clips, {engine}", sums.people, sums.nobody, sums.frames, sums.crowded, sums.shown, sums.own,
             sums.own_visible, sums.other, sums.other_visible]
        )  # fmt: skip
        figures[engine] = {name: getattr(sums, name) for name in Sums.__slots__}
    columns = (
        "theft_clips, engine", "asked for", "refused", "frames", "with two", "showing them", "their heads", "visible",
        "others' heads", "visible ",
    )  # fmt: skip
    notes = (
        "revealed: people, each alone; refused: people of whom no frame can show them surely alone.",
        "frames: compared with the source; showing them: frames in which the program opened any of their place.",
        "others' heads: of everybody but the chosen one; not one of these may be visible.",
    )
    return Report([Table("Reveal of one person among others, judged by the audit", columns, rows, notes)], figures)


def _film(film: Path, engine: str, auditor: Auditor, options: Options, at: Path, sums: Sums) -> None:
    """Adds up what comes of one recording."""
    settings = _settings(film, engine, options, at / "data")
    (at / "data").mkdir()
    OwnerKeys(at / "data" / "keys", SystemClock()).make(PASSPHRASE)
    app = App(settings, SystemClock(), once=True)
    app.start()
    try:
        app.wait()
    finally:
        app.stop()
    with Vault(at / "data", SystemClock()) as vault:
        unlocked = vault.owner_keys.unlock(PASSPHRASE)
        made = [one for row in vault.incidents() for one in _reveals(vault, settings, row, unlocked, at, sums)]
    _audit(auditor, film, made, QUICK_STEP if options.quick else 1, sums)


def _settings(film: Path, engine: str, options: Options, data: Path) -> Settings:
    """A shop that is closed, so that everybody in it is an incident."""
    return Settings(
        shop=Shop(name="bench", open_hours=OpenHours(((),) * 7)),
        data=DataSettings(folder=data, min_free_gb=0.0),
        panel=PanelSettings(enabled=False),
        detection=DetectionSettings(engine=engine, models=options.shared / "models"),
        incidents=replace(IncidentSettings(), quiet_s=2.0, merge_s=3.0),
        cameras=(CameraSettings("film", "film", str(film)),),
    )


def _reveals(
    vault: Vault, settings: Settings, row: IncidentRow, unlocked: Unlocked, at: Path, sums: Sums
) -> Iterator[Rendering]:
    """Each of those who were there longest, revealed alone. Incidents with one clip only: parts have times of their own."""
    if len(row.clips) != 1:
        return
    sidecar = vault.sidecar_of(row.clips[0])
    for one in [one for one in sightings([sidecar]) if one.seconds >= SHORTEST_S][:MOST]:
        clock = ManualClock()
        revealer = Revealer(vault, settings.recording, clock)
        ceremony = revealer.ask(RevealRequest(row.id, "bench", (one.number,), "measured", "viewing"))
        clock.advance(COUNTDOWN_S)
        sums.people += 1
        try:
            (clip,) = revealer.open(ceremony, unlocked)[1]
        except NobodyShown:
            sums.nobody += 1
            continue
        path = at / f"{row.id}-{one.number}.mp4"  # in a folder that is thrown away: the audit's script reads files
        path.write_bytes(clip.video)
        times = tuple(note.source_s for note in sidecar.frames)
        if len(times) != clip.frames:
            raise AssertionError(f"{clip.frames} frames were rendered of {len(times)}")
        sums.shown += clip.shown
        yield Rendering(one.number, path, times, _followed(sidecar, one.number), clip.shown)


def _followed(sidecar: Sidecar, number: int) -> Mapping[int, Box]:
    """Where somebody was, by number of the frame."""
    index = {round(note.source_s, 3): at for at, note in enumerate(sidecar.frames)}
    path = [(index.get(round(point.source_s, 3)), point.box) for point in sidecar.tracks[number]]
    return {at: box for at, box in path if at is not None}


def _audit(auditor: Auditor, film: Path, made: Sequence[Rendering], step: int, sums: Sums) -> None:
    """Each source frame is looked at once, whatever number of renderings shows it."""
    tool = auditor.tool
    times = source_times(film)
    wanted: dict[int, list[tuple[Rendering, int]]] = defaultdict(list)
    for one in made:
        for number, index in list(enumerate(paired(times, one.times)))[::step]:
            wanted[index].append((one, number))
    readers = {one.path: enumerate(picture for _, picture in tool.frames(one.path)) for one in made}
    for index, (_, picture) in enumerate(tool.frames(film)):
        if index not in wanted:
            continue
        people = auditor.people(picture)
        detail = tool.contrast(picture)
        for one, number in wanted[index]:
            shown = next((frame for at, frame in readers[one.path] if at == number), None)
            if shown is not None:
                _judge(tool, one, number, (picture, detail, people), shown, sums)


def _judge(tool: Any, one: Rendering, number: int, source: tuple[Any, Any, Any], shown: Any, sums: Sums) -> None:
    """The script's measure of what is hidden, head by head, with whose head it is."""
    picture, detail, people = source
    height, width = picture.shape[:2]
    if shown.shape != picture.shape:
        shown = cv2.resize(shown, (width, height))
    changed = cv2.blur(np.abs(picture.astype(np.int16) - shown).max(2).astype(np.float32), (9, 9)) > 18
    hidden = changed | ((detail > 4) & (tool.contrast(shown) < 0.35 * detail))
    sums.frames += 1
    sums.crowded += len(people) >= 2
    chosen = _chosen(one.where.get(number), people, width, height)
    for at, (_, points) in enumerate(people):
        seen = points[:5, 2] > SEEN_POINT
        if seen.sum() < FACE_POINTS:
            continue
        x = np.clip(points[:5][seen, 0].astype(int), 0, width - 1)
        y = np.clip(points[:5][seen, 1].astype(int), 0, height - 1)
        visible = int((~hidden[y, x]).mean() >= VISIBLE)
        if at == chosen:
            sums.own, sums.own_visible = sums.own + 1, sums.own_visible + visible
        else:
            sums.other, sums.other_visible = sums.other + 1, sums.other_visible + visible


def _chosen(where: Box | None, people: Any, width: int, height: int) -> int | None:
    """Which of the audit's people is the followed one, if any."""
    if where is None:
        return None
    boxes = [Box(b[0] / width, b[1] / height, max(b[2], b[0]) / width, max(b[3], b[1]) / height) for b, _ in people]
    fits = [where.iou(box) for box in boxes]
    return int(np.argmax(fits)) if fits and max(fits) >= FITS else None
