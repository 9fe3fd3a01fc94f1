"""Stations' answers by OCPP 2 as outcomes; where the standard lists results, by the first one that is not accepted."""

from typing import Any

from csms.answers import confirmed, judged, list_of, log, objects_of, outcome_of, text_of, transferred, with_data
from csms.asking import ReadAnswer
from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.reading import clean

TRANSACTION_LIMIT = 36


def _started(answer: Payload) -> Outcome:
    """The station names the transaction where the car had been plugged in before."""
    return with_data(outcome_of(answer), transaction=text_of(answer, "transactionId", TRANSACTION_LIMIT))


def _transaction_status(answer: Payload) -> Outcome:
    """Part 2 §E14: whether it goes on is told of a transaction only."""
    ongoing, queued = answer.get("ongoingIndicator"), answer.get("messagesInQueue")
    if not isinstance(queued, bool):
        return Outcome(Result.FAILED, "the answer does not tell whether messages wait")
    return with_data(
        Outcome(Result.ACCEPTED), messages_in_queue=queued, ongoing=ongoing if isinstance(ongoing, bool) else None
    )


def _list_version(answer: Payload) -> Outcome:
    """Part 2 §D02.FR.03: 0 says that there is none."""
    version = answer.get("versionNumber")
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        return Outcome(Result.FAILED, f"the list version is {clean(str(version), 50)}, which is none")
    return Outcome(Result.ACCEPTED, data={"version": version})


def _schedule(answer: Payload) -> Outcome:
    schedule = answer.get("schedule")
    if not isinstance(schedule, dict):
        return outcome_of(answer)
    return with_data(outcome_of(answer), starts_at=text_of(schedule, "scheduleStart", 64), schedule=schedule)


def _certificates(answer: Payload) -> Outcome:
    return with_data(outcome_of(answer), certificates=objects_of(answer, "certificateHashDataChain") or None)


def monitors_set(answer: Payload) -> Outcome:
    return _results(
        objects_of(answer, "setMonitoringResult"), "monitors", ("id", "type", "severity", "component", "variable")
    )


def monitors_cleared(answer: Payload) -> Outcome:
    return _results(objects_of(answer, "clearMonitoringResult"), "monitors", ("id",))


def _tariffs_cleared(answer: Payload) -> Outcome:
    return _results(objects_of(answer, "clearTariffsResult"), "tariffs", ("tariffId",))


def _results(results: list[Payload], name: str, told: tuple[str, ...]) -> Outcome:
    if not results:
        return Outcome(Result.FAILED, "the answer holds no results")
    outcomes = [judged(each.get("status"), each.get("statusInfo")) for each in results]
    listed: list[dict[str, Any]] = [
        {"outcome": outcome.result.value, **{key: each[key] for key in told if key in each}}
        for each, outcome in zip(results, outcomes, strict=True)
    ]
    worst = next((each for each in outcomes if each.result is not Result.ACCEPTED), outcomes[0])
    return with_data(worst, **{name: listed})


def _tariffs(answer: Payload) -> Outcome:
    return with_data(outcome_of(answer), tariffs=objects_of(answer, "tariffAssignments") or None)


def _superseded(answer: Payload) -> Outcome:
    superseded = [clean(each, 36) for each in list_of(answer.get("supersededIds")) if isinstance(each, str)]
    return with_data(outcome_of(answer), superseded=superseded or None)


def _streams(answer: Payload) -> Outcome:
    return Outcome(Result.ACCEPTED, data={"streams": objects_of(answer, "constantStreamData")})


READERS: dict[str, ReadAnswer] = {
    "RequestStartTransaction": _started,
    "GetTransactionStatus": _transaction_status,
    "CostUpdated": confirmed,
    "GetLocalListVersion": _list_version,
    "GetCompositeSchedule": _schedule,
    "GetInstalledCertificateIds": _certificates,
    "GetLog": log,
    "DataTransfer": transferred,
    "SetVariableMonitoring": monitors_set,
    "ClearVariableMonitoring": monitors_cleared,
    "NotifyWebPaymentStarted": confirmed,
    "ClearTariffs": _tariffs_cleared,
    "GetTariffs": _tariffs,
    "SetDERControl": _superseded,
    "GetPeriodicEventStream": _streams,
}
"""By action, also of what only 2.1 has; all others answer with a status."""
