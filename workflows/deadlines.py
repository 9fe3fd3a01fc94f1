"""The house's alarm clock: sleeps until something is due, has people reminded, and passes on what is over (P21)."""

import contextlib

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

with workflow.unsafe.imports_passed_through():
    from activities.deadlines import DeadlineActivities as Activities
    from models.messages.deadline import Outlook
    from workflows import options, search_attributes

WORKFLOW_ID = "deadlines"
"""There is one for the whole house."""


@workflow.defn(name="deadlines")
class DeadlinesWorkflow:
    """Knows nothing: what is due, and who was told of it, stands in the rows."""

    def __init__(self) -> None:
        self._woken = False

    @workflow.run
    async def run(self) -> None:
        workflow.upsert_search_attributes([search_attributes.REFERENCE.value_set(WORKFLOW_ID)])
        while not workflow.info().is_continue_as_new_suggested():
            self._woken = False
            await self.sleep_after(await self.remind_and_escalate())
        workflow.continue_as_new()

    @workflow.signal
    def wake(self) -> None:
        """Somebody has moved a due date."""
        self._woken = True

    async def remind_and_escalate(self) -> Outlook:
        return await workflow.execute_activity_method(
            Activities.remind_and_escalate,
            start_to_close_timeout=options.REMINDING_LIMIT,
            retry_policy=options.STEP_RETRY,
            summary="reminders and escalations",
        )

    async def sleep_after(self, outlook: Outlook) -> None:
        """Until the next instant that is known, but no longer than a while: deadlines are set without ringing."""
        nap = options.DEADLINES_LOOKED_AT_AFTER
        if outlook.next_at is not None:
            nap = min(nap, max(outlook.next_at - workflow.now(), options.DEADLINES_SHORTEST_NAP))
        next_at = "nothing is due" if outlook.next_at is None else f"next at {outlook.next_at:%Y-%m-%d %H:%M} UTC"
        workflow.set_current_details(f"Told of {outlook.told} deadlines in the last round; {next_at}.")
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._woken, timeout=nap, timeout_summary="the next deadline")


async def keep_running(client: Client, task_queue: str) -> None:
    """Start it, where it does not run already. Raises RPCError."""
    await client.start_workflow(
        DeadlinesWorkflow.run,
        id=WORKFLOW_ID,
        task_queue=task_queue,
        static_summary="reminders and escalations",
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )


async def ring(client: Client) -> None:
    """Have it look at once. Where that fails, it looks by itself before long."""
    with contextlib.suppress(RPCError, RuntimeError):
        await client.get_workflow_handle(WORKFLOW_ID).signal(DeadlinesWorkflow.wake, rpc_timeout=options.RING_LIMIT)
