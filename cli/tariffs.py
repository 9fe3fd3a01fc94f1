"""``stationmaster tariff``: what tariffs there are, what they say, and what sessions cost by them."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.terminal import All, AsJson, Limit, calling, in_path, show_fields, show_json, show_pages, show_rows

app = typer.Typer(
    name="tariff", help="Tariffs: list and show them, explain prices, try them out.", no_args_is_help=True
)

PATH = "/v1/tariffs"
Code = Annotated[str, typer.Argument(help="Such as TRF-PUBLIC.", parser=in_path)]
Version = Annotated[int | None, typer.Option(help="This version; unless said, the one that holds now.")]

_COLUMNS = {
    "Tariff": "code",
    "Name": "name",
    "Currency": "currency",
    "Gross": "tax_included",
    "Version": "version",
    "Made": "created_at",
}
LINES = {
    "For": "kind",
    "Element": "element",
    "Used": "used",
    "Billed": "billed",
    "Unit": "unit",
    "Price": "price",
    "Net": "net",
    "VAT %": "vat_rate",
    "VAT": "vat",
    "Gross": "gross",
}
"""Of a price, as it is explained."""
_TOTALS = {"Tariff": "code", "Version": "version", "Net": "price.net", "VAT": "price.vat",
           "Rounding": "price.rounding", "To pay": "price.gross", "Currency": "price.currency"}  # fmt: skip
_TRIED = {
    "Session": "session",
    "Began": "started_at",
    "Ended": "stopped_at",
    "Wh": "energy_wh",
    "Costs": "price.gross",
    "Cost": "then",
}
_SUM = {"Tariff": "code", "Version": "version", "Sessions": "sessions", "Sum": "gross", "Currency": "currency"}


@app.command("list")
def show_all(
    words: Annotated[str | None, typer.Option("--search", help="Part of a code or a name.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists tariffs, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, q=words)


@app.command("show")
def show(code: Code, *, as_json: AsJson = False) -> None:
    """Shows a tariff as it holds now, in the words of OCPI 2.2.1."""
    with calling(as_json=as_json) as api:
        tariff = api.get(f"{PATH}/{code}")
    show_fields(tariff, _COLUMNS, as_json=as_json)
    if not as_json:
        show_json(tariff["tariff"])


@app.command("try")
def try_out(
    code: Code,
    station: Annotated[str, typer.Option(help="Whose sessions; such as NL-STM-000042.")],
    since: Annotated[str, typer.Option(help="Sessions that began from then on, such as 2026-11-01T00:00+01:00.")],
    until: Annotated[str, typer.Option(help="And before then.")],
    version: Version = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="So many sessions at most, the oldest first.")] = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """Tells what past sessions of a station would cost by the tariff, beside what they cost then."""
    trial: dict[str, Any] = {"station": station, "since": since, "until": until, "limit": limit}
    if version is not None:
        trial["version"] = version
    with calling(as_json=as_json) as api:
        tried = api.post(f"{PATH}/{code}/trial", trial)
    show_fields(tried, _SUM, as_json=as_json)
    if not as_json:
        show_rows(tried["items"], _TRIED, as_json=False)


@app.command("explain")
def explain(
    code: Code,
    file: Annotated[
        Path,
        typer.Argument(help="The session in JSON, as the API takes it; - reads it from the input.", allow_dash=True),
    ],
    version: Version = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tells what a described session costs by the tariff, line by line."""
    session = _read(file)
    chosen = "" if version is None else f"?version={version}"
    with calling(as_json=as_json) as api:
        told = api.post(f"{PATH}/{code}/explain{chosen}", session)
    show_fields(told, _TOTALS, as_json=as_json)
    if not as_json:
        show_rows(told["price"]["lines"], LINES, as_json=False, none="Nothing of it costs anything.")


def _read(file: Path) -> Any:
    try:
        return json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except OSError as error:
        raise typer.BadParameter(f"'{file}' can't be read: {error.strerror}", param_hint="FILE") from error
    except ValueError as error:
        raise typer.BadParameter(f"'{file}' is not JSON: {error}", param_hint="FILE") from error
