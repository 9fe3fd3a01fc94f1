"""Lists as CSV (RFC 4180): read row by row, each row for itself; and written so that they can be read again."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from api.problems import not_valid
from models.errors import InvalidInput, UnsupportedMedia
from models.messages.lists import M, Row, RowFault

MOST = 5_000
LIMIT_BYTES = 4 * 1024 * 1024
MEDIA_TYPE = "text/csv"
_FORM = "multipart/form-data"
_FORMULAS = ("=", "+", "-", "@", "\t")
_NUMBER = re.compile(r"[+-][0-9]+(\.[0-9]+)?")
_NUL = RowFault(None, "Leave out the NUL character (U+0000)")


class _Reader(Protocol):
    """What ``csv.reader`` gives."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True)
class Unread:
    """A row that can't be read as what the list is of."""

    line: int
    faults: Sequence[RowFault]


@dataclass(frozen=True)
class Kind(Generic[M]):
    """What a list is of: ``name`` in a word; ``decimals`` are columns that may be written with a comma.

    ``passed_over`` are columns that an export has and an import has no use for.
    """

    model: type[M]
    name: str
    decimals: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name, field in self.model.model_fields.items() if field.is_required())

    @property
    def optional(self) -> tuple[str, ...]:
        return tuple(name for name, field in self.model.model_fields.items() if not field.is_required())


def body(example: str) -> dict[str, Any]:
    """What a route that takes a list says of its body, for its ``openapi_extra``."""
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "contentMediaType": MEDIA_TYPE}},
    }
    plain = {"schema": {"type": "string"}, "examples": {"example": {"value": example}}}
    return {"requestBody": {"required": True, "content": {MEDIA_TYPE: plain, _FORM: {"schema": form}}}}


async def content_of(request: Request) -> bytes:
    """The list as it was sent. Raises UnsupportedMedia."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MEDIA_TYPE:
        return await request.body()
    if kind == _FORM:
        async with request.form() as form:
            file = form.get("file")
            if isinstance(file, UploadFile):
                return await file.read()
    raise UnsupportedMedia(f"Send the list as {MEDIA_TYPE}, or as the 'file' of a form", field="/")


def read(content: bytes, kind: Kind[M]) -> list[Row[M] | Unread]:
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
        columns = _columns(next(reader, []), kind)
        rows = list(_rows(reader, columns, kind))
    except csv.Error as error:
        raise InvalidInput(f"Line {reader.line_num} is no CSV ({error}); look at its quotes", field="/") from None
    if not rows:
        raise InvalidInput(f"There is no {kind.name} in the list", field="/")
    return rows


def _columns(header: Sequence[str], kind: Kind[M]) -> list[str]:
    """Raises InvalidInput, naming every column that is missing, unknown or there twice."""
    columns = [name.strip().lower() for name in header]
    known = {*kind.model.model_fields, *kind.passed_over}
    wrong = [f"'{name}' is missing" for name in kind.required if name not in columns]
    wrong += [f"'{name[:40]}' is no column" for name in columns if name not in known]
    wrong += [f"'{name[:40]}' is there twice" for name in dict.fromkeys(columns) if columns.count(name) > 1]
    if wrong:
        possible = f"needed are {', '.join(kind.required)}; possible are {', '.join(kind.optional)}"
        raise InvalidInput(f"The first line names the columns: {'; '.join(wrong[:20])}. {possible}", field="/")
    return columns


def _rows(reader: _Reader, columns: Sequence[str], kind: Kind[M]) -> Iterator[Row[M] | Unread]:
    count, line = 0, reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            count += 1
            if count > MOST:
                raise InvalidInput(f"The list has more than {MOST} rows; send it in parts", field="/")
            yield _row(line, columns, cells, kind)
        line = reader.line_num + 1


def _row(line: int, columns: Sequence[str], cells: Sequence[str], kind: Kind[M]) -> Row[M] | Unread:
    if len(cells) != len(columns):
        fault = RowFault(None, f"The line has {len(cells)} cells, the header has {len(columns)}; quote what has commas")
        return Unread(line, [fault])
    if any("\0" in cell for cell in cells):
        return Unread(line, [_NUL])
    said = {name: _bare(cell) for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    for name in kind.passed_over:
        said.pop(name, None)
    for name in kind.decimals:
        if name in said:
            said[name] = said[name].replace(",", ".")  # as half of Europe writes it
    try:
        return Row(line, kind.model.model_validate(said))
    except ValidationError as error:
        return Unread(line, list(_faults(error)))


def _faults(error: ValidationError) -> Iterator[RowFault]:
    for each in error.errors():
        (said,) = not_valid([{**each, "loc": ("body", *each["loc"])}]).facts["errors"]
        yield RowFault(str(each["loc"][0]) if each["loc"] else None, said["detail"])


def written(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """The rows as CSV, behind a header where there are ``columns``."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([columns] if columns else [])
    writer.writerows([_guarded(cell or "") for cell in row] for row in rows)
    return text.getvalue()


def _guarded(cell: str) -> str:
    """A spreadsheet would take it for a formula; a telephone number is none, nor is an amount."""
    return f"'{cell}" if cell[:1] in _FORMULAS and not _NUMBER.fullmatch(cell) else cell


def _bare(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULAS else cell
