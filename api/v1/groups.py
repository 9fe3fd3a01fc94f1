"""Groups: made by the operator, looked at by whoever owns them (S6)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1.group_access import Appointing, Reading, in_group
from api.v1.shapes import Shape, example, sample
from models.messages.group import GroupChange, NewGroup
from models.rules.group import Used
from models.store import groups
from models.store.groups import GroupFilter
from models.tables.group import DriverGroup
from models.usecases import group as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/groups", tags=["groups"])


LIMITS = {
    "sessions": 4,
    "energy_wh": 2_000_000,
    "amount": "500.00",
    "card_sessions": 1,
    "card_energy_wh": None,
    "card_amount": "75.00",
}
NEW = {
    "name": "Taxi BV",
    "organisation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c41",
    "tag": "TAXI",
    "zone": "Europe/Amsterdam",
    "currency": "EUR",
    **LIMITS,
}
_SHOWN = {**NEW, "amount": "500.0000", "card_amount": "75.0000"}


class GroupShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d51",
        reference="GR-2026-000017",
        **_SHOWN,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    reference: str
    name: str
    organisation_id: UUID = Field(description="The group owner, whose super-users manage it")
    tag: str = Field(description="OCPP 1.6 parentIdTag, OCPP 2 groupIdToken")
    zone: str
    currency: str
    sessions: int | None = Field(description="Of the group at the same time; null: no limit, as for the others")
    energy_wh: int | None = Field(description="Of the group in a month of its zone")
    amount: Decimal | None = Field(description="Of the group in a month, with VAT")
    card_sessions: int | None
    card_energy_wh: int | None
    card_amount: Decimal | None
    created_at: datetime


class GroupUseShape(Shape):
    """Of this month: sessions that began in it."""

    model_config = example(since="2026-11-01T00:00:00+01:00", sessions_now=2, energy_wh=412_600, amount="161.2400")

    since: datetime
    sessions_now: int = Field(description="Those that go on")
    energy_wh: int = Field(description="Also of those that go on")
    amount: Decimal = Field(description="With VAT, of those that were billed")


@router.post("", status_code=201, response_model=GroupShape, summary="Make a group")
async def make(body: Annotated[NewGroup, sample(**NEW)], access: Appointing, once: Once) -> Response:
    """Limits bear on each start: where one is reached, the cards of the group are refused."""

    async def create(work: Work) -> GroupShape:
        return _shape(await usecase.make(work, body))

    return await once.answer(access, create)


@router.get("", summary="Groups, newest first; a group owner sees its own")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by(reference=str, name=str)],
    wanted: Annotated[GroupFilter, Depends()],
) -> Page[GroupShape]:
    async with access.reading() as session:
        rows = await groups.page(session, wanted, access.viewer, paging.window)
    return paging.page(rows, _shape)


@router.get("/{reference}", summary="One group with its limits")
async def show(reference: str, access: Reading) -> GroupShape:
    async with access.work() as work:
        return _shape(await usecase.find(work, reference, access.viewer))


@router.get("/{reference}/use", summary="What the group has used in this month")
async def show_use(reference: str, access: Reading) -> GroupUseShape:
    async with in_group(access, reference) as (work, row):
        since, sessions_now, used = await usecase.use(work, row)
    return _use_shape(since, sessions_now, used)


@router.patch("/{reference}", summary="Change a group's name or limits")
async def change(
    reference: str,
    body: Annotated[GroupChange, sample(name="Taxi Amsterdam BV", limits=LIMITS)],
    access: Appointing,
    condition: IfMatch,
) -> GroupShape:
    async with access.work() as work:
        row = await usecase.lock(work, reference, access.viewer)

        async def shown() -> GroupShape:
            return _shape(row)

        await condition.check(shown)
        await usecase.change(work, row, body)
        return condition.answered(await shown(), f"/v1/groups/{reference}")


def _shape(row: DriverGroup) -> GroupShape:
    return GroupShape.model_validate(row)


def _use_shape(since: datetime, sessions_now: int, used: Used) -> GroupUseShape:
    return GroupUseShape(since=since, sessions_now=sessions_now, energy_wh=used.energy_wh, amount=used.amount)
