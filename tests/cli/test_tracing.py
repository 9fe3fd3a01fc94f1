"""What leaves this process about what it does, and when."""

import threading

import opentelemetry.trace
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cli.tracing import Sieve, end_tracing, provider_of, start_tracing

SECRET = "hush-hush"


@pytest.mark.parametrize(
    "environment", [{}, {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}]
)
def test_nothing_is_traced_unless_the_environment_names_a_collector(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opentelemetry.trace, "_TRACER_PROVIDER", None)
    start_tracing("api", environment)
    assert opentelemetry.trace._TRACER_PROVIDER is None


def test_only_ids_and_names_leave_whoever_wrote_the_span() -> None:
    exporter = InMemorySpanExporter()
    provider = provider_of("api")
    provider.add_span_processor(SimpleSpanProcessor(Sieve(exporter)))
    tracer = provider.get_tracer("a library")

    def call() -> None:
        with tracer.start_as_current_span("call") as span:
            span.set_attributes({"http.route": "/v1/tasks", "url.full": f"http://127.0.0.1/{SECRET}"})
            span.add_event(SECRET, {"payload": SECRET})
            raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET):
        call()
    (left,) = exporter.get_finished_spans()
    assert left.attributes == {"http.route": "/v1/tasks"}
    assert SECRET not in left.to_json()
    assert left.resource.attributes["service.name"] == "stationmaster-api"


def test_a_collector_that_does_not_answer_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(TracerProvider):
        def shutdown(self) -> None:
            ended.append(False)
            threading.Event().wait(60)

    ended: list[bool] = []
    monkeypatch.setattr(opentelemetry.trace, "_TRACER_PROVIDER", Stuck())
    monkeypatch.setattr("cli.tracing.END_WITHIN_S", 0.05)
    end_tracing()
    assert ended == [False]
