"""Spans of OpenTelemetry around what the house does; without effect, and next to no cost, until a process exports them.

A trace follows the correlation id: whoever writes a fact or a notice puts his place in the trace beside it
(``traceparent``, W3C Trace Context level 2 §3.2), and whoever carries it on begins there. What may stand in a span is
settled by ``cli.tracing``.
"""

import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Link, ProxyTracerProvider, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from models.errors import BusinessError

CORRELATION = "stationmaster.correlation_id"

_SCOPE = "stationmaster"
_W3C = TraceContextTextMapPropagator()

P = ParamSpec("P")
R = TypeVar("R")


def is_on() -> bool:
    """Whether this process exports its spans."""
    return not isinstance(trace.get_tracer_provider(), ProxyTracerProvider)


def here() -> str | None:
    """The ``traceparent`` of the span in which this is called, None outside of any."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, str | None] | None = None,
    *,
    parent: str | None = None,
    links: Sequence[str | None] = (),
) -> Iterator[Span]:
    """A span around the block, below ``parent`` where that is given, else below the span in which it stands.

    ``parent`` and ``links`` are traceparents; one that can't be read counts as none. A business error is no error
    of ours.
    """
    known = {key: value for key, value in (attributes or {}).items() if value is not None}
    with trace.get_tracer(_SCOPE).start_as_current_span(
        name,
        _context(parent) if parent else None,
        kind,
        known,
        [Link(found) for each in links if (found := _place(each)).is_valid],
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except Exception as error:
            opened.set_attribute("error.type", type(error).__name__)
            if not isinstance(error, BusinessError) and not isinstance(error.__cause__, BusinessError):
                opened.set_status(Status(StatusCode.ERROR))
            raise


@contextmanager
def timed(name: str) -> Iterator[None]:
    """A span for the time that the block takes; what happens in the block stands beside it, not below it."""
    if not trace.get_current_span().is_recording():
        yield
        return
    opened = trace.get_tracer(_SCOPE).start_span(name, kind=SpanKind.CLIENT)
    try:
        yield
    finally:
        opened.end()


@contextmanager
def continued(traceparent: str | None) -> Iterator[None]:
    """Go on in the block where ``traceparent`` was taken; None leaves the trace as it is."""
    if traceparent is None:
        yield
        return
    token = attach(_context(traceparent))
    try:
        yield
    finally:
        detach(token)


def tell(correlation_id: str, *, seen_from: str | None = None) -> None:
    """Name the correlation id in the span in which this is called, and link it to an outside caller's own trace.

    That is not continued: nobody outside settles what is in ours.
    """
    current = trace.get_current_span()
    current.set_attribute(CORRELATION, correlation_id)
    if (place := _place(seen_from)).is_valid:
        current.add_link(place)


def outgoing(name: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Marks a gateway's method: each call of an outside party is a span."""

    def mark(method: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @functools.wraps(method)
        async def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            with span(name, SpanKind.CLIENT):
                return await method(*args, **kwargs)

        return traced

    return mark


def _context(traceparent: str | None) -> Context:
    return _W3C.extract({"traceparent": traceparent} if traceparent else {}, Context())


def _place(traceparent: str | None) -> trace.SpanContext:
    return trace.get_current_span(_context(traceparent)).get_span_context()
