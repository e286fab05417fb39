"""One training sample out of the cache: a picture of the wanted size, changed as shop cameras change what they see.

Comes in: the `Store`, the numbers of the training pictures, a random generator. Goes out: `Sample` (uint8 picture, boxes,
points, heads, ignored places; pixels). Mosaics, stretched squares undone, tilts, cut-offs, small people, people close by,
people who lie, corners with nobody in them, pasted people, shelves in front, infrared, blur, noise, poor compression.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from pictures import Store

Random = np.random.Generator
MIRROR = np.asarray([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])
SMALLEST = 4.0  # pixels; a shorter side is ignored, not learned
VISIBLE = 0.30  # with a smaller part in the picture a person is ignored, not learned
POINT_SURE = 0.30
CLOSE, EMPTY = 0.10, 0.12  # shares of the pictures of which one body, or a corner with nobody in it, fills the place
LYING = 0.05  # share of the pictures turned to one side


@dataclass(frozen=True, slots=True)
class Sample:
    """picture (h, w, 3) uint8 BGR;
    boxes (n, 4), points (n, 17, 3), heads (n, 5: box and 1 if known), ignored (k, 4): pixels.
    """

    picture: np.ndarray
    boxes: np.ndarray
    points: np.ndarray
    heads: np.ndarray
    ignored: np.ndarray


def draw(store: Store, numbers: np.ndarray, width: int, height: int, rng: Random, *, plain: float = 0.0) -> Sample:
    """One augmented sample. plain: the share of samples that are one picture only (no mosaic)."""
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = rng.choice([114, 0, 0, int(rng.integers(256))])
    parts = []
    for left, top, right, bottom in _regions(width, height, rng, plain):
        number = int(rng.choice(numbers))
        parts.append(_placed(store, number, canvas[top:bottom, left:right], (left, top), rng))
    boxes, points, ignored = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(boxes) and rng.random() < 0.30:
        boxes, points = _shelved(canvas, boxes, points, rng)
    if rng.random() < 0.25:
        boxes, points = _pasted(store, numbers, canvas, boxes, points, rng)
    return Sample(_photographed(canvas, rng), boxes, points, heads(points, boxes), ignored)


def draw_shop(store: Store, numbers: np.ndarray, shop: np.ndarray, width: int, height: int, rng: Random) -> Sample:
    """One sample of one shop: its empty picture (h, w, 3), a little moved, and up to five people of other pictures in it."""
    high, wide = shop.shape[:2]
    size = min(width / wide, height / high) * np.exp(rng.uniform(-0.03, 0.2))
    room = np.asarray([width - wide * size, height - high * size])
    left, top = room / 2 + rng.uniform(-1, 1, 2) * np.abs(room) / 2
    canvas = cv2.warpAffine(
        shop, np.asarray([[size, 0, left], [0, size, top]], np.float32), (width, height), borderValue=(114, 114, 114)
    )
    if rng.random() < 0.5:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    boxes, points = np.zeros((0, 4), np.float32), np.zeros((0, 17, 3), np.float32)
    for _ in range(int(rng.integers(0, 6))):
        boxes, points = _pasted(store, numbers, canvas, boxes, points, rng)
    if len(boxes) and rng.random() < 0.30:
        boxes, points = _shelved(canvas, boxes, points, rng)
    return Sample(_photographed(canvas, rng), boxes, points, heads(points, boxes), np.zeros((0, 4), np.float32))


def _regions(width: int, height: int, rng: Random, plain: float) -> list[tuple[int, int, int, int]]:
    kind = rng.random()
    if kind < 0.50 or rng.random() < plain:
        return [(0, 0, width, height)]
    x, y = round(width * rng.uniform(0.35, 0.65)), round(height * rng.uniform(0.35, 0.65))
    if kind < 0.74:
        return [(0, 0, x, height), (x, 0, width, height)]
    if kind < 0.80:
        return [(0, 0, width, y), (0, y, width, height)]
    return [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]


def _placed(store: Store, number: int, region: np.ndarray, place: tuple[int, int], rng: Random) -> tuple[np.ndarray, ...]:
    """Warp one picture into its region; its people in the canvas's pixels: boxes, points, ignored."""
    pixels = store.pixels(number)
    high, wide = region.shape[:2]
    window = _window(store, number, wide / max(1, high), rng)
    matrix, mirrored = _motion(pixels.shape[1], pixels.shape[0], wide, high, rng, window)
    if wide >= 8 and high >= 8:
        fill = int(rng.choice([114, 0, int(rng.integers(256))]))
        region[:] = cv2.warpAffine(pixels, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderValue=(fill, fill, fill))
    size = np.asarray([pixels.shape[1], pixels.shape[0]], np.float32)
    points = store.truth(number, "points").copy()
    points[:, :, :2] = (points[:, :, :2] * size) @ matrix[:, :2].T + matrix[:, 2]
    if mirrored:
        points = points[:, MIRROR]
    inside = ((points[:, :, :2] >= 0) & (points[:, :, :2] < (wide, high))).all(2)
    points[:, :, 2] *= inside
    boxes, lost = _cut(_moved(store.truth(number, "boxes") * np.tile(size, 2), matrix), wide, high)
    out = _cut(_moved(store.truth(number, "ignored") * np.tile(size, 2), matrix), wide, high)
    ignored = np.concatenate((boxes[lost], out[0]))
    shift = np.asarray(place, np.float32)
    points[:, :, :2] += shift
    ignored = ignored[((ignored[:, 2:] - ignored[:, :2]) > 0.5).all(1)]
    return (
        (boxes[~lost] + np.tile(shift, 2)).astype(np.float32),
        points[~lost],
        (ignored + np.tile(shift, 2)).astype(np.float32),
    )


