"""What a worker tells of what waits in the rows."""

import asyncio
import dataclasses
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

import worker
from activities.delivery import DeliveryActivities
from activities.figures import COLLECTED_AT, FiguresRound
from cli.supervisor.ports import free_port
from models import tracing
from models.clock import utc_now
from models.settings import Settings
from models.tables.asset import StationConnection
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases.delivery import Outcome, Taken
from models.usecases.work import Desk
from tests.people import World
from tests.road import Road
from tests.spans import kept_spans, trace_of


def figure(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def collected(desk: Desk, *, later: timedelta = timedelta()) -> None:
    await FiguresRound(dataclasses.replace(desk, clock=lambda: utc_now() + later)).collect()


async def test_a_request_shows_as_a_waiting_process_a_fact_and_a_task(world: World) -> None:
    await Road(world).submit()
    await collected(world.desk, later=timedelta(minutes=1))
    assert figure("stationmaster_processes", kind="placement", stage="submitted") == 1
    assert figure("stationmaster_handover_waiting") == 1
    assert 60 <= (figure("stationmaster_handover_lag_seconds") or 0) < 90
    assert figure("stationmaster_tasks", role="operations", overdue="false") == 1


async def test_a_task_is_overdue_after_its_due_date(world: World) -> None:
    await Road(world).submit()
    await collected(world.desk, later=timedelta(days=60))
    assert figure("stationmaster_tasks", role="operations", overdue="true") == 1
    assert figure("stationmaster_tasks", role="operations", overdue="false") is None


async def test_what_waits_no_more_is_not_told_any_more(world: World) -> None:
    road = Road(world)
    await road.submit()
    await collected(world.desk)
    await road.reject()
    async with world.desk.database.transaction() as session:
        await session.execute(sa.text("UPDATE handover SET delivered_at = now()"))
    await collected(world.desk)
    assert figure("stationmaster_processes", kind="placement", stage="submitted") is None
    assert figure("stationmaster_handover_waiting") == 0
    assert figure("stationmaster_handover_lag_seconds") == 0


async def test_endpoints_are_told_by_their_state_and_stations_by_their_node(world: World) -> None:
    road = Road(world)
    await road.to_test()
    async with world.desk.database.transaction() as session:
        for number, failures in enumerate((0, 3, 400, 401)):
            address = f"https://partner.example/{number}"
            owner = world.municipality.id
            session.add(Endpoint(organisation_id=owner, channel=Channel.WEBHOOK, address=address, failures=failures))
        session.add(
            StationConnection(
                asset_id=road.asset.id,
                connection_id=str(uuid4()),
                node="node-7",
                remote_ip="192.0.2.1",
                protocol="ocpp1.6",
                connected_at=utc_now(),
            )
        )
    await collected(world.desk)
    told = {state: figure("stationmaster_endpoints", channel="webhook", state=state) for state in ("failing", "down")}
    assert told == {"failing": 1, "down": 2}
    assert figure("stationmaster_stations_connected", node="node-7") == 1


async def test_while_the_database_is_away_the_figures_stay_and_grow_old(world: World) -> None:
    await collected(world.desk)
    before = figure("stationmaster_figures_collected_timestamp_seconds")
    await world.desk.database.close()
    away = dataclasses.replace(world.desk, database=_Away())  # type: ignore[arg-type]
    stop = asyncio.Event()
    round_ = asyncio.create_task(FiguresRound(away).run(stop))
    await asyncio.sleep(0)
    stop.set()
    await round_
    assert COLLECTED_AT.collect()
    assert figure("stationmaster_figures_collected_timestamp_seconds") == before


class _Away:
    def transaction(self) -> None:
        raise ConnectionRefusedError


class _Checks:
    def add(self, _name: str, _check: object) -> None:
        """Whether the worker is ready is of no interest here."""


async def test_a_worker_tells_its_figures_also_while_temporal_is_away(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Road(world).submit()
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    stop, began = asyncio.Event(), utc_now().timestamp()
    working = asyncio.create_task(worker.serve(settings, stop, _Checks()))
    async with asyncio.timeout(30):
        while (figure("stationmaster_figures_collected_timestamp_seconds") or 0) < began:
            assert not working.done()
            await asyncio.sleep(0.02)
    assert figure("stationmaster_handover_waiting") == 1
    stop.set()
    async with asyncio.timeout(30):
        await working


@pytest.mark.parametrize(
    ("outcome", "named"),
    [
        (Outcome(0.1, 200), "delivered"),
        (Outcome(0.1, 503, "busy"), "put_off"),
        (Outcome(0.1, 410, "gone", final=True), "refused"),
    ],
)
async def test_a_try_to_bring_a_notice_is_counted_and_stands_in_the_trace_of_the_notice(
    outcome: Outcome, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tried(*_: object) -> Outcome:
        return outcome

    monkeypatch.setattr(DeliveryActivities, "_try", tried)
    labels = {"channel": "webhook", "outcome": named}
    before = figure("stationmaster_deliveries_total", **labels) or 0
    rooms = DeliveryActivities(None, None, None, None, "")  # type: ignore[arg-type]
    endpoint = Endpoint(organisation_id=uuid4(), channel=Channel.WEBHOOK, address="https://partner.example")
    with kept_spans(monkeypatch) as spans:
        with tracing.span("request") as request:
            told = Notice(endpoint_id=endpoint.id, event="placement.accepted", data={"street": "Dam"})
        with tracing.span("RunActivity:drain"):
            await rooms._traced(Taken(told, endpoint, uuid4()))
    assert figure("stationmaster_deliveries_total", **labels) == before + 1
    delivered = spans.one("notice.deliver")
    assert trace_of(delivered) == request.get_span_context().trace_id
    assert delivered.links
    assert delivered.attributes == {"stationmaster.channel": "webhook", "stationmaster.event": "placement.accepted"}
