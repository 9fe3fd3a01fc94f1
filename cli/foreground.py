"""Work in the foreground of a terminal: until it is done, or until somebody ends it."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def in_foreground(work: Coroutine[Any, Any, Result], say: Callable[[str], None]) -> Result | None:
    """What the work gives; None where SIGINT, SIGTERM or SIGHUP came first: then it is cancelled, and ends in order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not running.done():
        say("Ending ...")
        running.cancel()
        await asyncio.wait({running})
    return None if running.cancelled() else running.result()
