"""Settings of stations of OCPP 2: by variables, by the keys of OCPP 1.6 that mean the same, in as many calls as they
want (P13, P14).
"""

from typing import Any

import pytest

from csms.asking import UnsayableError
from csms.listener import CsmsServer
from csms.outcome import Result
from csms.ports import KeyKind
from csms.v201.variables import OF_OCPP_16, named, variables_of
from models.messages import commands
from models.rules.station_checks import NETWORK_CONFIGURATION
from tests.csms.commanded import OF_2, command, ready
from tests.csms.memory import MemoryRecords
from tests.csms.station import until
from tests.csms.station_of_2 import StationOf2, station_of_2

pytestmark = pytest.mark.step("P14")
of_2 = pytest.mark.parametrize("subprotocol", OF_2)

HELD = {
    "OCPPCommCtrlr.HeartbeatInterval": "300",
    "SampledDataCtrlr.TxUpdatedInterval": "30",
    "DeviceDataCtrlr.ItemsPerMessage[GetVariables]": "2",
    "Connector[left]#1/2.Available": "true",
}


def key_of(item: dict[str, Any]) -> str:
    """As our commands write it."""

    def part(told: dict[str, Any]) -> str:
        instance = f"[{told['instance']}]" if "instance" in told else ""
        evse = told.get("evse")
        place = "" if evse is None else f"#{evse['id']}" + (f"/{evse['connectorId']}" if "connectorId" in evse else "")
        return f"{told['name']}{instance}{place}"

    return f"{part(item['component'])}.{part(item['variable'])}"


