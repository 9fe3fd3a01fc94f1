"""Charging profiles that are refused: tried again where they came too early, read back where not (OCPP.md 24, 25)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.messages import MessageType, get_validator

from csms import charging_profiles, v21, v201
from csms.listener import CsmsServer
from csms.outcome import Result
from csms.v21 import outbound as outbound_of_21
from csms.v201.outbound import Outbound
from models.messages import commands
from models.messages.commands import Purpose
from tests.csms.commanded import VERSIONS, command, ready
from tests.csms.memory import MemoryRecords

everywhere = pytest.mark.parametrize("subprotocol", VERSIONS)
SCHEDULE = commands.ChargingSchedule(unit="A", periods=(commands.SchedulePeriod(start_s=0, limit=Decimal(10)),))
INSTEAD = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}]}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as ever, but without waiting."""
    tries = charging_profiles.TRIED_AGAIN_AFTER_S
    monkeypatch.setattr(charging_profiles, "TRIED_AGAIN_AFTER_S", tuple(0 for _ in tries))


def profile(subprotocol: str, purpose: Purpose) -> commands.SetChargingProfile:
    named: Any = None
    if purpose is Purpose.TRANSACTION:
        named = 5 if subprotocol == "ocpp1.6" else "T-5"
    made = commands.ChargingProfile(
        profile=1, stack_level=0, purpose=purpose, kind="relative", schedule=SCHEDULE, transaction=named
    )
    return commands.SetChargingProfile(profile=made, connector=1)


def answers(profile_answers: Iterator[str]) -> Any:
    def answer(action: str, _: dict[str, Any]) -> dict[str, Any]:
        if action == "SetChargingProfile":
            return {"status": next(profile_answers)}
        return {"status": "Accepted", "chargingSchedule": INSTEAD, "schedule": INSTEAD}

    return answer


