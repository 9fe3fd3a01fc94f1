"""``stationmaster customer``: customers, found, entered, imported and written out."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from cli.lists import Check, File, Key, import_list
from cli.requests import read_json
from cli.terminal import All, AsJson, Limit, calling, in_path, show_fields, show_pages, show_rows

app = typer.Typer(
    name="customer",
    help="Customers: find, show, create, import, export, and what is kept about one of them.",
    no_args_is_help=True,
)

PATH = "/v1/customers"
Reference = Annotated[str, typer.Argument(help="Such as CU-2026-000017.", parser=in_path)]

_COLUMNS = {
    "Reference": "reference",
    "Kind": "kind",
    "Name": "name",
    "City": "address.city",
    "Mail": "email",
    "Phone": "phone",
    "CRM": "external_id",
}
_FIELDS = {
    **_COLUMNS,
    "Street": "address.street",
    "Number": "address.house_number",
    "Postal code": "address.postal_code",
    "Country": "address.country",
    "Language": "language",
    "Since": "created_at",
}
_HISTORY = {"At": "at", "About": "subject", "What": "what", "Who": "who", "Why": "why", "Refused": "refused"}
_ERASURE = {"Customer": "reference", "Erased": "erased_at"}
_OBSTACLES = {"What": "kind", "Reference": "reference", "To do": "detail"}
_LOOKED_AT_AFTER_S = 1.0
_ROWS = {"Line": "line", "Status": "status", "Customer": "reference"}


@app.command("list")
def show_all(
    kind: Annotated[str | None, typer.Option(help="Only person, or only company.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists customers, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, kind=kind)


@app.command()
def find(
    words: Annotated[str, typer.Argument(help="Part of a name, mail address, telephone number, postal code or city.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Finds customers by anything that is known of them; the newest fifty."""
    with calling(as_json=as_json) as api:
        rows = api.post(f"{PATH}/search", {"q": words})["items"]
    show_rows(rows, _COLUMNS, as_json=as_json)


@app.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows one customer."""
    with calling(as_json=as_json) as api:
        show_fields(api.get(f"{PATH}/{reference}"), _FIELDS, as_json=as_json)


@app.command()
def create(
    file: Annotated[str, typer.Argument(help="The customer in JSON, as the API takes it; - is the standard input.")],
    key: Key = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Enters a customer; the reference is shown."""
    body = read_json(file)
    with calling(as_json=as_json) as api:
        show_fields(api.post(PATH, body, key=key), _FIELDS, as_json=as_json)


@app.command()
def history(reference: Reference, limit: Limit = 50, *, everything: All = False, as_json: AsJson = False) -> None:
    """Shows what was done about a customer, its subscriptions and cards, newest first."""
    show_pages(f"{PATH}/{reference}/history", _HISTORY, limit, everything=everything, as_json=as_json)


@app.command("import")
def import_customers(file: File, key: Key = None, *, check: Check = False, as_json: AsJson = False) -> None:
    """Enters customers from a list; a row whose external_id is known changes that customer.

    Exit code 1: some rows were refused. Correct them, and send the whole list again.
    """
    import_list(f"{PATH}/import", file, key, _ROWS, check=check, as_json=as_json)


@app.command()
def export() -> None:
    """Writes all customers as CSV to the standard output, as an import takes them."""
    with calling() as api:
        sys.stdout.write(api.text(f"{PATH}/export"))


@app.command("personal-data")
def personal_data(
    reference: Reference,
    file: Annotated[Path, typer.Argument(help="Where the zip is written to.")],
) -> None:
    """Writes everything that is kept about a customer to a file, as they have a right to (GDPR Art. 15 and 20)."""
    path = f"{PATH}/{reference}/exports"
    with calling() as api:
        asked = api.post(path)
        while asked["state"] == "asked":
            time.sleep(_LOOKED_AT_AFTER_S)
            asked = api.get(f"{path}/{asked['id']}")
        file.write_bytes(api.file(f"{path}/{asked['id']}/file"))


@app.command()
def erase(
    reference: Reference,
    because: Annotated[str, typer.Option(help="asked_for or not_needed.")] = "asked_for",
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say what stands against it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erases a customer (GDPR Art. 17); what the law makes us keep stays under pseudonyms. It can't be undone.

    Exit code 1: something is still open, which is named.
    """
    path = f"{PATH}/{reference}/erasure"
    with calling(as_json=as_json) as api:
        said = api.get(path) if check else api.post(path, {"because": because})
    show_fields(said, _ERASURE, as_json=as_json)
    if said["obstacles"] and not as_json:
        show_rows(said["obstacles"], _OBSTACLES, as_json=False)
