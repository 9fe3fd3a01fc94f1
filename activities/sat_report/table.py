"""Tables that break over pages: headings are repeated, and a row longer than a page goes on on the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from activities.paper import MARGIN_MM, MUTED, RULE, TEXT, TINT, Ink, Paper

_LINE_MM = 4.5
_PAD_MM = 1.3
_SIZE_PT = 9.5
# A row up to this height moves to the next page whole; only longer ones are split.
_WHOLE_ROW_MM = 70.0
_FEWEST_LINES_BEFORE_A_SPLIT = 3


@dataclass(frozen=True)
class Cell:
    text: str
    colour: Ink = TEXT
    style: Literal["", "B"] = ""
    link: int | None = None


@dataclass(frozen=True)
class Column:
    heading: str
    share: float
    """Of the page's width, relative to the other columns."""


Row = Sequence[Cell | str]


def facts(paper: Paper, pairs: Sequence[tuple[str, str]]) -> None:
    """Labels with their values; an empty value is left out of the document."""
    rows = [(Cell(label, MUTED), Cell(value)) for label, value in pairs if value]
    _Table(paper, (Column("", 28), Column("", 72)), headed=False).draw(rows)


def table(paper: Paper, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    _Table(paper, columns, headed=True).draw(rows)


class _Table:
    def __init__(self, paper: Paper, columns: Sequence[Column], *, headed: bool) -> None:
        whole = sum(column.share for column in columns)
        self._paper = paper
        self._columns = columns
        self._widths = [column.share / whole * paper.epw for column in columns]
        self._headed = headed

    def draw(self, rows: Sequence[Row]) -> None:
        self._paper.ensure(3 * (_LINE_MM + 2 * _PAD_MM))
        self._heading()
        for row in rows:
            self._row([cell if isinstance(cell, Cell) else Cell(cell) for cell in row])
        self._paper.ln(2.5)

    def _heading(self) -> None:
        if not self._headed:
            return
        paper = self._paper
        cells = [Cell(column.heading, MUTED, "B") for column in self._columns]
        paper.set_fill_color(*TINT)
        paper.rect(MARGIN_MM, paper.y, paper.epw, _LINE_MM + 2 * _PAD_MM, style="F")
        self._lines(cells, [[cell.text] for cell in cells])

    def _row(self, cells: list[Cell]) -> None:
        lines = [self._broken(cell, width) for cell, width in zip(cells, self._widths, strict=True)]
        while True:
            height = max(map(len, lines)) * _LINE_MM + 2 * _PAD_MM
            if height <= self._paper.room:
                return self._lines(cells, lines)
            fitting = int((self._paper.room - 2 * _PAD_MM) / _LINE_MM)
            if height > _WHOLE_ROW_MM and fitting >= _FEWEST_LINES_BEFORE_A_SPLIT:
                self._lines(cells, [of_cell[:fitting] for of_cell in lines])
                # The first column says again which row goes on.
                lines = [of_cell[fitting:] or (of_cell[:1] if n == 0 else []) for n, of_cell in enumerate(lines)]
            self._paper.add_page()
            self._heading()

    def _broken(self, cell: Cell, width: float) -> list[str]:
        self._paper.ink(cell.colour, _SIZE_PT, cell.style)
        return self._paper.broken(cell.text, width - _PAD_MM)

    def _lines(self, cells: list[Cell], lines: list[list[str]]) -> None:
        paper, top, x = self._paper, self._paper.y, MARGIN_MM
        for cell, of_cell, width in zip(cells, lines, self._widths, strict=True):
            paper.ink(cell.colour, _SIZE_PT, cell.style)
            for number, line in enumerate(of_cell):
                paper.set_xy(x, top + _PAD_MM + number * _LINE_MM)
                paper.cell(width, _LINE_MM, line, link=cell.link or "")
            x += width
        bottom = top + max(map(len, lines)) * _LINE_MM + 2 * _PAD_MM
        paper.set_draw_color(*RULE)
        paper.set_line_width(0.15)
        paper.line(MARGIN_MM, bottom, MARGIN_MM + paper.epw, bottom)
        paper.set_xy(MARGIN_MM, bottom)
