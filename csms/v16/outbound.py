"""Our commands as calls of OCPP 1.6 ed.2 §5, and the stations' answers as outcomes."""

from collections.abc import Callable
from typing import Any

from ocpp.charge_point import remove_nones, serialize_as_dict, snake_to_camel_case
from ocpp.v16 import call, enums
from pydantic import BaseModel

from csms import commands
from csms.commands import ConfigurationEntry, Outcome, Result, StationCall, Trigger
from csms.connection import CallFailedError, NoAnswerError
from csms.frames import Payload
from csms.protocol import MakeCall
from csms.v16.reading import clean

ENTRIES_LIMIT = 500
VALUE_LIMIT = 2_000

AUTHORIZATION_KEY = enums.ConfigurationKey.authorization_key.value

_TRIGGER = {
    Trigger.BOOT: enums.MessageTrigger.boot_notification,
    Trigger.HEARTBEAT: enums.MessageTrigger.heartbeat,
    Trigger.STATUS: enums.MessageTrigger.status_notification,
    Trigger.METER_VALUES: enums.MessageTrigger.meter_values,
    Trigger.FIRMWARE_STATUS: enums.MessageTrigger.firmware_status_notification,
    Trigger.DIAGNOSTICS_STATUS: enums.MessageTrigger.diagnostics_status_notification,
}
_RESET = {"soft": enums.ResetType.soft, "hard": enums.ResetType.hard}
_RESULT = {
    "Accepted": Result.ACCEPTED,
    "Unlocked": Result.ACCEPTED,
    "Rejected": Result.REJECTED,
    "UnlockFailed": Result.REJECTED,
    "RebootRequired": Result.REBOOT_REQUIRED,
    "NotSupported": Result.NOT_SUPPORTED,
    "NotImplemented": Result.NOT_SUPPORTED,
}

# ``Any``: the type of the key is the type of the argument, which a mapping can't say.
_REQUESTS: dict[type[BaseModel], Callable[[Any], Any]] = {
    commands.ReadConfiguration: lambda command: call.GetConfiguration(list(command.keys) or None),
    commands.ChangeConfiguration: lambda command: call.ChangeConfiguration(command.key, command.value),
    commands.SetKey: lambda command: call.ChangeConfiguration(AUTHORIZATION_KEY, command.key.get_secret_value()),
    commands.TriggerMessage: lambda command: call.TriggerMessage(_TRIGGER[command.message], command.connector),
    commands.StartCharging: lambda command: call.RemoteStartTransaction(command.token, command.connector),
    commands.StopCharging: lambda command: call.RemoteStopTransaction(command.transaction),
    commands.Reset: lambda command: call.Reset(_RESET[command.kind]),
    commands.Unlock: lambda command: call.UnlockConnector(command.connector),
}


async def execute(make_call: MakeCall, command: StationCall) -> Outcome:
    """Sends the command and reads the answer. Raises NotSentError only."""
    request = _REQUESTS[type(command)](command)
    payload: Payload = snake_to_camel_case(remove_nones(serialize_as_dict(request)))
    try:
        answer = await make_call(type(request).__name__, payload)
    except CallFailedError as failure:
        return Outcome(_RESULT.get(failure.code, Result.FAILED), str(failure))
    except NoAnswerError as silence:
        return Outcome(Result.NO_ANSWER, str(silence))
    return _configuration(answer) if isinstance(command, commands.ReadConfiguration) else _outcome(answer)


def _outcome(answer: Payload) -> Outcome:
    status = answer.get("status")
    result = _RESULT.get(status) if isinstance(status, str) else None
    if result is None:
        return Outcome(Result.FAILED, f"the answer's status is {clean(str(status), 50)}, which is none")
    return Outcome(result, status if status in {"UnlockFailed", "NotImplemented"} else "")


def _configuration(answer: Payload) -> Outcome:
    """Read tolerantly: values longer than the standard's 500 characters are common."""
    listed, unknown = answer.get("configurationKey"), answer.get("unknownKey")
    entries = [_entry(item) for item in _list(listed) if isinstance(item, dict) and isinstance(item.get("key"), str)]
    return Outcome(
        Result.ACCEPTED,
        configuration=tuple(entries),
        unknown_keys=tuple(clean(key, 50) for key in _list(unknown) if isinstance(key, str)),
    )


def _entry(item: dict[str, Any]) -> ConfigurationEntry:
    key, value = clean(item["key"], 50), item.get("value")
    secret = key.lower() == AUTHORIZATION_KEY.lower()
    return ConfigurationEntry(
        key, None if value is None or secret else clean(str(value), VALUE_LIMIT), item.get("readonly") is True
    )


def _list(value: Any) -> list[Any]:
    return value[:ENTRIES_LIMIT] if isinstance(value, list) else []
