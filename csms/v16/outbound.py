"""Commands to stations by OCPP 1.6, and their answers as outcomes."""

from typing import Any

from csms import charging_profiles, local_list, settings
from csms.answers import confirmed, list_of, log, objects_of, outcome_of, text_of, transferred, with_data
from csms.asking import ReadAnswer, Wording
from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.parts import Room
from csms.protocol import MakeCall
from csms.reading import clean, number_of
from csms.v16.requests import ACTIONS, AUTHORIZATION_KEY, REQUESTS, listed_of
from models.messages import commands
from models.messages.commands import StationCall

VALUE_LIMIT = 2_000
AT_ONCE, IN_ALL = "SendLocalListMaxLength", "LocalAuthListMaxLength"


async def execute(make_call: MakeCall, command: StationCall) -> Outcome:
    """Sends the command and reads the answer. Raises NotSentError only."""

    async def ask(each: StationCall) -> Outcome:
        return await WORDING.ask(make_call, each)

    async def room() -> Room:
        return _room(await ask(commands.ReadConfiguration(keys=(AT_ONCE, IN_ALL))))

    match command:
        case commands.SetChargingProfile():
            return await charging_profiles.set_profile(command, ask)
        case commands.ChangeConfiguration():
            return await settings.change(command, ask, ask)
        case commands.SendLocalList():
            return await local_list.send(command, room, ask, listed_of)
        case _:
            return await ask(command)


def _room(read: Outcome) -> Room:
    """OCPP 1.6 ed.2 §9.2: how many tokens go in one message, and how many the station holds."""
    known = read.data.get("configuration", {})
    at_once, in_all = (number_of(known.get(key, {}).get("value")) for key in (AT_ONCE, IN_ALL))
    return Room(items=at_once, in_all=in_all)


def _configuration(answer: Payload) -> Outcome:
    """Read tolerantly: values longer than the standard's 500 characters are common."""
    entries = [item for item in objects_of(answer, "configurationKey") if isinstance(item.get("key"), str)]
    return Outcome(
        Result.ACCEPTED,
        data={
            "configuration": {clean(item["key"], 50): _entry(item) for item in entries},
            "unknown_keys": [clean(key, 50) for key in list_of(answer.get("unknownKey")) if isinstance(key, str)],
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


def _diagnostics(answer: Payload) -> Outcome:
    """OCPP 1.6 ed.2 §5.9: without a file name there is nothing to upload."""
    name = answer.get("fileName")
    if not isinstance(name, str) or not name:
        return Outcome(Result.NOT_FOUND, "there is nothing to upload")
    return Outcome(Result.ACCEPTED, data={"file": clean(name)})


def _schedule(answer: Payload) -> Outcome:
    schedule = answer.get("chargingSchedule")
    return with_data(
        outcome_of(answer),
        starts_at=text_of(answer, "scheduleStart", 64),
        schedule=schedule if isinstance(schedule, dict) else None,
    )


def _certificates(answer: Payload) -> Outcome:
    return with_data(outcome_of(answer), certificates=objects_of(answer, "certificateHashData") or None)


READERS: dict[str, ReadAnswer] = {
    "GetConfiguration": _configuration,
    "GetLocalListVersion": _list_version,
    "UpdateFirmware": confirmed,
    "GetDiagnostics": _diagnostics,
    "GetLog": log,
    "DataTransfer": transferred,
    "GetCompositeSchedule": _schedule,
    "GetInstalledCertificateIds": _certificates,
}
WORDING = Wording("1.6", ACTIONS, REQUESTS, READERS)
