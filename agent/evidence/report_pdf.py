"""The paper of report.pdf: A4 in one hand, with the means that its pages need (tables, a QR code, the still).

Comes in: texts, rows, pictures. Goes out: a PDF with its font in it, so that it looks the same everywhere. The font is Nanum
Gothic of Debian's fonts-nanum (SIL Open Font License); where it is missing there is no report, and the error says what to
install. What stands on the pages is in agent/evidence/report_pages.py.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from agent.errors import AnsimError

FONTS = (Path("/usr/share/fonts/truetype/nanum"), Path("/usr/local/share/fonts"))
REGULAR, BOLD = "NanumGothic.ttf", "NanumGothicBold.ttf"
FAMILY = "nanum"
INK, DIM, LINE, BAND = (29, 36, 51), (88, 98, 117), (190, 197, 208), (238, 241, 246)
MARGIN = 18.0  # mm
MISSING = "□"  # stands for a letter that the font does not have
QUIET = 4  # modules of white around a QR code (ISO/IEC 18004)

Rows = Sequence[Sequence[str]]
logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of each table of a font that it leaves out


class FontMissing(AnsimError):
    """No Korean font is installed, so no report can be drawn."""


class Paper(FPDF):
    """Holding one means: you can draw A4 pages in the report's hand. Each page says below which report it belongs to."""

    def __init__(self, title: str, foot: str, made_utc: float, fonts: Sequence[Path] = FONTS) -> None:
        """made_utc: Unix time, which the PDF names as its own. Raises FontMissing."""
        super().__init__(format="A4")
        regular, bold = (_font(fonts, name) for name in (REGULAR, BOLD))
        self._foot = foot
        self.add_font(FAMILY, "", regular)
        self.add_font(FAMILY, "B", bold)
        held = self.fonts[FAMILY]
        assert isinstance(held, TTFFont)
        self._letters = frozenset(held.cmap)
        self.set_title(title)
        self.set_lang("ko")
        self.set_creation_date(datetime.fromtimestamp(made_utc, UTC))
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=20)
        self.set_draw_color(*LINE)
        self.alias_nb_pages()

    def footer(self) -> None:
        """Called by FPDF at the end of each page."""
        self.set_y(-14)
        self._write(7.5, DIM)
        self.cell(0, 4, self.fit(self._foot), align="L")
        self.set_x(MARGIN)
        self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")

    def fit(self, text: str) -> str:
        """`text` with what the font cannot show replaced."""
        return "".join(letter if ord(letter) in self._letters or letter == "\n" else MISSING for letter in text)

    def heading(self, text: str, *, large: bool = False) -> None:
        if not large:
            self.ln(4)
        self._write(19 if large else 12.5, INK, "B")
        self.multi_cell(0, 9 if large else 7, self.fit(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.ln(1)

    def say(self, text: str, *, size: float = 9.5, dim: bool = False, width: float = 0, bold: bool = False) -> None:
        """A paragraph at the current place; width in mm (0: to the margin)."""
        self._write(size, DIM if dim else INK, "B" if bold else "")
        left = self.get_x()
        self.multi_cell(width, size * 0.56, self.fit(text), new_x=XPos.LEFT, new_y=YPos.NEXT, align="L")
        self.set_x(left)

    def facts(self, rows: Rows, *, label: float = 26, width: float = 0, height: float = 6.2) -> None:
        """A table of labels and what they mean; label: width of the first column, width: of all (mm, 0: to the margin)."""
        whole = width or self.epw
        self._write(9.5, INK)
        with self.table(
            width=whole,
            align="L",
            col_widths=(label, whole - label),
            first_row_as_headings=False,
            line_height=height,
            text_align="L",
            padding=(0.6, 1.5),
            borders_layout="HORIZONTAL_LINES",
        ) as table:
            for name, value in rows:
                row = table.row()
                row.cell(self.fit(name), style=FontFace(emphasis="B", fill_color=BAND))
                row.cell(self.fit(value))

    def grid(self, titles: Sequence[str], rows: Rows, widths: Sequence[float], *, size: float = 8) -> None:
        """A table with a heading that comes again on each page; widths in mm."""
        self._write(size, INK)
        with self.table(
            width=sum(widths),
            align="L",
            col_widths=tuple(widths),
            line_height=size * 0.56,
            text_align="L",
            padding=(0.9, 1.2),
            headings_style=FontFace(emphasis="B", fill_color=BAND),
            borders_layout="HORIZONTAL_LINES",
        ) as table:
            for cells in (titles, *rows):
                row = table.row()
                for cell in cells:
                    row.cell(self.fit(cell))

    def qr(self, text: str, x: float, y: float, size: float) -> None:
        """A QR code as rectangles, `size` mm wide with its white margin."""
        modules = [list(row) for row in segno.make_qr(text, error="m", boost_error=False).matrix]
        unit = size / (len(modules) + 2 * QUIET)
        self.set_fill_color(0, 0, 0)
        for down, row in enumerate(modules):
            start = None
            for across, dark in enumerate([*row, 0]):
                if dark and start is None:
                    start = across
                elif not dark and start is not None:
                    self.rect(x + (start + QUIET) * unit, y + (down + QUIET) * unit, (across - start) * unit, unit, style="F")
                    start = None

    def still(self, jpeg: bytes, x: float, y: float, width: float) -> float:
        """The masked still; gives the height that it took (mm), 0 when it cannot be shown."""
        try:
            drawn = self.image(io.BytesIO(jpeg), x=x, y=y, w=width)
        except (OSError, ValueError, SyntaxError):  # what Pillow says of a damaged JPEG; the file itself is in the bag as it is
            return 0.0
        return float(drawn.rendered_height)

    def line_to_sign(self, text: str) -> None:
        self._write(10, INK)
        self.cell(0, 9, self.fit(text), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _write(self, size: float, colour: tuple[int, int, int], style: str = "") -> None:
        self.set_font(FAMILY, style, size)
        self.set_text_color(*colour)


def _font(folders: Sequence[Path], name: str) -> Path:
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise FontMissing(
            ko=f"보고서에 쓸 한글 글꼴({name})이 없습니다. `apt-get install fonts-nanum`으로 설치한 뒤 다시 내보내 주세요.",
            en=f"The font of the report ({name}) is missing. Install it with `apt-get install fonts-nanum`, and export again.",
        )
    return found