@everywhere
@pytest.mark.step("O24")
async def test_a_profile_of_a_transaction_that_came_too_early_is_tried_again(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    told = answers(iter(["Rejected", "Rejected", "Accepted"]))
    async with ready(server, subprotocol) as station:
        asked = profile(subprotocol, Purpose.TRANSACTION)
        calls, outcome = await command(server, records, station, asked, told)
    assert [action for action, _ in calls] == ["SetChargingProfile"] * 3
    assert calls[0] == calls[2]
    assert (outcome.result, dict(outcome.data)) == (Result.ACCEPTED, {})


@everywhere
@pytest.mark.step("O24", "O25")
async def test_a_profile_of_a_transaction_that_stays_refused_is_given_up_and_read_back(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    told = answers(iter(["Rejected"] * 10))
    async with ready(server, subprotocol) as station:
        asked = profile(subprotocol, Purpose.TRANSACTION)
        calls, outcome = await command(server, records, station, asked, told)
    assert [action for action, _ in calls] == ["SetChargingProfile"] * 4 + ["GetCompositeSchedule"]
    assert (outcome.result, outcome.data["schedule"]) == (Result.REJECTED, INSTEAD)


@everywhere
@pytest.mark.step("O25")
async def test_of_a_refused_profile_it_is_read_back_what_the_station_has(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with ready(server, subprotocol) as station:
        asked = profile(subprotocol, Purpose.DEFAULT)
        calls, outcome = await command(server, records, station, asked, answers(iter(["Rejected"])))
    (_, (action, read)) = calls
    assert action == "GetCompositeSchedule"
    assert read.get("evseId", read.get("connectorId")) == 1
    assert (outcome.result, outcome.data["schedule"]) == (Result.REJECTED, INSTEAD)


@everywhere
@pytest.mark.parametrize("code", ["NotImplemented", "InternalError"])
async def test_an_error_is_no_refusal_and_is_not_tried_again(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, code: str
) -> None:
    async with ready(server, subprotocol) as station:
        asked = profile(subprotocol, Purpose.TRANSACTION)
        calls, outcome = await command(server, records, station, asked, [4, code, "", {}])
    assert len(calls) == 1
    assert outcome.result in {Result.NOT_SUPPORTED, Result.FAILED}


limits = st.decimals(0, 1000, places=1)
periods = st.builds(
    commands.SchedulePeriod,
    start_s=st.integers(0, 10**6),
    limit=limits,
    phases=st.sampled_from([None, 1, 2, 3]),
    phase_to_use=st.sampled_from([None, 1, 2, 3]),
)
both_ways = st.builds(
    commands.SchedulePeriod,
    start_s=st.integers(0, 10**6),
    limit=st.none() | limits,
    limit_l2=st.none() | limits,
    discharge_limit=st.none() | st.decimals(-1000, 0, places=1),
    setpoint=st.decimals(-1000, 1000, places=1),
    setpoint_l3=st.none() | st.decimals(-1000, 1000, places=1),
    setpoint_reactive_l2=st.none() | st.decimals(-1000, 1000, places=1),
    operation_mode=st.sampled_from([None, "central_setpoint", "idle", "local_load_balancing"]),
)
instants = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - gets its zone


def schedules(period: st.SearchStrategy[commands.SchedulePeriod]) -> st.SearchStrategy[commands.ChargingSchedule]:
    return st.builds(
        commands.ChargingSchedule,
        unit=st.sampled_from("AW"),
        periods=st.lists(period, min_size=1, max_size=4).map(tuple),
        duration_s=st.none() | st.integers(1, 10**6),
        starts_at=instants,
        minimum=st.none() | limits,
    )


def profiles(
    schedule: st.SearchStrategy[commands.ChargingSchedule], *, of_21: bool
) -> st.SearchStrategy[commands.ChargingProfile]:
    more = [Purpose.PRIORITY, Purpose.LOCAL_GENERATION] if of_21 else []
    return st.builds(
        commands.ChargingProfile,
        profile=st.integers(1, 2**31 - 1),
        stack_level=st.integers(0, 1000),
        purpose=st.sampled_from([Purpose.STATION, Purpose.DEFAULT, Purpose.TRANSACTION, *more]),
        kind=st.sampled_from(["absolute", "recurring", "relative", *(["dynamic"] if of_21 else [])]),
        recurs=st.sampled_from([None, "daily", "weekly"]),
        schedule=schedule,
        alternatives=st.lists(schedule, max_size=2).map(tuple),
        transaction=st.none() | st.text("abc-1", min_size=1, max_size=36),
        valid_from=instants,
        valid_to=instants,
        offline_at_most_s=st.none() | st.integers(0, 10**6) if of_21 else st.none(),
        asked_for_every_s=st.none() | st.integers(1, 10**6) if of_21 else st.none(),
    )


@given(profiles(schedules(periods), of_21=False))
def test_any_profile_is_written_by_the_schema_of_2_0_1(made: commands.ChargingProfile) -> None:
    request = Outbound(v201.DIALECT).wording.request_of(commands.SetChargingProfile(profile=made))
    get_validator(MessageType.Call, "SetChargingProfile", "2.0.1").validate(request.payload)
    assert _periods(request.payload) == [len(each.periods) for each in (made.schedule, *made.alternatives)]


@given(profiles(schedules(periods | both_ways), of_21=True))
def test_any_profile_is_written_by_the_schema_of_2_1(made: commands.ChargingProfile) -> None:
    request = Outbound(v21.DIALECT, outbound_of_21.MORE).wording.request_of(commands.SetChargingProfile(profile=made))
    get_validator(MessageType.Call, "SetChargingProfile", "2.1").validate(request.payload)
    assert _periods(request.payload) == [len(each.periods) for each in (made.schedule, *made.alternatives)]


def _periods(payload: dict[str, Any]) -> list[int]:
    """How many each schedule has as it is written."""
    schedules = payload["chargingProfile"]["chargingSchedule"]
    return [len(each["chargingSchedulePeriod"]) for each in schedules]
