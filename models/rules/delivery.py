"""How patient we are with an endpoint that does not take its notices (N)."""

from datetime import datetime, timedelta
from enum import StrEnum

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 3600.0
LONGEST_WAIT_ASKED_S = 24 * 3600.0
"""An endpoint that asks for more patience than this is tried all the same."""
DOWN_AFTER_FAILURES = 10
"""In a row: a quarter of an hour of doubling waits. A shorter trouble is nobody's task."""
PAUSED_AFTER = timedelta(days=3)

_DOUBLINGS = 12
"""More would only make numbers too large to reckon with: the longest wait is reached before."""


class EndpointState(StrEnum):
    OK = "ok"
    FAILING = "failing"
    DOWN = "down"
    PAUSED = "paused"
    DISABLED = "disabled"


class PauseReason(StrEnum):
    BY_HAND = "by_hand"
    FAILING = "failing"
    """It has failed for as long as we try."""
    REFUSED = "refused"
    """It is gone (410), or leads where we never call."""


def state_of(*, disabled: bool, paused: bool, failures: int) -> EndpointState:
    """``failures`` are those in a row, up to now."""
    if disabled:
        return EndpointState.DISABLED
    if paused:
        return EndpointState.PAUSED
    if failures >= DOWN_AFTER_FAILURES:
        return EndpointState.DOWN
    return EndpointState.FAILING if failures else EndpointState.OK


def wait_s(failures: int, asked_s: float | None) -> float:
    """Seconds until the next try after so many failures in a row; ``asked_s`` is what the other side asked for."""
    doubled = FIRST_WAIT_S * 2.0 ** min(max(failures, 1) - 1, _DOUBLINGS)
    return max(min(doubled, LONGEST_WAIT_S), min(asked_s or 0.0, LONGEST_WAIT_ASKED_S))


def is_given_time(failing_since: datetime, now: datetime) -> bool:
    """Whether a failing endpoint is still tried; else it pauses itself."""
    return now - failing_since < PAUSED_AFTER
