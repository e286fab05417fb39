"""Reading codes from a camera's pictures: each trouble alone, no code where none is, and pictures of any shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.entry.code_reader import CodeReader, is_ours
from agent.entry.qr_picture import draw_modules
from agent.entry.records import PassKind
from agent.entry.token import make_code, pass_id_of
from scripts.bench.code_pictures import draw

CODE = "1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDE"
OURS = make_code(bytes(32), PassKind.PHONE, pass_id_of(b"ansim"), 59843333)
STICKER = "https://pay.example.kr/shop/12345"


def drawn(text: str, scale: int = 5) -> np.ndarray:
    """A code face on, uint8."""
    face = np.where(draw_modules(text), 0, 255).astype(np.uint8)
    return np.kron(face, np.ones((scale, scale), np.uint8))


def hard(trouble: str, seed: int = 0) -> np.ndarray:
    """A code of ours on a phone, small and noisy, or out of focus: none that the first look reads."""
    rng, own = np.random.default_rng(seed), drawn(OURS, 3)
    picture = np.full((360, 640), 120.0)
    picture[100 : 100 + len(own), 60 : 60 + len(own)] = own * 0.5 + 40
    bad = picture + rng.normal(0, 30, picture.shape) if trouble == "noisy" else cv2.GaussianBlur(picture, (0, 0), 1.9)
    return np.clip(bad, 0, 255).astype(np.uint8)


def beside_a_sticker(picture: np.ndarray, text: str = STICKER) -> np.ndarray:
    sticker, picture = drawn(text, 4), picture.copy()
    picture[30 : 30 + len(sticker), 400 : 400 + len(sticker)] = sticker
    return picture


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


@pytest.mark.parametrize("trouble", ["noisy", "out of focus"])
def test_a_clean_sticker_in_the_picture_hides_no_code_of_ours(trouble: str) -> None:
    reader = CodeReader()
    pictures = [hard(trouble, seed) for seed in range(8)]
    alone = [reader.read(picture) for picture in pictures]
    assert alone.count((OURS,)) >= 5
    for picture, texts in zip(pictures, alone, strict=True):
        assert set(reader.read(beside_a_sticker(picture))) == {STICKER, *texts}


def test_who_asks_says_which_code_ends_the_search() -> None:
    picture = beside_a_sticker(hard("out of focus"))
    assert CodeReader().read(picture, lambda _: True) == (STICKER,)
    assert set(CodeReader().read(picture, is_ours)) == {STICKER, OURS}
    assert set(CodeReader().read(beside_a_sticker(hard("out of focus"), OURS.lower()), lambda text: text == OURS)) == {
        OURS.lower(),
        OURS,
    }


def test_a_code_that_several_looks_find_is_told_of_once() -> None:
    assert CodeReader().read(drawn(STICKER)) == (STICKER,)


def test_a_code_within_a_code_does_not_count_whichever_look_finds_it() -> None:
    outer = drawn("HTTPS://PAY.EXAMPLE.KR/SHOP/12345", 12)
    assert CodeReader().read(outer) == ("HTTPS://PAY.EXAMPLE.KR/SHOP/12345",)
    inner = cv2.GaussianBlur(drawn("INNER", 3), (0, 0), 1.9)
    middle = (len(outer) - len(inner)) // 2
    outer[middle : middle + len(inner), middle : middle + len(inner)] = inner
    assert CodeReader().read(inner) == ("INNER",)
    assert CodeReader().read(outer) == ("HTTPS://PAY.EXAMPLE.KR/SHOP/12345",)


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
