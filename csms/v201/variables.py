"""A station's settings as variables of its device model (OCPP 2.0.1 part 2 §B05, §B06).

Keys of OCPP 1.6 that have a counterpart are translated, so that one configuration serves both versions. What is not
said in the standard's own appendix on the mapping is left to who writes the configuration.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from csms.answers import judged, objects_of
from csms.asking import Request, UnsayableError
from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.parts import Room, cut
from csms.reading import clean, number_of
from csms.writing import present
from models.messages import commands

VALUE_LIMIT = 2_500
AUTHORIZATION_VARIABLE = "SecurityCtrlr.BasicAuthPassword"

OF_OCPP_16: dict[str, tuple[str, ...]] = {
    "AdditionalRootCertificateCheck": ("SecurityCtrlr.AdditionalRootCertificateCheck",),
    "AllowOfflineTxForUnknownId": ("AuthCtrlr.OfflineTxForUnknownIdEnabled",),
    "AuthorizationCacheEnabled": ("AuthCacheCtrlr.Enabled",),
    "AuthorizeRemoteTxRequests": ("AuthCtrlr.AuthorizeRemoteStart",),
    "CentralContractValidationAllowed": ("ISO15118Ctrlr.CentralContractValidationAllowed",),
    "CertificateSignedMaxChainSize": ("SecurityCtrlr.MaxCertificateChainSize",),
    "CertSigningRepeatTimes": ("SecurityCtrlr.CertSigningRepeatTimes",),
    "CertSigningWaitMinimum": ("SecurityCtrlr.CertSigningWaitMinimum",),
    "ChargeProfileMaxStackLevel": ("SmartChargingCtrlr.ProfileStackLevel",),
    "ChargingScheduleMaxPeriods": ("SmartChargingCtrlr.PeriodsPerSchedule",),
    "ClockAlignedDataInterval": ("AlignedDataCtrlr.Interval",),
    "ConnectionTimeOut": ("TxCtrlr.EVConnectionTimeOut",),
    "ConnectorSwitch3to1PhaseSupported": ("SmartChargingCtrlr.Phases3to1",),
    "ContractValidationOffline": ("ISO15118Ctrlr.ContractValidationOffline",),
    "CpoName": ("SecurityCtrlr.OrganizationName",),
    "GetConfigurationMaxKeys": ("DeviceDataCtrlr.ItemsPerMessage[GetVariables]",),
    "HeartbeatInterval": ("OCPPCommCtrlr.HeartbeatInterval",),
    "ISO15118PnCEnabled": ("ISO15118Ctrlr.PnCEnabled",),
    "LocalAuthListEnabled": ("LocalAuthListCtrlr.Enabled",),
    "LocalAuthorizeOffline": ("AuthCtrlr.LocalAuthorizeOffline",),
    "LocalPreAuthorize": ("AuthCtrlr.LocalPreAuthorize",),
    "MaxChargingProfilesInstalled": ("SmartChargingCtrlr.Entries[ChargingProfiles]",),
    "MaxEnergyOnInvalidId": ("TxCtrlr.MaxEnergyOnInvalidId",),
    "MeterValueSampleInterval": ("SampledDataCtrlr.TxUpdatedInterval",),
    "MeterValuesAlignedData": ("AlignedDataCtrlr.Measurands",),
    # The start and the stop carry the meter's state in OCPP 1.6 without being told to.
    "MeterValuesSampledData": (
        "SampledDataCtrlr.TxUpdatedMeasurands",
        "SampledDataCtrlr.TxStartedMeasurands",
        "SampledDataCtrlr.TxEndedMeasurands",
    ),
    "MinimumStatusDuration": ("OCPPCommCtrlr.MinimumStatusDuration",),
    "ReserveConnectorZeroSupported": ("ReservationCtrlr.NonEvseSpecific",),
    "ResetRetries": ("OCPPCommCtrlr.ResetRetries",),
    "SecurityProfile": ("SecurityCtrlr.SecurityProfile",),
    "SendLocalListMaxLength": ("LocalAuthListCtrlr.ItemsPerMessage",),
    "StopTransactionOnEVSideDisconnect": ("TxCtrlr.StopTxOnEVSideDisconnect",),
    "StopTransactionOnInvalidId": ("TxCtrlr.StopTxOnInvalidId",),
    "StopTxnAlignedData": ("AlignedDataCtrlr.TxEndedMeasurands",),
    "StopTxnSampledData": ("SampledDataCtrlr.TxEndedMeasurands",),
    "TransactionMessageAttempts": ("OCPPCommCtrlr.MessageAttempts[TransactionEvent]",),
    "TransactionMessageRetryInterval": ("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",),
    "UnlockConnectorOnEVSideDisconnect": ("OCPPCommCtrlr.UnlockOnEVSideDisconnect",),
    "WebSocketPingInterval": ("OCPPCommCtrlr.WebSocketPingInterval",),
}
"""By each key of OCPP 1.6 what it sets in OCPP 2; the first is the one that is read."""
_TRANSLATED = {key.casefold(): variables for key, variables in OF_OCPP_16.items()}
_KEY = re.compile(
    r"(?P<component>[^\[\]#]{1,50}?)(\[(?P<of>[^\[\]]{1,50})\])?(#(?P<evse>\d{1,4})(/(?P<plug>\d{1,3}))?)?"
    r"(\.(?P<variable>[^\[\]#.]{1,50})(\[(?P<instance>[^\[\]]{1,50})\])?)?"
)
_ATTRIBUTE = {"actual": None, "target": "Target", "min": "MinSet", "max": "MaxSet"}
"""Actual is what the standard takes where nothing is said."""

Ask = Callable[[Request, Callable[[Payload], Outcome]], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Named:
    """``variable`` None: the component with all it has."""

    component: Payload
    variable: Payload | None

    @property
    def payload(self) -> Payload:
        return present(component=self.component, variable=self.variable)


def named(key: str) -> Named:
    """Raises UnsayableError where the key is none of OCPP 2."""
    read = _KEY.fullmatch(key.strip())
    if read is None:
        raise UnsayableError(
            f"{key[:50]}: no variable of OCPP 2; write Component[instance]#evse/plug.Variable[instance]"
        )
    evse = None if read["evse"] is None else present(id=int(read["evse"]), connectorId=_int(read["plug"]))
    component = present(name=read["component"], instance=read["of"], evse=evse)
    variable = None if read["variable"] is None else present(name=read["variable"], instance=read["instance"])
    return Named(component, variable)


def variables_of(key: str) -> tuple[Named, ...]:
    """What a configuration's key names, the one that is read first. Raises UnsayableError."""
    found = tuple(named(each) for each in _TRANSLATED.get(key.strip().casefold(), (key,)))
    if any(each.variable is None for each in found):
        raise UnsayableError(
            f"{key[:50]}: no variable of OCPP 2, nor a key of OCPP 1.6 that is one; write Component.Variable"
        )
    return found


