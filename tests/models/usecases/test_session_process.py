"""What a session's process does at each look: it guards, tells of idling, and closes what keeps silent (C1, C5, C6)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.errors import LimitReached
from models.rules.authorisation import TokenVerdict
from models.rules.session import SILENT_FOR, STOP_WAITED_FOR, Flag, SessionStage
from models.rules.session_usage import Doing, Mark
from models.rules.subscriber import Payment
from models.tables.command import AskedCommand
from models.tables.handover import Handover
from models.usecases import command, session_process, session_remote
from tests.charging import AT, Clock, Street, later

S, V = SessionStage, TokenVerdict


async def bells(street: Street) -> list[str]:
    return [each.name for each in await street.rows(Handover) if each.workflow_id.startswith("session-")]


@pytest.mark.step("C1", "B1")
async def test_a_stop_that_never_comes_is_settled_from_the_facts_and_corrected_when_it_does(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver()
    number, _ = await street.start()
    clock.now = later(30)
    await street.meter(number, 30, 5000)
    clock.now = later(30) + SILENT_FOR - timedelta(seconds=1)
    assert (await street.look(await street.session())).stage == S.CHARGING
    clock.now = later(30) + SILENT_FOR
    assert (await street.look(await street.session())).stage == S.STOPPED
    assert (await street.settle(await street.session())).stage == S.PROVISIONAL
    found = await street.session()
    assert (found.stopped_at, found.flags) == (later(30), [Flag.MISSING_STOP])
    assert (await street.account(owner)).balance == Decimal(-2)
    await street.stop(number, 45, register_wh=9000)
    assert (await street.settle(found)).stage == S.CORRECTED
    records = await street.records(found.id)
    assert [(each.number, each.gross) for each in records] == [(1, Decimal(2)), (2, Decimal(-2)), (3, Decimal(4))]
    assert records[1].credits_id == records[0].id
    assert (await street.account(owner)).balance == Decimal(-4)
    assert await street.broken() == {}


@pytest.mark.step("C1")
async def test_a_stop_that_is_not_waited_for_any_more_leaves_the_record_as_it_is(street: Street, clock: Clock) -> None:
    await street.driver()
    await street.start()
    clock.now = AT + SILENT_FOR
    await street.look(await street.session())
    await street.settle(await street.session())
    clock.now += STOP_WAITED_FOR
    assert (await street.look(await street.session())).stage == S.SETTLED
    assert await street.broken() == {}


@pytest.mark.step("C6")
async def test_idle_time_is_priced_until_the_car_leaves_and_the_driver_is_told_once(
    street: Street, clock: Clock
) -> None:
    await street.driver()
    number, _ = await street.start()
    for minutes, doing in ((30, Doing.FULL), (40, Doing.CHARGING), (50, Doing.FULL)):
        clock.now = later(minutes)
        await street.told(Mark(clock.now, doing))
        await street.look(await street.session())
    found = await street.session()
    assert (found.stage, found.idle_told_at) == (S.IDLE, later(30))
    clock.now = later(80)
    await street.stop(number, 80)
    await street.settle(found)
    (record,) = await street.records(found.id)
    assert record.gross == Decimal("5.00") + Decimal("4.00")
    assert {line["kind"]: line["gross"] for line in record.lines} == {"ENERGY": "5.00", "PARKING_TIME": "4.00"}
    assert (await bells(street))[1:4] == ["session_idles", "session_charges", "session_idles"]


@pytest.mark.step("C5")
async def test_a_prepaid_session_that_runs_out_holds_more_and_is_stopped_in_time_where_there_is_no_more(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="30")
    number, _ = await street.start()
    await street.look(await street.session())
    guarded_wh = (await street.session()).guarded_wh
    assert guarded_wh is not None
    assert 45_000 < guarded_wh < 50_000
    clock.now = later(120)
    await street.meter(number, 120, 1000 + guarded_wh)
    assert (await bells(street))[-1] == "session_nears_its_hold"
    progress = await street.look(await street.session())
    assert (await street.hold()).amount == Decimal(30)
    assert not progress.is_to_stop
    guarded_wh = (await street.session()).guarded_wh
    assert guarded_wh is not None
    assert 55_000 < guarded_wh < 60_000
    clock.now = later(150)
    await street.meter(number, 150, 1000 + guarded_wh)
    assert (await street.look(await street.session())).is_to_stop
    await street.stop(number, 153, 1000 + guarded_wh + 1100)
    await street.settle(await street.session())
    assert Flag.NOT_COVERED not in (await street.session()).flags
    account = await street.account(owner)
    assert account.balance is not None
    assert account.balance >= 0
    assert await street.broken() == {}


@pytest.mark.step("C4", "C5")
async def test_a_session_whose_money_is_spent_is_stopped_however_many_commands_wait_for_its_station(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "OPEN_LIMIT", 0)
    await street.driver(payment=Payment.PREPAID, balance="5")
    number, _ = await street.start()
    found = await street.session()
    with pytest.raises(LimitReached):
        await street.do(lambda work: session_remote.stop(work, found.id))
    await street.do(lambda work: session_process.ask_to_stop(work, found.id))
    (asked,) = await street.rows(AskedCommand)
    assert (asked.kind, asked.arguments) == ("stop_charging", {"transaction": number})
    assert (await street.session()).flags == [Flag.CUT_OFF]
