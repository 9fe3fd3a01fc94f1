"""Working-day deadlines: how long each stage may take, whom it is told, and to whom it is passed on (P2, P21)."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from models.rules.access import Role
from models.rules.commissioning import COMMISSIONING
from models.rules.commissioning import CommissioningStage as C
from models.rules.machine import Machine
from models.rules.placement import PLACEMENT
from models.rules.placement import PlacementStage as P
from models.rules.work_order import WORK_ORDER
from models.rules.work_order import WorkOrderStage as W

LATE_FACT_DAYS = 2
OVERDUE_DAYS = 1
"""For whoever has to look after somebody else's overdue task."""
REMIND_BEFORE_DAYS = 1

_SATURDAY = 5
_START_OF_BUSINESS, _CLOSE_OF_BUSINESS = time(9, 0), time(17, 0)


@dataclass(frozen=True)
class Term:
    """How long a stage may take; both in working days."""

    working_days: int
    remind_before_days: int = REMIND_BEFORE_DAYS


MACHINES: Mapping[str, Machine[Any, Any]] = MappingProxyType(
    {"placement": PLACEMENT, "work_order": WORK_ORDER, "commissioning": COMMISSIONING}
)
"""The processes with deadlines, by the names under which these are settled."""

DEFAULTS: dict[tuple[str, StrEnum], Term] = {
    ("placement", P.SUBMITTED): Term(5),
    ("placement", P.GRID_REQUESTED): Term(10, 2),
    ("placement", P.GRID_APPROVED): Term(20, 3),
    ("placement", P.PREPARATION_SCHEDULED): Term(30, 5),
    ("placement", P.PENDING_GRID_INSTALLATION): Term(40, 5),
    ("placement", P.LOCATION_REJECTED): Term(5),
    ("placement", P.IN_INSTALLATION): Term(30, 5),
    ("placement", P.SAT_REVIEW): Term(3),
    ("placement", P.ACCEPTED): Term(1),
    ("placement", P.UNDOING): Term(15, 3),
    ("work_order", W.OPEN): Term(5),
    ("work_order", W.PLANNED): Term(10, 2),
    ("work_order", W.IN_PROGRESS): Term(10, 2),
    ("work_order", W.SAT_REVIEW): Term(3),
    ("work_order", W.ACCEPTED): Term(1),
    ("commissioning", C.AWAITING_HARDWARE): Term(5),
    ("commissioning", C.REGISTERED): Term(1),
    ("commissioning", C.CONNECTED): Term(1),
    ("commissioning", C.BOOTED): Term(1),
    ("commissioning", C.CONFIGURED): Term(1),
    ("commissioning", C.CHECKED): Term(5),
    ("commissioning", C.FAILED): Term(5),
    ("commissioning", C.TEST_CHARGING): Term(1),
    ("commissioning", C.TEST_CHARGED): Term(10, 2),
    ("commissioning", C.ACCEPTED): Term(1),
}
"""What holds where the operator has settled nothing else. A planned work order's days count from the planned one."""

TOLD_ELSEWHERE = frozenset(
    {("placement", P.SAT_REVIEW), ("placement", P.ACCEPTED), ("work_order", W.ACCEPTED)},
)
"""Their deadline is kept and shown, but the task of another process tells of it."""

ESCALATED_TO = {
    Role.REQUESTER: Role.OPERATIONS,
    Role.INSTALLER: Role.OPERATIONS,
    Role.SERVICE_PARTNER: Role.OPERATIONS,
    Role.WAREHOUSE: Role.OPERATIONS,
    Role.OPERATIONS: Role.ADMINISTRATION,
    Role.ENGINEER: Role.ADMINISTRATION,
    Role.CUSTOMER_CARE: Role.ADMINISTRATION,
    Role.FINANCE: Role.ADMINISTRATION,
    Role.SUPER_USER: Role.CUSTOMER_CARE,
}
"""Who looks after what another role has not done in time; nobody stands behind administration."""


def process_of(machine: Machine[Any, Any]) -> str:
    """The name under which deadlines of its stages are settled."""
    return machine.name.replace(" ", "_")


def default_term(process: str, stage: StrEnum) -> Term | None:
    """None where nobody is waited for. Raises KeyError for a stage that nobody has thought of."""
    return DEFAULTS[process, stage] if MACHINES[process].state(stage).waits_for else None


def awaited_role(machine: Machine[Any, Any], stage: StrEnum) -> Role | None:
    """The role that a stage waits for; None for outside parties and machines, which have no inbox here."""
    waits_for = (machine.state(stage).waits_for or "").replace(" ", "_")
    return Role(waits_for) if waits_for in set(Role) else None


def due_at(start: datetime, working_days: int, holidays: Container[date], zone: ZoneInfo) -> datetime:
    """Close of business (17:00 in ``zone``) on the ``working_days``-th working day after ``start``.

    The day of ``start`` itself does not count; Saturdays, Sundays and ``holidays`` do not either.
    """
    day = _walk(start.astimezone(zone).date(), working_days, holidays, timedelta(days=1))
    return datetime.combine(day, _CLOSE_OF_BUSINESS, tzinfo=zone)


def remind_at(
    start: datetime, due: datetime, days_before: int, holidays: Container[date], zone: ZoneInfo
) -> datetime | None:
    """Start of business (09:00 in ``zone``) on the ``days_before``-th working day before ``due``.

    Where that lies before ``start``, on the morning of the last day; None where that is over too.
    """
    last_day = due.astimezone(zone).date()
    for day in (_walk(last_day, days_before, holidays, timedelta(days=-1)), last_day):
        instant = datetime.combine(day, _START_OF_BUSINESS, tzinfo=zone)
        if start < instant < due:
            return instant
    return None


def _walk(day: date, working_days: int, holidays: Container[date], step: timedelta) -> date:
    left = working_days
    while left > 0:
        day += step
        if day.weekday() < _SATURDAY and day not in holidays:
            left -= 1
    return day
