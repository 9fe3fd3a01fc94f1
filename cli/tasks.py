"""``stationmaster task``: the inbox."""

from typing import Annotated, Any
from uuid import UUID

import typer

from cli.terminal import All, AsJson, Limit, calling, show_fields, show_pages

app = typer.Typer(name="task", help="The inbox: list, claim, pass on, finish.", no_args_is_help=True)

PATH = "/v1/tasks"
Id = Annotated[UUID, typer.Argument(help="As the list shows it.", metavar="ID")]

_COLUMNS = {
    "Id": "id",
    "What to do": "title",
    "About": "reference",
    "Role": "role",
    "Due": "due_at",
    "Overdue": "overdue",
    "Claimed by": "claimed_by",
}
_FIELDS = {
    "Id": "id",
    "What to do": "title",
    "About": "reference",
    "Kind": "kind",
    "Role": "role",
    "State": "state",
    "Due": "due_at",
    "Overdue since": "overdue_since",
    "Claimed by": "claimed_by",
    "Claimed": "claimed_at",
    "Done by": "done_by",
    "Done": "done_at",
    "Since": "created_at",
}


@app.command("list")
def show_all(
    state: Annotated[str, typer.Option(help="open or done.")] = "open",
    kind: Annotated[str | None, typer.Option(help="Of this kind only, such as review_placement.")] = None,
    limit: Limit = 50,
    *,
    overdue: Annotated[bool, typer.Option("--overdue", help="Those past their due date only.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Those you have claimed only.")] = False,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists the tasks of your roles, overdue first."""
    narrow: dict[str, Any] = {"state": state, "kind": kind, "overdue": overdue or None, "mine": mine or None}
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, **narrow)


@app.command()
def show(task: Id, *, as_json: AsJson = False) -> None:
    """Shows one task."""
    with calling(as_json=as_json) as api:
        show_fields(api.get(f"{PATH}/{task}"), _FIELDS, as_json=as_json)


@app.command()
def claim(task: Id, *, as_json: AsJson = False) -> None:
    """Takes a task, so that nobody else works on it."""
    _do(task, "claim", as_json=as_json)


@app.command()
def release(task: Id, *, as_json: AsJson = False) -> None:
    """Gives a task back."""
    _do(task, "release", as_json=as_json)


@app.command()
def reassign(
    task: Id,
    to: Annotated[UUID, typer.Argument(help="The colleague's id.", metavar="COLLEAGUE")],
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Gives a task to a colleague."""
    _do(task, "reassign", {"to": str(to), "reason": reason}, as_json=as_json)


@app.command()
def finish(task: Id, *, as_json: AsJson = False) -> None:
    """Says that a task is done that no decision closes."""
    _do(task, "finish", as_json=as_json)


def _do(task: UUID, name: str, body: dict[str, Any] | None = None, *, as_json: bool) -> None:
    with calling(as_json=as_json) as api:
        show_fields(api.post(f"{PATH}/{task}/{name}", body), _FIELDS, as_json=as_json)
