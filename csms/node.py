"""Commands come here from the processes: a Temporal worker on the queue of this node, beside the sockets it holds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from pydantic import ValidationError
from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from activities.steps import beating
from csms.connection import NotSentError
from csms.outcome import Outcome, Result
from csms.registry import Registry
from models.messages.commands import COMMANDS, Command
from models.messages.station import CommandOutcome, OutcomeKind, StationCommand

log = structlog.get_logger()

COMMANDS_AT_ONCE = 200
SHUTDOWN_GRACE = timedelta(seconds=10)
CONNECT_AGAIN_AFTER_S = (1, 2, 5, 10)

_OUTCOMES: dict[Result, OutcomeKind] = {
    Result.ACCEPTED: "accepted",
    Result.SCHEDULED: "scheduled",
    Result.OCCUPIED: "occupied",
    Result.FAULTED: "faulted",
    Result.UNAVAILABLE: "unavailable",
    Result.VERSION_MISMATCH: "version_mismatch",
    Result.NOT_FOUND: "not_found",
    Result.REJECTED: "rejected",
    Result.NOT_SUPPORTED: "not_supported",
    Result.REBOOT_REQUIRED: "reboot_required",
    Result.FAILED: "rejected",
    Result.NOT_READY: "rejected",
    Result.NOT_SENT: "rejected",
    Result.NO_ANSWER: "timed_out",
}


def task_queue(node: str) -> str:
    return f"csms-{node}"


class StationCommands:
    """The activity that processes schedule on the queue of the node that holds the station's socket."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @activity.defn(name="send_command")
    async def send_command(self, request: StationCommand) -> CommandOutcome:
        """Fails with StationNotHere where this node does not hold the socket (look the node up again, then retry), with
        UnknownCommand where it is of an earlier release than whoever asks, with InvalidCommand for wrong arguments.
        """
        command = _parse(request)
        session = self._registry.get(request.asset_id)
        if session is None:
            raise _not_here("the station has no socket on this node")
        with bound_contextvars(correlation_id=request.correlation_id):
            try:
                async with beating():
                    outcome = await session.execute(command)
            except NotSentError as reason:
                raise _not_here(str(reason)) from None
        return _reported(outcome)


def _parse(request: StationCommand) -> Command:
    """Refuses by name what can't be sent from here: of anything else nobody would know whether it was."""
    kind = COMMANDS.get(request.kind)
    if kind is None:
        raise ApplicationError(f"{request.kind[:50]!r}", type="UnknownCommand", non_retryable=True)
    try:
        return kind.model_validate(request.arguments)
    except ValidationError as error:
        wrong = "; ".join(f"{'/'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ApplicationError(f"{request.kind}: {wrong}", type="InvalidCommand", non_retryable=True) from None


def _not_here(reason: str) -> ApplicationError:
    return ApplicationError(reason, type="StationNotHere", category=ApplicationErrorCategory.BENIGN)


def _reported(outcome: Outcome) -> CommandOutcome:
    return CommandOutcome(outcome=_OUTCOMES[outcome.result], data=dict(outcome.data), detail=outcome.detail)


async def take_commands(
    connect: Callable[[], Awaitable[Client]], node: str, registry: Registry, stop: asyncio.Event
) -> None:
    """Serves the node's queue until ``stop``. Stations are served meanwhile, also while Temporal is not there."""
    attempt = 0
    while not stop.is_set():
        try:
            client = await connect()
            log.info("commands_taken", task_queue=task_queue(node))
            attempt = 0
            await _work(client, node, registry, stop)
        except (RPCError, RuntimeError, OSError, TimeoutError) as error:
            delay_s = CONNECT_AGAIN_AFTER_S[min(attempt, len(CONNECT_AGAIN_AFTER_S) - 1)]
            attempt += 1
            log.warning("temporal_not_reached", reason=str(error)[:200], next_try_in_s=delay_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await stop.wait()


async def _work(client: Client, node: str, registry: Registry, stop: asyncio.Event) -> None:
    worker = Worker(
        client,
        task_queue=task_queue(node),
        activities=[StationCommands(registry).send_command],
        max_concurrent_activities=COMMANDS_AT_ONCE,
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=SHUTDOWN_GRACE,
    )
    async with worker:
        await stop.wait()
