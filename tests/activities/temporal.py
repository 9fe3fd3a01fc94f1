"""Stands where Temporal's client stands: remembers what reached which workflow, and can be away."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from models.messages.base import Fact, Subject


class FakeTemporal:
    def __init__(self) -> None:
        self.started: dict[str, Subject] = {}
        self.heard: defaultdict[str, list[int]] = defaultdict(list)
        self.refuses: Callable[[str], RPCStatusCode | None] = lambda _workflow_id: None

    def go_away(self) -> None:
        self.refuses = lambda _workflow_id: RPCStatusCode.UNAVAILABLE

    def come_back(self) -> None:
        self.refuses = lambda _workflow_id: None

    async def start_workflow(self, kind: str, subject: Subject, *, id: str, **_how: Any) -> None:  # noqa: A002 - Temporal's
        await self._reached(id)
        if id in self.started:
            raise WorkflowAlreadyStartedError(id, kind)
        self.started[id] = subject

    def get_workflow_handle(self, workflow_id: str) -> "FakeHandle":
        return FakeHandle(self, workflow_id)

    async def hear(self, workflow_id: str, fact: Fact) -> None:
        await self._reached(workflow_id)
        self.heard[workflow_id].append(fact.number)

    async def _reached(self, workflow_id: str) -> None:
        # Others get their turn here, as they do while a real call is on its way.
        await asyncio.sleep(0.001)
        status = self.refuses(workflow_id)
        if status is not None:
            raise RPCError(status.name.lower(), status, b"")


class FakeHandle:
    def __init__(self, temporal: FakeTemporal, workflow_id: str) -> None:
        self._temporal = temporal
        self._workflow_id = workflow_id

    async def signal(self, name: str, fact: Fact, **_how: Any) -> None:
        assert name == "fact"
        await self._temporal.hear(self._workflow_id, fact)
