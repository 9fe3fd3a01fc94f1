"""A command's process: it goes where the station is, waits for one that is away, and guesses nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError

from models.messages.base import Subject
from models.messages.command import NewCommand
from models.messages.station import CommandOutcome
from models.rules.command import COMMAND, CommandState
from models.rules.rebuild import Difference
from models.store import charging, commands
from models.tables.command import AskedCommand
from models.tables.handover import StepResult
from models.usecases import command, station
from tests.road import NOBODY
from tests.workflows.house import House
from workflows import options
from workflows.comparison import Comparer
from workflows.sending import NODE_IS_OLDER

S = CommandState
NOT_HERE = ApplicationError("the station has no socket on this node", type="StationNotHere")
LOST = CommandOutcome(outcome="timed_out", detail="no answer")


async def ask(house: House, kind: Any = "reset", /, valid_s: int = 300, **arguments: Any) -> UUID:
    """As the API does it: the command is written with its start, then delivered."""
    new = NewCommand(kind=kind, arguments=arguments, valid_s=valid_s)
    asset_id = house.road.asset.id
    asked = await house.road.do(house.world.engineer, lambda work: command.ask(work, asset_id, new))
    await house.relay.deliver([command.workflow_id(asked.id)])
    return asked.id


async def row(house: House, command_id: UUID) -> AskedCommand:
    async with house.desk.database.transaction() as session:
        return await session.get_one(AskedCommand, command_id)


async def ended(house: House, command_id: UUID) -> AskedCommand:
    """The command at its end, and its process with it."""

    async def over() -> AskedCommand | None:
        found = await row(house, command_id)
        return found if COMMAND.is_terminal(found.state) else None

    found: AskedCommand = await house.until(over)
    handle = house.client.get_workflow_handle(command.workflow_id(command_id))
    assert await handle.result() == found.state
    return found


async def rests(house: House, command_id: UUID) -> None:
    """Its process waits for the station."""

    async def resting() -> bool:
        at_rest = await house.is_at_rest(command.workflow_id(command_id))
        return at_rest and "Waits for **station**" in await house.details(command.workflow_id(command_id))

    await house.until(resting)


async def come(house: House) -> None:
    """The station's socket opens, as its node tells it."""
    await house.road.connect()
    async with house.desk.database.transaction() as session:
        waiting = await commands.open_ids(session, house.road.asset.id)
    await house.relay.deliver([command.workflow_id(each) for each in waiting])


async def call_off(house: House, command_id: UUID) -> None:
    asset_id = house.road.asset.id
    await house.road.do(house.world.engineer, lambda work: command.cancel(work, asset_id, command_id))
    await house.relay.deliver([command.workflow_id(command_id)])


@pytest.mark.step("H1", "H5")
async def test_a_command_reaches_the_station_and_its_answer_is_kept(house: House) -> None:
    await house.road.to_checked()
    command_id = await ask(house, "reset", kind="soft")
    found = await ended(house, command_id)
    assert (found.state, found.outcome, found.tries) == (S.ANSWERED, "accepted", 1)
    assert house.station.commands == ["reset"]


async def test_a_refusal_by_the_station_is_an_end_with_its_word(house: House) -> None:
    await house.road.to_checked()
    house.station.answers += [CommandOutcome(outcome="occupied"), CommandOutcome(outcome="not_supported")]
    first = await ended(house, await ask(house, "unlock", connector=1))
    second = await ended(house, await ask(house, "clear_cache"))
    assert (first.state, first.outcome, second.state) == (S.REJECTED, "occupied", S.NOT_SUPPORTED)


@pytest.mark.step("H1", "H5")
async def test_a_station_that_is_away_is_waited_for_and_gets_the_command_when_it_comes(house: House) -> None:
    await house.road.to_test()
    command_id = await ask(house)
    await rests(house, command_id)
    assert house.station.commands == []
    await come(house)
    found = await ended(house, command_id)
    assert (found.state, found.tries) == (S.ANSWERED, 1)
    assert found.answered_at is not None
    # By the ring, not by the next look.
    assert found.answered_at - found.created_at < options.STATION_LOOKED_FOR_AFTER


async def test_a_station_that_does_not_come_in_time_leaves_an_expired_command(patient_house: House) -> None:
    house = patient_house
    await house.road.to_test()
    command_id = await ask(house, valid_s=600)
    await rests(house, command_id)
    await house.skip(timedelta(seconds=601))
    found = await ended(house, command_id)
    assert (found.state, found.tries) == (S.EXPIRED, 0)


async def test_waiting_for_a_station_leaves_no_step_for_each_look(patient_house: House) -> None:
    house = patient_house
    await house.road.to_test()
    command_id = await ask(house, valid_s=3600)
    await rests(house, command_id)
    await house.skip(timedelta(seconds=3601))
    assert (await ended(house, command_id)).state is S.EXPIRED
    looks = house.client.get_workflow_handle(command.workflow_id(command_id)).fetch_history_events()
    kinds = [each.activity_task_scheduled_event_attributes.activity_type.name async for each in looks]
    assert kinds.count("dispatch_command") >= 50
    async with house.desk.database.transaction() as session:
        kept = await session.execute(
            select(StepResult.step).where(col(StepResult.workflow_id) == command.workflow_id(command_id))
        )
        assert list(kept.scalars()) == ["expire_command"]


