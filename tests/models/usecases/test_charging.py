"""Tokens are judged, transactions counted once: test cards in the test charge, ordinary ones when active (P15, P19)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from models.messages.telemetry import Metered
from models.rules.authorisation import TokenKind, TokenVerdict
from models.rules.commissioning import CommissioningStage
from models.store import assets
from models.store import charging as charges
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from models.usecases import charging
from models.usecases.work import Work
from tests.models.usecases.test_commissioning import facts
from tests.people import World
from tests.road import NOBODY, Road

CARD = "CARD0001"


async def authorise(road: Road, token: str) -> TokenVerdict:
    async def judged(work: Work) -> TokenVerdict:
        return (await charging.judge(work, await assets.lock(work.session, road.asset.id), token))[0]

    return await road.do(NOBODY, judged)


async def ordinary_card(road: Road, *, blocked: bool = False) -> str:
    async with road.desk.database.transaction() as session:
        blocked_at = road.desk.clock() if blocked else None
        session.add(IdToken(token=CARD, kind=TokenKind.CARD, blocked_at=blocked_at))
    return CARD.lower()


async def stage(road: Road, stage: CommissioningStage) -> None:
    async with road.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).where(col(Asset.id) == road.asset.id).values(stage=stage))


async def transactions(road: Road) -> Sequence[ChargingTransaction]:
    async with road.desk.database.transaction() as session:
        found = await session.execute(select(ChargingTransaction).order_by(col(ChargingTransaction.number)))
        return found.scalars().all()


async def meter(road: Road, number: int | None, register_wh: int | None, asset: Asset | None = None) -> None:
    at = datetime(2026, 11, 21, 10, 2, tzinfo=UTC)
    await road.do(
        NOBODY,
        lambda work: charging.meter(
            work,
            Metered(
                (asset or road.asset).id,
                "",
                connector=1,
                number=number,
                samples=[(at, {"measurand": "Energy.Active.Import.Register", "value": str(register_wh)})],
                register_wh=register_wh,
                frame="[]",
                irregularities=[],
            ),
        ),
    )


@pytest.mark.walked("to_test")
@pytest.mark.step("P15")
async def test_a_test_card_works_in_the_test_charge_only_and_only_at_its_own_station(road: Road, world: World) -> None:
    card = await road.test_card()
    for each in CommissioningStage:
        await stage(road, each)
        allowed = each is CommissioningStage.TEST_CHARGING
        assert await authorise(road, card) == (TokenVerdict.ACCEPTED if allowed else TokenVerdict.INVALID)
    other = Road(world)
    await other.to_test("HW-2")
    await stage(other, CommissioningStage.TEST_CHARGING)
    assert await authorise(other, card) == TokenVerdict.INVALID


@pytest.mark.walked("to_test")
@pytest.mark.step("P19")
async def test_an_ordinary_card_works_on_an_active_station_only(road: Road) -> None:
    card = await ordinary_card(road)
    for each in CommissioningStage:
        await stage(road, each)
        allowed = each is CommissioningStage.ACTIVE
        assert await authorise(road, card) == (TokenVerdict.ACCEPTED if allowed else TokenVerdict.INVALID)
    assert await authorise(road, "NEVER-SEEN") == TokenVerdict.INVALID


@pytest.mark.walked("to_test")
@pytest.mark.step("P19")
async def test_a_blocked_card_is_said_to_be_blocked(road: Road) -> None:
    card = await ordinary_card(road, blocked=True)
    await stage(road, CommissioningStage.ACTIVE)
    assert await authorise(road, card) == TokenVerdict.BLOCKED


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_a_repeated_start_gives_the_same_transaction_and_tells_the_process_once(road: Road) -> None:
    await road.start_charge()
    card = await road.test_card()
    first = await road.transaction(card)
    again = await road.transaction(card.lower())
    assert first == again
    assert first[1] is TokenVerdict.ACCEPTED
    (kept,) = await transactions(road)
    assert (kept.is_test, kept.number) == (True, first[0])
    assert (await facts(road)).count("transaction_started") == 1


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_the_same_start_sent_twice_at_once_makes_one_transaction(road: Road) -> None:
    await road.start_charge()
    card = await road.test_card()
    numbers = await asyncio.gather(*(road.transaction(card) for _ in range(5)))
    assert len({number for number, _ in numbers}) == 1
    assert len(await transactions(road)) == 1


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_another_connector_instant_or_meter_is_another_transaction(road: Road) -> None:
    await road.start_charge()
    card = await road.test_card()
    later = datetime(2026, 11, 21, 11, tzinfo=UTC)
    changes: list[dict[str, object]] = [{}, {"connector": 2}, {"started_at": later}, {"meter_start_wh": 1001}]
    numbers = [(await road.transaction(card, **each))[0] for each in changes]
    assert len(set(numbers)) == 4
    assert all(0 < number < 2**31 for number in numbers)


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_a_test_charge_tells_its_process_when_it_starts_when_energy_flows_and_when_it_stops(road: Road) -> None:
    await road.start_charge()
    number, _ = await road.transaction(await road.test_card())
    for register in (1050, 1099, 1100, 1150, 1250):
        await meter(road, number, register)
    await road.stop(number)
    assert (await facts(road))[-3:] == ["transaction_started", "energy_flowed", "transaction_stopped"]
    (kept,) = await transactions(road)
    assert (kept.energy_wh, kept.meter_stop_wh, kept.stop_reason) == (300, 1300, "Remote")
    await road.refresh()
    assert road.asset.test_transaction_id == number


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_a_stop_from_another_station_changes_nothing_and_is_kept_as_evidence(road: Road, world: World) -> None:
    await road.start_charge()
    number, _ = await road.transaction(await road.test_card())
    other = Road(world)
    await other.to_test("HW-2")
    await other.stop(number)
    await meter(road, number, 5000, asset=other.asset)
    (kept,) = await transactions(road)
    assert (kept.stopped_at, kept.energy_wh) == (None, 0)
    async with road.desk.database.transaction() as session:
        frames = (await session.execute(select(RawFrame).where(col(RawFrame.asset_id) == other.asset.id))).scalars()
        assert [frame.action for frame in frames] == ["StopTransaction", "MeterValues"]


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_a_repeated_stop_and_one_of_no_transaction_change_nothing(road: Road) -> None:
    await road.start_charge()
    number, _ = await road.transaction(await road.test_card())
    await road.stop(number)
    await road.stop(number, meter_stop_wh=9_999)
    await road.stop(number + 1)
    (kept,) = await transactions(road)
    assert kept.meter_stop_wh == 1300
    assert (await facts(road)).count("transaction_stopped") == 1


@pytest.mark.walked("to_test")
@pytest.mark.step("P15")
async def test_meter_values_of_no_transaction_are_kept_all_the_same(road: Road) -> None:
    await meter(road, None, 1000)
    await meter(road, 77, 1100)
    async with road.desk.database.transaction() as session:
        kept = (await session.execute(select(MeterReading).order_by(col(MeterReading.id)))).scalars().all()
    assert [each.transaction_number for each in kept] == [None, 77]


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_what_is_odd_about_a_transaction_is_noted_and_energy_is_never_negative(road: Road) -> None:
    await road.start_charge()
    card = await road.test_card()
    first, _ = await road.transaction(card)
    await road.stop(first, meter_stop_wh=900)
    second, _ = await road.transaction(card, started_at=datetime(2026, 11, 21, 11, tzinfo=UTC), meter_start_wh=1500)
    kept = {each.number: each for each in await transactions(road)}
    assert (kept[first].energy_wh, kept[first].irregularities) == (0, ["meter_stop_below_meter_start"])
    assert kept[second].irregularities == ["meter_start_does_not_continue_last_stop"]


@pytest.mark.walked("to_test")
@pytest.mark.step("P19")
async def test_a_card_that_is_not_accepted_still_leaves_its_transaction_on_record(road: Road) -> None:
    card = await ordinary_card(road)
    number, verdict = await road.transaction(card)
    assert verdict is TokenVerdict.INVALID
    (kept,) = await transactions(road)
    assert (kept.number, kept.verdict, kept.is_test) == (number, "invalid", False)
    assert "transaction_started" not in await facts(road)
    async with road.desk.database.transaction() as session:
        assert [each.number for each in await charges.running(session, road.asset.id)] == [number]
