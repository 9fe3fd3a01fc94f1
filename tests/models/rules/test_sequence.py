"""A transaction's numbered events tell the same in any order and however often they come (OCPP.md 26, 27)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import charging_session as sessions
from models.rules.authorisation import TokenVerdict
from models.rules.charging_session import ChargingSession, session_of
from models.rules.sequence import RANGES_LIMIT, Known, Phase, ShownToken, Told, merged, union

pytestmark = pytest.mark.step("O26", "O27")

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
CARD = ShownToken(token="CARD", kind="ISO14443", verdict=TokenVerdict.ACCEPTED, is_test=False)
REFUSED = ShownToken(token="BAD", kind="ISO14443", verdict=TokenVerdict.BLOCKED, is_test=False)


def event(phase: Phase, number: int | None, **more: Any) -> Told:
    return Told(phase=phase, number=number, at=AT + timedelta(minutes=number or 0), **more)


def heard(*events: Told) -> Known:
    known = Known()
    for each in events:
        known = merged(known, each)
    return known


def session(*events: Told) -> ChargingSession:
    return session_of(heard(*events), AT)


STARTED = event(Phase.STARTED, 0, evse=1, plug=2, begin_wh=1_000, highest_wh=1_000, charging_state="EVConnected")
SHOWN = event(Phase.UPDATED, 1, token=CARD, charging_state="Charging")
METERED = event(Phase.UPDATED, 2, highest_wh=1_400, charging_state="SuspendedEV")
ENDED = event(Phase.ENDED, 3, end_wh=1_500, highest_wh=1_500, reason="EVDisconnected", token=CARD, stops=True)
WHOLE = [STARTED, SHOWN, METERED, ENDED]

small = st.none() | st.integers(0, 5_000)
tokens = st.none() | st.sampled_from([CARD, REFUSED, CARD.model_copy(update={"token": "OTHER", "is_test": True})])


@st.composite
def transactions(draw: st.DrawFn) -> list[Told]:
    """Events that one station could have numbered, with gaps, with events after the end, some of them off-line."""
    numbers = sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=12)))
    end = draw(st.integers(0, len(numbers)))
    found = []
    for index, number in enumerate(numbers):
        phase = Phase.STARTED if index == 0 else Phase.ENDED if index == end else Phase.UPDATED
        found.append(
            event(
                phase,
                number,
                offline=draw(st.booleans()),
                evse=draw(st.none() | st.integers(1, 3)),
                plug=draw(st.none() | st.integers(1, 2)),
                token=draw(tokens),
                stops=draw(st.booleans()),
                charging_state=draw(st.sampled_from([None, "Charging", "Idle"])),
                reason=draw(st.sampled_from([None, "Remote"])),
                begin_wh=draw(small),
                end_wh=draw(small),
                first_wh=draw(small),
                last_wh=draw(small),
                highest_wh=draw(small),
                odd=draw(st.sampled_from([(), ("/x: missing",), ("/y: too long", "/x: missing")])),
            )
        )
    return found


@given(transactions(), st.data())
def test_any_order_and_any_repetition_of_the_events_make_the_same_row(events: list[Told], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=8))
    mixed = data.draw(st.permutations([*events, *again]))
    assert heard(*mixed) == heard(*events)
    assert session(*mixed) == session(*events)


@given(transactions())
def test_what_is_known_comes_back_from_the_row_as_it_went_in(events: list[Told]) -> None:
    known = heard(*events)
    assert Known.model_validate(known.model_dump(mode="json", exclude_defaults=True)) == known


@given(transactions(), st.data())
def test_what_was_told_to_a_process_is_told_in_the_order_in_which_it_happened(
    events: list[Told], data: st.DataObject
) -> None:
    for each in data.draw(st.permutations(events)):
        facts = sessions.facts(heard(each), energy_enough_wh=1)
        assert not facts or facts[0] == "transaction_started"
    order = ["transaction_started", "energy_flowed", "transaction_stopped"]
    told = list(sessions.facts(heard(*events), energy_enough_wh=1))
    assert told == [each for each in order if each in told]


def test_a_whole_transaction_has_no_irregularity_and_waits_for_nothing() -> None:
    row = session(*WHOLE)
    assert (row.started_at, row.stopped_at, row.stop_reason) == (AT, AT + timedelta(minutes=3), "EVDisconnected")
    assert (row.connector, row.station_connector) == (1, 2)
    assert (row.token, row.token_kind, row.verdict, row.stop_token) == ("CARD", "ISO14443", "accepted", "CARD")
    assert (row.meter_start_wh, row.meter_stop_wh, row.energy_wh) == (1_000, 1_500, 500)
    assert (row.irregularities, row.awaits_events, row.charging_state) == ([], False, None)


def test_a_number_that_is_missing_is_named_until_it_comes() -> None:
    row = session(STARTED, ENDED)
    assert (row.irregularities, row.awaits_events) == (["sequence: 1-2 missing"], True)
    assert session(STARTED, ENDED, METERED).irregularities == ["sequence: 1 missing"]
    assert session(STARTED, ENDED, METERED, SHOWN).irregularities == []


def test_numbers_that_do_not_begin_with_naught_miss_nothing() -> None:
    assert session(event(Phase.STARTED, 70), event(Phase.ENDED, 71)).irregularities == []


def test_an_update_after_the_end_is_named_and_reopens_nothing() -> None:
    late = event(Phase.UPDATED, 9, highest_wh=9_000, charging_state="Charging")
    row = session(*WHOLE, late)
    assert (row.stopped_at, row.charging_state, row.energy_wh) == (AT + timedelta(minutes=3), None, 500)
    assert row.irregularities == ["sequence: 4-8 missing", sessions.AFTER_END]


def test_an_end_before_its_start_is_kept_and_completed_by_it() -> None:
    row = session(ENDED)
    assert (row.stopped_at, row.meter_stop_wh, row.energy_wh) == (AT + timedelta(minutes=3), 1_500, 0)
    assert (row.awaits_events, row.irregularities) == (True, [sessions.NO_START])
    assert row.token == ""
    assert sessions.facts(heard(ENDED), energy_enough_wh=100) == ()
    assert sessions.facts(heard(ENDED, STARTED), energy_enough_wh=100) == (
        "transaction_started",
        "energy_flowed",
        "transaction_stopped",
    )


def test_what_was_told_off_line_counts_and_is_no_live_state() -> None:
    kept_back = METERED.model_copy(update={"offline": True, "number": 5})
    row = session(STARTED, SHOWN, kept_back)
    assert (row.charging_state, row.energy_wh, row.heard_offline) == ("Charging", 400, True)
    assert not heard(kept_back).heard_live


def test_a_connector_that_was_not_told_is_not_the_first_one() -> None:
    row = session(STARTED.model_copy(update={"plug": None, "evse": None}), ENDED)
    assert (row.connector, row.station_connector) == (None, None)


def test_a_token_that_was_accepted_goes_before_one_that_was_not() -> None:
    first = event(Phase.UPDATED, 1, token=REFUSED)
    assert session(STARTED, first).token == "BAD"
    assert session(STARTED, first, event(Phase.UPDATED, 2, token=CARD)).token == "CARD"


def test_registers_without_their_context_are_taken_from_the_start_and_the_end_and_named() -> None:
    start = event(Phase.STARTED, 0, first_wh=100, last_wh=100, highest_wh=100)
    row = session(start, event(Phase.ENDED, 1, first_wh=400, last_wh=450, highest_wh=450))
    assert (row.meter_start_wh, row.meter_stop_wh, row.energy_wh) == (100, 450, 350)
    assert row.irregularities == [sessions.WITHOUT_CONTEXT]


def test_a_meter_that_goes_back_is_named_and_energy_is_never_negative() -> None:
    row = session(STARTED, event(Phase.ENDED, 1, end_wh=900, highest_wh=900))
    assert (row.energy_wh, row.irregularities) == (0, ["meter_stop_below_meter_start"])


def test_a_number_that_is_used_twice_loses_no_end() -> None:
    row = session(event(Phase.STARTED, 0), event(Phase.ENDED, 0))
    assert row.stopped_at is not None
    assert row.irregularities == [sessions.TWICE]


def test_a_transaction_id_that_is_used_again_is_named() -> None:
    other = STARTED.model_copy(update={"at": AT + timedelta(days=3)})
    assert session(STARTED, ENDED.model_copy(update={"number": 1}), other).irregularities == [
        "sequence: the transaction's id was used again"
    ]
    assert heard(STARTED, STARTED) == heard(STARTED)


def test_events_without_a_number_are_read_in_the_order_of_what_they_are() -> None:
    row = session(*(each.model_copy(update={"number": None}) for each in (ENDED, METERED, STARTED)))
    assert (row.meter_start_wh, row.meter_stop_wh, row.energy_wh, row.awaits_events) == (1_000, 1_500, 500, False)


@given(st.lists(st.integers(0, 2_000), max_size=900))
def test_stretches_of_numbers_are_bounded(numbers: list[int]) -> None:
    ranges = union(tuple((number, number) for number in numbers[::2]), tuple((number, number) for number in numbers))
    assert len(ranges) <= RANGES_LIMIT
    assert all(any(low <= number <= high for low, high in ranges) for number in numbers)


def test_more_gaps_than_can_be_told_apart_leave_the_newest_known() -> None:
    ranges = union((), tuple((number, number) for number in range(0, 10_000, 2)))
    assert len(ranges) == RANGES_LIMIT
    assert ranges[0][0] == 0
    assert ranges[-1] == (9_998, 9_998)
