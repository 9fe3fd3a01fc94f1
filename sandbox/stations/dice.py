"""Chance, the same each time under the same seed."""

import random


class Dice:
    """One stream per purpose, so that what one thing draws changes nothing for another.

    Message ids and transaction ids are no part of it: they are new each time, as the standard wants them.
    """

    def __init__(self, seed: int | None, identity: str) -> None:
        self._seed = seed
        self._identity = identity
        self._streams: dict[str, random.Random] = {}

    def of(self, purpose: str) -> random.Random:
        if purpose not in self._streams:
            given = None if self._seed is None else f"{self._seed}/{self._identity}/{purpose}"
            self._streams[purpose] = random.Random(given)
        return self._streams[purpose]
