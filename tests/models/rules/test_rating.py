"""What OCPI's examples don't show of rating: changing clocks, days and places, amounts in cents, our restrictions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from models.rules.price import Span, in_units
from models.rules.rating import Activity, Period, Session, instant
from models.rules.tariff import Dimension, PlaceKind
from tests.pricing import (
    UTC_ZONE,
    charging,
    component,
    element,
    lines,
    parked,
    price,
    session,
    tariff,
    totals,
)

pytestmark = pytest.mark.step("C10")

BERLIN, AMSTERDAM = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Amsterdam")
HOURLY = tariff(element(component("TIME", "6")))
NIGHT = tariff(element(component("TIME", "1"), start_time="22:00", end_time="06:00"), element(component("TIME", "10")))


def test_three_hours_are_three_hours_when_the_clock_is_set_back() -> None:
    told = price(HOURLY, session(charging(180, "9"), at="2026-10-24T23:30:00+00:00", zone=BERLIN))

    assert told.gross == Decimal("18.00")


@pytest.mark.parametrize("zone", [BERLIN, AMSTERDAM], ids=str)
@pytest.mark.parametrize(
    ("at", "net"),
    [
        ("2026-10-24T19:00:00+00:00", "19.00"),  # 21:00 to 22:00 at 10, then nine hours of night
        ("2026-03-28T20:00:00+00:00", "27.00"),  # 21:00 to 22:00 at 10, seven hours of night, an hour at 10
    ],
    ids=["set back", "set forward"],
)
def test_a_night_has_an_hour_more_or_less_when_the_clock_is_changed(zone: ZoneInfo, at: str, net: str) -> None:
    hours = 10 if "10-24" in at else 9

    assert totals(NIGHT, session(charging(hours * 60, "40"), at=at, zone=zone))[0] == net


@pytest.mark.parametrize(
    ("at", "net"),
    [
        # 02:00 to 03:00 comes twice: the half-hours from 02:30 on are both in the window.
        ("2026-10-25T00:00:00+00:00", "6.00"),
        # 02:00 is 03:00 at once: the window never comes.
        ("2026-03-29T00:30:00+00:00", "0.00"),
    ],
    ids=["twice", "never"],
)
def test_a_window_in_the_hour_that_comes_twice_or_never_holds_by_the_clock(at: str, net: str) -> None:
    of = tariff(element(component("TIME", "6"), start_time="02:30", end_time="03:00"), element(component("TIME", "0")))

    assert totals(of, session(charging(120, "9"), at=at, zone=BERLIN))[0] == net


def test_a_window_that_the_changing_clock_jumps_into_holds_from_then_on() -> None:
    """At 01:00 UTC the clock goes from 02:00 to 03:00, past 02:30."""
    of = tariff(element(component("TIME", "6"), start_time="02:30", end_time="05:00"), element(component("TIME", "0")))

    told = price(of, session(charging(120, "9"), at="2026-03-29T00:30:00+00:00", zone=BERLIN))

    assert lines(told) == [("TIME", "0.00"), ("TIME", "9.00")]


def test_a_weekday_begins_and_ends_at_local_midnight() -> None:
    of = tariff(element(component("TIME", "1"), day_of_week=["SUNDAY"]), element(component("TIME", "2")))

    # From 23:00 on Saturday to 01:00 on Sunday in Amsterdam.
    assert totals(of, session(charging(120, "9"), at="2026-07-04T21:00:00+00:00", zone=AMSTERDAM))[0] == "3.00"


def test_a_window_over_midnight_holds_only_on_the_days_that_are_named() -> None:
    of = tariff(element(component("TIME", "1"), start_time="22:00", end_time="02:00", day_of_week=["FRIDAY"]))

    # 2026-07-03 is a Friday: its last two hours, and its first two, are meant.
    assert totals(of, session(charging(6 * 60, "9"), at="2026-07-03T20:00:00+00:00"))[0] == "2.00"
    assert totals(of, session(charging(6 * 60, "9"), at="2026-07-02T20:00:00+00:00"))[0] == "2.00"


@pytest.mark.parametrize(
    ("start", "end", "at", "net"),
    [
        ("2026-01-31", "2026-02-01", "2026-01-31T22:00:00+00:00", "1.00"),  # 23:00 local: an hour is left of the month
        ("2028-02-29", "2028-03-01", "2028-02-28T22:00:00+00:00", "3.00"),
        ("2027-02-28", "2027-03-01", "2027-02-28T21:00:00+00:00", "2.00"),
    ],
    ids=["month end", "leap day", "no leap day"],
)
def test_a_date_is_local_and_its_end_exclusive(start: str, end: str, at: str, net: str) -> None:
    of = tariff(element(component("TIME", "1"), start_date=start, end_date=end))

    assert totals(of, session(charging(240, "9"), at=at, zone=AMSTERDAM))[0] == net


def test_idle_time_is_priced_until_the_car_leaves() -> None:
    of = tariff(element(component("ENERGY", "0.5"), component("PARKING_TIME", "6")))
    told = price(of, session(charging(60, "10"), parked(600)))

    assert lines(told) == [("ENERGY", "5.00"), ("PARKING_TIME", "60.00")]


def test_overstay_begins_a_given_time_after_charging_ended_and_anew_after_it_goes_on() -> None:
    of = tariff(element(component("PARKING_TIME", "6"), min_overstay=1800))
    told = session(charging(60, "10"), parked(45), charging(30, "2"), parked(40))

    # 15 minutes of the first stretch, 10 of the second.
    assert totals(of, told)[0] == "2.50"


@pytest.mark.parametrize(
    ("place", "net"), [(PlaceKind.HOME, "2.00"), (PlaceKind.OWN_GROUP, "2.00"), (PlaceKind.PUBLIC, "5.00")]
)
def test_a_price_may_hold_for_kinds_of_place(place: PlaceKind, net: str) -> None:
    of = tariff(
        element(component("ENERGY", "0.2"), place_kind=["HOME", "OWN_GROUP"]), element(component("ENERGY", "0.5"))
    )

    assert totals(of, session(charging(60, "10"), place=place))[0] == net


def test_each_dimension_takes_the_first_element_that_holds_by_itself() -> None:
    of = tariff(
        element(component("ENERGY", "0.1"), end_time="09:00"),
        element(component("ENERGY", "0.5"), component("TIME", "1")),
        element(component("TIME", "9"), component("FLAT", "1")),
    )
    told = price(of, session(charging(120, "10"), at="2026-03-02T08:00:00+00:00"))

    assert [(line.kind.value, line.of and line.of.element, str(line.net)) for line in told.lines] == [
        ("FLAT", 3, "1.00"),
        ("TIME", 2, "2.00"),
        ("ENERGY", 1, "0.50"),
        ("ENERGY", 2, "2.50"),
    ]


def test_a_flat_fee_is_paid_once_from_when_it_first_holds() -> None:
    of = tariff(element(component("FLAT", "3"), min_duration=3600), element(component("ENERGY", "0.1")))

    assert totals(of, session(charging(59, "10")))[0] == "1.00"
    assert lines(price(of, session(charging(61, "10"), parked(500)))) == [("ENERGY", "1.00"), ("FLAT", "3.00")]


def test_an_energy_threshold_cuts_the_time_too() -> None:
    of = tariff(element(component("TIME", "6"), min_kwh=3), element(component("TIME", "1")))

    # 9 kWh in 90 minutes: the third is reached after 30 of them.
    assert lines(price(of, session(charging(90, "9")))) == [("TIME", "0.50"), ("TIME", "6.00")]


def test_energy_is_told_in_the_half_hours_in_which_it_flowed() -> None:
    """Energy time is not wall-clock time: 10 kWh in the first half-hour, 2 in the next."""
    of = tariff(element(component("ENERGY", "1"), max_duration=2400), element(component("ENERGY", "2")))
    told = price(of, session(charging(30, "10"), charging(30, "2")))

    assert lines(told) == [("ENERGY", "10.67"), ("ENERGY", "2.67")]


def test_an_unknown_current_fits_no_restriction_and_an_unknown_power_is_the_mean() -> None:
    of = tariff(
        element(component("ENERGY", "9"), max_current=1000),
        element(component("ENERGY", "2"), min_power=11),
        element(component("ENERGY", "1")),
    )

    assert totals(of, session(charging(60, "10.999"), charging(60, "11")))[0] == "33.00"


def test_nothing_is_paid_for_a_dimension_that_no_element_has() -> None:
    assert price(tariff(element(component("PARKING_TIME", "5"))), session(charging(60, "10"))).lines == ()


def test_a_session_without_length_pays_its_start_fee() -> None:
    of = tariff(element(component("FLAT", "1"), component("TIME", "5", step=60)))

    assert lines(price(of, session(charging(0)))) == [("FLAT", "1.00")]


def test_energy_of_no_time_is_cut_at_thresholds_all_the_same() -> None:
    of = tariff(element(component("ENERGY", "0"), max_kwh=1), element(component("ENERGY", "1")))

    assert lines(price(of, session(charging(0, "3")))) == [("ENERGY", "0.00"), ("ENERGY", "2.00")]


def test_a_line_tells_its_stretches_and_what_the_step_added() -> None:
    of = tariff(element(component("TIME", "6", step=600), end_time="09:00"), element(component("TIME", "6", step=600)))
    told = price(of, session(charging(30, "1"), parked(60), charging(12, "1"), at="2026-03-02T08:00:00+00:00"))
    first, second = (line.of for line in told.lines)

    assert first is not None
    assert second is not None
    hour_us = 3_600_000_000
    begun = instant(datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert list(first.spans) == [Span(begun, begun + hour_us // 2, hour_us // 2)]
    assert list(second.spans) == [Span(begun + hour_us * 3 // 2, begun + hour_us * 17 // 10, hour_us // 5)]
    assert (in_units(first.used, Dimension.TIME), in_units(first.billed, Dimension.TIME)) == (
        Decimal("0.5"),
        Decimal("0.5"),
    )
    assert (in_units(second.used, Dimension.TIME), in_units(second.billed, Dimension.TIME)) == (
        Decimal("0.2"),
        Decimal("0.333333"),
    )


def _period(minute: int, activity: Activity = Activity.CHARGING, energy_wh: int = 0) -> Period:
    return Period(datetime(2026, 3, 2, 8, minute, tzinfo=UTC), activity, energy_wh)


@pytest.mark.parametrize(
    "periods",
    [
        (),
        (_period(5), _period(0)),
        (_period(0, energy_wh=-1),),
        (_period(0, Activity.RESERVED, energy_wh=1),),
        (_period(0), _period(1, Activity.RESERVED)),
        (_period(59),),
    ],
    ids=["none", "not in order", "negative energy", "energy in a reservation", "reserved afterwards", "ends before"],
)
def test_facts_that_can_not_be_are_not_priced(periods: tuple[Period, ...]) -> None:
    ended = _period(0).starts_at + timedelta(minutes=30)

    with pytest.raises(ValueError, match=r"\w"):
        Session(periods, ended, UTC_ZONE)
