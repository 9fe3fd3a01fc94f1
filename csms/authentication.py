"""Who opens a socket: HTTP basic authentication against the hashes of the keys that are open (security profiles 1, 2).

The user is the station's identity, the password its key (OCPP-J 1.6 §6.2). Keys of ours are 20 random bytes, sent to
the station as 40 hexadecimal characters; stations then log in with either form.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from csms.ports import KnownStation, StoredKey

PASSWORD_LIMIT = 128
KEY_BYTES = 20
HASHING_THREADS = 2
REMEMBERED = 20_000
WAITING_LIMIT = 200
WAITING_FOR_ONE_STATION = 4
"""So that whoever guesses at one station keeps no other one waiting."""

# 160 random bits can't be guessed, so hashing them need not be slow, and ten thousand stations may come back at once.
_OWN_KEYS = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_ANY_KEY = PasswordHasher()


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class TooManyWaitingError(Exception):
    """So many stations log in at once that this one should come again later."""


def new_key() -> str:
    """A key of ours, as it is sent to the station."""
    return secrets.token_hex(KEY_BYTES).upper()


def password_of(header: str | None, identity: str) -> bytes | None:
    """The password in an Authorization header; None where there is none, or it is another user's."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        credentials = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    user = identity.encode() + b":"
    password = credentials[len(user) :]
    if not credentials.startswith(user) or not 0 < len(password) <= PASSWORD_LIMIT:
        return None
    return password


def forms_of(password: bytes) -> tuple[bytes, ...]:
    """The forms in which the password may have been hashed: as sent, and as our hexadecimal writing of it."""
    if len(password) == KEY_BYTES:
        return (password.hex().upper().encode(), password, password.hex().encode())
    if len(password) == 2 * KEY_BYTES and password.upper() != password:
        return (password, password.upper())
    return (password,)


class Authenticator:
    """Verifies keys off the event loop, and remembers what it has verified, so that reconnects cost nothing.

    A memory is of (hash, keyed digest of the password): it can't outlive a change of key, and holds no password.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="argon2")
        self._secret = secrets.token_bytes(32)
        self._right: OrderedDict[str, bytes] = OrderedDict()
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._waiting: Counter[UUID] = Counter()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def key_for(self, station: KnownStation, password: bytes) -> StoredKey | None:
        """The station's key that the password is; None where it is none. Raises TooManyWaitingError."""
        if (known := self.remembered(station, password)) is not None:
            return known
        digests = [(key, self._digest(key.key_hash, password)) for key in station.keys]
        for key, digest in digests:
            if digest in self._wrong:
                continue
            if await self._is_right(station.asset_id, key.key_hash, password):
                _remember(self._right, key.key_hash, digest)
                return key
            _remember(self._wrong, digest, None)
        return None

    def remembered(self, station: KnownStation, password: bytes) -> StoredKey | None:
        """The station's key that the password was seen to be before; it costs nothing."""
        for key in station.keys:
            digest = self._digest(key.key_hash, password)
            if hmac.compare_digest(self._right.get(key.key_hash, b""), digest):
                return key
        return None

    async def hash_key(self, key: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _OWN_KEYS.hash, key)

    def _digest(self, key_hash: str, password: bytes) -> bytes:
        return hashlib.blake2b(key_hash.encode() + b"\0" + password, key=self._secret, digest_size=32).digest()

    async def _is_right(self, asset_id: UUID, key_hash: str, password: bytes) -> bool:
        if self._waiting.total() >= WAITING_LIMIT or self._waiting[asset_id] >= WAITING_FOR_ONE_STATION:
            raise TooManyWaitingError
        self._waiting[asset_id] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _matches, key_hash, password)
        finally:
            self._waiting[asset_id] -= 1
            if not self._waiting[asset_id]:
                del self._waiting[asset_id]


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)


def _matches(key_hash: str, password: bytes) -> bool:
    for form in forms_of(password):
        try:
            if _ANY_KEY.verify(key_hash, form):
                return True
        except (VerificationError, InvalidHashError):
            continue
    return False
