"""What is recorded plays and seeks in Chromium, whole or cut off by a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from agent.recording.encoder import Encoder
from agent.vault.playable import fragments
from tests.film import SIZE, masked_film

ROOT = Path(__file__).resolve().parents[2]

PLAY = """async (src) => {
  const video = document.querySelector('video');
  const heard = (name) => new Promise((done, fail) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener('error', () => fail(new Error(video.error.message)), {once: true});
  });
  const ready = heard('canplay');
  video.src = src;
  await ready;
  const playing = heard('timeupdate');
  await video.play();
  await playing;
  video.pause();
  const seeked = heard('seeked');
  video.currentTime = video.duration * 0.6;
  await seeked;
  const at = video.currentTime;
  const ended = heard('ended');
  await video.play();
  video.playbackRate = 8;
  await ended;
  return {duration: video.duration, width: video.videoWidth, height: video.videoHeight, at,
          shown: video.getVideoPlaybackQuality().totalVideoFrames, state: video.readyState};
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    empty = tmp_path_factory.mktemp("page") / "page.html"
    empty.write_text("<!doctype html><video muted></video>", "utf-8")
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.goto(empty.as_uri())
    yield page
    page.close()


@pytest.mark.parametrize("fragmented", [True, False], ids=["presence segment", "clip"])
@pytest.mark.parametrize("full_range", [True, False])
def test_a_recording_plays_and_seeks(page: Page, tmp_path: Path, fragmented: bool, full_range: bool) -> None:
    path = tmp_path / "a.mp4"
    with Encoder(path, SIZE, crf=28, fps=8, fragmented=fragmented, full_range=full_range) as encoder:
        for frame in masked_film(80, full_range=full_range):
            encoder.write(frame)
    found = page.evaluate(PLAY, path.as_uri())
    assert (found["width"], found["height"]) == SIZE
    assert found["duration"] == pytest.approx(10.0, abs=0.2)
    assert found["at"] == pytest.approx(6.0, abs=0.2)
    assert found["shown"] > 4


def killed_while_writing(path: Path, frames: int) -> None:
    """A process writes `frames` frames of a presence segment, says so, goes on, and is killed by SIGKILL."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from agent.recording.encoder import Encoder\n"
        "from tests.film import SIZE, masked_film\n"
        "encoder = Encoder(Path(sys.argv[1]), SIZE, crf=28, fps=8, fragmented=True)\n"
        "for number, frame in enumerate(masked_film(10_000)):\n"
        "    encoder.write(frame)\n"
        "    if number + 1 == int(sys.argv[2]):\n"
        "        print('there', flush=True)\n"
        "        sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(frames)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"there\n"
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL


def test_a_segment_whose_writer_was_killed_plays_up_to_its_last_second(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    killed_while_writing(path, 50)
    kept = fragments(path)
    assert kept is not None
    assert 50 - 2 * 8 <= kept.frames <= 50
    found = page.evaluate(PLAY, path.as_uri())
    assert found["duration"] == pytest.approx(kept.frames / 8, abs=0.3)


def test_a_segment_that_broke_in_the_middle_of_a_fragment_plays_up_to_the_one_before(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with Encoder(path, SIZE, crf=28, fps=8, fragmented=True) as encoder:
        for frame in masked_film(60):
            encoder.write(frame)
    os.truncate(path, path.stat().st_size * 2 // 3)
    kept = fragments(path)
    assert kept is not None
    os.truncate(path, kept.bytes)
    assert page.evaluate(PLAY, path.as_uri())["duration"] == pytest.approx(kept.frames / 8, abs=0.3)