@pytest.mark.step("H1")
async def test_a_command_follows_the_station_from_a_node_that_died_to_the_one_it_has_come_to(house: House) -> None:
    alive = house.road.node
    await house.road.to_test()
    house.road.node = "a-node-that-died"
    await house.road.connect()
    command_id = await ask(house)
    await house.until(lambda: _is_sent(house, command_id))
    house.road.node = alive
    await come(house)
    found = await ended(house, command_id)
    assert (found.state, found.tries, found.unanswered) == (S.ANSWERED, 2, 0)
    assert house.station.commands == ["reset"]


async def test_a_node_that_has_lost_the_station_is_no_answer_and_the_station_is_looked_for_again(house: House) -> None:
    await house.road.to_checked()
    house.station.answers.append(NOT_HERE)
    found = await ended(house, await ask(house))
    assert (found.state, found.tries, found.unanswered) == (S.ANSWERED, 2, 0)


@pytest.mark.step("O20")
async def test_a_reset_whose_answer_was_lost_is_timed_out_and_not_sent_again(house: House) -> None:
    await house.road.to_checked()
    house.station.answers.append(LOST)
    found = await ended(house, await ask(house))
    assert (found.state, found.outcome, found.tries) == (S.TIMED_OUT, "timed_out", 1)
    assert house.station.commands == ["reset"]


async def test_what_does_no_harm_twice_is_sent_again_where_its_answer_was_lost(house: House) -> None:
    await house.road.to_checked()
    house.station.answers += [LOST, RuntimeError("the node died")]
    found = await ended(house, await ask(house, "read_configuration"))
    assert (found.state, found.tries, found.unanswered) == (S.ANSWERED, 3, 2)
    assert house.station.commands == ["read_configuration"] * 3


async def test_a_node_that_dies_over_a_reset_leaves_it_timed_out(house: House) -> None:
    await house.road.to_checked()
    house.station.answers.append(RuntimeError("the node died"))
    assert (await ended(house, await ask(house))).state is S.TIMED_OUT


async def test_a_command_that_the_node_cannot_read_is_given_up_with_the_reason(house: House) -> None:
    await house.road.to_checked()
    wrong = ApplicationError("reset: kind: unknown", type="InvalidCommand", non_retryable=True)
    house.station.answers.append(wrong)
    found = await ended(house, await ask(house))
    assert (found.state, found.detail) == (S.GIVEN_UP, "reset: kind: unknown")


async def test_a_command_that_the_stations_node_does_not_know_is_given_up_and_was_not_sent(house: House) -> None:
    await house.road.to_checked()
    house.station.answers.append(ApplicationError("'reset'", type="UnknownCommand", non_retryable=True))
    found = await ended(house, await ask(house))
    assert (found.state, found.detail) == (S.GIVEN_UP, NODE_IS_OLDER)


@pytest.mark.step("H2")
async def test_a_command_that_waits_can_be_called_off_and_is_never_sent(house: House) -> None:
    await house.road.to_test()
    command_id = await ask(house)
    await rests(house, command_id)
    await call_off(house, command_id)
    assert (await ended(house, command_id)).state is S.CANCELLED
    await come(house)
    assert house.station.commands == []


async def test_a_command_starts_from_its_rows_at_any_stage_and_one_that_was_sent_is_not_sent_twice(
    house: House,
) -> None:
    await house.road.to_test()
    waiting = await ask(house, "read_configuration")
    sent = await ask(house)
    for each in (waiting, sent):
        await rests(house, each)
        await house.client.get_workflow_handle(command.workflow_id(each)).terminate("lost")
    await house.road.do(NOBODY, lambda work: station.node_started(work, house.road.node))
    await house.road.connect()
    await house.road.do(NOBODY, lambda work: command.dispatch(work, sent))
    comparer = Comparer(house.desk, house.client)
    for each in (waiting, sent):
        differs = await comparer.look(command.workflow_id(each))
        assert differs is not None
        assert differs.difference is Difference.NO_WORKFLOW
        subject = Subject(subject_id=each, reference=house.road.asset.name, correlation_id="test")
        await house.start(command.WORKFLOW, command.workflow_id(each), subject)
    assert (await ended(house, waiting)).state is S.ANSWERED
    assert (await ended(house, sent)).state is S.TIMED_OUT
    assert house.station.commands == ["read_configuration"]


async def test_rows_and_process_of_a_command_that_waits_agree(house: House) -> None:
    await house.road.to_test()
    command_id = await ask(house)
    await rests(house, command_id)
    assert await Comparer(house.desk, house.client).look(command.workflow_id(command_id)) is None


@pytest.mark.step("O23")
async def test_a_remote_start_that_the_station_takes_is_answered_and_is_no_transaction(house: House) -> None:
    await house.road.to_checked()
    house.station.ignores = {"start_charging"}
    found = await ended(house, await ask(house, "start_charging", token="CARD", connector=1))
    assert (found.state, found.outcome) == (S.ANSWERED, "accepted")
    async with house.desk.database.transaction() as session:
        assert await charging.of_asset(session, house.road.asset.id) == []


async def _is_sent(house: House, command_id: UUID) -> bool:
    return (await row(house, command_id)).state is S.SENT
