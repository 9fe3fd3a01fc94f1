"""An export of personal data as a zip: of each place the rows as JSON, and as CSV for a spreadsheet (GDPR Art. 20)."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

Rows = Sequence[Mapping[str, Any]]
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_MADE = (1980, 1, 1, 0, 0, 0)
"""The same rows make the same bytes."""


def zipped(told: Mapping[str, Rows]) -> bytes:
    """``told`` by where it stands; a place without rows has its JSON all the same."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in told.items():
            archive.writestr(_entry(f"{name}.json"), _json(rows))
            if rows:
                archive.writestr(_entry(f"{name}.csv"), _csv(rows))
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MADE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _json(rows: Rows) -> bytes:
    return orjson.dumps(list(rows), default=str, option=orjson.OPT_INDENT_2)


def _csv(rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A text that a spreadsheet would take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULAS) else value
    return orjson.dumps(value, default=str).decode().strip('"')
