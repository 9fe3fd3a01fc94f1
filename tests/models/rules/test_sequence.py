"""A transaction's numbered events tell the same in any order and however often they come (OCPP.md 26, 27)."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import charging_session as sessions
from models.rules import sequence
from models.rules.authorisation import TokenVerdict
from models.rules.charging_session import session_of
from models.rules.repetition import REMEMBERED
from models.rules.sequence import RANGES_LIMIT, Known, Phase, ShownToken, Told, merged, union

pytestmark = pytest.mark.step("O26", "O27")

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
CARD = ShownToken(token="CARD", kind="ISO14443", verdict=TokenVerdict.ACCEPTED, is_test=False)
REFUSED = ShownToken(token="BAD", kind="ISO14443", verdict=TokenVerdict.BLOCKED, is_test=False)


def event(phase: Phase, number: int | None, **more: Any) -> Told:
    return Told(phase=phase, number=number, at=AT + timedelta(minutes=number or 0), **more)


def heard(*events: Told) -> Known:
    return heard_on(Known(), *events)


def heard_on(known: Known, *events: Told) -> Known:
    for each in events:
        known = merged(known, each)
    return known


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
    assert session_of(heard(*mixed), AT) == session_of(heard(*events), AT)


@st.composite
def badly_numbered(draw: st.DrawFn) -> list[Told]:
    """What a station tells that has one number for all, or begins anew at naught again and again."""
    count, cycle = draw(st.integers(2, 12)), draw(st.sampled_from([1, 2, 3, 5]))
    return [
        Told(
            phase=Phase.STARTED if index == 0 else Phase.UPDATED if index < count - 1 else Phase.ENDED,
            number=index % cycle,
            at=AT + timedelta(seconds=draw(st.integers(0, 3))),
            content=index,
            charging_state=draw(st.sampled_from([None, "Charging", "Idle"])),
            highest_wh=100 * index,
        )
        for index in range(count)
    ]


@given(badly_numbered(), st.data())
def test_no_event_is_lost_under_a_number_that_another_had(events: list[Told], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=8))
    known = heard(*data.draw(st.permutations([*events, *again])))
    assert known == heard(*events)
    assert all(known.has(each) for each in events)
    assert known.highest_wh == events[-1].highest_wh
    alike = {each.number for each in events[1:-1]}
    assert (sequence.OTHER_EVENT in known.odd) == (len(alike) < len(events) - 2)


def test_a_counter_that_begins_anew_long_after_loses_nothing() -> None:
    """Longer ago than single events are remembered."""
    events = [
        Told(phase=Phase.UPDATED, number=index % 100, at=AT + timedelta(minutes=index), highest_wh=index)
        for index in range(500)
    ]
    known = Known()
    for each in events:
        assert not known.has(each)
        known = merged(known, each)
        assert known.has(each)
    assert known.highest_wh == 499
    assert len(known.prints) == REMEMBERED
    assert known.has(events[0])


def test_the_last_state_under_one_number_is_that_of_the_latest_instant() -> None:
    states = ["EVConnected", "SuspendedEV", "Charging"]
    events = [
        Told(phase=Phase.UPDATED, number=0, at=AT + timedelta(minutes=minute), charging_state=state)
        for minute, state in enumerate(states)
    ]
    random.Random(1).shuffle(events)
    state = heard(*events).charging_state
    assert state is not None
    assert state[1] == "Charging"


def test_a_row_of_an_earlier_release_goes_on() -> None:
    """Of its events the numbers are known and no instants."""
    yesterday = {
        "starts": [[0, 0]],
        "updates": [[1, 3]],
        "started": [0, AT.isoformat()],
        "charging_state": [3, "Charging"],
        "token": [0, 1, "CARD", "ISO14443", "accepted", False],
        "begin": [0, 1_000],
        "highest_wh": 1_400,
    }
    known = Known.model_validate(yesterday)
    assert merged(known, event(Phase.UPDATED, 2, content=7)) == known
    after = heard_on(known, event(Phase.UPDATED, 4, charging_state="Idle"), event(Phase.UPDATED, 2, content=7))
    assert (after.updates, after.odd, session_of(after, AT).charging_state) == (((1, 4),), (), "Idle")


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


def test_an_event_of_a_gap_that_was_given_up_is_still_read() -> None:
    known = heard(*(event(Phase.UPDATED, number) for number in range(0, 2 * RANGES_LIMIT + 40, 2)))
    late = event(Phase.UPDATED, 3, highest_wh=700)
    assert not known.has(late)
    assert merged(known, late).highest_wh == 700


def test_what_is_odd_about_fields_hides_nothing_of_the_transaction() -> None:
    odd = sequence.with_odd([sequence.USED_AGAIN], (f"/meterValue/{number}: odd" for number in range(200)))
    assert len(odd) == sequence.ODDITIES_LIMIT
    assert sequence.USED_AGAIN in odd
