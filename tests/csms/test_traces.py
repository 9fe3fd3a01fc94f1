"""A station's call begins a trace, and what is asked of the station in its course belongs to it."""

import asyncio

import pytest
from temporalio.testing import ActivityEnvironment

from csms.listener import CsmsServer
from csms.node import StationCommands
from models import tracing
from models.messages.station import StationCommand
from tests.csms.memory import MemoryRecords
from tests.csms.station import station_at, until
from tests.spans import kept_spans, trace_of


async def test_a_boot_and_the_key_that_is_set_after_it_are_one_trace(
    server: CsmsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept_spans(monkeypatch) as spans:
        async with station_at(server) as station:
            await station.boot_and_refuse_the_key()
            await until(lambda: "ocpp.call ChangeConfiguration" in spans.names())
    boot, asked = spans.one("ocpp.receive BootNotification"), spans.one("ocpp.call ChangeConfiguration")
    assert boot.parent is None
    assert spans.path(asked) == ["ocpp.receive BootNotification", "ocpp.call ChangeConfiguration"]
    assert boot.attributes is not None
    assert boot.attributes["stationmaster.station"] == "CP-1"
    assert boot.attributes[tracing.CORRELATION]


async def test_a_command_is_a_span_below_the_step_that_sends_it(
    server: CsmsServer, records: MemoryRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset_id = records.kept["CP-1"].station.asset_id
    command = StationCommand(asset_id=asset_id, kind="reset", arguments={"kind": "soft"}, correlation_id="c")
    with kept_spans(monkeypatch) as spans:
        async with station_at(server) as station:
            await station.boot_and_refuse_the_key()
            with tracing.span("RunActivity:send_command"):
                sending = asyncio.create_task(_sent(server, command))
                await station.answer(await station.asked(), {"status": "Accepted"})
                await sending
    assert spans.path(spans.one("ocpp.call Reset")) == ["RunActivity:send_command", "ocpp.call Reset"]


async def _sent(server: CsmsServer, command: StationCommand) -> None:
    await ActivityEnvironment().run(StationCommands(server.registry).send_command, command)


async def test_heartbeats_and_meter_values_begin_no_trace(server: CsmsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_spans(monkeypatch) as spans:
        async with station_at(server) as station:
            await station.boot_and_refuse_the_key()
            await station.call("Heartbeat", {})
            await station.call("Authorize", {"idTag": "CARD-1"})
    assert "ocpp.receive Authorize" in spans.names()
    assert "ocpp.receive Heartbeat" not in spans.names()


async def test_an_action_of_the_stations_own_making_does_not_name_a_span(
    server: CsmsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept_spans(monkeypatch) as spans:
        async with station_at(server) as station:
            await station.call("MyCardIs1234", {})
    assert trace_of(spans.one("ocpp.receive unknown"))
    assert "1234" not in "".join(each.to_json() for each in spans.all())
