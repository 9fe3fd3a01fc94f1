"""Tariffs, their versions, and for whom they hold (C10)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Pages, Paging, pages_by
from api.v1.shapes import sample
from api.v1.tariff_shapes import (
    TARIFF,
    AssignmentShape,
    TariffRowShape,
    TariffShape,
    VersionShape,
    assignment_shape,
    version_shape,
)
from models.errors import NotFound
from models.messages.tariff import EndAssignment, NewAssignment, NewTariff, NewTariffVersion
from models.rules import tariff_choice
from models.rules.access import Permission
from models.store import tariffs
from models.store.tariffs import ShownAssignment, TariffFilter
from models.tables.tariff import Tariff
from models.usecases import tariff as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/tariffs", tags=["tariffs"])

Reading = Annotated[Access, require(Permission.TARIFFS_READ)]
Managing = Annotated[Access, require(Permission.TARIFFS_MANAGE)]
NEW = {"code": "TRF-PUBLIC", "name": "Public charging", "tariff": TARIFF}


@router.post("", status_code=201, response_model=TariffShape, summary="Make a tariff, with its first version")
async def create(body: Annotated[NewTariff, sample(**NEW)], access: Managing, once: Once) -> Response:
    """`tariff` is OCPI 2.2.1's Tariff without its identity, with `tax_included` of 2.3.0 (YES: prices are gross), and
    two restrictions of ours: `min_overstay` (seconds since charging ended) and `place_kind`. It holds for nobody until
    it is assigned."""

    async def make(work: Work) -> TariffShape:
        return await _shape(work, await usecase.create(work, body))

    return await once.answer(access, make)


@router.get("", summary="Tariffs, newest first")
async def show_all(
    access: Reading, paging: Annotated[Paging, pages_by(code=str)], wanted: Annotated[TariffFilter, Depends()]
) -> Page[TariffRowShape]:
    now = access.services.desk.clock()
    async with access.reading() as session:
        rows = await tariffs.page(session, wanted, paging.window)
        heads = await tariffs.heads(session, [row.id for row in rows])

    def show(row: Tariff) -> TariffRowShape:
        held = tariff_choice.version_at(heads[row.id], now)
        return TariffRowShape(**row.model_dump(), version=None if held is None else held.number)

    return paging.page(rows, show)


@router.get("/{tariff}", summary="One tariff, as it holds now")
async def show(tariff: str, access: Reading) -> TariffShape:
    async with access.work() as work:
        return await _shape(work, await found(work.session, tariff))


@router.post("/{tariff}/versions", status_code=201, response_model=VersionShape, summary="Add a version")
async def add_version(
    tariff: str,
    body: Annotated[NewTariffVersion, sample(tariff=TARIFF)],
    access: Managing,
    once: Once,
    condition: IfMatch,
) -> Response:
    """Sessions that have started before it holds keep the version that they started with."""

    async def make(work: Work) -> VersionShape:
        row = await usecase.lock(work, tariff)
        await condition.check(lambda: _shape(work, row))
        return version_shape(await usecase.add_version(work, row, body))

    return await once.answer(access, make)


@router.get("/{tariff}/versions", summary="Its versions, newest first")
async def show_versions(tariff: str, access: Reading, paging: Pages) -> Page[VersionShape]:
    async with access.reading() as session:
        rows = await tariffs.versions(session, (await found(session, tariff)).id, paging.window)
    return paging.page(rows, version_shape)


@router.post("/{tariff}/assignments", status_code=201, response_model=AssignmentShape, summary="Assign a tariff")
async def assign(
    tariff: str, body: Annotated[NewAssignment, sample(place_kind="PUBLIC")], access: Managing, once: Once
) -> Response:
    """Of several that fit a session, one for the car wins over one for its account, that over one for the group, that
    over one for the station, that over one for the kind of place; then the one that began later."""

    async def make(work: Work) -> AssignmentShape:
        row = await usecase.lock(work, tariff)
        assigned = await usecase.assign(work, row, body)
        return assignment_shape(await _assignment(work.session, row, assigned.id))

    return await once.answer(access, make)


@router.get("/{tariff}/assignments", summary="For whom, where and when it holds, newest first")
async def show_assignments(tariff: str, access: Reading, paging: Pages) -> Page[AssignmentShape]:
    async with access.reading() as session:
        rows: Sequence[ShownAssignment] = await tariffs.assignments(
            session, (await found(session, tariff)).id, paging.window
        )
    return paging.page(rows, assignment_shape)


@router.post(
    "/{tariff}/assignments/{assignment_id}/end",
    status_code=200,
    response_model=AssignmentShape,
    summary="Let an assignment hold no more",
)
async def end(
    tariff: str,
    assignment_id: UUID,
    body: Annotated[EndAssignment, sample(at="2099-01-01T00:00:00Z")],
    access: Managing,
    once: Once,
) -> Response:
    """Sessions that have started keep their tariff."""

    async def call_off(work: Work) -> AssignmentShape:
        row = await usecase.lock(work, tariff)
        shown = await _assignment(work.session, row, assignment_id)
        await usecase.end(work, row, shown.row, body.at)
        return assignment_shape(shown)

    return await once.answer(access, call_off)


async def found(session: AsyncSession, code: str) -> Tariff:
    """Raises NotFound."""
    row = await tariffs.find(session, code)
    if row is None:
        raise NotFound(f"There is no tariff '{code}'")
    return row


async def _assignment(session: AsyncSession, row: Tariff, assignment_id: UUID) -> ShownAssignment:
    shown = await tariffs.assignment(session, row.id, assignment_id)
    if shown is None:
        raise NotFound(f"Tariff '{row.code}' has no such assignment")
    return shown


async def _shape(work: Work, row: Tariff) -> TariffShape:
    held = await usecase.version_at(work, row, work.now)
    return TariffShape(
        **row.model_dump(),
        version=None if held is None else held.version.number,
        tariff=None if held is None else usecase.published(held, work.terms).said(),
    )
