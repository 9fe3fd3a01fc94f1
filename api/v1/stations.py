"""Stations at their place: where each stands, what it told last, its transactions; activation (P13-P15, P19)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import decisions
from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages, Paging, pages_by
from api.v1 import maps
from api.v1.station_shapes import StationShape, StationSummaryShape, TransactionShape, station_shape, station_summary
from models.errors import NotFound
from models.messages.commissioning import ActivateStation
from models.rules.access import OrganisationKind, Permission, Reach
from models.rules.commissioning import COMMISSIONING, STAGE_TOLD_BY
from models.store import assets, charging
from models.store.assets import StationFilter
from models.tables.asset import Asset
from models.tables.placement import LocationAttempt
from models.usecases import commissioning

router = APIRouter(prefix="/stations", tags=["stations"])

Reading = Annotated[Access, require(Permission.STATIONS_READ)]
Activating = Annotated[Access, require(Permission.STATIONS_ACTIVATE)]


@router.get("", summary="Stations, newest first; a partner sees those it installs or keeps")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by(name=str, stage=str)],
    wanted: Annotated[StationFilter, Depends()],
) -> Page[StationSummaryShape]:
    async with access.reading() as session:
        rows = await assets.page(session, access.viewer, wanted, paging.window)
        around = await assets.around(session, [row.id for row in rows])
    return paging.page(rows, lambda row: station_summary(access, row, around[row.id]))


@router.get("/{name}", summary="One station: stage, connection, EVSEs, last events, test charge")
async def show(name: str, access: Reading) -> StationShape:
    async with access.reading() as session:
        return await station_shape(session, access, await found(session, access, name))


@router.get("/{name}/transactions", summary="The station's charging transactions, newest first")
async def show_transactions(name: str, access: Reading, paging: Pages) -> Page[TransactionShape]:
    """Tokens are shown by their last four characters; an installer sees its test charges only."""
    tests_only = access.viewer.reach is Reach.OWN and access.caller.organisation_kind is OrganisationKind.INSTALLER
    async with access.reading() as session:
        asset = await found(session, access, name)
        rows = await charging.page(session, asset.id, tests_only=tests_only, after=paging.after, limit=paging.fetch)
    return paging.page(rows, TransactionShape.model_validate)


@router.get(
    "/{name}/map.svg",
    summary="Where the station's commissioning stands on its process map",
    response_class=Response,
    responses=maps.RESPONSES,
)
async def show_map(name: str, access: Reading) -> Response:
    async with access.reading() as session:
        asset = await found(session, access, name)
        kinds = await assets.kinds_of_events(session, asset.id)
    return maps.answer(COMMISSIONING, asset.stage, {STAGE_TOLD_BY[kind] for kind in kinds & STAGE_TOLD_BY.keys()})


@router.post("/{name}/activate", summary="Let ordinary cards charge there from now on")
async def activate(name: str, access: Activating, once: Once) -> StationShape:
    """The installer is told that the station is live; with the last one of a work order that closes."""
    decision = await once.decision(access, ActivateStation)
    async with access.reading() as session:
        asset = await found(session, access, name)
        attempt = await session.get(LocationAttempt, asset.attempt_id) if asset.attempt_id else None
    await decisions.put(
        access,
        commissioning.workflow_id(asset.name),
        "activate",
        decision,
        subject="station",
        subject_id=asset.id,
        placement_id=attempt.placement_id if attempt else None,
    )
    async with access.reading() as session:
        return await station_shape(session, access, await found(session, access, name))


async def found(session: AsyncSession, access: Access, name: str) -> Asset:
    """Raises NotFound where there is none that the caller sees."""
    asset = await assets.find(session, name, access.viewer)
    if asset is None:
        raise NotFound(f"There is no station '{name}' for your organisation")
    return asset
