"""Photos for the site acceptance test: kept by their content, so that the same one is kept once (P16)."""

from models.errors import StageDoesNotAllow
from models.rules.work_order import FILLING_IN
from models.store import documents, work_orders
from models.tables.document import Document
from models.tables.work_order import WorkOrder
from models.usecases import work_order
from models.usecases.work import Work

PHOTOS_LIMIT = 500
"""For one work order."""

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def check_possible(order: WorkOrder, count: int) -> None:
    """Whether a work order with ``count`` photos can have another. Raises StageDoesNotAllow."""
    if order.stage not in FILLING_IN:
        raise StageDoesNotAllow(f"Photos can't be added while the work order is '{order.stage}'")
    if count >= PHOTOS_LIMIT:
        raise StageDoesNotAllow(f"The work order has {count} photos, which is as many as it can have")


def document_key(order: WorkOrder, content_type: str, sha256: str) -> str:
    return f"photos/{order.reference}/{sha256}.{ENDINGS[content_type]}"


async def file(work: Work, order: WorkOrder, *, content_type: str, size_bytes: int, sha256: str) -> Document:
    """Put a photo, whose bytes are kept under its ``document_key``, with the work order. Raises StageDoesNotAllow."""
    locked = await work_orders.lock(work.session, order.id)
    key = document_key(locked, content_type, sha256)
    known = await documents.by_key(work.session, key)
    if known is not None:
        return known
    count = await documents.photos_of(work.session, locked.id)
    check_possible(locked, count)
    photo = Document(
        kind=documents.PHOTO,
        placement_id=locked.placement_id,
        work_order_id=locked.id,
        name=f"{locked.reference}-photo-{count + 1}.{ENDINGS[content_type]}",
        content_type=content_type,
        size_bytes=size_bytes,
        sha256=sha256,
        key=key,
        created_by=work.actor.id,
    )
    work.session.add(photo)
    await work.session.flush()
    work_order.record(work, locked, "photo added", document=str(photo.id), name=photo.name)
    return photo
