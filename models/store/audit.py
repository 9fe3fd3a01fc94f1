"""The audit trail as it is looked through."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.window import Window, cut
from models.tables.asset import Asset
from models.tables.placement import PlacementRequest
from models.tables.tender import Product, Tender
from models.tables.timeline import TimelineEntry
from models.tables.unit import Unit
from models.tables.work_order import WorkOrder


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are wanted; None wants all."""

    actor: Annotated[str | None, Field(max_length=200, description="A principal's id, or an outside party")] = None
    subject: Annotated[str | None, Field(max_length=40, description="`placement`, `work order`, `principal` ...")] = (
        None
    )
    subject_id: UUID | None = None
    reference: Annotated[
        str | None, Field(max_length=80, description="Of a request, work order, station, unit, tender or product")
    ] = None
    at_from: Annotated[AwareDatetime | None, Field(description="This instant or later")] = None
    at_to: Annotated[AwareDatetime | None, Field(description="Before this instant")] = None
    refused: Annotated[bool | None, Field(description="Only what was refused, or only what was done")] = None
    correlation_id: Annotated[str | None, Field(max_length=64)] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        equal = {
            TimelineEntry.actor: self.actor,
            TimelineEntry.subject: self.subject,
            TimelineEntry.subject_id: self.subject_id,
            TimelineEntry.correlation_id: self.correlation_id,
        }
        yield from (col(column) == value for column, value in equal.items() if value is not None)
        if self.refused is not None:
            yield col(TimelineEntry.refused).is_(self.refused)
        if self.at_from is not None:
            yield col(TimelineEntry.at) >= self.at_from
        if self.at_to is not None:
            yield col(TimelineEntry.at) < self.at_to


async def page(session: AsyncSession, wanted: AuditFilter, window: Window) -> Sequence[TimelineEntry]:
    query = select(TimelineEntry).where(*wanted.conditions())
    if wanted.reference is not None:
        query = query.where(await _about(session, wanted.reference))
    return list((await session.execute(cut(query, col(TimelineEntry.id), window))).scalars())


async def _about(session: AsyncSession, reference: str) -> sa.ColumnElement[bool]:
    """What concerns whatever goes by the reference; of a placement, everything that belongs to it."""
    named = (
        (PlacementRequest.id, PlacementRequest.reference),
        (WorkOrder.id, WorkOrder.reference),
        (Asset.id, Asset.name),
        (Unit.id, Unit.hardware_id),
        (Tender.id, Tender.code),
        (Product.id, Product.code),
    )
    found = await session.execute(sa.union_all(*(select(own).where(col(name) == reference) for own, name in named)))
    ids = list(found.scalars())
    return sa.or_(
        col(TimelineEntry.reference) == reference,
        col(TimelineEntry.subject_id).in_(ids),
        col(TimelineEntry.placement_id).in_(ids),
    )
