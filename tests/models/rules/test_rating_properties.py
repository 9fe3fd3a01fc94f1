"""What holds of every tariff and every session; and a slow oracle that comes to the same by another way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.rules import rating
from models.rules.price import Price
from models.rules.rated_tariff import RatedTariff
from models.rules.rating import Activity, Period, Session
from models.rules.tariff import DayOfWeek, Dimension, PlaceKind, Tariff
from tests import slow_rating
from tests.pricing import price

pytestmark = pytest.mark.step("C10")

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "Europe/Amsterdam", "UTC", "Asia/Kolkata", "America/New_York")]
NEAR = [
    datetime(2026, 3, 29, tzinfo=UTC),  # the clocks of Europe are set forward
    datetime(2026, 10, 25, tzinfo=UTC),  # and back
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2026, 12, 31, 23, tzinfo=UTC),
]
WH_A_MINUTE = [0, 60, 120, 300, 600]
"""With parts of ten minutes, each comes to whole 0.6 kWh at whole minutes: the oracle can see it."""
THRESHOLD_WH = 600
PRICES = st.decimals(0, 9, places=3)


def _bounds(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.lists(values, min_size=2, max_size=2, unique=True).map(sorted)
    return st.one_of(
        pairs.map(lambda pair: {f"min_{name}": pair[0], f"max_{name}": pair[1]}),
        pairs.map(lambda pair: {f"max_{name}": pair[1]}),
        pairs.map(lambda pair: {f"min_{name}": pair[0]}),
    )


def _is_meant(clock: Mapping[str, Any]) -> bool:
    start, end = clock.get("start_date"), clock.get("end_date")
    is_whole_day = clock.get("start_time") is not None and clock.get("start_time") == clock.get("end_time")
    return not is_whole_day and (start is None or end is None or start < end)


TIMES = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30]))
CLOCKS = st.fixed_dictionaries(
    {},
    optional={
        "start_time": TIMES,
        "end_time": TIMES,
        "day_of_week": st.sets(st.sampled_from(list(DayOfWeek)), min_size=1).map(sorted),
        "start_date": st.sampled_from(NEAR).map(lambda day: day.date().isoformat()),
        "end_date": st.sampled_from(NEAR).map(lambda day: (day.date() + timedelta(days=1)).isoformat()),
    },
).filter(_is_meant)
UNMOVED_BY_ENERGY = st.one_of(
    st.just({}),
    _bounds("duration", st.integers(0, 30).map(lambda number: number * 600)),
    st.integers(0, 12).map(lambda number: {"min_overstay": number * 300}),
    st.sets(st.sampled_from(list(PlaceKind)), min_size=1).map(lambda kinds: {"place_kind": sorted(kinds)}),
)
MEASURES = st.one_of(
    UNMOVED_BY_ENERGY,
    _bounds("kwh", st.integers(0, 20).map(lambda number: Decimal(number * THRESHOLD_WH) / 1000)),
    _bounds("power", st.sampled_from([1, 5, 10, 20])),
)
STEPS = (0, 1, 7, 60, 300, 900)


@st.composite
def elements(
    draw: st.DrawFn,
    dimensions: st.SearchStrategy[Dimension],
    measures: st.SearchStrategy[dict[str, Any]],
    steps: Sequence[int],
) -> dict[str, Any]:
    components = [
        {
            "type": dimension,
            "price": draw(PRICES),
            "vat": draw(st.sampled_from([None, 0, 9, 21, Decimal("5.2")])),
            "step_size": draw(st.sampled_from(steps)),
        }
        for dimension in sorted(draw(st.sets(dimensions, min_size=1, max_size=4)))
    ]
    return {"price_components": components, "restrictions": {**draw(measures), **draw(st.just({}) | CLOCKS)}}


@st.composite
def tariffs(
    draw: st.DrawFn,
    *,
    limited: bool = True,
    kinds: tuple[Dimension, ...] = tuple(Dimension),
    measures: st.SearchStrategy[dict[str, Any]] = MEASURES,
    steps: Sequence[int] = STEPS,
) -> Tariff:
    said: dict[str, Any] = {
        "currency": "EUR",
        "elements": draw(st.lists(elements(st.sampled_from(kinds), measures, steps), min_size=1, max_size=5)),
        "tax_included": draw(st.sampled_from(["YES", "NO"])),
    }
    if limited and draw(st.booleans()):
        low, high = sorted(draw(st.lists(st.decimals(0, 40, places=2), min_size=2, max_size=2)))
        said["min_price"] = {"excl_vat": low, "incl_vat": low * 2}
        said["max_price"] = {"excl_vat": high, "incl_vat": high * 2}
    return Tariff.model_validate(said)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    now = draw(st.sampled_from(NEAR)) + timedelta(minutes=draw(st.integers(-600, 300)))
    periods = []
    for _ in range(draw(st.integers(1, 5))):
        minutes = 10 * draw(st.integers(1, 24))
        wh = draw(st.sampled_from(WH_A_MINUTE)) * minutes
        activity = Activity.CHARGING if wh or draw(st.booleans()) else Activity.PARKED
        periods.append(Period(now, activity, wh))
        now += timedelta(minutes=minutes)
    return Session(tuple(periods), now, draw(st.sampled_from(ZONES)), draw(st.sampled_from(list(PlaceKind))))


def told(of: Price) -> Mapping[str, Any]:
    """All that is told, but for the numbers of elements."""
    lines = [(line[0], line.of and line.of[1:], *line[2:]) for line in of.lines]
    return {"lines": lines, "net": of.net, "vat": of.vat, "gross": of.gross}


@settings(max_examples=150, deadline=None)
@given(tariffs(), sessions())
def test_a_walk_minute_by_minute_comes_to_the_same(tariff: Tariff, session: Session) -> None:
    found = price(tariff, session)

    assert (found.net, found.gross) == slow_rating.totals(tariff, session)


@given(tariffs(), sessions())
def test_the_lines_add_up_to_the_total(tariff: Tariff, session: Session) -> None:
    found = price(tariff, session)

    assert sum(line.net for line in found.lines) == found.net
    assert sum(line.vat for line in found.lines) == found.vat
    assert sum(line.gross for line in found.lines) == found.gross
    assert found.net + found.vat + found.rounding == found.gross


@given(tariffs(limited=False), sessions())
def test_the_vat_of_a_rate_is_that_of_its_net_amount(tariff: Tariff, session: Session) -> None:
    for rate, (net, vat) in price(tariff, session).vat_by_rate().items():
        assert vat == (net * (rate or 0) / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")


@given(tariffs(), sessions())
def test_no_amount_is_ever_negative(tariff: Tariff, session: Session) -> None:
    found = price(tariff, session)

    assert min(found.net, found.vat, found.gross) >= 0
    assert all(min(line.net, line.vat, line.gross) >= 0 for line in found.lines if line.of is not None)


@given(tariffs(), sessions(), st.data())
def test_a_period_that_is_told_in_two_halves_costs_the_same(
    tariff: Tariff, session: Session, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(session.periods) - 1))
    period = session.periods[number]
    end = [*(each.starts_at for each in session.periods[1:]), session.ended_at][number]
    minutes = (end - period.starts_at) // timedelta(minutes=1)
    first = data.draw(st.integers(0, minutes))
    first_wh = period.energy_wh // minutes * first
    assume(0 < first < minutes)
    halves = (
        replace(period, energy_wh=first_wh),
        replace(period, starts_at=period.starts_at + timedelta(minutes=first), energy_wh=period.energy_wh - first_wh),
    )
    split = replace(session, periods=(*session.periods[:number], *halves, *session.periods[number + 1 :]))

    assert told(price(tariff, split)) == told(price(tariff, session))


def _charging(session: Session) -> list[int]:
    return [number for number, period in enumerate(session.periods) if period.activity is Activity.CHARGING]


@given(
    tariffs(kinds=(Dimension.ENERGY, Dimension.FLAT, Dimension.PARKING_TIME), measures=UNMOVED_BY_ENERGY, steps=(0, 1)),
    sessions().filter(_charging),
    st.integers(1, 5000),
)
def test_more_energy_never_costs_less(tariff: Tariff, session: Session, more_wh: int) -> None:
    """Of a tariff without bands of energy or power, charging time or steps: by each of them more may be cheaper."""
    charging = _charging(session)
    periods = list(session.periods)
    last = periods[charging[-1]]
    periods[charging[-1]] = replace(last, energy_wh=last.energy_wh + more_wh)

    before, after = price(tariff, session), price(tariff, replace(session, periods=tuple(periods)))

    assert after.gross >= before.gross
    assert after.net >= before.net


@given(tariffs(), sessions(), st.data())
def test_an_element_that_is_said_twice_changes_nothing(tariff: Tariff, session: Session, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(tariff.elements) - 1))
    place = data.draw(st.integers(number, len(tariff.elements)))
    again = [*tariff.elements]
    again.insert(place, tariff.elements[number])
    doubled = tariff.model_copy(update={"elements": tuple(again)})

    assert told(price(doubled, session)) == told(price(tariff, session))


@given(tariffs(), st.lists(sessions(), min_size=2, max_size=4))
def test_a_tariff_that_has_priced_other_sessions_prices_the_next_as_one_that_has_not(
    tariff: Tariff, several: list[Session]
) -> None:
    used = RatedTariff(tariff)
    for session in several:
        assert told(rating.price(used, session)) == told(price(tariff, session))
