"""What the front counts by hand is what the library would have counted."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from csms.metrics import Calls

MESSAGES = "stationmaster_csms_messages_total", "Calls by stations.", ["action", "outcome"]
HANDLING = "stationmaster_csms_handling_seconds", "From a station's call to our answer.", ["action"]


def told(registry: CollectorRegistry) -> list[str]:
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


def test_calls_are_counted_as_the_library_counts_them() -> None:
    ours, theirs, calls = CollectorRegistry(), CollectorRegistry(), Calls()
    ours.register(calls)
    messages, handling = Counter(*MESSAGES, registry=theirs), Histogram(*HANDLING, registry=theirs)
    for action, outcome, took_s in (
        ("Heartbeat", "answered", 0.001),
        ("Heartbeat", "answered", 0.005),
        ("Heartbeat", "InternalError", 30.0),
        ("MeterValues", "answered", 0.3),
    ):
        calls.count(action, outcome, took_s)
        messages.labels(action, outcome).inc()
        handling.labels(action).observe(took_s)
    assert told(ours) == told(theirs)
