"""Facts reach their workflows in order and once in effect, whoever delivers them and whatever is away (rule 1)."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select
from temporalio.service import RPCStatusCode

from activities import relay as relays
from activities.relay import Relay
from models.clock import utc_now
from models.rules.access import Role
from models.settings import Settings
from models.store import processes
from models.store.database import Database
from models.tables.base import new_id
from models.tables.handover import Handover
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import process
from models.usecases.work import Desk
from tests.activities.temporal import FakeTemporal
from tests.csms.station import until_async
from tests.road import NOBODY

pytestmark = pytest.mark.step("H1")
MANY = relays.BATCH + 10


@pytest.fixture
def later(desk: Desk) -> Desk:
    """A desk at which every fact has waited long enough for the sweep."""
    return dataclasses.replace(desk, clock=lambda: utc_now() + timedelta(minutes=1))


@pytest.fixture
def temporal() -> FakeTemporal:
    return FakeTemporal()


def delivering(desk: Desk, temporal: Any) -> Relay:
    return Relay(desk, temporal)


async def process_with_facts(desk: Desk, count: int, workflow_id: str = "placement-PR-1") -> str:
    """A process that its start row begins, and so many facts for it."""
    async with desk.work(NOBODY, "test") as work:
        await process.begin(work, workflow_id, "placement", new_id(), "PR-1")
        for _ in range(count):
            assert await process.hand_over(work, workflow_id, "grid_call", {"webhook_id": "w"})
    assert work.handed_over == {workflow_id}
    return workflow_id


async def rows(desk: Desk, workflow_id: str) -> Sequence[Handover]:
    async with desk.database.transaction() as session:
        found = await session.execute(
            select(Handover).where(col(Handover.workflow_id) == workflow_id).order_by(col(Handover.number))
        )
        return found.scalars().all()


async def stuck_tasks(desk: Desk) -> Sequence[Task]:
    async with desk.database.transaction() as session:
        found = await session.execute(select(Task).where(col(Task.kind) == TaskKind.HANDOVER_STUCK))
        return found.scalars().all()


def facts(count: int) -> list[int]:
    """The start row has the number 1."""
    return [*range(2, count + 2)]


async def test_a_process_is_started_before_its_facts_reach_it_in_order(desk: Desk, temporal: FakeTemporal) -> None:
    workflow_id = await process_with_facts(desk, MANY)
    await delivering(desk, temporal).deliver([workflow_id])
    assert temporal.started[workflow_id].reference == "PR-1"
    assert temporal.heard[workflow_id] == facts(MANY)
    assert all(row.delivered_at for row in await rows(desk, workflow_id))


async def test_many_who_deliver_at_once_neither_repeat_nor_reorder(
    desk: Desk, later: Desk, settings: Settings, temporal: FakeTemporal
) -> None:
    workflow_id = await process_with_facts(desk, MANY)
    other = Database(settings.sqlalchemy_url)
    relay, elsewhere = delivering(desk, temporal), delivering(dataclasses.replace(later, database=other), temporal)
    await asyncio.gather(
        relay.deliver([workflow_id]), elsewhere.sweep(), elsewhere.deliver([workflow_id]), relay.deliver([workflow_id])
    )
    await other.close()
    assert temporal.heard[workflow_id] == facts(MANY)


async def test_facts_that_are_written_at_once_are_numbered_one_after_the_other(
    desk: Desk, temporal: FakeTemporal
) -> None:
    workflow_id = await process_with_facts(desk, 0)
    relay = delivering(desk, temporal)

    async def write() -> None:
        async with desk.work(NOBODY, "test") as work:
            await process.hand_over(work, workflow_id, "grid_call", {})
        await relay.deliver(work.handed_over)

    await asyncio.gather(*(write() for _ in range(20)))
    assert temporal.heard[workflow_id] == facts(20)


async def test_while_temporal_is_away_nothing_fails_and_the_sweep_delivers_when_it_is_back(
    desk: Desk, later: Desk, temporal: FakeTemporal
) -> None:
    temporal.go_away()
    workflow_id = await process_with_facts(desk, 3)
    await delivering(desk, temporal).deliver([workflow_id])
    waiting = await rows(desk, workflow_id)
    assert [row.attempts for row in waiting] == [1, 0, 0, 0]
    assert str(waiting[0].last_error).startswith("UNAVAILABLE")
    await delivering(later, temporal).sweep()
    temporal.come_back()
    await delivering(later, temporal).sweep()
    assert temporal.heard[workflow_id] == facts(3)
    assert {row.last_error for row in await rows(desk, workflow_id)} == {None}


async def test_no_telling_goes_on_without_its_lock_where_another_breaks_off(desk: Desk, temporal: FakeTemporal) -> None:
    """As a client does that can't connect at all."""
    broken = await process_with_facts(desk, 1, "placement-PR-1")
    whole = await process_with_facts(desk, 9, "placement-PR-2")

    def refuses(workflow_id: str) -> RPCStatusCode | None:
        if workflow_id == broken:
            raise RuntimeError("Failed client connect")
        return None

    temporal.refuses = refuses
    await delivering(desk, temporal).deliver([broken, whole])
    ended_with = list(temporal.heard[whole])
    temporal.come_back()
    await delivering(desk, temporal).deliver([broken, whole])
    assert ended_with == facts(9)
    assert temporal.heard[whole] == [*facts(9), *facts(9)], "told again: the workflow knows them by their numbers"
    assert all(row.delivered_at for row in [*await rows(desk, broken), *await rows(desk, whole)])


