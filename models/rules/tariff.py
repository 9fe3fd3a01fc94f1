"""A tariff by OCPI 2.2.1 mod_tariffs, in the same JSON shape, with what OCPI can't say (C10).

Ours are two restrictions, ``min_overstay`` and ``place_kind``, and ``tax_included``, which OCPI has from 2.3.0 on.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from models.money import Money

ELEMENTS_LIMIT = 100
_CLOCK = "([0-1][0-9]|2[0-3]):[0-5][0-9]"
YEAR_S = 366 * 24 * 3600


class Dimension(StrEnum):
    """TariffDimensionType: ENERGY is priced by kWh, both times by hour, FLAT once."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    TIME = "TIME"


class DayOfWeek(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class ReservationRestrictionType(StrEnum):
    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


class TariffType(StrEnum):
    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class TaxIncluded(StrEnum):
    """Whether prices are gross; OCPI 2.2.1 knows net prices only."""

    YES = "YES"
    NO = "NO"


class PlaceKind(StrEnum):
    """What the place is to whoever charges there: at home, of their own group, open to all, or another operator's."""

    HOME = "HOME"
    OWN_GROUP = "OWN_GROUP"
    PUBLIC = "PUBLIC"
    THIRD_PARTY = "THIRD_PARTY"


def _known_currency(code: str) -> str:
    return Money.zero(code).currency


def _not_empty(given: tuple[Any, ...]) -> tuple[Any, ...]:
    if not given:
        raise ValueError("Give at least one")
    return given


def _to_the_minute(given: Any) -> time:
    if isinstance(given, str) and re.fullmatch(_CLOCK, given):
        return time.fromisoformat(given)
    if isinstance(given, time) and given == time(given.hour, given.minute):
        return given
    raise ValueError("Give hours and minutes of local time, such as 13:30")


# OCPI's numbers are JSON numbers. So few digits come back from a float as they went in.
_number = PlainSerializer(float, return_type=float, when_used="json")
_minutes = PlainSerializer(lambda given: given.strftime("%H:%M"), return_type=str, when_used="json")
Price6 = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=6), _number]
Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4), _number]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4), _number]
Thousandths = Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=3), _number]
Seconds = Annotated[int, Field(ge=0, le=YEAR_S)]
LocalTime = Annotated[
    time, BeforeValidator(_to_the_minute), _minutes, WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK}$"})
]
Currency = Annotated[str, AfterValidator(_known_currency)]
_some = AfterValidator(_not_empty)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Part):
    """An amount without VAT and with it; where no VAT is due both are the same."""

    excl_vat: Amount
    incl_vat: Amount | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.incl_vat is not None and self.incl_vat < self.excl_vat:
            raise ValueError("incl_vat: is at least excl_vat")
        return self

    @property
    def with_vat(self) -> Decimal:
        return self.excl_vat if self.incl_vat is None else self.incl_vat


class PriceComponent(_Part):
    """``price`` per kWh, hour or session; ``vat`` in percent, None where VAT is not applicable.

    ``step_size`` is in Wh or seconds; 0 and 1 round nothing that is measured in whole ones.
    """

    type: Dimension
    price: Price6
    vat: Percent | None = None
    step_size: Annotated[int, Field(ge=0, le=10_000_000)]


class TariffRestrictions(_Part):
    """All that are given must hold. Each lower bound is inclusive, each upper one exclusive.

    Times and dates are local to the place; ``end_time`` 00:00 is the end of the day, and one before ``start_time`` is
    of the next day. Currents are sums over the phases. ``min_overstay`` (ours) is in seconds since charging ended.
    """

    start_time: LocalTime | None = None
    end_time: LocalTime | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Thousandths | None = None
    max_kwh: Thousandths | None = None
    min_current: Thousandths | None = None
    max_current: Thousandths | None = None
    min_power: Thousandths | None = None
    max_power: Thousandths | None = None
    min_duration: Seconds | None = None
    max_duration: Seconds | None = None
    day_of_week: tuple[DayOfWeek, ...] = ()
    reservation: ReservationRestrictionType | None = None
    min_overstay: Seconds | None = None
    place_kind: tuple[PlaceKind, ...] = ()

    @model_validator(mode="after")
    def _check_windows(self) -> Self:
        if self.start_time is not None and self.start_time == self.end_time:
            raise ValueError("end_time: is another than start_time; leave both out for the whole day")
        if self.start_date and self.end_date and self.end_date <= self.start_date:
            raise ValueError("end_date: is exclusive, and so after start_date")
        return self

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        for what in ("kwh", "current", "power", "duration"):
            least, below = getattr(self, f"min_{what}"), getattr(self, f"max_{what}")
            if below is not None and below <= (least or 0):
                raise ValueError(f"max_{what}: is exclusive, and so above min_{what} and above 0")
        return self

    @model_validator(mode="after")
    def _check_reservation(self) -> Self:
        flowing = ("min_kwh", "max_kwh", "min_current", "max_current", "min_power", "max_power", "min_overstay")
        given = [name for name in flowing if getattr(self, name) is not None]
        if self.reservation is not None and given:
            raise ValueError(f"{given[0]}: nothing flows during a reservation; leave it out")
        return self


