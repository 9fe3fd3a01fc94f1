"""Reports and photos (P18)."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import Field
from starlette.responses import Response

from api.auth.access import Access, require
from api.v1.shapes import Shape, example
from models.errors import NotFound
from models.rules.access import Permission
from models.store import documents
from models.tables.document import Document
from models.usecases.photo import ENDINGS
from models.usecases.report import PDF

router = APIRouter(prefix="/documents", tags=["documents"])

Reading = Annotated[Access, require(Permission.DOCUMENTS_READ)]

DOCUMENT = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c61",
    "kind": "sat_report",
    "name": "SAT-2026-000017.pdf",
    "content_type": "application/pdf",
    "size_bytes": 84211,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-12-09T15:02:11Z",
    "content": "/v1/documents/0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c61/content",
}


class DocumentShape(Shape):
    model_config = example(**DOCUMENT)

    id: UUID
    kind: str = Field(description="`sat_report` or `photo`")
    name: str
    content_type: str
    size_bytes: int
    sha256: str = Field(description="Of the content, in hexadecimal; its ETag too")
    created_at: datetime
    content: str = Field(description="Where the bytes are")


class DocumentsShape(Shape):
    items: list[DocumentShape]


def document_shape(row: Document) -> DocumentShape:
    fields = row.model_dump(include=set(DocumentShape.model_fields) - {"content"})
    return DocumentShape(**fields, content=f"/v1/documents/{row.id}/content")


@router.get("/{document_id}", summary="What a document is")
async def show(document_id: UUID, access: Reading) -> DocumentShape:
    """A requester sees what is meant for it, an installer what belongs to its work orders."""
    return document_shape(await _find(access, document_id))


@router.get(
    "/{document_id}/content",
    summary="A document's bytes",
    response_class=Response,
    responses={
        200: {
            "description": "The bytes, under their own content type",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (PDF, *ENDINGS)},
        },
        304: {"description": "The content is the one that `If-None-Match` names"},
    },
)
async def download(
    document_id: UUID, access: Reading, if_none_match: Annotated[str | None, Header(max_length=1000)] = None
) -> Response:
    document = await _find(access, document_id)
    headers = {
        "ETag": f'"{document.sha256}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name, safe='')}",
    }
    if if_none_match and (if_none_match.strip() == "*" or document.sha256 in _tags(if_none_match)):
        return Response(status_code=304, headers=headers)
    content = await access.services.documents.get(document.key)
    return Response(content, headers=headers, media_type=document.content_type)


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}


async def _find(access: Access, document_id: UUID) -> Document:
    async with access.reading() as session:
        document = await documents.find(session, document_id, access.viewer)
    if document is None:
        raise NotFound("There is no such document for your organisation")
    return document
