"""``stationmaster reconcile``: proves over the whole database that the ledger is whole (B8)."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from cli.logs import configure_logging
from cli.processes import load_settings
from cli.supervisor.deployment import environment_of_the_house_in
from models.errors import InvalidInput
from models.settings import Settings
from models.store.database import Database
from models.usecases.reconcile import Finding, prove

HOLDS, BROKEN = 0, 1
_WIDTH_OF_A_FILE = 200

_out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


def run_reconcile(folder: Path, only: Sequence[str], *, as_json: bool) -> int:
    """0 where every proof holds, 1 where one is broken or could not be looked at."""
    os.environ.update(environment_of_the_house_in(folder))
    settings = load_settings()
    configure_logging("reconcile", settings.log_format, stream=sys.stderr)
    try:
        findings = asyncio.run(_proved(settings, only))
    except (InvalidInput, SQLAlchemyError, OSError) as error:
        print(f"The ledger could not be reconciled: {error}", file=sys.stderr)
        return BROKEN
    if as_json:
        print(json.dumps(_as_json(findings), indent=2, default=str))
    else:
        _show(findings)
    return HOLDS if all(each.holds for each in findings) else BROKEN


async def _proved(settings: Settings, only: Sequence[str]) -> Sequence[Finding]:
    database = Database(settings.sqlalchemy_url)
    try:
        return await prove(database, only, lambda proof: print(f"Proving that {proof.says} ...", file=sys.stderr))
    finally:
        await database.close()


def _as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    proofs = [
        {
            "name": each.proof.name,
            "says": each.proof.says,
            "holds": each.holds,
            "broken_by": each.count,
            "rows": each.rows,
        }
        for each in findings
    ]
    return {"holds": all(each.holds for each in findings), "proofs": proofs}


def _show(findings: Sequence[Finding]) -> None:
    for each in findings:
        verdict = "holds" if each.holds else f"broken by {each.count} rows"
        _out.print(f"{each.proof.name}: {verdict} ({each.proof.says})", markup=False)
        if each.rows:
            _list(each)
    broken = sum(not each.holds for each in findings)
    verdict = f"{broken} of them broken." if broken else "The ledger is whole."
    _out.print(f"{len(findings)} proofs. {verdict}")


def _list(finding: Finding) -> None:
    table = Table(header_style="bold")
    for column in finding.rows[0]:
        table.add_column(column, overflow="fold")
    for row in finding.rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    _out.print(table)
    if finding.count > len(finding.rows):
        _out.print(f"and {finding.count - len(finding.rows)} more", markup=False)
