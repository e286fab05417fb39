"""Reading codes from a camera's pictures: each trouble alone, no code where none is, and pictures of any shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.entry.code_reader import CodeReader
from agent.entry.qr_picture import draw_modules
from scripts.bench.code_pictures import draw

CODE = "1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDE"


def drawn(text: str, scale: int = 5) -> np.ndarray:
    """A code face on, uint8."""
    face = np.where(draw_modules(text), 0, 255).astype(np.uint8)
    return np.kron(face, np.ones((scale, scale), np.uint8))


@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        "small, 2 px",
        "large, 14 px",
        "tilted by 45 degrees",
        "noisy",
        "very noisy",
        "dim",
        "glare",
        "inverted",
        "inverted, dim, noisy",
        "screen grid",
        "compressed hard",
    ],
)
def test_codes_are_read_in_spite_of(kind: str) -> None:
    reader = CodeReader()
    pictures = [draw(kind, number) for number in range(3)]
    assert [reader.read(grey) for grey, _ in pictures] == [(text,) for _, text in pictures]


@pytest.mark.parametrize("kind", ["out of focus, small", "moved by 7 px", "tilted by 60 degrees", "5 spots on it"])
def test_what_cannot_be_read_is_not_read_wrongly(kind: str) -> None:
    reader = CodeReader()
    for number in range(3):
        grey, text = draw(kind, number)
        assert reader.read(grey) in ((text,), ())


def test_a_code_in_any_turn_and_mirrored_is_the_same_text() -> None:
    face = drawn(CODE)
    for turned in (face, np.rot90(face), np.rot90(face, 2), np.rot90(face, 3), face[:, ::-1]):
        assert CodeReader().read(turned) == (CODE,)


def test_all_codes_of_a_picture_are_read() -> None:
    both = np.hstack([drawn("FIRST"), drawn("SECOND")])
    assert sorted(CodeReader().read(both)) == ["FIRST", "SECOND"]


def test_a_code_within_a_code_does_not_count() -> None:
    outer = drawn("1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 12)
    inner = drawn("INNER", 2)
    middle = (len(outer) - len(inner)) // 2
    outer[middle : middle + len(inner), middle : middle + len(inner)] = inner
    assert CodeReader().read(outer) == ("1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",)


def test_a_very_large_picture_is_read_too() -> None:
    picture = np.full((2160, 3840), 128, np.uint8)
    face = drawn(CODE, 8)
    picture[700 : 700 + len(face), 900 : 900 + len(face)] = face
    assert CodeReader().read(picture) == (CODE,)


def test_the_plane_of_a_camera_may_have_padded_rows() -> None:
    padded = np.pad(drawn(CODE), ((0, 0), (0, 17)))[:, :-17]
    assert not padded.flags.c_contiguous
    assert CodeReader().read(padded) == (CODE,)


def test_other_kinds_of_code_are_no_codes() -> None:
    bars = np.full((200, 400), 255, np.uint8)
    for x in range(20, 380, 7):
        bars[20:180, x : x + 3] = 0
    assert CodeReader().read(bars) == ()


@settings(max_examples=40)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32 - 1), st.booleans())
def test_nothing_is_read_from_noise_of_any_shape(height: int, width: int, seed: int, soft: bool) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    assert CodeReader().read(cv2.GaussianBlur(noise, (5, 5), 0) if soft else noise) == ()