async def test_the_sweep_leaves_fresh_facts_to_whoever_wrote_them(desk: Desk, temporal: FakeTemporal) -> None:
    workflow_id = await process_with_facts(desk, 1)
    await delivering(desk, temporal).sweep()
    assert not temporal.heard[workflow_id]


async def test_a_fact_that_can_not_be_delivered_holds_up_its_own_workflow_only(
    desk: Desk, later: Desk, temporal: FakeTemporal
) -> None:
    stuck = await process_with_facts(desk, 2, "placement-PR-1")
    free = await process_with_facts(desk, 2, "placement-PR-2")
    temporal.refuses = lambda workflow_id: RPCStatusCode.INVALID_ARGUMENT if workflow_id == stuck else None
    await delivering(later, temporal).sweep()
    assert temporal.heard == {free: facts(2)}
    assert [row.delivered_at for row in await rows(desk, stuck)] == [None] * 3


async def test_facts_of_several_processes_are_delivered_together_and_a_stuck_one_holds_up_no_other(
    desk: Desk, temporal: FakeTemporal
) -> None:
    names = [f"placement-PR-{number}" for number in range(1, 5)]
    for name in names:
        await process_with_facts(desk, 30, name)
    temporal.refuses = lambda workflow_id: RPCStatusCode.INVALID_ARGUMENT if workflow_id == names[1] else None
    await delivering(desk, temporal).deliver(names)
    assert temporal.heard == {name: facts(30) for name in names if name != names[1]}
    assert [row.attempts for row in await rows(desk, names[1])] == [1, *[0] * 30]


async def test_a_process_that_another_delivers_to_keeps_those_that_travel_with_it_waiting_for_nothing(
    desk: Desk, temporal: FakeTemporal
) -> None:
    held, free = (
        await process_with_facts(desk, 1, "placement-PR-1"),
        await process_with_facts(desk, 1, "placement-PR-2"),
    )

    async def is_delivered() -> bool:
        return (await rows(desk, free))[-1].delivered_at is not None

    async with desk.database.transaction() as elsewhere:
        await processes.lock_deliveries(elsewhere, [held], wait=True)
        delivery = asyncio.create_task(delivering(desk, temporal).deliver([held, free]))
        await until_async(is_delivered)
        assert not temporal.heard[held]
    await delivery
    assert temporal.heard[held] == facts(1)


