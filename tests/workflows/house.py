"""The house around one placement: its workers, its rows, and the outside parties it speaks to."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import activities.relay
import worker
from activities.gateways.documents import documents_from
from activities.gateways.grid_operator import HttpGridOperator
from activities.gateways.mail import SmtpMail
from activities.gateways.webhooks import HttpWebhooks
from activities.relay import Relay
from csms.node import SHUTDOWN_GRACE
from models.clock import utc_now
from models.errors import ProcessNotReady
from models.messages.base import Decision, Subject
from models.rules.grid import GridEvent
from models.settings import Settings
from models.usecases import commissioning, placement, work_order
from tests.people import World
from tests.road import NODE, ROAD_EVENTS, Road
from tests.workflows.outside import FakeGrid, FakeMail, FakeStation, FakeWebhooks
from workflows import decisions, options

DEADLINE_S = 40
"""Well within what a test may take at all; others run beside it."""
LOOKED_AGAIN_AFTER_S = 0.05
"""Each look asks the server, and it is the servers that are waited for."""
METADATA_QUERY = "__temporal_workflow_metadata"


async def _nothing() -> None:
    return


async def _real_time(_duration: timedelta) -> None:
    raise AssertionError("time passes as it does here; take the patient house")


class _LookedOverOnce(SandboxedWorkflowRunner):
    """As the product's; each of our many workers would load every workflow anew, to see that it can be."""

    _seen: ClassVar[set[str | None]] = set()

    def prepare_workflow(self, defn: Any) -> None:
        if defn.name not in self._seen:
            super().prepare_workflow(defn)
            self._seen.add(defn.name)


class Patience:
    """Lets days pass in Temporal, and on the clock of the house with it."""

    def __init__(self, environment: WorkflowEnvironment) -> None:
        self._environment = environment
        self._passed = timedelta()

    def now(self) -> datetime:
        return utc_now() + self._passed

    async def skip(self, duration: timedelta) -> None:
        self._passed += duration
        await self._environment.sleep(duration)


