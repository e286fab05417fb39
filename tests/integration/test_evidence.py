"""The evidence clip: rendered with hindsight from the camera's own packets, stored whole, or reported lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from agent.capture.packet import RingPacket
from agent.capture.raw import RawFrame
from agent.capture.ring import RingCut, SourceRing
from agent.clock import ManualClock
from agent.detection.findings import Findings
from agent.masking.masked import FILL_YUV
from agent.masking.plan import Seen
from agent.recording.encoder import is_whole
from agent.recording.evidence import ClipJob, EvidenceRenderer, choose
from agent.settings import Polygon, RecordingSettings, Settings
from agent.values import ClipState, EventKind, Incident, MaskStep, Point, Severity, Text
from agent.vault import StoredFile, Vault
from tests.film import CAMERA, SIZE, START_UTC, camera_packets, drawn, stamp, walker, walker_seen

SETTINGS = Settings(recording=RecordingSettings(fps=8.0))


class Looker:
    """A second look that knows the drawn room; it remembers which frames it was shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def needs(self, live: Seen | None) -> bool:
        return live is None or not (isinstance(live.findings, Findings) and live.findings.looked)

    def look(self, raw: RawFrame, live: Seen | None) -> Seen:
        self.shown.append(raw.stamp.index)
        return walker_seen(raw.stamp, (raw.width, raw.height), looked=True)


class Broken(Looker):
    """A second look whose detector fails."""

    def look(self, raw: RawFrame, live: Seen | None) -> Seen:
        raise RuntimeError("no detector")


class Confused(Looker):
    """A second look that answers with another frame's stamp now and then."""

    def look(self, raw: RawFrame, live: Seen | None) -> Seen:
        seen = super().look(raw, live)
        return seen if raw.stamp.index % 10 else replace(seen, stamp=replace(raw.stamp, source_s=raw.stamp.source_s + 0.5))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = Vault(tmp_path / "data", ManualClock())
    vault.open()
    yield vault
    vault.close()


@pytest.fixture
def events() -> list[tuple[EventKind, Text]]:
    return []


def filmed(packets: Iterable[RingPacket]) -> SourceRing:
    ring = SourceRing(150.0, 96_000_000)
    for packet in packets:
        ring.add(packet)
    return ring


def happened(vault: Vault, opened_s: float = 3.0, closed_s: float = 6.0) -> Incident:
    incident = Incident(
        id="20260921T140000Z-till-loitering-1",
        camera=CAMERA,
        rule="loitering",
        severity=Severity.SOON,
        opened_s=opened_s,
        opened_utc=START_UTC + opened_s,
        reasons=(Text(ko="오래 머물렀습니다.", en="Somebody stayed long."),),
        tracks=(1,),
        closed_s=closed_s,
        closed_utc=START_UTC + closed_s,
    )
    vault.open_incident(incident)
    return incident


def job_of(incident: Incident, cut: RingCut | None, seen: Iterable[Seen], privacy: tuple[Polygon, ...] = ()) -> ClipJob:
    return ClipJob(incident, cut, tuple(seen), 1.0, 8.0, privacy)


def render(vault: Vault, events: list[tuple[EventKind, Text]], job: ClipJob, look: Looker) -> bool:
    return EvidenceRenderer(vault, SETTINGS, look, lambda kind, text: events.append((kind, text))).render(job)


def clip_of(vault: Vault, incident: Incident) -> StoredFile:
    row = vault.incident(incident.id)
    assert row is not None
    assert row.clip_state is ClipState.READY
    assert row.clip is not None
    return row.clip


