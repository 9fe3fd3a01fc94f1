"""The one way in which processes send a command to a station: on the queue of the node that holds its socket."""

from dataclasses import dataclass
from enum import StrEnum

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as NotInTimeError

with workflow.unsafe.imports_passed_through():
    from models.messages.station import CommandOutcome, StationCommand
    from workflows import options


NODE_IS_OLDER = "The station's node does not know this command: it runs an earlier release, and has not sent it."


class Fate(StrEnum):
    """Of a try without an answer: it never reached the station, nobody knows, or it can't be sent at all."""

    NOT_REACHED = "not_reached"
    ANSWER_LOST = "answer_lost"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True)
class Unanswered:
    fate: Fate
    why: str


async def send(node: str, command: StationCommand) -> CommandOutcome | Unanswered:
    """One try, without a second: whoever sends looks the node up anew, and knows whether it may be done twice."""
    try:
        answer: CommandOutcome = await workflow.execute_activity(
            "send_command",
            command,
            result_type=CommandOutcome,
            task_queue=f"csms-{node}",
            start_to_close_timeout=options.COMMAND_LIMIT,
            schedule_to_start_timeout=options.COMMAND_PICKED_UP_WITHIN,
            heartbeat_timeout=options.COMMAND_HEARTBEAT_WITHIN,
            retry_policy=options.COMMAND_RETRY,
            summary=command.kind,
        )
    except ActivityError as error:
        return _unanswered(error)
    return answer


def _unanswered(error: ActivityError) -> Unanswered:
    cause = error.cause
    if isinstance(cause, NotInTimeError) and cause.type is TimeoutType.SCHEDULE_TO_START:
        return Unanswered(Fate.NOT_REACHED, "the station's node does not work")
    if isinstance(cause, ApplicationError) and cause.type == "StationNotHere":
        return Unanswered(Fate.NOT_REACHED, cause.message)
    if isinstance(cause, ApplicationError) and cause.type == "InvalidCommand":
        return Unanswered(Fate.IMPOSSIBLE, cause.message)
    if isinstance(cause, ApplicationError) and cause.type == "UnknownCommand":
        return Unanswered(Fate.IMPOSSIBLE, NODE_IS_OLDER)
    return Unanswered(Fate.ANSWER_LOST, "the station's node was lost before an answer came")
