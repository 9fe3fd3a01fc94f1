"""Exports this process's spans by OTLP over HTTP, where ``OTEL_EXPORTER_OTLP_ENDPOINT`` names a collector."""

import os
import threading
from collections.abc import Mapping, Sequence

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
END_WITHIN_S = 3.0

MAY_LEAVE = frozenset(
    {
        "stationmaster.correlation_id",
        "stationmaster.channel",
        "stationmaster.event",
        "stationmaster.station",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "ocpp.action",
        "ocpp.outcome",
        "error.type",
        "temporalWorkflowID",
        "temporalRunID",
        "temporalActivityID",
        "temporalUpdateID",
    }
)
"""All that a span may tell: ids, references and names of operations. Texts of errors may quote what was sent to us."""


def start_tracing(process: str, environment: Mapping[str, str] = os.environ) -> None:
    """From now on this process's spans are exported; without an endpoint in the environment nothing is loaded."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or not any(map(environment.get, _ENDPOINTS)):
        return
    # Slow to load, and most don't need it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    provider = provider_of(process)
    provider.add_span_processor(BatchSpanProcessor(Sieve(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    continue_nobodys()


def provider_of(process: str) -> TracerProvider:
    """Sampling is by ``OTEL_TRACES_SAMPLER``; more about the process by ``OTEL_RESOURCE_ATTRIBUTES``."""
    named = {"service.name": f"stationmaster-{process}", "service.namespace": "stationmaster"}
    return TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)


def continue_nobodys() -> None:
    """Libraries take no trace from an outside caller's headers: our own places are handed on by ``models.tracing``."""
    propagate.set_global_textmap(_Deaf())


def end_tracing() -> None:
    """Sends what is left; a collector that does not answer holds nobody up for longer than 3 s."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        sending = threading.Thread(target=provider.shutdown, daemon=True)
        sending.start()
        sending.join(END_WITHIN_S)


class _Deaf(TextMapPropagator):
    """Neither hears nor tells of traces."""

    def extract(
        self,
        carrier: CarrierT,  # noqa: ARG002
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,  # noqa: ARG002
    ) -> Context:
        return Context() if context is None else context

    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        """Nothing is told."""

    @property
    def fields(self) -> set[str]:
        return set()


class Sieve(SpanExporter):
    """Lets out only what stands in ``MAY_LEAVE``, whoever wrote the span: libraries put messages of errors into it."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_sifted(each) for each in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _sifted(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in MAY_LEAVE},
        links=[Link(each.context) for each in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
