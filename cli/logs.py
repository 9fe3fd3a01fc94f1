"""One JSON object a line for everything that is logged, ours and the libraries', with the ids bound to the context."""

import logging
import sys
from typing import TextIO

import structlog
from opentelemetry.trace import format_span_id, format_trace_id, get_current_span
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

_HIDDEN = "***"
_SECRET_NAMES = ("password", "secret", "token", "api_key", "factory_key", "key_hash", "authorization", "cookie")
"""A field whose name ends so is never written out."""
_TALKATIVE = ("httpx", "httpcore", "websockets", "uvicorn.access", "botocore", "boto3", "urllib3", "s3transfer")


def configure_logging(
    process: str, log_format: str = "json", level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Sends the logs of structlog and of the standard library to ``stream``, stdout where none is named.

    Values bound by ``structlog.contextvars`` (``correlation_id`` above all) are in every line. ``log_format`` is
    ``json``, or ``console`` for a person's eyes.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _ProcessName(process),
        _with_trace,
        hide_secrets,
        _without_terminal_colours,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(log_format)],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hides fields that are secret by their name, should one ever be logged."""
    for name in event:
        if name.lower().endswith(_SECRET_NAMES):
            event[name] = _HIDDEN
    return event


def _with_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The trace in which a line was written, where this process exports traces."""
    place = get_current_span().get_span_context()
    if place.is_valid:
        event["trace_id"] = format_trace_id(place.trace_id)
        event["span_id"] = format_span_id(place.span_id)
    return event


def _without_terminal_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Uvicorn says some things twice, once with colours."""
    event.pop("color_message", None)
    return event


class _ProcessName:
    def __init__(self, process: str) -> None:
        self.process = process

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = self.process
        return event


def _rendering(log_format: str) -> list[Processor]:
    """Tracebacks without the values of variables, which structlog would show: keys and passwords are among them."""
    if log_format == "console":
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain)]
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    return [tracebacks, structlog.processors.JSONRenderer(default=str)]
