"""What the messages of a charge of OCPP 1.6 make of it, in whatever number they come."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from models.rules import charging, metering
from models.rules.authorisation import KnownToken, Station, TokenKind, TokenVerdict, decide
from models.rules.charging import Charge
from models.rules.commissioning import CommissioningStage

ACTIVE, TESTING = CommissioningStage.ACTIVE, CommissioningStage.TEST_CHARGING


@pytest.mark.step("O9")
def test_a_start_notes_what_is_missing_since_the_last_stop_behind_what_is_odd_about_its_fields() -> None:
    assert charging.begun(1500, 1300, ["odd"]) == Charge(1500, 0, ["odd", metering.GAP], has_stopped=False)
    assert charging.begun(1300, 1300, []) == charging.begun(1300, None, []) == Charge(1300, 0, [], has_stopped=False)


@pytest.mark.step("O10")
def test_meter_values_move_a_charge_until_its_stop_only() -> None:
    running = charging.metered(Charge(1000, 200, ["a"], has_stopped=False), 1500, ["b", "a"])
    assert running == Charge(1000, 500, ["a", "b"], has_stopped=False)
    ended = charging.stopped(running, 1400, [])
    assert ended == Charge(1000, 400, ["a", "b"], has_stopped=True)
    assert charging.metered(ended, 9000, []) == ended._replace(irregularities=["a", "b", metering.AFTER_THE_STOP])


@pytest.mark.step("O2", "O9")
def test_a_stop_is_final_and_one_below_the_start_gives_what_was_seen_to_flow() -> None:
    ended = charging.stopped(Charge(1000, 200, [], has_stopped=False), 900, ["c"])
    assert ended == Charge(1000, 200, ["c", metering.BACKWARDS], has_stopped=True)
    assert charging.stopped(ended, 9000, ["d"]) == ended


@pytest.mark.step("P15")
def test_a_process_may_wait_for_a_test_charge_and_for_a_station_out_of_service() -> None:
    assert not charging.may_move_a_process(ACTIVE, is_test=False)
    assert charging.may_move_a_process(ACTIVE, is_test=True)
    others = set(CommissioningStage) - {ACTIVE}
    assert all(charging.may_move_a_process(stage, is_test=False) for stage in others)


@pytest.mark.step("P15", "P19")
def test_the_test_card_of_another_station_is_as_good_as_unknown() -> None:
    own = KnownToken(uuid4(), TokenKind.TEST, is_blocked=False)
    other, here = Station(TESTING, uuid4()), Station(TESTING, own.id)
    assert decided(own, here) == (TokenVerdict.ACCEPTED, True)
    assert decided(own, Station(ACTIVE, own.id)) == (TokenVerdict.INVALID, True)
    assert decided(own, other) == decided(None, here) == (TokenVerdict.INVALID, False)
    assert decided(own._replace(is_blocked=True), here) == (TokenVerdict.BLOCKED, True)
    card = KnownToken(uuid4(), TokenKind.CARD, is_blocked=False)
    assert decided(card, Station(ACTIVE, None)) == (TokenVerdict.ACCEPTED, False)


def decided(known: KnownToken | None, station: Station) -> tuple[TokenVerdict, bool]:
    return decide(known, station, datetime.now(UTC), least=Decimal(5))
