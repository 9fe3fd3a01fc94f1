"""A process as an engineer sees it: its row, and the facts that were handed over to it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth.access import Access, require
from api.v1.shapes import Shape, example
from models.errors import NotFound
from models.rules.access import Permission
from models.store import processes
from models.tables.handover import HandoverKind

router = APIRouter(prefix="/processes", tags=["processes"])

Reading = Annotated[Access, require(Permission.PROCESSES_READ)]

MAX_FACTS = 200
_FACT = {
    "number": 2,
    "kind": "signal",
    "name": "grid_call",
    "created_at": "2026-11-24T10:00:00Z",
    "delivered_at": "2026-11-24T10:00:00Z",
    "attempts": 1,
    "last_error": None,
    "late": False,
    "correlation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
}


class FactShape(Shape):
    """A fact on its way to the process; what it says is left out. A late one came after the process had ended."""

    model_config = example(**_FACT)

    number: int
    kind: HandoverKind
    name: str
    created_at: datetime
    delivered_at: datetime | None
    attempts: int
    last_error: str | None
    late: bool
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
    return ProcessShape(**process.model_dump(), facts=[FactShape.model_validate(each) for each in facts])
