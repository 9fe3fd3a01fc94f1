"""Two sets of stations that are told the same: each message of the one alone, those of the other together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from models.messages.base import Actor
from models.messages.telemetry import Answer, Charged, Metered, Outcome, Seen, Started, Stopped, Transacted
from models.rules.authorisation import TokenKind, TokenVerdict
from models.rules.commissioning import CommissioningStage
from models.tables.asset import Asset, StationEvent
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from models.tables.session import ChargingSession
from models.usecases import charging, sequence, telemetry
from models.usecases.work import Desk
from tests.csms.standing import station_in_test
from tests.people import World

TESTS = Actor(id=None, name="tests")
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
STATIONS = 3
LEFT_BY = (ChargingTransaction, MeterReading, RawFrame, StationEvent)
ITS_OWN = {"id", "asset_id", "created_at", "detail", "sequence"}
"""What two stations never have in common; of a sequence the columns that are made of it are compared."""
NAMED = {"number", "transaction_number", "transaction", "token", "stop_token"}
"""What is compared by the order of the transactions, or by whether it is the station's own test card."""
USE_CASES: dict[type[Seen], Any] = {
    Started: charging.start,
    Stopped: charging.stop,
    Metered: charging.meter,
    Transacted: sequence.tell,
}
Said = TypeVar("Said")


@dataclass(frozen=True)
class Stations:
    desk: Desk
    assets: Sequence[Asset]
    names: Sequence[str]
    cards: Sequence[str]

    def key(self, station: int) -> tuple[UUID, str]:
        return self.assets[station].id, self.names[station]

    def token(self, station: int, token: str | None) -> str | None:
        """The station's own test card where that is meant."""
        return self.cards[station] if token == "test" else token

    async def numbers(self, station: int) -> list[int]:
        return [row.number for row in await self.rows(ChargingTransaction, station)]

    async def rows(self, kind: type[Any], station: int) -> list[Any]:
        async with self.desk.database.transaction() as session:
            own = col(kind.asset_id) == self.assets[station].id
            return list((await session.execute(select(kind).where(own).order_by(col(kind.id)))).scalars())

    async def alone(self, fact: Seen) -> TokenVerdict | None:
        """By the use case of one at a time, as the front calls it."""
        async with self.desk.work(TESTS, "test") as work:
            answer: Any = await USE_CASES[type(fact)](work, fact)
        verdict: TokenVerdict | None = answer[1] if isinstance(answer, tuple) else answer
        return verdict

    async def together(self, facts: Sequence[Seen]) -> list[TokenVerdict | None]:
        async with self.desk.work(TESTS, "test") as work:
            answers = await telemetry.keep(work, facts)
        return [
            await self.alone(fact) if answer is Outcome.ALONE else _verdict(answer)
            for fact, answer in zip(facts, answers, strict=True)
        ]

    async def left(self, station: int) -> dict[str, list[Any]]:
        names: dict[Any, Any] = {number: place for place, number in enumerate(await self.numbers(station))}
        names[self.cards[station]] = "test"
        return {kind.__tablename__: [_row(row, names) for row in await self.rows(kind, station)] for kind in LEFT_BY}


async def in_service(world: World) -> tuple[Stations, Stations]:
    desk = replace(world.desk, clock=lambda: AT)
    made = [await station_in_test(world, f"HW-{number}") for number in range(2 * STATIONS)]
    async with desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
        session.add(IdToken(token="CARD-1", kind=TokenKind.CARD))
        session.add(IdToken(token="LOST-1", kind=TokenKind.CARD, blocked_at=AT))
        cards = [str((await session.get_one(IdToken, each.test_token_id)).token) for each in made]
    names = [f"CP-HW-{number}" for number in range(2 * STATIONS)]
    ours, others = slice(STATIONS), slice(STATIONS, None)
    return Stations(desk, made[ours], names[ours], cards[ours]), Stations(
        desk, made[others], names[others], cards[others]
    )


async def assert_the_same(
    both: tuple[Stations, Stations],
    rounds: Sequence[Mapping[int, Said]],
    fact: Callable[[Stations, int, Said], Awaitable[Seen]],
) -> None:
    """Of each round one message of each station is under way at a time; answers and rows are the same."""
    one, many = both
    async with one.desk.database.transaction() as session:
        for kind in (ChargingSession, *LEFT_BY):
            await session.execute(sa.delete(kind))
    for each in rounds:
        alone = [await one.alone(await fact(one, station, said)) for station, said in each.items()]
        assert await many.together([await fact(many, station, said) for station, said in each.items()]) == alone
    for station in range(STATIONS):
        assert await many.left(station) == await one.left(station)


def _verdict(answer: Answer) -> TokenVerdict | None:
    return answer.verdict if isinstance(answer, Charged) else None


def _row(row: Any, names: dict[Any, Any]) -> dict[str, Any]:
    values = {**row.model_dump(exclude=ITS_OWN), **getattr(row, "detail", {})}
    return {name: names.get(value, value) if name in NAMED else value for name, value in values.items()}
