"""Many stations' facts in one transaction are judged as each would be alone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from models.messages.base import Actor
from models.messages.telemetry import Answer, Metered, Opened, Outcome, Seen, Shown, Started, Status, Stopped
from models.messages.wanted import Owner
from models.rules import metering
from models.rules.authorisation import TokenKind, TokenVerdict
from models.rules.commissioning import CommissioningStage
from models.store import assets
from models.store.database import Database
from models.tables.asset import Asset, StationEvent
from models.tables.charging import ChargingTransaction, IdToken, MeterReading
from models.usecases import charging, telemetry, wanting
from models.usecases.work import Desk
from tests.people import World
from tests.road import Road

TESTS = Actor(id=None, name="tests")
KEPT, ALONE = Outcome.KEPT, Outcome.ALONE


@pytest.fixture
async def road(world: World) -> Road:
    """A station with an ordinary card, in ordinary service."""
    road = Road(world)
    await road.to_test()
    async with road.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
        session.add(IdToken(token="CARD-1", kind=TokenKind.CARD))
        session.add(IdToken(token="LOST-1", kind=TokenKind.CARD, blocked_at=road.desk.clock()))
    return road


async def identity(desk: Desk, asset_id: UUID) -> str:
    sought = sa.text("SELECT u.ocpp_identity FROM unit u JOIN asset a ON a.unit_id = u.id WHERE a.id = :id")
    async with desk.database.transaction() as session:
        return str((await session.execute(sought, {"id": asset_id})).scalar_one())


async def kept(desk: Desk, *facts: Seen) -> list[Answer]:
    async with desk.work(TESTS, "test") as work:
        return await telemetry.keep(work, facts)


async def start(road: Road, *, is_test: bool = False) -> int:
    async with road.desk.work(TESTS, "test") as work:
        number, verdict = await charging.start(
            work,
            Started(
                road.asset.id,
                "",
                connector=1,
                token="CARD-1",
                meter_start_wh=1000,
                started_at=work.now,
                frame="[]",
                irregularities=[],
            ),
        )
        assert verdict is TokenVerdict.ACCEPTED
    if is_test:
        async with road.desk.database.transaction() as session:
            await session.execute(sa.update(ChargingTransaction).values(is_test=True))
    return number


async def stop(road: Road, number: int, meter_wh: int) -> None:
    async with road.desk.work(TESTS, "test") as work:
        said: dict[str, Any] = {"reason": "Local", "token": None, "samples": [], "frame": "[]"}
        told = Stopped(road.asset.id, "", number=number, meter_stop_wh=meter_wh, stopped_at=work.now, **said)
        await charging.stop(work, told)


async def the_charge(database: Database) -> ChargingTransaction:
    async with database.transaction() as session:
        return (await session.execute(select(ChargingTransaction))).scalar_one()


def metered(road: Road, name: str, number: int | None, wh: int, odd: Sequence[str] = ()) -> Metered:
    at = road.desk.clock()
    samples = [(at, {"value": str(wh)}), (at, {"value": "16"}), (at + timedelta(seconds=1), {"value": "17"})]
    return Metered(road.asset.id, name, None, 1, number, samples, wh, "[2]", odd)


async def test_facts_of_one_batch_are_judged_one_after_the_other(road: Road) -> None:
    asset_id, name = road.asset.id, await identity(road.desk, road.asset.id)

    def told(state: str, own: str = name, connector: int = 1) -> Status:
        return Status(asset_id, own, None, connector, state, "NoError", road.desk.clock(), None)

    outcomes = await kept(
        road.desk,
        told("Available"),
        told("Available"),
        told("Faulted"),
        told("Available", connector=99),
        told("Available", connector=0),
        told("Available", own="CP-OTHER"),
        Seen(asset_id, name, drift_s=2.5),
    )
    assert outcomes == [KEPT, KEPT, KEPT, Outcome.NOWHERE, KEPT, Outcome.NOT_REGISTERED, KEPT]
    async with road.desk.database.transaction() as session:
        events = (await session.execute(select(StationEvent).order_by(col(StationEvent.id)))).scalars()
        assert [each.detail["status"] for each in events if each.kind == "status"] == ["Available", "Faulted"]
        asset = await session.get(Asset, asset_id)
        assert asset is not None
        assert asset.clock_drift_s == 2.5


@pytest.mark.step("O9", "O10")
async def test_energy_is_the_furthest_that_the_meter_has_moved_until_the_stop(road: Road) -> None:
    number, name = await start(road), await identity(road.desk, road.asset.id)
    facts = [metered(road, name, number, wh, odd) for wh, odd in ((1200, ["a"]), (1500, ["b"]), (900, ["a"]))]
    assert await kept(road.desk, *facts) == [KEPT] * 3
    charge = await the_charge(road.desk.database)
    assert (charge.energy_wh, charge.irregularities) == (500, ["a", "b"])
    await stop(road, number, 1600)
    assert await kept(road.desk, metered(road, name, number, 9000)) == [KEPT]
    charge = await the_charge(road.desk.database)
    assert (charge.energy_wh, charge.irregularities) == (600, ["a", "b", metering.AFTER_THE_STOP])
    async with road.desk.database.transaction() as session:
        rows = (await session.execute(select(MeterReading).order_by(col(MeterReading.id)))).scalars().all()
    assert [len(row.samples) for row in rows] == [2, 1] * 4


@pytest.mark.step("P15")
async def test_what_may_move_a_process_is_left_to_a_transaction_of_its_own(road: Road) -> None:
    name = await identity(road.desk, road.asset.id)
    number = await start(road, is_test=True)
    assert await kept(road.desk, metered(road, name, number, 1050)) == [ALONE]
    async with road.desk.database.transaction() as session:
        assert not (await session.execute(select(MeterReading))).scalars().all()
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.REGISTERED))
    assert await kept(road.desk, opened(road, name)) == [ALONE]


@pytest.mark.step("L5")
async def test_a_connection_that_its_process_waits_for_is_left_to_a_transaction_of_its_own(road: Road) -> None:
    name = await identity(road.desk, road.asset.id)
    assert await kept(road.desk, opened(road, name)) == [KEPT]
    owner = Owner(road.asset.name, asset_id=road.asset.id)
    await road.do(TESTS, lambda work: wanting.set_setting(work, owner, "HeartbeatInterval", "60"))
    assert await kept(road.desk, opened(road, name)) == [ALONE]


def opened(road: Road, name: str) -> Opened:
    return Opened(road.asset.id, name, None, "c1", "n1", "192.0.2.1", "ocpp1.6")


@pytest.mark.step("O3", "C1")
async def test_tokens_are_judged_together_as_they_are_alone(road: Road) -> None:
    name = await identity(road.desk, road.asset.id)
    shown = [Shown(road.asset.id, name, token) for token in ("card-1", "NOBODY", "LOST-1")]
    strange = Shown(road.asset.id, "CP-OTHER", "CARD-1")
    async with road.desk.work(TESTS, "test") as work:
        verdicts = [each and each.token for each in await telemetry.judge(work, [*shown, strange])]
        asset = await assets.lock(work.session, road.asset.id)
        alone = [(await charging.judge(work, asset, each.token))[0] for each in shown]
    assert verdicts == [*alone, None]
    assert verdicts[:3] == [TokenVerdict.ACCEPTED, TokenVerdict.INVALID, TokenVerdict.BLOCKED]
