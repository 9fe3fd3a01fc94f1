"""What is said of tariffs (C10)."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from models.messages.base import Message
from models.messages.placement import Line
from models.rules.rating import Activity
from models.rules.tariff import PlaceKind, Tariff

TariffCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,35}$")]
PERIODS_LIMIT = 2000
TRIED_LIMIT = 200
LONGEST = timedelta(days=366)
"""Of a described session: every day of it is cut by the clock, while everybody else waits."""


class NewTariff(Message):
    """``valid_from`` of its first version; None: from now on."""

    code: TariffCode
    name: Line
    tariff: Tariff
    valid_from: AwareDatetime | None = None


class NewTariffVersion(Message):
    """``valid_from`` is not in the past: what was agreed is not made dearer afterwards. None: from now on."""

    tariff: Tariff
    valid_from: AwareDatetime | None = None


class NewAssignment(Message):
    """What is left out is not asked for: without anything it is the operator's own price everywhere. One for a
    ``vehicle`` is for its account too.
    """

    account: Annotated[str | None, Field(max_length=40, description="A subscription, such as SUB-2026-000017")] = None
    vehicle: Annotated[str | None, Field(max_length=40, description="Such as VEH-2026-000017")] = None
    group_id: UUID | None = None
    station: Annotated[str | None, Field(max_length=80, description="Such as NL-STM-000003")] = None
    place_kind: PlaceKind | None = None
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None


class EndAssignment(Message):
    """From ``at`` on it holds no more; None: from now on."""

    at: AwareDatetime | None = None


class DescribedPeriod(Message):
    """Lasts until the next one begins, or the session ends. ``current_a`` is summed over the phases."""

    starts_at: AwareDatetime
    activity: Activity
    energy_wh: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    power_w: Annotated[int | None, Field(ge=0, le=10_000_000)] = None
    current_a: Annotated[float | None, Field(ge=0, le=10_000)] = None


class DescribedSession(Message):
    """A session that might have been; ``zone`` is by what clock, the operator's own unless said."""

    periods: Annotated[tuple[DescribedPeriod, ...], Field(min_length=1, max_length=PERIODS_LIMIT)]
    ended_at: AwareDatetime
    place_kind: PlaceKind = PlaceKind.PUBLIC
    zone: Annotated[str | None, Field(max_length=60, description="IANA, such as Europe/Amsterdam")] = None


class Trial(Message):
    """Past sessions of a station that began in the period, the oldest first; ``version`` None: what holds now."""

    station: Annotated[str, Field(max_length=80)]
    since: AwareDatetime
    until: AwareDatetime
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    place_kind: PlaceKind = PlaceKind.PUBLIC
    limit: Annotated[int, Field(ge=1, le=TRIED_LIMIT)] = 50

    @model_validator(mode="after")
    def _check_period(self) -> Self:
        if self.until <= self.since:
            raise ValueError("until: is after since")
        return self
