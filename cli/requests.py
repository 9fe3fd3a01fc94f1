"""``stationmaster request``: placement requests, from sending one in to calling it off."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.terminal import All, AsJson, Limit, Reason, calling, in_path, show_fields, show_pages

app = typer.Typer(name="request", help="Placement requests: list, show, create, decide.", no_args_is_help=True)

PATH = "/v1/placement-requests"
Reference = Annotated[str, typer.Argument(help="Such as PR-2026-000042.", parser=in_path)]

_COLUMNS = {
    "Reference": "reference",
    "Stage": "label",
    "Waits for": "waits_for",
    "Street": "location.street",
    "City": "location.city",
    "Stations": "stations",
    "Requester": "requester.name",
    "Since": "created_at",
}
_FIELDS = {
    "Reference": "reference",
    "Stage": "label",
    "Waits for": "waits_for",
    "Possible now": "allowed_actions",
    "Requester": "requester.name",
    "Their reference": "requester_reference",
    "Tender": "tender.code",
    "Stations": "stations",
    "Street": "location.street",
    "Number": "location.house_number",
    "Postal code": "location.postal_code",
    "City": "location.city",
    "Location attempt": "attempt",
    "Work order": "work_order",
    "Remarks": "remarks",
    "Rejected because": "rejection_reason",
    "Ends as": "ending",
    "Because": "ending_reason",
    "Asked for": "created_at",
    "Ended": "ended_at",
}


@app.command("list")
def show_all(
    stage: Annotated[str | None, typer.Option(help="Of this stage only, such as submitted.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists requests, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, stage=stage)


@app.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows one request, and what can be decided about it now."""
    with calling(as_json=as_json) as api:
        show_fields(api.get(f"{PATH}/{reference}"), _FIELDS, as_json=as_json)


@app.command()
def create(
    file: Annotated[str, typer.Argument(help="The request in JSON, as the API takes it; - is the standard input.")],
    key: Annotated[
        str | None, typer.Option(help="The Idempotency-Key: the same request sent again under it is made once.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sends a request in; its reference is shown."""
    body = read_json(file)
    with calling(as_json=as_json) as api:
        show_fields(api.post(PATH, body, key=key), _FIELDS, as_json=as_json)


@app.command()
def approve(reference: Reference, *, as_json: AsJson = False) -> None:
    """Approves a request: the grid operator is asked for a connection."""
    _decide(reference, "approve", None, as_json=as_json)


@app.command()
def reject(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Rejects a request: the requester is told why."""
    _decide(reference, "reject", {"reason": reason}, as_json=as_json)


@app.command()
def withdraw(
    reference: Reference,
    reason: Annotated[str | None, typer.Option(help="Why, if you want to say it.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Withdraws a request, as its requester: what was done is undone."""
    _decide(reference, "withdraw", {"reason": reason}, as_json=as_json)


@app.command()
def cancel(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Cancels a request, as operations: what was done is undone."""
    _decide(reference, "cancel", {"reason": reason}, as_json=as_json)


def _decide(reference: str, name: str, body: dict[str, Any] | None, *, as_json: bool) -> None:
    with calling(as_json=as_json) as api:
        show_fields(api.post(f"{PATH}/{reference}/{name}", body), _FIELDS, as_json=as_json)


def read_json(file: str) -> Any:
    """What stands in a file, or comes by the standard input."""
    try:
        return json.loads(read_text(file))
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON: {error}", param_hint="FILE") from error


def read_text(file: str) -> str:
    """As ``read_json``."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text()
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be read: {error.strerror}", param_hint="FILE") from error
    except ValueError as error:
        raise typer.BadParameter(f"{file} is no text: {error}", param_hint="FILE") from error
