"""The promise of masking: what lies under FILL cannot be told from the result, whatever picture, mask and sizes are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.capture.raw import Planes, RawFrame
from agent.errors import StaleMask
from agent.masking.masked import CLEAR, FILL, FILL_YUV, MOSAIC, Mask, MaskedFrame, apply_mask, blank_frame, stored_size
from agent.values import FrameStamp, MaskStep

Grid = npt.NDArray[np.uint8]

STAMP = FrameStamp("till", 7, 0.7, 1_790_000_000.7)
# Real camera sizes with what they are stored at, then anything goes.
REAL_SIZES = [
    ((1920, 1080), (1280, 720)),
    ((2560, 1440), (1280, 720)),
    ((1366, 768), (1280, 720)),
    ((854, 480), (854, 480)),
    ((768, 432), (768, 432)),
    ((1280, 960), (960, 720)),
    ((705, 577), (704, 576)),
]
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def even(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low // 2, high // 2).map(lambda half: half * 2)


any_source = st.tuples(st.integers(32, 240), st.integers(32, 180))
any_stored = st.tuples(even(2, 280), even(2, 220))
sizes = st.one_of(st.sampled_from(REAL_SIZES), st.tuples(any_source, any_stored))
grids = st.one_of(st.just((54, 96)), st.just((72, 96)), st.tuples(st.integers(1, 60), st.integers(1, 100)))


def random_planes(width: int, height: int, seed: int) -> Planes:
    """A picture of noise: every pixel is as far from its neighbours as can be, so a leak of one pixel shows."""
    make = np.random.default_rng(seed)
    chroma = (-(-height // 2), -(-width // 2))
    return Planes(*(make.integers(0, 256, shape, np.uint8) for shape in ((height, width), chroma, chroma)))


def random_levels(shape: tuple[int, int], seed: int) -> Grid:
    """Some rectangles of each level on CLEAR, down to single cells, at the edges too."""
    make = np.random.default_rng(seed)
    levels = np.full(shape, CLEAR, np.uint8)
    for level in make.choice([MOSAIC, FILL, CLEAR], size=make.integers(1, 7)):
        top, left = make.integers(0, shape[0]), make.integers(0, shape[1])
        levels[top : top + make.integers(1, 20), left : left + make.integers(1, 30)] = level
    return levels


def touching(cells: npt.NDArray[np.bool_], pixels: int, axis: int) -> npt.NDArray[np.bool_]:
    """For each pixel along `axis` whether any cell that it overlaps is set; written slowly and plainly on purpose."""
    count = cells.shape[axis]
    slices = []
    for pixel in range(pixels):
        over = [c for c in range(count) if c * pixels < (pixel + 1) * count and (c + 1) * pixels > pixel * count]
        slices.append(cells.take(over, axis).any(axis))
    return np.stack(slices, axis)


def repainted_under_fill(planes: Planes, levels: Grid, seed: int) -> Planes:
    """The same picture with other noise in every pixel that touches a FILL cell."""
    other = random_planes(planes.y.shape[1], planes.y.shape[0], seed)
    height, width = (n - n % 2 for n in planes.y.shape)
    result = []
    for plane, noise, half in zip(planes, other, (1, 2, 2), strict=True):
        lines, columns = height // half, width // half
        under = touching(touching(levels == FILL, lines, 0), columns, 1)
        changed = plane.copy()
        changed[:lines, :columns][under] = noise[:lines, :columns][under]
        result.append(changed)
    return Planes(*result)


def masked(planes: Planes, levels: Grid, size: tuple[int, int], block: int = 4) -> MaskedFrame:
    raw = RawFrame(STAMP, Planes(*(plane.copy() for plane in planes)))
    return apply_mask(raw, Mask(STAMP, levels, block, MaskStep.NORMAL), size)


@FEW
@given(sizes, grids, st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_pictures_that_differ_only_under_fill_give_the_same_masked_frame(
    size: tuple[tuple[int, int], tuple[int, int]], grid: tuple[int, int], block: int, seed: int
) -> None:
    (width, height), stored = size
    levels = random_levels(grid, seed)
    one = random_planes(width, height, seed)
    two = repainted_under_fill(one, levels, seed + 1)

    for a, b in zip(masked(one, levels, stored, block).planes, masked(two, levels, stored, block).planes, strict=True):
        assert np.array_equal(a, b)


@FEW
@given(sizes, grids, st.integers(0, 2**32 - 1))
def test_filled_cells_hold_the_fill_colour_and_nothing_else(
    size: tuple[tuple[int, int], tuple[int, int]], grid: tuple[int, int], seed: int
) -> None:
    (width, height), stored = size
    levels = random_levels(grid, seed)
    result = masked(random_planes(width, height, seed), levels, stored)
    for plane, colour in zip(result.planes, FILL_YUV, strict=True):
        under = touching(touching(levels == FILL, plane.shape[0], 0), plane.shape[1], 1)
        assert (plane[under] == colour).all()


@FEW
@given(any_source, st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_a_mosaic_shows_one_value_a_block_and_blocks_are_as_large_as_asked(
    size: tuple[int, int], block: int, seed: int
) -> None:
    width, height = (n - n % 2 for n in size)
    levels = np.full((24, 32), MOSAIC, np.uint8)
    result = masked(random_planes(width, height, seed), levels, (width, height), block)
    across, down = max(1, 32 // block), max(1, 24 // block)
    for plane in result.planes:
        lines = {tuple(line) for line in plane.tolist()}
        columns = {tuple(column) for column in plane.T.tolist()}
        assert len(lines) <= down
        assert len(columns) <= across


@FEW
@given(any_source, st.integers(0, 2**32 - 1))
def test_an_unscaled_picture_stays_as_it_is_where_nothing_is_masked(size: tuple[int, int], seed: int) -> None:
    width, height = (n - n % 2 for n in size)
    levels = random_levels((18, 32), seed)
    planes = random_planes(*size, seed)
    result = masked(planes, levels, (width, height))
    for before, after in zip(planes, result.planes, strict=True):
        clear = ~touching(touching(levels != CLEAR, after.shape[0], 0), after.shape[1], 1)
        assert np.array_equal(before[: after.shape[0], : after.shape[1]][clear], after[clear])


def test_a_level_that_nobody_knows_is_filled() -> None:
    result = masked(random_planes(64, 64, 1), np.full((8, 8), 9, np.uint8), (64, 64))
    assert all((plane == colour).all() for plane, colour in zip(result.planes, FILL_YUV, strict=True))


def test_a_mask_that_makes_no_sense_is_refused_before_it_can_show_anybody() -> None:
    for levels, block in ((np.zeros((8, 8), np.uint8), 0), (np.zeros(8, np.uint8), 4), (np.zeros((8, 8), np.int64), 4)):
        with pytest.raises(ValueError, match="not a mask"):
            Mask(STAMP, levels, block, MaskStep.NORMAL)  # type: ignore[arg-type]


def test_a_stale_mask_is_refused_and_the_frame_is_empty_afterwards() -> None:
    raw = RawFrame(STAMP, random_planes(64, 64, 1))
    later = FrameStamp("till", 8, 0.8, 1_790_000_000.8)
    with pytest.raises(StaleMask):
        apply_mask(raw, Mask(later, np.zeros((8, 8), np.uint8), 4, MaskStep.NORMAL), (64, 64))
    with pytest.raises(RuntimeError):
        raw.look()


def test_the_raw_frame_is_empty_after_masking() -> None:
    raw = RawFrame(STAMP, random_planes(64, 64, 1))
    apply_mask(raw, Mask(STAMP, np.zeros((8, 8), np.uint8), 4, MaskStep.NORMAL), (64, 64))
    with pytest.raises(RuntimeError):
        raw.look()


def test_nothing_can_be_put_into_a_masked_frame() -> None:
    frame = blank_frame(STAMP, (64, 64))
    with pytest.raises(AttributeError):
        frame.planes = random_planes(64, 64, 1)  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        frame.planes.y[0, 0] = 1
    with pytest.raises(TypeError):
        MaskedFrame(object(), STAMP, frame.planes, MaskStep.NORMAL, 0.0, False)
    with pytest.raises(TypeError):
        type("Sub", (MaskedFrame,), {})


def test_a_picture_is_stored_at_an_even_size_and_never_enlarged() -> None:
    assert stored_size(1920, 1080, 720) == (1280, 720)
    assert stored_size(854, 480, 720) == (854, 480)
    assert stored_size(640, 361, 720) == (640, 360)
