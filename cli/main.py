"""The command ``stationmaster``."""

# Each command loads its own part only:
# ruff: noqa: PLC0415

from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

GROUPS = {
    "request": "cli.requests",
    "task": "cli.tasks",
    "station": "cli.stations",
    "work-order": "cli.work_orders",
    "account": "cli.accounts",
    "customer": "cli.customers",
    "subscriber": "cli.subscribers",
    "card": "cli.cards",
    "vehicle": "cli.vehicles",
    "group": "cli.groups",
    "tariff": "cli.tariffs",
    "charging-session": "cli.charging_sessions",
}
"""Commands on the public API, by the module that holds each group of them."""


class Commands(TyperGroup):
    """Loads a group of commands when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in GROUPS:
            return get_command(import_module(GROUPS[cmd_name]).app)
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    name="stationmaster",
    cls=Commands,
    help="Runs the whole business of a charging network as durable processes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they may hold secrets
)


@app.command()
def up(
    only: Annotated[
        list[str] | None, typer.Option(help="Run this program only (say it again for more): postgres, temporal, ...")
    ] = None,
) -> NoReturn:
    """Runs everything on this machine until Ctrl-C, PostgreSQL and Temporal included.

    Data is kept in $STATIONMASTER_VAR, or var/; $STATIONMASTER_PORT_<NAME> moves a port.
    """
    from cli.processes import leave
    from cli.supervisor.deployment import default_folder
    from cli.up import run_up

    leave(run_up(default_folder(), only or None))


@app.command()
def demo(
    leave: Annotated[bool, typer.Option("--exit", help="End everything afterwards, instead of at Ctrl-C.")] = False,
) -> NoReturn:
    """Starts everything, plays the road from a request to operating stations, restarts, and checks the outcome.

    Leaves report.json and the acceptance report in the folder demo of $STATIONMASTER_VAR, or var/.
    """
    from cli.demo.run import run_demo
    from cli.processes import leave as leave_with
    from cli.supervisor.deployment import default_folder

    leave_with(run_demo(default_folder(), leave=leave))


@app.command()
def migrate() -> NoReturn:
    """Brings the database to this version's schema, and makes the first administrator where there is no user."""
    from cli.processes import run_migrate

    run_migrate()


@app.command()
def rebuild(
    workflow_ids: Annotated[
        list[str] | None, typer.Argument(help="These processes only, such as placement-PR-...")
    ] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Compare, and change nothing.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Start processes anew from their rows that agree, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell it in JSON.")] = False,
) -> NoReturn:
    """Brings every process back from the database, after Temporal's store was lost or either was restored.

    Exit code 0: rows and workflows agree; 1: they differ still, or could not be compared.
    """
    from cli.processes import leave
    from cli.rebuild import run_rebuild
    from cli.supervisor.deployment import default_folder

    leave(run_rebuild(default_folder(), workflow_ids or [], check=check, anew=anew, as_json=as_json))


@app.command()
def reconcile(
    proofs: Annotated[list[str] | None, typer.Argument(help="These only, such as nobody_is_overdrawn.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Tell it in JSON.")] = False,
) -> NoReturn:
    """Proves over the whole database that the ledger is whole, and shows the rows that break it.

    It changes nothing and locks nothing. Exit code 0: every proof holds; 1: one is broken, or could not be looked at.
    """
    from cli.processes import leave
    from cli.reconcile import run_reconcile
    from cli.supervisor.deployment import default_folder

    leave(run_reconcile(default_folder(), proofs or [], as_json=as_json))


@app.command()
def worker() -> NoReturn:
    """Runs the workflows and their activities."""
    from cli.processes import run_worker

    run_worker()


@app.command()
def api() -> NoReturn:
    """Serves the API."""
    from cli.processes import run_api

    run_api()


@app.command()
def csms() -> NoReturn:
    """Serves the charging stations (OCPP over WebSocket)."""
    from cli.processes import run_csms

    run_csms()


def run() -> None:
    app()
