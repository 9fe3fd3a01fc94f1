"""Messages of the commissioning process."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from models.messages.base import Decision, Message, Progress, Step


class StartTestCharge(Decision):
    pass


class ActivateStation(Decision):
    pass


class CommissioningProgress(Progress):
    """``boot_due_at``: until when the station has to boot; ``test_token``: the card that the test charge uses.

    ``test_transaction``: the number of the test charge's transaction, once it has begun.
    """

    name: str
    test_number: int = 0
    boot_due_at: datetime | None = None
    test_token: str | None = None
    test_transaction: int | None = None
    configuration: dict[str, str] = Field(default_factory=dict)
    connectors: int = 1
    test_charge_time_limit_s: int


class CommissioningStep(Step):
    """A step about one station in one of its connection tests; ``event`` or ``reason`` where the step needs one."""

    test_number: int = 0
    event: str | None = None
    reason: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class StationNode(Message):
    """The CSMS node that holds the station's socket; None while it is not connected."""

    node: str | None


class SelfCheck(Message):
    """What the station says of itself: its settings, by key, as read back; None for those it does not have."""

    asset_id: UUID
    correlation_id: str
    read_back: dict[str, str | None]


class Findings(Message):
    """What a self-check found wrong, in plain words; empty where it passed."""

    wrong: tuple[str, ...]
