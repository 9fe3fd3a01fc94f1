"""What is undone when a placement is withdrawn or cancelled, in which order, and who has to be waited for (P20)."""

from enum import StrEnum

from models.rules.grid import ENDS, AttemptState

RETURN_HARDWARE_DAYS = 10
"""Working days in which a unit should be back in the warehouse."""


class Ending(StrEnum):
    """As what a placement ends once everything is undone."""

    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class Undo(StrEnum):
    """One compensation each; they are taken in this order.

    The crew is stopped first: the grid operator and the warehouse may take days.
    """

    CANCEL_WORK_ORDER = "cancel_work_order"
    DEREGISTER_STATION = "deregister_station"
    UNLINK_HARDWARE = "unlink_hardware"
    FIND_CONNECTION_REQUEST = "find_connection_request"
    CANCEL_CONNECTION_REQUEST = "cancel_connection_request"
    RETURN_HARDWARE = "return_hardware"


AT_GRID_OPERATOR = frozenset({Undo.FIND_CONNECTION_REQUEST, Undo.CANCEL_CONNECTION_REQUEST})


def waits_for(what: Undo) -> str:
    """Who has to do something before it is undone."""
    if what in AT_GRID_OPERATOR:
        return "grid operator"
    return "warehouse" if what is Undo.RETURN_HARDWARE else "stationmaster"


def of_attempt(state: AttemptState, *, asked: bool, taken: bool, refused: bool) -> Undo | None:
    """What is left to undo of a location attempt at the grid operator.

    ``asked``: the connection request was sent, or is on its way; ``taken``: its id there is known; ``refused``: the
    grid operator does not let it be cancelled, so a person has to see to it.
    """
    if state in ENDS or refused:
        return None
    if taken:
        return Undo.CANCEL_CONNECTION_REQUEST
    return Undo.FIND_CONNECTION_REQUEST if asked else None
