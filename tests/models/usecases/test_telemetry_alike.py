"""Whatever stations tell, it leaves the same rows whether it is kept alone or with what others tell."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.messages.telemetry import Metered, Seen, Started, Stopped, Transacted
from models.rules.sequence import Phase
from models.rules.sequence import Told as Event
from tests.models.usecases.alike import AT, STATIONS, Stations, assert_the_same

minutes = st.integers(0, 2).map(lambda minute: AT + timedelta(minutes=minute))
registers = st.sampled_from((1500, 1500, 1000, 900, None))
tokens = st.sampled_from(("card-1", "CARD-1", "card-1", "LOST-1", "NOBODY", "test"))
oddities = st.sampled_from(((), ("/idTag: too long",)))
SAMPLES: Any = [(AT, {"value": "1"}), (AT + timedelta(seconds=1), {"value": "2"})]
thorough = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@dataclass(frozen=True)
class Told:
    """``which`` of the station's transactions so far is meant, from the last one back; beyond them: none of them."""

    kind: str
    which: int
    fields: dict[str, Any]


def told(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Told]:
    return st.builds(Told, st.just(kind), st.sampled_from((0, 0, 0, 1, 9)), st.fixed_dictionaries(fields))


def rounds(messages: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[int, Any]]]:
    """What each station tells next."""
    each = st.dictionaries(st.integers(0, STATIONS - 1), messages, min_size=2)
    return st.lists(each, min_size=4, max_size=8)


starts = told(
    "start",
    connector=st.sampled_from((1, 1, 2, 1, None)),
    token=tokens,
    meter_start_wh=registers,
    started_at=minutes,
    irregularities=oddities,
)
meters = told("meter", register_wh=registers, irregularities=oddities)
stops = told(
    "stop",
    meter_stop_wh=registers,
    stopped_at=minutes,
    reason=st.sampled_from(("Local", "PowerLoss")),
    token=st.none() | tokens,
    irregularities=oddities,
)
FIRST = Told(
    "start", 0, {"connector": 1, "token": "CARD-1", "meter_start_wh": 1000, "started_at": AT, "irregularities": ()}
)


async def fact_of(stations: Stations, station: int, said: Told) -> Seen:
    numbers = [*reversed(await stations.numbers(station))]
    number = numbers[said.which] if said.which < len(numbers) else -1
    given: dict[str, Any] = {**said.fields}
    asset_id, name = stations.key(station)
    if "token" in given:
        given["token"] = stations.token(station, given["token"])
    if said.kind == "start":
        return Started(asset_id, name, frame="[start]", **given)
    if said.kind == "stop":
        return Stopped(asset_id, name, number=number, frame="[stop]", samples=SAMPLES, **given)
    return Metered(asset_id, name, connector=1, number=number, samples=SAMPLES, frame="[meter]", **given)


@pytest.mark.step("O1", "O2", "O9", "P15")
@given(taken=rounds(stops | starts | meters))
@thorough
async def test_charges_leave_the_same_alone_or_together(
    both: tuple[Stations, Stations], taken: list[dict[int, Told]]
) -> None:
    await assert_the_same(both, [dict.fromkeys(range(STATIONS), FIRST), *taken], fact_of)


numbered = st.fixed_dictionaries(
    {
        "theirs": st.sampled_from(("T-1", "T-1", "T-1", "T-2", None)),
        "token": st.none() | tokens,
        "phase": st.sampled_from(Phase),
        "number": st.integers(0, 4) | st.none(),
        "at": minutes,
        "evse": st.sampled_from((1, 1, 2, None)),
        "stops": st.booleans(),
        "offline": st.booleans(),
        "begin_wh": registers,
        "end_wh": registers,
        "highest_wh": registers,
        "reservation": st.sampled_from((None, None, None, 7)),
        "odd": oddities,
        "content": st.integers(0, 1),
    }
)


async def event_of(stations: Stations, station: int, said: dict[str, Any]) -> Seen:
    given = {**said}
    asset_id, name = stations.key(station)
    theirs, token = given.pop("theirs"), stations.token(station, given.pop("token"))
    event = Event(**given)
    return Transacted(
        asset_id, name, theirs=theirs, told=event, token=token, token_kind="ISO14443", samples=SAMPLES, frame="[event]"
    )


@pytest.mark.step("O1", "O2", "O26", "O27")
@given(taken=rounds(numbered))
@thorough
async def test_numbered_events_leave_the_same_alone_or_together(
    both: tuple[Stations, Stations], taken: list[dict[int, dict[str, Any]]]
) -> None:
    await assert_the_same(both, taken, event_of)
