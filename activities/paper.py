"""The paper a report is drawn on: A4 with embedded fonts, a header, page numbers, an outline and PDF/A-2U data."""

import unicodedata
from datetime import datetime
from importlib.resources import files
from typing import Literal
from xml.sax.saxutils import escape

from fpdf import FPDF
from fpdf.enums import OutputIntentSubType
from fpdf.fonts import TTFFont
from fpdf.output import PDFICCProfile
from fpdf.util import builtin_srgb2014_bytes

Ink = tuple[int, int, int]
TEXT: Ink = (28, 36, 44)
MUTED: Ink = (88, 100, 112)
ACCENT: Ink = (0, 84, 119)
PASSED: Ink = (16, 110, 60)
FAILED: Ink = (176, 28, 28)
TINT: Ink = (234, 241, 245)
RULE: Ink = (200, 209, 216)

MARGIN_MM = 18.0
TOP_MM = 26.0
BOTTOM_MM = 20.0
_FAMILY = "source"
# Shown for what the font has no sign for: an archive can't be left to guess, and PDF/A forbids the empty glyph.
_UNKNOWN_SIGN = "■"


class Paper(FPDF):
    """Everything is placed by hand, so that nothing is clipped: ``ensure`` breaks the page, fpdf2 never does.

    The bytes depend on nothing but what is drawn and ``created_at``.
    """

    def __init__(
        self,
        *,
        title: str,
        author: str,
        reference: str,
        footnote: str,
        created_at: datetime,
        page: str = "Page {} of {}",
    ) -> None:
        super().__init__(format="A4", unit="mm")
        fonts = files("font_source_sans_pro") / "files"
        self.add_font(_FAMILY, "", str(fonts / "SourceSansPro-Regular.ttf"))
        self.add_font(_FAMILY, "B", str(fonts / "SourceSansPro-Semibold.ttf"))
        self._signs = set[int]().union(*(font.cmap for font in self.fonts.values() if isinstance(font, TTFFont)))
        self._running = (title, reference, footnote)
        self._page = page
        self.set_margins(MARGIN_MM, TOP_MM, MARGIN_MM)
        self.set_auto_page_break(auto=False)
        self._describe(title, author, reference, created_at)
        self.ink()
        self.add_page()

    def ink(self, colour: Ink = TEXT, size_pt: float = 9.5, style: Literal["", "B"] = "") -> None:
        self.set_font(_FAMILY, style, size_pt)
        self.set_text_color(*colour)

    def printable(self, text: str) -> str:
        """The text without what a page can't show: control signs go, signs the font lacks become a block."""
        lines = unicodedata.normalize("NFC", text).replace("\t", " ").splitlines()
        return "\n".join("".join(self._sign(sign) for sign in line) for line in lines)

    def _sign(self, sign: str) -> str:
        if ord(sign) in self._signs:
            return sign
        # Joiners and variation selectors are parts of an emoji that already has its block.
        return "" if unicodedata.category(sign) in {"Cc", "Cf", "Mn", "Me"} else _UNKNOWN_SIGN

    def broken(self, text: str, width: float) -> list[str]:
        """The text as lines of at most ``width`` mm in the font of the moment."""
        lines = self.multi_cell(width, 4, self.printable(text), dry_run=True, output="LINES", align="L")
        return [str(line) for line in lines] if isinstance(lines, list) and lines else [""]

    @property
    def room(self) -> float:
        """What is left of the page, in mm."""
        return float(self.h - BOTTOM_MM - self.y)

    def ensure(self, height: float) -> None:
        """Starts a page where fewer than ``height`` mm are left of this one."""
        if self.room < height and self.y > TOP_MM:
            self.add_page()

    def line_of(self, text: str, height: float, width: float = 0) -> None:
        """One line of text at the left margin, then down by its height."""
        self.set_x(MARGIN_MM)
        self.cell(width or self.epw, height, self.printable(text), new_x="LMARGIN", new_y="NEXT")

    def paragraph(self, text: str, colour: Ink = TEXT, size_pt: float = 9.5) -> None:
        self.ink(colour, size_pt)
        self.ensure(10)
        self.multi_cell(self.epw, 4.6, self.printable(text), new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1.5)

    def heading(self, text: str, level: int = 0, keep_with_mm: float = 34.0) -> None:
        """A heading that stands in the outline too and never ends a page."""
        before, size_pt, height = ((7.0, 14.0, 7.5), (4.0, 10.5, 6.0))[level]
        self.ensure(before + height + keep_with_mm)
        if self.y > TOP_MM:
            self.ln(before)
        self.start_section(" ".join(self.printable(text).split()), level=level)
        self.ink(ACCENT if level == 0 else TEXT, size_pt, "B")
        self.multi_cell(self.epw, height, self.printable(text), new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(1.0)

    def header(self) -> None:
        title, reference, _ = self._running
        self.ink(MUTED, 8.5)
        self._ends(12, title, reference)
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.line(MARGIN_MM, 17.5, self.w - MARGIN_MM, 17.5)
        self.set_y(TOP_MM)

    def footer(self) -> None:
        self.ink(MUTED, 8.5)
        self._ends(self.h - 14, self._running[2], self._page.format(self.page_no(), "{nb}"), self._page.format(10, 10))

    def _ends(self, y: float, left: str, right: str, right_as_wide_as: str | None = None) -> None:
        left, right = self.printable(left), self.printable(right) if right_as_wide_as is None else right
        width = self.get_string_width(right_as_wide_as or right) + 2
        self.set_xy(self.w - MARGIN_MM - width, y)
        self.cell(width, 4, right, align="L" if right_as_wide_as else "R")
        self.set_xy(MARGIN_MM, y)
        self.cell(self.epw - width - 4, 4, self._shortened(left, self.epw - width - 6))

    def _shortened(self, text: str, width: float) -> str:
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def _describe(self, title: str, author: str, subject: str, created_at: datetime) -> None:
        self.set_title(title)
        self.set_author(author)
        self.set_subject(subject)
        self.set_creator("Stationmaster")
        self.set_producer("fpdf2")
        self.set_creation_date(created_at)
        self.pdf_version = "1.7"
        self.set_xmp_metadata(_xmp(title, author, subject, created_at))
        colours = PDFICCProfile(contents=builtin_srgb2014_bytes(), n=3, alternate="DeviceRGB")
        self.add_output_intent(OutputIntentSubType.PDFA, "sRGB", "IEC 61966-2-1:1999", "http://www.color.org", colours)


def _xmp(title: str, author: str, subject: str, created_at: datetime) -> str:
    """The metadata of ISO 19005-2 §6.6; fpdf2's own would carry the time of the drawing."""
    at = created_at.isoformat(timespec="seconds")
    title, author, subject = (escape(text) for text in (title, author, subject))
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<xmp:CreateDate>{at}</xmp:CreateDate><xmp:ModifyDate>{at}</xmp:ModifyDate><xmp:CreatorTool>Stationmaster</xmp:CreatorTool>
<pdf:Producer>fpdf2</pdf:Producer>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
