"""One simulated station: power, connection, boot, heartbeat."""

import asyncio
import base64
import contextlib
import random
from collections import deque
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from sandbox.stations.charging import Charging
from sandbox.stations.configuration import AUTHORIZATION_KEY, Configuration
from sandbox.stations.description import Description, Fault
from sandbox.stations.link import CallError, Link, NoAnswerError, Payload
from sandbox.stations.outbox import Outbox
from sandbox.stations.requests import Requests
from sandbox.stations.times import now

FRAMES_KEPT = 500
BACK_OFF_S = (0.5, 1, 2, 5, 10, 30)
GARBAGE = ("no json", '["?"]', '[2,null,"Heartbeat",{}]', '[6,"x","Teleport",{}]', '[2,"g1","Teleport",{}]')


class Station:
    """``changed`` is called when something has changed that survives a power cut."""

    def __init__(
        self, description: Description, changed: Callable[["Station"], None], kept: dict[str, Any] | None = None
    ) -> None:
        kept = kept or {}
        self.description = description
        self.faults = set(description.faults)
        self.configuration = Configuration(description.key, description.connectors, kept.get("configuration"))
        self.frames: deque[dict[str, Any]] = deque(maxlen=FRAMES_KEPT)
        self.registration: str | None = None
        self.powered = False
        self.connected = False
        self.refusal: str | None = None
        self._changed = changed
        self._link: Link | None = None
        self._life: asyncio.Task[None] | None = None
        self._fit = asyncio.Event()
        self.outbox = Outbox(self, kept.get("outbox", []))
        self.charging = Charging(self, kept.get("connectors", []))

    # -- power ------------------------------------------------------------------------------------------------------

    def power_on(self) -> None:
        if not self.powered:
            self.powered = True
            self.registration = None
            self._life = asyncio.create_task(self._live())
            self.keep()

    async def power_off(self) -> None:
        """The power goes: the socket breaks without a word, a running transaction ends by the time of the next boot."""
        self.powered = False
        if self._link is not None:
            self._link.abort()
        await self._end_life()
        self.charging.stop_all("PowerLoss")
        self.keep()

    async def leave(self) -> None:
        """The program ends; the station is found powered when it comes back."""
        await self._end_life()

    async def reboot(self, reason: str) -> None:
        """Goes down in good order and comes up again with a boot."""
        self.charging.stop_all(reason)
        self.registration = None
        if self._link is not None:
            await self._link.close()

    def set_faults(self, faults: set[Fault]) -> None:
        self.faults = set(faults)
        self.description.faults = set(faults)
        self._fit.set()
        self.keep()

    async def _end_life(self) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        self._life, self.connected, self._link = None, False, None
        await self.charging.sleep()

    # -- what others of this station need ----------------------------------------------------------------------------

    def keep(self) -> None:
        self._changed(self)

    def has(self, fault: Fault) -> bool:
        return fault in self.faults

    def waited_s(self, seconds: float) -> float:
        """Real seconds for that much of the station's time."""
        return max(0.02, seconds / self.description.speed)

    def spawn(self, errand: Any) -> None:
        self.charging.spawn(errand)

    async def call(self, action: str, payload: Payload) -> Payload:
        """Raises NoAnswerError and CallError."""
        if self._link is None or not self.connected:
            raise NoAnswerError(action)
        try:
            return await self._link.call(action, payload)
        except ConnectionClosed:
            raise NoAnswerError(action) from None

    async def tell(self, action: str, payload: Payload) -> None:
        """Says something that may get lost."""
        with contextlib.suppress(NoAnswerError, CallError):
            await self.call(action, payload)

    def note_frame(self, direction: str, frame: Any) -> None:
        self.frames.append({"at": now(), "direction": direction, "frame": _without_key(frame)})

    # -- life --------------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        failures = 0
        while True:
            if self.has(Fault.NEVER_CONNECTS):
                self._fit.clear()
                await self._fit.wait()
                continue
            try:
                await self._connect()
                failures = 0
            except InvalidHandshake as error:
                self.refusal = str(error)
                failures += 1
            except (OSError, TimeoutError, ConnectionClosed) as error:
                self.refusal = f"{type(error).__name__}: {error}"
                failures += 1
            pause_s = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
            await asyncio.sleep(self.waited_s(pause_s * random.uniform(0.8, 1.2)))

    async def _connect(self) -> None:
        url = f"{self.description.url.rstrip('/')}/{self.description.identity}"
        async with connect(
            url,
            subprotocols=[Subprotocol("ocpp1.6")],
            additional_headers={"Authorization": self._credentials()},
            compression=None,
            proxy=None,
            close_timeout=2,
            user_agent_header=f"{self.description.vendor}/{self.description.firmware}",
        ) as socket:
            self._link = Link(socket, Requests(self).answer, self.note_frame)
            self.connected, self.refusal = True, None
            working = asyncio.create_task(self._work(self._link))
            try:
                await self._link.read()
            finally:
                self.connected, self._link = False, None
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                self.refusal = None if socket.close_code in {1000, 1001, None} else f"closed with {socket.close_code}"

    def _credentials(self) -> str:
        key = "not-the-key" if self.has(Fault.WRONG_KEY) else self.configuration.key
        return "Basic " + base64.b64encode(f"{self.description.identity}:{key}".encode()).decode()

    async def _work(self, link: Link) -> None:
        """From the boot on, until the socket ends."""
        with contextlib.suppress(NoAnswerError, CallError, ConnectionClosed):
            if self.has(Fault.GARBAGE):
                for frame in GARBAGE:
                    await link.send(frame)
            if not await self._boot():
                return
            if self.has(Fault.DROPS_AFTER_BOOT):
                await link.close()
                return
            await self.charging.tell_all_states()
            sending = asyncio.create_task(self.outbox.send())
            try:
                await self._beat()
            finally:
                sending.cancel()

    async def _boot(self) -> bool:
        """Boots until accepted; a station that was, and was not rebooted since, goes on without a boot."""
        while self.registration != "Accepted":
            if self.has(Fault.NO_BOOT):
                return False
            answer = await self.call("BootNotification", self.boot_payload())
            self.take_boot_answer(answer)
            if self.registration != "Accepted":
                await asyncio.sleep(self.waited_s(int(answer.get("interval") or 30)))
        return True

    def boot_payload(self) -> Payload:
        serial = self.description.serial
        return {
            "chargePointVendor": self.description.vendor,
            "chargePointModel": self.description.model,
            "chargePointSerialNumber": f"X{serial}"[:25] if self.has(Fault.WRONG_SERIAL) else serial,
            "firmwareVersion": self.description.firmware,
        }

    def take_boot_answer(self, answer: Payload) -> None:
        self.registration = str(answer.get("status"))
        if self.registration == "Accepted" and int(answer.get("interval") or 0) > 0:
            self.configuration.change("HeartbeatInterval", str(int(answer["interval"])))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.waited_s(max(1, self.configuration.seconds("HeartbeatInterval"))))
            await self.call("Heartbeat", {})

    # -- what is shown and kept --------------------------------------------------------------------------------------

    def shown(self, *, whole: bool) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "identity": self.description.identity,
            "serial": self.description.serial,
            "powered": self.powered,
            "connected": self.connected,
            "registration": self.registration,
            "refusal": self.refusal,
            "faults": sorted(self.faults),
            "own_key": self.configuration.key != self.description.key,
            "connectors": self.charging.shown(),
        }
        if whole:
            shown |= {
                "description": self.description.model_dump(mode="json", exclude={"key"}),
                "configuration": self.configuration.shown,
                "waiting_messages": len(self.outbox.waiting),
                "transactions": self.charging.history,
                "frames": list(self.frames),
            }
        return shown

    def kept(self) -> dict[str, Any]:
        """What survives a power cut, and a restart of the program."""
        return {
            "description": self.description.model_dump(mode="json"),
            "powered": self.powered,
            "configuration": self.configuration.kept,
            "connectors": self.charging.kept(),
            "outbox": list(self.outbox.waiting),
        }


def _without_key(frame: Any) -> Any:
    changes_key = isinstance(frame, list) and len(frame) == 4 and isinstance(frame[3], dict)
    if changes_key and frame[3].get("key") == AUTHORIZATION_KEY:
        return [*frame[:3], {**frame[3], "value": "***"}]
    return frame
