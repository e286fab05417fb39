"""Drawing codes: they fit a cheap camera, carry much correction, need no style, and are read again."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.entry.code_reader import CodeReader
from agent.entry.qr_picture import QUIET, CodeTooLong, draw_modules, draw_png, draw_svg

BASE32 = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=114)


def version(text: str, **limit: int) -> int:
    return (len(draw_modules(text, **limit)) - 2 * QUIET - 17) // 4


@pytest.mark.parametrize(("length", "wanted"), [(29, 2), (47, 3), (48, 4), (114, 4)])
def test_a_pass_stays_small_enough_for_a_cheap_camera(length: int, wanted: int) -> None:
    assert version("A" * length) == wanted


def test_a_text_that_is_too_long_is_refused_in_words() -> None:
    with pytest.raises(CodeTooLong) as refused:
        draw_svg("A" * 115)
    assert "짧은" in refused.value.text.ko
    assert version("A" * 115, largest=40) == 7  # a link keeps level Q


@given(BASE32)
def test_what_is_drawn_is_read_again(text: str) -> None:
    png = cv2.imdecode(np.frombuffer(draw_png(text, scale=4), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert png is not None
    assert CodeReader().read(np.asarray(png, np.uint8)) == (text,)


def test_links_are_drawn_with_their_small_letters() -> None:
    link = "https://door.example.kr/sign-up/pq3k9x"
    png = cv2.imdecode(np.frombuffer(draw_png(link, largest=40), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert CodeReader().read(np.asarray(png, np.uint8)) == (link,)


def test_the_svg_shows_the_same_modules_and_needs_no_style() -> None:
    text = "1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDE"
    svg, modules = draw_svg(text), draw_modules(text)
    spots = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg)}
    assert spots == {(int(x), int(y)) for y, x in np.argwhere(modules)}
    assert f'viewBox="0 0 {len(modules)} {len(modules)}"' in svg
    assert "style" not in svg
    assert "script" not in svg


def test_a_code_has_its_white_margin() -> None:
    modules = draw_modules("A")
    inside = modules[QUIET:-QUIET, QUIET:-QUIET]
    assert modules.sum() == inside.sum()
    assert inside[0, :7].all()  # the corner's square reaches to the margin
