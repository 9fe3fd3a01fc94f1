"""Outside parties as a process meets them: a grid operator's client, partners' endpoints, a station on its node."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from temporalio import activity

from activities.gateways.errors import Refused, TryAgain
from activities.gateways.mail import MailMessage
from activities.gateways.webhooks import Delivered
from activities.relay import Relay
from models.messages.grid import ConnectionRequest
from models.messages.station import CommandOutcome, StationCommand
from models.messages.telemetry import Metered, Started, Stopped
from models.store import charging as charges
from models.usecases import charging, station
from models.usecases.work import Desk, Work
from tests.road import NOBODY


async def _at_once() -> None:
    return


class FakeGrid:
    """Stands where the grid operator's client stands; the same key never makes a second request."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.made: dict[str, str] = {}
        self.away: Callable[[], bool] = lambda: False
        self.answers_lost = 0
        self.refuses = ""
        self.says: TryAgain | None = None
        self.requests: list[ConnectionRequest] = []
        self.cancelled: list[str] = []
        self.cancel_keys: list[str] = []
        self.does_not_cancel = ""
        """Why it refuses to."""
        self.on_its_way: Callable[[], Awaitable[None]] = _at_once

    async def request_connection(self, request: ConnectionRequest, key: str) -> str:
        self.keys.append(key)
        self.requests.append(request)
        await self.on_its_way()
        if self.away():
            raise TryAgain("connection refused")
        if self.says is not None:
            raise self.says
        if self.refuses:
            raise Refused(self.refuses)
        given = self.made.setdefault(key, f"GC-{request.reference.replace('/', '-')}")
        if self.answers_lost:
            self.answers_lost -= 1
            raise TryAgain("the answer was lost on its way")
        return given

    async def cancel(self, connection_request_id: str, key: str) -> None:
        self.cancel_keys.append(key)
        if self.away():
            raise TryAgain("connection refused")
        if self.does_not_cancel:
            raise Refused(self.does_not_cancel)
        assert connection_request_id in self.made.values(), "it was never requested"
        self.cancelled.append(connection_request_id)


class FakeWebhooks:
    """Stands where the client for partners' endpoints stands."""

    def __init__(self) -> None:
        self.tries: list[str] = []
        self.taken: list[str] = []
        self.refuses: Callable[[str], bool] = lambda _notice_id: False

    async def send(self, url: str, secrets: Sequence[str], notice_id: str, at: datetime, body: bytes) -> Delivered:
        assert url
        assert all(secret.startswith("whsec_") for secret in secrets)
        assert at.tzinfo
        assert body
        self.tries.append(notice_id)
        if self.refuses(notice_id):
            raise TryAgain("the endpoint answered 503")
        self.taken.append(notice_id)
        return Delivered(status=204, duration_s=0.01)


class FakeMail:
    """Stands where the client for the mail server stands."""

    def __init__(self) -> None:
        self.sent: list[MailMessage] = []
        self.says: Refused | TryAgain | None = None

    async def send(self, message: MailMessage) -> None:
        self.sent.append(message)
        if self.says is not None:
            raise self.says


class FakeStation:
    """Does what commands ask for as a station at its node does: it answers, then tells the platform."""

    def __init__(self, desk: Desk, relay: Relay) -> None:
        self._desk = desk
        self._relay = relay
        self.settings: dict[str, str] = {}
        self.list_version = 0
        self.listed: set[str] = set()
        self.commands: list[str] = []
        self.cards: list[str] = []
        self.refuses: set[str] = set()
        self.ignores: set[str] = set()
        """Commands that it takes and then does nothing about."""
        self.answers: deque[CommandOutcome | Exception] = deque()
        """What comes of the next commands, before anything else does."""
        self.energy_wh = 300
        self._telling: set[asyncio.Task[None]] = set()

    @activity.defn(name="send_command")
    async def send_command(self, command: StationCommand) -> CommandOutcome:
        self.commands.append(command.kind)
        if self.answers:
            answer = self.answers.popleft()
            if isinstance(answer, Exception):
                raise answer
            return answer
        given = command.arguments
        if command.kind in self.refuses or given.get("key") in self.refuses:
            return CommandOutcome(outcome="rejected")
        if command.kind == "read_configuration":
            known = {key: {"value": value} for key, value in self.settings.items()}
            return CommandOutcome(outcome="accepted", data={"configuration": known})
        if command.kind == "read_local_list_version":
            return CommandOutcome(outcome="accepted", data={"version": self.list_version})
        if command.kind == "send_local_list":
            self._take_list(given)
        elif command.kind == "change_configuration":
            self.settings[given["key"]] = given["value"]
        elif command.kind not in self.ignores:
            telling = asyncio.create_task(self._tell(command.asset_id, command.kind, given))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
        return CommandOutcome(outcome="accepted")

    def _take_list(self, given: dict[str, Any]) -> None:
        kept = set() if given["kind"] == "full" else self.listed
        gone = {each["token"] for each in given["tokens"] if each["verdict"] is None}
        self.listed = (kept | {each["token"] for each in given["tokens"]}) - gone
        self.list_version = given["version"]

    async def _tell(self, asset_id: UUID, kind: str, given: dict[str, Any]) -> None:
        match kind:
            case "trigger_message" if given["message"] == "status":
                await self._do(lambda work: _available(work, asset_id, given["connector"]))
            case "start_charging":
                self.cards.append(given["token"])
                await self._do(lambda work: _start(work, asset_id, given["token"]))
                await self._do(lambda work: _meter(work, asset_id, self.energy_wh))
            case "stop_charging":
                await self._do(lambda work: _stop(work, asset_id, given["transaction"], self.energy_wh))

    async def _do(self, use_case: Callable[[Work], Any]) -> None:
        async with self._desk.work(NOBODY, "station") as work:
            await use_case(work)
        await self._relay.deliver(work.handed_over)


async def _available(work: Work, asset_id: UUID, connector: int) -> None:
    await station.status(work, asset_id, connector, "Available", "NoError", work.now, None)


async def _start(work: Work, asset_id: UUID, token: str) -> None:
    await charging.start(
        work,
        Started(
            asset_id,
            "",
            connector=1,
            token=token,
            meter_start_wh=1000,
            started_at=work.now,
            frame="[]",
            irregularities=[],
        ),
    )


async def _meter(work: Work, asset_id: UUID, energy_wh: int) -> None:
    (running,) = await charges.running(work.session, asset_id)
    register = 1000 + energy_wh
    await charging.meter(
        work,
        Metered(
            asset_id,
            "",
            connector=1,
            number=running.number,
            samples=[],
            register_wh=register,
            frame="[]",
            irregularities=[],
        ),
    )


async def _stop(work: Work, asset_id: UUID, number: int, energy_wh: int) -> None:
    await charging.stop(
        work,
        Stopped(
            asset_id,
            "",
            number=number,
            meter_stop_wh=1000 + energy_wh,
            stopped_at=work.now,
            reason="Remote",
            token=None,
            samples=[],
            frame="[]",
            irregularities=[],
        ),
    )
