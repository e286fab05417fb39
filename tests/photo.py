"""Photographs of a printed report, as a phone takes them: a page at an angle, unevenly lit, a little out of focus, as JPEG."""

from __future__ import annotations

import cv2
import numpy as np
import segno

A4 = (210.0, 297.0)  # mm
QR_MM = 46.0  # as on the report


def page_with(text: str, width: int = 2100) -> np.ndarray:
    """A sheet of A4 with lines of print and the code at its upper left, (height, width) uint8."""
    scale = width / A4[0]
    page = np.full((round(A4[1] * scale), width), 248, np.uint8)
    for row in range(int(110 * scale), page.shape[0] - 200, int(7 * scale)):
        page[row : row + int(1.6 * scale), int(20 * scale) : int(width - 20 * scale)] = 120
    modules = np.array(list(segno.make_qr(text, error="m", boost_error=False).matrix), np.uint8)
    side = round(QR_MM * scale)
    code = cv2.resize(248 - modules * 230, (side, side), interpolation=cv2.INTER_AREA)
    at = round(20 * scale)
    page[at : at + side, at : at + side] = code
    return page


def photographed(text: str, size: tuple[int, int] = (3000, 4000), *, blur: float = 1.2) -> bytes:
    """size: width, height of the picture in pixels; blur: of how many pixels."""
    page = page_with(text)
    width, height = size
    corners = np.array([[0, 0], [page.shape[1], 0], [page.shape[1], page.shape[0]], [0, page.shape[0]]], np.float32)
    seen = np.array([[0.08, 0.06], [0.93, 0.10], [0.97, 0.95], [0.03, 0.90]], np.float32) * np.array(size, np.float32)
    shot = cv2.warpPerspective(page, cv2.getPerspectiveTransform(corners, seen), size, borderValue=70)
    light = np.linspace(1.0, 0.62, width, dtype=np.float32)[None, :] * np.linspace(0.9, 1.0, height, dtype=np.float32)[:, None]
    noise = np.random.default_rng(1).normal(0.0, 5.0, shot.shape)
    lit = np.clip(cv2.GaussianBlur(shot, (0, 0), blur) * light + noise, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
