"""The worker: carries out the workflows and their activities, and sweeps up facts that were left behind."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import PollerBehaviorAutoscaling, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.charging_session import ChargingSessionActivities
from activities.command import CommandActivities
from activities.commissioning import CommissioningActivities
from activities.deadlines import DeadlineActivities
from activities.delivery import DeliveryActivities
from activities.driver_notices import DriverNoticesRound
from activities.figures import FiguresRound
from activities.gateways.documents import documents_from
from activities.gateways.grid_operator import HttpGridOperator
from activities.gateways.mail import SmtpMail
from activities.gateways.sms import TwilioSms
from activities.gateways.webhooks import HttpWebhooks
from activities.hold_watch import HoldWatch
from activities.housekeeping import HousekeepingRound
from activities.installation import InstallationActivities
from activities.partitions import PartitionsRound
from activities.personal_data import PersonalDataRound
from activities.placement import PlacementActivities
from activities.refusals import RefusalActivities
from activities.relay import TASK_QUEUE, Relay
from activities.settling import SettlingActivities
from activities.station import StationActivities
from activities.station_watch import StationWatch
from activities.steps import Steps
from activities.subscriber import SubscriberActivities
from models.secrets import KeyRing
from models.settings import Settings
from models.store.database import Database
from models.usecases.work import Desk, Terms
from workflows import options
from workflows.charging_session import ChargingSessionWorkflow
from workflows.client import connect
from workflows.command import CommandWorkflow
from workflows.commissioning import CommissioningWorkflow
from workflows.deadlines import DeadlinesWorkflow, keep_running
from workflows.delivery import DeliveryWorkflow
from workflows.installation import InstallationWorkflow
from workflows.placement import PlacementWorkflow
from workflows.station import StationWorkflow
from workflows.subscriber import SubscriberWorkflow

WORKFLOWS: list[type] = [
    PlacementWorkflow,
    InstallationWorkflow,
    CommissioningWorkflow,
    CommandWorkflow,
    StationWorkflow,
    SubscriberWorkflow,
    ChargingSessionWorkflow,
    DeliveryWorkflow,
    DeadlinesWorkflow,
]
CACHED_WORKFLOWS = 5_000
CONNECT_AGAIN_AFTER_S = 2.0
DEADLINES_ASKED_FOR_AFTER_S = 600.0


class Readiness(Protocol):
    """Where the worker tells how it can be seen whether its parts are there."""

    def add(self, name: str, check: Callable[[], Awaitable[bool]]) -> None: ...


log = structlog.get_logger()


def runner() -> SandboxedWorkflowRunner:
    """Workflows see our own pure modules as they are, instead of importing them anew for each run."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules("models", "activities", "pydantic", "orjson")
    return SandboxedWorkflowRunner(restrictions=restrictions)


def activities_of(settings: Settings, desk: Desk, relay: Relay) -> list[Callable[..., Any]]:
    """Every activity, bound to its clients."""
    steps = Steps(desk, relay)
    placement = PlacementActivities(steps, HttpGridOperator.from_settings(settings))
    documents, mail = documents_from(settings), SmtpMail.from_settings(settings)
    installation = InstallationActivities(steps, documents)
    subscriber = SubscriberActivities(steps, documents, mail)
    delivery = DeliveryActivities(
        steps,
        mail,
        HttpWebhooks.from_settings(settings),
        KeyRing.parse(settings.keys.get_secret_value()),
        settings.public_api_url,
    )
    of_all = (RefusalActivities(desk), SettlingActivities(desk), DeadlineActivities(desk, relay))
    stations = (CommissioningActivities(steps), CommandActivities(steps), StationActivities(steps))
    rooms = (placement, installation, *stations, subscriber, ChargingSessionActivities(steps), delivery, *of_all)
    return [
        method
        for room in rooms
        for name in dir(room)
        if not name.startswith("_") and hasattr(method := getattr(room, name), "__temporal_activity_definition")
    ]


async def serve(settings: Settings, stop: asyncio.Event, ready: Readiness) -> None:
    """Work until told to stop; Temporal and PostgreSQL are waited for."""
    desk = Desk(Database(settings.sqlalchemy_url), Terms.of(settings))
    ready.add("database", desk.database.is_ready)
    ready.add("temporal", _not_yet)
    async with asyncio.TaskGroup() as together:
        # Before Temporal is there: then it is told best how many facts wait for it.
        together.create_task(FiguresRound(desk).run(stop))
        together.create_task(HousekeepingRound(desk).run(stop))
        together.create_task(StationWatch(desk).run(stop))
        together.create_task(PartitionsRound(desk).run(stop))
        together.create_task(HoldWatch(desk).run(stop))
        sms = TwilioSms.from_settings(settings)
        together.create_task(DriverNoticesRound(desk, SmtpMail.from_settings(settings), sms).run(stop))
        together.create_task(PersonalDataRound(desk, documents_from(settings)).run(stop))
        client = await _connected(settings, stop)
        if client is not None:
            await _work(settings, desk, client, stop, ready)
    await sms.aclose()
    await desk.database.close()


async def _work(settings: Settings, desk: Desk, client: Client, stop: asyncio.Event, ready: Readiness) -> None:
    relay = Relay(desk, client)
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=activities_of(settings, desk, relay),
        workflow_runner=runner(),
        max_cached_workflows=CACHED_WORKFLOWS,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=options.WORKER_SHUTDOWN_GRACE,
    )
    async with worker:
        ready.add("temporal", client.service_client.check_health)
        log.info("worker_works", task_queue=TASK_QUEUE)
        async with asyncio.TaskGroup() as together:
            together.create_task(_keep_deadlines_running(client, stop))
            together.create_task(relay.run(stop))


async def _keep_deadlines_running(client: Client, stop: asyncio.Event) -> None:
    """Ask for it again and again: that brings it back should Temporal have lost it, or somebody have ended it."""
    while not stop.is_set():
        again_after_s = DEADLINES_ASKED_FOR_AFTER_S
        try:
            await keep_running(client, TASK_QUEUE)
        except (RPCError, RuntimeError) as error:
            again_after_s = CONNECT_AGAIN_AFTER_S
            log.warning("deadlines_not_started_yet", reason=str(error)[:200])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), again_after_s)


async def _not_yet() -> bool:
    return False


async def _connected(settings: Settings, stop: asyncio.Event) -> Client | None:
    """A client once Temporal is there, or None where the stop comes first. A worker takes no lazy client."""
    while not stop.is_set():
        try:
            return await connect(settings)
        except (RPCError, RuntimeError) as error:
            log.warning("temporal_not_there_yet", reason=str(error)[:200])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), CONNECT_AGAIN_AFTER_S)
    return None
