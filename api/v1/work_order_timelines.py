"""A work order's whole timeline, for those that no placement request tells of (P22, L6)."""

from datetime import datetime

from fastapi import APIRouter

from api.v1.timelines import TimelineShape, document_item, event_item, is_for_partners, message_item
from api.v1.work_orders import Reading, found
from models.rules.access import Reach
from models.store import documents, notices, work_orders
from models.tables.timeline import TimelineEntry
from models.usecases import trail

router = APIRouter(prefix="/work-orders", tags=["work orders"])


@router.get("/{reference}/timeline", summary="What happened to the work order, its stations and hardware, oldest first")
async def show(reference: str, access: Reading) -> TimelineShape:
    """Partners see no refused attempts, no tasks, no commands to stations, nothing that became of the hardware before,
    no messages to others.
    """
    sees_all = access.viewer.reach is Reach.ALL
    async with access.reading() as session:
        order = await found(session, access, reference)
        lines = await work_orders.lines(session, order.id)
        stations = [station for *_, station in lines if station is not None]
        subjects = [order.id, *(each.id for each in stations), *(line.unit_id for line, *_ in lines if line.unit_id)]
        if order.site_id is not None:
            subjects.append(order.site_id)
        entries = [each for each in await work_orders.timeline(session, *subjects) if not trail.is_bare(each)]
        sent = await notices.about(session, [order.reference, *(each.name for each in stations)])
        filed = await documents.of_work_order(session, order.id)
    began = min((entry.at for entry in entries if entry.subject_id == order.id), default=order.created_at)
    items = [event_item(access, entry) for entry in entries if sees_all or _is_its_own(entry, began)]
    items += [
        message_item(notice, endpoint)
        for notice, endpoint in sent
        if sees_all or endpoint.organisation_id == access.caller.organisation_id
    ]
    items += [document_item(each) for each in filed]
    return TimelineShape(items=sorted(items, key=lambda item: item.at))


def _is_its_own(entry: TimelineEntry, began: datetime) -> bool:
    """Whether partners see it: hardware may have been in another partner's hands before."""
    was_before = entry.subject == "unit" and entry.at < began
    return is_for_partners(entry) and not was_before
