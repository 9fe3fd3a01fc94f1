"""A route that will go says so with every answer: RFC 9745 (Deprecation), RFC 8594 (Sunset), RFC 8288 (Link)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

from fastapi import Depends, Request
from starlette.types import Scope

NOTICE = timedelta(days=180)
"""So long a route goes on after it was said that it will go."""

_HEADERS = "deprecation_headers"


@dataclass(frozen=True)
class Deprecated:
    """``successor`` is the path of what to call instead."""

    since: date
    sunset: date
    successor: str

    def __post_init__(self) -> None:
        if self.sunset < self.since + NOTICE:
            raise ValueError(f"{self.successor}: a deprecated route goes on for {NOTICE.days} days at least")

    async def __call__(self, request: Request) -> None:
        request.scope[_HEADERS] = {
            "Deprecation": f"@{int(_midnight(self.since).timestamp())}",
            "Sunset": format_datetime(_midnight(self.sunset), usegmt=True),
            "Link": f'<{self.successor}>; rel="successor-version"',
        }


def deprecated(*, since: date, sunset: date, successor: str) -> Any:
    """For a route's ``dependencies``."""
    return Depends(Deprecated(since, sunset, successor))


def headers_of(scope: Scope) -> dict[str, str]:
    said: dict[str, str] = scope.get(_HEADERS, {})
    return said


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
