"""Reads QR codes with zbar, another mind than zxing-cpp's: it looks along lines, and reads a few codes that the other cannot.

Comes in: (height, width) uint8 luma. Goes out: texts. It costs twice as much and alone reads half as many hard ones
(docs/evaluation.md), so the entrance asks it now and then, where the first reader sees nothing.
"""

from __future__ import annotations

from agent.entry.code_reader import Grey
from agent.errors import ModelError


class ZbarReader:
    """pyzbar as it comes: one look at the whole picture, QR codes only."""

    name = "pyzbar"

    def __init__(self) -> None:
        """Raises ModelError where the library zbar is not installed."""
        try:
            from pyzbar.pyzbar import ZBarSymbol, decode
        except ImportError as wrong:
            raise ModelError(
                ko="QR 코드를 읽는 libzbar0가 없습니다. scripts/setup을 다시 실행해 주세요.",
                en="The library libzbar0, which reads QR codes, is missing. Run scripts/setup again.",
            ) from wrong
        self._decode = decode
        self._symbols = [ZBarSymbol.QRCODE]

    def read(self, grey: Grey) -> tuple[str, ...]:
        """See Reader.read. Bytes that are no UTF-8 are shown as replacement signs, so they equal no expected text."""
        return tuple(found.data.decode("utf-8", "replace") for found in self._decode(grey, symbols=self._symbols))
