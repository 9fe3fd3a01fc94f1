"""``stationmaster station enter`` and ``import``: stations that come without a placement request."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.requests import read_json
from cli.terminal import AsJson, Exit, calling, show_fields, show_json, show_rows

app = typer.Typer()

PATH = "/v1/stations"
Key = Annotated[str | None, typer.Option(help="The Idempotency-Key: the same sent again under it is entered once.")]

_FIELDS = {
    "Work order": "reference",
    "Stage": "label",
    "Waits for": "waits_for",
    "Site": "site.reference",
    "Site's owner": "site.owner.name",
    "Street": "location.street",
    "Number": "location.house_number",
    "City": "location.city",
    "Installer": "installer.name",
    "Keeps the stations": "owner.name",
}
_LINES = {
    "Line": "number",
    "Product": "product.code",
    "Hardware": "hardware.hardware_id",
    "OCPP identity": "hardware.ocpp_identity",
}
_ROWS = {"Line": "line", "Status": "status", "Work order": "work_order"}
_REFUSED = {"Line": "line", "Column": "column", "What is wrong": "detail"}


@app.command()
def enter(
    file: Annotated[str, typer.Argument(help="The stations in JSON, as the API takes them; - is the standard input.")],
    key: Key = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Enters stations at one place; the work order on which they are brought to operation is shown."""
    body = read_json(file)
    with calling(as_json=as_json) as api:
        made = api.post(PATH, body, key=key)
    if as_json:
        show_json(made)
        return
    show_fields(made, _FIELDS, as_json=False)
    show_rows(made["lines"], _LINES, as_json=False)


@app.command("import")
def import_list(
    file: Annotated[str, typer.Argument(help="The list as CSV, a station in each row; - is the standard input.")],
    key: Key = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Tell what would become of each row; enter nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Enters up to 5,000 stations from a list; what was entered before is left as it is.

    Exit code 1: some rows were refused. Correct them, and send the whole list again.
    """
    content = _content(file)
    with calling(as_json=as_json) as api:
        done = api.upload(f"{PATH}/import", content, "text/csv", key=key, check=str(check).lower())
    if as_json:
        show_json(done)
    else:
        _show(done)
    if done["refused"]:
        raise typer.Exit(Exit.REFUSED)


def _show(done: dict[str, Any]) -> None:
    entered = "possible" if done["checked"] else "entered"
    print(f"{done['entered']} {entered}, {done['known']} known, {done['refused']} refused")
    taken = [row for row in done["items"] if row["work_order"]]
    if taken:
        show_rows(taken, _ROWS, as_json=False)
    refused = [{"line": row["line"], **error} for row in done["items"] for error in row["errors"]]
    if refused:
        show_rows(refused, _REFUSED, as_json=False)


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be read: {error.strerror}", param_hint="FILE") from error
