"""The worked examples of OCPI 2.2.1 (mod_tariffs, mod_cdrs), with the figures that its text and its tracker bear out.

The editions print different figures for the same examples: 2.2, 2.2.1 as it came out, 2.2.1 as corrected since, 2.3.0.
OCPI never rounds amounts, and we pay whole cents: where a printed figure has fractions of one, the test says so.
"""

import pytest

from models.rules.tariff import Tariff
from tests.pricing import charging, component, element, expired, lines, parked, price, reserved, session, tariff, totals

pytestmark = pytest.mark.step("C10")

ENERGY = component("ENERGY", "0.25", "10")
START = component("FLAT", "0.50", "20")
SESSION = element(START, ENERGY)


@pytest.mark.parametrize(
    ("of", "kwh", "net", "gross"),
    [
        (tariff(element(ENERGY)), "20", "5.00", "5.50"),
        (tariff(SESSION), "20", "5.50", "6.10"),
        (tariff(element(ENERGY), min_price={"excl_vat": 0.5, "incl_vat": 0.55}), "20", "5.00", "5.50"),
        (tariff(element(ENERGY), min_price={"excl_vat": 0.5, "incl_vat": 0.55}), "1.999", "0.50", "0.55"),
        (tariff(SESSION, max_price={"excl_vat": 10, "incl_vat": 11}), "50", "10.00", "11.00"),
        (tariff(SESSION, max_price={"excl_vat": 10, "incl_vat": 11}), "30", "8.00", "8.85"),
    ],
    ids=["energy", "with a start fee", "above the minimum", "at the minimum", "at the maximum", "below the maximum"],
)
def test_energy_with_fees_and_limits_costs_what_ocpi_says(of: Tariff, kwh: str, net: str, gross: str) -> None:
    assert totals(of, session(charging(60, kwh))) == (net, gross)


def test_parking_is_paid_in_whole_steps_beside_energy_and_a_start_fee() -> None:
    of = tariff(element(START, ENERGY, component("PARKING_TIME", "2", "20", 900)))

    assert totals(of, session(charging(60, "20"), parked(40))) == ("7.00", "7.90")


def test_charging_time_alone_bills_no_parking() -> None:
    of = tariff(element(component("TIME", "2", "10", 60)))

    assert totals(of, session(charging(150, "20"), parked(500))) == ("5.00", "5.50")


def test_parking_may_cost_more_than_charging() -> None:
    of = tariff(element(component("TIME", "3", "10", 60), component("PARKING_TIME", "5", "20", 300)))

    assert totals(of, session(charging(150, "20"), parked(42))) == ("11.25", "12.75")


def test_a_tariff_with_words_in_several_languages_is_priced_by_its_elements() -> None:
    of = tariff(
        element(component("TIME", "1.9", "5.2", 300)),
        type="AD_HOC_PAYMENT",
        tariff_alt_text=[{"language": "en", "text": "2.00 euro p/hour including VAT."}],
    )

    assert totals(of, session(charging(150, "20"))) == ("4.75", "5.00")


def test_the_tariff_that_ocpi_can_not_say_is_priced_as_it_says_it() -> None:
    """The credit card's start fee for everybody; the text prints no sum."""
    of = tariff(element(component("FLAT", "0.4", "25"), component("TIME", "1.9", "5.2", 300)))

    assert totals(of, session(charging(150, "20"))) == ("5.15", "5.50")


def test_energy_is_billed_in_steps_of_a_tenth_of_a_kwh() -> None:
    """2.2.1 as corrected: 5.63 and 6.24; the energy, 5.125, is printed as 5.13 there too. 2.2 has no start fee in its
    text, and prints 5.50 for the 20.5 kWh, which are 5.125."""
    of = tariff(element(START, component("ENERGY", "0.25", "10", 100)))

    assert totals(of, session(charging(60, "20.45"))) == ("5.63", "6.24")


