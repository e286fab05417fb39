"""One of two people is revealed from a sealed original: the real program films, seals and reveals; the other stays hidden."""

from __future__ import annotations

import io
import os
import resource
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import av
import numpy as np
import pyrage
import pytest
from pyrage import passphrase, x25519

from agent.cli_reveal import Reveal
from agent.clock import ManualClock, SystemClock
from agent.errors import ConfigError, IntegrityError
from agent.evidence.ceremony import Ceremony, RevealRefused, RevealRequest, Stage
from agent.evidence.delivery import Protection
from agent.evidence.export import Exporter
from agent.evidence.order import ExportOrder
from agent.evidence.reveal import Revealed, Revealer
from agent.evidence.verify import Opener, verify
from agent.recording.sealed import Envelope, disclose
from agent.settings import RecordingSettings
from agent.values import EventKind
from agent.vault import Vault, layout
from agent.vault.journal import Journal
from agent.vault.owner_keys import KeyRefused
from tests.canary import LIMIT, Eyes, frames_of, likeness
from tests.canary_film import FACE, FPS, OTHER_SHIRT, SHIRT, WIDTH
from tests.disks import disk_image, mounted_image
from tests.stored import incident, keep_clip, opened
from tests.terminal import said_by
from tests.two_people import PASS, TwoPeople, film_two_people

BAG_PASS = "받는 사람에게 따로 알릴 암호"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> TwoPeople:
    return film_two_people(tmp_path_factory.mktemp("reveal"))


@pytest.fixture
def vault(shop: TwoPeople) -> Iterator[Vault]:
    with Vault(shop.folder, SystemClock()) as vault:
        yield vault


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def revealer(vault: Vault, clock: ManualClock) -> Revealer:
    return Revealer(vault, RecordingSettings(), clock)


def wish(shop: TwoPeople, *persons: int, **changes: str) -> RevealRequest:
    fields = {"by": "점주", "reason": "손님이 자기 영상을 보여 달라고 함", "basis": "viewing", "case": "열람-7"} | changes
    return RevealRequest(shop.incident.id, persons=persons or (shop.left,), **fields)


def made(revealer: Revealer, clock: ManualClock, request: RevealRequest) -> Revealed:
    ceremony = revealer.ask(request)
    unlocked = revealer.unlock(ceremony, PASS)
    clock.advance(revealer.seconds_left(ceremony))
    done, clips = revealer.open(ceremony, unlocked)
    assert done.stage is Stage.DONE
    (clip,) = clips
    return clip


def steps(shop: TwoPeople) -> list[str]:
    return [str(r.body["step"]) for r in Journal(shop.folder / "ledger").records() if r.kind.startswith("reveal.")]


