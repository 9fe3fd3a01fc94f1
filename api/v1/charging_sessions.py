"""Charging sessions: listed, and looked at with their facts, prices and bill data records (C1, B1)."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.auth.access import Access, require
from api.paging import Page, Paging, pages_by
from api.v1.charging_session_shapes import SessionRowShape, SessionShape, row_shape, session_shape
from models.errors import Forbidden, NotFound
from models.rules.access import Permission
from models.store import session_list
from models.store.session_list import SessionFilter, Shown
from models.usecases.work import Work

router = APIRouter(prefix="/charging-sessions", tags=["charging sessions"])

Reading = Annotated[Access, require(Permission.CHARGING_SESSIONS_READ)]


@router.get("", summary="Sessions, newest first; a partner sees those at the stations that it keeps")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by(reference=str)],
    wanted: Annotated[SessionFilter, Depends()],
) -> Page[SessionRowShape]:
    """Those of one subscriber, or of one car, are for whoever may read cards."""
    is_somebodys = wanted.subscriber is not None or wanted.vehicle is not None
    if is_somebodys and access.caller.reach(Permission.CARDS_READ) is None:
        needed = Permission.CARDS_READ.value
        raise Forbidden(f"To ask for somebody's sessions needs the permission '{needed}'", permission=needed)
    async with access.reading() as session:
        rows = await session_list.page(session, access.viewer, wanted, paging.window)
    return paging.page(rows, lambda row: row_shape(access, row))


@router.get("/{reference}", summary="One session: its facts, what it costs and why, its bill data records")
async def show(reference: str, access: Reading) -> SessionShape:
    async with access.work() as work:
        return await session_shape(work, access, await found(work, access, reference))


async def found(work: Work, access: Access, reference: str) -> Shown:
    """Raises NotFound where there is none that the caller sees."""
    shown = await session_list.find(work.session, access.viewer, reference)
    if shown is None:
        raise NotFound("There is no such session for your organisation")
    return shown
