"""A node's signs of life: without them its sockets count as gone, so that nothing waits for a node that died."""

import asyncio
import contextlib
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from csms.ports import KnownStation, NotRegisteredError, OpenConnection
from csms.registry import Registry

log = structlog.get_logger()

TOLD_EVERY_S = 3.0
"""A fifth of what a node may be silent (models/rules/command.py): a slow moment of the database costs nothing."""


class Records(Protocol):
    async def node_lives(self, node: str) -> bool: ...

    async def still_connected(self, known: KnownStation, connection: OpenConnection) -> None: ...


async def tell_life(records: Records, node: str, registry: Registry, stop: asyncio.Event) -> None:
    """Until ``stop``. A node that was silent for too long tells of its sockets anew, as others have swept them up."""
    owed = False
    while not stop.is_set():
        try:
            owed = not await records.node_lives(node) or owed
            if owed:
                log.warning("node_had_counted_as_gone", sockets=len(registry))
                await _tell_sockets(records, registry)
                owed = False
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("sign_of_life_not_given", reason=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TOLD_EVERY_S)


async def _tell_sockets(records: Records, registry: Registry) -> None:
    for session in registry.sessions():
        if registry.get(session.station.asset_id) is session:
            with contextlib.suppress(NotRegisteredError):
                await records.still_connected(session.station, session.opened)
