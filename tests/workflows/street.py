"""Three stations of one product in operation, one of each version, on a real node of the product's."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from models.rules.commissioning import CommissioningStage
from models.store import wanted as store
from models.tables.asset import Asset
from models.usecases import commissioning, upkeep
from models.usecases.work import Work
from sandbox.stations.description import Script
from sandbox.stations.station import Station
from tests.csms.standing import station_in_test
from tests.workflows.front import VERSIONS, Front, fronted
from tests.workflows.house import House


class Street:
    """By version: ``assets`` are the product's rows, ``stations`` what stands in the street."""

    def __init__(self, house: House, front: Front, assets: dict[str, Asset]) -> None:
        self.house = house
        self.assets = assets
        self.stations: dict[str, Station] = {}
        self._front = front

    async def power_up(self) -> None:
        for number, protocol in enumerate(VERSIONS):
            self.stations[protocol] = await self._front.power_up(f"HW-{number}", protocol)
        await self.until(self._all_accepted)

    async def until(self, condition: Callable[[], Awaitable[Any]]) -> None:
        await self.house.until(condition)

    async def do(self, use_case: Callable[[Work], Awaitable[Any]]) -> Any:
        """By an engineer, in a transaction of its own."""
        return await self.house.road.do(self.house.world.engineer, use_case)

    def begin(self, protocol: str, *steps: dict[str, Any]) -> None:
        """The station begins to play these steps."""
        self.stations[protocol].script.play(Script.model_validate({"steps": steps}).steps)

    async def play(self, protocol: str, *steps: dict[str, Any]) -> Sequence[str]:
        """What came of each step, once all are done."""
        script = self.stations[protocol].script
        self.begin(protocol, *steps)

        async def is_over() -> bool:
            return script.state != "running"

        await self.until(is_over)
        assert script.state == "done", script.shown()
        return [each["outcome"] for each in script.shown()["outcomes"]]

    async def rest(self) -> None:
        """Until every station's process has heard what is wanted, and does nothing any more."""
        await self.until(self._all_told)
        for asset in self.assets.values():
            await self.until(lambda asset=asset: self.house.is_at_rest(upkeep.workflow_id(asset.name)))  # type: ignore[misc]

    async def rows(self, query: Any) -> Sequence[Any]:
        async with self.house.desk.database.transaction() as session:
            return (await session.execute(query)).scalars().all()

    async def _all_told(self) -> bool:
        async with self.house.desk.database.transaction() as session:
            waiting = await store.spreads(session)
        return not waiting and await self.house.road.heard_all()

    async def _all_accepted(self) -> bool:
        return all(station.life.accepted.is_set() for station in self.stations.values())


@asynccontextmanager
async def inhabited(closed: House, patch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    """As if each station had come its whole road."""
    assets = {}
    for number, protocol in enumerate(VERSIONS):
        assets[protocol] = await station_in_test(closed.world, f"HW-{number}")
        await closed.road.heard(commissioning.workflow_id(assets[protocol].name))
    async with closed.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
    async with closed.open(patch) as house, fronted(house) as front:
        street = Street(house, front, assets)
        await street.power_up()
        yield street
