"""Our commands as calls of OCPP 1.6 ed.2 §5 and of its security extension (whitepaper ed.3 §5)."""

from collections.abc import Callable
from typing import Any

from ocpp.v16 import call, datatypes, enums
from pydantic import BaseModel

from csms.asking import Request, Requests, UnsayableError, word
from csms.frames import Payload
from csms.outcome import Result
from csms.writing import payload_of, present, written, written_or_none
from models.messages import commands
from models.messages.commands import CertificateUse, Purpose, Trigger
from models.rules.vehicle_id import MARKS, VehicleIdKind

AUTHORIZATION_KEY = enums.ConfigurationKey.authorization_key.value
WHOLE_STATION = 0
CAR_MARK = MARKS[VehicleIdKind.MAC_ADDRESS]
ACTIONS = frozenset(
    {
        "CancelReservation",
        "CertificateSigned",
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "ClearChargingProfile",
        "DataTransfer",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetCompositeSchedule",
        "GetConfiguration",
        "GetDiagnostics",
        "GetInstalledCertificateIds",
        "GetLocalListVersion",
        "GetLog",
        "InstallCertificate",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "SignedUpdateFirmware",
        "TriggerMessage",
        "UnlockConnector",
        "UpdateFirmware",
    }
)
"""What stations may be asked."""

_TRIGGER = {
    Trigger.BOOT: enums.MessageTrigger.boot_notification,
    Trigger.HEARTBEAT: enums.MessageTrigger.heartbeat,
    Trigger.STATUS: enums.MessageTrigger.status_notification,
    Trigger.METER_VALUES: enums.MessageTrigger.meter_values,
    Trigger.FIRMWARE_STATUS: enums.MessageTrigger.firmware_status_notification,
    Trigger.DIAGNOSTICS_STATUS: enums.MessageTrigger.diagnostics_status_notification,
    Trigger.LOG_STATUS: enums.MessageTrigger.log_status_notification,
    Trigger.CERTIFICATE_REQUEST: enums.MessageTrigger.sign_charge_point_certificate,
}
_EXTENDED = frozenset({Trigger.LOG_STATUS, Trigger.CERTIFICATE_REQUEST})
"""The plain TriggerMessage does not know these."""
_RESET = {"soft": enums.ResetType.soft, "hard": enums.ResetType.hard}
_PURPOSE = {
    Purpose.STATION: enums.ChargingProfilePurposeType.charge_point_max_profile,
    Purpose.DEFAULT: enums.ChargingProfilePurposeType.tx_default_profile,
    Purpose.TRANSACTION: enums.ChargingProfilePurposeType.tx_profile,
}
_KIND = {
    "absolute": enums.ChargingProfileKindType.absolute,
    "recurring": enums.ChargingProfileKindType.recurring,
    "relative": enums.ChargingProfileKindType.relative,
}
_RECURRENCE = {"daily": enums.RecurrencyKind.daily, "weekly": enums.RecurrencyKind.weekly}
_UNIT = {"A": enums.ChargingRateUnitType.amps, "W": enums.ChargingRateUnitType.watts}
_VERDICT = {
    "accepted": enums.AuthorizationStatus.accepted.value,
    "blocked": enums.AuthorizationStatus.blocked.value,
    "expired": enums.AuthorizationStatus.expired.value,
    "invalid": enums.AuthorizationStatus.invalid.value,
}
_USE = {
    CertificateUse.CENTRAL_SYSTEM: enums.CertificateUse.central_system_root_certificate,
    CertificateUse.MANUFACTURER: enums.CertificateUse.manufacturer_root_certificate,
}
_LOG = {"diagnostics_log": enums.Log.diagnostics_log, "security_log": enums.Log.security_log}


def _trigger(command: commands.TriggerMessage) -> Any:
    kind = call.ExtendedTriggerMessage if command.message in _EXTENDED else call.TriggerMessage
    return kind(word(_TRIGGER, command.message), command.connector)


def _start(command: commands.StartCharging) -> Any:
    profile = None if command.profile is None else _profile(command.profile)
    return call.RemoteStartTransaction(command.token, command.connector, profile)


def _profile(profile: commands.ChargingProfile) -> datatypes.ChargingProfile:
    schedule = profile.schedule
    periods = [datatypes.ChargingSchedulePeriod(each.start_s, _limit(each), each.phases) for each in schedule.periods]
    return datatypes.ChargingProfile(
        charging_profile_id=profile.profile,
        stack_level=profile.stack_level,
        charging_profile_purpose=word(_PURPOSE, profile.purpose),
        charging_profile_kind=word(_KIND, profile.kind),
        charging_schedule=datatypes.ChargingSchedule(
            _UNIT[schedule.unit],
            periods,
            schedule.duration_s,
            written_or_none(schedule.starts_at),
            None if schedule.minimum is None else float(schedule.minimum),
        ),
        transaction_id=_transaction(profile.transaction),
        recurrency_kind=None if profile.recurs is None else _RECURRENCE[profile.recurs],
        valid_from=written_or_none(profile.valid_from),
        valid_to=written_or_none(profile.valid_to),
    )


def _limit(period: commands.SchedulePeriod) -> float:
    if period.limit is None:
        raise UnsayableError("limit: OCPP 1.6 wants one for each period", Result.NOT_SENT)
    return float(period.limit)


def _transaction(named: int | str | None) -> int | None:
    if isinstance(named, str):
        raise UnsayableError("transaction: in OCPP 1.6 transactions have our number", Result.NOT_SENT)
    return named


def _clear_profile(command: commands.ClearChargingProfile) -> Any:
    purpose = None if command.purpose is None else word(_PURPOSE, command.purpose)
    return call.ClearChargingProfile(command.profile, command.connector, purpose, command.stack_level)


