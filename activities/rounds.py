"""What every worker does again and again beside its processes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()


async def go_round(stop: asyncio.Event, every_s: float, *errands: Callable[[], Awaitable[object]]) -> None:
    """Each errand, one after the other, until told to stop.

    What fails is put off to the next round: it keeps no other errand from being done, and ends no worker.
    """
    while not stop.is_set():
        for errand in errands:
            await _tried(errand)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_s)


async def _tried(errand: Callable[[], Awaitable[object]]) -> None:
    try:
        await errand()
    except (SQLAlchemyError, OSError) as error:
        # The database is away.
        log.warning("errand_put_off", errand=_name(errand), reason=type(error).__name__)
    except Exception:
        log.exception("errand_failed", errand=_name(errand))


def _name(errand: Callable[[], Awaitable[object]]) -> str:
    return getattr(errand, "__qualname__", None) or repr(errand)
