"""Crews: whom an installer, or the operator itself, can plan (P10)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from models.messages.base import Message
from models.messages.placement import Line
from models.rules.access import Permission
from models.store import crews
from models.usecases import crew as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/crews", tags=["crews"])

Reading = Annotated[Access, require(Permission.WORK_ORDERS_PLAN)]
Managing = Annotated[Access, require(Permission.CREWS_MANAGE)]
_NEW = {"name": "Team Noord"}


class NewCrew(Message):
    name: Line


class CrewShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c81",
        organisation_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c22",
        **_NEW,
        disabled_at=None,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    organisation_id: UUID
    name: str
    disabled_at: datetime | None
    created_at: datetime


@router.post("", status_code=201, response_model=CrewShape, summary="Add a crew of the caller's own organisation")
async def add(body: Annotated[NewCrew, sample(**_NEW)], access: Managing, once: Once) -> Response:
    async def create(work: Work) -> CrewShape:
        return CrewShape.model_validate(await usecase.add(work, access.caller.organisation_id, body.name))

    return await once.answer(access, create)


@router.get("", summary="Crews, newest first; a partner sees its own")
async def show_all(access: Reading, paging: Pages) -> Page[CrewShape]:
    async with access.reading() as session:
        rows = await crews.page(session, access.viewer, after=paging.after, limit=paging.fetch)
    return paging.page(rows, CrewShape.model_validate)


@router.post("/{crew_id}/disable", summary="Plan nothing for the crew any more")
async def disable(crew_id: UUID, access: Managing) -> CrewShape:
    """What is planned for it stays."""
    async with access.work() as work:
        return CrewShape.model_validate(await usecase.disable(work, crew_id, access.viewer))


@router.post("/{crew_id}/enable", summary="Plan for the crew again")
async def enable(crew_id: UUID, access: Managing) -> CrewShape:
    async with access.work() as work:
        return CrewShape.model_validate(await usecase.enable(work, crew_id, access.viewer))
