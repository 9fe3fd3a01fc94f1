"""``stationmaster station enter`` and ``import``: stations that come without a placement request."""

from typing import Annotated

import typer

from cli.lists import Check, File, Key, import_list
from cli.requests import read_json
from cli.terminal import AsJson, calling, show_fields, show_json, show_rows

app = typer.Typer()

PATH = "/v1/stations"

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
def import_stations(file: File, key: Key = None, *, check: Check = False, as_json: AsJson = False) -> None:
    """Enters up to 5,000 stations from a list; what was entered before is left as it is.

    Exit code 1: some rows were refused. Correct them, and send the whole list again.
    """
    import_list(f"{PATH}/import", file, key, _ROWS, check=check, as_json=as_json)
