"""Messages of the installation process."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from models.messages.base import Decision, Message, Progress

HardwareId = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=64)]


class PlanWorkOrder(Decision):
    planned_for: date


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


class Commissioned(Message):
    """A line's station and how its commissioning process is named."""

    asset_id: UUID
    name: str


class WorkOrderProgress(Progress):
    stations: tuple[Commissioned, ...] = ()
    """The lines' stations whose commissioning has begun and not ended."""
    reported: bool = False
