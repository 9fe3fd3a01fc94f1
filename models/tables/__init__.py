"""SQLModel tables, one file per aggregate. Tables never parse input; states are text with a CHECK."""

from models.tables import (
    access,
    asset,
    charging,
    document,
    handover,
    notice,
    placement,
    sat,
    task,
    tender,
    timeline,
    unit,
    work_order,
)

__all__ = [
    "access",
    "asset",
    "charging",
    "document",
    "handover",
    "notice",
    "placement",
    "sat",
    "task",
    "tender",
    "timeline",
    "unit",
    "work_order",
]