def _schedule(command: commands.ReadSchedule) -> Any:
    unit = None if command.unit is None else _UNIT[command.unit]
    return call.GetCompositeSchedule(command.connector or WHOLE_STATION, command.duration_s, unit)


def _availability(command: commands.ChangeAvailability) -> Any:
    kind = enums.AvailabilityType.operative if command.available else enums.AvailabilityType.inoperative
    return call.ChangeAvailability(command.connector or WHOLE_STATION, kind)


def _reserve(command: commands.ReserveNow) -> Any:
    connector = command.connector or WHOLE_STATION
    return call.ReserveNow(connector, written(command.until), command.token, command.reservation, command.group)


def _local_list(command: commands.SendLocalList) -> Request:
    """Written without the package's messages, which take a second for ten thousand tokens."""
    kind = enums.UpdateType.full if command.kind == "full" else enums.UpdateType.differential
    listed = [listed_of(each) for each in command.tokens]
    payload = {"listVersion": command.version, "updateType": kind.value, "localAuthorizationList": listed}
    return Request("SendLocalList", payload)


def listed_of(token: commands.ListedToken) -> Payload:
    """A car's MAC address goes as stations of 1.6 show it; a contract id has no mark there."""
    is_bare = token.token_kind is commands.TokenKind.MAC_ADDRESS and not token.token.startswith(CAR_MARK)
    tag = f"{CAR_MARK}{token.token}" if is_bare else token.token
    if token.verdict is None:
        return {"idTag": tag}
    known = present(status=_VERDICT[token.verdict], parentIdTag=token.group, expiryDate=written_or_none(token.until))
    return {"idTag": tag, "idTagInfo": known}


def _firmware(command: commands.UpdateFirmware) -> Any:
    if command.signing_certificate is None or command.signature is None:
        retrieve_at = written(command.retrieve_at)
        return call.UpdateFirmware(command.location, retrieve_at, command.retries, command.retry_every_s)
    firmware = {
        "location": command.location,
        "retrieve_date_time": written(command.retrieve_at),
        "install_date_time": written_or_none(command.install_at),
        "signing_certificate": command.signing_certificate,
        "signature": command.signature,
    }
    return call.SignedUpdateFirmware(command.request, firmware, command.retries, command.retry_every_s)


def _log(command: commands.FetchLog) -> Any:
    since, until = written_or_none(command.since), written_or_none(command.until)
    if command.log == "diagnostics":
        return call.GetDiagnostics(command.location, command.retries, command.retry_every_s, since, until)
    wanted = {"remote_location": command.location, "oldest_timestamp": since, "latest_timestamp": until}
    return call.GetLog(wanted, word(_LOG, command.log), command.request, command.retries, command.retry_every_s)


def _certificates(command: commands.ReadCertificates) -> Any:
    if command.use is None:
        raise UnsayableError("use: OCPP 1.6 wants to know whose; name one", Result.NOT_SENT)
    return call.GetInstalledCertificateIds(word(_USE, command.use))


def _certificate_hash(command: commands.DeleteCertificate) -> Any:
    named = command.certificate
    return call.DeleteCertificate(
        {
            "hash_algorithm": named.algorithm,
            "issuer_name_hash": named.issuer_name_hash,
            "issuer_key_hash": named.issuer_key_hash,
            "serial_number": named.serial,
        }
    )


# ``Any``: the type of the key is the type of the argument, which a mapping can't say.
_MESSAGES: dict[type[BaseModel], Callable[[Any], Any]] = {
    commands.ReadConfiguration: lambda command: call.GetConfiguration(list(command.keys) or None),
    commands.ChangeConfiguration: lambda command: call.ChangeConfiguration(command.key, command.value),
    commands.SetKey: lambda command: call.ChangeConfiguration(AUTHORIZATION_KEY, command.key.get_secret_value()),
    commands.TriggerMessage: _trigger,
    commands.StartCharging: _start,
    commands.StopCharging: lambda command: call.RemoteStopTransaction(_transaction(command.transaction)),
    commands.SetChargingProfile: lambda command: call.SetChargingProfile(
        command.connector or WHOLE_STATION, _profile(command.profile)
    ),
    commands.ClearChargingProfile: _clear_profile,
    commands.ReadSchedule: _schedule,
    commands.ChangeAvailability: _availability,
    commands.ReserveNow: _reserve,
    commands.CancelReservation: lambda command: call.CancelReservation(command.reservation),
    commands.ClearCache: lambda _: call.ClearCache(),
    commands.ReadLocalListVersion: lambda _: call.GetLocalListVersion(),
    commands.UpdateFirmware: _firmware,
    commands.FetchLog: _log,
    commands.ReadCertificates: _certificates,
    commands.InstallCertificate: lambda command: call.InstallCertificate(word(_USE, command.use), command.certificate),
    commands.DeleteCertificate: _certificate_hash,
    commands.GiveCertificate: lambda command: call.CertificateSigned(command.chain),
    commands.TransferData: lambda command: call.DataTransfer(command.vendor, command.message, command.data),
    commands.Reset: lambda command: call.Reset(word(_RESET, command.kind)),
    commands.Unlock: lambda command: call.UnlockConnector(command.connector),
}


def _said(make: Callable[[Any], Any]) -> Callable[[Any], Request]:
    """Written by a message of the ``ocpp`` package, whose type is the action's name."""

    def say(command: commands.StationCall) -> Request:
        message = make(command)
        return Request(type(message).__name__, payload_of(message))

    return say


REQUESTS: Requests = {
    commands.SendLocalList: _local_list,
    **{kind: _said(make) for kind, make in _MESSAGES.items()},
}
