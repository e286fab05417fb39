"""Whatever goes wrong from outside ends in a clear sentence and a documented exit code, and nothing that was stored is lost."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from agent.clock import ManualClock, SystemClock
from agent.values import EventKind
from agent.vault.check import check
from agent.vault.durable import sha256_of
from agent.vault.reading import Reading
from agent.vault.rows import FileKind, StoredFile
from tests.cameras import free_port
from tests.canary_film import SHIRT, Film, Walker
from tests.command import ENGLISH, KOREAN, ansim, running, stop, until
from tests.recordings import film
from tests.stored import keep_clip, keep_segment, opened

ONCE = ("run", "--once", "--engine", "reference")


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an earlier run, with a clip and a piece of the presence recording in it."""
    folder = tmp_path_factory.mktemp("earlier") / "data"
    now = SystemClock().utc() - 3600.0
    with opened(folder, ManualClock(now)) as vault:
        keep_clip(vault, utc=now - 60.0)
        keep_segment(vault, now - 60.0)
    return folder


@pytest.fixture(scope="module")
def somebody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of an empty room, then somebody walks about in it for half a minute."""

    def way(t: float) -> tuple[float, float] | None:
        return (240 + 120 * math.sin(t), 80.0) if t > 5 else None

    return Film(35.0, (Walker(way, SHIRT),)).write(tmp_path_factory.mktemp("film") / "somebody.mp4")


@pytest.fixture
def data(earlier: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it; whatever the test does, all that was stored is there afterwards and the store is in order."""
    folder = tmp_path / "data"
    shutil.copytree(earlier, folder)
    yield folder
    nothing_was_lost(folder)


def nothing_was_lost(folder: Path) -> None:
    report = check(folder, SystemClock(), repair=False, deep=True)
    assert report.problems == ()
    with reading(folder) as vault:
        old = vault.oldest(FileKind.CLIP, 1) + vault.oldest(FileKind.SEGMENT, 1)
        assert len(old) == 2
        for stored in old:
            assert sha256_of(vault.path_of(stored)) == stored.video.sha256


@contextmanager
def reading(folder: Path) -> Iterator[Reading]:
    vault = Reading(folder, SystemClock())
    try:
        yield vault
    finally:
        vault.close()


def events(folder: Path) -> list[EventKind]:
    with reading(folder) as vault:
        return [row.event.kind for row in vault.events(500)]


def segments(folder: Path, camera: str = "camera-1") -> tuple[StoredFile, ...]:
    with reading(folder) as vault:
        return vault.segments(camera, 0, 1e12)


