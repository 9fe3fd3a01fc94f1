"""How long each stage may take: what the operator has settled, and what holds where it has not (P21)."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth.access import Access, require
from api.v1.shapes import Shape, example, sample
from models.messages.deadline import Country, Settle
from models.rules import deadlines as rules
from models.rules.access import Permission
from models.store import deadlines
from models.tables.deadline import EVERYWHERE, Deadline
from models.usecases import deadline as usecase

router = APIRouter(prefix="/deadlines", tags=["deadlines"])

Managing = Annotated[Access, require(Permission.DEADLINES_MANAGE)]
_SETTLED = {"country": None, "working_days": 5, "remind_before_days": 1}
_SUBMITTED = {
    "process": "placement",
    "stage": "submitted",
    "label": "Request submitted",
    "waits_for": "operations",
    **_SETTLED,
    "is_default": False,
}


class DeadlineShape(Shape):
    """What holds for a stage, in ``country`` or (null) wherever nothing else is settled; in working days."""

    model_config = example(**_SUBMITTED)

    process: str
    stage: str
    label: str
    waits_for: str = Field(description="Whose time it is")
    country: str | None
    working_days: int
    remind_before_days: int
    is_default: bool = Field(description="Nobody has settled anything else")


class DeadlinesShape(Shape):
    model_config = example(items=[_SUBMITTED])

    items: list[DeadlineShape]


@router.get("", summary="How long each stage may take")
async def show_all(access: Managing) -> DeadlinesShape:
    """Every stage in which somebody is waited for, by process, in the order of its road; its countries behind it."""
    return await _shown(access)


@router.put("/{process}/{stage}", summary="Settle how long a stage may take")
async def settle(
    process: str, stage: str, body: Annotated[Settle, sample(**_SETTLED)], access: Managing
) -> DeadlinesShape:
    """For stages that begin from now on: what was promised already stays. The country is the location's."""
    async with access.work() as work:
        await usecase.settle(work, process, stage, body)
    return await _shown(access)


@router.delete("/{process}/{stage}", summary="Take back what was settled for a stage")
async def restore(
    process: str, stage: str, access: Managing, country: Annotated[Country | None, Query()] = None
) -> DeadlinesShape:
    """Our default holds again; with ``country``, what holds everywhere else."""
    async with access.work() as work:
        await usecase.restore(work, process, stage, country)
    return await _shown(access)


async def _shown(access: Access) -> DeadlinesShape:
    async with access.reading() as session:
        rows = await deadlines.all_settled(session)
    settled = {(row.process, row.stage, row.country): row for row in rows}
    return DeadlinesShape(items=[item for process in rules.MACHINES for item in _of_process(process, settled)])


def _of_process(process: str, settled: dict[tuple[str, str, str], Deadline]) -> list[DeadlineShape]:
    items = []
    for state in rules.MACHINES[process].states:
        term = rules.default_term(process, state.name)
        if term is None:
            continue
        countries = sorted(country for name, stage, country in settled if (name, stage) == (process, state.name))
        for country in dict.fromkeys([EVERYWHERE, *countries]):
            holds = settled.get((process, state.name, country))
            items.append(
                DeadlineShape(
                    process=process,
                    stage=state.name,
                    label=state.label,
                    waits_for=state.waits_for or "",
                    country=country or None,
                    working_days=(holds or term).working_days,
                    remind_before_days=(holds or term).remind_before_days,
                    is_default=holds is None,
                )
            )
    return items
