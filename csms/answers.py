"""A station's answers to our calls as outcomes: the words of all versions, read tolerantly."""

from typing import Any

import orjson

from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.reading import clean

ENTRIES_LIMIT = 500
DATA_LIMIT = 20_000

RESULTS = {
    "Accepted": Result.ACCEPTED,
    "AcceptedCanceled": Result.ACCEPTED,
    "Unlocked": Result.ACCEPTED,
    "Unpublished": Result.ACCEPTED,
    "Scheduled": Result.SCHEDULED,
    "Rejected": Result.REJECTED,
    "Failed": Result.REJECTED,
    "UnlockFailed": Result.REJECTED,
    "InvalidCertificate": Result.REJECTED,
    "RevokedCertificate": Result.REJECTED,
    "Invalid": Result.REJECTED,
    "Duplicate": Result.REJECTED,
    "DuplicateTariffId": Result.REJECTED,
    "TooManyElements": Result.REJECTED,
    "NoCurrencyChange": Result.REJECTED,
    "Occupied": Result.OCCUPIED,
    "OngoingAuthorizedTransaction": Result.OCCUPIED,
    "DownloadOngoing": Result.OCCUPIED,
    "Faulted": Result.FAULTED,
    "Unavailable": Result.UNAVAILABLE,
    "VersionMismatch": Result.VERSION_MISMATCH,
    "NotFound": Result.NOT_FOUND,
    "Unknown": Result.NOT_FOUND,
    "UnknownConnector": Result.NOT_FOUND,
    "UnknownTransaction": Result.NOT_FOUND,
    "TxNotFound": Result.NOT_FOUND,
    "NoTransaction": Result.NOT_FOUND,
    "NoProfile": Result.NOT_FOUND,
    "NoProfiles": Result.NOT_FOUND,
    "NoTariff": Result.NOT_FOUND,
    "NoFirmware": Result.NOT_FOUND,
    "EmptyResultSet": Result.NOT_FOUND,
    "RebootRequired": Result.REBOOT_REQUIRED,
    "NotSupported": Result.NOT_SUPPORTED,
    "NotImplemented": Result.NOT_SUPPORTED,
    "UnknownVendorId": Result.NOT_SUPPORTED,
    "UnknownMessageId": Result.NOT_SUPPORTED,
    "UnknownComponent": Result.NOT_SUPPORTED,
    "UnknownVariable": Result.NOT_SUPPORTED,
    "NotSupportedAttributeType": Result.NOT_SUPPORTED,
    "UnsupportedMonitorType": Result.NOT_SUPPORTED,
    "NotSupportedMessageFormat": Result.NOT_SUPPORTED,
    "NotSupportedPriority": Result.NOT_SUPPORTED,
    "NotSupportedState": Result.NOT_SUPPORTED,
    "LanguageNotSupported": Result.NOT_SUPPORTED,
    "ConditionNotSupported": Result.NOT_SUPPORTED,
}
"""What stations answer, by the standard's word; the codes of a CALLERROR among them."""
_SAYS_NO_MORE = frozenset(
    {
        "Accepted",
        "Unlocked",
        "Unpublished",
        "Scheduled",
        "Rejected",
        "Occupied",
        "Faulted",
        "Unavailable",
        "VersionMismatch",
        "NotFound",
        "Unknown",
        "RebootRequired",
        "NotSupported",
    }
)
"""Words of the station that tell no more than the result that they are taken for."""


def outcome_of(answer: Payload) -> Outcome:
    return judged(answer.get("status"), answer.get("statusInfo"))


def judged(status: Any, info: Any = None) -> Outcome:
    """``info`` is what stations of OCPP 2 say beside it (part 2 §2.46 StatusInfoType)."""
    result = RESULTS.get(status) if isinstance(status, str) else None
    if result is None:
        return Outcome(Result.FAILED, f"the answer's status is {clean(str(status), 50)}, which is none")
    word = None if status in _SAYS_NO_MORE else status
    more = [info.get("reasonCode"), info.get("additionalInfo")] if isinstance(info, dict) else []
    said = [clean(each, 500) for each in (word, *more) if isinstance(each, str) and each.strip()]
    return Outcome(result, ": ".join(said))


def confirmed(_: Payload) -> Outcome:
    """An answer without a status: to have answered is to have taken it on."""
    return Outcome(Result.ACCEPTED)


def with_data(outcome: Outcome, **data: Any) -> Outcome:
    """With what the station told beyond its status."""
    told = {name: value for name, value in data.items() if value is not None}
    return Outcome(outcome.result, outcome.detail, data={**outcome.data, **told})


def text_of(answer: Payload, name: str, limit: int) -> str | None:
    value = answer.get(name)
    return clean(value, limit) if isinstance(value, str) else None


def list_of(value: Any) -> list[Any]:
    return value[:ENTRIES_LIMIT] if isinstance(value, list) else []


def objects_of(answer: Payload, name: str) -> list[Payload]:
    return [each for each in list_of(answer.get(name)) if isinstance(each, dict)]


def log(answer: Payload) -> Outcome:
    return with_data(outcome_of(answer), file=text_of(answer, "filename", 255))


def transferred(answer: Payload) -> Outcome:
    """In OCPP 2 the data may be anything: what is no text is told as JSON."""
    data = answer.get("data")
    told = data if data is None or isinstance(data, str) else orjson.dumps(data).decode()
    return with_data(outcome_of(answer), data=None if told is None else clean(told, DATA_LIMIT))


def as_it_came(answer: Payload) -> Outcome:
    """For a message in the standard's own words: the answer is told in these too, unless it is too long."""
    outcome = outcome_of(answer) if "status" in answer else Outcome(Result.ACCEPTED)
    size = len(orjson.dumps(answer))
    return with_data(outcome, **({"answer": answer} if size <= DATA_LIMIT else {"left_out_bytes": size}))
