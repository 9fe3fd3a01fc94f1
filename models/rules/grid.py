"""What a grid operator may tell of one location attempt, and how far that brings it (P7)."""

from enum import StrEnum


class GridEvent(StrEnum):
    """The events of the grid operator's webhook."""

    APPROVED = "approved"
    REJECTED = "rejected"
    PREPARATION_SCHEDULED = "preparation_scheduled"
    CONNECTION_SCHEDULED = "connection_scheduled"
    INSTALLATION_SCHEDULED = "installation_scheduled"
    CONNECTED = "connected"
    CANCELLED = "cancelled"


class AttemptState(StrEnum):
    """Where a location attempt stands with the grid operator."""

    REQUESTING = "requesting"
    REQUESTED = "requested"
    APPROVED = "approved"
    PREPARATION_SCHEDULED = "preparation_scheduled"
    CONNECTION_SCHEDULED = "connection_scheduled"
    INSTALLATION_SCHEDULED = "installation_scheduled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


ROAD = (
    AttemptState.REQUESTING,
    AttemptState.REQUESTED,
    AttemptState.APPROVED,
    AttemptState.PREPARATION_SCHEDULED,
    AttemptState.CONNECTION_SCHEDULED,
    AttemptState.INSTALLATION_SCHEDULED,
)
ENDS = frozenset({AttemptState.REJECTED, AttemptState.CANCELLED})


def furthest(state: AttemptState, event: GridEvent) -> AttemptState:
    """The attempt's state after ``event``; a call that comes twice or late never moves it back.

    ``connected`` moves nothing: it may come before or after the installation is scheduled and is kept as an
    instant of its own.
    """
    if state in ENDS or event is GridEvent.CONNECTED:
        return state
    told = AttemptState(event.value)
    if told in ENDS:
        return told
    return max(state, told, key=ROAD.index)
