"""Sessions started and stopped from afar, with the price shown before, and how the asking goes (C4)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.charging_sessions import found
from api.v1.shapes import Shape, example, sample
from api.v1.tariff_prices import free_shape, preview_shape
from api.v1.tariff_shapes import PreviewShape
from models.errors import InvalidInput, NotFound
from models.messages.session import NewSession
from models.rules.access import Permission
from models.rules.command import COMMAND, CommandState
from models.rules.events import Language
from models.rules.tariff import PlaceKind
from models.store import assets, commands, sessions
from models.tables.asset import Asset
from models.tables.command import AskedCommand
from models.usecases import session_remote
from models.usecases.session_remote import AskedStart
from models.usecases.work import Work

router = APIRouter(prefix="/charging-sessions", tags=["charging sessions"])

Controlling = Annotated[Access, require(Permission.CHARGING_SESSIONS_CONTROL)]

START, STOP = "start_charging", "stop_charging"
_NEW = {
    "station": "NL-STM-000003",
    "connector": 1,
    "subscriber": "SUB-2026-000017",
    "seen": {"code": "TRF-PUBLIC", "version": 2},
}
_ASKED = {
    "command_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c31",
    "kind": START,
    "station": "NL-STM-000003",
    "state": "queued",
    "label": "Queued",
    "outcome": None,
    "detail": "",
    "session": None,
    "expires_at": "2026-12-08T10:21:00Z",
    "created_at": "2026-12-08T10:20:00Z",
}
_PRICES = {
    "code": "TRF-PUBLIC",
    "version": 2,
    "currency": "EUR",
    "prices": [{"kind": "kwh", "amount": "0.4719", "text": "€0.4719 per kWh"}],
    "free_of_charge": False,
}


class AskedShape(Shape):
    """A station has taken it when it is `answered`; a start is a session when the station tells of it."""

    model_config = example(**_ASKED)

    command_id: UUID
    kind: str
    station: str
    state: CommandState
    label: str = Field(description="The state in plain words")
    outcome: str | None = Field(description="The station's answer in a word")
    detail: str
    session: str | None = Field(description="The session that has begun by it, or that is to stop")
    expires_at: datetime = Field(description="Until then a station that is not connected is waited for")
    created_at: datetime


class AskedStartShape(AskedShape):
    model_config = example(**_ASKED, card="NL-0000-4711", price=_PRICES)

    card: str
    price: PreviewShape | None = Field(description="As the driver is shown it before; null where no tariff holds")


@router.post("", status_code=202, response_model=AskedStartShape, summary="Start a session from afar")
async def start(
    body: Annotated[NewSession, sample(**_NEW)], access: Controlling, once: Once, language: Language = Language.ENGLISH
) -> Response:
    """For a subscriber by any of their cards, or for one card. The answer shows the price (AFIR Art. 5); with `seen`,
    nothing is started at another one than the driver was shown.

    Whether the card may charge there is decided as at the station itself: 409 with the `verdict` where it may not. The
    station is waited for one minute.
    """

    async def ask(work: Work) -> AskedStartShape:
        asset = await assets.find(work.session, body.station, access.viewer)
        if asset is None:
            raise InvalidInput("There is no such station", field="/station")
        asked = await session_remote.start(work, asset.id, body)
        shown = await _asked(work.session, asked.command, asset)
        return AskedStartShape(**shown.model_dump(), card=asked.card.number, price=_price(work, asked, language))

    return await once.answer(access, ask)


@router.post("/{reference}/stop", status_code=202, response_model=AskedShape, summary="Have the station stop a session")
async def stop(reference: str, access: Controlling, once: Once) -> Response:
    """It is settled when the station has told of its stop. 409 where it does not go on any more."""

    async def ask(work: Work) -> AskedShape:
        shown = await found(work, access, reference)
        asked = await session_remote.stop(work, shown.session.id)
        return await _asked(work.session, asked, await commands.station_of(work.session, asked.id))

    return await once.answer(access, ask)


@router.get("/commands/{command_id}", summary="How a start or a stop that was asked for goes")
async def show(command_id: UUID, access: Controlling) -> AskedShape:
    async with access.reading() as session:
        asked = await session.get(AskedCommand, command_id)
        if asked is None or asked.kind not in {START, STOP}:
            raise NotFound("No start or stop was asked for under this id")
        return await _asked(session, asked, await commands.station_of(session, asked.id))


async def _asked(session: AsyncSession, asked: AskedCommand, asset: Asset) -> AskedShape:
    own = {"kind", "state", "outcome", "detail", "expires_at", "created_at"}
    return AskedShape(
        **asked.model_dump(include=own),
        command_id=asked.id,
        station=asset.name,
        label=COMMAND.state(asked.state).label,
        session=await _session(session, asked),
    )


async def _session(session: AsyncSession, asked: AskedCommand) -> str | None:
    """A stop by the id that a station of OCPP 2 gave its transaction leads nowhere."""
    if asked.kind == START:
        return await sessions.started_by(session, asked)
    number = asked.arguments.get("transaction")
    return await sessions.of_transaction(session, number) if isinstance(number, int) else None


def _price(work: Work, asked: AskedStart, language: Language) -> PreviewShape | None:
    if not asked.vend.is_billed:
        return free_shape(language)
    return None if asked.held is None else preview_shape(work, asked.held, PlaceKind.PUBLIC, work.now, language)
