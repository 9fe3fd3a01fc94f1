"""The simulator against the real front, over real sockets: its whole road, and each of its faults."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from csms.events import Booted, ConnectorStatus, Metered, Started, Stopped
from csms.listener import CsmsServer
from csms.outcome import Result
from csms.ports import KeyKind, Registration
from csms.session import StationSession
from models.messages import commands
from models.messages.commands import Trigger
from sandbox.stations.description import Description
from sandbox.stations.park import Park
from tests.csms.memory import FACTORY_KEY, Kept, MemoryRecords
from tests.csms.station import until, until_async

Describe = Callable[..., dict[str, Any]]


async def shown(control: httpx.AsyncClient) -> dict[str, Any]:
    station: dict[str, Any] = (await control.get("/stations/CP-1")).json()
    return station


async def power_up(control: httpx.AsyncClient, description: dict[str, Any]) -> None:
    answer = await control.post("/stations", json=description)
    assert answer.status_code == 201, answer.text


async def session_of(server: CsmsServer, kept: Kept) -> StationSession:
    session: StationSession = await until(lambda: server.registry.get(kept.station.asset_id))
    return session


def of_kind(kept: Kept, kind: type[Any]) -> list[Any]:
    return [event for event in kept.events if isinstance(event, kind)]


async def ready(server: CsmsServer, kept: Kept) -> StationSession:
    """The session of a station that has booted and told its states."""
    await until(lambda: of_kind(kept, ConnectorStatus)[1:])
    return await session_of(server, kept)


@pytest.mark.step("P13", "P14", "P15")
async def test_a_station_boots_takes_our_key_charges_by_remote_start_and_stops(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described())
    await until(lambda: [key.kind for key in kept.station.keys] == [KeyKind.OWN])
    assert of_kind(kept, Booted)[0].serial == kept.serial
    session = await ready(server, kept)
    assert (await session.execute(commands.ChangeConfiguration(key="MeterValueSampleInterval", value="5"))).result is (
        Result.ACCEPTED
    )
    read = await session.execute(commands.ReadConfiguration(keys=("MeterValueSampleInterval", "AuthorizationKey", "X")))
    configuration = read.data["configuration"]
    assert {key: entry["value"] for key, entry in configuration.items()} == {
        "MeterValueSampleInterval": "5",
        "AuthorizationKey": None,
    }
    assert read.data["unknown_keys"] == ["X"]
    await control.post("/stations/CP-1/plug-in")
    assert (await session.execute(commands.StartCharging(token="TEST-CARD", connector=1))).result is Result.ACCEPTED
    await until(lambda: any(_energy(event) >= 100 for event in of_kind(kept, Metered)))
    assert (await session.execute(commands.StopCharging(transaction=1))).result is Result.ACCEPTED
    stopped = await until(lambda: of_kind(kept, Stopped))
    start = of_kind(kept, Started)[0]
    assert start.token == "TEST-CARD"
    assert stopped[0].transaction_id == 1
    assert stopped[0].reason == "Remote"
    assert stopped[0].meter_stop_wh - start.meter_start_wh >= 100
    assert not start.irregularities
    assert not stopped[0].irregularities
    states = [event.status for event in of_kind(kept, ConnectorStatus) if event.connector == 1]
    await until(lambda: of_kind(kept, ConnectorStatus)[-1].status == "Finishing")
    assert states[:3] == ["Available", "Preparing", "Charging"]


def _energy(event: Metered) -> float:
    return max(float(sample.value or 0) for sample in event.samples if sample.measurand.startswith("Energy"))


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_somebody_at_the_station_changes_what_is_there_and_may_be_changed(
    control: httpx.AsyncClient, described: Describe, protocol: str
) -> None:
    await power_up(control, described(protocol=protocol))
    name = {"ocpp1.6": "ConnectionTimeOut", "ocpp2.0.1": "TxCtrlr.EVConnectionTimeOut"}[protocol]
    assert (await control.post("/stations/CP-1/settings", json={"settings": {name: "7"}})).status_code == 200
    assert (await shown(control))["configuration"][name] == "7"
    for wrong in ({name: "often"}, {"Nothing": "1"}, {}):
        assert (await control.post("/stations/CP-1/settings", json={"settings": wrong})).status_code == 422
    steps = [{"do": "set", "name": name, "value": "8"}, {"do": "set", "name": "Nothing", "value": "1"}]
    await control.post("/stations/CP-1/script", json={"steps": steps})

    async def has_failed() -> bool:
        return bool((await shown(control))["script"]["state"] == "failed")

    await until_async(has_failed)
    assert (await shown(control))["configuration"][name] == "8"


@pytest.mark.usefixtures("server")
@pytest.mark.step("P13")
async def test_the_new_key_is_used_after_a_power_cut(
    records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described())
    await until(lambda: [key.kind for key in kept.station.keys] == [KeyKind.OWN])
    await control.post("/stations/CP-1/power-off")
    await until(lambda: kept.connection is None)
    await control.post("/stations/CP-1/power-on")
    opened = await until(lambda: kept.connection)
    assert opened.opened_by is KeyKind.OWN
    assert (await shown(control))["own_key"] is True


@pytest.mark.step("P15")
async def test_a_card_starts_and_stops_and_a_blocked_one_does_not(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described())
    await ready(server, kept)
    await control.post("/stations/CP-1/plug-in")
    refused = (await control.post("/stations/CP-1/swipe", json={"id_token": "BAD"})).json()
    assert refused["outcome"] == "not authorised: Blocked"
    assert (await control.post("/stations/CP-1/swipe", json={"id_token": "TEST-CARD"})).json()["outcome"] == "started"
    await until(lambda: of_kind(kept, Started))
    assert (await control.post("/stations/CP-1/swipe", json={"id_token": "TEST-CARD"})).json()["outcome"] == "stopped"
    assert (await until(lambda: of_kind(kept, Stopped)))[0].token == "TEST-CARD"


@pytest.mark.step("P15")
async def test_what_happened_while_the_central_system_was_away_is_sent_later_in_order(
    records: MemoryRecords, control: httpx.AsyncClient
) -> None:
    kept = records.kept["CP-1"]
    async with CsmsServer(records, host="127.0.0.1", port=0, node="n") as first:
        port = first.port
        await power_up(
            control,
            {
                "identity": "CP-1",
                "key": FACTORY_KEY,
                "url": f"ws://127.0.0.1:{port}/ocpp",
                "serial": kept.serial,
                "speed": 100,
            },
        )
        await ready(first, kept)
        await control.post("/stations/CP-1/plug-in")
        await control.post("/stations/CP-1/swipe", json={"id_token": "TEST-CARD"})
        await until(lambda: of_kind(kept, Metered))
    boots = len(of_kind(kept, Booted))
    await control.post("/stations/CP-1/unplug")
    async with CsmsServer(records, host="127.0.0.1", port=port, node="n") as second:
        stopped = (await until(lambda: of_kind(kept, Stopped)))[0]
        assert (stopped.transaction_id, stopped.reason) == (1, "EVDisconnected")
        assert len(of_kind(kept, Booted)) == boots, "a reconnect is no boot"
        session = await session_of(second, kept)
        outcome = await session.execute(commands.TriggerMessage(message=Trigger.STATUS, connector=1))
        assert outcome.result is Result.ACCEPTED


@pytest.mark.usefixtures("server")
@pytest.mark.step("P14")
async def test_a_rejected_or_pending_station_asks_again_until_it_is_accepted(
    records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    records.boot_answer, records.interval_s = Registration.PENDING, 10
    await power_up(control, described(faults=["wrong_serial"]))
    await until(lambda: of_kind(kept, Booted)[1:])
    assert (await shown(control))["registration"] == "Rejected"
    await control.post("/stations/CP-1/faults", json={"faults": []})
    await until_async(lambda: _registration(control, "Pending"))
    records.boot_answer = Registration.ACCEPTED
    await until_async(lambda: _registration(control, "Accepted"))


async def _registration(control: httpx.AsyncClient, wanted: str) -> bool:
    return bool((await shown(control))["registration"] == wanted)


@pytest.mark.step("P14")
async def test_a_reset_boots_again(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described())
    session = await ready(server, kept)
    assert (await session.execute(commands.Reset(kind="hard"))).result is Result.ACCEPTED
    await until(lambda: of_kind(kept, Booted)[1:])


@pytest.mark.step("P14")
@pytest.mark.parametrize(
    ("fault", "command", "result"),
    [
        ("refuses_configuration", commands.ChangeConfiguration(key="HeartbeatInterval", value="9"), Result.REJECTED),
        ("refuses_remote_start", commands.StartCharging(token="TEST-CARD"), Result.REJECTED),
    ],
)
async def test_a_station_refuses_what_it_is_told_to_refuse(
    server: CsmsServer,
    records: MemoryRecords,
    control: httpx.AsyncClient,
    described: Describe,
    fault: str,
    command: commands.Command,
    result: Result,
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described(faults=[fault]))
    session = await ready(server, kept)
    assert (await session.execute(command)).result is result
    await control.post("/stations/CP-1/faults", json={"faults": []})
    assert (await session.execute(command)).result is Result.ACCEPTED


@pytest.mark.usefixtures("server")
@pytest.mark.step("P13")
async def test_a_station_that_supports_no_authorization_key_keeps_its_factory_key(
    records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described(faults=["refuses_authorization_key"]))
    await until(lambda: kept.refusals)
    assert kept.station.keys[0].kind is KeyKind.FACTORY


@pytest.mark.step("P13")
async def test_a_station_with_a_wrong_key_stays_outside_and_says_why(
    records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    await power_up(control, described(faults=["wrong_key"]))
    station = await until_async(lambda: _refused(control))
    assert "401" in station["refusal"]
    assert records.kept["CP-1"].connection is None


async def _refused(control: httpx.AsyncClient) -> dict[str, Any] | None:
    station = await shown(control)
    return station if station["refusal"] else None


@pytest.mark.step("P14")
async def test_a_station_that_never_connects_comes_once_it_is_mended(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described(faults=["never_connects"]))
    assert (await shown(control))["connected"] is False
    assert kept.connection is None
    await control.post("/stations/CP-1/faults", json={"faults": []})
    await ready(server, kept)


@pytest.mark.step("P14")
async def test_a_station_that_says_nothing_boots_when_it_is_asked_to(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described(faults=["no_boot"]))
    session = await session_of(server, kept)
    assert not kept.events
    assert (await session.execute(commands.TriggerMessage(message=Trigger.BOOT))).result is Result.ACCEPTED
    await until(lambda: of_kind(kept, Booted))


@pytest.mark.step("P15")
async def test_a_meter_that_stands_still_is_sent_as_it_stands(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described(faults=["no_energy"]))
    session = await ready(server, kept)
    await control.post("/stations/CP-1/plug-in")
    await session.execute(commands.StartCharging(token="TEST-CARD"))
    await until(lambda: of_kind(kept, Metered)[2:])
    assert {_energy(event) for event in of_kind(kept, Metered)} == {0}


@pytest.mark.step("P14")
async def test_garbage_and_a_drop_after_the_boot_do_no_harm(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Describe
) -> None:
    kept = records.kept["CP-1"]
    await power_up(control, described(faults=["garbage", "drops_after_boot"]))
    await until(lambda: kept.ended[1:])
    await control.post("/stations/CP-1/faults", json={"faults": []})
    assert await ready(server, kept)


@pytest.mark.step("P14")
async def test_a_restarted_simulator_goes_on_with_its_stations(
    server: CsmsServer, records: MemoryRecords, described: Describe, tmp_path: Path
) -> None:
    kept = records.kept["CP-1"]
    park = Park(tmp_path)
    station = await park.power_up(Description.model_validate(described()))
    await until(lambda: station.configuration.key != FACTORY_KEY and kept.station.keys[0].kind is KeyKind.OWN)
    await ready(server, kept)
    await station.charging.plug_in(1)
    assert await station.charging.swipe("TEST-CARD", None) == "started"
    await until(lambda: of_kind(kept, Metered))
    await park.leave()
    await until(lambda: kept.connection is None)
    again = Park(tmp_path)
    again.come_back()
    stopped = (await until(lambda: of_kind(kept, Stopped)))[0]
    assert (stopped.transaction_id, stopped.reason) == (1, "PowerLoss")
    assert kept.connection is not None
    assert kept.connection.opened_by is KeyKind.OWN
    await again.remove("CP-1")
    assert again.stations == {}
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


async def test_bad_orders_are_refused_by_field(control: httpx.AsyncClient, described: Describe) -> None:
    assert (await control.post("/stations", json=described(identity="a b"))).status_code == 422
    assert (await control.post("/stations", json=described(connectors=0))).status_code == 422
    assert (await control.post("/stations", json=described(more=1))).status_code == 422
    assert (await control.get("/stations/none")).status_code == 404
    await power_up(control, described(faults=["never_connects"]))
    assert (await control.post("/stations/CP-1/plug-in", json={"connector": 2})).status_code == 422
    assert (await control.get("/healthz")).json() == {"status": "alive"}
    assert len((await control.get("/stations")).json()) == 1
