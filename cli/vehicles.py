"""``stationmaster vehicle``: cars that charge by their electronic ids."""

from typing import Annotated, Any

import typer

from cli.lists import Key
from cli.terminal import All, AsJson, Limit, calling, in_path, show_fields, show_pages, show_rows

app = typer.Typer(name="vehicle", help="Cars: list, show, register, change, remove.", no_args_is_help=True)

PATH = "/v1/vehicles"
Reference = Annotated[str, typer.Argument(help="Such as VEH-2026-000017.", parser=in_path)]
Name = Annotated[str | None, typer.Option(help="What its people call it.")]
Plate = Annotated[str | None, typer.Option(help="Its registration plate.")]
Make = Annotated[str | None, typer.Option(help="Who has made it.")]
Model = Annotated[str | None, typer.Option(help="What kind of it.")]
Mac = Annotated[list[str] | None, typer.Option(help="A MAC address of it (EVCCID), such as A1:B2:C3:D4:E5:F6.")]
Emaid = Annotated[list[str] | None, typer.Option(help="A contract id that is in it, such as NL-TNM-C00122045-K.")]

_COLUMNS = {
    "Vehicle": "reference",
    "State": "state",
    "Subscriber": "subscriber",
    "Name": "name",
    "Plate": "plate",
    "Since": "created_at",
    "Removed": "removed_at",
    "Because": "removal_reason",
}
_FIELDS = {**_COLUMNS, "Make": "make", "Model": "model"}
_IDS = {"Id": "id", "Kind": "kind", "Value": "value", "Since": "registered_at"}


@app.command("list")
def show_all(
    state: Annotated[str | None, typer.Option(help="Only registered or removed.")] = None,
    subscriber: Annotated[str | None, typer.Option(help="Of this subscription only.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists cars, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, state=state, subscriber=subscriber)


@app.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows one car with its ids."""
    with calling(as_json=as_json) as api:
        _show(api.get(f"{PATH}/{reference}"), as_json=as_json)


@app.command()
def register(
    subscriber: Annotated[str, typer.Argument(help="The subscription, such as SUB-2026-000017.")],
    mac: Mac = None,
    emaid: Emaid = None,
    name: Name = None,
    plate: Plate = None,
    make: Make = None,
    model: Model = None,
    key: Key = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Registers a car for a subscription, by one id or more."""
    ids = _ids(mac, emaid)
    if not ids:
        raise typer.BadParameter("Say by which id stations know it", param_hint="--mac, --emaid")
    body = {"subscriber": subscriber, "ids": ids, **_said(name=name, plate=plate, make=make, model=model)}
    with calling(as_json=as_json) as api:
        _show(api.post(PATH, body, key=key), as_json=as_json)


@app.command()
def change(
    reference: Reference,
    name: Name = None,
    plate: Plate = None,
    make: Make = None,
    model: Model = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Changes what a car is called, or looks like."""
    body = _said(name=name, plate=plate, make=make, model=model)
    with calling(as_json=as_json) as api:
        _show(api.patch(f"{PATH}/{reference}", body), as_json=as_json)


@app.command("add-id")
def add_id(
    reference: Reference, mac: Mac = None, emaid: Emaid = None, key: Key = None, *, as_json: AsJson = False
) -> None:
    """Registers one more id of a car."""
    ids = _ids(mac, emaid)
    if len(ids) != 1:
        raise typer.BadParameter("Say one id", param_hint="--mac, --emaid")
    with calling(as_json=as_json) as api:
        _show(api.post(f"{PATH}/{reference}/ids", ids[0], key=key), as_json=as_json)


@app.command("remove-id")
def remove_id(
    reference: Reference, id_: Annotated[str, typer.Argument(metavar="ID", help="As show tells it.", parser=in_path)]
) -> None:
    """Takes an id off a car: it charges nowhere from now on."""
    with calling(as_json=False) as api:
        api.delete(f"{PATH}/{reference}/ids/{id_}")


@app.command()
def remove(
    reference: Reference,
    because: Annotated[str, typer.Option(help="sold, lost, stolen or mistaken.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Removes a car for good: it charges nowhere from now on, and its ids can be registered anew."""
    with calling(as_json=as_json) as api:
        _show(api.post(f"{PATH}/{reference}/remove", {"reason": because}), as_json=as_json)


def _ids(mac: list[str] | None, emaid: list[str] | None) -> list[dict[str, str]]:
    given = {"mac_address": mac or [], "emaid": emaid or []}
    return [{"kind": kind, "value": value} for kind, values in given.items() for value in values]


def _said(**given: str | None) -> dict[str, str]:
    return {name: value for name, value in given.items() if value is not None}


def _show(car: Any, *, as_json: bool) -> None:
    show_fields(car, _FIELDS, as_json=as_json)
    if not as_json:
        show_rows(car["ids"], _IDS, as_json=False, none="No station knows it.")
