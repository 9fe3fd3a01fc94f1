"""Calls the public API as anybody does, with an API key of the environment: what the terminal's commands stand on."""

import os
import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

URL, API_KEY = "STATIONMASTER_API_URL", "STATIONMASTER_API_KEY"
ANSWER_LIMIT_S = 30.0
UPLOAD_LIMIT_S = 600.0
BUSY_LIMIT_S = 20.0
PAGE = 200
_LONGEST_PAUSE_S = 2.0


class Refused(Exception):  # noqa: N818 - an answer, no error
    """The API has answered, and said no; ``problem`` is its RFC 9457 document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", status)))
        self.status = status
        self.problem = problem


class NotReached(Exception):  # noqa: N818 - named for what has happened
    """Nobody is there, or nobody lets us in; the words say what to do."""


def bearer(secret: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def repeatable(method: str, key: str | None = None) -> dict[str, str]:
    """What makes a call safe to send again: what changes something is carried out once under its key."""
    return {} if method == "GET" else {"Idempotency-Key": key or str(uuid.uuid4())}


class Client:
    """Waits out a moment in which the API can't answer; everything else it says at once."""

    def __init__(self, url: str, secret: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._http = httpx.Client(
            base_url=url.rstrip("/"), headers=bearer(secret), timeout=ANSWER_LIMIT_S, transport=transport
        )

    @classmethod
    def from_environment(cls) -> Self:
        """Raises NotReached."""
        url, secret = os.environ.get(URL, ""), os.environ.get(API_KEY, "")
        if not url.startswith(("http://", "https://")):
            raise NotReached(f"Set {URL} to where the API is, such as https://charging.example")
        if not secret or not secret.isascii():
            raise NotReached(f"Set {API_KEY} to an API key; administration issues them to service accounts")
        return cls(url, secret)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, query={name: value for name, value in query.items() if value is not None})

    def text(self, path: str) -> str:
        """What is no JSON. Raises Refused, NotReached."""
        answer = self._answer("GET", path, repeatable("GET"), {"timeout": UPLOAD_LIMIT_S})
        return answer.text if answer.is_success else str(self._told(answer))

    def file(self, path: str) -> bytes:
        """As it is. Raises Refused, NotReached."""
        answer = self._answer("GET", path, repeatable("GET"), {"timeout": UPLOAD_LIMIT_S})
        return answer.content if answer.is_success else bytes(self._told(answer))

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self._call("POST", path, body=body, key=key)

    def upload(self, path: str, content: bytes, media_type: str, *, key: str | None = None, **query: Any) -> Any:
        """What takes long to be worked through is waited for."""
        said = {"content": content, "params": query, "timeout": UPLOAD_LIMIT_S}
        headers = {**repeatable("POST", key), "Content-Type": media_type}
        return self._told(self._answer("POST", path, headers, said))

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, body=body)

    def patch(self, path: str, body: Any) -> Any:
        return self._call("PATCH", path, body=body)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path)

    def pages(self, path: str, limit: int | None, **query: Any) -> list[Any]:
        """The first ``limit`` items of a list, or all of them."""
        items: list[Any] = []
        cursor = None
        while limit is None or len(items) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(items))
            page = self.get(path, **query, cursor=cursor, limit=size)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return items

    def _call(self, method: str, path: str, *, body: Any = None, query: Any = None, key: str | None = None) -> Any:
        """Raises Refused, NotReached."""
        headers = repeatable(method, key)
        said = {"json": body} if body is not None else {"params": query}
        return self._told(self._answer(method, path, headers, said))

    def _told(self, answer: httpx.Response) -> Any:
        """Raises Refused, NotReached."""
        if answer.is_success:
            return answer.json() if answer.content else None
        problem = _problem_of(answer)
        if answer.status_code == 401:
            raise NotReached(f"The API does not know this key; set {API_KEY} to one that is not revoked")
        if answer.status_code >= 500 or not problem:
            said = problem.get("detail") or f"it answered {answer.status_code}"
            raise NotReached(f"The API at {self._url} can't do this at the moment: {said}")
        raise Refused(answer.status_code, problem)

    def _answer(self, method: str, path: str, headers: dict[str, str], said: dict[str, Any]) -> httpx.Response:
        deadline = time.monotonic() + BUSY_LIMIT_S
        while True:
            try:
                answer = self._http.request(method, path, headers=headers, **said)
            except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise NotReached(f"Nobody answers at {self._url} ({error}); is {URL} right?") from error
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    words = "look how it stands before you repeat it" if method != "GET" else "try again"
                    raise NotReached(f"No answer came from {self._url} in time; {words}") from error
                continue
            if answer.status_code != 503 or time.monotonic() > deadline:
                return answer
            time.sleep(_pause_s(answer))


def _pause_s(answer: httpx.Response) -> float:
    wanted = answer.headers.get("Retry-After", "1")
    return min(float(wanted) if wanted.isdecimal() else 1.0, _LONGEST_PAUSE_S)


def _problem_of(answer: httpx.Response) -> dict[str, Any]:
    """Empty where something else than our API has answered."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    said = answer.json()
    return said if isinstance(said, dict) else {}
