"""How often a key, or a person, may call: counted as they are recognised, told with every answer.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10; a call beyond the limit counts too.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Scope

from models.errors import RateLimited
from models.rules.rates import WINDOW_S, Usage
from models.store import rates

_HEADERS = "rate_headers"
_POLICY = "default"


async def counted(session: AsyncSession, counted_id: UUID, limit: int, now: datetime) -> Usage:
    minute, elapsed_s = divmod(now.timestamp(), WINDOW_S)
    count, before = await rates.count(session, counted_id, int(minute), limit + 1)
    return Usage(limit, count, before, elapsed_s)


def tell(scope: Scope, usage: Usage) -> None:
    """Let every answer to this request carry it. Raises RateLimited."""
    scope[_HEADERS] = {
        "RateLimit-Policy": f'"{_POLICY}";q={usage.limit};w={WINDOW_S}',
        "RateLimit": f'"{_POLICY}";r={usage.remaining};t={usage.reset_s}',
    }
    if usage.is_over:
        raise RateLimited(
            f"You may call {usage.limit} times a minute; wait {usage.wait_s} seconds",
            retry_after_s=usage.wait_s,
            requests_per_minute=usage.limit,
        )


def headers_of(scope: Scope) -> dict[str, str]:
    said: dict[str, str] = scope.get(_HEADERS, {})
    return said
