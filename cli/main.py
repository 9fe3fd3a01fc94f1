"""The command ``stationmaster``."""

# Each command loads its own part only:
# ruff: noqa: PLC0415

from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="stationmaster",
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
