"""Commands that people send to stations, and what came of each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.command_shapes import CommandShape, CommandToAsk, command_shape
from api.v1.shapes import sample
from api.v1.stations import found
from models.errors import Forbidden, NotFound
from models.rules.access import Permission
from models.rules.command import AT_HAND
from models.store import commands
from models.store.commands import CommandFilter
from models.tables.asset import Asset
from models.tables.command import AskedCommand
from models.usecases import command
from models.usecases.work import Work

router = APIRouter(prefix="/stations/{name}/commands", tags=["stations"])

Maintaining = Annotated[Access, require(Permission.STATIONS_MAINTAIN)]


@router.post("", status_code=202, summary="Send the station a command", response_model=CommandShape)
async def ask(
    name: str,
    body: Annotated[CommandToAsk, sample(kind="reset", arguments={"kind": "soft"}, valid_s=300)],
    access: Maintaining,
    once: Once,
) -> Response:
    """It is on its way when this is answered; follow it by its id, or by the station's events.

    A station that is not connected is waited for. Whoever maintains stations may reset, unlock, trigger a message and
    fetch a log; everything else needs the permission `stations:command`.
    """
    new = body.new()
    _check(access, new.kind)

    async def create(work: Work) -> CommandShape:
        asset = await found(work.session, access, name)
        return command_shape(await command.ask(work, asset.id, new))

    return await once.answer(access, create)


@router.get("", summary="The station's commands, newest first")
async def show_all(
    name: str, access: Maintaining, paging: Pages, wanted: Annotated[CommandFilter, Depends()]
) -> Page[CommandShape]:
    """Whoever only maintains the station sees what is at hand for that, and not what the operator does with it."""
    kinds = None if _commands(access) else AT_HAND
    async with access.reading() as session:
        asset = await found(session, access, name)
        rows = await commands.page(session, asset.id, wanted, kinds=kinds, after=paging.after, limit=paging.fetch)
    return paging.page(rows, command_shape)


@router.get("/{command_id}", summary="One command, and what came of it")
async def show(name: str, command_id: UUID, access: Maintaining) -> CommandShape:
    async with access.reading() as session:
        asset = await found(session, access, name)
        return command_shape(await _seen(session, access, asset, command_id))


@router.post(
    "/{command_id}/cancel",
    status_code=200,
    summary="Call a command off, as long as it was not sent",
    response_model=CommandShape,
)
async def cancel(name: str, command_id: UUID, access: Maintaining, once: Once) -> Response:
    async def call_off(work: Work) -> CommandShape:
        asset = await found(work.session, access, name)
        await _seen(work.session, access, asset, command_id)
        return command_shape(await command.cancel(work, asset.id, command_id))

    return await once.answer(access, call_off)


def _commands(access: Access) -> bool:
    return access.caller.reach(Permission.STATIONS_COMMAND) is not None


def _check(access: Access, kind: str) -> None:
    """Raises Forbidden."""
    if kind not in AT_HAND and not _commands(access):
        at_hand = ", ".join(sorted(AT_HAND))
        raise Forbidden(
            f"'{kind}' needs the permission '{Permission.STATIONS_COMMAND}'; you may send: {at_hand}",
            permission=Permission.STATIONS_COMMAND.value,
        )


async def _seen(session: AsyncSession, access: Access, asset: Asset, command_id: UUID) -> AskedCommand:
    """Raises NotFound where there is none that the caller sees."""
    row = await commands.find(session, asset.id, command_id)
    if row is None or not (row.kind in AT_HAND or _commands(access)):
        raise NotFound(f"There is no such command to station {asset.name}")
    return row
