"""Messages of the installation process."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from models.messages.base import Decision, Message, Progress
from models.messages.placement import Line, Paragraph

HardwareId = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=64)]


class PlanTerms(Message):
    """What can be said of a plan beside its day. ``crew`` is the name of a crew of the work order's installer."""

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    crew: Line | None = None
    note: Paragraph | None = None
    reason: Paragraph | None = None
    """Why it is planned anew, or why a conflict is accepted."""
    accept_conflicts: bool = False


class PlanWorkOrder(PlanTerms, Decision):
    planned_for: date


class WantedPlan(PlanTerms):
    """A plan as people and installers' systems say it: a day, or the hours, which have their day."""

    planned_for: date | None = None
    """The day on which the crew comes, where the stations are to stand."""


class PlanCallReceived(Message):
    """A call of an installer's own system, its signature checked."""

    webhook_id: str
    reference: str
    """The work order's."""
    wanted: WantedPlan
    occurred_at: AwareDatetime


class LinkHardware(Decision):
    line_id: UUID
    hardware_id: HardwareId


class UnlinkHardware(Decision):
    line_id: UUID


class StartConnectionTest(Decision):
    line_id: UUID


class SubmitSat(Decision):
    pass


class Remark(Message):
    """What is wrong with one answer; ``line_id`` is None for the site's part."""

    question: str
    line_id: UUID | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class ReturnSat(Decision):
    remarks: tuple[Remark, ...] = Field(min_length=1, max_length=200)


class ApproveSat(Decision):
    pass


class CancelWorkOrder(Decision):
    reason: Paragraph


class Commissioned(Message):
    """A line's station and how its commissioning process is named."""

    asset_id: UUID
    name: str


class WorkOrderProgress(Progress):
    stations: tuple[Commissioned, ...] = ()
    """The lines' stations whose commissioning has begun and not ended."""
    reported: bool = False
