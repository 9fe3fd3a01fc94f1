"""``stationmaster station wanted``: what stations are to have, and how far each has come with it."""

from typing import Annotated

import typer

from cli.client import Client
from cli.requests import read_text
from cli.terminal import AsJson, calling, in_path, show_fields, show_json, show_rows

app = typer.Typer(
    name="wanted", help="What stations are to have: settings, firmware, a local list.", no_args_is_help=True
)

Owner = Annotated[
    str, typer.Argument(help="A station, such as NL-STM-000042; with --product a product's code.", parser=in_path)
]
OfProduct = Annotated[
    bool, typer.Option("--product", help="Of every station of the product. What is wanted of a station comes first.")
]
_OF_STATION = {
    "Setting": "key",
    "Wanted": "wanted",
    "Of its": "of",
    "State": "state",
    "It has": "actual",
    "Detail": "detail",
    "Tried again": "try_again_at",
}
_OF_PRODUCT = {
    "Setting": "key",
    "Wanted": "value",
    "Applied": "stations.applied",
    "Pending": "stations.pending",
    "Refused": "stations.refused",
    "Unknown to it": "stations.unknown_to_station",
    "Awaits its boot": "stations.reboot_required",
    "By": "changed_by",
    "Since": "changed_at",
}
_FIRMWARE = {
    "Firmware": "version",
    "Of its": "of",
    "State": "state",
    "It runs": "running",
    "It says": "word",
    "Detail": "detail",
    "Failures": "failures",
    "Tried again": "try_again_at",
    "Stopped by itself": "halted_at",
    "From": "location",
    "Not before": "not_before",
    "From hour": "from_hour",
    "To hour": "to_hour",
    "By": "changed_by",
}
_ROLL_OUT = {
    "Stations": "stations",
    "Under way": "under_way",
    "Done": "done",
    "Failed": "failed",
    "Stopped by itself": "halted_at",
}
_LIST = {
    "Local list of its": "of",
    "State": "state",
    "It holds": "room",
    "Cards wanted": "wanted",
    "Cards taken": "taken",
    "Version": "version",
    "Detail": "detail",
    "Tried again": "try_again_at",
    "All cards": "all_cards",
    "Chosen for it": "chosen",
    "Cards": "tokens",
    "By": "changed_by",
}


@app.command()
def show(owner: Owner, *, product: OfProduct = False, as_json: AsJson = False) -> None:
    """Shows all that is wanted, and how far the station has come with it, or how many of the product's have."""
    with calling(as_json=as_json) as api:
        _show(api, owner, product=product, as_json=as_json)


@app.command("set")
def set_settings(
    owner: Owner,
    settings: Annotated[
        list[str], typer.Argument(help="A key of OCPP 1.6, or a variable of OCPP 2.", metavar="KEY=VALUE...")
    ],
    *,
    product: OfProduct = False,
    as_json: AsJson = False,
) -> None:
    """Wants settings: stations are brought to them whenever they can be reached."""
    wanted = [_setting(each) for each in settings]
    with calling(as_json=as_json) as api:
        for key, value in wanted:
            api.put(_at(owner, f"configuration/{in_path(key)}", product=product), {"value": value})
        _show(api, owner, product=product, as_json=as_json)


@app.command()
def unset(
    owner: Owner,
    keys: Annotated[list[str], typer.Argument(help="As they were set.", metavar="KEY...")],
    *,
    product: OfProduct = False,
    as_json: AsJson = False,
) -> None:
    """Wants settings no more; they stay at the stations as they are."""
    with calling(as_json=as_json) as api:
        for key in keys:
            api.delete(_at(owner, f"configuration/{in_path(key)}", product=product))
        _show(api, owner, product=product, as_json=as_json)