COMPLEX = tariff(
    element(component("FLAT", "2.5", "15")),
    element(component("TIME", "1", "20", 900), max_current=32),
    element(
        component("TIME", "2", "20", 600),
        min_current=32,
        day_of_week=["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
    ),
    element(component("TIME", "1.25", "20", 600), min_current=32, day_of_week=["SATURDAY", "SUNDAY"]),
    element(
        component("PARKING_TIME", "5", "10", 300),
        start_time="09:00",
        end_time="18:00",
        day_of_week=["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
    ),
    element(component("PARKING_TIME", "6", "10", 300), start_time="10:00", end_time="17:00", day_of_week=["SATURDAY"]),
)


def test_the_complex_tariff_on_a_monday_rounds_the_parking_and_not_the_charging() -> None:
    """2.2.1 as corrected: 9.00 and 10.30. 2.2 rounds the charging too, against mod_cdrs, of 2.45 hours."""
    monday = session(charging(165, "7", current_a=16), parked(42), at="2026-03-02T09:30:00+00:00")

    assert lines(price(COMPLEX, monday)) == [
        ("FLAT", "2.50"),
        ("TIME", "2.75"),
        ("PARKING_TIME", "3.75"),
    ]
    assert totals(COMPLEX, monday) == ("9.00", "10.30")


def test_the_complex_tariff_on_a_saturday_takes_the_price_that_its_json_says() -> None:
    """2.2.1 as quoted in ocpi/ocpi#396: 12.375 and 13.975. Since then, and in 2.3.0, 12.28 and 13.861 are printed, by
    1.20 an hour, which stands nowhere in the tariff (ocpi/ocpi#579). 2.375 for the time are 2.38 in cents: 13.981."""
    saturday = session(charging(114, "15", current_a=43), parked(71), at="2026-03-07T13:30:00+00:00")

    assert lines(price(COMPLEX, saturday)) == [("FLAT", "2.50"), ("TIME", "2.38"), ("PARKING_TIME", "7.50")]
    assert totals(COMPLEX, saturday) == ("12.38", "13.98")


def test_a_tariff_that_is_free_of_charge_costs_nothing() -> None:
    assert totals(tariff(element(component("FLAT", "0", step=0))), session(charging(60, "20"))) == ("0.00", "0.00")


def test_the_first_hour_of_parking_is_counted_from_the_beginning_of_the_session() -> None:
    """2.2 prints 7.30, as if min_duration counted the parking; its own text says that it is the whole
    session's (ocpi/ocpi#434), and later editions have dropped the example. Charged for an hour, the first hour is over:
    two hours at 2.00 and 0.75 at 3.00, with 19 kWh at 0.20."""
    of = tariff(
        element(component("PARKING_TIME", "0", step=60), min_duration=0, max_duration=3600),
        element(component("PARKING_TIME", "2", step=60), min_duration=3600, max_duration=10800),
        element(component("PARKING_TIME", "3", step=60), min_duration=10800),
        element(component("ENERGY", "0"), max_kwh=1),
        element(component("ENERGY", "0.2"), min_kwh=1),
    )

    assert totals(of, session(charging(60, "20"), parked(165)))[0] == "10.05"


def test_what_that_example_means_is_said_with_our_overstay() -> None:
    """The first hour of parking free, 2.00 until the fourth, then 3.00: the 7.30 that the text prints."""
    of = tariff(
        element(component("PARKING_TIME", "3", step=60), min_overstay=4 * 3600),
        element(component("PARKING_TIME", "2", step=60), min_overstay=3600),
        element(component("ENERGY", "0"), max_kwh=1),
        element(component("ENERGY", "0.2")),
    )

    assert totals(of, session(charging(60, "20"), parked(165)))[0] == "7.30"


def reservation(*components: object, expires: bool = False) -> dict[str, object]:
    kind = "RESERVATION_EXPIRES" if expires else "RESERVATION"
    return element(*components, reservation=kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("elements", "minutes", "net", "gross"),
    [
        ([reservation(component("TIME", "5", "20", 60))], 15, "6.75", "7.60"),
        ([reservation(component("FLAT", "2", "20"), component("TIME", "5", "20", 300))], 13, "8.75", "10.00"),
        (
            [
                reservation(component("FLAT", "4", "20"), expires=True),
                reservation(component("TIME", "2", "20", 600)),
            ],
            22,
            "6.50",
            "7.30",
        ),
        (
            [
                reservation(component("TIME", "6", "20", 600), expires=True),
                reservation(component("TIME", "3", "20", 600)),
            ],
            22,
            "7.00",
            "7.90",
        ),
    ],
    ids=["by time", "with a fee", "with an expire fee", "with an expire time"],
)
def test_a_reservation_is_paid_beside_the_session(
    elements: list[dict[str, object]], minutes: int, net: str, gross: str
) -> None:
    of = tariff(*elements, SESSION)

    assert totals(of, session(reserved(minutes), charging(60, "20"))) == (net, gross)


def test_a_reservation_that_expires_costs_its_time_and_the_fee_for_expiring() -> None:
    of = tariff(
        reservation(component("FLAT", "4", "20"), expires=True),
        reservation(component("TIME", "2", "20", 600)),
        SESSION,
    )

    assert totals(of, session(expired(60))) == ("6.00", "7.20")


def test_the_time_of_a_reservation_that_expires_costs_what_its_own_element_says() -> None:
    of = tariff(
        reservation(component("TIME", "3", "20", 600)),
        reservation(component("TIME", "6", "20", 600), expires=True),
        SESSION,
    )

    assert totals(of, session(expired(90))) == ("9.00", "10.80")


STEPS = tariff(
    element(component("TIME", "1.2", step=1800), component("PARKING_TIME", "1", step=900), end_time="17:00"),
    element(
        component("TIME", "2.4", step=900),
        component("PARKING_TIME", "1", step=900),
        start_time="17:00",
        end_time="20:00",
    ),
    element(component("TIME", "2.4", step=900), start_time="20:00", end_time="00:00"),
)


def test_a_step_is_taken_once_by_what_was_paid_for_last() -> None:
    """2.2.1 as corrected: 0.55, five minutes of charging at each price and a whole step of parking. Before, 0.50 was
    printed, the sum of both times rounded to one step (ocpi/ocpi#396)."""
    told = price(STEPS, session(charging(10, "2"), parked(2), at="2026-03-02T16:55:00+00:00"))

    assert lines(told) == [("TIME", "0.10"), ("TIME", "0.20"), ("PARKING_TIME", "0.25")]


def test_a_step_counts_what_another_element_has_billed_already() -> None:
    """1.30: 35 minutes are 45 by the later element's step, 20 of them after 17:00 (ocpi/ocpi#354)."""
    told = price(STEPS, session(charging(35, "5"), at="2026-03-02T16:35:00+00:00"))

    assert lines(told) == [("TIME", "0.50"), ("TIME", "0.80")]


def test_the_last_parking_that_is_paid_for_takes_the_step_before_parking_becomes_free() -> None:
    """2.2.1 as corrected and 2.3.0 print 0.80, with two prices that are not the tariff's at that hour; by its tracker
    it is 0.73: 12 minutes at 2.40 an hour and 15 at 1.00 (ocpi/ocpi#546)."""
    told = price(STEPS, session(charging(12, "2"), parked(20), at="2026-03-02T19:40:00+00:00"))

    assert lines(told) == [("TIME", "0.48"), ("PARKING_TIME", "0.25")]


def test_parking_that_is_free_from_its_beginning_leaves_the_step_to_charging() -> None:
    """2.2: 0.60, five minutes of charging before 20:00 and ten after it, which five were."""
    told = price(STEPS, session(charging(10, "2"), parked(2), at="2026-03-02T19:55:00+00:00"))

    assert lines(told) == [("TIME", "0.20"), ("TIME", "0.40")]


def test_energy_is_priced_by_the_power_it_flows_with() -> None:
    of = tariff(
        element(component("ENERGY", "0.20", "20"), max_power=16),
        element(component("ENERGY", "0.35", "20"), max_power=32),
        element(component("ENERGY", "0.50", "20")),
    )
    told = session(charging(10, "1", power_w=6000), charging(50, "40", power_w=48000), charging(8, "0.5", power_w=4000))

    assert totals(of, told)[0] == "20.30"


def test_energy_is_priced_by_how_long_the_session_lasts() -> None:
    of = tariff(
        element(component("ENERGY", "0", "20"), max_duration=1800),
        element(component("ENERGY", "0.25", "20"), max_duration=3600),
        element(component("ENERGY", "0.40", "20")),
    )

    assert totals(of, session(charging(30, "5"), charging(10, "1.2")))[0] == "0.30"


def test_a_step_of_energy_is_taken_over_the_session_and_added_to_what_came_last() -> None:
    """mod_cdrs: 4.3 and 1.1 kWh are 5.5, so that 1.2 are billed after 17:00."""
    of = tariff(
        element(component("ENERGY", "0.20", step=500), end_time="17:00"),
        element(component("ENERGY", "0.27", step=500)),
    )
    told = price(of, session(charging(43, "4.3"), charging(11, "1.1"), at="2026-03-02T16:17:00+00:00"))

    assert lines(told) == [("ENERGY", "0.86"), ("ENERGY", "0.32")]


def test_energy_at_three_powers_is_stepped_once() -> None:
    """ocpi/ocpi#494: three times 3 kWh are 10 by the step, the last of them by 2.00: 29.00 and nothing more."""
    of = tariff(
        element(component("ENERGY", "2", "0", 10000), max_current=20),
        element(component("ENERGY", "5", "0", 10000), min_current=20),
    )
    told = session(*(charging(60, "3", current_a=amperes) for amperes in (10, 40, 10)))

    assert totals(of, told) == ("29.00", "29.00")


def test_a_step_of_time_is_taken_over_the_session_and_added_to_what_came_last() -> None:
    """mod_cdrs: 6 and 22 minutes are 30, so that 24 are billed after 17:00."""
    of = tariff(
        element(component("TIME", "5", step=600), end_time="17:00"),
        element(component("TIME", "7", step=600)),
    )
    told = price(of, session(charging(28, "5"), at="2026-03-02T16:54:00+00:00"))

    assert lines(told) == [("TIME", "0.50"), ("TIME", "2.80")]


def test_charging_is_not_stepped_where_parking_follows() -> None:
    """mod_cdrs: 21 minutes of charging and 16 of parking are 41 by a step of ten."""
    of = tariff(element(component("TIME", "1", step=600), component("PARKING_TIME", "2", step=600)))

    assert lines(price(of, session(charging(21, "5"), parked(16)))) == [("TIME", "0.35"), ("PARKING_TIME", "0.67")]


@pytest.mark.parametrize(
    ("wh", "step", "billed_wh"),
    [(115, 1, 115), (101, 25, 125), (125, 25, 125), (1, 500, 500), (500, 500, 500), (501, 500, 1000)],
)
def test_energy_is_rounded_up_to_whole_steps(wh: int, step: int, billed_wh: int) -> None:
    told = price(tariff(element(component("ENERGY", "0.25", step=step))), session(charging(5, str(wh / 1000))))

    assert told.lines[0].of is not None
    assert (told.lines[0].of.used, told.lines[0].of.billed) == (wh, billed_wh)


def test_the_cdr_of_the_document_costs_what_it_says() -> None:
    """mod_cdrs, the example CDR: 1.973 hours at 2.00 by steps of five minutes are two hours, 4.00 and 4.40."""
    of = tariff(element(component("TIME", "2", "10", 300)))

    assert totals(of, session(charging(118 + 23 / 60, "15.342"), at="2015-06-29T21:39:09+00:00")) == ("4.00", "4.40")
