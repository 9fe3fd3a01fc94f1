"""Around every request and answer: a correlation id, a bound on the size, headers, a log line, figures."""

import re
import time
from collections.abc import Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import deprecation
from api.auth import rates
from api.problems import unexpected
from models import tracing
from models.tables.base import new_id

log = structlog.get_logger(__name__)

REQUESTS = Counter("http_requests_total", "Requests answered", ["method", "route", "status"])
DURATION = Histogram("http_request_duration_seconds", "Time to the end of the answer", ["method", "route"])

CORRELATION_HEADER = "X-Correlation-Id"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})

BODY_LIMIT_BYTES = 1024 * 1024
DRAIN_LIMIT_BYTES = 64 * 1024 * 1024
_LIMIT = "body_limit_bytes"

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds: no line for each in the log."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

Endpoint = Callable[..., object]


def takes_up_to(limit_bytes: int) -> Callable[[Endpoint], Endpoint]:
    """Marks an endpoint whose body may be larger than usual: uploads."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _LIMIT, limit_bytes)
        return endpoint

    return mark


class Envelope:
    """Around everything else, so that an unexpected error gets the same treatment as an answer."""

    def __init__(self, app: ASGIApp, *, api: FastAPI, https: bool) -> None:
        self._app = app
        self._api = api
        self._templates: dict[object, str] = {}
        self._headers = SECURITY_HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["correlation_id"] = correlation_id = _correlation_id(Headers(scope=scope).get(CORRELATION_HEADER, ""))
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            tracing.tell(correlation_id, seen_from=Headers(scope=scope).get("traceparent"))
            await self._serve(scope, _bounded(scope, receive), send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers[CORRELATION_HEADER] = scope["correlation_id"]
                headers.update(rates.headers_of(scope) | deprecation.headers_of(scope))
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("request_failed")
            if status:
                raise
            await unexpected(Request(scope, receive))(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, duration_s: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = self._template(scope)
        REQUESTS.labels(method, route, status).inc()
        DURATION.labels(method, route).observe(duration_s)
        say = log.debug if route in PROBES else log.info
        say("request", method=method, route=route, status=status, duration_ms=round(duration_s * 1000, 1))

    def _template(self, scope: Scope) -> str:
        """The route's path with its parameters' names, so that figures stay few."""
        if not self._templates:
            routes = iter_route_contexts(self._api.routes)
            self._templates = {route.endpoint: route.path or "" for route in routes if route.endpoint}
        return self._templates.get(scope.get("endpoint"), "none")


def _correlation_id(given: str) -> str:
    return given if _SANE.fullmatch(given) else str(new_id())


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """The body as it comes, to the limit of the endpoint that reads it, whatever its length was said to be."""
    seen_bytes = 0

    async def receive_bounded() -> Message:
        nonlocal seen_bytes
        limit = getattr(scope.get("endpoint"), _LIMIT, BODY_LIMIT_BYTES)
        message = await receive()
        seen_bytes += len(message.get("body", b""))
        if seen_bytes > limit or _announced(scope) > limit:
            await _drain(message, receive, seen_bytes)
            raise HTTPException(413, f"The body is larger than {limit // 1024} KiB")
        return message

    return receive_bounded


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length[:20]) if length.isdecimal() else 0


async def _drain(message: Message, receive: Receive, seen_bytes: int) -> None:
    """Read the rest of a body that is refused, within reason: who still sends when we close never sees the answer."""
    while message.get("more_body") and seen_bytes < DRAIN_LIMIT_BYTES:
        message = await receive()
        seen_bytes += len(message.get("body", b""))
