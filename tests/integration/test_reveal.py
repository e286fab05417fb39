"""One of two people is revealed from a sealed original: the real program films, seals and reveals; the other stays hidden."""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyrage
import pytest
from pyrage import passphrase, x25519

from agent.app import App
from agent.cli_reveal import Reveal
from agent.clock import ManualClock, SystemClock
from agent.detection.engine import Engine
from agent.errors import ConfigError, IntegrityError
from agent.evidence.ceremony import Ceremony, RevealRefused, RevealRequest, Stage
from agent.evidence.reveal import Revealed, Revealer
from agent.evidence.verify import Opener, verify
from agent.settings import RecordingSettings, Settings
from agent.values import EventKind
from agent.vault import IncidentRow, Vault, layout
from agent.vault.journal import Journal
from agent.vault.owner_keys import KeyRefused, OwnerKeys
from tests.canary import LIMIT, Eyes, frames_of, likeness
from tests.canary_film import EMPTY_S, FACE, FPS, OTHER_SHIRT, SHIRT, WIDTH, Film, Walker, along
from tests.canary_run import Truth, settings_for
from tests.stored import incident, keep_clip, opened

PASS = "네 낱말을 이어 쓴 암호문"
BAG_PASS = "받는 사람에게 따로 알릴 암호"
LEFT = along((EMPTY_S, 90.0, 60.0), (EMPTY_S + 3, 130.0, 60.0), (EMPTY_S + 6, 100.0, 60.0))
RIGHT = along((EMPTY_S, 390.0, 60.0), (EMPTY_S + 3, 350.0, 60.0), (EMPTY_S + 6, 380.0, 60.0))
FILM = Film(EMPTY_S + 9.0, (Walker(LEFT, SHIRT), Walker(RIGHT, OTHER_SHIRT)))


@dataclass
class Shop:
    """What the program stored of two people in a closed shop, with an owner's key made before."""

    folder: Path
    settings: Settings
    incident: IncidentRow
    left: int
    right: int
    events: list[EventKind]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    top = tmp_path_factory.mktemp("reveal")
    settings = settings_for(top / "data", FILM.write(top / "film.mp4"))
    (top / "data").mkdir()
    OwnerKeys(top / "data" / "keys", SystemClock()).make(PASS)
    people = Truth(FILM)
    app = App(settings, SystemClock(), once=True)
    app.engine = Engine(people, None, ("reference", people.name), ())
    app.start()
    try:
        app.wait()
        assert app.broken is None, app.broken
    finally:
        app.stop()
    with Vault(top / "data", SystemClock()) as vault:
        row = max(vault.incidents(), key=lambda row: sum(clip.frames for clip in row.clips))
        assert row.clip is not None
        middles = {
            track: np.median([point.box.centre.x for point in path])
            for track, path in vault.sidecar_of(row.clip).tracks.items()
        }
        events = [one.event.kind for one in vault.events()]
    left = min(middles, key=lambda track: middles[track])
    right = max(middles, key=lambda track: middles[track])
    return Shop(top / "data", settings, row, left, right, events)


@pytest.fixture
def vault(shop: Shop) -> Iterator[Vault]:
    with Vault(shop.folder, SystemClock()) as vault:
        yield vault


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def revealer(vault: Vault, clock: ManualClock) -> Revealer:
    return Revealer(vault, RecordingSettings(), clock)


def wish(shop: Shop, *persons: int, **changes: str) -> RevealRequest:
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


def steps(shop: Shop) -> list[str]:
    return [str(r.body["step"]) for r in Journal(shop.folder / "ledger").records() if r.kind.startswith("reveal.")]


