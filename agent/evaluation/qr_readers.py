"""The readers that are held against each other: the entry's own, and the usual libraries as they come.

Comes in: (height, width) uint8 luma. Goes out: texts; and what a picture with nothing in it costs each of them.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Protocol

import cv2
import numpy as np
import zxingcpp

from agent.capture.demo import DemoShop
from agent.entry.code_reader import QR, CodeReader, Grey
from agent.entry.zbar_reader import ZbarReader

HD = (1280, 720)
LOOKS = 15  # of which the median is told
UNREADABLE = "�"  # stands for bytes that are no text, and equals no expected text


class Reader(Protocol):
    """Reads codes. name: for the report."""

    @property
    def name(self) -> str: ...

    def read(self, grey: Grey) -> tuple[str, ...]:
        """The texts of all codes in a picture, (height, width) uint8 luma, in any order."""
        ...


class ZxingReader:
    """zxing-cpp as it comes: one look at the whole picture, QR codes only."""

    name = "zxing-cpp"

    def read(self, grey: Grey) -> tuple[str, ...]:
        """See Reader.read."""
        found = zxingcpp.read_barcodes(grey, formats=QR, text_mode=zxingcpp.TextMode.Plain)
        return tuple(code.text for code in found)


class OpenCvReader:
    """OpenCV's detector as it comes: one code at most."""

    name = "OpenCV"

    def __init__(self) -> None:
        self._detector = cv2.QRCodeDetector()

    def read(self, grey: Grey) -> tuple[str, ...]:
        """See Reader.read."""
        try:
            text, _, _ = self._detector.detectAndDecode(grey)
        except UnicodeDecodeError:
            text = UNREADABLE
        except cv2.error:  # a kind of code that OpenCV does not know
            text = ""
        return (text,) if text else ()


def all_readers() -> tuple[Reader, ...]:
    """The entry's own first. Raises ModelError where a library is missing."""
    return (CodeReader(), ZbarReader(), ZxingReader(), OpenCvReader())


def empty_frame_ms(reader: Reader) -> float:
    """Milliseconds of processor time for a 1280 x 720 picture of the drawn shop, in which there is no code (median)."""
    shop = cv2.resize(cv2.cvtColor(DemoShop().picture(0.0), cv2.COLOR_BGR2GRAY), HD, interpolation=cv2.INTER_CUBIC)
    grey = np.asarray(shop, np.uint8)
    taken = []
    for _ in range(LOOKS):
        began = time.process_time()
        reader.read(grey)
        taken.append(time.process_time() - began)
    return round(median(taken) * 1000, 1)
