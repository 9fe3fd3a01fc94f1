"""Commands to stations by OCPP 1.6, and their answers as outcomes."""

from collections.abc import Callable
from typing import Any

from ocpp.v16 import call

from csms.connection import CallFailedError, NoAnswerError
from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.protocol import MakeCall
from csms.reading import clean
from csms.v16.requests import AUTHORIZATION_KEY, request_of
from csms.writing import payload_of
from models.messages import commands
from models.messages.commands import StationCall

ENTRIES_LIMIT = 500
VALUE_LIMIT = 2_000
DATA_LIMIT = 20_000

_RESULT = {
    "Accepted": Result.ACCEPTED,
    "AcceptedCanceled": Result.ACCEPTED,
    "Unlocked": Result.ACCEPTED,
    "Scheduled": Result.SCHEDULED,
    "Rejected": Result.REJECTED,
    "Failed": Result.REJECTED,
    "UnlockFailed": Result.REJECTED,
    "InvalidCertificate": Result.REJECTED,
    "RevokedCertificate": Result.REJECTED,
    "Occupied": Result.OCCUPIED,
    "Faulted": Result.FAULTED,
    "Unavailable": Result.UNAVAILABLE,
    "VersionMismatch": Result.VERSION_MISMATCH,
    "NotFound": Result.NOT_FOUND,
    "Unknown": Result.NOT_FOUND,
    "RebootRequired": Result.REBOOT_REQUIRED,
    "NotSupported": Result.NOT_SUPPORTED,
    "NotImplemented": Result.NOT_SUPPORTED,
    "UnknownVendorId": Result.NOT_SUPPORTED,
    "UnknownMessageId": Result.NOT_SUPPORTED,
}
_SAYS_MORE = frozenset(
    {
        "AcceptedCanceled",
        "Failed",
        "UnlockFailed",
        "InvalidCertificate",
        "RevokedCertificate",
        "NotImplemented",
        "UnknownVendorId",
        "UnknownMessageId",
    }
)
"""Words of the station that tell more than the result that they are taken for."""


async def execute(make_call: MakeCall, command: StationCall) -> Outcome:
    """Sends the command and reads the answer. Raises NotSentError only.

    Of a charging profile that is refused, what the station has instead is read back.
    """
    outcome = await _asked(make_call, command)
    if isinstance(command, commands.SetChargingProfile) and outcome.result is Result.REJECTED:
        unit = command.profile.schedule.unit
        instead = await _asked(make_call, commands.ReadSchedule(connector=command.connector, unit=unit))
        return Outcome(outcome.result, outcome.detail, data=instead.data)
    return outcome


async def _asked(make_call: MakeCall, command: StationCall) -> Outcome:
    request = request_of(command)
    try:
        answer = await make_call(type(request).__name__, payload_of(request))
    except CallFailedError as failure:
        return Outcome(_RESULT.get(failure.code, Result.FAILED), str(failure))
    except NoAnswerError as silence:
        return Outcome(Result.NO_ANSWER, str(silence))
    return _READERS.get(type(request), _outcome)(answer)


def _outcome(answer: Payload) -> Outcome:
    status = answer.get("status")
    result = _RESULT.get(status) if isinstance(status, str) else None
    if result is None:
        return Outcome(Result.FAILED, f"the answer's status is {clean(str(status), 50)}, which is none")
    return Outcome(result, status if status in _SAYS_MORE else "")


def _configuration(answer: Payload) -> Outcome:
    """Read tolerantly: values longer than the standard's 500 characters are common."""
    listed, unknown = answer.get("configurationKey"), answer.get("unknownKey")
    entries = [item for item in _list(listed) if isinstance(item, dict) and isinstance(item.get("key"), str)]
    return Outcome(
        Result.ACCEPTED,
        data={
            "configuration": {clean(item["key"], 50): _entry(item) for item in entries},
            "unknown_keys": [clean(key, 50) for key in _list(unknown) if isinstance(key, str)],
        },
    )


def _entry(item: dict[str, Any]) -> dict[str, Any]:
    """``value`` is None where the station keeps it to itself."""
    value, secret = item.get("value"), item["key"].strip().lower() == AUTHORIZATION_KEY.lower()
    hidden = value is None or secret
    return {"value": None if hidden else clean(str(value), VALUE_LIMIT), "readonly": item.get("readonly") is True}


def _list_version(answer: Payload) -> Outcome:
    """OCPP 1.6 ed.2 §5.10: -1 says that the station keeps no lists."""
    version = answer.get("listVersion")
    if not isinstance(version, int) or isinstance(version, bool) or version < -1:
        return Outcome(Result.FAILED, f"the list version is {clean(str(version), 50)}, which is none")
    return Outcome(Result.NOT_SUPPORTED) if version == -1 else Outcome(Result.ACCEPTED, data={"version": version})


def _confirmed(_: Payload) -> Outcome:
    """An answer without a status: to have answered is to have taken it on."""
    return Outcome(Result.ACCEPTED)


def _diagnostics(answer: Payload) -> Outcome:
    """OCPP 1.6 ed.2 §5.9: without a file name there is nothing to upload."""
    name = answer.get("fileName")
    if not isinstance(name, str) or not name:
        return Outcome(Result.NOT_FOUND, "there is nothing to upload")
    return Outcome(Result.ACCEPTED, data={"file": clean(name)})


def _log(answer: Payload) -> Outcome:
    return _with(_outcome(answer), file=_text(answer, "filename", 255))


def _transferred(answer: Payload) -> Outcome:
    return _with(_outcome(answer), data=_text(answer, "data", DATA_LIMIT))


def _schedule(answer: Payload) -> Outcome:
    schedule = answer.get("chargingSchedule")
    return _with(
        _outcome(answer),
        starts_at=_text(answer, "scheduleStart", 64),
        schedule=schedule if isinstance(schedule, dict) else None,
    )


def _certificates(answer: Payload) -> Outcome:
    listed = answer.get("certificateHashData")
    return _with(_outcome(answer), certificates=[each for each in _list(listed) if isinstance(each, dict)] or None)


def _with(outcome: Outcome, **data: Any) -> Outcome:
    """With what the station told beyond its status."""
    told = {name: value for name, value in data.items() if value is not None}
    return Outcome(outcome.result, outcome.detail, data=told)


def _text(answer: Payload, name: str, limit: int) -> str | None:
    value = answer.get(name)
    return clean(value, limit) if isinstance(value, str) else None


def _list(value: Any) -> list[Any]:
    return value[:ENTRIES_LIMIT] if isinstance(value, list) else []


_READERS: dict[type, Callable[[Payload], Outcome]] = {
    call.GetConfiguration: _configuration,
    call.GetLocalListVersion: _list_version,
    call.UpdateFirmware: _confirmed,
    call.GetDiagnostics: _diagnostics,
    call.GetLog: _log,
    call.DataTransfer: _transferred,
    call.GetCompositeSchedule: _schedule,
    call.GetInstalledCertificateIds: _certificates,
}
