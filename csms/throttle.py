"""How fast one station may send: a token bucket."""

import time
from collections.abc import Callable

SHARE = 4096
"""Characters that weigh as much as a message: reading and checking a large one keeps other stations waiting."""


class Throttle:
    """Lets ``burst`` messages through at once and ``per_s`` a second in the long run; a large one counts as several."""

    def __init__(self, per_s: float, burst: int, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._monotonic_s = monotonic_s
        self._tokens = float(burst)
        self._seen_s = monotonic_s()

    def delay_s(self, size: int = 0) -> float:
        """Takes the share of a message of ``size`` characters; returns the seconds it has to wait."""
        now_s = self._monotonic_s()
        self._tokens = min(self._burst, self._tokens + (now_s - self._seen_s) * self._per_s)
        self._seen_s = now_s
        self._tokens -= 1 + size / SHARE
        return max(0.0, -self._tokens / self._per_s)
