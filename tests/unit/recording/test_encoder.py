"""The encoder: masked frames in, a file that plays out, and a clear word when the disk refuses."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from agent.errors import StoreError
from agent.masking.masked import MaskedFrame
from agent.recording.encoder import Encoder, is_whole
from agent.vault.durable import DiskFull
from tests.film import SIZE, drawn, masked_film


def written(path: Path, frames: Iterator[MaskedFrame], *, fragmented: bool, fps: float = 8.0, full_range: bool = False) -> Path:
    with Encoder(path, SIZE, crf=28, fps=fps, fragmented=fragmented, full_range=full_range) as encoder:
        for frame in frames:
            encoder.write(frame)
    return path


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("fragmented", [True, False])
def test_what_is_written_is_what_is_read(tmp_path: Path, fragmented: bool) -> None:
    frames = list(masked_film(40))
    path = written(tmp_path / "a.mp4", iter(frames), fragmented=fragmented)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.profile, stream.width, stream.height) == ("h264", "High", *SIZE)
        shown = list(container.decode(stream))
    assert [round(picture.time, 3) for picture in shown] == [round(f.stamp.source_s, 3) for f in frames]
    for picture, frame in zip(shown, frames, strict=True):
        luma = picture.to_ndarray()[: frame.height].astype(float)
        assert np.abs(luma - frame.planes.y).mean() < 4
    assert is_whole(path)


def test_uneven_times_are_kept_and_start_at_nought(tmp_path: Path) -> None:
    frames = [f for f in masked_film(60, fps=10.0, first=100) if f.stamp.index % 10 not in (1, 6)]
    path = written(tmp_path / "a.mp4", iter(frames), fragmented=True)
    with av.open(str(path)) as container:
        times = [picture.time for picture in container.decode(video=0)]
    assert times == pytest.approx([f.stamp.source_s - 10.0 for f in frames], abs=0.001)


def test_a_clip_has_its_index_in_front_so_that_a_browser_can_begin_at_once(tmp_path: Path) -> None:
    data = written(tmp_path / "a.mp4", masked_film(20), fragmented=False).read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_keyframes_come_every_two_seconds(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", masked_film(48), fragmented=False)
    with av.open(str(path)) as container:
        keys = [i for i, packet in enumerate(p for p in container.demux(video=0) if p.size) if packet.is_keyframe]
    assert keys == [0, 16, 32]


def test_the_same_frames_make_the_same_bytes(tmp_path: Path) -> None:
    one = written(tmp_path / "1.mp4", masked_film(30), fragmented=False)
    two = written(tmp_path / "2.mp4", masked_film(30), fragmented=False)
    assert one.read_bytes() == two.read_bytes()


def test_full_range_is_said_in_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", masked_film(4, full_range=True), fragmented=False, full_range=True)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).color_range == 2


def test_only_masked_frames_are_taken(tmp_path: Path) -> None:
    encoder = Encoder(tmp_path / "a.mp4", SIZE, crf=28, fps=8, fragmented=True)
    for wrong in (drawn(0.0), drawn(0.0).y, None, b"picture"):
        with pytest.raises(TypeError, match="only masked frames"):
            encoder.write(wrong)  # type: ignore[arg-type]
    encoder.drop()


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with Encoder(tmp_path / "a.mp4", SIZE, crf=28, fps=8, fragmented=True) as encoder:
        encoder.write(next(masked_film(1)))
        with pytest.raises(ValueError, match="does not fit"):
            encoder.write(next(masked_film(1, size=(160, 90), first=1)))


def test_closing_twice_is_closing_once_and_a_closed_file_takes_nothing(tmp_path: Path) -> None:
    encoder = Encoder(tmp_path / "a.mp4", SIZE, crf=28, fps=8, fragmented=True)
    encoder.write(next(masked_film(1)))
    encoder.close()
    encoder.close()
    with pytest.raises(ValueError, match="closed"):
        encoder.write(next(masked_film(1, first=1)))


def test_a_folder_that_is_not_there_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Encoder(tmp_path / "nowhere" / "a.mp4", SIZE, crf=28, fps=8, fragmented=True)
    assert caught.value.text.ko
    assert caught.value.text.en


@pytest.mark.parametrize("fragmented", [True, False])
@pytest.mark.parametrize("spare", [0, 3, 7, 8, 11, 14, 20])
def test_a_full_disk_is_never_taken_for_success(tiny_disk: Path, tmp_path: Path, fragmented: bool, spare: int) -> None:
    """FFmpeg forgets to say when the last bytes do not fit: the disk leaves a little more room each time, in pages of 4 kB."""
    needed = len(written(tmp_path / "whole.mp4", masked_film(24), fragmented=fragmented).read_bytes())
    (tiny_disk / "other").write_bytes(bytes(max(0, 64 * 1024 - needed // 4096 * 4096 + (2 - spare) * 4096)))
    path = tiny_disk / "a.mp4"
    try:
        written(path, masked_film(24), fragmented=fragmented)
    except DiskFull:
        pass
    else:
        assert path.read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_a_file_is_whole_only_with_its_last_byte(tmp_path: Path) -> None:
    for fragmented in (True, False):
        data = written(tmp_path / "a.mp4", masked_film(24), fragmented=fragmented).read_bytes()
        cut = tmp_path / "cut.mp4"
        for length in itertools.chain((0, 1, 7, 8), range(16, len(data), 997), (len(data) - 1,)):
            cut.write_bytes(data[:length])
            assert not is_whole(cut)
        cut.write_bytes(data)
        assert is_whole(cut)
