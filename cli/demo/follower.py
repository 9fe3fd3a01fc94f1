"""Follows a station's states over the API's event stream, as the installer's phone does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from cli.demo.caller import Caller
from cli.demo.waiting import LIMIT_S, DemoFailed

_SILENCE_LIMIT_S = 30.0
_LOOK_AGAIN_S = 0.2

_LEFT_OUT = frozenset({"status", "station_connected", "station_booted"})
"""Connector states, and what the process makes of a connection and a boot that were told already."""

Event = dict[str, Any]


class Follower:
    def __init__(self, caller: Caller, path: str, on_event: Callable[[Event], None]) -> None:
        self.events: list[Event] = []
        self._caller = caller
        self._path = path
        self._on_event = on_event
        self._came = asyncio.Event()

    async def until(self, *kinds: str, test_number: int, limit_s: float = LIMIT_S) -> Event:
        """The first event of one of these kinds in that connection test. Raises DemoFailed."""
        try:
            async with asyncio.timeout(limit_s):
                while (found := self._find(kinds, test_number)) is None:
                    await self._came.wait()
                    self._came.clear()
        except TimeoutError:
            wanted, seen = " or ".join(kinds), ", ".join(event["kind"] for event in self.events) or "nothing"
            raise DemoFailed(f"{self._path} did not tell '{wanted}' within {limit_s:.0f} s, only {seen}.") from None
        return found

    def told(self, test_number: int) -> str:
        """What the station went through in that test, in order."""
        kinds = [event["kind"] for event in self.events if event["test_number"] == test_number]
        return " → ".join(kind.replace("_", " ") for kind in kinds if kind not in _LEFT_OUT)

    def _find(self, kinds: tuple[str, ...], test_number: int) -> Event | None:
        of_test = (event for event in self.events if event["test_number"] == test_number)
        return next((event for event in of_test if event["kind"] in kinds), None)

    async def follow(self) -> None:
        """Until it is cancelled; goes on behind the last event where the stream ends."""
        while True:
            last = {"Last-Event-ID": str(self.events[-1]["id"])} if self.events else {}
            with contextlib.suppress(httpx.HTTPError):
                call = self._caller.http.stream("GET", self._path, headers=last, timeout=_SILENCE_LIMIT_S)
                async with call as stream:
                    stream.raise_for_status()
                    async for line in stream.aiter_lines():
                        self._take(line)
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _take(self, line: str) -> None:
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            self.events.append(event)
            self._came.set()
            self._on_event(event)


@asynccontextmanager
async def following(
    caller: Caller, path: str, on_event: Callable[[Event], None] = lambda _: None
) -> AsyncIterator[Follower]:
    """Follows for as long as the block runs."""
    follower = Follower(caller, path, on_event)
    task = asyncio.create_task(follower.follow())
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
