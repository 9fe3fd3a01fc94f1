"""How long a station that refused, or did not answer, is left alone before it is asked again."""

from datetime import timedelta

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(days=1)
TRIES_BEFORE_TASK = 3
"""So often a station may refuse before an engineer is asked to look."""
_DOUBLINGS = 12


def wait_after(tries: int) -> timedelta:
    """Twice as long each time: a minute after the first try, a day at most."""
    doublings = min(tries - 1, _DOUBLINGS)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