async def read(ask: Ask, command: commands.ReadConfiguration) -> Outcome:
    """In as many calls as the station wants; what it does not know is told as such."""
    asked: dict[str, Named] = {}
    unknown: list[str] = []
    for key in command.keys:
        try:
            asked[key] = variables_of(key)[0]
        except UnsayableError:
            unknown.append(key)
    attribute = _ATTRIBUTE[command.attribute]
    room = await room_of(ask, "DeviceDataCtrlr", "GetVariables") if len(asked) > 1 else Room()
    known: dict[str, Any] = {}
    for part in cut(list(asked.items()), room, lambda each: each[1].payload):
        outcome = await _get(ask, part, attribute) if part else Outcome(Result.ACCEPTED)
        if outcome.result is not Result.ACCEPTED:
            return outcome
        known |= outcome.data.get("configuration", {})
        unknown += outcome.data.get("unknown_keys", [])
    return Outcome(Result.ACCEPTED, data={"configuration": known, "unknown_keys": unknown})


async def change(ask: Ask, command: commands.ChangeConfiguration) -> Outcome:
    """What more than one variable stands for is judged by the first; that the others did not follow is told."""
    try:
        first, *others = variables_of(command.key)
    except UnsayableError as cause:
        return cause.outcome
    attribute = _ATTRIBUTE[command.attribute]
    outcome = await set_one(ask, first, command.value, attribute)
    if outcome.result not in {Result.ACCEPTED, Result.REBOOT_REQUIRED}:
        return outcome
    for other in others:
        followed = await set_one(ask, other, command.value, attribute)
        if followed.result is Result.REBOOT_REQUIRED:
            outcome = Outcome(followed.result, outcome.detail)
        elif followed.result is not Result.ACCEPTED:
            word = f"{other.payload['variable']['name']}: {followed.detail or followed.result}"
            outcome = Outcome(outcome.result, "; ".join(filter(None, (outcome.detail, word))))
    return outcome


