"""Commands to stations: what goes out is as the standard has it, what comes back is understood (OCPP.md 13, 23)."""

import asyncio
from typing import Any

import pytest
from ocpp.messages import MessageType, get_validator
from pydantic import ValidationError

from csms.listener import CsmsServer
from csms.outcome import Outcome, Result
from csms.ports import Registration
from models.messages import commands
from models.messages.commands import Command, Trigger
from tests.csms.memory import MemoryRecords
from tests.csms.station import RawStation, station_at, until

pytestmark = pytest.mark.step("P14", "P15")


async def execute(server: CsmsServer, records: MemoryRecords, command: Command) -> Outcome:
    session = await until(lambda: server.registry.get(records.kept["CP-1"].station.asset_id))
    outcome: Outcome = await session.execute(command)
    return outcome


async def ask(
    server: CsmsServer, records: MemoryRecords, station: RawStation, command: Command, answer: list[Any]
) -> tuple[list[Any], Outcome]:
    sending = asyncio.create_task(execute(server, records, command))
    call = await station.asked()
    await station.send([answer[0], call[1], *answer[1:]])
    return call, await sending


@pytest.mark.parametrize(
    ("command", "action", "payload"),
    [
        (commands.ReadConfiguration(), "GetConfiguration", {}),
        (commands.ReadConfiguration(keys=("A",)), "GetConfiguration", {"key": ["A"]}),
        (commands.ChangeConfiguration(key="A", value="1"), "ChangeConfiguration", {"key": "A", "value": "1"}),
        (commands.TriggerMessage(message=Trigger.BOOT), "TriggerMessage", {"requestedMessage": "BootNotification"}),
        (
            commands.TriggerMessage(message=Trigger.STATUS, connector=2),
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "connectorId": 2},
        ),
        (
            commands.StartCharging(token="CARD", connector=1),
            "RemoteStartTransaction",
            {"idTag": "CARD", "connectorId": 1},
        ),
        (commands.StopCharging(transaction=5), "RemoteStopTransaction", {"transactionId": 5}),
        (commands.Reset(kind="hard"), "Reset", {"type": "Hard"}),
        (commands.Unlock(connector=1), "UnlockConnector", {"connectorId": 1}),
    ],
)
async def test_each_command_is_sent_as_the_schema_has_it(
    server: CsmsServer, records: MemoryRecords, command: Command, action: str, payload: dict[str, Any]
) -> None:
    async with station_at(server) as station:
        await station.boot_and_refuse_the_key()
        call, _ = await ask(server, records, station, command, [3, {"status": "Accepted"}])
    assert call[2:] == [action, payload]
    get_validator(MessageType.Call, action, "1.6").validate(payload)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ([3, {"status": "Accepted"}], Result.ACCEPTED),
        ([3, {"status": "Rejected"}], Result.REJECTED),
        ([3, {"status": "RebootRequired"}], Result.REBOOT_REQUIRED),
        ([3, {"status": "NotSupported"}], Result.NOT_SUPPORTED),
        ([3, {"status": "Perhaps"}], Result.FAILED),
        ([3, {"status": ["Accepted"]}], Result.FAILED),
        ([3, {}], Result.FAILED),
        ([3, "Accepted"], Result.FAILED),
        ([3], Result.FAILED),
        ([4, "NotImplemented", "", {}], Result.NOT_SUPPORTED),
        ([4, "GenericError", "out of order", {}], Result.FAILED),
        ([4], Result.FAILED),
    ],
)
async def test_each_answer_is_understood_or_said_to_be_none(
    server: CsmsServer, records: MemoryRecords, answer: list[Any], result: Result
) -> None:
    async with station_at(server) as station:
        _, outcome = await ask(
            server, records, station, commands.ChangeConfiguration(key="HeartbeatInterval", value="60"), answer
        )
    assert outcome.result is result


async def test_a_configuration_is_read_tolerantly_and_a_key_is_never_shown(
    server: CsmsServer, records: MemoryRecords
) -> None:
    listed = [
        {"key": "Long", "readonly": True, "value": "x" * 600},
        {"key": "authorizationKEY", "readonly": False, "value": "secret"},
        {"key": "Number", "readonly": False, "value": 5},
        {"key": 5},
        "rubbish",
    ]
    answer = {"configurationKey": listed, "unknownKey": ["Other", 7]}
    async with station_at(server) as station:
        _, outcome = await ask(server, records, station, commands.ReadConfiguration(), [3, answer])
    assert outcome.data == {
        "configuration": {
            "Long": {"value": "x" * 600, "readonly": True},
            "authorizationKEY": {"value": None, "readonly": False},
            "Number": {"value": "5", "readonly": False},
        },
        "unknown_keys": ["Other"],
    }


async def test_a_station_whose_boot_is_pending_gets_no_remote_start_or_stop_but_other_commands(
    server: CsmsServer, records: MemoryRecords
) -> None:
    records.boot_answer = Registration.PENDING
    async with station_at(server) as station:
        assert (await station.boot())["status"] == "Pending"
        for command in (commands.StartCharging(token="CARD"), commands.StopCharging(transaction=1)):
            assert (await execute(server, records, command)).result is Result.NOT_READY
        read = commands.ReadConfiguration()
        assert (await ask(server, records, station, read, [3, {}]))[1].result is Result.ACCEPTED


async def test_to_a_rejected_station_nothing_is_sent(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        assert (await station.boot(chargePointSerialNumber="OTHER"))["status"] == "Rejected"
        for command in (commands.ReadConfiguration(), commands.Reset(), commands.RenewKey()):
            assert (await execute(server, records, command)).result is Result.NOT_READY
        await station.call("Heartbeat", {})
        assert station.calls_waiting() == 0


async def test_a_reconnect_without_a_boot_restores_full_operation(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        await station.boot_and_refuse_the_key()
    async with station_at(server) as station:
        command = commands.StartCharging(token="CARD")
        _, outcome = await ask(server, records, station, command, [3, {"status": "Accepted"}])
        assert outcome.result is Result.ACCEPTED


async def test_a_station_is_disconnected_by_command(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        assert (await execute(server, records, commands.Disconnect())).result is Result.ACCEPTED
        assert await station.closed() == 1000


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (commands.StartCharging, {"token": "x" * 37}),
        (commands.StartCharging, {"token": "x", "connector": 0}),
        (commands.StopCharging, {"transaction": 0}),
        (commands.Reset, {"kind": "gentle"}),
        (commands.ChangeConfiguration, {"key": "", "value": "x"}),
        (commands.Unlock, {"connector": 1, "more": 1}),
    ],
)
def test_a_command_that_no_station_could_take_is_refused(kind: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(arguments)
