"""On what terms a station gives energy: by contract, unbilled, or free vend (S7)."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.access import Access, require
from api.etags import IfMatch
from api.v1.shapes import Shape, example, sample
from api.v1.stations import found
from models.messages.vend import StationTerms
from models.rules.access import Permission
from models.rules.vend import Vend
from models.store import assets, vends
from models.tables.asset import Asset
from models.usecases import vend as usecase

router = APIRouter(prefix="/stations/{name}/vend", tags=["stations"])

Reading = Annotated[Access, require(Permission.STATIONS_READ)]
Setting = Annotated[Access, require(Permission.STATIONS_VEND)]


class TermsShape(Shape):
    model_config = example(vend="free", since="2026-12-08T10:00:00Z")

    vend: Vend = Field(description="`contract`, `unbilled` (whoever may charge there), or `free` (anyone)")
    since: datetime | None = Field(description="Null where it has never been set")


@router.get("", summary="On what terms the station gives energy")
async def show(name: str, access: Reading) -> TermsShape:
    async with access.reading() as session:
        return await _terms(session, await found(session, access, name))


@router.put("", summary="Say on what terms the station gives energy")
async def set_terms(
    name: str, body: Annotated[StationTerms, sample(vend="free")], access: Setting, condition: IfMatch
) -> TermsShape:
    """From now on, for sessions that begin then; those that go on keep what they began with.

    `contract`: whoever may charge there pays for it. `unbilled`: the same people and cards charge, also without credit,
    and nothing is billed. `free`: anyone charges, with any card or none, also where the station is closed to all but
    its group; it is configured to charge anyone without a connection, too, and configured back afterwards.
    """
    async with access.work() as work:
        asset = await found(work.session, access, name)
        asset = await assets.lock(work.session, asset.id)
        await condition.check(lambda: _terms(work.session, asset))
        await usecase.set_terms(work, asset, body.vend)
        return condition.answered(await _terms(work.session, asset), f"/v1/stations/{quote(name)}/vend")


async def _terms(session: AsyncSession, asset: Asset) -> TermsShape:
    return TermsShape(vend=asset.vend, since=await vends.since(session, asset.id))
