"""Connectors that are kept for one token until an instant."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, Field, field_validator
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.command_shapes import ValidS, last_four
from api.v1.shapes import Shape, example, sample
from api.v1.stations import found
from models.errors import NotFound
from models.messages.base import Message
from models.messages.command import NewReservation
from models.messages.commands import INT32_MAX, Connector, Token
from models.rules.access import Permission
from models.rules.command import VALID_S
from models.rules.reservation import RESERVATION, ReservationState
from models.store import reservations
from models.tables.command import Reservation
from models.usecases import reserving
from models.usecases.work import Work

router = APIRouter(prefix="/stations/{name}/reservations", tags=["stations"])

Commanding = Annotated[Access, require(Permission.STATIONS_COMMAND)]
Number = Annotated[int, Path(ge=1, le=INT32_MAX, description="The reservation's number")]


class ReservationToMake(Message):
    token: Token
    until: AwareDatetime
    connector: Connector | None = Field(default=None, description="Without it: any one of the station's")
    group: Token | None = Field(default=None, description="Tokens of this group may start with it too")
    valid_s: ValidS = VALID_S


class ReservationShape(Shape):
    model_config = example(
        number=12,
        connector=1,
        token="…7A2C",  # noqa: S106 - the end of one
        group=None,
        until="2026-12-08T11:00:00Z",
        state="accepted",
        label="Reserved",
        command_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c31",
        transaction_number=None,
        created_at="2026-12-08T10:20:00Z",
        ended_at=None,
    )

    number: int = Field(description="By this the station knows it")
    connector: int | None
    token: str = Field(description="The last four characters")
    group: str | None = Field(description="The last four characters")
    until: datetime
    state: ReservationState
    label: str = Field(description="The state in plain words")
    command_id: UUID = Field(description="The command by which the station was asked")
    transaction_number: int | None = Field(description="Of the transaction that used it")
    created_at: datetime
    ended_at: datetime | None

    @field_validator("token", "group")
    @classmethod
    def _hide(cls, token: str | None) -> str | None:
        return None if token is None else last_four(token)


@router.post("", status_code=202, summary="Ask the station to keep a connector", response_model=ReservationShape)
async def reserve(
    name: str,
    body: Annotated[
        ReservationToMake,
        sample(token="04E91C5A7A2C", until="2099-01-06T12:00:00Z", connector=1),  # noqa: S106
    ],
    access: Commanding,
    once: Once,
) -> Response:
    """The station decides: look at the reservation, or follow the station's events."""
    new = NewReservation(**body.model_dump())

    async def create(work: Work) -> ReservationShape:
        asset = await found(work.session, access, name)
        return _shape(await reserving.reserve(work, asset.id, new))

    return await once.answer(access, create)


@router.get("", summary="The station's reservations, newest first")
async def show_all(
    name: str, access: Commanding, paging: Pages, state: ReservationState | None = None
) -> Page[ReservationShape]:
    async with access.reading() as session:
        asset = await found(session, access, name)
        rows = await reservations.page(session, asset.id, state=state, after=paging.after, limit=paging.fetch)
    return paging.page(rows, _shape)


@router.get("/{reservation}", summary="One reservation")
async def show(name: str, reservation: Number, access: Commanding) -> ReservationShape:
    async with access.reading() as session:
        asset = await found(session, access, name)
        row = await reservations.find(session, asset.id, reservation)
    if row is None:
        raise NotFound(f"There is no reservation {reservation} at station {name}")
    return _shape(row)


@router.delete(
    "/{reservation}",
    status_code=202,
    summary="Ask the station to give the connector free",
    response_model=ReservationShape,
)
async def give_free(name: str, reservation: Number, access: Commanding, once: Once) -> Response:
    """Cancelled at once where the station was not asked yet; otherwise when it has agreed."""

    async def ask(work: Work) -> ReservationShape:
        asset = await found(work.session, access, name)
        return _shape(await reserving.give_free(work, asset.id, reservation, VALID_S))

    return await once.answer(access, ask)


def _shape(row: Reservation) -> ReservationShape:
    own = set(ReservationShape.model_fields) - {"label"}
    return ReservationShape(**row.model_dump(include=own), label=RESERVATION.state(row.state).label)
