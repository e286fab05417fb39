"""A phone that is held before the camera while its code changes: one answer, one opening, one person."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.entry.qr_picture import draw_modules
from agent.entry.records import PassKind, Reader, Reply
from agent.entry.scanner import CameraScanner
from agent.entry.token import STEP_S
from agent.values import FrameStamp
from tests.entrance import Phone, entrance


def held(phone: Phone, seconds: float) -> list[str]:
    """What is said while the phone is held before the camera, ten looks a second, from half a second before the change on."""
    at, replies = phone.at, []

    def present(text: str) -> Reply:
        replies.append(at.desk.present(text, Reader.CAMERA, "door"))
        return replies[-1]

    at.clock.advance(STEP_S - at.clock.utc() % STEP_S - 0.5)
    scanner = CameraScanner(present, at.clock)
    scanner.start()
    try:
        for index in range(round(seconds * 10)):
            scanner.offer(picture(phone.code, index))
            waiting = threading.Event()
            while scanner.looks == index:
                assert not waiting.wait(0.01)
                assert scanner.worker.failures == 0
            at.clock.advance(0.1)
    finally:
        scanner.stop()
    return [reply.answer.value for reply in replies]


def picture(text: str, index: int) -> RawFrame:
    face = np.kron(np.where(draw_modules(text), 0, 255).astype(np.uint8), np.ones((4, 4), np.uint8))
    luma, chroma = np.full((240, 320), 120, np.uint8), np.full((120, 160), 128, np.uint8)
    luma[20 : 20 + len(face), 40 : 40 + len(face)] = face
    return RawFrame(FrameStamp("door", index, index / 10, 1_790_000_000.0), Planes(luma, chroma, chroma.copy()))


@pytest.mark.parametrize("kind", [PassKind.PHONE, PassKind.STAFF])
def test_nobody_is_told_no_right_after_welcome_and_one_person_is_expected(tmp_path: Path, kind: PassKind) -> None:
    with entrance(tmp_path / "data") as at:
        assert held(at.phone(kind), 1.2) == ["admitted"]
        assert len(at.door.opened_for) == len(at.desk.scans()) == 1


def test_who_comes_back_after_the_change_is_let_in_again(tmp_path: Path) -> None:
    with entrance(tmp_path / "data") as at:
        phone = at.phone(PassKind.STAFF)
        assert held(phone, 1.2) == ["admitted"]
        at.clock.advance(60)
        assert held(phone, 1.2) == ["admitted"]
        assert len(at.desk.scans()) == 2


def test_two_codes_of_a_staff_phone_at_two_readers_let_one_person_in_at_the_gate(tmp_path: Path) -> None:
    with entrance(tmp_path / "data") as at:
        phone = at.phone(PassKind.STAFF)
        at.clock.advance(STEP_S - at.clock.utc() % STEP_S - 0.5)
        assert phone.show().is_welcome
        at.clock.advance(1)
        assert at.show(phone.code, Reader.SCANNER).is_welcome
        assert len(at.door.opened_for) == 2
        assert len(at.desk.scans()) == 1
