"""A station's clock that is off by months or more: its sessions took place when we heard of them, where we heard of
them at once; nobody knows when the others did.

Everything that such a station tells of a session is kept as it was told, and put right when it is used.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

BELIEVED_BEHIND = timedelta(days=90)
"""What is told later than that was told by a clock that was never set: no station keeps a session back so long."""
BELIEVED_AHEAD = timedelta(days=1)
"""Nothing is told before it happens; a clock may stand in another zone."""
AT_ONCE = timedelta(minutes=1)
"""So late at most an event is told that is told at once."""


def is_believed(at: datetime, heard_at: datetime) -> bool:
    """Whether the event may have taken place at the instant that the station tells."""
    return -BELIEVED_AHEAD <= heard_at - at <= BELIEVED_BEHIND


class Clock(NamedTuple):
    """What a session's station told as its start, when it began in truth, and when we heard that it had."""

    told_at: datetime
    began_at: datetime
    heard_at: datetime

    def right(self, at: datetime) -> datetime:
        """When what the station tells of then took place. Of a clock that was set meanwhile it is as it was told."""
        is_set = abs(at - self.heard_at) < abs(at - self.told_at)
        return at if is_set else at - self.told_at + self.began_at

    def was_told_at_once(self, last_at: datetime, heard_at: datetime) -> bool:
        """Whether a session was told while it took place, by its last event and when we heard that.

        What waits in a queue is heard at one time, however long it lasted; what is told at once lasted as long by the
        station's clock as by ours. One that lasted no longer than that may differ says nothing.
        """
        by_theirs, by_ours = last_at - self.told_at, heard_at - self.heard_at
        return by_theirs > 2 * AT_ONCE and abs(by_theirs - by_ours) <= AT_ONCE
