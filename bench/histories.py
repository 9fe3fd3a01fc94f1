"""What the histories of Temporal tell: actions as they are billed, and how soon a process hears of its facts."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

E = EventType
ACTIONS = {
    E.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: "starts",
    E.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signals",
    E.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "updates",
    E.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activities",
    E.EVENT_TYPE_MARKER_RECORDED: "local activities",
    E.EVENT_TYPE_TIMER_STARTED: "timers",
}
_HEARD = frozenset({E.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, E.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED})
_LOCAL = "core_local_activity"


async def events(client: Client, workflow_id: str) -> AsyncIterator[HistoryEvent]:
    """Of the newest run."""
    async for event in client.get_workflow_handle(workflow_id).fetch_history_events():
        yield event


async def counted(client: Client, workflow_ids: Iterable[str]) -> Counter[str]:
    """Actions by kind over all these workflows, and ``events``. A retried activity counts again for each try."""
    found: Counter[str] = Counter()
    for workflow_id in workflow_ids:
        async for event in events(client, workflow_id):
            found["events"] += 1
            kind = ACTIONS.get(event.event_type)
            if kind is not None and _is_action(event):
                found[kind] += 1
            if event.event_type == E.EVENT_TYPE_ACTIVITY_TASK_STARTED:
                found["activities"] += event.activity_task_started_event_attributes.attempt - 1
    return found


def _is_action(event: HistoryEvent) -> bool:
    """A marker may also stand for a patch, which costs nothing."""
    is_marker = event.event_type == E.EVENT_TYPE_MARKER_RECORDED
    return not is_marker or event.marker_recorded_event_attributes.marker_name == _LOCAL


async def heard_at(client: Client, workflow_id: str) -> list[float]:
    """When the process itself was told of each of its facts, in their order (Unix time, in s): its start is the first.

    That is when its next workflow task began, not when Temporal took the fact.
    """
    waiting, heard = 0, []
    async for event in events(client, workflow_id):
        if event.event_type in _HEARD:
            waiting += 1
        elif event.event_type == E.EVENT_TYPE_WORKFLOW_TASK_STARTED:
            heard += [_instant(event.event_time)] * waiting
            waiting = 0
    return heard


def _instant(at: Timestamp) -> float:
    return at.ToDatetime(UTC).timestamp()