async def test_a_fact_that_stays_stuck_opens_one_task_for_the_engineer_which_delivery_closes(
    desk: Desk, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "STUCK_AFTER_ATTEMPTS", 3)
    workflow_id = await process_with_facts(desk, 0)
    temporal.refuses = lambda _workflow_id: RPCStatusCode.INVALID_ARGUMENT
    relay = delivering(desk, temporal)
    for tries in range(1, 6):
        await relay.deliver([workflow_id])
        assert len(await stuck_tasks(desk)) == (tries >= 3)
    (opened,) = await stuck_tasks(desk)
    assert (opened.role, opened.reference, opened.state) == (Role.ENGINEER, workflow_id, TaskState.OPEN)
    assert opened.due_at is not None
    assert "INVALID_ARGUMENT" in opened.title
    temporal.come_back()
    await relay.deliver([workflow_id])
    (closed,) = await stuck_tasks(desk)
    assert closed.state is TaskState.DONE


async def test_temporal_being_away_is_no_fault_of_a_fact(
    desk: Desk, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "STUCK_AFTER_ATTEMPTS", 2)
    workflow_id = await process_with_facts(desk, 0)
    temporal.go_away()
    for _ in range(4):
        await delivering(desk, temporal).deliver([workflow_id])
    assert not await stuck_tasks(desk)


async def test_a_start_that_was_made_before_counts_as_delivered(desk: Desk, temporal: FakeTemporal) -> None:
    """The call went through, and the answer or our commit was lost."""
    workflow_id = await process_with_facts(desk, 1)
    relay = delivering(desk, temporal)
    await relay.deliver([workflow_id])
    async with desk.database.transaction() as session:
        await session.execute(sa.update(Handover).values(delivered_at=None))
    await relay.deliver([workflow_id])
    assert all(row.delivered_at for row in await rows(desk, workflow_id))
    assert temporal.heard[workflow_id] == [2, 2]


async def test_a_row_that_nobody_can_read_is_stuck_and_stops_no_sweep(
    desk: Desk, later: Desk, temporal: FakeTemporal
) -> None:
    broken = await process_with_facts(desk, 0, "placement-PR-1")
    async with desk.database.transaction() as session:
        await session.execute(sa.update(Handover).values(payload={"subject_id": "none"}))
    healthy = await process_with_facts(desk, 1, "placement-PR-2")
    await delivering(later, temporal).sweep()
    assert temporal.heard == {healthy: facts(1)}
    (row,) = await rows(desk, broken)
    assert "subject_id" in str(row.last_error)


async def test_a_late_fact_is_kept_and_never_delivered(desk: Desk, later: Desk, temporal: FakeTemporal) -> None:
    workflow_id = await process_with_facts(desk, 0)
    async with desk.work(NOBODY, "test") as work:
        await process.end(work, workflow_id)
    async with desk.work(NOBODY, "test") as work:
        assert not await process.hand_over(work, workflow_id, "grid_call", {})
    assert work.handed_over == set()
    await delivering(later, temporal).sweep()
    late = (await rows(desk, workflow_id))[-1]
    assert late.late
    assert late.delivered_at is None
    assert not temporal.heard[workflow_id]


async def test_whoever_delivers_is_not_disturbed_by_a_database_that_is_away(desk: Desk, temporal: FakeTemporal) -> None:
    away = Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"), keys=SecretStr("k:"))
    database = Database(away.sqlalchemy_url)
    relay = delivering(dataclasses.replace(desk, database=database), temporal)
    await relay.deliver(["placement-PR-1"])
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert temporal.heard == {}
    await database.close()


async def test_the_sweep_goes_round_until_it_is_told_to_stop(
    later: Desk, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "SWEEP_INTERVAL_S", 0.01)
    stop = asyncio.Event()
    running = asyncio.create_task(delivering(later, temporal).run(stop))
    workflow_id = await process_with_facts(later, 1)
    async with asyncio.timeout(10):
        while not temporal.heard[workflow_id]:  # noqa: ASYNC110 - the sweep tells nobody
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert len(temporal.heard[workflow_id]) == 1


async def test_a_delivery_that_waits_too_long_for_another_of_the_same_process_gives_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "DELIVERY_WAIT_MS", 50)
    async with database.transaction() as first, database.transaction() as other, database.transaction() as second:
        assert await processes.lock_deliveries(first, ["placement-1"], wait=True)
        assert await processes.lock_deliveries(other, ["placement-2"], wait=True)
        with pytest.raises(OperationalError, match="lock timeout"):
            await processes.lock_deliveries(second, ["placement-1"], wait=True)
        await second.rollback()
