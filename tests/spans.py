"""Keeps the spans of a test instead of exporting them."""

from collections.abc import Iterator
from contextlib import contextmanager

import opentelemetry.propagate
import opentelemetry.trace
import pytest
from opentelemetry.propagate import get_global_textmap
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cli.tracing import Sieve, continue_nobodys, provider_of


class Spans:
    """What would have been exported, oldest first."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def all(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def names(self) -> list[str]:
        return [each.name for each in self.all()]

    def one(self, name: str) -> ReadableSpan:
        """The only span of this name."""
        found = [each for each in self.all() if each.name == name]
        assert len(found) == 1, (name, self.names())
        return found[0]

    def path(self, span: ReadableSpan) -> list[str]:
        """The names from the root of its trace down to it."""
        by_id = {each.context.span_id: each for each in self.all() if each.context}
        names = [span.name]
        while span.parent is not None:
            span = by_id[span.parent.span_id]
            names.insert(0, span.name)
        return names


@contextmanager
def kept_spans(patch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """Traces are on in the block. OpenTelemetry lets a process set its provider only once, so it is put back here."""
    exporter = InMemorySpanExporter()
    provider = provider_of("test")
    provider.add_span_processor(SimpleSpanProcessor(Sieve(exporter)))
    with patch.context() as inner:
        inner.setattr(opentelemetry.trace, "_TRACER_PROVIDER", provider)
        inner.setattr(opentelemetry.propagate, "_HTTP_TEXT_FORMAT", get_global_textmap())
        continue_nobodys()
        yield Spans(exporter)
    provider.shutdown()


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)
