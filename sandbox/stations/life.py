"""A station's life on the wire: it connects, boots, beats, and comes back when the socket has ended."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from sandbox.stations.connection import opened
from sandbox.stations.description import Fault
from sandbox.stations.garbage import GARBAGE
from sandbox.stations.link import CallError, Link, NoAnswerError, Payload
from sandbox.stations.settings import Knob

if TYPE_CHECKING:
    from sandbox.stations.station import Station

BACK_OFF_S = (0.5, 1, 2, 5, 10, 30)
ATTEMPTS_PER_ADDRESS = 3
BOOT_AGAIN_S = 30


class Life:
    """One task reads for as long as the socket lasts; the heart is a timer. ``accepted`` is set while it may work."""

    def __init__(self, station: "Station", handshakes: asyncio.Semaphore) -> None:
        self.registration: str | None = None
        self.refusal: str | None = None
        self.link: Link | None = None
        self.accepted = asyncio.Event()
        self._station = station
        self._handshakes = handshakes
        self._boot_reason = "PowerUp"
        self._reachable = asyncio.Event()
        self._reachable.set()
        self._fit = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._heart: asyncio.TimerHandle | None = None
        self._beating: asyncio.Task[None] | None = None
        self._failures = 0

    @property
    def connected(self) -> bool:
        return self.link is not None

    def begin(self, boot_reason: str) -> None:
        self.registration, self._boot_reason = None, boot_reason
        self._station.dialect.before_boot()
        self._task = asyncio.create_task(self._live())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task = self.link = None
        self.accepted.clear()

    async def begin_again(self, boot_reason: str) -> None:
        self.registration, self._boot_reason = None, boot_reason
        self.accepted.clear()
        self._station.dialect.before_boot()
        if self.link is not None:
            await self.link.close()

    def cut(self) -> None:
        if self.link is not None:
            self.link.abort()

    def go_off_line(self) -> None:
        """The network is gone until ``come_back``."""
        self._reachable.clear()
        self.cut()

    def come_back(self) -> None:
        self._reachable.set()

    def look_again(self) -> None:
        """A fault was mended, perhaps."""
        self._fit.set()

    async def _live(self) -> None:
        while True:
            await self._reachable.wait()
            if self._station.has(Fault.NEVER_CONNECTS):
                self._fit.clear()
                await self._fit.wait()
                continue
            try:
                await self._connect()
                self._failures = 0
            except (InvalidHandshake, InvalidURI) as error:
                self.refusal = str(error)
                self._failures += 1
            except (OSError, TimeoutError, ConnectionClosed) as error:
                self.refusal = f"{type(error).__name__}: {error}"
                self._failures += 1
            pause_s = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
            await self._station.wait(pause_s * self._station.dice.of("back-off").uniform(0.8, 1.2))

    async def _connect(self) -> None:
        addresses = self._station.dialect.addresses()
        url, profile = addresses[self._failures // ATTEMPTS_PER_ADDRESS % len(addresses)]
        opening = opened(self._station, url, profile)
        async with self._handshakes:
            socket = await opening
        try:
            await self._talk(socket)
        finally:
            await socket.close()
        self.refusal = None if socket.close_code in {1000, 1001, None} else f"closed with {socket.close_code}"

    async def _talk(self, socket: ClientConnection) -> None:
        station = self._station

        async def met(message_id: str, action: str, payload: Payload) -> None:
            await station.answering.meet(link, message_id, action, payload)

        link = Link(socket, met, station.note_frame, station.sent)
        self.link, self.refusal = link, None
        working = asyncio.create_task(self._work(link))
        try:
            await link.read()
        finally:
            self.link = None
            self.accepted.clear()
            station.outbox.close()
            self.rest()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _work(self, link: Link) -> None:
        """From the socket's opening until all is as it should be."""
        station = self._station
        with contextlib.suppress(NoAnswerError, CallError, ConnectionClosed):
            if station.has(Fault.GARBAGE):
                for frame in GARBAGE:
                    await link.send(frame)
            if not await self._boot():
                return
            if station.has(Fault.DROPS_AFTER_BOOT):
                await link.close()
                return
            await self._tell_statuses()
            self.accepted.set()
            station.outbox.open()
            self.beat_anew(first=True)

    async def _tell_statuses(self) -> None:
        for call in self._station.dialect.statuses():
            await self._station.tell(*call)
        for connector in self._station.charging.connectors.values():
            connector.status = self._station.dialect.status_of(connector)
            await self._station.tell(*self._station.dialect.status(connector))

    # -- boot --------------------------------------------------------------------------------------------------------

    async def _boot(self) -> bool:
        """Boots until accepted; a station that was, and was not rebooted since, goes on without a boot."""
        while self.registration != "Accepted":
            if self._station.has(Fault.NO_BOOT):
                return False
            answer = await self._station.call("BootNotification", self._station.dialect.boot(self._boot_reason))
            self.take_boot_answer(answer)
            if self.registration != "Accepted":
                await self._station.wait(int(answer.get("interval") or BOOT_AGAIN_S))
        return True

    def take_boot_answer(self, answer: Payload) -> None:
        self.registration = str(answer.get("status"))
        interval_s = int(answer.get("interval") or 0)
        if self.registration == "Accepted" and interval_s > 0:
            self._station.configuration.set(Knob.HEARTBEAT_S, str(interval_s))

    # -- heart -------------------------------------------------------------------------------------------------------

    def beat_anew(self, *, first: bool = False) -> None:
        """Sets the heart to the interval of now; the first beat comes early by chance: a park beats not as one."""
        self.rest()
        interval_s = max(1, self._station.configuration.seconds(Knob.HEARTBEAT_S))
        part = self._station.dice.of("heart").uniform(0.5, 1) if first else 1
        delay_s = self._station.waited_s(interval_s * part)
        self._heart = asyncio.get_running_loop().call_later(delay_s, self._beat)

    def rest(self) -> None:
        if self._heart is not None:
            self._heart.cancel()
            self._heart = None

    def _beat(self) -> None:
        if self._beating is None or self._beating.done():  # an unanswered one is not overtaken
            self._beating = self._station.spawn(self._station.tell("Heartbeat", {}))
        self.beat_anew()
