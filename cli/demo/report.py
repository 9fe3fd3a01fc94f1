"""What the demo leaves behind: ``report.json`` for programs, tables for people."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.demo.checker import Check
from cli.demo.progress import Progress
from cli.demo.story import Addresses, Process, Story
from cli.supervisor.files import write_whole


@dataclass
class Outcome:
    """One run of the demo, as far as it got. ``error`` says why it got no further."""

    folder: Path
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    checks: list[Check] = field(default_factory=list)
    final_states: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def passed(self) -> bool:
        return self.error is None and bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def report(self) -> Path:
        return self.folder / "report.json"

    def sat_report(self, story: Story) -> Path:
        return self.folder / (story.document_name or "none")


def write(outcome: Outcome, story: Story, progress: Progress) -> None:
    """Passwords and keys stay out of it."""
    outcome.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sat_report = outcome.sat_report(story)
    finished_at = datetime.now(UTC)
    told: dict[str, Any] = {
        "passed": outcome.passed,
        "error": outcome.error,
        "started_at": outcome.started_at.isoformat(),
        "finished_at": finished_at.isoformat(),
        "seconds": round((finished_at - outcome.started_at).total_seconds(), 1),
        "references": {
            "rejected_placement": story.rejected,
            "placement": story.placement,
            "work_order": story.work_order,
            "sat_document": story.document_id,
            "withdrawn_placement": story.withdrawn,
            "postpaid_subscriber": story.daan.subscription,
            "prepaid_subscriber": story.petra.subscription,
        },
        "stations": [{"name": each.name, "serial": each.hardware.serial} for each in story.stations],
        "sessions": {driver.subscription: driver.sessions for driver in story.drivers if driver.subscription},
        "final_states": outcome.final_states,
        "workflows": [each.workflow_id for each in story.processes if each.reference],
        "sat_report": str(sat_report) if sat_report.exists() else None,
        "steps": [asdict(step) for step in progress.steps],
        "checks": [asdict(check) for check in outcome.checks],
    }
    write_whole(outcome.report, json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def show(console: Console, story: Story, addresses: Addresses, outcome: Outcome) -> None:
    """A table for each request, with where to look at it."""
    rejected, placement, order, *stations = story.on_the_road
    first = _table(f"{rejected.reference}, rejected by operations")
    _add_process(first, rejected, addresses, f"/v1/placement-requests/{rejected.reference}")
    second = _table(f"{placement.reference}, at its second location, operating")
    _add_process(second, placement, addresses, f"/v1/placement-requests/{placement.reference}")
    second.add_row("Timeline", f"{addresses.api}/v1/placement-requests/{placement.reference}/timeline")
    second.add_row("Map", f"{addresses.api}/v1/placement-requests/{placement.reference}/map.svg")
    _add_process(second, order, addresses, f"/v1/work-orders/{order.reference}")
    for station in stations:
        _add_process(second, station, addresses, f"/v1/stations/{station.reference}")
    second.add_row("Report", str(outcome.sat_report(story)))
    tables = [first, second]
    if story.on_the_way_back:
        withdrawn, order, station = story.on_the_way_back
        third = _table(f"{withdrawn.reference}, withdrawn by the city, everything undone")
        _add_process(third, withdrawn, addresses, f"/v1/placement-requests/{withdrawn.reference}")
        third.add_row("Map", f"{addresses.api}/v1/placement-requests/{withdrawn.reference}/map.svg")
        _add_process(third, order, addresses, f"/v1/work-orders/{order.reference}")
        _add_process(third, station, addresses, f"/v1/stations/{station.reference}")
        tables.append(third)
    for table in tables:
        console.print()
        console.print(table)


def show_logins(console: Console, story: Story) -> None:
    table = Table(title=f"People of this run; everybody's password is {story.password}", title_justify="left")
    for column in ("Name", "Organisation", "E-mail"):
        table.add_column(column, overflow="fold")
    for login in story.logins.values():
        table.add_row(login.name, login.organisation, login.email)
    console.print(table)


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _add_process(table: Table, process: Process, addresses: Addresses, path: str) -> None:
    table.add_row(f"{process.reference}", f"{process.last_stage}, {process.organisation}", style="bold")
    table.add_row("API", f"{addresses.api}{path}")
    table.add_row("Temporal UI", f"{addresses.temporal_ui}/namespaces/default/workflows/{process.workflow_id}")