def left_and_right(video: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for planes in frames_of(video):
        yield planes[0][:, : WIDTH // 2], planes[0][:, WIDTH // 2 :]


def likest(video: bytes, pattern: np.ndarray) -> tuple[float, float]:
    """How much the pattern can be seen in the left and in the right half, at best."""
    found = [(likeness(left, pattern), likeness(right, pattern)) for left, right in left_and_right(video)]
    return max(left for left, _ in found), max(right for _, right in found)


def test_the_program_seals_and_nothing_clear_is_on_the_disk(shop: Shop) -> None:
    assert EventKind.NOT_SEALED not in shop.events
    assert list(shop.folder.rglob("*.mkv.age"))
    eyes = Eyes()
    eyes.folder(shop.folder)
    assert eyes.sightings == []
    assert {"video", "still", "database", "raw"} <= eyes.kinds


@pytest.mark.parametrize(("chosen", "worn", "other"), [("left", SHIRT, OTHER_SHIRT), ("right", OTHER_SHIRT, SHIRT)])
def test_the_chosen_one_is_seen_and_the_other_is_not(
    shop: Shop, revealer: Revealer, clock: ManualClock, chosen: str, worn: np.ndarray, other: np.ndarray
) -> None:
    clip = made(revealer, clock, wish(shop, getattr(shop, chosen)))
    own = 0 if chosen == "left" else 1
    for pattern in (worn, FACE):
        assert likest(clip.video, pattern)[own] > 0.8
        assert likest(clip.video, pattern)[1 - own] < LIMIT
    assert max(likest(clip.video, other)) < LIMIT
    assert clip.shown >= 4 * FPS  # of six seconds in which they are there
    assert clip.frames == sum(one.frames for one in shop.incident.clips)


def test_what_was_made_stands_on_the_ledger_and_not_on_the_disk(shop: Shop, revealer: Revealer, clock: ManualClock) -> None:
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


def test_a_wrong_passphrase_opens_nothing_and_is_on_the_ledger(shop: Shop, revealer: Revealer) -> None:
    ceremony = revealer.ask(wish(shop))
    with pytest.raises(KeyRefused):
        revealer.unlock(ceremony, PASS + "?")
    assert steps(shop)[-1] == "wrong passphrase"


def test_before_the_countdown_is_over_nothing_is_opened(shop: Shop, revealer: Revealer, clock: ManualClock) -> None:
    ceremony = revealer.ask(wish(shop))
    unlocked = revealer.unlock(ceremony, PASS)
    clock.advance(revealer.seconds_left(ceremony) - 1)
    with pytest.raises(RevealRefused):
        revealer.open(ceremony, unlocked)
    revealer.stop(ceremony, "직원")
    assert steps(shop)[-2:] == ["asked", "stopped"]


def test_who_was_named_has_to_approve(shop: Shop, revealer: Revealer, clock: ManualClock) -> None:
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


def test_somebody_else_s_number_and_nobody_s_are_refused(shop: Shop, revealer: Revealer) -> None:
    with pytest.raises(RevealRefused):
        revealer.ask(wish(shop, 4711))
    with pytest.raises(RevealRefused):
        revealer.ask(wish(shop, shop.left, shop.right))  # a viewing request shows one


def test_an_original_that_was_exchanged_is_not_opened(shop: Shop, revealer: Revealer, clock: ManualClock) -> None:
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


def command(shop: Shop, monkeypatch: pytest.MonkeyPatch, typed: Sequence[str], *options: str) -> list[str]:
    """`ansim reveal` with what is typed; gives the lines that it said."""
    said: list[str] = []
    parser = argparse.ArgumentParser()
    Reveal(lambda text: text.en, said.append, lambda _: shop.settings, lambda _: None, countdown_s=0.0).add(
        parser.add_subparsers()
    )
    asked = parser.parse_args(["reveal", shop.incident.id, "--by", "점주", "--reason", "도난 신고", *options])
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(line + "\n" for line in typed)))
    assert asked.act(asked) == 0
    return said


def test_the_command_leaves_an_encrypted_bag_that_verifies(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    options = ("--person", str(shop.left), "--basis", "law", "--case", "2026-1234", "--receiver", "마포경찰서")
    said = command(shop, monkeypatch, [PASS, BAG_PASS], *options, "--to", str(stick))
    assert "PIPA article 18(2)2" in said[0]
    (sealed,) = stick.iterdir()
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
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--person", str(shop.left), "--basis", "viewing", "--to", str(tmp_path))
    with pytest.raises(ConfigError):
        command(shop, monkeypatch, [PASS, ""], *options)
    assert list(tmp_path.iterdir()) == []
    assert steps(shop)[-1] == "asked"