def refused(done: subprocess.CompletedProcess[str], code: int, *says: str) -> None:
    """It ended with that code and one sentence, which holds all of `says`."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    sentence = done.stderr.strip()
    assert "\n" not in sentence, sentence
    for part in says:
        assert part in sentence


def worked(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """It ended well; what it counted."""
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# Sources.


def bad_file(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.mp4"
    match kind:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("오늘 매출 120,000원\n" * 500, encoding="utf-8")
        case "cut":
            whole = film(folder / "whole.mp4", seconds=3).read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
        case "dot":
            path = folder / "dot.png"
            with av.open(str(path), "w", format="image2") as out:
                stream = out.add_stream("png", rate=1)
                stream.width = stream.height = 1
                stream.pix_fmt = "rgb24"
                out.mux(stream.encode(av.VideoFrame(1, 1, "rgb24")))
                out.mux(stream.encode(None))
        case "folder":
            path.mkdir()
    return path


FILES = {
    "missing": (ENGLISH, "There is no video file"),
    "empty": (KOREAN, "비어 있습니다"),
    "text": (ENGLISH, "is not video that can be read"),
    "cut": (KOREAN, "읽을 수 있는 영상이 아닙니다"),
    "dot": (ENGLISH, "The picture is only 1 x 1 pixels"),
    "folder": (KOREAN, "파일이 아닙니다"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_recording(data: Path, tmp_path: Path, kind: str) -> None:
    language, says = FILES[kind]
    refused(ansim(*ONCE, "--data", data, "--source", bad_file(kind, tmp_path), language=language), 3, says)


SOURCES = [
    ("ftp://192.168.0.10/shop", ENGLISH, "Unknown camera source"),
    ("ftp://owner:secret@192.168.0.10/shop", KOREAN, "카메라 주소"),
    ("rtsp://owner:secret@127.0.0.1:{port}/shop", ENGLISH, "refuses connections"),
    ("rtsp://owner:secret@127.0.0.1:{port}/shop", KOREAN, "연결을 받지 않습니다"),
    ("http://127.0.0.1:{port}/video.mjpg", ENGLISH, "refuses connections"),
    ("usb:99", KOREAN, "USB 카메라가 없습니다"),
]


@pytest.mark.parametrize(("source", "language", "says"), SOURCES)
def test_a_camera_that_is_not_there(data: Path, source: str, language: str, says: str) -> None:
    done = ansim(*ONCE, "--data", data, "--source", source.format(port=free_port()), language=language)
    refused(done, 3, says)
    assert "secret" not in done.stdout + done.stderr


def test_a_dead_camera_is_an_event_and_the_agent_runs_on(data: Path) -> None:
    source = f"rtsp://owner:secret@127.0.0.1:{free_port()}/shop"
    with running("run", "--engine", "reference", "--no-web", "--data", data, "--source", source) as agent:
        until(lambda: EventKind.CAMERA_LOST in events(data), "the lost camera was never reported", agent)
        assert agent.poll() is None
        code, said, complained = stop(agent)
    assert (code, "secret" in said + complained) == (0, False)
    assert events(data)[0] is EventKind.STOPPED
    assert all(b"secret" not in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_a_recording_that_breaks_off_is_used_up_to_there(data: Path, tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mp4", seconds=6, container_options={"movflags": "faststart"}).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    assert 10 < worked(ansim(*ONCE, "--json", "--data", data, "--source", cut))["frames"] < 46
    with reading(data) as vault:
        (told,) = [row.event.text for row in vault.events() if row.event.kind is EventKind.CAMERA_ENDED]
    assert "breaks off" in told.en
    assert "끊겼습니다" in told.ko


UNUSUAL = {
    "10 bit": ("ten.mp4", {"pixels": "yuv420p10le", "options": {"preset": "ultrafast", "profile": "high10"}}, (320, 240)),
    "odd": ("odd.mkv", {"size": (641, 359), "codec": "ffv1", "pixels": "yuv420p", "options": {}}, (640, 358)),
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_a_recording_of_an_unusual_kind_is_processed(data: Path, tmp_path: Path, kind: str) -> None:
    """Before the empty shop is known everything is recorded, so there is a stored picture of each."""
    name, options, size = UNUSUAL[kind]
    counts = worked(ansim(*ONCE, "--json", "--data", data, "--source", film(tmp_path / name, seconds=2, **options)))
    assert counts["frames"] == 16
    assert stored_sizes(data) == [size]


def test_a_resolution_that_changes_in_the_middle(data: Path, tmp_path: Path) -> None:
    first = film(tmp_path / "a.ts", seconds=2, form="mpegts")
    second = film(tmp_path / "b.ts", seconds=2, form="mpegts", size=(480, 270))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    assert worked(ansim(*ONCE, "--json", "--data", data, "--source", both))["frames"] == 32
    assert events(data).count(EventKind.CAMERA_CHANGED) == 1
    assert stored_sizes(data) == [(320, 240), (480, 270)]


def stored_sizes(data: Path) -> list[tuple[int, int]]:
    """Width and height of each stored segment, every frame of which decodes."""
    sizes = []
    with reading(data) as vault:
        for stored in segments(data):
            with av.open(str(vault.path_of(stored))) as container:
                pictures = list(container.decode(video=0))
            assert len(pictures) == stored.frames
            sizes.append((pictures[0].width, pictures[0].height))
    return sizes


@pytest.mark.parametrize("language", [KOREAN, ENGLISH])
def test_paths_in_korean_and_with_spaces(data: Path, tmp_path: Path, language: str) -> None:
    folder = tmp_path / "가게 데이터" / "1호점 (본점)"
    folder.parent.mkdir()
    data.rename(folder)
    try:
        source = film(tmp_path / "영상 파일 #1 100%.mp4", seconds=2)
        assert worked(ansim(*ONCE, "--json", "--data", folder, "--source", source, language=language))["segments"] == 2
        done = ansim("check", "--deep", "--data", folder, language=language)
        assert done.returncode == 0
        assert ("점검을 마쳤습니다" if language == KOREAN else "Checked") in done.stdout
    finally:
        folder.rename(data)


# Settings.


def config(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("language", "says"), [(ENGLISH, ("line 4", "did you mean")), (KOREAN, ("4", "혹시"))])
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_one(
    data: Path, tmp_path: Path, language: str, says: tuple[str, ...]
) -> None:
    path = config(tmp_path, '[shop]\nname = "우리 가게"\n[masking]\nlook_ahed_s = 1.0\n')
    refused(ansim("run", "--config", path, "--data", data, language=language), 2, "config.toml", "look_ahead_s", *says)


CAMERA = '[[cameras]]\nid = "a"\nname = "a"\nsource = "demo:"\n'
SETTINGS = {
    "range": ("[recording]\nfps = 900\n", "line 2"),
    "type": ('[recording]\nfps = "빠르게"\n', "line 2"),
    "not TOML": ("[recording\n", "line 1"),
    "crossing": (
        CAMERA + '[[cameras.zones]]\nname = "z"\nkind = "staff"\npolygon = [[0, 0], [1, 1], [1, 0], [0, 1]]\n',
        "line 8",
    ),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_settings_that_make_no_sense(data: Path, tmp_path: Path, kind: str) -> None:
    text, says = SETTINGS[kind]
    refused(ansim("run", "--config", config(tmp_path, text), "--data", data), 2, "config.toml", says)


def test_an_engine_whose_model_is_not_installed(data: Path) -> None:
    done = ansim("run", "--once", "--engine", "pose", "--data", data, "--source", "demo:", language=KOREAN)
    refused(done, 6, "모델이 없습니다", "ansim models pull")


# The machine.


def test_a_port_that_is_in_use(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ansim("run", "--engine", "reference", "--data", data, "--source", "demo:", "--port", port, language=KOREAN)
    refused(done, 7, f"{port}번 포트")


def test_a_second_agent_on_the_same_data_folder_and_the_first_goes_on(data: Path) -> None:
    arguments = ("--engine", "reference", "--no-web", "--data", data, "--source", "demo:")
    with running("run", *arguments) as first:
        until(lambda: EventKind.STARTED in events(data), "the first agent did not start", first)
        refused(ansim("run", *arguments, language=KOREAN), 4, "다른 안심 프로그램", str(first.pid))
        checked = ansim("check", "--data", data)  # looks, and leaves the repairs to whoever has the folder
        assert (checked.returncode, checked.stderr) == (0, "")
        assert "nothing is repaired" in checked.stdout
        assert first.poll() is None
        assert stop(first)[0] == 0
    assert events(data).count(EventKind.STARTED) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stopping_in_the_middle_leaves_everything_in_order(data: Path, tmp_path: Path, somebody: Path, how: int) -> None:
    """The shop is closed and somebody is in it: an incident is open and a segment half written when the signal comes."""
    text = '[shop]\nopen_hours = "closed"\n[incidents.intrusion]\nhold_s = 0.5\n[recording]\nsegment_s = 3.0\n'
    with running(
        "run", "--engine", "reference", "--no-web", "--config", config(tmp_path, text), "--data", data,
        "--source", somebody,
    ) as agent:  # fmt: skip
        until(lambda: open_incidents(data) and list(data.rglob("presence/**/*.partial")), "nothing happened", agent)
        code, _, complained = stop(agent, how)
    assert code == 0, complained
    assert "Traceback" not in complained
    assert not list(data.rglob("*.partial"))
    assert not open_incidents(data)
    assert events(data)[0] is EventKind.STOPPED
    assert segments(data)


def open_incidents(data: Path) -> int:
    with reading(data) as vault:
        return sum(row.incident.closed_utc is None for row in vault.incidents())


@contextmanager
def mounted(at: Path, *options: str) -> Iterator[None]:
    at.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *options, str(at)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this user may not mount: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


@pytest.mark.parametrize("language", [KOREAN, ENGLISH])
def test_a_data_folder_that_is_read_only(earlier: Path, tmp_path: Path, language: str) -> None:
    folder = tmp_path / "disk"
    with mounted(folder, "-t", "tmpfs", "-o", "size=20m", "tmpfs"):
        shutil.copytree(earlier, folder / "data")
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        done = ansim(*ONCE, "--data", folder / "data", "--source", "demo:", language=language)
        refused(done, 4, str(folder), "읽기 전용" if language == KOREAN else "read-only")
        assert ansim("check", "--dry-run", "--data", folder / "data").returncode == 0
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
        nothing_was_lost(folder / "data")


def test_a_data_folder_without_the_permission_to_write(data: Path) -> None:
    powerless: tuple[str, ...] = ()
    if os.geteuid() == 0:  # root may do everything, unless it gives that power up
        powerless = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        if shutil.which("setpriv") is None or subprocess.run([*powerless, "true"], check=False, capture_output=True).returncode:
            pytest.skip("root cannot give up its power here (setpriv)")
    folders = [data, *(path for path in data.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    (data / "agent.lock").chmod(0o444)
    try:
        done = ansim(*ONCE, "--data", data, "--source", "demo:", under=powerless, language=KOREAN)
    finally:
        for folder in folders:
            folder.chmod(0o755)
        (data / "agent.lock").chmod(0o644)
    refused(done, 4, "쓸 수 없습니다", "권한")


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("not a folder")
    refused(ansim(*ONCE, "--data", place, "--source", "demo:"), 4, str(place), "not a folder")
    refused(ansim(*ONCE, "--data", place, "--source", "demo:", language=KOREAN), 4, str(place), "폴더가 아")


@pytest.mark.parametrize("min_free_gb", ["0", "1"])
def test_a_full_disk_is_an_event_the_run_goes_on_and_nothing_stored_is_lost(
    earlier: Path, tmp_path: Path, somebody: Path, min_free_gb: str
) -> None:
    """Whether or not Ansim is told to keep space free: what is young is not erased for that."""
    disk = tmp_path / "disk"
    with mounted(disk, "-t", "tmpfs", "-o", "size=3m", "tmpfs"):
        folder = disk / "data"
        shutil.copytree(earlier, folder, ignore=shutil.ignore_patterns("reserve"))
        filler = disk / "filler"
        filler.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - 350_000)))
        done = ansim(*ONCE, "--json", "--data", folder, "--source", somebody, ANSIM_DATA__MIN_FREE_GB=min_free_gb)
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode == 0, done.stderr
        assert worked(done)["frames"] == 280
        assert EventKind.DISK_FULL in events(folder)
        filler.unlink()
        checked = ansim("check", "--deep", "--data", folder, "--json")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        nothing_was_lost(folder)
