"""What only OCPP 2.1 has for stations: tariffs, the grid's wishes, swaps of batteries, payments on the web, streams."""

from typing import Any

from csms.asking import Request, Requests, drawn
from csms.v201 import profiles
from csms.v201.outbound import MoreToSay
from csms.v201.words import WHOLE_STATION, token, transaction
from csms.writing import present, written
from models.messages import commands
from models.messages.commands import Purpose


def _default_tariff(command: commands.SetDefaultTariff) -> Request:
    return Request("SetDefaultTariff", {"evseId": command.connector or WHOLE_STATION, "tariff": command.tariff})


def _clear_tariffs(command: commands.ClearTariffs) -> Request:
    return Request("ClearTariffs", present(tariffIds=list(command.tariffs) or None, evseId=command.connector))


def _change_tariff(command: commands.ChangeTariff) -> Request:
    payload = {"transactionId": transaction(command.transaction), "tariff": command.tariff}
    return Request("ChangeTransactionTariff", payload)


def _set_der(command: commands.SetDerControl) -> Request:
    payload = {
        **command.settings,
        "isDefault": command.default,
        "controlId": command.control,
        "controlType": command.kind.value,
    }
    return Request("SetDERControl", payload)


def _der(command: commands.ReadDerControl | commands.ClearDerControl) -> dict[str, Any]:
    kind = None if command.kind is None else command.kind.value
    return present(isDefault=command.default, controlId=command.control, controlType=kind)


def _read_der(command: commands.ReadDerControl) -> Request:
    number = drawn(command.request)
    return Request("GetDERControl", {"requestId": number, **_der(command)}, {"request": number})


def _allow(command: commands.AllowEnergyTransfer) -> Request:
    payload = {
        "transactionId": transaction(command.transaction),
        "allowedEnergyTransfer": list(command.allowed),
    }
    return Request("NotifyAllowedEnergyTransfer", payload)


def _swap(command: commands.SwapBattery) -> Request:
    number = drawn(command.request)
    payload = {"requestId": number, "idToken": token(command.token, command.token_kind)}
    return Request("RequestBatterySwap", payload, {"request": number})


def _stream(command: commands.AdjustEventStream) -> Request:
    parameters = present(interval=command.interval_s, values=command.values)
    return Request("AdjustPeriodicEventStream", {"id": command.stream, "params": parameters})


REQUESTS: Requests = {
    commands.ReadTariffs: lambda command: Request("GetTariffs", {"evseId": command.connector or WHOLE_STATION}),
    commands.SetDefaultTariff: _default_tariff,
    commands.ClearTariffs: _clear_tariffs,
    commands.ChangeTariff: _change_tariff,
    commands.SendGridSignal: lambda command: Request(
        "AFRRSignal", {"signal": command.signal, "timestamp": written(command.at)}
    ),
    commands.SetDerControl: _set_der,
    commands.ReadDerControl: _read_der,
    commands.ClearDerControl: lambda command: Request("ClearDERControl", _der(command)),
    commands.AllowEnergyTransfer: _allow,
    commands.AnnounceWebPayment: lambda command: Request(
        "NotifyWebPaymentStarted", {"evseId": command.connector, "timeout": command.within_s}
    ),
    commands.SwapBattery: _swap,
    commands.UpdateSchedule: profiles.update_schedule,
    commands.UsePriorityCharging: profiles.use_priority,
    commands.ReadEventStreams: lambda _: Request("GetPeriodicEventStream"),
    commands.AdjustEventStream: _stream,
}
ACTIONS = frozenset(
    {
        "AFRRSignal",
        "AdjustPeriodicEventStream",
        "ChangeTransactionTariff",
        "ClearDERControl",
        "ClearTariffs",
        "GetDERControl",
        "GetPeriodicEventStream",
        "GetTariffs",
        "NotifyAllowedEnergyTransfer",
        "NotifyWebPaymentStarted",
        "RequestBatterySwap",
        "SetDERControl",
        "SetDefaultTariff",
        "UpdateDynamicSchedule",
        "UsePriorityCharging",
    }
)
MORE = MoreToSay(ACTIONS, REQUESTS, (Purpose.PRIORITY, Purpose.LOCAL_GENERATION))
