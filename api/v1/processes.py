"""A process as an engineer sees and repairs it: its row, and the facts that were handed over to it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from api.auth.access import Access, require
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.rules.access import Permission
from models.rules.handover import FactState
from models.store import processes
from models.tables.handover import Handover, HandoverKind
from models.usecases import process as usecase

router = APIRouter(prefix="/processes", tags=["processes"])

Reading = Annotated[Access, require(Permission.PROCESSES_READ)]
Repairing = Annotated[Access, require(Permission.PROCESSES_REPAIR)]

MAX_FACTS = 200
_FACT = {
    "number": 2,
    "kind": "signal",
    "name": "grid_call",
    "state": "delivered",
    "created_at": "2026-11-24T10:00:00Z",
    "delivered_at": "2026-11-24T10:00:00Z",
    "attempts": 1,
    "last_error": None,
    "late": False,
    "stuck_at": None,
    "skipped_at": None,
    "correlation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
}


class FactShape(Shape):
    """A fact on its way to the process; what it says is left out. A late one came after the process had ended."""

    model_config = example(**_FACT)

    number: int
    kind: HandoverKind
    name: str
    state: FactState
    created_at: datetime
    delivered_at: datetime | None
    attempts: int
    last_error: str | None
    late: bool
    stuck_at: datetime | None = Field(description="Since when it can't be delivered; the process waits behind it")
    skipped_at: datetime | None = Field(description="When an engineer let the process go on without it")
    correlation_id: str


class ProcessShape(Shape):
    model_config = example(
        workflow_id="placement-PR-2026-000042",
        kind="placement",
        subject_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c42",
        last_number=2,
        applied_number=2,
        created_at="2026-11-21T08:00:00Z",
        ended_at=None,
        facts=[_FACT],
    )

    workflow_id: str = Field(description="By this it is found in Temporal")
    kind: str
    subject_id: UUID
    last_number: int = Field(description="Of the last fact that was written for it")
    applied_number: int = Field(description="Of the last fact whose effect is in the rows")
    created_at: datetime
    ended_at: datetime | None
    facts: list[FactShape] = Field(description="Newest first")


class Repair(BaseModel):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The fact's number")]
Wanted = Annotated[Repair, sample(reason="The worker that could not read it was replaced")]


@router.get("/{workflow_id}", summary="A process and the facts handed over to it")
async def show(
    workflow_id: str,
    access: Reading,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Facts with a number below this")] = None,
) -> ProcessShape:
    async with access.reading() as session:
        process = await processes.find(session, workflow_id)
        if process is None:
            raise NotFound(f"There is no process '{workflow_id}'")
        facts = await processes.facts(session, workflow_id, before=before, limit=MAX_FACTS)
    return ProcessShape(**process.model_dump(), facts=[_shape(each) for each in facts])


@router.get("/{workflow_id}/facts", summary="The facts handed over to a process, newest first")
async def show_facts(
    workflow_id: str,
    access: Reading,
    paging: Pages,
    state: Annotated[FactState | None, Query(description="Only facts in this state")] = None,
) -> Page[FactShape]:
    """They are delivered in the order of their numbers: one that is stuck holds up those behind it."""
    async with access.reading() as session:
        if await processes.find(session, workflow_id) is None:
            raise NotFound(f"There is no process '{workflow_id}'")
        rows = await processes.facts_page(session, workflow_id, state=state, after=paging.after, limit=paging.fetch)
    return paging.page(rows, _shape)


@router.post("/{workflow_id}/facts/{number}/retry", summary="Try at once to deliver a fact that waits or is stuck")
async def retry(workflow_id: str, number: Number, access: Repairing, body: Wanted) -> FactShape:
    """The answer shows what came of it. Facts with a lower number that wait go first. It is put on record."""
    async with access.work() as work:
        await usecase.try_again(work, workflow_id, number, body.reason)
    return await _fact(access, workflow_id, number)


@router.post("/{workflow_id}/facts/{number}/skip", summary="Let the process go on without a fact")
async def skip(workflow_id: str, number: Number, access: Repairing, body: Wanted) -> FactShape:
    """It stays in the list and is never delivered; what it tells has to be seen to by hand. It is put on record.

    409 for a fact that does not wait, and for the one that starts the process.
    """
    async with access.work() as work:
        await usecase.pass_over(work, workflow_id, number, body.reason)
    return await _fact(access, workflow_id, number)


async def _fact(access: Access, workflow_id: str, number: int) -> FactShape:
    async with access.reading() as session:
        fact = await processes.lock_fact(session, workflow_id, number)
    if fact is None:
        raise NotFound(f"There is no fact {number} for the process '{workflow_id}'")
    return _shape(fact)


def _shape(fact: Handover) -> FactShape:
    return FactShape(**fact.model_dump(), state=usecase.fact_state(fact))
