"""Bearer secrets: 256 random bits, shown once and kept as SHA-256 only (guessing them is hopeless, so a quick hash)."""

import hashlib
import secrets

API_KEY_PREFIX = "sm_"
SESSION_PREFIX = "st_"
_LENGTH_LIMIT = 100


def new_api_key() -> str:
    return API_KEY_PREFIX + secrets.token_urlsafe(32)


def new_session_token() -> str:
    return SESSION_PREFIX + secrets.token_urlsafe(32)


def is_plausible(secret: str) -> bool:
    return len(secret) <= _LENGTH_LIMIT and secret.isascii()


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