class Variables:
    """A station's device model, as far as it answers for it."""

    def __init__(self, held: dict[str, str], refused: dict[str, str] | None = None) -> None:
        self.held = held
        self.refused = refused or {}

    def __call__(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "GetVariables":
            return {"getVariableResult": [self.told(each) for each in reversed(payload["getVariableData"])]}
        return {"setVariableResult": [self.change(each) for each in payload["setVariableData"]]}

    def told(self, item: dict[str, Any]) -> dict[str, Any]:
        """In another order and another case than it was asked."""
        value, refused = self.held.get(key_of(item)), self.refused.get(key_of(item))
        component = {**item["component"], "name": item["component"]["name"].upper()}
        status = refused or ("Accepted" if value is not None else "UnknownVariable")
        known = {} if value is None or refused else {"attributeValue": value}
        return {"attributeStatus": status, "component": component, "variable": item["variable"], **known}

    def change(self, item: dict[str, Any]) -> dict[str, Any]:
        status = self.refused.get(key_of(item), "Accepted")
        if status == "Accepted":
            self.held[key_of(item)] = item["attributeValue"]
        return {"attributeStatus": status, "component": item["component"], "variable": item["variable"]}


@of_2
async def test_settings_are_read_in_parts_and_told_by_the_keys_that_were_asked_for(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    keys = (
        "HeartbeatInterval",
        "MeterValueSampleInterval",
        "Connector[left]#1/2.Available",
        "Blink.Repeat",
        "LightIntensity",
    )
    async with ready(server, subprotocol) as station:
        asked = commands.ReadConfiguration(keys=keys)
        calls, outcome = await command(server, records, station, asked, Variables(dict(HELD)))
    assert {key: entry["value"] for key, entry in outcome.data["configuration"].items()} == {
        "HeartbeatInterval": "300",
        "MeterValueSampleInterval": "30",
        "Connector[left]#1/2.Available": "true",
    }
    assert sorted(outcome.data["unknown_keys"]) == ["Blink.Repeat", "LightIntensity"]
    assert [len(payload["getVariableData"]) for _, payload in calls] == [1, 1, 2, 2], "its limits, then two at a time"


@of_2
@pytest.mark.parametrize(("size_bytes", "parts"), [("400", [1, 1, 1]), ("999999", [3]), ("none", [3]), ("-1", [3])])
async def test_settings_are_read_within_the_bytes_that_the_station_takes(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, size_bytes: str, parts: list[int]
) -> None:
    held = {"DeviceDataCtrlr.BytesPerMessage[GetVariables]": size_bytes, "AVeryLongComponent.AVeryLongVariable": "x"}
    keys = tuple(f"AVeryLongComponent{n}.AVeryLongVariableOfTheComponent" for n in range(3))
    async with ready(server, subprotocol) as station:
        asked = commands.ReadConfiguration(keys=keys)
        calls, _ = await command(server, records, station, asked, Variables(held))
    assert [len(payload["getVariableData"]) for _, payload in calls[2:]] == parts


@of_2
async def test_a_variable_that_may_not_be_read_is_there_without_its_value(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    held, key = Variables({}, {"SecurityCtrlr.BasicAuthPassword": "Rejected"}), "SecurityCtrlr.BasicAuthPassword"
    async with ready(server, subprotocol) as station:
        read = commands.ReadConfiguration(keys=(key,))
        _, outcome = await command(server, records, station, read, held)
        assert outcome.data["configuration"] == {key: {"value": None, "readonly": None}}
        shown = {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "secret"}]}
        _, outcome = await command(server, records, station, read, shown)
    assert "secret" not in str(outcome)


@of_2
@pytest.mark.parametrize("answer", [{}, {"getVariableResult": []}, {"getVariableResult": "rubbish"}])
async def test_an_answer_without_variables_is_none(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, answer: dict[str, Any]
) -> None:
    async with ready(server, subprotocol) as station:
        _, outcome = await command(server, records, station, commands.ReadConfiguration(keys=("A.B",)), answer)
        assert outcome.result is Result.FAILED
        _, outcome = await command(server, records, station, commands.ChangeConfiguration(key="A.B", value="1"), answer)
    assert outcome.result is Result.FAILED


@of_2
async def test_all_settings_come_as_a_report_with_a_number(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, commands.ReadConfiguration())
    ((action, payload),) = calls
    assert (action, payload["reportBase"]) == ("GetBaseReport", "ConfigurationInventory")
    assert outcome.data == {"request": payload["requestId"]}


@of_2
async def test_what_our_network_sets_in_1_6_is_set_in_2_by_its_own_variables(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    """The same configuration of a product serves both: what it reads back is what was wanted."""
    station_has = Variables({})
    async with ready(server, subprotocol) as station:
        for key, value in NETWORK_CONFIGURATION.items():
            asked = commands.ChangeConfiguration(key=key, value=value)
            assert (await command(server, records, station, asked, station_has))[1].result is Result.ACCEPTED
        read = commands.ReadConfiguration(keys=tuple(NETWORK_CONFIGURATION))
        _, outcome = await command(server, records, station, read, station_has)
    assert {key: each["value"] for key, each in outcome.data["configuration"].items()} == NETWORK_CONFIGURATION
    assert station_has.held == {
        "OCPPCommCtrlr.HeartbeatInterval": "300",
        "SampledDataCtrlr.TxUpdatedInterval": "30",
        "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register",
        "SampledDataCtrlr.TxStartedMeasurands": "Energy.Active.Import.Register",
        "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
        "AuthCtrlr.AuthorizeRemoteStart": "true",
        "AuthCtrlr.LocalPreAuthorize": "false",
        "TxCtrlr.StopTxOnEVSideDisconnect": "true",
    }


@of_2
@pytest.mark.parametrize(
    ("refused", "result", "detail"),
    [
        ({}, Result.ACCEPTED, ""),
        ({"SampledDataCtrlr.TxUpdatedMeasurands": "Rejected"}, Result.REJECTED, ""),
        ({"SampledDataCtrlr.TxUpdatedMeasurands": "UnknownComponent"}, Result.NOT_SUPPORTED, "UnknownComponent"),
        ({"SampledDataCtrlr.TxUpdatedMeasurands": "RebootRequired"}, Result.REBOOT_REQUIRED, ""),
        ({"SampledDataCtrlr.TxEndedMeasurands": "RebootRequired"}, Result.REBOOT_REQUIRED, ""),
        ({"SampledDataCtrlr.TxStartedMeasurands": "Rejected"}, Result.ACCEPTED, "TxStartedMeasurands: rejected"),
        (
            {"SampledDataCtrlr.TxEndedMeasurands": "UnknownVariable"},
            Result.ACCEPTED,
            "TxEndedMeasurands: UnknownVariable",
        ),
    ],
)
async def test_a_key_that_means_several_variables_is_judged_by_the_first(
    server: CsmsServer,
    records: MemoryRecords,
    subprotocol: str,
    refused: dict[str, str],
    result: Result,
    detail: str,
) -> None:
    asked = commands.ChangeConfiguration(key="meterValuesSampledData", value="Energy.Active.Import.Register")
    async with ready(server, subprotocol) as station:
        _, outcome = await command(server, records, station, asked, Variables({}, refused))
    assert (outcome.result, outcome.detail) == (result, detail)


@of_2
async def test_a_key_that_2_has_no_variable_for_is_not_supported_and_says_how_to_write_one(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with ready(server, subprotocol) as station:
        asked = commands.ChangeConfiguration(key="LightIntensity", value="50")
        calls, outcome = await command(server, records, station, asked)
    assert (calls, outcome.result) == ([], Result.NOT_SUPPORTED)
    assert "Component.Variable" in outcome.detail


@of_2
async def test_the_attribute_is_said_where_it_is_not_the_actual_one(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with ready(server, subprotocol) as station:
        asked = commands.ChangeConfiguration(key="Fan.Speed", value="5", attribute="target")
        calls, outcome = await command(server, records, station, asked, Variables({}))
        assert calls[0][1]["setVariableData"][0]["attributeType"] == "Target"
        read = commands.ReadConfiguration(keys=("Fan.Speed",), attribute="max")
        calls, _ = await command(server, records, station, read, Variables({}))
    assert outcome.result is Result.ACCEPTED
    assert calls[0][1]["getVariableData"][0]["attributeType"] == "MaxSet"


@pytest.mark.parametrize("key", ["A[.B", "A.B]", "#1.B", "", "A#x.B", "A[].B"])
def test_what_names_no_variable_is_said_to_name_none(key: str) -> None:
    with pytest.raises(UnsayableError):
        variables_of(key)


def test_every_key_that_is_translated_names_variables_of_2() -> None:
    for key, variables in OF_OCPP_16.items():
        assert [named(each).variable for each in variables] == [each.variable for each in variables_of(key.lower())]


MONITORS = tuple(
    commands.Monitor(variable=f"EVSE#{n}.Power", kind="upper", value=11_000, severity=5) for n in range(1, 4)
)


@of_2
async def test_monitors_are_set_and_cleared_in_parts_and_each_result_is_told(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "GetVariables":
            return Variables(
                {
                    "MonitoringCtrlr.ItemsPerMessage[SetVariableMonitoring]": "2",
                    "MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring]": "1",
                }
            )(action, payload)
        if action == "ClearVariableMonitoring":
            return {"clearMonitoringResult": [{"id": each, "status": "NotFound"} for each in payload["id"]]}
        told = [
            {**each, "id": 70, "status": "Duplicate" if each["component"]["evse"]["id"] == 3 else "Accepted"}
            for each in payload["setMonitoringData"]
        ]
        return {"setMonitoringResult": told}

    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, commands.SetMonitoring(monitors=MONITORS), answer)
        cleared, gone = await command(server, records, station, commands.ClearMonitoring(monitors=(1, 2)), answer)
    assert [len(payload["setMonitoringData"]) for action, payload in calls if action != "GetVariables"] == [2, 1]
    assert calls[-1][1]["setMonitoringData"] == [
        {
            "type": "UpperThreshold",
            "value": 11_000,
            "severity": 5,
            "component": {"name": "EVSE", "evse": {"id": 3}},
            "variable": {"name": "Power"},
        }
    ]
    assert (outcome.result, outcome.detail) == (Result.REJECTED, "Duplicate")
    assert [each["outcome"] for each in outcome.data["monitors"]] == ["accepted", "accepted", "rejected"]
    assert [payload for action, payload in cleared if action != "GetVariables"] == [{"id": [1]}, {"id": [2]}]
    assert gone.result is Result.NOT_FOUND


@of_2
async def test_a_monitor_of_what_is_no_variable_is_not_sent(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    wrong = commands.Monitor(variable="Power", kind="delta", value=1, severity=5)
    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, commands.SetMonitoring(monitors=(wrong,)))
    assert (calls, outcome.result) == ([], Result.NOT_SUPPORTED)


async def take_key(station: StationOf2, status: str | None) -> str:
    """The key that we set after the boot; answered with the status, None: the connection is lost instead."""
    call = await station.raw.asked()
    assert call[2] == "SetVariables"
    (item,) = call[3]["setVariableData"]
    assert key_of(item) == "SecurityCtrlr.BasicAuthPassword"
    if status is not None:
        told = {"attributeStatus": status, "component": item["component"], "variable": item["variable"]}
        await station.raw.answer(call, {"setVariableResult": [told]})
    key: str = item["attributeValue"]
    return key


@of_2
@pytest.mark.step("P13", "O29")
@pytest.mark.parametrize("status", ["Accepted", "RebootRequired", None])
async def test_after_the_first_boot_our_own_key_replaces_the_factory_key(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, status: str | None
) -> None:
    kept = records.kept["CP-1"]
    async with station_of_2(server, subprotocol) as station:
        await station.boot()
        key = await take_key(station, status)
        assert 16 <= len(key) <= 40, "OCPP 2.0.1 part 2 §2.6.6: BasicAuthPassword"
        if status == "Accepted":
            await until(lambda: [each.kind for each in kept.station.keys] == [KeyKind.OWN])
        else:
            assert [each.kind for each in kept.station.keys] == [KeyKind.FACTORY, KeyKind.PROPOSED]
    async with station_of_2(server, subprotocol, key=key) as station:
        assert (await station.call("Heartbeat", {}))["currentTime"]
        assert [each.kind for each in kept.station.keys] == [KeyKind.OWN]
        await station.boot()
        assert await station.call("Heartbeat", {})
        session = server.registry.get(kept.station.asset_id)
        assert session is not None
        assert not session._key_sent, "a station with our key gets no other one"


@of_2
@pytest.mark.step("P13")
@pytest.mark.parametrize("status", ["Rejected", "UnknownVariable", "UnknownComponent", "Perhaps"])
async def test_a_station_that_takes_no_key_keeps_its_factory_key_and_that_is_recorded(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, status: str
) -> None:
    kept = records.kept["CP-1"]
    async with station_of_2(server, subprotocol) as station:
        await station.boot()
        await take_key(station, status)
        await until(lambda: kept.refusals)
    async with station_of_2(server, subprotocol) as station:
        assert (await station.call("Heartbeat", {}))["currentTime"]
