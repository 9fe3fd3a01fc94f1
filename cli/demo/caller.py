"""Somebody who speaks HTTP with the house or with a stand-in: a person, a program, the demo's own hand."""

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from cli.client import bearer, repeatable
from cli.demo.waiting import DemoFailed

ANSWER_LIMIT_S = 30.0
BUSY_LIMIT_S = 90.0
_LONGEST_PAUSE_S = 0.3


class Caller:
    """``name`` is for messages; ``secret`` is a session token or an API key. Everything is JSON."""

    def __init__(self, name: str, base_url: str, secret: str | None = None) -> None:
        self.name = name
        # Not by a proxy that the machine may name: all of it is on loopback.
        self.http = httpx.AsyncClient(
            base_url=base_url, headers=bearer(secret), timeout=ANSWER_LIMIT_S, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def get(self, path: str, **query: str | int) -> Any:
        return (await self._done("GET", path, params=query)).json()

    async def fetch(self, path: str) -> bytes:
        return (await self._done("GET", path)).content

    async def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        return (await self._done("POST", path, json=body, headers=headers)).json()

    async def upload(self, path: str, name: str, content: bytes, content_type: str) -> Any:
        return (await self._done("POST", path, files={"file": (name, content, content_type)})).json()

    async def put(self, path: str, body: Any) -> Any:
        return (await self._done("PUT", path, json=body)).json()

    async def patch(self, path: str, body: Any) -> Any:
        return (await self._done("PATCH", path, json=body)).json()

    async def refused(self, status: int, method: str, path: str, body: Any = None) -> str:
        """What is tried is refused with this status; gives the problem's words. Raises DemoFailed."""
        answer = await self._sent(method, path, json=body)
        if answer.status_code != status:
            raise DemoFailed(f"{self._said(method, path, answer)}; {status} was expected.")
        return str(answer.json().get("detail", ""))

    async def _done(self, method: str, path: str, **said: Any) -> httpx.Response:
        answer = await self._sent(method, path, **said)
        if not answer.is_success:
            raise DemoFailed(f"{self._said(method, path, answer)}.")
        return answer

    async def _sent(self, method: str, path: str, **said: Any) -> httpx.Response:
        """As partners should call us: whatever is not there at the moment is asked again, under the same key."""
        said = {name: value for name, value in said.items() if value is not None}
        headers = {**said.pop("headers", {}), **repeatable(method)}
        deadline = time.monotonic() + BUSY_LIMIT_S
        while True:
            try:
                answer = await self.http.request(method, path, headers=headers, **said)
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise DemoFailed(f"{self.name} called {method} {path} and got no answer: {error!r}.") from error
                await asyncio.sleep(_LONGEST_PAUSE_S)
                continue
            if answer.status_code != 503 or time.monotonic() > deadline:
                return answer
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", 1)), _LONGEST_PAUSE_S))

    def _said(self, method: str, path: str, answer: httpx.Response) -> str:
        return f"{self.name} called {method} {path} and was answered {answer.status_code}: {answer.text[:1000]}"


async def logged_in(name: str, base_url: str, email: str, password: str) -> Caller:
    """Raises DemoFailed."""
    async with Caller(name, base_url) as door:
        session = await door.post("/v1/sessions", {"email": email, "password": password})
    return Caller(name, base_url, session["token"])