class House:
    """``road`` moves rows as if by the processes; ``decide``, ``grid_says`` and ``boots`` go through them."""

    def __init__(self, client: Client, settings: Settings, world: World, queue: str) -> None:
        self.client = client
        self.settings = settings
        self.world = world
        self.queue = queue
        self.node = f"{NODE}-{queue}"
        self.desk = world.desk
        self.road = Road(world, self.node)
        self.relay = Relay(self.desk, client)
        self.grid = FakeGrid()
        self.webhooks = FakeWebhooks()
        self.mail = FakeMail()
        self.station = FakeStation(self.desk, self.relay)
        self.skip: Callable[[timedelta], Awaitable[None]] = _real_time
        self.between: Callable[[], Awaitable[None]] = _nothing

    @asynccontextmanager
    async def open(self, patch: pytest.MonkeyPatch) -> AsyncIterator["House"]:
        """The worker of the product, with outside parties of ours, and a node's worker.

        They end as the product's do: the SDK's own ending may hang where it cancels an activity in its first moments.
        """
        patch.setattr(activities.relay, "TASK_QUEUE", self.queue)
        patch.setattr(HttpGridOperator, "from_settings", lambda _settings: self.grid)
        patch.setattr(SmtpMail, "from_settings", lambda _settings: self.mail)
        patch.setattr(HttpWebhooks, "from_settings", lambda _settings: self.webhooks)
        carried_out = worker.activities_of(self.settings, self.desk, self.relay)
        async with AsyncExitStack() as stack:
            main = Worker(
                self.client,
                task_queue=self.queue,
                workflows=worker.WORKFLOWS,
                workflow_runner=_LookedOverOnce(worker.runner().restrictions),
                activities=carried_out,
                graceful_shutdown_timeout=options.WORKER_SHUTDOWN_GRACE,
            )
            await stack.enter_async_context(main)
            node = Worker(
                self.client,
                task_queue=f"csms-{self.node}",
                activities=[self.station.send_command],
                graceful_shutdown_timeout=SHUTDOWN_GRACE,
            )
            await stack.enter_async_context(node)
            stop = asyncio.Event()
            sweeping = asyncio.create_task(self.relay.run(stop))
            yield self
            stop.set()
            await sweeping

    @property
    def placement_id(self) -> str:
        return placement.workflow_id(self.road.placement.reference)

    @property
    def work_order_id(self) -> str:
        return work_order.workflow_id(self.road.order.reference)

    @property
    def station_id(self) -> str:
        return commissioning.workflow_id(self.road.asset.name)

    async def start(self, kind: str, workflow_id: str, subject: Subject) -> WorkflowHandle[Any, Any]:
        """A process is started from its rows, which say that it has heard everything (rule 4)."""
        await self.road.heard(workflow_id)
        try:
            return await self.client.start_workflow(kind, subject, id=workflow_id, task_queue=self.queue)
        except WorkflowAlreadyStartedError:
            # The road took so long that the sweep has started it on the way.
            await self.client.get_workflow_handle(workflow_id).terminate("started from its rows")
            return await self.client.start_workflow(kind, subject, id=workflow_id, task_queue=self.queue)

    async def start_placement(self) -> WorkflowHandle[Any, Any]:
        return await self.start("placement", self.placement_id, self.road.subject(self.road.placement))

    async def start_installation(self) -> WorkflowHandle[Any, Any]:
        return await self.start("installation", self.work_order_id, self.road.subject(self.road.order))

    async def start_commissioning(self) -> WorkflowHandle[Any, Any]:
        return await self.start("commissioning", self.station_id, self.road.subject(self.road.asset))

    async def decide(self, workflow_id: str, name: str, decision: Decision) -> None:
        """As the API puts it: again where the answer is to try again in a moment."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                return await decisions.decide(self.client, self.desk, workflow_id, name, decision)
            except ProcessNotReady:
                assert time.monotonic() < deadline, f"{workflow_id} took no decision in time"
                await asyncio.sleep(0.05)

    async def grid_says(self, connection: str, *events: GridEvent, **said: Any) -> None:
        """Calls are received and handed over, as the API does it."""
        for event in events:
            await self.road.grid_calls(connection, event, **said)
            await self.relay.deliver([self.placement_id])

    async def grid_finishes(self, connection: str) -> None:
        await self.grid_says(connection, *ROAD_EVENTS, GridEvent.CONNECTED)
        await self.assert_arrives("in_installation", "open")
        await self.until(self._found_order)

    async def boots(self, serial: str = "SN-HW-1") -> bool:
        """The station connects and boots, as its node tells it."""
        await self.road.connect()
        await self.relay.deliver([self.station_id])
        taken = await self.road.boot(serial)
        await self.relay.deliver([self.station_id])
        return taken

    async def assert_arrives(self, *stages: str) -> None:
        """The placement, its work order and its station come to stand at these stages."""
        seen: tuple[str | None, ...] = ()

        async def there() -> bool:
            nonlocal seen
            seen = (await self.road.stages())[: len(stages)]
            return seen == stages

        await self.until(there, lambda: f"at {seen} instead of {stages}")

    async def is_at_rest(self, workflow_id: str) -> bool:
        """Nothing of it is under way: a task that ends with its worker is missed by the server after ten seconds."""
        described = (await self.describe(workflow_id)).raw_description
        return not described.pending_activities and not described.HasField("pending_workflow_task")

    async def until(self, condition: Callable[[], Awaitable[Any]], why: Callable[[], str] = lambda: "") -> Any:
        """The condition's value once it is true."""
        deadline = time.monotonic() + DEADLINE_S
        while not (value := await condition()):
            assert time.monotonic() < deadline, f"it did not come true in time {why()}"
            await asyncio.sleep(LOOKED_AGAIN_AFTER_S)
        return value

    async def details(self, workflow_id: str) -> str:
        """What an engineer reads in the Temporal UI."""
        handle = self.client.get_workflow_handle(workflow_id)
        told: WorkflowMetadata = await handle.query(METADATA_QUERY, result_type=WorkflowMetadata)
        return told.current_details

    async def describe(self, workflow_id: str) -> WorkflowExecutionDescription:
        return await self.client.get_workflow_handle(workflow_id).describe()

    async def store_photos(self, content: bytes) -> None:
        """The bytes of every photo that the road has put with its work order."""
        kept = documents_from(self.settings)
        for key in self.road.photo_keys:
            await kept.put(key, content, "image/png")

    async def _found_order(self) -> bool:
        return await self.road.find_order()
