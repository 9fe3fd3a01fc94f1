"""Commands in the rows: asked for, taken up, answered; each with its process, its event and its entry."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlmodel import col

from models.errors import InvalidInput, LimitReached, NotFound, StageDoesNotAllow
from models.messages.command import CommandProgress, NewCommand
from models.messages.station import CommandOutcome
from models.rules import command as rules
from models.rules.command import CommandState
from models.store import assets, commands, processes
from models.tables.asset import CsmsNode
from models.tables.base import new_id
from models.tables.command import AskedCommand
from models.usecases import command, station
from models.usecases.work import Work
from tests.csms.station import until_async
from tests.models.usecases.test_station import events
from tests.road import NOBODY, Road

T = TypeVar("T")


def do(road: Road, use_case: Callable[[Work], Awaitable[T]]) -> Awaitable[T]:
    return road.do(NOBODY, use_case)


async def ask(road: Road, kind: Any = "reset", /, valid_s: int = 300, **arguments: Any) -> AskedCommand:
    new = NewCommand(kind=kind, arguments=arguments, valid_s=valid_s)
    return await road.do(road.world.operations, lambda work: command.ask(work, road.asset.id, new))


async def row(road: Road, asked: AskedCommand) -> AskedCommand:
    async with road.desk.database.transaction() as session:
        return await session.get_one(AskedCommand, asked.id)


async def dispatch(road: Road, asked: AskedCommand) -> CommandProgress:
    return await do(road, lambda work: command.dispatch(work, asked.id))


async def facts_for(road: Road, asked: AskedCommand) -> list[str]:
    async with road.desk.database.transaction() as session:
        found = await processes.facts(session, command.workflow_id(asked.id), before=None, limit=10)
    return [fact.name for fact in reversed(found)]


async def silence(road: Road, node: str, seconds: float) -> None:
    """The node has given no sign of life for so long."""
    async with road.desk.database.transaction() as session:
        silent_since = sa.func.clock_timestamp() - timedelta(seconds=seconds)
        await session.execute(sa.update(CsmsNode).where(col(CsmsNode.name) == node).values(seen_at=silent_since))


@pytest.mark.walked("to_checked")
@pytest.mark.step("H3", "H5")
async def test_a_command_is_kept_with_its_process_and_an_entry_of_who_asked(road: Road) -> None:
    asked = await ask(road, "reset", kind="soft")
    assert (asked.state, asked.asked_by_name) == (CommandState.QUEUED, "Olga Operations")
    assert await facts_for(road, asked) == ["command"]
    assert (await events(road))[-1] == "command_asked"
    assert "command asked" in await road.said("station")


@pytest.mark.walked("to_checked")
@pytest.mark.step("H1")
async def test_a_command_goes_to_the_node_that_holds_the_socket_and_its_answer_is_told(road: Road) -> None:
    asked = await ask(road)
    assert (await dispatch(road, asked)).node == road.node
    assert (await row(road, asked)).state is CommandState.SENT
    outcome = CommandOutcome(outcome="accepted", data={"configuration": {"AuthorizationKey": {"value": "SECRET-KEY"}}})
    ended = await do(road, lambda work: command.note_outcome(work, asked.id, outcome))
    assert ended.stage == "answered"
    kept = await row(road, asked)
    assert (kept.outcome, kept.tries, kept.answered_at is not None) == ("accepted", 1, True)
    assert "SECRET-KEY" not in str(kept.data)
    assert (await events(road))[-1] == "command_answered"
    async with road.desk.database.transaction() as session:
        process = await processes.find(session, command.workflow_id(asked.id))
    assert process is not None
    assert process.ended_at is not None


@pytest.mark.walked("to_test")
async def test_a_command_to_a_station_that_is_not_connected_stays_queued_until_the_station_rings(road: Road) -> None:
    asked = await ask(road)
    assert (await dispatch(road, asked)).stage == "queued"
    await road.connect()
    assert await facts_for(road, asked) == ["command", command.REACHABLE]
    assert (await dispatch(road, asked)).stage == "sent"


@pytest.mark.walked("to_test")
async def test_a_command_is_not_taken_up_for_a_node_without_a_sign_of_life(road: Road) -> None:
    await do(road, lambda work: station.node_started(work, road.node))
    await road.connect()
    asked = await ask(road)
    await silence(road, road.node, rules.NODE_GONE_AFTER.total_seconds() + 1)
    assert (await dispatch(road, asked)).stage == "queued"
    assert not await do(road, lambda work: station.node_lives(work, road.node))
    assert (await dispatch(road, asked)).stage == "sent"


@pytest.mark.walked("to_checked")
async def test_a_command_that_was_taken_up_is_not_taken_up_twice(road: Road) -> None:
    asked = await ask(road)
    await dispatch(road, asked)
    again = await dispatch(road, asked)
    assert (again.stage, again.node) == ("sent", None)
    assert (await row(road, asked)).tries == 1


@pytest.mark.walked("to_checked")
async def test_one_whose_answers_were_lost_is_timed_out_at_its_end_and_one_that_was_never_sent_expires(
    road: Road,
) -> None:
    lost, never = await ask(road, "read_configuration"), await ask(road)
    await dispatch(road, lost)
    await do(road, lambda work: command.put_back(work, lost.id, answer_lost=True))
    for each in (lost, never):
        await do(road, lambda work, each=each: command.expire(work, each.id))  # type: ignore[misc]
    assert ((await row(road, lost)).state, (await row(road, never)).state) == ("timed_out", "expired")


@pytest.mark.walked("to_checked")
@pytest.mark.step("H2")
async def test_a_command_can_be_cancelled_until_it_is_sent(road: Road) -> None:
    first, second = await ask(road), await ask(road)
    await do(road, lambda work: command.cancel(work, road.asset.id, first.id))
    assert (await row(road, first)).state is CommandState.CANCELLED
    assert (await dispatch(road, first)).stage == "cancelled"
    await dispatch(road, second)
    with pytest.raises(StageDoesNotAllow):
        await do(road, lambda work: command.cancel(work, road.asset.id, second.id))
    assert (await row(road, second)).state is CommandState.SENT
    with pytest.raises(NotFound):
        await do(road, lambda work: command.cancel(work, road.asset.id, new_id()))


@pytest.mark.walked("to_checked")
@pytest.mark.step("H2")
async def test_what_no_station_could_do_is_refused_by_its_field(road: Road) -> None:
    with pytest.raises(InvalidInput, match="no connector 7; it has 1, 2") as wrong:
        await ask(road, "unlock", connector=7)
    assert wrong.value.field == "/arguments/connector"
    with pytest.raises(InvalidInput, match="renew_key") as secret:
        await ask(road, "change_configuration", key="AuthorizationKey", value="x")
    assert secret.value.field == "/arguments/key"
    async with road.desk.database.transaction() as session:
        assert await commands.count_open(session, road.asset.id) == 0


@pytest.mark.walked("to_test")
async def test_a_station_without_hardware_takes_no_command_and_gives_up_those_that_wait(road: Road) -> None:
    asked = await ask(road)
    await road.unlink()
    assert (await dispatch(road, asked)).stage == "given_up"
    with pytest.raises(StageDoesNotAllow, match="no registered hardware"):
        await ask(road)


async def test_only_so_many_commands_wait_for_one_station(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "OPEN_LIMIT", 2)
    await road.to_test()
    await ask(road)
    await ask(road)
    with pytest.raises(LimitReached, match="2 commands wait"):
        await ask(road)


@pytest.mark.walked("to_checked")
async def test_a_late_answer_changes_nothing(road: Road) -> None:
    asked = await ask(road)
    await dispatch(road, asked)
    for outcome in ("timed_out", "accepted"):
        said = CommandOutcome.model_validate({"outcome": outcome})
        await do(road, lambda work, said=said: command.note_outcome(work, asked.id, said))  # type: ignore[misc]
    assert (await row(road, asked)).state is CommandState.TIMED_OUT


@pytest.mark.walked("to_test")
async def test_a_socket_of_a_node_that_is_gone_is_swept_up_once_and_a_node_that_is_back_keeps_its_own(
    road: Road,
) -> None:
    await do(road, lambda work: station.node_started(work, road.node))
    await road.connect()
    async with road.desk.database.transaction() as session:
        held = await assets.connection(session, road.asset.id)
    assert held is not None

    async def sweep() -> bool:
        return await do(road, lambda work: station.sweep_up(work, road.asset.id, held.connection_id, road.node))

    assert not await sweep()
    await silence(road, road.node, 60)
    assert await sweep()
    assert not await sweep()
    assert (await events(road)).count("disconnected") == 1
    await do(road, lambda work: station.node_lives(work, road.node))
    again = {name: getattr(held, name) for name in type(held).model_fields}
    for _ in range(2):
        await do(road, lambda work: station.still_connected(work, type(held)(**again)))
    assert (await events(road))[-1] == "connected"
    assert (await events(road)).count("connected") == 2


@pytest.mark.walked("to_test")
async def test_a_node_that_starts_anew_ends_the_sockets_that_it_left_behind(road: Road) -> None:
    await road.connect()
    await do(road, lambda work: station.node_started(work, road.node))
    assert (await events(road))[-1] == "disconnected"
    assert (await dispatch(road, await ask(road))).node is None


@pytest.mark.walked("to_checked")
@pytest.mark.step("H3")
async def test_a_command_that_expires_waits_for_its_station_before_it_holds_anything(road: Road) -> None:
    """Docs/decisions/0003: whoever holds the station may take the command next."""
    asked = await ask(road, "reset", kind="soft")
    waits = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def is_waiting() -> bool:
        async with road.desk.database.transaction() as session:
            return bool((await session.execute(waits)).scalar_one())

    async with road.desk.database.transaction() as session:
        await assets.lock(session, road.asset.id)
        expiring = asyncio.ensure_future(do(road, lambda work: command.expire(work, asked.id)))
        await until_async(is_waiting)
        await session.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
        assert (await commands.lock(session, asked.id)).state is CommandState.QUEUED
    await expiring
    assert (await row(road, asked)).state is CommandState.EXPIRED