async def set_one(ask: Ask, variable: Named, value: str, attribute: str | None = None) -> Outcome:
    item = present(attributeType=attribute, attributeValue=value, **variable.payload)
    return await ask(Request("SetVariables", {"setVariableData": [item]}), _set)


async def room_of(ask: Ask, component: str, instance: str | None = None) -> Room:
    """What the station takes in one message of the kind; it is asked for one thing at a time, which fits everywhere."""
    told: list[int | None] = []
    of = f"[{instance}]" if instance else ""
    for variable in ("ItemsPerMessage", "BytesPerMessage"):
        key = f"{component}.{variable}{of}"
        outcome = await _get(ask, [(key, named(key))], None)
        entry = outcome.data.get("configuration", {}).get(key, {})
        told.append(number_of(entry.get("value")))
    return Room(items=told[0], size_bytes=told[1])


async def _get(ask: Ask, asked: Sequence[tuple[str, Named]], attribute: str | None) -> Outcome:
    items = [present(attributeType=attribute, **each.payload) for _, each in asked]
    return await ask(Request("GetVariables", {"getVariableData": items}), lambda answer: _entries(asked, answer))


def _entries(asked: Sequence[tuple[str, Named]], answer: Payload) -> Outcome:
    """By the keys that were asked for. Stations answer in their own order, and write names in their own case."""
    results = objects_of(answer, "getVariableResult")
    if not results:
        return Outcome(Result.FAILED, "the answer holds no variables")
    by_name = {_identity(each): each for each in results}
    in_order = results if len(results) == len(asked) else []
    known: dict[str, Any] = {}
    unknown: list[str] = []
    for place, (key, variable) in enumerate(asked):
        result = by_name.get(_identity(variable.payload)) or (in_order[place] if in_order else {})
        status = result.get("attributeStatus")
        if status in {"Accepted", "Rejected"}:
            known[key] = {"value": _value(key, status, result), "readonly": None}
        else:
            unknown.append(key)
    return Outcome(Result.ACCEPTED, data={"configuration": known, "unknown_keys": unknown})


def _value(key: str, status: str, result: Payload) -> str | None:
    """None where the station keeps it to itself (it is there, but only to be written)."""
    value, secret = result.get("attributeValue"), key.rpartition(".")[2].casefold() == "basicauthpassword"
    return None if status == "Rejected" or value is None or secret else clean(str(value), VALUE_LIMIT)


def _identity(item: Payload) -> tuple[Any, ...]:
    return tuple(_identities(item))


def _identities(item: Payload) -> Iterator[Any]:
    for part in ("component", "variable"):
        told = item.get(part)
        told = told if isinstance(told, dict) else {}
        yield str(told.get("name", "")).casefold()
        yield str(told.get("instance") or "").casefold()
        evse = told.get("evse")
        yield (evse.get("id"), evse.get("connectorId")) if isinstance(evse, dict) else None


def _set(answer: Payload) -> Outcome:
    results = objects_of(answer, "setVariableResult")
    if not results:
        return Outcome(Result.FAILED, "the answer holds no variables")
    return judged(results[0].get("attributeStatus"), results[0].get("attributeStatusInfo"))


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)
