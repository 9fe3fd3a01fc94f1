"""``stationmaster work-order``: installation work orders, their plans and their lines."""

import sys
from typing import Annotated, Any

import typer

from cli.client import Client
from cli.terminal import (
    All,
    AsJson,
    Exit,
    Limit,
    Reason,
    calling,
    in_path,
    show_fields,
    show_json,
    show_pages,
    show_rows,
)

app = typer.Typer(name="work-order", help="Work orders: list, show, plan, change lines, cancel.", no_args_is_help=True)

PATH = "/v1/work-orders"
Reference = Annotated[str, typer.Argument(help="Such as WO-2026-000017.", parser=in_path)]
Number = Annotated[int, typer.Argument(help="The line's number.", metavar="LINE")]
Product = Annotated[str, typer.Argument(help="The product's code.")]

_COLUMNS = {
    "Reference": "reference",
    "Stage": "label",
    "Waits for": "waits_for",
    "Planned for": "planned_for",
    "From": "starts_at",
    "To": "ends_at",
    "Crew": "crew",
    "Installer": "installer.name",
    "Street": "location.street",
    "City": "location.city",
}
_FIELDS = {
    **_COLUMNS,
    "Possible now": "allowed_actions",
    "Request": "placement_request",
    "Site": "site.reference",
    "Site's owner": "site.owner.name",
    "Keeps the stations": "owner.name",
    "Acceptance test": "sat.state",
    "Grid connection": "grid_connection.state",
    "Remarks": "remarks",
    "Accepted": "accepted_at",
    "Closed": "closed_at",
    "Cancelled": "cancelled_at",
    "Because": "cancel_reason",
}
_LINES = {
    "Line": "number",
    "Product": "product.code",
    "Hardware": "hardware.hardware_id",
    "Station": "station.name",
    "State": "station.label",
    "Possible now": "allowed_actions",
}
_PLANS = {
    "Plan": "number",
    "Planned for": "planned_for",
    "From": "starts_at",
    "To": "ends_at",
    "Crew": "crew",
    "By": "planned_by",
    "Reason": "reason",
    "At": "created_at",
}


@app.command("list")
def show_all(
    stage: Annotated[str | None, typer.Option(help="Of this stage only, such as planned.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists work orders, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, stage=stage)


@app.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows one work order with its lines, and what stands against its plan."""
    with calling(as_json=as_json) as api:
        _show(api.get(f"{PATH}/{reference}"), as_json=as_json)


@app.command()
def plan(
    reference: Reference,
    day: Annotated[str | None, typer.Option(help="The day, such as 2026-12-08.")] = None,
    starts_at: Annotated[str | None, typer.Option("--from", help="Such as 2026-12-08T08:00+01:00.")] = None,
    ends_at: Annotated[str | None, typer.Option("--to", help="Such as 2026-12-08T11:30+01:00.")] = None,
    crew: Annotated[str | None, typer.Option(help="The crew's name.")] = None,
    note: Annotated[str | None, typer.Option(help="What the crew should know.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is planned anew, or a conflict accepted.")] = None,
    *,
    accept_conflicts: Annotated[
        bool, typer.Option("--accept-conflicts", help="Though the crew is planned elsewhere at that time.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Says when the crew comes, or comes instead: a day, or hours."""
    if day is None and starts_at is None:
        raise typer.BadParameter("Say the day, or the hours by --from and --to", param_hint="--day")
    said = {
        "planned_for": day,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "crew": crew,
        "note": note,
        "reason": reason,
    }
    body = {name: value for name, value in said.items() if value is not None}
    with calling(as_json=as_json) as api:
        done = api.post(f"{PATH}/{reference}/plan", {**body, "accept_conflicts": accept_conflicts})
    _show(done, as_json=as_json)


@app.command()
def plans(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows every plan that was made, the one that holds first."""
    with calling(as_json=as_json) as api:
        show_rows(api.get(f"{PATH}/{reference}/plans")["items"], _PLANS, as_json=as_json, none="Nothing is planned.")


@app.command()
def cancel(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Calls off stations that came without a placement request: what was done for them is undone."""
    with calling(as_json=as_json) as api:
        _show(api.post(f"{PATH}/{reference}/cancel", {"reason": reason}), as_json=as_json)


@app.command()
def lines(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows the lines: the stations to come."""
    with calling(as_json=as_json) as api:
        show_rows(api.get(f"{PATH}/{reference}")["lines"], _LINES, as_json=as_json)


@app.command()
def add_line(reference: Reference, product: Product, *, as_json: AsJson = False) -> None:
    """Adds a line: one station more."""
    with calling(as_json=as_json) as api:
        done = api.post(f"{PATH}/{reference}/lines", {"product": product})
    show_rows(done["lines"], _LINES, as_json=as_json)


@app.command()
def change_line(reference: Reference, number: Number, product: Product, *, as_json: AsJson = False) -> None:
    """Asks for another product on a line without hardware."""
    with calling(as_json=as_json) as api:
        done = api.patch(_line(api, reference, number), {"product": product})
    show_rows(done["lines"], _LINES, as_json=as_json)


@app.command()
def remove_line(reference: Reference, number: Number, *, as_json: AsJson = False) -> None:
    """Removes a line without hardware; the last one stays."""
    with calling(as_json=as_json) as api:
        done = api.delete(_line(api, reference, number))
    show_rows(done["lines"], _LINES, as_json=as_json)


def _line(api: Client, reference: str, number: int) -> str:
    known = api.get(f"{PATH}/{reference}")["lines"]
    for line in known:
        if line["number"] == number:
            return f"{PATH}/{reference}/lines/{line['id']}"
    numbers = ", ".join(str(line["number"]) for line in known)
    print(f"{reference} has no line {number}; it has {numbers}", file=sys.stderr)
    raise typer.Exit(Exit.REFUSED)


def _show(order: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(order)
        return
    show_fields(order, _FIELDS, as_json=False)
    show_rows(order["lines"], _LINES, as_json=False)
    if order["conflicts"]:
        show_rows(order["conflicts"], {"Stands against the plan": "detail", "Hard": "hard"}, as_json=False)
