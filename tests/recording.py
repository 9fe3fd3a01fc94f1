"""Stands where the relay stands, and remembers what was handed to it."""

from collections.abc import Iterable


class RecordingRelay:
    def __init__(self) -> None:
        self.delivered: list[str] = []

    async def deliver(self, workflow_ids: Iterable[str]) -> None:
        self.delivered += sorted(workflow_ids)
