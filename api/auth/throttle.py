"""Guessing passwords is slowed down: by e-mail address and network address together, and by network address alone."""

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.clock import Clock
from models.errors import TooManyAttempts
from models.rules.rates import neighbourhood

FREE_TRIES = 5
FREE_TRIES_BY_ADDRESS = 50
FIRST_WAIT_S = 2
LONGEST_WAIT_S = 900
REMEMBERED = 10_000


@dataclass(slots=True)
class _Tries:
    count: int
    last: datetime


class LoginThrottle:
    """Kept in memory, within bounds, by each process of its own.

    After the free tries each further one has to wait twice as long as the one before. A try counts when it begins, so
    that many at once are no way round.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[Hashable, _Tries] = OrderedDict()

    def begin(self, email: str, address: str) -> None:
        """Count a try. Raises TooManyAttempts with the seconds to wait."""
        address = neighbourhood(address)
        limits = {(email.lower(), address): FREE_TRIES, address: FREE_TRIES_BY_ADDRESS}
        wait_s = max(self._wait_s(name, free) for name, free in limits.items())
        if wait_s > 0:
            raise TooManyAttempts(f"Wait {wait_s} seconds before you try to log in again", retry_after_s=wait_s)
        for name in limits:
            self._count(name)

    def succeeded(self, email: str, address: str) -> None:
        """It was no guess: whoever shares the address, as a whole office does behind one, does not wait for it."""
        address = neighbourhood(address)
        self._tries.pop((email.lower(), address), None)
        if tries := self._tries.get(address):
            tries.count = max(0, tries.count - 1)

    def _wait_s(self, name: Hashable, free: int) -> int:
        tries = self._tries.get(name)
        if tries is None or tries.count < free:
            return 0
        pause_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries.count - free, 16))
        left = tries.last + timedelta(seconds=pause_s) - self._clock()
        return max(0, math.ceil(left.total_seconds()))

    def _count(self, name: Hashable) -> None:
        now = self._clock()
        tries = self._tries.pop(name, None)
        if tries is None or now - tries.last > timedelta(seconds=LONGEST_WAIT_S):
            tries = _Tries(0, now)
        tries.count, tries.last = tries.count + 1, now
        self._tries[name] = tries
        if len(self._tries) > REMEMBERED:
            self._tries.popitem(last=False)
