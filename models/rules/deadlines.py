"""Working-day deadlines (P2, P21)."""

from collections.abc import Container
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.rules.placement import PlacementStage

OPERATIONS_REVIEW_DAYS = 5
LOCATION_PROPOSAL_DAYS = 5
SAT_REVIEW_DAYS = 3
ACTIVATION_DAYS = 1
LATE_FACT_DAYS = 2

TASK_DAYS = {
    PlacementStage.SUBMITTED: OPERATIONS_REVIEW_DAYS,
    PlacementStage.LOCATION_REJECTED: LOCATION_PROPOSAL_DAYS,
    PlacementStage.SAT_REVIEW: SAT_REVIEW_DAYS,
    PlacementStage.ACCEPTED: ACTIVATION_DAYS,
}

_SATURDAY = 5
_CLOSE_OF_BUSINESS = time(17, 0)


def due_at(start: datetime, working_days: int, holidays: Container[date], zone: ZoneInfo) -> datetime:
    """Close of business (17:00 in ``zone``) on the ``working_days``-th working day after ``start``.

    The day of ``start`` itself does not count; Saturdays, Sundays and ``holidays`` do not either.
    """
    day = start.astimezone(zone).date()
    left = working_days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in holidays:
            left -= 1
    return datetime.combine(day, _CLOSE_OF_BUSINESS, tzinfo=zone)
