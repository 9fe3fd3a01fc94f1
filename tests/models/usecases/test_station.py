"""What a station's socket and boot tell us: in the rows, in its events, and to a process that waits (P13, P14)."""

import pytest
from sqlmodel import col, select

from models.errors import HardwareNotLinked
from models.rules.commissioning import CommissioningStage
from models.store import assets
from models.tables.asset import Evse, PastConnection, StationConnection, StationEvent
from models.tables.unit import Unit
from models.usecases import station
from tests.models.usecases.test_commissioning import facts
from tests.road import NOBODY, Road


async def events(road: Road) -> list[str]:
    async with road.desk.database.transaction() as session:
        found = await session.execute(select(StationEvent.kind).order_by(col(StationEvent.id)))
        return list(found.scalars())


async def connection(road: Road) -> StationConnection | None:
    async with road.desk.database.transaction() as session:
        return await assets.connection(session, road.asset.id)


async def unit(road: Road) -> Unit:
    async with road.desk.database.transaction() as session:
        return (await session.execute(select(Unit))).scalar_one()


@pytest.mark.walked("to_test")
@pytest.mark.step("P14")
async def test_a_connection_and_a_boot_are_told_to_the_process_that_waits_for_them(road: Road) -> None:
    await road.connect()
    assert await road.boot()
    assert await facts(road) == ["station_connected", "station_booted"]
    assert await events(road) == ["registered", "connected", "booted"]
    asset = await road.station()
    assert (asset.registration, (asset.booted or {})["firmware"]) == ("accepted", "1.4.2")
    assert asset.last_seen_at is not None


@pytest.mark.walked("to_test")
@pytest.mark.step("P14", "H2")
async def test_a_boot_with_another_serial_is_refused_and_says_which_was_expected(road: Road) -> None:
    assert not await road.boot("SN-OTHER")
    assert await facts(road) == ["boot_refused"]
    assert (await road.station()).registration == "rejected"
    assert (await events(road))[-1] == "boot_refused"


@pytest.mark.walked("to_checked")
@pytest.mark.step("P14")
async def test_a_station_that_boots_again_after_its_test_is_accepted_and_disturbs_nothing(road: Road) -> None:
    before = await facts(road)
    await road.connect()
    assert await road.boot()
    assert await facts(road) == before
    assert (await road.station()).stage is CommissioningStage.CHECKED


@pytest.mark.walked("to_test")
@pytest.mark.step("P14")
async def test_the_newest_socket_is_the_stations_only_one(road: Road) -> None:
    await road.connect()
    first = await connection(road)
    await road.connect()
    second = await connection(road)
    assert first is not None
    assert second is not None
    assert first.connection_id != second.connection_id
    await road.do(NOBODY, lambda work: station.disconnected(work, road.asset.id, first.connection_id, "replaced"))
    assert await connection(road) is not None
    assert "disconnected" not in await events(road)
    await road.do(NOBODY, lambda work: station.disconnected(work, road.asset.id, second.connection_id, "gone"))
    assert await connection(road) is None
    assert (await events(road))[-1] == "disconnected"


@pytest.mark.walked("to_test")
async def test_a_node_that_starts_holds_no_socket_of_its_former_life(road: Road) -> None:
    await road.connect()
    await road.do(NOBODY, lambda work: station.node_started(work, "another-node"))
    assert await connection(road) is not None
    assert (await events(road))[-1] == "connected"
    await road.do(NOBODY, lambda work: station.node_started(work, road.node))
    assert await connection(road) is None
    assert (await events(road))[-1] == "disconnected"
    async with road.desk.database.transaction() as session:
        past = (await session.execute(select(PastConnection))).scalars().one()
    assert (past.reason, past.ended_at is not None) == ("its node was started anew", True)


@pytest.mark.walked("to_test")
@pytest.mark.step("P14")
async def test_a_connectors_state_is_kept_and_told_only_when_it_changes(road: Road) -> None:

    async def tell(connector: int, state: str) -> bool:
        now = road.desk.clock()
        return await road.do(
            NOBODY, lambda work: station.status(work, road.asset.id, connector, state, "NoError", now, None)
        )

    for state in ("Available", "Available", "Preparing"):
        assert await tell(1, state)
    assert await tell(0, "Available")
    assert not await tell(3, "Available")
    assert (await events(road)).count("status") == 2
    async with road.desk.database.transaction() as session:
        kept = (await session.execute(select(Evse).order_by(col(Evse.connector)))).scalars().all()
    assert [evse.status for evse in kept] == ["Preparing", None]


@pytest.mark.walked("to_test")
@pytest.mark.step("P13")
async def test_our_own_key_takes_the_place_of_the_factory_key_once_the_station_has_it(road: Road) -> None:
    for number in range(6):
        await road.do(
            NOBODY,
            lambda work, number=number: station.key_proposed(work, road.asset.id, f"hash-{number}"),  # type: ignore[misc]
        )
    proposed = await unit(road)
    assert proposed.proposed_key_hashes == ["hash-2", "hash-3", "hash-4", "hash-5"]
    assert proposed.factory_key_closed_at is None
    await road.do(NOBODY, lambda work: station.key_confirmed(work, road.asset.id, "hash-5"))
    confirmed = await unit(road)
    assert (confirmed.key_hash, confirmed.proposed_key_hashes) == ("hash-5", [])
    assert confirmed.factory_key_closed_at is not None


@pytest.mark.walked("to_test")
@pytest.mark.step("P13")
async def test_a_station_that_takes_no_key_of_ours_keeps_its_own_and_a_person_can_see_so(road: Road) -> None:
    await road.do(NOBODY, lambda work: station.key_refused(work, road.asset.id, "Rejected"))
    kept = await unit(road)
    assert (kept.key_refusal, kept.factory_key_closed_at) == ("Rejected", None)
    assert (await events(road))[-1] == "key_refused"


@pytest.mark.walked("to_test")
async def test_a_key_for_a_station_without_hardware_is_refused(road: Road) -> None:
    await road.unlink()
    with pytest.raises(HardwareNotLinked):
        await road.do(NOBODY, lambda work: station.key_proposed(work, road.asset.id, "hash"))
