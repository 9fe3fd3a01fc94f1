"""While somebody is away, a colleague does their tasks (P21)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from models.messages.delegation import NewDelegation
from models.rules.access import Permission, Role
from models.store import delegations
from models.usecases import delegation as usecase
from models.usecases.work import Work

router = APIRouter(tags=["tasks"])

Claiming = Annotated[Access, require(Permission.TASKS_CLAIM)]
_DEPUTY = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11"
_NEW = {"deputy_id": _DEPUTY, "first_day": "2026-12-21", "last_day": "2027-01-04"}


class DelegationShape(Shape):
    """``ended_at``: when it was taken back before its last day."""

    model_config = example(
        **_NEW,
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c61",
        delegator_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c12",
        created_at="2026-11-21T08:00:00Z",
        ended_at=None,
    )

    id: UUID
    delegator_id: UUID
    deputy_id: UUID
    first_day: date
    last_day: date
    created_at: datetime
    ended_at: datetime | None


class ColleagueShape(Shape):
    model_config = example(id=_DEPUTY, name="Otto Operations", roles=["operations"])

    id: UUID
    name: str
    roles: list[Role]


@router.post(
    "/delegations", status_code=201, response_model=DelegationShape, summary="Name a deputy while you are away"
)
async def delegate(body: Annotated[NewDelegation, sample(**_NEW)], access: Claiming, once: Once) -> Response:
    """On these days the deputy can claim and release what you have claimed, where they have the task's role
    themselves, and gets your reminders. The deputy acts in their own name; it is on record that it was for you."""

    async def create(work: Work) -> DelegationShape:
        return DelegationShape.model_validate(await usecase.delegate(work, body))

    return await once.answer(access, create)


@router.get("/delegations", summary="Delegations from you and to you, newest first")
async def show_all(access: Claiming, paging: Pages) -> Page[DelegationShape]:
    async with access.reading() as session:
        rows = await delegations.page(session, access.caller.id, after=paging.after, limit=paging.fetch)
    return paging.page(rows, DelegationShape.model_validate)


@router.delete("/delegations/{delegation_id}", status_code=204, summary="Take a delegation back")
async def take_back(delegation_id: UUID, access: Claiming) -> None:
    """From now on nobody stands in for you. What the deputy has claimed you can claim back."""
    async with access.work() as work:
        await usecase.take_back(work, delegation_id)


@router.get("/colleagues", summary="Who can be named as deputy, or be given a task")
async def show_colleagues(access: Claiming, paging: Pages) -> Page[ColleagueShape]:
    """The people of your organisation who have access, newest first."""
    own = access.caller.organisation_id
    async with access.reading() as session:
        rows = await delegations.colleagues(session, own, after=paging.after, limit=paging.fetch)
    return paging.page(rows, ColleagueShape.model_validate)