_UNRESTRICTED = TariffRestrictions()


class TariffElement(_Part):
    """Components that hold under the same restrictions."""

    price_components: Annotated[tuple[PriceComponent, ...], _some]
    restrictions: TariffRestrictions = _UNRESTRICTED

    @model_validator(mode="after")
    def _check_dimensions(self) -> Self:
        types = [component.type for component in self.price_components]
        if len(set(types)) < len(types):
            raise ValueError("price_components: have each type once; a second one could never win")
        if self.restrictions.reservation is not None and not {Dimension.FLAT, Dimension.TIME}.issuperset(types):
            raise ValueError("price_components: a reservation can only have FLAT and TIME")
        return self


class DisplayText(_Part):
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    text: Annotated[str, Field(min_length=1, max_length=512)]


class EnergySource(_Part):
    source: Annotated[str, Field(min_length=1, max_length=40)]
    percentage: Percent


class EnvironmentalImpact(_Part):
    category: Annotated[str, Field(min_length=1, max_length=40)]
    amount: Annotated[Decimal, Field(ge=0), _number]


class EnergyMix(_Part):
    """OCPI 2.2.1 mod_locations; carried, and never priced."""

    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] = ()
    environ_impact: tuple[EnvironmentalImpact, ...] = ()
    supplier_name: Annotated[str | None, Field(max_length=64)] = None
    energy_product_name: Annotated[str | None, Field(max_length=64)] = None


class Tariff(_Part):
    """What one version of a tariff says: all of OCPI's Tariff but its identity."""

    currency: Currency
    type: TariffType | None = None
    tariff_alt_text: tuple[DisplayText, ...] = ()
    tariff_alt_url: Annotated[str | None, Field(max_length=255, pattern=r"^https?://")] = None
    min_price: Price | None = None
    max_price: Price | None = None
    elements: Annotated[tuple[TariffElement, ...], Field(max_length=ELEMENTS_LIMIT), _some]
    start_date_time: AwareDatetime | None = None
    end_date_time: AwareDatetime | None = None
    energy_mix: EnergyMix | None = None
    tax_included: TaxIncluded = TaxIncluded.NO

    @model_validator(mode="after")
    def _check_period(self) -> Self:
        if self.start_date_time and self.end_date_time and self.end_date_time <= self.start_date_time:
            raise ValueError("end_date_time: is after start_date_time")
        return self

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        # Stricter than OCPI: of a limit without VAT nobody could say what it is with it, where parts are taxed apart.
        taxed = any(component.vat for component in self.components())
        for name in ("min_price", "max_price"):
            limit: Price | None = getattr(self, name)
            if limit is not None and limit.incl_vat is None and taxed:
                raise ValueError(f"{name}.incl_vat: is given where a component has VAT")
        if self.min_price and self.max_price:
            if self.max_price.excl_vat < self.min_price.excl_vat:
                raise ValueError("max_price.excl_vat: is at least that of min_price")
            if self.max_price.with_vat < self.min_price.with_vat:
                raise ValueError("max_price.incl_vat: is at least that of min_price")
        return self

    def components(self) -> Iterator[PriceComponent]:
        return (component for element in self.elements for component in element.price_components)

    def holds_at(self, instant: datetime) -> bool:
        begun = self.start_date_time is None or self.start_date_time <= instant
        return begun and (self.end_date_time is None or instant < self.end_date_time)

    def said(self) -> dict[str, Any]:
        """Its JSON: what was left out is left out."""
        return self.model_dump(mode="json", exclude_unset=True)


class PublishedTariff(Tariff):
    """OCPI's Tariff whole, as partners get it."""

    country_code: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    party_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{3}$")]
    id: Annotated[str, Field(min_length=1, max_length=36)]
    last_updated: AwareDatetime
