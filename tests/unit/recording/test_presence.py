"""The presence recording: on while somebody is in view, in segments, and never in the way of the camera."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable
from pathlib import Path

import av
import pytest

from agent.clock import ManualClock
from agent.masking.masked import MaskedFrame
from agent.recording.presence import PresenceRecorder
from agent.settings import RecordingSettings
from agent.values import EventKind, MaskStep, Text
from agent.vault import StoredFile, Vault
from agent.vault.steps import Step
from tests.film import CAMERA, SIZE, START_UTC, drawn, masked_film, stamp, walker, walker_track

SETTINGS = RecordingSettings(segment_s=5.0, linger_s=2.0)


class Events:
    """What the recorder told the owner."""

    def __init__(self) -> None:
        self.kinds: list[EventKind] = []
        self.texts: list[Text] = []

    def __call__(self, kind: EventKind, text: Text) -> None:
        self.kinds.append(kind)
        self.texts.append(text)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def recorder(vault: Vault, events: Events) -> PresenceRecorder:
    return PresenceRecorder(CAMERA, vault, SETTINGS, events)


def feed(recorder: PresenceRecorder, frames: Iterable[MaskedFrame], somebody: bool = True) -> None:
    """As the pipeline does it: every frame is asked for, the wanted ones are given."""
    for frame in frames:
        if recorder.wants(frame.stamp, somebody):
            recorder.take(frame, somebody, (walker_track(frame.stamp),))


def segments(vault: Vault) -> tuple[StoredFile, ...]:
    return vault.segments(CAMERA, 0.0, 2 * START_UTC)


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_nothing_is_recorded_while_nobody_is_there(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(40), somebody=False)
    recorder.finish()
    assert segments(vault) == ()
    assert not recorder.recording


def test_recording_goes_on_for_the_linger_time_and_then_ends(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(16))
    feed(recorder, masked_film(40, first=16), somebody=False)
    recorder.finish()
    (segment,) = segments(vault)
    assert segment.frames == 16 + 16  # two seconds with somebody, two of lingering
    assert (segment.start_utc, segment.end_utc) == (START_UTC, START_UTC + 31 / 8)
    assert pictures(vault.path_of(segment)) == 32


def test_a_segment_ends_as_soon_as_it_may_not_only_with_the_next_person(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(8))
    feed(recorder, masked_film(30, first=8), somebody=False)
    assert not recorder.recording


def test_a_long_stay_is_cut_into_segments_without_losing_a_frame(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(100))
    recorder.finish()
    assert [s.frames for s in segments(vault)] == [40, 40, 20]
    noted = [note.source_s for s in segments(vault) for note in vault.sidecar_of(s).frames]
    assert noted == [index / 8 for index in range(100)]


def test_the_sidecar_says_which_frame_is_which_and_where_people_were(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(24))
    recorder.finish()
    (segment,) = segments(vault)
    sidecar = vault.sidecar_of(segment)
    assert sidecar.camera == CAMERA
    assert [(n.source_s, n.utc, n.step) for n in sidecar.frames] == [
        (i / 8, START_UTC + i / 8, MaskStep.NORMAL) for i in range(24)
    ]
    (track,) = sidecar.tracks.values()
    assert [(p.source_s, p.seen) for p in track] == [(i / 8, True) for i in range(24)]
    assert track[-1].box.left == pytest.approx(walker(23 / 8).left, abs=1e-4)


def test_a_fast_camera_is_thinned_to_the_recording_rate(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(60, fps=30.0))
    recorder.finish()
    assert sum(s.frames for s in segments(vault)) in (16, 17)


def test_a_frame_that_was_not_wanted_may_be_offered_all_the_same(vault: Vault, recorder: PresenceRecorder) -> None:
    for frame in masked_film(60, fps=30.0):
        recorder.take(frame, True)
    recorder.finish()
    assert sum(s.frames for s in segments(vault)) in (16, 17)


def test_another_picture_size_begins_another_segment(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(16))
    feed(recorder, masked_film(16, first=16, size=(240, 136)))
    feed(recorder, masked_film(16, first=32, size=(240, 136), full_range=True))
    recorder.finish()
    assert [s.frames for s in segments(vault)] == [16, 16, 16]


def test_a_gap_in_the_camera_ends_the_segment(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(8))
    feed(recorder, masked_film(8, first=28))
    recorder.finish()
    assert [s.frames for s in segments(vault)] == [8, 8]


def test_only_masked_frames_are_recorded(recorder: PresenceRecorder) -> None:
    with pytest.raises(TypeError, match="only masked frames"):
        recorder.take(drawn(0.0), True)  # type: ignore[arg-type]


def test_the_recorder_goes_on_after_it_was_finished(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(8))
    recorder.finish()
    feed(recorder, masked_film(8, first=8))
    recorder.finish()
    assert [s.frames for s in segments(vault)] == [8, 8]


def test_a_full_disk_is_told_once_and_everything_that_was_written_is_kept_when_there_is_room_again(
    small_disk: Path, events: Events
) -> None:
    vault = Vault(small_disk / "data", ManualClock())
    vault.open()
    recorder = PresenceRecorder(CAMERA, vault, SETTINGS, events)
    feed(recorder, masked_film(40))
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(16_384)):
                pass
        except OSError:
            file.truncate(max(0, file.tell() - 32_768))  # room for the beginning of a segment
    feed(recorder, masked_film(200, first=40))
    recorder.finish()
    assert events.kinds == [EventKind.DISK_FULL]
    assert all(text.ko and text.en for text in events.texts)

    filler.unlink()
    feed(recorder, masked_film(120, first=240))
    recorder.finish()
    assert events.kinds == [EventKind.DISK_FULL, EventKind.DISK_BACK]
    kept = segments(vault)
    for segment in kept:
        assert pictures(vault.path_of(segment)) == segment.frames
    starts = [segment.start_utc for segment in kept]
    assert starts == sorted(set(starts))
    assert sum(s.frames for s in kept) >= 40 + 40
    assert list(small_disk.rglob("*.partial")) == []
    vault.close()


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler:
        try:
            while filler.write(bytes(16_384)):
                pass
        except OSError:
            return


def test_a_segment_from_before_the_disk_was_full_is_no_sign_that_there_is_room_again(small_disk: Path, events: Events) -> None:
    held, go_on = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == Step.WRITTEN and not held.is_set():
            held.set()
            assert go_on.wait(30)

    with Vault(small_disk / "data", ManualClock(), steps=hold) as vault:
        recorder = PresenceRecorder(CAMERA, vault, SETTINGS, events)
        feed(recorder, masked_film(41))  # the first segment is with the vault, which takes its time
        assert held.wait(30)
        fill(small_disk / "filler")
        feed(recorder, masked_film(39, first=41))
        assert events.kinds == [EventKind.DISK_FULL]
        (small_disk / "filler").unlink()
        go_on.set()
        assert vault.flush()
        feed(recorder, masked_film(8, first=80))
        assert events.kinds == [EventKind.DISK_FULL]
        feed(recorder, masked_film(41, first=88))
        recorder.finish()
        assert events.kinds == [EventKind.DISK_FULL, EventKind.DISK_BACK]


def test_a_disk_that_turns_read_only_stops_no_camera(small_disk: Path, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with Vault(small_disk / "data", ManualClock()) as vault:
        recorder = PresenceRecorder(CAMERA, vault, SETTINGS, events)
        feed(recorder, masked_film(20))
        fill(small_disk / "filler")
        with monkeypatch.context() as patch:
            patch.setattr(os, "truncate", refuse)
            patch.setattr(Path, "unlink", refuse)
            feed(recorder, masked_film(100, first=20))
        assert events.kinds == [EventKind.DISK_FULL]
        (small_disk / "filler").unlink()
        feed(recorder, masked_film(60, first=160))
        recorder.finish()
        assert segments(vault)


def test_a_vault_that_takes_nothing_more_stops_no_camera(vault: Vault, recorder: PresenceRecorder, events: Events) -> None:
    feed(recorder, masked_film(20))
    vault.close()
    feed(recorder, masked_film(100, first=20))
    assert not recorder.wants(stamp(200), False)
    recorder.finish()
    assert events.kinds == [EventKind.DISK_FULL]


def test_while_the_disk_refuses_the_pipeline_is_not_asked_to_mask_in_vain(tmp_path: Path, events: Events) -> None:
    class Refusing(Vault):
        def partial_path(self, *_: object) -> Path:
            return tmp_path / "gone" / "a.mp4.partial"

    recorder = PresenceRecorder(CAMERA, Refusing(tmp_path / "data", ManualClock()), SETTINGS, events)
    (frame,) = masked_film(1)
    recorder.take(frame, True)
    assert events.kinds == [EventKind.DISK_FULL]
    assert not recorder.wants(stamp(20), True)
    assert recorder.wants(stamp(41), True)


def test_stored_pictures_have_the_size_that_was_given(vault: Vault, recorder: PresenceRecorder) -> None:
    feed(recorder, masked_film(8))
    recorder.finish()
    with av.open(str(vault.path_of(segments(vault)[0]))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == SIZE
