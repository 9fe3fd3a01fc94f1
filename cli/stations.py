"""``stationmaster station``: commands to stations, and what came of them; on what terms they give energy."""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli import station_entries, station_wanted
from cli.client import Client
from cli.terminal import All, AsJson, Exit, Limit, calling, in_path, show_fields, show_pages

app = typer.Typer(
    name="station", help="Stations: send commands, enter or import some, say what is wanted.", no_args_is_help=True
)
app.add_typer(station_entries.app)
app.add_typer(station_wanted.app)

PATH = "/v1/stations"
Name = Annotated[str, typer.Argument(help="Such as NL-STM-000042.", parser=in_path)]
POLLED_EVERY_S = 0.5
GRACE_S = 60.0
"""So long after its time is over a command's end is waited for: an answer may be on its way."""

_UNDER_WAY = frozenset({"queued", "sent"})
_FIELDS = {
    "Command": "id",
    "Kind": "kind",
    "State": "label",
    "Answer": "outcome",
    "Detail": "detail",
    "Arguments": "arguments",
    "Told": "data",
    "By": "asked_by",
    "Asked": "created_at",
    "Expires": "expires_at",
    "Ended": "answered_at",
    "Tries": "tries",
}
_COLUMNS = {
    "Command": "id",
    "Kind": "kind",
    "State": "label",
    "Answer": "outcome",
    "Detail": "detail",
    "By": "asked_by",
    "Asked": "created_at",
}
_TERMS = {"Terms": "vend", "Since": "since"}


@app.command("command")
def send(
    name: Name,
    kind: Annotated[str, typer.Argument(help="Such as reset, unlock, read_configuration.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="key=value for each argument; key:=value where the value is JSON.", metavar="KEY=VALUE"),
    ] = None,
    valid_s: Annotated[
        int | None, typer.Option("--valid", help="Wait so many seconds for a station that is not connected.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The Idempotency-Key: the same command sent again under it is sent once.")
    ] = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for what comes of it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sends the station a command.

    With --wait the exit code is 0 where the station has done it, and 1 where it has not, or nobody knows.
    """
    body: dict[str, Any] = {"kind": kind, "arguments": _read(arguments or [])}
    if valid_s is not None:
        body["valid_s"] = valid_s
    path = f"{PATH}/{name}/commands"
    with calling(as_json=as_json) as api:
        asked = api.post(path, body, key=key)
        if wait:
            asked = _ended(api, f"{path}/{asked['id']}", asked)
    show_fields(asked, _FIELDS, as_json=as_json)
    if wait and asked["state"] != "answered":
        print(f"{kind}: {asked['label']}", file=sys.stderr)
        raise typer.Exit(Exit.REFUSED)


@app.command("commands")
def show_all(
    name: Name,
    state: Annotated[str | None, typer.Option(help="In this state only, such as queued.")] = None,
    kind: Annotated[str | None, typer.Option(help="Of this kind only, such as reset.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists the station's commands, newest first."""
    show_pages(
        f"{PATH}/{name}/commands", _COLUMNS, limit, everything=everything, as_json=as_json, state=state, kind=kind
    )


@app.command("cancel-command")
def cancel(
    name: Name, command: Annotated[str, typer.Argument(help="Its id.", parser=in_path)], *, as_json: AsJson = False
) -> None:
    """Calls a command off, as long as it was not sent."""
    with calling(as_json=as_json) as api:
        show_fields(api.post(f"{PATH}/{name}/commands/{command}/cancel"), _FIELDS, as_json=as_json)


@app.command()
def vend(
    name: Name,
    terms: Annotated[
        str | None, typer.Argument(help="contract, unbilled, or free for anyone; shown unless said.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Shows or says on what terms the station gives energy."""
    path = f"{PATH}/{name}/vend"
    with calling(as_json=as_json) as api:
        shown = api.get(path) if terms is None else api.put(path, {"vend": terms})
    show_fields(shown, _TERMS, as_json=as_json)


def _ended(api: Client, path: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What came of the command, or how it stands where nothing comes of it in time."""
    left_s = (datetime.fromisoformat(asked["expires_at"]) - datetime.now(UTC)).total_seconds()
    deadline = time.monotonic() + max(left_s, 0.0) + GRACE_S
    while asked["state"] in _UNDER_WAY and time.monotonic() < deadline:
        time.sleep(POLLED_EVERY_S)
        asked = api.get(path)
    return asked


def _read(arguments: list[str]) -> dict[str, Any]:
    return dict(_argument(each) for each in arguments)


def _argument(text: str) -> tuple[str, Any]:
    """The API reads numbers, instants and yes or no from text; lists and whole objects are said in JSON."""
    name, is_given, value = text.partition("=")
    if not is_given or not name.strip(":"):
        raise typer.BadParameter(f"'{text}' is no argument; say it as key=value", param_hint="KEY=VALUE")
    if not name.endswith(":"):
        return name, value
    try:
        return name.removesuffix(":"), json.loads(value)
    except ValueError as error:
        raise typer.BadParameter(f"'{value}' is not JSON: {error}", param_hint="KEY=VALUE") from error
