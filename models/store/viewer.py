"""Whose eyes a query reads with: the organisation filter that every partner's query goes through."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from models.rules.access import Reach


@dataclass(frozen=True)
class Viewer:
    reach: Reach
    organisation_id: UUID | None

    def sees(self, *owners: Mapped[Any]) -> sa.ColumnElement[bool]:
        """True for rows of which one of the ``owners`` is the viewer's organisation, or for all where it sees all."""
        if self.reach is Reach.ALL:
            return sa.true()
        return sa.or_(*(owner == self.organisation_id for owner in owners))


def anybody(reach: Reach) -> Viewer:
    """For a statement that is made once: whose eyes it reads with comes as ``organisation_id`` when it is executed."""
    return Viewer(reach, sa.bindparam("organisation_id", type_=sa.Uuid))  # type: ignore[arg-type]


EVERYTHING = Viewer(Reach.ALL, None)
"""The processes themselves see every row."""
