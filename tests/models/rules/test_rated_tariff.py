"""A tariff is made ready once: what can't win is left out, and each stretch of a day has what holds in it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from models.rules.rated_tariff import DAY_US, RatedTariff
from models.rules.rating import instant
from models.rules.tariff import PlaceKind
from tests.pricing import component, element, tariff

pytestmark = pytest.mark.step("C10")

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = datetime(2026, 3, 3, 12, tzinfo=UTC)


def numbers(of: RatedTariff, at: datetime, place: PlaceKind = PlaceKind.PUBLIC) -> list[int]:
    return [rate.element for rate in of.slot_at(BERLIN, place, instant(at)).charging.energy]


def test_behind_an_element_that_always_holds_none_is_looked_at() -> None:
    of = RatedTariff(
        tariff(
            element(component("ENERGY", "1"), max_kwh=5),
            element(component("ENERGY", "2")),
            element(component("ENERGY", "3")),
        )
    )

    assert numbers(of, TUESDAY) == [1, 2]


def test_an_element_of_another_day_or_place_is_not_looked_at() -> None:
    of = RatedTariff(
        tariff(
            element(component("ENERGY", "1"), day_of_week=["MONDAY"]),
            element(component("ENERGY", "2"), place_kind=["HOME"]),
            element(component("ENERGY", "3")),
        )
    )

    assert numbers(of, TUESDAY) == [3]
    assert numbers(of, TUESDAY, PlaceKind.HOME) == [2]


def test_the_slots_of_a_day_follow_each_other_to_its_end_also_when_the_clock_is_changed() -> None:
    of = RatedTariff(tariff(element(component("ENERGY", "1"), start_time="02:30", end_time="19:00")))
    begin = instant(datetime(2026, 10, 25, tzinfo=UTC))
    at, slots = begin, []
    while at < begin + DAY_US:
        slot = of.slot_at(BERLIN, PlaceKind.PUBLIC, at)
        assert slot.since == at
        slots.append(bool(slot.charging.energy))
        at = slot.until

    assert at == begin + DAY_US
    # 02:00, 02:30 of summer; 02:00, 02:30 of winter; 19:00; midnight.
    assert slots == [False, True, False, True, False, False]


def test_a_tariff_without_a_clock_has_one_slot_for_ever() -> None:
    slot = RatedTariff(tariff(element(component("ENERGY", "1")))).slot_at(BERLIN, PlaceKind.PUBLIC, instant(TUESDAY))

    assert slot.since < instant(datetime(1900, 1, 1, tzinfo=UTC))
    assert slot.until > instant(datetime(9000, 1, 1, tzinfo=UTC))


def test_what_a_session_grows_to_is_known_by_its_thresholds() -> None:
    of = RatedTariff(
        tariff(
            element(component("ENERGY", "1"), min_kwh=0, max_kwh="1.5"),
            element(component("ENERGY", "1"), min_duration=60, min_overstay=600),
        )
    )

    assert (of.energies, of.durations, of.overstays) == ((1500,), (60_000_000,), (600_000_000,))
