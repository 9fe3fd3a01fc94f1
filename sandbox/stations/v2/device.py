"""Reading and setting variables, and the reports (OCPP 2.0.1 part 2 §B05 to §B08)."""

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sandbox.stations.description import Fault
from sandbox.stations.link import CallError, NoAnswerError, Payload
from sandbox.stations.settings import Knob
from sandbox.stations.v2 import network
from sandbox.stations.v2.core import Answer
from sandbox.stations.v2.variables import PASSWORD

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2

REPORT_PART = 20
CRITERIA = {"Active", "Available", "Enabled", "Problem"}


def get_variables(v2: "V2", payload: Payload) -> Payload:
    return {"getVariableResult": [_got(v2, wanted) for wanted in payload["getVariableData"]]}


def _got(v2: "V2", wanted: Payload) -> Payload:
    kind = wanted.get("attributeType", "Actual")
    named = {"attributeType": kind, "component": wanted["component"], "variable": wanted["variable"]}
    status, value = v2.settings.get(wanted["component"], wanted["variable"])
    if status == "Accepted" and kind != "Actual":
        return {**named, "attributeStatus": "NotSupportedAttributeType"}
    return {**named, "attributeStatus": status} | ({} if value is None else {"attributeValue": value})


def set_variables(v2: "V2", payload: Payload) -> Payload:
    results = [_set(v2, wanted) for wanted in payload["setVariableData"]]
    v2.station.keep()
    return {"setVariableResult": results}


def _set(v2: "V2", wanted: Payload) -> Payload:
    kind, component, variable = wanted.get("attributeType", "Actual"), wanted["component"], wanted["variable"]
    named = {"attributeType": kind, "component": component, "variable": variable}
    if kind != "Actual":
        return {**named, "attributeStatus": "NotSupportedAttributeType"}
    return {**named, "attributeStatus": _set_actual(v2, component, variable, wanted["attributeValue"])}


def _set_actual(v2: "V2", component: Payload, variable: Payload, value: str) -> str:
    station, name = v2.station, v2.settings.name_of(component, variable)
    is_key = variable["name"].casefold() == PASSWORD.casefold()
    if station.has(Fault.REFUSES_AUTHORIZATION_KEY if is_key else Fault.REFUSES_CONFIGURATION):
        return "Rejected"
    if name == network.PRIORITY and not network.is_order(v2, value):
        return "Rejected"
    status = v2.settings.change(component, variable, value)
    if name == v2.settings.knobs[Knob.HEARTBEAT_S] and station.life.accepted.is_set():
        station.life.beat_anew()
    return status


def get_base_report(v2: "V2", payload: Payload) -> Payload:
    """The summary is what tells whether the station works: availability and what is enabled."""
    everything = list(v2.settings.report())
    match payload["reportBase"]:
        case "FullInventory":
            found = everything
        case "ConfigurationInventory":
            found = [one for one in everything if one["variableAttribute"][0]["mutability"] != "ReadOnly"]
        case "SummaryInventory":
            found = [one for one in everything if one["variable"]["name"] in {"AvailabilityState", "Available"}]
        case _:
            return {"status": "NotSupported"}
    v2.station.spawn(_send_report(v2, payload["requestId"], found))
    return {"status": "Accepted"}


def get_report(v2: "V2", payload: Payload) -> Payload:
    """By components and variables, and by criteria: true of the variable of that name (part 2 §B08.FR.07)."""
    criteria = set(payload.get("componentCriteria", []))
    if not criteria <= CRITERIA:
        return {"status": "NotSupported"}
    found = [
        one
        for one in v2.settings.report()
        if _is_wanted(one, payload.get("componentVariable")) and _meets(v2, one, criteria)
    ]
    if not found:
        return {"status": "EmptyResultSet"}
    v2.station.spawn(_send_report(v2, payload["requestId"], found))
    return {"status": "Accepted"}


def _is_wanted(one: Payload, wanted: list[Payload] | None) -> bool:
    return wanted is None or any(
        _covers(one["component"], each["component"])
        and ("variable" not in each or _covers(one["variable"], each["variable"]))
        for each in wanted
    )


def _covers(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    named = found["name"].casefold() == wanted["name"].casefold()
    evse = wanted.get("evse", {})
    placed = all(found.get("evse", {}).get(key) == value for key, value in evse.items())
    return named and placed and wanted.get("instance") in {None, found.get("instance")}


def _meets(v2: "V2", one: Payload, criteria: set[str]) -> bool:
    """A component that has no such variable meets the criterion (B08.FR.09 to FR.11), but none has a problem."""
    for criterion in criteria:
        status, value = v2.settings.get(one["component"], {"name": criterion})
        if criterion == "Problem" or (status == "Accepted" and value != "true"):
            return False
    return True


async def _send_report(v2: "V2", request_id: int, found: Iterable[Payload]) -> None:
    parts = [list(part) for part in _batches(found, REPORT_PART)]
    for number, part in enumerate(parts):
        report = {
            "requestId": request_id,
            "generatedAt": v2.station.clock.now(),
            "seqNo": number,
            "tbc": number < len(parts) - 1,
            "reportData": part,
        }
        try:
            await v2.station.call("NotifyReport", report)
        except (NoAnswerError, CallError) as error:
            v2.station.note_frame("note", f"report {request_id} was broken off: {error}")
            return


def _batches(found: Iterable[Payload], size: int) -> Iterable[list[Payload]]:
    rest = iter(found)
    while part := list(itertools.islice(rest, size)):
        yield part


ANSWERS: dict[str, Answer] = {
    "GetBaseReport": get_base_report,
    "GetReport": get_report,
    "GetVariables": get_variables,
    "SetVariables": set_variables,
}
