"""The grid operator's API, as its customer calls it (``docs/GRID_OPERATOR.md``)."""

import asyncio
import json
from typing import Any, Protocol, Self
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from activities.gateways.answers import excerpt, read_bounded, retry_after_s
from activities.gateways.errors import Refused, TryAgain
from models import tracing
from models.messages.grid import ConnectionRequest
from models.settings import Settings

CALLBACK_PATH = "/v1/webhooks/grid-operator"
CONNECT_LIMIT_S = 5.0
CALL_LIMIT_S = 20.0

_ABOUT_THE_REQUEST = frozenset({400, 409, 410, 413, 422})
"""What is wrong with the request stays wrong. Any other status can change: a key is corrected, a server comes back."""


class GridOperator(Protocol):
    """Both calls raise TryAgain and Refused."""

    async def request_connection(self, request: ConnectionRequest, key: str) -> str:
        """The connection request's id at the grid operator; the same key never makes a second one."""

    async def cancel(self, connection_request_id: str, key: str) -> None:
        """Cancelling twice is no error."""


class HttpGridOperator:
    """One for a process, closed with it; connections are kept and shared."""

    def __init__(self, url: str, api_key: SecretStr, callback_url: str, call_limit_s: float = CALL_LIMIT_S) -> None:
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._callback_url = callback_url
        self._call_limit_s = call_limit_s
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(call_limit_s, connect=CONNECT_LIMIT_S))

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        callback_url = settings.public_api_url.rstrip("/") + CALLBACK_PATH
        return cls(settings.grid_operator_url, settings.grid_operator_api_key, callback_url)

    async def aclose(self) -> None:
        await self._client.aclose()

    @tracing.outgoing("grid_operator.request_connection")
    async def request_connection(self, request: ConnectionRequest, key: str) -> str:
        body = {**request.model_dump(mode="json"), "callback_url": self._callback_url}
        answer = await self._post("/connection-requests", body, key, _ABOUT_THE_REQUEST)
        made = answer.get("connection_request_id")
        if not isinstance(made, str) or not made:
            raise TryAgain("The grid operator's answer has no connection_request_id.")
        return made

    @tracing.outgoing("grid_operator.cancel")
    async def cancel(self, connection_request_id: str, key: str) -> None:
        path = f"/connection-requests/{quote(connection_request_id, safe='')}/cancel"
        await self._post(path, {}, key, _ABOUT_THE_REQUEST | {404})

    async def _post(self, path: str, body: dict[str, Any], key: str, final: frozenset[int]) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._api_key.get_secret_value()}",
            "Idempotency-Key": key,
            "Accept": "application/json, application/problem+json",
            "Accept-Encoding": "identity",
        }
        try:
            async with (
                asyncio.timeout(self._call_limit_s),
                self._client.stream("POST", self._url + path, json=body, headers=headers) as response,
            ):
                return _understood(response, await read_bounded(response), final)
        except (httpx.TransportError, httpx.InvalidURL, TimeoutError) as error:
            raise TryAgain(f"The grid operator can't be reached ({type(error).__name__}).") from error


def _understood(response: httpx.Response, body: bytes, final: frozenset[int]) -> dict[str, Any]:
    answer = _json_object(body)
    if response.is_success:
        return answer
    status = response.status_code
    says = str(answer.get("detail") or answer.get("title") or "")[:500] or excerpt(body)
    if status in final:
        raise Refused(f"The grid operator refuses the request ({status}): {says}", _field(answer))
    raise TryAgain(f"The grid operator answers {status}: {says}", retry_after_s(response))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _field(answer: dict[str, Any]) -> str | None:
    """The first field that an RFC 9457 problem names, as a JSON pointer."""
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    pointer = first.get("pointer") if isinstance(first, dict) else None
    return pointer.removeprefix("#") if isinstance(pointer, str) else None
