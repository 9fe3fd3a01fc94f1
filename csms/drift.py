"""How far stations' clocks are from ours, told from the times in what they send."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from csms.events import Irregularity
from csms.reading import UNREADABLE_TIME

FRESH_S = 600.0
"""For so long the best of what was seen holds; then the clock may have been set anew."""
REMEMBERED = 100_000


class Drifts:
    """A message is never older than its time says by our clock and its own together: whatever was on its way, or in
    a queue, for longer makes a clock look slower than it is. So the least slow of a while is nearest to the truth.
    """

    def __init__(self) -> None:
        self._best: dict[UUID, tuple[float, datetime]] = {}

    def told(
        self, asset_id: UUID, times: Iterable[datetime], found: Sequence[Irregularity], now: datetime
    ) -> float | None:
        """The drift in s, above zero where the station's clock is ahead; None where nothing new is known of it."""
        latest = max(times, default=None)
        if latest is None or (found and any(each.fact == UNREADABLE_TIME for each in found)):
            return None
        drift_s = (latest - now).total_seconds()
        best = self._best.get(asset_id)
        if best is not None and drift_s <= best[0] and (now - best[1]).total_seconds() < FRESH_S:
            return None
        if len(self._best) >= REMEMBERED:
            self._best.pop(next(iter(self._best)))
        self._best[asset_id] = (drift_s, now)
        return drift_s