def _window(store: Store, number: int, form: float, rng: Random) -> np.ndarray | None:
    """The part of a picture (left, top, right, bottom; pixels) that is to fill the region, now and then; else the whole one.

    One body from the head on, cut off below, or a place where nobody is. form: width over height of the region.
    """
    kind = rng.random()
    if kind > CLOSE + EMPTY:
        return None
    height, width = store.pixels(number).shape[:2]
    people = store.truth(number, "boxes") * (width, height, width, height)
    if kind < CLOSE:
        near = people[(people[:, 3] - people[:, 1]) > 60]
        if not len(near):
            return None
        left, top, right, bottom = near[rng.integers(len(near))]
        tall = (bottom - top) * rng.uniform(0.45, 1.1)
        x, y = (left + right) / 2 + rng.uniform(-0.3, 0.3) * tall, top + rng.uniform(0.25, 0.5) * tall
        return np.asarray([x - tall * form / 2, y - tall / 2, x + tall * form / 2, y + tall / 2])
    somebody = np.concatenate((people, store.truth(number, "ignored") * (width, height, width, height)))
    for _ in range(12):
        tall = height * rng.uniform(0.25, 0.6)
        wide = min(width, tall * form)
        x, y = rng.uniform(0, width - wide), rng.uniform(0, height - tall)
        window = np.asarray([x, y, x + wide, y + tall])
        if not (np.minimum(somebody[:, 2:], window[2:]) > np.maximum(somebody[:, :2], window[:2])).all(1).any():
            return window
    return None


