"""``stationmaster charging-session``: what drivers charge, what it costs and why."""

from typing import Annotated, Any

import typer

from cli.lists import Key
from cli.tariffs import LINES
from cli.terminal import All, AsJson, Instant, Limit, calling, in_path, instant, show_fields, show_pages, show_rows

app = typer.Typer(
    name="charging-session", help="Charging sessions: list, show, start, stop, bill, waive.", no_args_is_help=True
)

PATH = "/v1/charging-sessions"
Reference = Annotated[str, typer.Argument(help="Such as CS-2026-000042.", parser=in_path)]
Reason = Annotated[str, typer.Option(help="Why; it stays on record.")]

_COLUMNS = {
    "Session": "reference",
    "Stage": "label",
    "Station": "station",
    "Connector": "connector",
    "Subscriber": "subscriber",
    "Began": "started_at",
    "Ended": "stopped_at",
    "Wh": "energy_wh",
    "To pay": "gross",
    "Currency": "currency",
    "Flags": "flags",
}
_FIELDS = {
    **_COLUMNS,
    "EVSE": "evse_id",
    "Card": "card",
    "Vehicle": "vehicle",
    "Waits for": "waits_for",
    "Transaction": "transaction",
    "Token": "verdict",
    "Place": "place_kind",
    "Terms": "vend",
    "Stopped by": "stop_reason",
    "Told to stop": "stop_asked_at",
    "Began, by its station": "told_started_at",
    "Decided": "decided_at",
    "Tariff": "tariff.code",
    "Version": "tariff.version",
    "Held": "hold.amount",
    "Costs": "price.gross",
    "Settled": "settled_at",
    "Messages": "messages",
}
_RECORDS = {
    "Record": "number",
    "Credits": "credits",
    "Wh": "energy_wh",
    "Net": "price.net",
    "VAT": "price.vat",
    "Gross": "price.gross",
    "Made": "made_at",
}


_ASKED = {
    "Command": "command_id",
    "Station": "station",
    "State": "label",
    "Until": "expires_at",
    "Session": "session",
    "Card": "card",
    "Tariff": "price.code",
    "Version": "price.version",
}
_PRICES = {"Price": "text"}


@app.command("list")
def show_all(
    stage: Annotated[str | None, typer.Option(help="Of this stage only, such as charging.")] = None,
    station: Annotated[str | None, typer.Option(help="At this station only.")] = None,
    subscriber: Annotated[str | None, typer.Option(help="Of this subscription only.")] = None,
    vehicle: Annotated[str | None, typer.Option(help="Of this car only, such as VEH-2026-000017.")] = None,
    flag: Annotated[str | None, typer.Option(help="With this flag only, such as offline.")] = None,
    since: Instant = None,
    until: Instant = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists sessions, newest first; since and until bound when they began."""
    wanted = {"stage": stage, "station": station, "subscriber": subscriber, "vehicle": vehicle, "flag": flag}
    bounds = {"started_from": instant(since), "started_to": instant(until)}
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, **wanted, **bounds)


@app.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows one session: its facts, what it costs line by line, its bill data records."""
    with calling(as_json=as_json) as api:
        _show(api.get(f"{PATH}/{reference}"), as_json=as_json)


@app.command()
def start(
    station: Annotated[str, typer.Argument(help="Such as NL-STM-000003.")],
    subscriber: Annotated[str | None, typer.Option(help="For this subscription, by any of its cards.")] = None,
    card: Annotated[str | None, typer.Option(help="For this card, by its number.")] = None,
    connector: Annotated[int | None, typer.Option(help="There; without it, any of the station's.")] = None,
    key: Key = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Asks a station to start a session, and shows what it will cost."""
    said = {"station": station, "subscriber": subscriber, "card": card, "connector": connector}
    body = {name: value for name, value in said.items() if value is not None}
    with calling(as_json=as_json) as api:
        asked = api.post(PATH, body, key=key)
    show_fields(asked, _ASKED, as_json=as_json)
    if not as_json and asked["price"]:
        show_rows(asked["price"]["prices"], _PRICES, as_json=False)


@app.command()
def stop(reference: Reference, key: Key = None, *, as_json: AsJson = False) -> None:
    """Asks the station to stop a session."""
    with calling(as_json=as_json) as api:
        show_fields(api.post(f"{PATH}/{reference}/stop", key=key), _ASKED, as_json=as_json)


@app.command()
def bill(
    reference: Reference,
    reason: Reason,
    began: Annotated[str | None, typer.Option(help="When, with its zone, where its station's clock was wrong.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Bills a session that was set aside."""
    said = {"reason": reason, "started_at": began}
    _decide(reference, "bill", {name: value for name, value in said.items() if value}, as_json=as_json)


@app.command()
def waive(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Leaves a session that was set aside unbilled."""
    _decide(reference, "waive", {"reason": reason}, as_json=as_json)


def _decide(reference: str, name: str, body: dict[str, Any], *, as_json: bool) -> None:
    with calling(as_json=as_json) as api:
        _show(api.post(f"{PATH}/{reference}/{name}", body), as_json=as_json)


def _show(session: dict[str, Any], *, as_json: bool) -> None:
    show_fields(session, _FIELDS, as_json=as_json)
    if not as_json and session["price"]:
        show_rows(session["price"]["lines"], LINES, as_json=False, none="Nothing of it costs anything.")
    if not as_json and session["records"]:
        show_rows(session["records"], _RECORDS, as_json=False)
