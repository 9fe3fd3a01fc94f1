"""How a subscriber wants to be told, and what they were told: with what became of it (N)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.etags import IfMatch
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from api.v1.subscribers import Managing, Reading, found
from models.messages.driver_notice import NoticeWishes
from models.rules.driver_notice import DriverChannel, DriverNoticeKind, DriverNoticeState
from models.rules.events import Language
from models.rules.tariff import LocalTime
from models.store import driver_notices, subscribers
from models.store.driver_notices import DriverNoticeFilter
from models.tables.subscriber import Subscriber
from models.usecases import driver_notice as usecase

router = APIRouter(prefix="/subscribers/{reference}", tags=["subscribers"])

WISHES: dict[str, Any] = {
    "channels": {"session_ended": ["mail"], "car_idle": ["sms"], "credit_low": []},
    "quiet_since": "22:00",
    "quiet_until": "07:00",
}


class NoticeWishesShape(Shape):
    model_config = example(**WISHES)

    channels: dict[DriverNoticeKind, list[DriverChannel]] = Field(description="By kind; one that is left out: as usual")
    quiet_since: LocalTime
    quiet_until: LocalTime


class DriverNoticeShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d31",
        kind="session_ended",
        channel="sms",
        language="nl",
        data={"session": "CS-2026-000042", "energy_wh": 10_000, "gross": "5.00", "currency": "EUR"},
        state="delivered",
        due_at="2026-11-21T08:00:00Z",
        attempts=1,
        provider_id="SM0123456789abcdef0123456789abcdef",
        error=None,
        created_at="2026-11-21T08:00:00Z",
        sent_at="2026-11-21T08:00:01Z",
        ended_at="2026-11-21T08:00:02Z",
    )

    id: UUID
    kind: str
    channel: DriverChannel
    language: Language
    data: dict[str, Any]
    state: DriverNoticeState
    due_at: datetime
    attempts: int
    provider_id: str | None
    error: str | None
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


@router.get("/notices", summary="What a subscriber was told, newest first, and whether it arrived")
async def show_notices(
    reference: str, access: Reading, paging: Pages, wanted: Annotated[DriverNoticeFilter, Depends()]
) -> Page[DriverNoticeShape]:
    """A mail that the mail server has taken is `sent`; a text is `delivered` once the provider says so."""
    async with access.reading() as session:
        row = await found(session, reference)
        rows = await driver_notices.page(session, row.id, wanted, paging.window)
    return paging.page(rows, DriverNoticeShape.model_validate)


@router.get("/notice-wishes", summary="By which channel a subscriber wants to be told of what")
async def show_wishes(reference: str, access: Reading) -> NoticeWishesShape:
    async with access.reading() as session:
        row = await found(session, reference)
        return await _wishes(session, row)


@router.put("/notice-wishes", summary="Say by which channel a subscriber wants to be told of what")
async def choose(
    reference: str, body: Annotated[NoticeWishes, sample(**WISHES)], access: Managing, condition: IfMatch
) -> NoticeWishesShape:
    """A kind that is left out is told as usual, one with no channel not at all. Texts wait for the end of the quiet
    hours, but for those of which a driver wants to know at once: a car that is charged, a balance that runs out."""
    async with access.work() as work:
        row = await found(work.session, reference)
        await subscribers.lock(work.session, row.id)

        await condition.check(lambda: _wishes(work.session, row))
        await usecase.choose(work, row, body)
        shown = await _wishes(work.session, row)
    return condition.answered(shown, f"/v1/subscribers/{reference}/notice-wishes")


async def _wishes(session: AsyncSession, row: Subscriber) -> NoticeWishesShape:
    choice = await driver_notices.choice_of(session, row.id)
    return NoticeWishesShape.model_validate(usecase.wishes(choice).model_dump())
