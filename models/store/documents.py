"""Documents and photos."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.tables.document import Document
from models.tables.placement import PlacementRequest
from models.tables.site import Site
from models.tables.work_order import WorkOrder

PHOTO = "photo"
SAT_REPORT = "sat_report"


async def find(session: AsyncSession, document_id: UUID, viewer: Viewer) -> Document | None:
    """A requester or a site's owner reads what is meant for it, an installer what belongs to its work orders."""
    found = await session.execute(
        select(Document)
        .outerjoin(PlacementRequest, col(PlacementRequest.id) == col(Document.placement_id))
        .outerjoin(WorkOrder, col(WorkOrder.id) == col(Document.work_order_id))
        .outerjoin(Site, col(Site.id) == col(WorkOrder.site_id))
        .where(
            col(Document.id) == document_id,
            sa.or_(
                sa.and_(
                    col(Document.for_requester), viewer.sees(col(PlacementRequest.requester_id), col(Site.owner_id))
                ),
                viewer.sees(col(WorkOrder.installer_id)),
            ),
        )
    )
    return found.scalar_one_or_none()


async def photo(session: AsyncSession, value: str, work_order_id: UUID) -> Document | None:
    """The photo that ``value`` names, where it was uploaded to this work order."""
    try:
        document_id = UUID(value)
    except ValueError:
        return None
    found = await session.execute(
        select(Document).where(
            col(Document.id) == document_id,
            col(Document.work_order_id) == work_order_id,
            col(Document.kind) == PHOTO,
        )
    )
    return found.scalar_one_or_none()


async def by_key(session: AsyncSession, key: str) -> Document | None:
    found = await session.execute(select(Document).where(col(Document.key) == key))
    return found.scalar_one_or_none()


async def photos_of(session: AsyncSession, work_order_id: UUID) -> int:
    """How many photos were uploaded to the work order."""
    found = await session.execute(
        select(sa.func.count())
        .select_from(Document)
        .where(col(Document.work_order_id) == work_order_id, col(Document.kind) == PHOTO)
    )
    return int(found.scalar_one())


async def of_work_order(session: AsyncSession, work_order_id: UUID) -> Sequence[Document]:
    found = await session.execute(
        select(Document).where(col(Document.work_order_id) == work_order_id).order_by(col(Document.id))
    )
    return found.scalars().all()
