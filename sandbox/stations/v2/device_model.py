"""The device model of one station: the controllers' variables, and those of what it is built of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.stations.link import Payload
from sandbox.stations.settings import Setting, Settings
from sandbox.stations.v2.variables import KNOBS, LISTS, TABLE, UNITS

if TYPE_CHECKING:
    from sandbox.stations.station import Station

DATA_TYPES = {"integer": "integer", "boolean": "boolean", "text": "string"}
_NAME = re.compile(r"([^.]+)\.([^\[]+)(?:\[(.+)\])?")
_BY_FOLDED = {name.casefold(): name for name in TABLE}
_COMPONENTS = {name.split(".")[0].casefold() for name in TABLE}


@dataclass(frozen=True)
class Part:
    """A variable of the hardware; ``evse`` 0 is the station itself."""

    component: str
    variable: str
    value: str
    setting: Setting
    evse: int = 0
    connector: int | None = None

    @property
    def component_named(self) -> Payload:
        if not self.evse:
            return {"name": self.component}
        place = {"id": self.evse} | ({} if self.connector is None else {"connectorId": self.connector})
        return {"name": self.component, "evse": place}


class DeviceModel(Settings):
    table = TABLE
    knobs = KNOBS

    def __init__(self, station: "Station", kept: dict[str, str] | None) -> None:
        described = station.description
        facts = {"SecurityCtrlr.SecurityProfile": str(described.security_profile),
                 "SecurityCtrlr.Identity": described.identity}  # fmt: skip
        own = {"SecurityCtrlr.BasicAuthPassword": described.key, **described.settings, **(kept or {})}
        super().__init__(own, facts)
        self._station = station

    def parts(self) -> Iterator[Part]:
        described = self._station.description
        connectors = self._station.charging.connectors.values()
        dialect = self._station.dialect
        worst = min((one.operative for one in connectors), default=True)
        for variable, value in (
            ("AvailabilityState", "Available" if worst else "Unavailable"),
            ("Model", described.model),
            ("SerialNumber", described.serial),
            ("VendorName", described.vendor),
        ):
            yield Part("ChargingStation", variable, value, Setting(value, access="ReadOnly"))
        yield Part("ChargingStation", "SupplyPhases", "3", Setting("3", "integer", "ReadOnly"))
        for one in connectors:
            status, power = dialect.status_of(one), str(one.power_w)
            for component, connector in (("EVSE", None), ("Connector", 1)):
                yield Part(component, "AvailabilityState", status, _TEXT, one.number, connector)
                yield Part(component, "Available", "true", _TRUE, one.number, connector)
                yield Part(component, "SupplyPhases", "3", _NUMBER, one.number, connector)
            yield Part("EVSE", "Power", power, _NUMBER, one.number)
            yield Part("Connector", "ConnectorType", "sType2", _TEXT, one.number, 1)

    def get(self, component: Payload, variable: Payload) -> tuple[str, str | None]:
        """GetVariableStatus, and the value where it is Accepted."""
        name = self.name_of(component, variable)
        if name is not None:
            setting = self.table.get(name)
            hidden = setting is not None and setting.access == "WriteOnly"
            return ("Rejected", None) if hidden else ("Accepted", self.value(name))
        part = self._part(component, variable)
        return ("Accepted", part.value) if part is not None else (self._unknown(component), None)

    def change(self, component: Payload, variable: Payload, value: str) -> str:
        """Takes the value, or says why not (a SetVariableStatus)."""
        name = self.name_of(component, variable)
        if name is None:
            return "Rejected" if self._part(component, variable) is not None else self._unknown(component)
        setting = self.table.get(name)
        if setting is None or setting.access == "ReadOnly" or not setting.takes(value):
            return "Rejected"
        self.own[name] = value
        return "RebootRequired" if setting.needs_reboot else "Accepted"

    def name_of(self, component: Payload, variable: Payload) -> str | None:
        """The controller's variable in our table, whatever the case of its name."""
        instance = variable.get("instance")
        asked = f"{component['name']}.{variable['name']}" + (f"[{instance}]" if instance else "")
        if "evse" in component:
            return None
        folded = asked.casefold()
        fact = next((name for name in self.facts if name.casefold() == folded), None)
        return fact or _BY_FOLDED.get(folded)

    def report(self) -> Iterator[Payload]:
        """ReportData of every variable (OCPP 2.0.1 part 2 §2.36)."""
        for name in (*self.table, *self.facts):
            found = _NAME.fullmatch(name)
            if found is not None:
                setting = self.table.get(name) or Setting(self.value(name), access="ReadOnly")
                variable = {"name": found[2]} | ({"instance": found[3]} if found[3] else {})
                value = None if setting.access == "WriteOnly" else self.value(name)
                yield _reported({"name": found[1]}, variable, value, setting, in_list=name in LISTS)
        for part in self.parts():
            yield _reported(part.component_named, {"name": part.variable}, part.value, part.setting)

    def _part(self, component: Payload, variable: Payload) -> Part | None:
        evse = component.get("evse", {})
        named = (component["name"].casefold(), variable["name"].casefold(), evse.get("id", 0), evse.get("connectorId"))
        for part in self.parts():
            if (part.component.casefold(), part.variable.casefold(), part.evse, part.connector) == named:
                return part
        return None

    def _unknown(self, component: Payload) -> str:
        evse, name = component.get("evse", {}), component["name"].casefold()
        known = name in _COMPONENTS or name in {"chargingstation", "evse", "connector", "securityctrlr"}
        there = not evse or evse.get("id") in self._station.charging.connectors
        return "UnknownVariable" if known and there else "UnknownComponent"


_TEXT = Setting("", access="ReadOnly")
_TRUE = Setting("true", "boolean", "ReadOnly")
_NUMBER = Setting("", "integer", "ReadOnly")


def _reported(
    component: Payload, variable: Payload, value: str | None, setting: Setting, *, in_list: bool = False
) -> Payload:
    kind = "OptionList" if setting.choices and not in_list else DATA_TYPES[setting.kind]
    traits: dict[str, Any] = {"dataType": "MemberList" if in_list else kind, "supportsMonitoring": False}
    if setting.choices:
        traits["valuesList"] = ",".join(setting.choices)
    if variable["name"] in UNITS:
        traits["unit"] = UNITS[variable["name"]]
    attribute = {"mutability": setting.access} | ({} if value is None else {"value": value})
    return {
        "component": component,
        "variable": variable,
        "variableAttribute": [attribute],
        "variableCharacteristics": traits,
    }
