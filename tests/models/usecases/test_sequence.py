"""Numbered events make one row each transaction, whoever sends them at once and from wherever (OCPP.md 1, 4, 8, 26)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from models.messages.telemetry import Transacted
from models.rules.authorisation import TokenVerdict
from models.rules.sequence import Phase, Told
from models.store import charging as charges
from models.tables.charging import ChargingTransaction, MeterReading, RawFrame
from models.usecases import sequence
from tests.models.usecases.test_commissioning import facts
from tests.people import World
from tests.road import NOBODY, Road

pytestmark = pytest.mark.step("P15")
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
SAMPLE: list[Any] = [(AT, {"measurand": "Energy.Active.Import.Register", "value": "1000"})]


async def tell(road: Road, phase: Phase, number: int | None, **more: Any) -> TokenVerdict | None:
    given: dict[str, Any] = {"theirs": "T-1", "token": None, "token_kind": "", "samples": SAMPLE, "frame": "[]"}
    given |= {name: more.pop(name) for name in tuple(more) if name in given}
    told = Told(phase=phase, number=number, at=AT, evse=1, **more)
    return await road.do(NOBODY, lambda work: sequence.tell(work, Transacted(road.asset.id, "", told=told, **given)))


async def rows(road: Road, kind: type[Any]) -> list[Any]:
    async with road.desk.database.transaction() as session:
        return list((await session.execute(select(kind).order_by(col(kind.id)))).scalars())


@pytest.mark.walked("to_checked")
@pytest.mark.step("O1")
async def test_a_start_that_comes_several_times_at_once_is_one_transaction(road: Road) -> None:
    await road.start_charge()
    card = await road.test_card()
    tellings = [tell(road, Phase.STARTED, 0, token=card.lower(), begin_wh=1_000) for _ in range(5)]
    assert set(await asyncio.gather(*tellings)) == {TokenVerdict.ACCEPTED}
    (row,) = await rows(road, ChargingTransaction)
    assert (row.token, row.is_test, row.meter_start_wh) == (card, True, 1_000)
    assert len(await rows(road, RawFrame)) == 5
    assert len(await rows(road, MeterReading)) == 1
    assert (await facts(road)).count("transaction_started") == 1


@pytest.mark.walked("to_test")
@pytest.mark.step("O8")
async def test_the_same_id_at_two_stations_is_two_transactions(road: Road, world: World) -> None:
    other = Road(world)
    await other.to_test("HW-2")
    await tell(road, Phase.STARTED, 0)
    await tell(other, Phase.STARTED, 0)
    await tell(other, Phase.ENDED, 1)
    first, second = await rows(road, ChargingTransaction)
    assert (first.asset_id, first.stopped_at) == (road.asset.id, None)
    assert (second.asset_id, second.stopped_at) == (other.asset.id, AT)
    assert first.number != second.number


@pytest.mark.walked("to_test")
@pytest.mark.step("O4", "O5")
async def test_an_event_that_names_no_transaction_is_kept_and_makes_none(road: Road) -> None:
    assert await tell(road, Phase.STARTED, 0, theirs=None, token="NOBODY") is TokenVerdict.INVALID
    assert await tell(road, Phase.UPDATED, 1, theirs=None) is None
    assert await rows(road, ChargingTransaction) == []
    assert [row.transaction_number for row in await rows(road, RawFrame)] == [None, None]
    assert [row.connector for row in await rows(road, MeterReading)] == [1, 1]


@pytest.mark.walked("to_test")
@pytest.mark.step("O26")
async def test_an_end_without_its_start_leaves_nothing_running(road: Road) -> None:
    await tell(road, Phase.ENDED, 5, end_wh=900)
    async with road.desk.database.transaction() as session:
        assert await charges.running(session, road.asset.id) == []
    (row,) = await rows(road, ChargingTransaction)
    assert (row.is_open, row.energy_wh, row.verdict) == (True, 0, sequence.NOT_SHOWN)


@pytest.mark.walked("to_checked")
async def test_a_test_card_shown_while_no_test_charge_runs_moves_no_process(road: Road) -> None:
    card = await road.test_card()
    assert await tell(road, Phase.STARTED, 0, token=card) is TokenVerdict.INVALID
    assert "transaction_started" not in await facts(road)
    await road.refresh()
    assert road.asset.test_transaction_id is None