def _motion(pw: int, ph: int, wide: int, high: int, rng: Random, window: np.ndarray | None = None) -> tuple[np.ndarray, bool]:
    """A random affine map from the picture (pw x ph), or a window of it, into the region (wide x high):
    stretch, size, tilt, shear, shift, mirror.
    """
    square = abs(pw / ph - 1) < 0.03
    middle_in = np.asarray([pw / 2, ph / 2])
    stretch = np.exp(rng.uniform(0.0, 0.62)) if square and rng.random() < 0.75 else np.exp(rng.uniform(-0.15, 0.15))
    if rng.random() < 0.05:
        stretch = 1 / stretch
    tilt = rng.normal(0, 4) if rng.random() < 0.75 else rng.uniform(-35, 35)
    lying = window is None and rng.random() < LYING
    if lying:
        tilt = rng.choice((-90, 90)) + rng.normal(0, 12)
    fit = min(wide / (pw * stretch), high / ph) if not lying else min(wide / ph, high / (pw * stretch))
    size = fit * np.exp(rng.uniform(-0.35, 0.95) if rng.random() < 0.75 else rng.uniform(-0.1, 0.1))
    if rng.random() < 0.05:
        size = fit * rng.uniform(0.25, 0.55)
    if window is not None:
        fit = min(wide / ((window[2] - window[0]) * stretch), high / (window[3] - window[1]))
        size, middle_in = fit * np.exp(rng.uniform(-0.15, 0.15)), (window[:2] + window[2:]) / 2
    tilt = np.deg2rad(tilt)
    shear = rng.normal(0, 0.05)
    mirrored = bool(rng.random() < 0.5)
    turn = np.asarray([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    linear = turn @ np.asarray([[1, shear], [0, 1]]) @ np.diag([size * stretch * (-1 if mirrored else 1), size])
    room = np.asarray([abs(wide - pw * stretch * size), abs(high - ph * size)]) / 2 + 0.06 * np.asarray([wide, high])
    if window is not None:
        room = 0.04 * np.asarray([wide, high])
    middle = np.asarray([wide / 2, high / 2]) + rng.uniform(-1, 1, 2) * room
    shift = middle - linear @ middle_in
    return np.concatenate((linear, shift[:, None]), 1).astype(np.float32), mirrored


def _moved(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Upright boxes after the map, as if each held an ellipse: a turned box's corners would make the new one too large."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    half = np.sqrt((((boxes[:, 2:] - boxes[:, :2]) / 2) ** 2) @ (matrix[:, :2] ** 2).T)
    return np.concatenate((middle - half, middle + half), 1)


def _cut(boxes: np.ndarray, wide: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes cut to the region, and which of them show too little to be learned."""
    whole = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    boxes = boxes.copy()
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, wide)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, high)
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes, (sides.prod(1) < VISIBLE * whole) | (sides.min(1, initial=1e9) < SMALLEST)


def _shelved(canvas: np.ndarray, boxes: np.ndarray, points: np.ndarray, rng: Random) -> tuple[np.ndarray, np.ndarray]:
    """A shelf (a patch of the picture itself, or plain) hides the lower part or one side of one person;
    the box shrinks with it.
    """
    who = int(rng.integers(len(boxes)))
    left, top, right, bottom = boxes[who]
    if bottom - top < 24 or right - left < 10:
        return boxes, points
    boxes, points = boxes.copy(), points.copy()
    share = rng.uniform(0.2, 0.55)
    if rng.random() < 0.7:
        cover = [
            left - rng.uniform(0, 20),
            bottom - share * (bottom - top),
            right + rng.uniform(0, 20),
            bottom + rng.uniform(0, 12),
        ]
        boxes[who, 3] = cover[1]
    else:
        edge = left + share * (right - left)
        cover = [left - rng.uniform(0, 12), top + rng.uniform(-10, 0.3 * (bottom - top)), edge, bottom + 6]
        if cover[1] <= top:
            boxes[who, 0] = edge
    height, width = canvas.shape[:2]
    x0, y0, x1, y1 = (
        round(float(np.clip(v, 0, limit))) for v, limit in zip(cover, (width, height, width, height), strict=True)
    )
    if x1 - x0 < 3 or y1 - y0 < 3:
        return boxes, points
    if rng.random() < 0.5:
        sx, sy = int(rng.integers(0, width - (x1 - x0) + 1)), int(rng.integers(0, height - (y1 - y0) + 1))
        canvas[y0:y1, x0:x1] = canvas[sy : sy + y1 - y0, sx : sx + x1 - x0].copy()
    else:
        canvas[y0:y1, x0:x1] = rng.integers(0, 256, 3)
        for line in range(y0, y1, max(3, int(rng.integers(4, 14)))):
            canvas[line : line + 1, x0:x1] = rng.integers(0, 256, 3)
    hidden = (points[:, :, 0] >= x0) & (points[:, :, 0] < x1) & (points[:, :, 1] >= y0) & (points[:, :, 1] < y1)
    points[:, :, 2] *= 1 - 0.8 * hidden
    return boxes, points


def _pasted(
    store: Store, numbers: np.ndarray, canvas: np.ndarray, boxes: np.ndarray, points: np.ndarray, rng: Random
) -> tuple[np.ndarray, np.ndarray]:
    """A person of another picture is set into this one where nobody stands, with soft edges."""
    number = int(rng.choice(numbers))
    people, source = store.truth(number, "boxes"), store.pixels(number)
    if not len(people):
        return boxes, points
    who = int(rng.integers(len(people)))
    height, width = source.shape[:2]
    x0, y0, x1, y1 = (people[who] * (width, height, width, height)).round().astype(int)
    if y1 - y0 < 40 or x1 - x0 < 14:
        return boxes, points
    cut = source[y0:y1, x0:x1]
    new = store.truth(number, "points")[who].copy()
    new[:, :2] = new[:, :2] * (width, height) - (x0, y0)
    turned = int(rng.choice((1, 3))) if rng.random() < 0.2 else 0  # somebody who lies
    if turned:
        x, y = new[:, 0].copy(), new[:, 1].copy()
        new[:, 0], new[:, 1] = (y, cut.shape[1] - x) if turned == 1 else (cut.shape[0] - y, x)
        cut = np.ascontiguousarray(np.rot90(cut, turned))
    scale = canvas.shape[0] * rng.uniform(0.12, 0.7) / (y1 - y0)
    w, h = max(4, round(cut.shape[1] * scale)), max(4, round(cut.shape[0] * scale))
    if w >= canvas.shape[1] or h >= canvas.shape[0]:
        return boxes, points
    left, top = int(rng.integers(0, canvas.shape[1] - w)), int(rng.integers(0, canvas.shape[0] - h))
    place = np.asarray([left, top, left + w, top + h], np.float32)
    if len(boxes) and _covered(boxes, place).max() > 0.05:
        return boxes, points
    patch = cv2.resize(cut, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    soft = np.zeros((h, w), np.float32)
    cv2.ellipse(soft, (w // 2, h // 2), (max(1, round(w * 0.46)), max(1, round(h * 0.49))), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(soft, (0, 0), max(0.8, 0.05 * w))[:, :, None]
    region = canvas[top : top + h, left : left + w]
    region[:] = (region * (1 - soft) + patch * soft).astype(np.uint8)
    new[:, :2] = new[:, :2] * scale + (left, top)
    return np.concatenate((boxes, place[None])), np.concatenate((points, new[None]))


def _covered(boxes: np.ndarray, place: np.ndarray) -> np.ndarray:
    low, high = np.maximum(boxes[:, :2], place[:2]), np.minimum(boxes[:, 2:], place[2:])
    return (high - low).clip(0).prod(1) / np.minimum(
        (boxes[:, 2:] - boxes[:, :2]).prod(1), (place[2:] - place[:2]).prod()
    ).clip(1)


def _photographed(picture: np.ndarray, rng: Random) -> np.ndarray:
    """What lens, night, sensor and compression do."""
    height, width = picture.shape[:2]
    if rng.random() < 0.15:
        small = rng.uniform(0.4, 0.85)
        low = cv2.resize(picture, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)
        picture = cv2.resize(low, (width, height), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.12:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0)
        picture = cv2.filter2D(picture, -1, kernel / max(1.0, float(kernel.sum())))
    elif rng.random() < 0.12:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.5))
    kind = rng.random()
    if kind < 0.30:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    elif kind < 0.70:
        hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
        hsv[:, :, 0] = (hsv[:, :, 0].astype(np.int16) + int(rng.integers(-10, 11))) % 180
        hsv[:, :, 1] = cv2.convertScaleAbs(hsv[:, :, 1], alpha=rng.uniform(0.3, 1.5))
        picture = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
    gain, lift, gamma = rng.uniform(0.65, 1.35), rng.uniform(-25, 25), np.exp(rng.uniform(-0.45, 0.45))
    if rng.random() < 0.06:
        gain, lift = -gain, 255.0  # a negative: some infrared pictures show people brighter than all else
    level = np.arange(256, dtype=np.float32) / 255
    table = ((level**gamma * 255 - 127) * abs(gain) + 127 + (lift if gain > 0 else 0)).clip(0, 255)
    picture = cv2.LUT(picture, (255 - table if gain < 0 else table).astype(np.uint8))
    if rng.random() < 0.15:
        noise = np.empty((height, width), np.int16)
        cv2.randn(noise, 0, float(rng.uniform(3, 16)))
        picture = (picture.astype(np.int16) + noise[:, :, None]).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.12:
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 60))])
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture)


def heads(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Head boxes (n, 5; the last is 1 where known) from nose, eyes, ears and shoulders, rather too large than too small.

    Proportions of a standing adult: ear to ear 15 cm, shoulder to shoulder 35 cm, face to the line of the shoulders 25 cm, and
    the box to be about 26 cm, so that hair and chin are inside.
    """
    out = np.zeros((len(points), 5), np.float32)
    for row, (body, box) in enumerate(zip(points, boxes, strict=True)):
        face = body[:5][body[:5, 2] >= POINT_SURE, :2]
        if not len(face):
            continue
        middle = (face.min(0) + face.max(0)) / 2
        sizes = [1.7 * float(np.linalg.norm(face.max(0) - face.min(0)))]
        if (body[5:7, 2] >= POINT_SURE).all():
            sizes += [0.75 * float(np.linalg.norm(body[5, :2] - body[6, :2]))]
            sizes += [float(np.linalg.norm(body[5:7, :2].mean(0) - middle))]
        side = min(max(sizes), 0.8 * float((box[2:] - box[:2]).max()))
        if side >= 3:
            out[row] = (middle[0] - side * 0.45, middle[1] - side * 0.6, middle[0] + side * 0.45, middle[1] + side * 0.5, 1)
    return out
