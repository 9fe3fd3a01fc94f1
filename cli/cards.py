"""``stationmaster card``: the pool of cards, and what was blocked."""

from typing import Annotated

import typer

from cli.lists import Check, File, Key, import_list
from cli.terminal import All, AsJson, Limit, calling, in_path, show_fields, show_pages, show_rows

app = typer.Typer(name="card", help="Cards: list, show, import into the pool, block.", no_args_is_help=True)

PATH = "/v1/cards"
Number = Annotated[str, typer.Argument(help="The number that is printed on it.", parser=in_path)]

_COLUMNS = {
    "Card": "number",
    "State": "state",
    "Subscriber": "subscriber",
    "Batch": "batch",
    "Assigned": "assigned_at",
    "Blocked": "blocked_at",
    "Because": "block_reason",
}
_FIELDS = {**_COLUMNS, "Uid": "uid", "In the pool since": "created_at"}
_POOL = {"In the pool": "in_pool", "Assigned": "assigned", "Blocked": "blocked", "Warned below": "low_below"}
_ROWS = {"Line": "line", "Status": "status", "Card": "reference"}
_USES = {
    "At": "at",
    "Card": "card",
    "Because": "block_reason",
    "Blocked": "blocked_at",
    "Subscriber": "subscriber",
    "Station": "station",
}


@app.command("list")
def show_all(
    state: Annotated[str | None, typer.Option(help="Only in_pool, assigned or blocked.")] = None,
    subscriber: Annotated[str | None, typer.Option(help="Of this subscription only.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists cards, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, state=state, subscriber=subscriber)


@app.command()
def show(number: Number, *, as_json: AsJson = False) -> None:
    """Shows one card."""
    with calling(as_json=as_json) as api:
        show_fields(api.get(f"{PATH}/{number}"), _FIELDS, as_json=as_json)


@app.command()
def pool(*, as_json: AsJson = False) -> None:
    """Shows how many cards there are to assign."""
    with calling(as_json=as_json) as api:
        show_fields(api.get(f"{PATH}/pool"), _POOL, as_json=as_json)


@app.command("import")
def import_cards(file: File, key: Key = None, *, check: Check = False, as_json: AsJson = False) -> None:
    """Takes a supplier's list (number, uid, batch) into the pool.

    Exit code 1: some rows were refused. Correct them, and send the whole list again.
    """
    import_list(f"{PATH}/import", file, key, _ROWS, check=check, as_json=as_json)


@app.command()
def block(
    number: Number,
    because: Annotated[str, typer.Option(help="lost, stolen or damaged.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Blocks a card for good: it charges nowhere from now on."""
    with calling(as_json=as_json) as api:
        show_fields(api.post(f"{PATH}/{number}/block", {"reason": because}), _FIELDS, as_json=as_json)


@app.command("blocked-uses")
def blocked_uses(
    days: Annotated[int, typer.Option(min=1, help="Of so many days.")] = 30, *, as_json: AsJson = False
) -> None:
    """Shows which blocked cards were shown at stations, once for each card and day."""
    with calling(as_json=as_json) as api:
        rows = api.get(f"{PATH}/blocked-uses", days=days)["items"]
    show_rows(rows, _USES, as_json=as_json)
