"""Traces through Temporal: from whoever starts a process, through its steps, to what each step causes."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.trace import SpanKind
from temporalio import activity
from temporalio.client import Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from models import tracing
from models.messages.base import Decision, Fact, Step


def interceptors() -> Sequence[Interceptor]:
    """What a client, and each worker that has it, needs for traces; nothing where this process exports none."""
    return [Tracing()] if tracing.is_on() else []


class Tracing(TracingInterceptor):
    """The SDK's own, but for one thing: a step that a fact or a decision caused belongs to the trace of that.

    So it is with the correlation id too. The process's own trace, which is that of the request by which it began, holds
    the order of the step, and the step is linked to it.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        return _TracedActivities(next, self)

    def place_of(self, given: ExecuteActivityInput) -> str | None:
        """Where the process ordered the activity, as its traceparent."""
        context = self._context_from_headers(given.headers)
        if context is None:
            return None
        carrier: dict[str, str] = {}
        self.text_map_propagator.inject(carrier, context)
        return carrier.get("traceparent")


class _TracedActivities(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, root: Tracing) -> None:
        super().__init__(following)
        self._root = root

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        ordered = self._root.place_of(input)
        caused = next((each.traceparent for each in input.args if isinstance(each, Decision | Fact | Step)), None)
        correlation = next((found for each in input.args if (found := getattr(each, "correlation_id", None))), None)
        with tracing.span(
            f"RunActivity:{info.activity_type}",
            SpanKind.SERVER,
            {
                "temporalWorkflowID": info.workflow_id,
                "temporalRunID": info.workflow_run_id,
                "temporalActivityID": info.activity_id,
                tracing.CORRELATION: correlation,
            },
            parent=caused or ordered,
            links=[ordered] if caused else [],
        ):
            return await super().execute_activity(input)
