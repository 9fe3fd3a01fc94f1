"""How fast one station may send: a token bucket."""

import time
from collections.abc import Callable


class Throttle:
    """Lets ``burst`` messages through at once and ``per_s`` a second in the long run."""

    def __init__(self, per_s: float, burst: int, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._monotonic_s = monotonic_s
        self._tokens = float(burst)
        self._seen_s = monotonic_s()

    def delay_s(self) -> float:
        """Takes one message's share; returns the seconds it has to wait."""
        now_s = self._monotonic_s()
        self._tokens = min(self._burst, self._tokens + (now_s - self._seen_s) * self._per_s)
        self._seen_s = now_s
        self._tokens -= 1
        return max(0.0, -self._tokens / self._per_s)
