"""How fast one station may send, and how often one address may guess: token buckets."""

import time
from collections import OrderedDict
from collections.abc import Callable

from models.rules.rates import neighbourhood

SHARE = 4096
"""Characters that weigh as much as a message: reading and checking a large one keeps other stations waiting."""

GUESSES_AT_ONCE = 30
GUESSES_PER_S = 0.2
ADDRESSES_REMEMBERED = 20_000


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
        self._fill()
        self._tokens -= 1 + size / SHARE
        return max(0.0, -self._tokens / self._per_s)

    def is_empty(self) -> bool:
        """Whether one more would have to wait; it takes nothing."""
        self._fill()
        return self._tokens < 1

    def _fill(self) -> None:
        now_s = self._monotonic_s()
        self._tokens = min(self._burst, self._tokens + (now_s - self._seen_s) * self._per_s)
        self._seen_s = now_s


class Guesses:
    """Handshakes that were refused, by address. A station that we know already is not slowed by its neighbours'."""

    def __init__(self, at_once: int = GUESSES_AT_ONCE, per_s: float = GUESSES_PER_S) -> None:
        self._at_once, self._per_s = at_once, per_s
        self._by_address: OrderedDict[str, Throttle] = OrderedDict()

    def are_too_many(self, address: str) -> bool:
        throttle = self._by_address.get(neighbourhood(address))
        return throttle is not None and throttle.is_empty()

    def count(self, address: str) -> None:
        address = neighbourhood(address)
        throttle = self._by_address.get(address)
        if throttle is None:
            self._by_address[address] = throttle = Throttle(self._per_s, self._at_once)
            if len(self._by_address) > ADDRESSES_REMEMBERED:
                self._by_address.popitem(last=False)
        self._by_address.move_to_end(address)
        if not throttle.is_empty():
            throttle.delay_s()
