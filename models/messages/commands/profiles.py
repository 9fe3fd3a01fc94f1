"""Charging profiles: what a station may draw, and when."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from models.messages.base import Message
from models.messages.commands.fields import INT32_MAX, SINCE_2, SINCE_2_1, Connector, Number, StationCall, Transaction

Limit = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=1)]
Discharge = Annotated[Decimal | None, SINCE_2_1, Field(ge=-1_000_000, le=0, decimal_places=1)]
SetPoint = Annotated[Decimal | None, SINCE_2_1, Field(ge=-1_000_000, le=1_000_000, decimal_places=1)]
OfPhase = Annotated[Limit | None, SINCE_2_1]


class PowerLimits(Message):
    """In the schedule's unit; ``_l2`` and ``_l3`` for these phases where they differ. ``discharge_limit``: into the
    grid, as a negative number. ``setpoint``: what is to flow, in either direction.
    """

    limit: Limit | None = None
    limit_l2: OfPhase = None
    limit_l3: OfPhase = None
    discharge_limit: Discharge = None
    discharge_limit_l2: Discharge = None
    discharge_limit_l3: Discharge = None
    setpoint: SetPoint = None
    setpoint_l2: SetPoint = None
    setpoint_l3: SetPoint = None
    setpoint_reactive: SetPoint = None
    setpoint_reactive_l2: SetPoint = None
    setpoint_reactive_l3: SetPoint = None


class SchedulePeriod(PowerLimits):
    """From ``start_s`` after the schedule's start: at most ``limit``, in the schedule's unit."""

    start_s: int = Field(ge=0, le=INT32_MAX)
    phases: Literal[1, 2, 3] | None = None
    phase_to_use: Annotated[Literal[1, 2, 3] | None, SINCE_2] = None
    """For one phase only."""
    operation_mode: Annotated[
        Literal[
            "idle",
            "charging_only",
            "central_setpoint",
            "external_setpoint",
            "external_limits",
            "central_frequency",
            "local_frequency",
            "local_load_balancing",
        ]
        | None,
        SINCE_2_1,
    ] = None

    @model_validator(mode="after")
    def _check_limit(self) -> Self:
        if self.limit is None and self.setpoint is None and self.operation_mode is None:
            raise ValueError("limit: name one; only a setpoint or an operation mode goes without")
        return self


class ChargingSchedule(Message):
    unit: Literal["A", "W"]
    periods: tuple[SchedulePeriod, ...] = Field(min_length=1, max_length=1_000)
    duration_s: int | None = Field(default=None, ge=1, le=INT32_MAX)
    starts_at: AwareDatetime | None = None
    minimum: Limit | None = None
    """Below this a car would not charge at all."""


class Purpose(StrEnum):
    """OCPP 1.6 ed.2 §3.13.1: what a charging profile limits. The last three in newer versions only."""

    STATION = "station"
    DEFAULT = "default"
    TRANSACTION = "transaction"
    EXTERNAL = "external"
    """What others than us limit: to be read only (OCPP 2.0.1 part 2 §K01.FR.22)."""
    PRIORITY = "priority"
    LOCAL_GENERATION = "local_generation"


class ChargingProfile(Message):
    """OCPP 1.6 ed.2 §7.8. Of two with the same purpose the one with the higher ``stack_level`` holds.

    ``alternatives``: further schedules of which the car chooses one.
    """

    profile: Number
    stack_level: int = Field(ge=0, le=1_000)
    purpose: Purpose
    kind: Literal["absolute", "recurring", "relative", "dynamic"]
    schedule: ChargingSchedule
    alternatives: Annotated[tuple[ChargingSchedule, ...], SINCE_2] = Field(default=(), max_length=2)
    transaction: Transaction | None = None
    recurs: Literal["daily", "weekly"] | None = None
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    offline_at_most_s: Annotated[int | None, SINCE_2_1] = Field(default=None, ge=0, le=INT32_MAX)
    """It holds no longer than this without a connection."""
    asked_for_every_s: Annotated[int | None, SINCE_2_1] = Field(default=None, ge=1, le=INT32_MAX)
    """So often the station asks for a dynamic profile's limits."""

    @model_validator(mode="after")
    def _check_purpose(self) -> Self:
        if self.purpose is Purpose.EXTERNAL:
            raise ValueError("purpose: external limits are set by others; they can only be read")
        return self


class SetChargingProfile(StationCall):
    """Without ``connector``: for the whole station."""

    profile: ChargingProfile
    connector: Connector | None = None


class ClearChargingProfile(StationCall):
    """All that fit; without anything named, every one."""

    profile: Number | None = None
    connector: Connector | None = None
    purpose: Purpose | None = None
    stack_level: int | None = Field(default=None, ge=0, le=1_000)


class ReadSchedule(StationCall):
    """What the station will allow in the time to come, of all its profiles together."""

    duration_s: int = Field(default=86_400, ge=1, le=INT32_MAX)
    connector: Connector | None = None
    unit: Literal["A", "W"] | None = None


class ReadChargingProfiles(StationCall):
    """The station tells the profiles that fit, in parts that carry the number."""

    profiles: tuple[Number, ...] = Field(default=(), max_length=100)
    connector: Connector | None = None
    whole_station: bool = False
    """Those of the station as a whole only; without this and ``connector``: all."""
    purpose: Purpose | None = None
    stack_level: int | None = Field(default=None, ge=0, le=1_000)
    sources: tuple[Literal["ems", "other", "so", "cso"], ...] = Field(default=(), max_length=4)
    request: Number | None = None


class UpdateSchedule(StationCall):
    """OCPP 2.1: the limits that a dynamic profile has from now on."""

    profile: Number
    limits: PowerLimits


class UsePriorityCharging(StationCall):
    """OCPP 2.1: whoever charges gets all there is, or no longer so."""

    transaction: Transaction
    active: bool = True
