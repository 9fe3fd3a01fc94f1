"""The way of a fact to its workflow (rule 1)."""

from datetime import datetime
from enum import StrEnum

STUCK_AFTER_ATTEMPTS = 60

FROM_OUTSIDE = frozenset(
    {
        "grid_call",
        "plan_call",
        "station_connected",
        "station_booted",
        "boot_refused",
        "transaction_started",
        "energy_flowed",
        "transaction_stopped",
    }
)
"""What outside parties and stations tell. The other facts are of our own processes, which know of each other's ends."""

NEEDS_A_LOOK = frozenset({"grid_call", "plan_call"})
"""Those that somebody should look into where they come too late."""


class FactState(StrEnum):
    WAITING = "waiting"
    STUCK = "stuck"
    DELIVERED = "delivered"
    LATE = "late"
    SKIPPED = "skipped"


def state_of(
    *, delivered_at: datetime | None, late: bool, stuck_at: datetime | None, skipped_at: datetime | None
) -> FactState:
    """Where a fact stands; what was delivered stays so, however often it had to be tried."""
    if delivered_at is not None:
        return FactState.DELIVERED
    if late:
        return FactState.LATE
    if skipped_at is not None:
        return FactState.SKIPPED
    return FactState.WAITING if stuck_at is None else FactState.STUCK
