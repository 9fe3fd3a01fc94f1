"""Secrets at rest: a ring of keys that encrypts with the first and decrypts with any."""

import base64
import os
import re
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_SIZE_BYTES = 32
NONCE_SIZE_BYTES = 12

_VERSION = b"\x01"
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_ADVICE = "make one with: openssl rand -base64 32"


class SecretsError(Exception):
    """Something is wrong with a key or with what it should open; never says a secret."""


class KeyRing:
    """AES-256-GCM with random nonces, so a key is to be replaced well before 2**32 encryptions (NIST SP 800-38D §8.3).

    What comes out of ``encrypt`` is: version 1, length of the key id, key id, nonce, ciphertext with tag.
    """

    def __init__(self, keys: dict[str, bytes]) -> None:
        """The first key is the current one; raises SecretsError where there is none or one is not of 32 bytes."""
        if not keys:
            raise SecretsError(f"The key ring is empty; it reads like k1:BASE64 ({_ADVICE}).")
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise SecretsError(f"The key id {key_id!r} must be 1 to 32 letters, digits, hyphens or underscores.")
            if len(key) != KEY_SIZE_BYTES:
                raise SecretsError(f"Key {key_id!r} is not of {KEY_SIZE_BYTES} bytes; {_ADVICE}.")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current_id = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> Self:
        """``k2:BASE64,k1:BASE64``: the newest first. Raises SecretsError."""
        keys: dict[str, bytes] = {}
        for place, part in enumerate((part.strip() for part in text.split(",") if part.strip()), start=1):
            key_id, colon, encoded = part.partition(":")
            if not colon:
                raise SecretsError(f"Key {place} of the ring has no id; it reads like k1:BASE64.")
            if key_id in keys:
                raise SecretsError(f"The key id {key_id!r} is used twice.")
            keys[key_id] = _decoded(key_id, encoded)
        return cls(keys)

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """``context`` says what the secret belongs to; it is not kept, and the same must be given to decrypt."""
        name = self.current_id.encode()
        head = _VERSION + bytes([len(name)]) + name
        nonce = os.urandom(NONCE_SIZE_BYTES)
        return head + nonce + self._ciphers[self.current_id].encrypt(nonce, plain, head + context)

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """Raises SecretsError: an unknown key, another context, or bytes that were changed or are not ours."""
        key_id = key_id_of(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretsError(f"Key {key_id!r} is not in the ring; add it behind the current one.")
        head_size = 2 + len(key_id)
        nonce, rest = sealed[head_size : head_size + NONCE_SIZE_BYTES], sealed[head_size + NONCE_SIZE_BYTES :]
        try:
            return cipher.decrypt(nonce, rest, sealed[:head_size] + context)
        except (InvalidTag, ValueError):
            raise SecretsError(f"It can't be decrypted with key {key_id!r}: changed, or of another context.") from None

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._ciphers)})"


def key_id_of(sealed: bytes) -> str:
    """The id of the key that opens it; raises SecretsError where it is none of ours."""
    if len(sealed) < 2 or sealed[:1] != _VERSION or len(sealed) < 2 + sealed[1] + NONCE_SIZE_BYTES:
        raise SecretsError("This is nothing that a key ring encrypted.")
    key_id = sealed[2 : 2 + sealed[1]].decode("ascii", "replace")
    if not _KEY_ID.fullmatch(key_id):
        raise SecretsError("This is nothing that a key ring encrypted.")
    return key_id


def new_webhook_secret() -> str:
    """A signing secret of 32 random bytes, in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def _decoded(key_id: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        raise SecretsError(f"Key {key_id!r} is not base64; {_ADVICE}.") from None
