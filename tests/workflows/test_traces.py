"""One trace from a request through the process that it began; what another request causes stands in its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

import worker
from models import tracing
from models.rules.grid import GridEvent
from models.settings import Settings
from tests.people import World
from tests.spans import Spans, kept_spans, trace_of
from tests.workflows import walk
from tests.workflows.conftest import _built
from tests.workflows.house import House
from tests.workflows.test_histories import READABLE, SAVED, saved
from workflows.tracing import interceptors


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    with kept_spans(monkeypatch) as kept:
        yield kept


@pytest.fixture
async def traced_house(
    spans: Spans,  # noqa: ARG001 - traces are on before anybody connects
    temporal: WorkflowEnvironment,
    settings: Settings,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[House]:
    config = temporal.client.config()
    config["interceptors"] = interceptors()
    built = await _built(Client(**config), settings, world, tmp_path)
    async with built.open(monkeypatch):
        yield built


async def test_the_request_its_process_and_the_steps_that_it_takes_are_one_trace(
    traced_house: House, spans: Spans
) -> None:
    with tracing.span("POST /v1/placement-requests") as request:
        await walk.submitted(traced_house)
    with tracing.span("POST /v1/placement-requests/{id}/approve") as approval:
        await traced_house.decide(traced_house.placement_id, "approve", walk.approval(traced_house))
    await walk.requested(traced_house)
    loaded = spans.one("RunActivity:load_placement")
    assert trace_of(loaded) == request.get_span_context().trace_id
    assert spans.path(loaded) == [
        "POST /v1/placement-requests",
        "StartWorkflow:placement",
        "StartActivity:load_placement",
        "RunActivity:load_placement",
    ]
    called = spans.one("RunActivity:request_grid_connection")
    assert trace_of(called) == request.get_span_context().trace_id
    decided = spans.one("RunActivity:approve_placement")
    assert trace_of(decided) == approval.get_span_context().trace_id
    ordered = spans.one("StartActivity:approve_placement")
    assert trace_of(ordered) == request.get_span_context().trace_id
    assert [link.context.span_id for link in decided.links] == [ordered.context and ordered.context.span_id]


async def test_a_fact_is_carried_on_in_the_trace_in_which_it_came(traced_house: House, spans: Spans) -> None:
    connection = await walk.approved(traced_house)
    with tracing.span("POST /v1/webhooks/grid-operator") as call:
        await traced_house.grid_says(connection, GridEvent.APPROVED)

    async def applied() -> bool:
        return "RunActivity:apply_grid_call" in spans.names()

    await traced_house.until(applied)
    step = spans.one("RunActivity:apply_grid_call")
    assert trace_of(step) == call.get_span_context().trace_id
    assert step.links


async def test_a_boot_begins_a_trace_that_the_commissioning_goes_on_with(traced_house: House, spans: Spans) -> None:
    await walk.in_installation(traced_house, await walk.approved(traced_house))
    await walk.begun(traced_house)
    with tracing.span("ocpp.receive BootNotification") as boot:
        await traced_house.boots()
    await traced_house.assert_arrives("in_installation", "in_progress", "checked")
    traced = [each for each in spans.all() if trace_of(each) == boot.get_span_context().trace_id]
    assert "RunActivity:move_station" in [each.name for each in traced]


async def test_a_step_tells_its_correlation_id_and_its_process_and_nothing_of_its_payload(
    traced_house: House, spans: Spans
) -> None:
    await walk.approved(traced_house)
    decided = spans.one("RunActivity:approve_placement")
    assert decided.attributes is not None
    assert decided.attributes[tracing.CORRELATION]
    assert decided.attributes["temporalWorkflowID"] == traced_house.placement_id
    assert "Voorstraat" not in "".join(each.to_json() for each in spans.all())


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
async def test_a_saved_history_is_replayed_with_traces_and_leaves_no_span(path: Path, spans: Spans) -> None:
    replayer = Replayer(
        workflows=worker.WORKFLOWS,
        workflow_runner=worker.runner(),
        data_converter=READABLE,
        interceptors=interceptors(),  # type: ignore[arg-type]
    )
    replayed = await replayer.replay_workflow(saved(path.stem))
    assert replayed.replay_failure is None
    assert spans.all() == ()