def lumas(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [picture.to_ndarray()[: picture.height] for picture in container.decode(video=0)]


def test_a_clip_is_stored_with_poster_and_sidecar(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident, ring = happened(vault), filmed(camera_packets(100))
    live = [walker_seen(stamp(i), looked=True) for i in range(8, 65)]
    look = Looker()
    assert render(vault, events, job_of(incident, ring.cut(1.0, 8.0), live), look)

    clip = clip_of(vault, incident)
    assert is_whole(vault.path_of(clip))
    sidecar = vault.sidecar_of(clip)
    assert [note.source_s for note in sidecar.frames] == [i / 8 for i in range(8, 65)]
    assert len(lumas(vault.path_of(clip))) == len(sidecar.frames) == 57
    assert [point.source_s for point in sidecar.tracks[1]] == [i / 8 for i in range(8, 65)]
    poster = vault.poster_of(clip)
    assert poster is not None
    assert cv2.imdecode(np.frombuffer(poster.read_bytes(), np.uint8), cv2.IMREAD_COLOR).shape == (SIZE[1], SIZE[0], 3)
    assert events == []
    assert look.shown == []  # the live pass had seen it all: no second decoding


def test_the_walker_is_nowhere_to_be_seen(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident, ring = happened(vault), filmed(camera_packets(100))
    live = [walker_seen(stamp(i), looked=True) for i in range(8, 65)]
    assert render(vault, events, job_of(incident, ring.cut(1.0, 8.0), live), Looker())
    clip = clip_of(vault, incident)
    for note, luma in zip(vault.sidecar_of(clip).frames, lumas(vault.path_of(clip)), strict=True):
        box = walker(note.source_s)
        rows = slice(round(box.top * SIZE[1]) + 2, round(box.bottom * SIZE[1]) - 2)
        columns = slice(round(box.left * SIZE[0]) + 2, round(box.right * SIZE[0]) - 2)
        there = drawn(note.source_s).y[rows, columns].astype(float)
        shown = luma[rows, columns].astype(float)
        assert there.std() > 50
        assert shown.std() < 6
        assert abs(shown.mean() - FILL_YUV[0]) < 6


def test_what_the_live_pass_missed_is_looked_at_again(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident, ring = happened(vault), filmed(camera_packets(100))
    live = [walker_seen(stamp(i), looked=i % 3 == 0) for i in range(8, 65) if i % 10 != 5]
    look = Looker()
    assert render(vault, events, job_of(incident, ring.cut(1.0, 8.0), live), look)
    assert look.shown == [i for i in range(8, 65) if i % 3 != 0 or i % 10 == 5]
    assert clip_of(vault, incident).frames == 57


def test_the_clip_is_limited_to_what_the_ring_holds(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident, ring = happened(vault), filmed(camera_packets(60, first=32))
    assert render(vault, events, job_of(incident, ring.cut(1.0, 8.0), ()), Looker())
    assert clip_of(vault, incident).start_utc == START_UTC + 4.0
    row = vault.incident(incident.id)
    assert row is not None
    assert row.lost is not None
    assert "3 s late" in row.lost.en
    assert "3초 늦게" in row.lost.ko


def test_a_clip_that_begins_with_the_camera_is_not_late(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident, ring = happened(vault, opened_s=2.0), filmed(camera_packets(100))
    job = ClipJob(incident, ring.cut(-3.0, 8.0), (), -3.0, 8.0)
    assert render(vault, events, job, Looker())
    row = vault.incident(incident.id)
    assert row is not None
    assert row.lost is None


def test_a_lost_clip_that_cannot_even_be_entered_raises_nothing(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident = happened(vault)
    vault.close()
    assert not render(vault, events, job_of(incident, None, ()), Looker())


def test_a_fast_camera_is_thinned_and_frames_that_were_seen_live_come_first() -> None:
    stamps = [stamp(i, 30.0) for i in range(90)]
    live = [walker_seen(stamps[i]) for i in range(2, 90, 4)]
    chosen = choose(stamps, live, 8.0)
    assert len(chosen) in (24, 25)
    seen = {s.stamp.index for s in live}
    assert sum(s.index in seen for s in chosen) >= 20
    assert [s.source_s for s in chosen] == sorted(s.source_s for s in chosen)


def test_at_the_live_rate_the_same_frames_are_chosen() -> None:
    stamps = [stamp(i, 8.0) for i in range(90)]
    assert choose(stamps, (), 8.0) == tuple(stamps)


def test_privacy_zones_stay_filled(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident, ring = happened(vault), filmed(camera_packets(100))
    corner: Polygon = (Point(0.0, 0.0), Point(0.2, 0.0), Point(0.2, 0.2), Point(0.0, 0.2))
    live = [walker_seen(stamp(i), looked=True) for i in range(8, 65)]
    assert render(vault, events, job_of(incident, ring.cut(1.0, 8.0), live, (corner,)), Looker())
    for luma in lumas(vault.path_of(clip_of(vault, incident))):
        part = luma[4:30, 4:58].astype(int)
        assert np.abs(part - FILL_YUV[0]).max() < 12


def test_a_change_of_resolution_in_the_middle_stays_in_one_clip(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident = happened(vault)
    ring = filmed([*camera_packets(32), *camera_packets(60, first=32, size=(240, 180))])
    assert render(vault, events, job_of(incident, ring.cut(1.0, 8.0), ()), Looker())
    clip = clip_of(vault, incident)
    assert clip.frames == 57
    assert {luma.shape for luma in lumas(vault.path_of(clip))} == {(SIZE[1], SIZE[0])}


def test_a_frame_that_cannot_be_masked_is_blank_and_the_clip_goes_on(
    vault: Vault, events: list[tuple[EventKind, Text]]
) -> None:
    incident, ring = happened(vault), filmed(camera_packets(100))
    assert render(vault, events, job_of(incident, ring.cut(1.0, 8.0), ()), Confused())
    clip = clip_of(vault, incident)
    notes = vault.sidecar_of(clip).frames
    blank = [i for i, note in enumerate(notes) if note.step is MaskStep.BLANK]
    assert [round(notes[i].source_s * 8) for i in blank] == [10, 20, 30, 40, 50, 60]
    pictures = lumas(vault.path_of(clip))
    assert all(np.abs(pictures[i].astype(int) - FILL_YUV[0]).max() < 12 for i in blank)


def lost(vault: Vault, incident: Incident, events: list[tuple[EventKind, Text]]) -> Text:
    row = vault.incident(incident.id)
    assert row is not None
    assert row.clip_state is ClipState.LOST
    assert row.lost is not None
    assert row.lost.ko
    ((kind, text),) = events
    assert kind is EventKind.CLIP_LOST
    assert incident.id in text.en
    assert list(vault.folder.rglob("*.partial")) == []
    return row.lost


def test_without_pictures_in_memory_the_clip_is_reported_lost(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident = happened(vault)
    assert not render(vault, events, job_of(incident, None, ()), Looker())
    assert "no longer in memory" in lost(vault, incident, events).en


def test_a_failing_detector_loses_the_clip_but_never_silently(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident, ring = happened(vault), filmed(camera_packets(100))
    assert not render(vault, events, job_of(incident, ring.cut(1.0, 8.0), ()), Broken())
    assert "remains" in lost(vault, incident, events).en


def test_packets_that_nobody_can_decode_lose_the_clip(vault: Vault, events: list[tuple[EventKind, Text]]) -> None:
    incident = happened(vault)
    ring = filmed(replace(packet, data=b"\0" * 40) for packet in camera_packets(100))
    live = [walker_seen(stamp(i), looked=True) for i in range(8, 65)]
    assert not render(vault, events, job_of(incident, ring.cut(1.0, 8.0), live), Looker())
    assert "decoded" in lost(vault, incident, events).en


def test_a_clip_that_the_vault_refuses_is_lost_and_leaves_nothing_behind(
    vault: Vault, events: list[tuple[EventKind, Text]]
) -> None:
    incident, ring = happened(vault), filmed(camera_packets(100))
    stranger = replace(incident, id="20260921T140000Z-till-loitering-2")
    assert not render(vault, events, job_of(stranger, ring.cut(1.0, 8.0), ()), Looker())
    assert vault.incident(stranger.id) is None
    assert [kind for kind, _ in events] == [EventKind.CLIP_LOST]
    assert list(vault.folder.rglob("*.partial")) == []
