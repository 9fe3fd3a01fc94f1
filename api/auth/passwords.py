"""Passwords and factory keys are hashed with argon2, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.errors import Overloaded

THREADS = 2
WAITING_LIMIT = 64

_PASSWORDS = PasswordHasher()
_FACTORY_KEYS = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
"""Factory keys have at least 16 characters, open one connection and are closed after it; a supplier's list has hundreds
of them and is answered at once. So theirs need not be slow."""

_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$8kpqHdf/lSYpRO1r3i4egQ$+imjJ+0wrFGt9KITjTBP+TXBf1WAhexQP3KyXmFab18"
"""Verified where there is no such user, so that an answer takes as long as for one there is."""

P = ParamSpec("P")
T = TypeVar("T")


class Hashing:
    """Two threads, and a bound on who waits for them: guessing can't take the whole process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def password(self, password: str) -> str:
        return await self._run(_PASSWORDS.hash, password)

    async def factory_keys(self, keys: list[str]) -> list[str]:
        return await self._run(lambda: [_FACTORY_KEYS.hash(key) for key in keys])

    async def is_right(self, known: str | None, password: str) -> bool:
        """Whether the password is the known one; takes its time where none is known too."""
        matches = await self._run(_matches, known or _NOBODY, password)
        return matches and known is not None

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._waiting >= WAITING_LIMIT:
            raise Overloaded("Too many people log in at this moment; try again in a few seconds", retry_after_s=5)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))
        finally:
            self._waiting -= 1


def _matches(known: str, password: str) -> bool:
    try:
        return _PASSWORDS.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False
