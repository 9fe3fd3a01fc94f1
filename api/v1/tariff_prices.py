"""Prices: shown before charging, explained line by line, and tried on past sessions (C10)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.auth.access import Access, require
from api.v1.shapes import sample
from api.v1.stations import found as station
from api.v1.tariff_shapes import (
    ExplainedShape,
    PreviewShape,
    TrialShape,
    price_shape,
    shown_shape,
    tried_shape,
)
from api.v1.tariffs import found
from models.errors import InvalidInput, NotFound
from models.messages.tariff import LONGEST, DescribedSession, Trial
from models.rules import price_display, rating
from models.rules.access import Permission
from models.rules.events import Language
from models.rules.rated_tariff import ready
from models.rules.tariff import PlaceKind
from models.rules.tariff_choice import Asked
from models.store import vends
from models.usecases import tariff as usecase
from models.usecases import tariff_trial
from models.usecases.tariff import Held
from models.usecases.work import Work

router = APIRouter(tags=["tariffs"])
stations = APIRouter(prefix="/stations/{name}/prices")
tariffs = APIRouter(prefix="/tariffs/{tariff}")

Reading = Annotated[Access, require(Permission.TARIFFS_READ)]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Unless said, the one that holds now")]
_SESSION = {
    "periods": [
        {"starts_at": "2026-12-08T10:00:00Z", "activity": "charging", "energy_wh": 14200},
        {"starts_at": "2026-12-08T12:00:00Z", "activity": "parked"},
    ],
    "ended_at": "2026-12-08T13:00:00Z",
}
_TRIAL = {"station": "NL-STM-000001", "since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}


@stations.get("", summary="What charging costs at a station, as drivers are shown it before")
async def preview(
    name: str,
    access: Reading,
    account: Annotated[str | None, Query(max_length=40, description="A subscription, such as SUB-2026-000017")] = None,
    vehicle: Annotated[str | None, Query(max_length=40, description="A car, such as VEH-2026-000017")] = None,
    group_id: UUID | None = None,
    place_kind: PlaceKind = PlaceKind.PUBLIC,
    at: Annotated[AwareDatetime | None, Query(description="Unless said, now")] = None,
    language: Language = Language.ENGLISH,
) -> PreviewShape:
    """404 where no tariff holds for such a session. A `vehicle` is charged to its account. At a station that bills
    nothing it is free of charge."""
    async with access.work() as work:
        asset = await station(work.session, access, name)
        asked = Asked(at or work.now, group_id=group_id, asset_id=asset.id, place_kind=place_kind)
        [vend] = await vends.at(work.session, [(asset.id, asked.at)])
        if not vend.is_billed:
            return free_shape(language)
        held = await usecase.held(work, await usecase.asked_by(work, asked, account=account, vehicle=vehicle))
    if held is None:
        raise NotFound(f"No tariff holds at '{name}' for such a session; assign one")
    return preview_shape(work, held, place_kind, asked.at, language)


def preview_shape(work: Work, held: Held, place_kind: PlaceKind, at: datetime, language: Language) -> PreviewShape:
    shown = price_display.shown(held.said, place_kind, at.astimezone(work.terms.zone), language)
    return PreviewShape(
        code=held.tariff.code,
        version=held.version.number,
        currency=held.tariff.currency,
        prices=[shown_shape(each) for each in shown],
        free_of_charge=False,
    )


def free_shape(language: Language) -> PreviewShape:
    shown = shown_shape(price_display.free_of_charge(language))
    return PreviewShape(code=None, version=None, currency=None, prices=[shown], free_of_charge=True)


@tariffs.post("/explain", summary="What a described session costs, line by line")
async def explain(
    tariff: str, body: Annotated[DescribedSession, sample(**_SESSION)], access: Reading, version: Version = None
) -> ExplainedShape:
    """By the engine that prices real sessions. Nothing is stored."""
    if body.ended_at - body.periods[0].starts_at > LONGEST:
        raise InvalidInput(f"A session lasts {LONGEST.days} days at most", field="/ended_at")
    zone = _zone(body.zone) or access.services.desk.terms.zone
    async with access.work() as work:
        held = await _held(work, tariff, version)
    try:
        facts = _session(body, zone)
    except ValueError as error:
        raise InvalidInput(str(error), field="/periods") from error
    price = rating.price(ready(held.said), facts)
    return ExplainedShape(code=tariff, version=held.version.number, price=price_shape(price))


@tariffs.post("/trial", summary="What past sessions of a station would cost by the tariff")
async def try_out(tariff: str, body: Annotated[Trial, sample(**_TRIAL)], access: Reading) -> TrialShape:
    """Beside what they cost by the tariff that held for everybody when they began. Nothing is stored."""
    async with access.work() as work:
        held = await _held(work, tariff, body.version)
        tried = await tariff_trial.tried(work, held, body)
    return TrialShape(
        code=tariff,
        version=held.version.number,
        currency=held.tariff.currency,
        sessions=len(tried),
        gross=sum((each.price.gross for each in tried), Decimal(0)),
        items=[tried_shape(each) for each in tried],
    )


async def _held(work: Work, code: str, number: int | None) -> Held:
    """Raises NotFound."""
    row = await found(work.session, code)
    if number is not None:
        return await usecase.version_of(work, row, number)
    held = await usecase.version_at(work, row, work.now)
    if held is None:
        raise NotFound(f"No version of '{code}' holds yet; say which one is meant")
    return held


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput("A zone has an IANA name, such as Europe/Amsterdam", field="/zone") from error


def _session(body: DescribedSession, zone: ZoneInfo) -> rating.Session:
    periods = tuple(
        rating.Period(
            _utc(each.starts_at),
            each.activity,
            each.energy_wh,
            each.power_w,
            None if each.current_a is None else Decimal(str(each.current_a)),
        )
        for each in body.periods
    )
    return rating.Session(periods, _utc(body.ended_at), zone, body.place_kind)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


router.include_router(stations)
router.include_router(tariffs)
