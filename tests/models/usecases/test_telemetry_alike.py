"""Whatever stations tell, it leaves the same rows whether it is kept alone or with what others tell."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from models.messages.base import Actor
from models.messages.telemetry import Answer, Charged, Metered, Outcome, Seen, Started, Stopped
from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.tables.asset import Asset, StationEvent
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from models.usecases import charging, telemetry
from models.usecases.work import Desk
from tests.csms.standing import station_in_test
from tests.people import World

TESTS = Actor(id=None, name="tests")
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
STATIONS = 3
LEFT_BY = (ChargingTransaction, MeterReading, RawFrame, StationEvent)
ITS_OWN = {"id", "asset_id", "created_at", "detail"}
"""What two stations never have in common."""
NAMED = {"number", "transaction_number", "transaction", "token", "stop_token"}
"""What is compared by the order of the transactions, or by whether it is the station's own test card."""

minutes = st.integers(0, 2).map(lambda minute: AT + timedelta(minutes=minute))
registers = st.sampled_from((1500, 1500, 1000, 900, None))
tokens = st.sampled_from(("card-1", "CARD-1", "card-1", "LOST-1", "NOBODY", "test"))
oddities = st.sampled_from(((), ("/idTag: too long",)))


@dataclass(frozen=True)
class Told:
    """``which`` of the station's transactions so far is meant, from the last one back; beyond them: none of them."""

    kind: str
    which: int
    fields: dict[str, Any]


def told(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Told]:
    return st.builds(Told, st.just(kind), st.sampled_from((0, 0, 0, 1, 9)), st.fixed_dictionaries(fields))


starts = told(
    "start",
    connector=st.sampled_from((1, 1, 2, 1, None)),
    token=tokens,
    meter_start_wh=registers,
    at=minutes,
    irregularities=oddities,
)
meters = told("meter", register_wh=registers, irregularities=oddities)
stops = told(
    "stop",
    meter_stop_wh=registers,
    at=minutes,
    reason=st.sampled_from(("Local", "PowerLoss")),
    token=st.none() | tokens,
    irregularities=oddities,
)
rounds = st.lists(
    st.dictionaries(st.integers(0, STATIONS - 1), stops | starts | meters, min_size=2), min_size=4, max_size=8
)
"""What each station tells next: one message of each is under way at a time."""
FIRST = Told("start", 0, {"connector": 1, "token": "CARD-1", "meter_start_wh": 1000, "at": AT, "irregularities": ()})


@dataclass(frozen=True)
class Road:
    """Stations with the transactions that they have heard of."""

    desk: Desk
    stations: Sequence[Asset]
    names: Sequence[str]
    cards: Sequence[str]

    async def numbers(self, station: int) -> list[int]:
        rows = await self.rows(ChargingTransaction, station)
        return [row.number for row in rows]

    async def rows(self, kind: type[Any], station: int) -> list[Any]:
        async with self.desk.database.transaction() as session:
            own = col(kind.asset_id) == self.stations[station].id
            return list((await session.execute(select(kind).where(own).order_by(col(kind.id)))).scalars())

    async def fact(self, station: int, said: Told) -> Started | Metered | Stopped:
        numbers = [*reversed(await self.numbers(station))]
        number = numbers[said.which] if said.which < len(numbers) else -1
        given = dict(said.fields)
        if given.get("token") == "test":
            given["token"] = self.cards[station]
        asset_id, name = self.stations[station].id, self.names[station]
        samples = [(AT, {"value": "1"}), (AT + timedelta(seconds=1), {"value": "2"})]
        if said.kind == "start":
            return Started(asset_id, name, frame="[start]", **given)
        if said.kind == "stop":
            return Stopped(asset_id, name, number=number, frame="[stop]", samples=samples, **given)
        return Metered(
            asset_id, name, None, 1, number, samples, given["register_wh"], "[meter]", given["irregularities"]
        )

    async def alone(self, fact: Seen) -> Any:
        """By the use case of one at a time, as the front calls it."""
        said = {field.name: getattr(fact, field.name) for field in fields(fact)}
        asset_id = said.pop("asset_id")
        del said["identity"], said["drift_s"]
        if isinstance(fact, Started):
            said["started_at"], said["reservation_number"] = said.pop("at"), said.pop("reservation")
        elif isinstance(fact, Stopped):
            said["stopped_at"] = said.pop("at")
        use_case: Any = {Started: charging.start, Stopped: charging.stop, Metered: charging.meter}[type(fact)]
        async with self.desk.work(TESTS, "test") as work:
            return await use_case(work, asset_id, **{**said, "irregularities": list(said["irregularities"])})

    async def together(self, facts: Sequence[Seen]) -> list[Any]:
        async with self.desk.work(TESTS, "test") as work:
            answers = await telemetry.keep(work, facts)
        return [
            await self.alone(fact) if answer is Outcome.ALONE else _plain(fact, answer)
            for fact, answer in zip(facts, answers, strict=True)
        ]

    async def left(self, station: int) -> dict[str, list[Any]]:
        numbers = await self.numbers(station)
        names: dict[Any, Any] = {number: place for place, number in enumerate(numbers)}
        names[self.cards[station]] = "test"
        return {kind.__tablename__: [_row(row, names) for row in await self.rows(kind, station)] for kind in LEFT_BY}


def _plain(fact: Seen, answer: Answer) -> Any:
    """As the use cases of one at a time answer."""
    if isinstance(answer, Charged):
        return tuple(answer) if isinstance(fact, Started) else answer.verdict
    return None


def _row(row: Any, names: dict[Any, Any]) -> dict[str, Any]:
    values = {**row.model_dump(exclude=ITS_OWN), **getattr(row, "detail", {})}
    return {name: names.get(value, value) if name in NAMED else value for name, value in values.items()}


@pytest.fixture
async def roads(world: World) -> tuple[Road, Road]:
    desk = replace(world.desk, clock=lambda: AT)
    made = [await station_in_test(world, f"HW-{number}") for number in range(2 * STATIONS)]
    async with desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
        session.add(IdToken(token="CARD-1", kind=TokenKind.CARD))
        session.add(IdToken(token="LOST-1", kind=TokenKind.CARD, blocked_at=AT))
        cards = [str((await session.get_one(IdToken, each.test_token_id)).token) for each in made]
    names = [f"CP-HW-{number}" for number in range(2 * STATIONS)]
    return (
        Road(desk, made[:STATIONS], names[:STATIONS], cards[:STATIONS]),
        Road(desk, made[STATIONS:], names[STATIONS:], cards[STATIONS:]),
    )


@pytest.mark.step("O1", "O2", "O9", "P15")
@given(taken=rounds)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
async def test_alone_or_with_others_the_same_rows_are_left(
    roads: tuple[Road, Road], taken: list[dict[int, Told]]
) -> None:
    one, many = roads
    async with one.desk.database.transaction() as session:
        for kind in LEFT_BY:
            await session.execute(sa.delete(kind))
    for each in (dict.fromkeys(range(STATIONS), FIRST), *taken):
        for station, said in each.items():
            await one.alone(await one.fact(station, said))
        await many.together([await many.fact(station, said) for station, said in each.items()])
    for station in range(STATIONS):
        assert await many.left(station) == await one.left(station)
