"""What a transaction's events amount to: times, meter, token and what is odd about them (OCPP.md 9, 26, 27)."""

from datetime import timedelta

import pytest

from models.rules import charging_session as sessions
from models.rules.charging_session import ChargingSession, session_of
from models.rules.sequence import Phase, Told
from tests.models.rules.test_sequence import AT, CARD, REFUSED, event, heard

pytestmark = pytest.mark.step("O26", "O27")


def session(*events: Told) -> ChargingSession:
    return session_of(heard(*events), AT)


STARTED = event(Phase.STARTED, 0, evse=1, plug=2, begin_wh=1_000, highest_wh=1_000, charging_state="EVConnected")
SHOWN = event(Phase.UPDATED, 1, token=CARD, charging_state="Charging")
METERED = event(Phase.UPDATED, 2, highest_wh=1_400, charging_state="SuspendedEV")
ENDED = event(Phase.ENDED, 3, end_wh=1_500, highest_wh=1_500, reason="EVDisconnected", token=CARD, stops=True)
WHOLE = [STARTED, SHOWN, METERED, ENDED]


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


@pytest.mark.step("O9")
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
