"""What a station tells of itself, and watches, as calls of OCPP 2 (part 2 §B07, §B08, §N)."""

from csms.asking import Request, Requests, drawn
from csms.frames import Payload
from csms.v201.variables import named, variables_of
from csms.v201.words import camel, strings
from csms.writing import present
from models.messages import commands

_MONITOR = {
    "upper": "UpperThreshold",
    "lower": "LowerThreshold",
    "delta": "Delta",
    "periodic": "Periodic",
    "clock_aligned": "PeriodicClockAligned",
    "target_delta": "TargetDelta",
    "target_delta_relative": "TargetDeltaRelative",
}
_BASE = {"configuration": "ConfigurationInventory", "full": "FullInventory", "summary": "SummaryInventory"}


def report(command: commands.ReadReport) -> Request:
    """§B07 by a base; §B08 of some variables, or by criteria."""
    number = drawn(command.request)
    if not command.variables and not command.criteria:
        return Request("GetBaseReport", {"requestId": number, "reportBase": _BASE[command.base]}, {"request": number})
    payload = present(
        requestId=number,
        componentVariable=_of(command.variables),
        componentCriteria=strings(command.criteria),
    )
    return Request("GetReport", payload, {"request": number})


def _all(_: commands.ReadConfiguration) -> Request:
    return report(commands.ReadReport(base="configuration"))


def _monitoring_report(command: commands.ReadMonitoring) -> Request:
    number = drawn(command.request)
    payload = present(
        requestId=number,
        componentVariable=_of(command.variables),
        monitoringCriteria=[f"{camel(each)}Monitoring" for each in command.criteria] or None,
    )
    return Request("GetMonitoringReport", payload, {"request": number})


def _of(variables: tuple[str, ...]) -> list[Payload] | None:
    return [named(each).payload for each in variables] or None


def set_monitoring(command: commands.SetMonitoring) -> Request:
    return Request("SetVariableMonitoring", {"setMonitoringData": [monitor_of(each) for each in command.monitors]})


def monitor_of(monitor: commands.Monitor) -> Payload:
    return present(
        id=monitor.monitor,
        transaction=monitor.transaction or None,
        value=monitor.value,
        type=_MONITOR[monitor.kind],
        severity=monitor.severity,
        **variables_of(monitor.variable)[0].payload,
    )


def _network(command: commands.SetNetworkProfile) -> Request:
    """The version is the word by which OCPP 2.0.1 is meant in both (part 2 §3.52 OCPPVersionEnumType)."""
    apn = None
    if command.apn is not None:
        apn = present(
            apn=command.apn,
            apnUserName=command.apn_user,
            preferredNetwork=command.preferred_network,
            apnAuthentication="AUTO",
        )
    connection = present(
        ocppVersion="OCPP20",
        ocppTransport="JSON",
        ocppCsmsUrl=command.url,
        messageTimeout=command.answer_within_s,
        securityProfile=command.security_profile,
        ocppInterface=camel(command.interface),
        identity=command.identity,
        apn=apn,
    )
    return Request("SetNetworkProfile", {"configurationSlot": command.slot, "connectionData": connection})


REQUESTS: Requests = {
    commands.ReadConfiguration: _all,
    commands.ReadReport: report,
    commands.SetMonitoring: set_monitoring,
    commands.ClearMonitoring: lambda command: Request("ClearVariableMonitoring", {"id": list(command.monitors)}),
    commands.SetMonitoringBase: lambda command: Request("SetMonitoringBase", {"monitoringBase": camel(command.base)}),
    commands.SetMonitoringLevel: lambda command: Request("SetMonitoringLevel", {"severity": command.severity}),
    commands.ReadMonitoring: _monitoring_report,
    commands.SetNetworkProfile: _network,
}
