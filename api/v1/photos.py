"""Photos for the acceptance test: uploaded, looked at with suspicion, kept (P16)."""

import asyncio
import hashlib
import struct
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, UploadFile
from PIL import Image
from starlette.responses import Response

from api.auth.access import Access, require
from api.envelope import takes_up_to
from api.idempotency import Once
from api.v1.documents import DocumentShape, document_shape
from api.v1.work_orders import to_work_on
from models.errors import DocumentTooLarge, UnsupportedMedia
from models.rules.access import Permission
from models.store import documents
from models.usecases import photo as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/work-orders/{reference}/photos", tags=["acceptance tests"])

Performing = Annotated[Access, require(Permission.WORK_ORDERS_PERFORM)]

PHOTO_LIMIT_BYTES = 10 * 1024 * 1024
_FORM_AROUND_BYTES = 64 * 1024
_MOST_PIXELS = 50_000_000
_KINDS = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""A JPEG with a preview in it, as many phones make them, calls itself MPO."""
# What Pillow raises for files that are cut off, forged or something else altogether.
_UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, struct.error)

_one_at_a_time = asyncio.Semaphore(1)
"""A photo takes up to 200 MB while it is looked at."""


@router.post("", status_code=201, response_model=DocumentShape, summary="Add a photo: JPEG, PNG or WebP, up to 10 MiB")
@takes_up_to(PHOTO_LIMIT_BYTES + _FORM_AROUND_BYTES)
async def add(reference: str, file: UploadFile, access: Performing, once: Once) -> Response:
    """Answer a photo question with the id that this gives. The same photo again gives the same id."""
    async with access.reading() as session:
        order = await to_work_on(session, access, reference)
        usecase.check_possible(order, await documents.photos_of(session, order.id))
    content = await _bytes(file)
    async with _one_at_a_time:
        content_type = await asyncio.to_thread(content_type_of, content)
    sha256 = hashlib.sha256(content).hexdigest()
    await access.services.documents.put(usecase.document_key(order, content_type, sha256), content, content_type)

    async def create(work: Work) -> DocumentShape:
        size_bytes = len(content)
        kept = await usecase.file(work, order, content_type=content_type, size_bytes=size_bytes, sha256=sha256)
        return document_shape(kept)

    return await once.answer(access, create, upload=sha256)


async def _bytes(file: UploadFile) -> bytes:
    content = await file.read(PHOTO_LIMIT_BYTES + 1)
    if len(content) > PHOTO_LIMIT_BYTES:
        raise DocumentTooLarge("The photo is larger than 10 MiB; take it with fewer pixels", field="/file")
    return content


def content_type_of(content: bytes) -> str:
    """What the photo is by its content, whatever it is called. Every pixel is read, so that it can be printed later.

    Raises UnsupportedMedia; DocumentTooLarge for one that unfolds to more pixels than any camera takes.
    """
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            kind = _KINDS[image.format or ""]
            if image.width * image.height > _MOST_PIXELS:
                raise DocumentTooLarge("The photo has more than 50 million pixels", field="/file")
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DocumentTooLarge("The photo has more than 50 million pixels", field="/file") from error
    except _UNREADABLE as error:
        raise UnsupportedMedia("Send a JPEG, PNG or WebP photo that is whole", field="/file") from error
    return kind
