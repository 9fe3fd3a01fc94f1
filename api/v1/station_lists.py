"""Lists of stations as CSV (RFC 4180): read row by row, each row for itself (L6)."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from api.problems import not_valid
from models.errors import InvalidInput
from models.messages.site import ImportedStation
from models.usecases.site_import import Row, RowFault

MOST = 5_000
MEDIA_TYPE = "text/csv"
REQUIRED = tuple(name for name, field in ImportedStation.model_fields.items() if field.is_required())
OPTIONAL = tuple(name for name, field in ImportedStation.model_fields.items() if not field.is_required())
_NUMBERS = ("latitude", "longitude")
_NUL = RowFault(None, "Leave out the NUL character (U+0000)")


class _Reader(Protocol):
    """What ``csv.reader`` gives."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True)
class Unread:
    """A row that says something else than a station."""

    line: int
    faults: Sequence[RowFault]


def read(content: bytes) -> list[Row | Unread]:
    """The rows behind the header, which names the columns, in any order; commas or semicolons stand between them.

    Raises InvalidInput where it is no such list, or too long.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"Byte {error.start} is no UTF-8; save the list as CSV in UTF-8", field="/") from None
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",", strict=True)
    try:
        columns = _columns(next(reader, []))
        rows = list(_rows(reader, columns))
    except csv.Error as error:
        raise InvalidInput(f"Line {reader.line_num} is no CSV ({error}); look at its quotes", field="/") from None
    if not rows:
        raise InvalidInput("There is no station in the list", field="/")
    return rows


def _columns(header: Sequence[str]) -> list[str]:
    """Raises InvalidInput, naming every column that is missing, unknown or there twice."""
    columns = [name.strip().lower() for name in header]
    wrong = [f"'{name}' is missing" for name in REQUIRED if name not in columns]
    wrong += [f"'{name[:40]}' is no column" for name in columns if name not in ImportedStation.model_fields]
    wrong += [f"'{name[:40]}' is there twice" for name in dict.fromkeys(columns) if columns.count(name) > 1]
    if wrong:
        possible = f"needed are {', '.join(REQUIRED)}; possible are {', '.join(OPTIONAL)}"
        raise InvalidInput(f"The first line names the columns: {'; '.join(wrong[:20])}. {possible}", field="/")
    return columns


def _rows(reader: _Reader, columns: Sequence[str]) -> Iterator[Row | Unread]:
    count, line = 0, reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            count += 1
            if count > MOST:
                raise InvalidInput(f"The list has more than {MOST} stations; send it in parts", field="/")
            yield _row(line, columns, cells)
        line = reader.line_num + 1


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row | Unread:
    if len(cells) != len(columns):
        fault = RowFault(None, f"The line has {len(cells)} cells, the header has {len(columns)}; quote what has commas")
        return Unread(line, [fault])
    if any("\0" in cell for cell in cells):
        return Unread(line, [_NUL])
    said = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    for name in _NUMBERS:
        if name in said:
            said[name] = said[name].replace(",", ".")  # as half of Europe writes it
    try:
        return Row(line, ImportedStation.model_validate(said))
    except ValidationError as error:
        return Unread(line, list(_faults(error)))


def _faults(error: ValidationError) -> Iterator[RowFault]:
    for each in error.errors():
        (said,) = not_valid([{**each, "loc": ("body", *each["loc"])}]).facts["errors"]
        yield RowFault(str(each["loc"][0]) if each["loc"] else None, said["detail"])