def left_and_right(video: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for planes in frames_of(video):
        yield planes[0][:, : WIDTH // 2], planes[0][:, WIDTH // 2 :]


def likest(video: bytes, pattern: np.ndarray) -> tuple[float, float]:
    """How much the pattern can be seen in the left and in the right half, at best."""
    found = [(likeness(left, pattern), likeness(right, pattern)) for left, right in left_and_right(video)]
    return max(left for left, _ in found), max(right for _, right in found)


def test_the_program_seals_and_nothing_clear_is_on_the_disk(shop: TwoPeople) -> None:
    assert EventKind.NOT_SEALED not in shop.events
    assert list(shop.folder.rglob("*.mkv.age"))
    eyes = Eyes()
    eyes.folder(shop.folder)
    assert eyes.sightings == []
    assert {"video", "still", "database", "raw"} <= eyes.kinds


@pytest.mark.parametrize(("chosen", "worn", "other"), [("left", SHIRT, OTHER_SHIRT), ("right", OTHER_SHIRT, SHIRT)])
def test_the_chosen_one_is_seen_and_the_other_is_not(
    shop: TwoPeople, revealer: Revealer, clock: ManualClock, chosen: str, worn: np.ndarray, other: np.ndarray
) -> None:
    clip = made(revealer, clock, wish(shop, getattr(shop, chosen)))
    own = 0 if chosen == "left" else 1
    for pattern in (worn, FACE):
        assert likest(clip.video, pattern)[own] > 0.8
        assert likest(clip.video, pattern)[1 - own] < LIMIT
    assert max(likest(clip.video, other)) < LIMIT
    assert clip.shown >= 4 * FPS  # of six seconds in which they are there
    assert clip.frames == sum(one.frames for one in shop.incident.clips)


def test_what_was_made_stands_on_the_ledger_and_not_on_the_disk(
    shop: TwoPeople, revealer: Revealer, clock: ManualClock
) -> None:
    before = len(steps(shop))
    clip = made(revealer, clock, wish(shop))
    assert steps(shop)[before:] == ["asked", "opened", "rendered"]
    record = [r for r in Journal(shop.folder / "ledger").records() if r.kind == "reveal.rendered"][-1]
    assert (record.body["file"], record.body["sha256"]) == (clip.name, clip.sha256)
    assert record.body["persons"] == [shop.left]
    eyes = Eyes()
    eyes.folder(shop.folder)
    assert eyes.sightings == []
    assert not list(shop.folder.rglob("*revealed*"))


def test_a_wrong_passphrase_opens_nothing_and_is_on_the_ledger(shop: TwoPeople, revealer: Revealer) -> None:
    ceremony = revealer.ask(wish(shop))
    with pytest.raises(KeyRefused):
        revealer.unlock(ceremony, PASS + "?")
    assert steps(shop)[-1] == "wrong passphrase"


def test_before_the_countdown_is_over_nothing_is_opened(shop: TwoPeople, revealer: Revealer, clock: ManualClock) -> None:
    ceremony = revealer.ask(wish(shop))
    unlocked = revealer.unlock(ceremony, PASS)
    clock.advance(revealer.seconds_left(ceremony) - 1)
    with pytest.raises(RevealRefused):
        revealer.open(ceremony, unlocked)
    revealer.stop(ceremony, "직원")
    assert steps(shop)[-2:] == ["asked", "stopped"]


def test_who_was_named_has_to_approve(shop: TwoPeople, revealer: Revealer, clock: ManualClock) -> None:
    ceremony = revealer.ask(wish(shop, approver="본사"))
    unlocked = revealer.unlock(ceremony, PASS)
    clock.advance(60)
    with pytest.raises(RevealRefused):
        revealer.open(ceremony, unlocked)
    with pytest.raises(RevealRefused):
        revealer.approve(ceremony, "점주")
    approved: Ceremony = revealer.approve(ceremony, "본사")
    clock.advance(60)
    assert revealer.open(approved, unlocked)[1]
    assert steps(shop)[-4:] == ["asked", "approved", "opened", "rendered"]


def test_somebody_else_s_number_and_nobody_s_are_refused(shop: TwoPeople, revealer: Revealer) -> None:
    with pytest.raises(RevealRefused):
        revealer.ask(wish(shop, 4711))
    with pytest.raises(RevealRefused):
        revealer.ask(wish(shop, shop.left, shop.right))  # a viewing request shows one


def test_an_original_that_was_exchanged_is_not_opened(shop: TwoPeople, revealer: Revealer, clock: ManualClock) -> None:
    key = layout.key_of(next(shop.folder.rglob(shop.incident.id + layout.SEALED)))
    whole = key.read_bytes()
    key.write_bytes(pyrage.encrypt(b"x", [x25519.Identity.generate().to_public()]))
    try:
        ceremony = revealer.ask(wish(shop))
        unlocked = revealer.unlock(ceremony, PASS)
        clock.advance(60)
        with pytest.raises(IntegrityError):
            revealer.open(ceremony, unlocked)
        assert steps(shop)[-2:] == ["opened", "failed"]
    finally:
        key.write_bytes(whole)


def test_without_a_sealed_original_nothing_begins(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        keep_clip(vault)
        with pytest.raises(RevealRefused):
            Revealer(vault, RecordingSettings(), ManualClock()).ask(
                RevealRequest(incident().id, "점주", (3,), "보여 달라고 함", "viewing")
            )


def command(shop: TwoPeople, monkeypatch: pytest.MonkeyPatch, typed: Sequence[str], *options: str) -> list[str]:
    """`ansim reveal` with what is typed; gives the lines that it said."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(line + "\n" for line in typed)))
    words = ("reveal", shop.incident.id, "--by", "점주", "--reason", "도난 신고", *options)
    return said_by(partial(Reveal, countdown_s=0.0), shop.settings, *words)


def test_the_command_leaves_an_encrypted_bag_that_verifies(
    shop: TwoPeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    options = ("--person", str(shop.left), "--basis", "law", "--case", "2026-1234", "--receiver", "마포경찰서")
    said = command(shop, monkeypatch, [PASS, BAG_PASS], *options, "--to", str(stick))
    assert "PIPA article 18(2)2" in said[0]
    (sealed,) = stick.glob("*.age")
    assert sealed.name.endswith(".zip.age")
    eyes = Eyes()
    eyes.folder(tmp_path)
    assert eyes.sightings == []

    found = verify(sealed, None, Opener(lambda: BAG_PASS, ()))
    assert found.verdict == "unchanged", found
    with zipfile.ZipFile(io.BytesIO(passphrase.decrypt(sealed.read_bytes(), BAG_PASS))) as bag:
        (name,) = [name for name in bag.namelist() if "/data/revealed/" in name]
        video = bag.read(name)
    assert likest(video, SHIRT)[0] > 0.8
    assert max(likest(video, OTHER_SHIRT)) < LIMIT
    assert steps(shop)[-3:] == ["asked", "opened", "rendered"]


def test_the_command_never_exports_people_without_encryption(
    shop: TwoPeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--person", str(shop.left), "--basis", "viewing", "--to", str(tmp_path))
    with pytest.raises(ConfigError):
        command(shop, monkeypatch, [PASS, ""], *options)
    assert list(tmp_path.iterdir()) == []
    assert steps(shop)[-1] == "asked"


# the whole disk


PIECE = 48  # bytes; far more than chance gives


def clear_pieces(shop: TwoPeople, vault: Vault, clip: Revealed) -> dict[str, list[bytes]]:
    """What would be found on a disk to which anything clear was ever written: of the original, of its frames, of the clip."""
    (sealed, *_) = vault.sealed(shop.incident.id)
    path = vault.folder / sealed.path
    envelope = Envelope(path.read_bytes(), layout.key_of(path).read_bytes())
    packets = [packet.data for packet in disclose(envelope, vault.owner_keys.unlock(PASS)).packets]
    rows = [bytes(max(planes[0].reshape(-1, PIECE), key=np.std)) for planes in frames_of(clip.video)]
    masked = b"".join(path.read_bytes() for path in vault.folder.rglob("*.mp4"))  # of the empty shop it shows the same
    found = {
        "original": [data[len(data) // 2 :][:PIECE] for data in sorted(packets, key=len)],
        "frames": rows,
        "clip": [packet[len(packet) // 2 :][:PIECE] for packet in sorted(packets_of(clip.video), key=len)],
    }
    return {kind: [one for one in some if len(one) == PIECE and one not in masked][-12:] for kind, some in found.items()}


def packets_of(video: bytes) -> list[bytes]:
    """Without the file's tables and the encoder's name, which stand in every masked clip, too."""
    with av.open(io.BytesIO(video)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def on(image: Path, pieces: dict[str, list[bytes]]) -> set[str]:
    data = image.read_bytes()
    return {kind for kind, some in pieces.items() if any(piece in data for piece in some)}


def test_on_the_whole_disk_nothing_clear_is_found_after_a_reveal_and_after_one_that_was_killed(
    shop: TwoPeople, vault: Vault, revealer: Revealer, clock: ManualClock, tmp_path: Path, root: Path
) -> None:
    """Free space, journals of the file system and names that are gone included; kill -9 while the clip is being rendered."""
    clip = made(revealer, clock, wish(shop))
    pieces = clear_pieces(shop, vault, clip)
    assert all(len(some) >= 5 for some in pieces.values())
    image, at = tmp_path / "disk.img", tmp_path / "disk"
    with disk_image(image, at, 48 << 20):
        shutil.copytree(shop.folder, at / "data")
        (at / "tmp").mkdir()
        here = {"PYTHONPATH": str(root), "TMPDIR": str(at / "tmp"), "HOME": str(at / "tmp"), "PATH": os.environ["PATH"]}
        command = [sys.executable, "-m", "tests.integration.reveal_killed", str(at / "data"), shop.incident.id]
        killed = subprocess.run(
            [*command, str(shop.left), "20"], cwd=at, env=here, input=PASS + "\n", text=True, capture_output=True, check=False
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not [path for path in at.rglob("*") if path.name.startswith("core")]
        with Vault(at / "data", clock) as again:
            assert again.events(1)
            revealed = made(Revealer(again, RecordingSettings(), clock), clock, wish(shop))
            order = ExportOrder(shop.incident.id, "점주", "수사 협조", revealed=(revealed.bag_file,))
            exporter = Exporter(again, again.device, shop.settings, clock, lambda _: b"%PDF-1.7", again.checkpoint)
            delivered, _ = exporter.export(order, at, Protection(BAG_PASS))
        said = [str(r.body["step"]) for r in Journal(at / "data/ledger").records() if r.kind.startswith("reveal.")]
        assert said[-5:] == ["asked", "opened", "asked", "opened", "rendered"]  # known, whatever came after the opening
    assert on(image, pieces) == set()
    assert delivered.size > len(clip.video)
    with mounted_image(image, at):  # and it would have been found, even after its name was gone
        for kind, some in pieces.items():
            with (at / kind).open("wb") as file:
                file.write(bytes(5000) + some[-1])
                os.fsync(file.fileno())
            (at / kind).unlink()
    assert on(image, pieces) == set(pieces)


@pytest.mark.parametrize("careful", [True, False])
def test_a_process_that_dies_leaves_no_core(tmp_path: Path, root: Path, careful: bool) -> None:
    pattern = Path("/proc/sys/kernel/core_pattern").read_text("utf-8").strip()
    if "/" in pattern or pattern.startswith("|"):
        pytest.skip(f"this system keeps cores elsewhere ({pattern})")
    script = "import os, agent.workers as w\n" + ("w.leave_no_core()\n" if careful else "") + "os.abort()"
    limit = partial(resource.setrlimit, resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    died = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(root)}, preexec_fn=limit, check=False
    )
    assert died.returncode == -signal.SIGABRT
    if not careful and not list(tmp_path.iterdir()):
        pytest.skip("this system writes no cores at all")
    assert bool(list(tmp_path.iterdir())) is not careful
