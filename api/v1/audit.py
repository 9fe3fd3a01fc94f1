"""The audit trail: who did or tried what, when and why, and how the rows stood before and after."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.auth.access import Access, require
from api.paging import Page, Pages
from api.v1.shapes import Shape, example
from models.rules.access import Permission
from models.store import audit
from models.store.audit import AuditFilter

router = APIRouter(prefix="/audit", tags=["audit"])

Reading = Annotated[Access, require(Permission.AUDIT_READ)]

_CHANGE = {
    "what": "placement_request",
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c42",
    "before": {"stage": "submitted"},
    "after": {"stage": "grid_requested"},
}


class ChangeShape(Shape):
    """A row that was changed. Secrets and personal data are masked."""

    model_config = example(**_CHANGE)

    what: str = Field(description="The kind of row")
    id: str
    before: dict[str, Any] | None = Field(description="The changed columns as they were; null: there was no such row")
    after: dict[str, Any] | None = Field(description="The changed columns as they are; null: the row is gone")


class AuditEntryShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c61",
        at="2026-11-21T09:12:00Z",
        actor="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
        actor_name="Olga Operations",
        subject="placement",
        subject_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c42",
        reference=None,
        what="approve",
        why=None,
        refused=False,
        detail={"before": "submitted", "after": "grid_requested"},
        changes=[_CHANGE],
        correlation_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
    )

    id: UUID
    at: datetime
    actor: str = Field(description="A principal's id, or the name of an outside party or of the process itself")
    actor_name: str
    subject: str
    subject_id: UUID
    reference: str | None = Field(description="What a refused attempt was aimed at")
    what: str
    why: str | None
    refused: bool
    detail: dict[str, Any]
    changes: list[ChangeShape]
    correlation_id: str | None


@router.get("", summary="The audit trail, newest first, with refused attempts")
async def show_all(access: Reading, paging: Pages, wanted: Annotated[AuditFilter, Depends()]) -> Page[AuditEntryShape]:
    """Entries are never changed or removed: the database refuses it."""
    async with access.reading() as session:
        rows = await audit.page(session, wanted, paging.window)
    return paging.page(rows, AuditEntryShape.model_validate)
