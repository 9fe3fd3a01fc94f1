"""Waiting for what others bring about, never longer than a limit."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

LIMIT_S = 180.0
"""A worker that was killed in the middle of a report costs two minutes."""
_LOOK_EVERY_S = 0.1

Found = TypeVar("Found")


class DemoFailed(RuntimeError):  # noqa: N818 - named as the fact
    """The road could not be played to its end; the message is for whoever runs the demo."""


async def until(what: str, ask: Callable[[], Awaitable[Found | None]], limit_s: float = LIMIT_S) -> Found:
    """Asks until there is something, and gives it. Raises DemoFailed."""
    deadline = time.monotonic() + limit_s
    while not (found := await ask()):
        if time.monotonic() > deadline:
            raise DemoFailed(f"Waited {limit_s:.0f} s in vain for this: {what}.")
        await asyncio.sleep(_LOOK_EVERY_S)
    return found
