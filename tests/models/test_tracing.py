"""Spans: where they stand, what is taken for an error, and that they cost nothing while nobody wants them."""

import pytest
from opentelemetry.trace import StatusCode

from models import tracing
from models.errors import NotFound
from tests.spans import kept_spans, trace_of

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_without_an_exporter_there_is_no_trace_to_write_beside_a_fact() -> None:
    assert not tracing.is_on()
    with tracing.span("anything"):
        assert tracing.here() is None


def test_a_span_goes_on_where_the_traceparent_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_spans(monkeypatch) as spans:
        with tracing.span("first"):
            place = tracing.here()
        with tracing.span("second", parent=place):
            pass
        with tracing.continued(place), tracing.span("third"):
            pass
        assert tracing.here() is None
    first, second, third = spans.all()
    assert first.context is not None
    below = [each.parent and (each.parent.trace_id, each.parent.span_id) for each in (second, third)]
    assert below == [(first.context.trace_id, first.context.span_id)] * 2


def test_a_callers_trace_is_linked_and_one_that_cannot_be_read_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_spans(monkeypatch) as spans, tracing.span("request", links=[TRACEPARENT, "nonsense", None]):
        pass
    request = spans.one("request")
    assert [f"{link.context.trace_id:032x}" for link in request.links] == [TRACEPARENT.split("-")[1]]
    assert trace_of(request) != request.links[0].context.trace_id


def test_a_parent_that_cannot_be_read_begins_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_spans(monkeypatch) as spans, tracing.span("step", parent="nonsense"):
        pass
    assert spans.one("step").parent is None


def test_a_business_error_is_named_and_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_spans(monkeypatch) as spans:
        with pytest.raises(NotFound), tracing.span("refused"):
            raise NotFound("There is no such placement")
        with pytest.raises(ValueError, match="broken"), tracing.span("broken"):
            raise ValueError("broken")
    refused, broken = spans.one("refused"), spans.one("broken")
    assert refused.status.status_code is StatusCode.UNSET
    assert broken.status.status_code is StatusCode.ERROR
    assert [each.attributes and each.attributes["error.type"] for each in (refused, broken)] == [
        "NotFound",
        "ValueError",
    ]


def test_what_is_timed_stands_beside_what_happens_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_spans(monkeypatch) as spans:
        with tracing.timed("transaction of nobody"):
            pass
        with tracing.span("request"), tracing.timed("transaction"), tracing.span("inside"):
            pass
    assert sorted(spans.names()) == ["inside", "request", "transaction"]
    assert spans.path(spans.one("inside")) == ["request", "inside"]


async def test_a_call_of_an_outside_party_is_a_span(monkeypatch: pytest.MonkeyPatch) -> None:
    @tracing.outgoing("party.asked")
    async def ask(question: str) -> str:
        return question

    with kept_spans(monkeypatch) as spans:
        assert await ask("When?") == "When?"
    assert spans.names() == ["party.asked"]
