"""``stationmaster group``: groups of cards, people and stations, and what they may use."""

from typing import Annotated, Any

import typer

from cli.lists import Key
from cli.terminal import All, AsJson, Limit, calling, in_path, show_fields, show_pages

app = typer.Typer(name="group", help="Groups: list, show, make, limit, take in and let go.", no_args_is_help=True)

PATH = "/v1/groups"
KINDS = {"person": ("people", "subscriber"), "card": ("cards", "card"), "station": ("stations", "station")}
Reference = Annotated[str, typer.Argument(help="Such as GR-2026-000017.", parser=in_path)]
Person = Annotated[str | None, typer.Option(help="A subscription, such as SUB-2026-000017.")]
Card = Annotated[str | None, typer.Option(help="The number of a card.")]
Station = Annotated[str | None, typer.Option(help="The name of a station.")]
Sessions = Annotated[int | None, typer.Option(help="Of the group at the same time.")]
Energy = Annotated[int | None, typer.Option(help="Wh of the group in a month.")]
Amount = Annotated[str | None, typer.Option(help="Of the group in a month, with VAT.")]
CardSessions = Annotated[int | None, typer.Option(help="Of each card at the same time.")]
CardEnergy = Annotated[int | None, typer.Option(help="Wh of each card in a month.")]
CardAmount = Annotated[str | None, typer.Option(help="Of each card in a month, with VAT.")]

_COLUMNS = {"Reference": "reference", "Name": "name", "Tag": "tag", "Since": "created_at"}
_FIELDS = {
    **_COLUMNS,
    "Zone": "zone",
    "Currency": "currency",
    "Sessions at once": "sessions",
    "Wh a month": "energy_wh",
    "Amount a month": "amount",
    "Sessions of a card": "card_sessions",
    "Wh of a card": "card_energy_wh",
    "Amount of a card": "card_amount",
}
_USE = {"Since": "since", "Sessions now": "sessions_now", "Wh": "energy_wh", "Amount": "amount"}
_MEMBERS = {
    "people": {"Subscription": "subscriber", "Name": "name", "Stage": "stage", "Cards": "cards"},
    "cards": {"Card": "number", "State": "state", "Subscription": "subscriber", "Its own": "of_its_own"},
    "vehicles": {"Vehicle": "reference", "State": "state", "Subscription": "subscriber", "Name": "name"},
    "stations": {"Station": "name", "Stage": "stage", "Takes": "access", "Terms": "vend"},
}


@app.command("list")
def show_all(limit: Limit = 50, *, everything: All = False, as_json: AsJson = False) -> None:
    """Lists groups, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json)


@app.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows one group with its limits, and what it has used in this month."""
    with calling(as_json=as_json) as api:
        group, used = api.get(f"{PATH}/{reference}"), api.get(f"{PATH}/{reference}/use")
    show_fields({**group, "use": used} if as_json else group, _FIELDS, as_json=as_json)
    if not as_json:
        show_fields(used, _USE, as_json=False)


@app.command()
def members(
    reference: Reference,
    kind: Annotated[str, typer.Argument(help="people, cards, vehicles or stations.")],
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists who or what belongs to a group."""
    if kind not in _MEMBERS:
        raise typer.BadParameter("It is people, cards, vehicles or stations", param_hint="kind")
    show_pages(f"{PATH}/{reference}/{kind}", _MEMBERS[kind], limit, everything=everything, as_json=as_json)


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    organisation: Annotated[str, typer.Argument(help="The id of the group owner.")],
    tag: Annotated[str | None, typer.Option(help="What stations know it by; without it, its reference.")] = None,
    key: Key = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Makes a group, without limits."""
    body = {"name": name, "organisation_id": organisation, "tag": tag}
    with calling(as_json=as_json) as api:
        show_fields(api.post(PATH, body, key=key), _FIELDS, as_json=as_json)


@app.command()
def limit(
    reference: Reference,
    sessions: Sessions = None,
    energy_wh: Energy = None,
    amount: Amount = None,
    card_sessions: CardSessions = None,
    card_energy_wh: CardEnergy = None,
    card_amount: CardAmount = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Settles all limits of a group: what is left out is without."""
    said = {"sessions": sessions, "energy_wh": energy_wh, "amount": amount, "card_sessions": card_sessions}
    limits = {**said, "card_energy_wh": card_energy_wh, "card_amount": card_amount}
    with calling(as_json=as_json) as api:
        show_fields(api.patch(f"{PATH}/{reference}", {"limits": limits}), _FIELDS, as_json=as_json)


@app.command()
def take(
    reference: Reference,
    person: Person = None,
    card: Card = None,
    station: Station = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Takes a subscription, a card or a station into a group."""
    (where, field), name = _one(person, card, station)
    with calling(as_json=as_json) as api:
        taken = api.post(f"{PATH}/{reference}/{where}", {field: name})
    show_fields(taken, {"Taken in": next(iter(taken))}, as_json=as_json)


@app.command("let-go")
def let_go(reference: Reference, person: Person = None, card: Card = None, station: Station = None) -> None:
    """Lets a subscription, a card or a station go."""
    (where, _), name = _one(person, card, station)
    with calling(as_json=False) as api:
        api.delete(f"{PATH}/{reference}/{where}/{in_path(name)}")


@app.command("open")
def open_station(
    reference: Reference,
    station: Annotated[str, typer.Argument(help="The name of a station of the group.", parser=in_path)],
    access: Annotated[str, typer.Argument(help="public, or closed to all but the group.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Says whom a station of the group takes."""
    with calling(as_json=as_json) as api:
        opened = api.put(f"{PATH}/{reference}/stations/{station}/access", {"access": access})
    show_fields(opened, _MEMBERS["stations"], as_json=as_json)


@app.command()
def vend(
    reference: Reference,
    station: Annotated[str, typer.Argument(help="The name of a station of the group.", parser=in_path)],
    terms: Annotated[str, typer.Argument(help="contract, unbilled, or free for anyone.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Says on what terms a station of the group gives energy."""
    with calling(as_json=as_json) as api:
        made = api.put(f"{PATH}/{reference}/stations/{station}/vend", {"vend": terms})
    show_fields(made, _MEMBERS["stations"], as_json=as_json)


def _one(person: str | None, card: str | None, station: str | None) -> tuple[tuple[str, str], str]:
    said: dict[str, Any] = {"person": person, "card": card, "station": station}
    given = [(KINDS[kind], name) for kind, name in said.items() if name is not None]
    if len(given) != 1:
        raise typer.BadParameter("Say one of --person, --card and --station")
    return given[0]
