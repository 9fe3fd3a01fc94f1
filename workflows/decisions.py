"""A person's decision goes to its process as an Update (rule 2), and every answer of Temporal gets its name."""

import time
from datetime import timedelta

from prometheus_client import Counter, Histogram
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from models import tracing
from models.errors import BusinessError, NotFound, ProcessEnded, ProcessNotReady
from models.messages.base import Decision
from models.store import processes
from models.usecases.work import Desk

DECISIONS = Counter("stationmaster_decisions_total", "Decisions put to processes", ["name", "outcome"])
DECIDING = Histogram("stationmaster_decision_seconds", "From putting a decision to its answer", ["name"])

ANSWER_LIMIT = timedelta(seconds=15)
RETRY_AFTER_S = 5
_NOT_TAKEN = {RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.RESOURCE_EXHAUSTED}
_CUT_OFF = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.UNKNOWN,
    RPCStatusCode.INTERNAL,
}
"""Temporal is away, or went away while the answer was waited for: a client can't tell one from the other."""


async def decide(client: Client, desk: Desk, workflow_id: str, name: str, decision: Decision) -> None:
    """Put ``decision`` to the process and wait until it is carried out.

    Raises the business error with which it was refused; ProcessEnded (409); ProcessNotReady (503) while facts are
    still on their way to the process, or Temporal or its workers are away. One that was carried out before is not put
    again: whoever repeats it, because the answer got lost, gets the same answer.
    """
    began_s, outcome = time.perf_counter(), "failed"
    try:
        await _put(client, desk, workflow_id, name, decision)
        outcome = "carried_out"
    except BusinessError as error:
        outcome = error.code
        raise
    finally:
        DECISIONS.labels(name, outcome).inc()
        DECIDING.labels(name).observe(time.perf_counter() - began_s)


async def _put(client: Client, desk: Desk, workflow_id: str, name: str, decision: Decision) -> None:
    if await _was_carried_out(desk, workflow_id, decision):
        return
    traced = decision.model_copy(update={"traceparent": tracing.here()})
    handle = client.get_workflow_handle(workflow_id)
    try:
        await handle.execute_update(name, traced, id=decision.decision_id, rpc_timeout=ANSWER_LIMIT)
    except WorkflowUpdateFailedError as error:
        if await _was_taken(desk, workflow_id, decision):
            # By a run that has continued as new meanwhile: this one knows the decision no more.
            return
        raise refusal(error.cause) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise _no_answer() from error
    except RuntimeError as error:
        # A client that has never reached Temporal knows no better error.
        if not str(error).startswith("Failed client connect"):
            raise
        raise _not_ready() from error
    except RPCError as error:
        named = await _named(error, desk, workflow_id)
        if named is None:
            raise
        raise named from error


def refusal(cause: BaseException | None) -> BusinessError:
    """The business error that a process gave as its reason."""
    while cause is not None and not (isinstance(cause, ApplicationError) and cause.details):
        cause = cause.__cause__
    if isinstance(cause, ApplicationError) and isinstance(cause.details[0], dict):
        return BusinessError.from_details(cause.details[0])
    return _not_ready()


async def _was_carried_out(desk: Desk, workflow_id: str, decision: Decision) -> bool:
    """Whether it is done already. Raises NotFound, ProcessEnded, ProcessNotReady."""
    async with desk.database.transaction() as session:
        process = await processes.find(session, workflow_id)
        if process is None:
            raise NotFound("There is no such process")
        if await processes.was_taken(session, workflow_id, decision.occurrence):
            return True
        if process.ended_at is not None:
            raise ProcessEnded("The process has ended; nothing can be decided about it any more")
        if await processes.has_undelivered(session, workflow_id):
            raise _not_ready()
    return False


async def _was_taken(desk: Desk, workflow_id: str, decision: Decision) -> bool:
    async with desk.database.transaction() as session:
        return await processes.was_taken(session, workflow_id, decision.occurrence)


async def _named(error: RPCError, desk: Desk, workflow_id: str) -> BusinessError | None:
    """What Temporal's own error means to whoever decides; None where it means a fault of ours."""
    if error.status is RPCStatusCode.NOT_FOUND:
        return await _missing(desk, workflow_id)
    if error.status in _NOT_TAKEN:
        return _not_ready()
    return _no_answer() if error.status in _CUT_OFF else None


async def _missing(desk: Desk, workflow_id: str) -> BusinessError:
    async with desk.database.transaction() as session:
        process = await processes.find(session, workflow_id)
    if process is not None and process.ended_at is not None:
        return ProcessEnded("The process has ended; nothing can be decided about it any more")
    return _not_ready()


def _not_ready() -> ProcessNotReady:
    return ProcessNotReady(
        "The process can't take decisions right now; nothing was changed, try again in a few seconds",
        retry_after_s=RETRY_AFTER_S,
    )


def _no_answer() -> ProcessNotReady:
    return ProcessNotReady(
        "No answer came in time, and the decision may still be carried out; look where the process stands before "
        "you decide again, or send the same with the same Idempotency-Key",
        retry_after_s=RETRY_AFTER_S,
    )
