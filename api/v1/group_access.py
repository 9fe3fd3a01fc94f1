"""Who may do what with groups, and the group that a route is about (S6)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from api.auth.access import Access, require
from models.rules.access import Permission
from models.tables.group import DriverGroup
from models.usecases import group
from models.usecases.work import Work

Reading = Annotated[Access, require(Permission.GROUPS_READ)]
Managing = Annotated[Access, require(Permission.GROUPS_MANAGE)]
Appointing = Annotated[Access, require(Permission.GROUPS_APPOINT)]


@asynccontextmanager
async def in_group(access: Access, reference: str) -> AsyncIterator[tuple[Work, DriverGroup]]:
    """Work on a group that the caller sees. Raises NotFound."""
    async with access.work() as work:
        yield work, await group.find(work, reference, access.viewer)
