"""How answers of the API are shown in a terminal: tables for people, JSON for programs; and how a command ends."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.client import Client, NotReached, Refused

WIDTH_IN_PIPES = 200

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's own JSON.")]
Limit = Annotated[int, typer.Option(min=1, help="Show so many at most.")]
All = Annotated[bool, typer.Option("--all", help="Show every one, however many there are.")]
Instant = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])]
Reason = Annotated[str, typer.Option(help="Why; it is told to those whom it concerns.")]


def in_path(text: str) -> str:
    """What was typed as one part of an address, whatever stands in it."""
    return quote(text, safe="")


def instant(value: datetime | None) -> str | None:
    """A day alone is taken from its midnight on, in the zone of the machine."""
    return None if value is None else value.astimezone().isoformat()


class Exit(IntEnum):
    """0 is well and 2 a command that was typed wrong."""

    REFUSED = 1
    NOT_REACHED = 3


@contextmanager
def calling(*, as_json: bool = False) -> Iterator[Client]:
    """The API; what it refuses is shown with its field and remedy, and ends the command."""
    try:
        with Client.from_environment() as client:
            yield client
    except Refused as error:
        _say_problem(error, as_json=as_json)
        raise typer.Exit(Exit.REFUSED) from error
    except NotReached as error:
        print(error, file=sys.stderr)
        raise typer.Exit(Exit.NOT_REACHED) from error


def show_json(said: Any) -> None:
    print(json.dumps(said, indent=2, ensure_ascii=False))


def show_rows(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool, none: str = "There are none."
) -> None:
    """One line for each; ``columns`` has the field by its title, with dots where it lies deeper."""
    if as_json:
        show_json(rows)
        return
    if not rows:
        print(none)
        return
    table = Table(header_style="bold")
    for place, title in enumerate(columns):
        table.add_column(title, no_wrap=place == 0)
    for row in rows:
        table.add_row(*(_cell(_at(row, path)) for path in columns.values()))
    _console().print(table)


def show_pages(
    path: str, columns: Mapping[str, str], limit: int, *, everything: bool, as_json: bool, **narrow: Any
) -> None:
    """What the list there has, as far as it is wanted."""
    with calling(as_json=as_json) as api:
        rows = api.pages(path, None if everything else limit, **narrow)
    show_rows(rows, columns, as_json=as_json)


def show_fields(thing: Mapping[str, Any], fields: Mapping[str, str], *, as_json: bool) -> None:
    """One thing, a line for each field that has a value; ``fields`` as the columns of ``show_rows``."""
    if as_json:
        show_json(thing)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for title, path in fields.items():
        value = _at(thing, path)
        if value not in (None, "", []):
            table.add_row(title, _cell(value))
    _console().print(table)


def _say_problem(error: Refused, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(error.problem, ensure_ascii=False), file=sys.stderr)
        return
    print(_printable(f"{error.problem.get('title', 'Refused')}: {error}"), file=sys.stderr)
    for each in error.problem.get("errors", []):
        place = each.get("pointer", each.get("parameter")) or "body"
        print(_printable(f"  {place}: {each.get('detail', '')}"), file=sys.stderr)
    if (allowed := error.problem.get("facts", {}).get("allowed")) is not None:
        print(_printable(f"  possible now: {', '.join(allowed) or 'nothing'}"), file=sys.stderr)


def _console() -> Console:
    """A pipe has no width: what is read by a program is not cut."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_IN_PIPES, highlight=False)


def _at(thing: Any, path: str) -> Any:
    for name in path.split("."):
        thing = thing.get(name) if isinstance(thing, Mapping) else None
    return thing


def _cell(value: Any) -> Text:
    """As text and nothing else: what partners have written can't dress itself up or steer the terminal."""
    return Text(_printable(_words(value)))


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_words(each) for each in value)
    return _instant(value) or str(value)


def _instant(value: Any) -> str:
    """In the zone of the machine, to the minute."""
    try:
        return f"{datetime.fromisoformat(value).astimezone():%Y-%m-%d %H:%M %Z}" if "T" in value else ""
    except (TypeError, ValueError):
        return ""


def _printable(text: str) -> str:
    return "".join(_only_printable(text))


def _only_printable(text: str) -> Iterable[str]:
    for character in text:
        yield character if character.isprintable() or character == "\n" else " "