@app.command()
def firmware(
    owner: Owner,
    version: Annotated[str, typer.Argument(help="As stations tell it at their boot.")],
    location: Annotated[str, typer.Argument(help="Where stations fetch it, such as https://files.example/2.1.bin.")],
    not_before: Annotated[str | None, typer.Option(help="Such as 2026-12-10T00:00+01:00.")] = None,
    from_hour: Annotated[int | None, typer.Option(help="Local time of the place; with --to-hour.")] = None,
    to_hour: Annotated[int | None, typer.Option(help="Local time of the place; with --from-hour.")] = None,
    first: Annotated[int | None, typer.Option(help="So many of a product's stations begin.")] = None,
    share_percent: Annotated[int | None, typer.Option(help="Then so many of all, then all.")] = None,
    failure_limit_percent: Annotated[int | None, typer.Option(help="It stops by itself when more fail.")] = None,
    certificate: Annotated[str | None, typer.Option(help="A file in PEM: who signed it; with --signature.")] = None,
    signature: Annotated[str | None, typer.Option(help="In base64; with --certificate.")] = None,
    *,
    product: OfProduct = False,
    as_json: AsJson = False,
) -> None:
    """Rolls firmware out to a product's stations in waves, or brings it to one station. Said again, it begins anew."""
    said = {
        "version": version,
        "location": location,
        "not_before": not_before,
        "from_hour": from_hour,
        "to_hour": to_hour,
        "first": first,
        "share_percent": share_percent,
        "failure_limit_percent": failure_limit_percent,
        "signing_certificate": None if certificate is None else read_text(certificate),
        "signature": signature,
    }
    body = {name: value for name, value in said.items() if value is not None}
    with calling(as_json=as_json) as api:
        show_fields(api.put(_at(owner, "firmware", product=product), body), _FIRMWARE, as_json=as_json)


@app.command()
def stop_firmware(owner: Owner, *, product: OfProduct = False, as_json: AsJson = False) -> None:
    """Wants the firmware no more; stations that have begun go on."""
    _forget(owner, "firmware", product=product, as_json=as_json)


@app.command()
def cards(
    owner: Owner,
    tokens: Annotated[list[str] | None, typer.Argument(help="Cards that stations let charge by themselves.")] = None,
    *,
    all_cards: Annotated[bool, typer.Option("--all", help="Every ordinary card that is not blocked, too.")] = False,
    chosen: Annotated[bool, typer.Option(help="As many more as each station holds, likeliest first.")] = False,
    product: OfProduct = False,
    as_json: AsJson = False,
) -> None:
    """Wants a local list of exactly these cards, of all, or of those that are likeliest to be shown there."""
    if not tokens and not all_cards and not chosen:
        raise typer.BadParameter("Name the cards, or say --all or --chosen", param_hint="TOKENS")
    body = {"tokens": tokens or [], "all_cards": all_cards, "chosen": chosen}
    with calling(as_json=as_json) as api:
        show_fields(api.put(_at(owner, "list", product=product), body), _LIST, as_json=as_json)


@app.command()
def forget_cards(owner: Owner, *, product: OfProduct = False, as_json: AsJson = False) -> None:
    """Wants a local list no more; stations keep the one that they have."""
    _forget(owner, "list", product=product, as_json=as_json)


@app.command()
def check(name: Annotated[str, typer.Argument(help="Such as NL-STM-000042.", parser=in_path)]) -> None:
    """Has the station asked at once, and what it refused tried again; else it is asked daily and after boots."""
    with calling() as api:
        api.post(_at(name, "check", product=False))
    print("The station is asked as soon as it is connected; look at it with: station wanted show")


def _show(api: Client, owner: str, *, product: bool, as_json: bool) -> None:
    shown = api.get(_at(owner, product=product))
    if as_json:
        show_json(shown)
        return
    columns = _OF_PRODUCT if product else _OF_STATION
    show_rows(shown["configuration"], columns, as_json=False, none="No setting is wanted.")
    for part, fields in (("firmware", _FIRMWARE), ("roll_out", _ROLL_OUT), ("list", _LIST)):
        if shown.get(part) is not None:
            show_fields(shown[part], fields, as_json=False)


def _forget(owner: str, what: str, *, product: bool, as_json: bool) -> None:
    with calling(as_json=as_json) as api:
        api.delete(_at(owner, what, product=product))
        _show(api, owner, product=product, as_json=as_json)


def _at(owner: str, *what: str, product: bool) -> str:
    return "/".join((f"/v1/{'products' if product else 'stations'}/{owner}/wanted", *what))


def _setting(text: str) -> tuple[str, str]:
    """The value is text, whatever it looks like: so stations tell it."""
    key, is_given, value = text.partition("=")
    if not is_given or not key:
        raise typer.BadParameter(f"'{text}' is no setting; say it as key=value", param_hint="KEY=VALUE")
    return key, value
