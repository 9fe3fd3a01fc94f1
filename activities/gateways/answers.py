"""Reads what an outside party answers over HTTP, within bounds."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

ANSWER_LIMIT_BYTES = 64 * 1024
RETRY_AFTER_LIMIT_S = 24 * 3600.0


async def read_bounded(response: httpx.Response, limit_bytes: int = ANSWER_LIMIT_BYTES) -> bytes:
    """The first bytes of the body as they came over the wire; what is beyond the limit is left unread."""
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) >= limit_bytes:
            break
    return bytes(body[:limit_bytes])


def retry_after_s(response: httpx.Response) -> float | None:
    """Seconds to wait by ``Retry-After`` (RFC 9110 §10.2.3), at most a day; None where it is missing or senseless."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_LIMIT_S)
    try:
        until = parsedate_to_datetime(text)
        wait_s = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_LIMIT_S)


def excerpt(body: bytes, limit: int = 200) -> str:
    """The beginning of an answer on one printable line, for a log that people read."""
    text = " ".join(body[: 4 * limit].decode("utf-8", "replace").split())
    return "".join(character for character in text if character.isprintable())[:limit]
