"""Commands travel from a process over the node's own queue to the socket that the node holds (P14, P15)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import get_args
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cli.supervisor.installation import temporal_program
from csms.limits import Limits
from csms.listener import CsmsServer
from csms.node import _OUTCOMES, StationCommands, take_commands, task_queue
from csms.outcome import Result
from csms.registry import Registry
from models.messages.commands import COMMANDS
from models.messages.station import CommandKind, CommandOutcome, OutcomeKind, StationCommand
from tests.csms.memory import MemoryRecords
from tests.csms.station import station_at, until

pytestmark = pytest.mark.step("P14", "P15")


@workflow.defn(name="command_one_station")
class CommandOneStation:
    @workflow.run
    async def run(self, queue: str, command: StationCommand) -> CommandOutcome:
        outcome: CommandOutcome = await workflow.execute_activity(
            "send_command",
            command,
            result_type=CommandOutcome,
            task_queue=queue,
            start_to_close_timeout=timedelta(seconds=20),
            schedule_to_start_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return outcome


@pytest.fixture
async def temporal() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter, dev_server_existing_path=str(temporal_program())
    ) as environment:
        yield environment.client


async def test_a_command_of_a_process_reaches_the_station_also_where_temporal_comes_late(
    server: CsmsServer, records: MemoryRecords, temporal: Client
) -> None:
    asset_id = records.kept["CP-1"].station.asset_id
    stop, tries = asyncio.Event(), 0

    async def connect() -> Client:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("Temporal is away")
        return temporal

    node = asyncio.create_task(take_commands(connect, "test-node", server.registry, stop))
    async with (
        station_at(server) as station,
        Worker(temporal, task_queue="t", workflows=[CommandOneStation], workflow_runner=UnsandboxedWorkflowRunner()),
    ):
        await station.boot_and_refuse_the_key()
        command = StationCommand(
            asset_id=asset_id, kind="read_configuration", arguments={"keys": ["A", "B"]}, correlation_id="c"
        )
        asking = asyncio.create_task(
            temporal.execute_workflow(
                CommandOneStation.run, args=[task_queue("test-node"), command], id=str(uuid4()), task_queue="t"
            )
        )
        call = await station.asked()
        entries = [{"key": "A", "readonly": True, "value": "1"}]
        await station.answer(call, {"configurationKey": entries, "unknownKey": ["B"]})
        outcome = await asking
    stop.set()
    await node
    assert outcome == CommandOutcome(
        outcome="accepted", data={"configuration": {"A": {"value": "1", "readonly": True}}, "unknown_keys": ["B"]}
    )
    assert tries == 2


async def test_a_station_without_a_socket_here_is_looked_for_elsewhere() -> None:
    command = StationCommand(asset_id=uuid4(), kind="reset", arguments={}, correlation_id="c")
    with pytest.raises(ApplicationError) as failure:
        await ActivityEnvironment().run(StationCommands(Registry()).send_command, command)
    assert failure.value.type == "StationNotHere"
    assert not failure.value.non_retryable
    assert failure.value.category is ApplicationErrorCategory.BENIGN


async def test_a_command_that_cannot_be_is_refused_for_good_by_field() -> None:
    command = StationCommand(asset_id=uuid4(), kind="reset", arguments={"kind": "gentle"}, correlation_id="c")
    with pytest.raises(ApplicationError, match="reset: kind") as failure:
        await ActivityEnvironment().run(StationCommands(Registry()).send_command, command)
    assert failure.value.non_retryable


async def test_a_command_of_a_later_release_is_refused_by_name() -> None:
    command = StationCommand(asset_id=uuid4(), kind="teleport", arguments={"to": "Mars"}, correlation_id="c")
    with pytest.raises(ApplicationError, match="teleport") as failure:
        await ActivityEnvironment().run(StationCommands(Registry()).send_command, command)
    assert (failure.value.type, failure.value.non_retryable) == ("UnknownCommand", True)


async def test_a_silent_station_is_reported_as_timed_out(records: MemoryRecords) -> None:
    async with (
        CsmsServer(records, host="127.0.0.1", port=0, node="n", limits=Limits(call_s=0.05)) as server,
        station_at(server),
    ):
        asset_id = records.kept["CP-1"].station.asset_id
        await until(lambda: server.registry.get(asset_id))
        command = StationCommand(asset_id=asset_id, kind="reset", arguments={}, correlation_id="c")
        outcome = await ActivityEnvironment().run(StationCommands(server.registry).send_command, command)
    assert outcome.outcome == "timed_out"


def test_every_outcome_has_a_word_for_the_processes_and_every_kind_its_arguments() -> None:
    assert _OUTCOMES.keys() == set(Result)
    assert set(_OUTCOMES.values()) == set(get_args(OutcomeKind))
    assert COMMANDS.keys() == set(get_args(CommandKind))


@pytest.mark.step("H2")
async def test_what_cannot_be_said_in_the_stations_version_is_rejected_with_the_reason(
    server: CsmsServer, records: MemoryRecords
) -> None:
    asset_id = records.kept["CP-1"].station.asset_id
    async with station_at(server) as station:
        await station.boot_and_refuse_the_key()
        command = StationCommand(
            asset_id=asset_id, kind="start_charging", arguments={"token": "x" * 36}, correlation_id="c"
        )
        outcome = await ActivityEnvironment().run(StationCommands(server.registry).send_command, command)
    assert outcome.outcome == "rejected"
    assert "idTag" in outcome.detail
