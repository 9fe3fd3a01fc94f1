"""Lists as CSV that are imported row by row, and what became of each row."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.terminal import Exit, calling, show_json, show_rows

File = Annotated[str, typer.Argument(help="The list as CSV; - is the standard input.")]
Key = Annotated[str | None, typer.Option(help="The Idempotency-Key: the same sent again under it is entered once.")]
Check = Annotated[bool, typer.Option("--check", help="Tell what would become of each row; enter nothing.")]

_REFUSED = {"Line": "line", "Column": "column", "What is wrong": "detail"}


def import_list(path: str, file: str, key: str | None, rows: dict[str, str], *, check: bool, as_json: bool) -> None:
    """``rows`` are the columns in which taken rows are shown. Ends with 1 where some were refused."""
    content = _content(file)
    with calling(as_json=as_json) as api:
        done = api.upload(path, content, "text/csv", key=key, check=str(check).lower())
    if as_json:
        show_json(done)
    else:
        _show(done, rows)
    if done["refused"]:
        raise typer.Exit(Exit.REFUSED)


def _show(done: dict[str, Any], rows: dict[str, str]) -> None:
    entered = "possible" if done["checked"] else "entered"
    changed = f"{done['changed']} changed, " if done.get("changed") else ""
    print(f"{done['entered']} {entered}, {changed}{done['known']} known, {done['refused']} refused")
    taken = [row for row in done["items"] if not row["errors"]]
    if taken:
        show_rows(taken, rows, as_json=False)
    refused = [{"line": row["line"], **error} for row in done["items"] for error in row["errors"]]
    if refused:
        show_rows(refused, _REFUSED, as_json=False)


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be read: {error.strerror}", param_hint="FILE") from error
