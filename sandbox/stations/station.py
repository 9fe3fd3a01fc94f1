"""One simulated station: power, what it is made of, and what is shown of it."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.exceptions import ConnectionClosed

from sandbox.stations.admission import Admission
from sandbox.stations.answering import Answering
from sandbox.stations.availability import after_transaction
from sandbox.stations.certificates import Certificates
from sandbox.stations.charging import Charging
from sandbox.stations.connector import Connector
from sandbox.stations.description import Description, Fault, Protocol
from sandbox.stations.dialect import Dialect
from sandbox.stations.dice import Dice
from sandbox.stations.firmware import Firmware
from sandbox.stations.life import Life
from sandbox.stations.limits import Limits
from sandbox.stations.link import CallError, NoAnswerError, Payload, Sent
from sandbox.stations.logs import Logs
from sandbox.stations.manners import Manners
from sandbox.stations.masking import masked
from sandbox.stations.outbox import Outbox
from sandbox.stations.reservations import Reservations
from sandbox.stations.script import Script
from sandbox.stations.settings import Knob, Settings
from sandbox.stations.times import Clock
from sandbox.stations.v2.dialect import V2
from sandbox.stations.v16.dialect import V16

CALLS_KEPT = 20
SHORTEST_WAIT_S = 0.02


class Station:
    """``changed`` is called when something has changed that survives a power cut.

    ``handshakes`` bounds how many stations of the program connect at once.
    """

    def __init__(
        self,
        description: Description,
        changed: Callable[["Station"], None],
        kept: dict[str, Any] | None = None,
        handshakes: asyncio.Semaphore | None = None,
    ) -> None:
        kept = kept or {}
        self.description = description
        self.faults = set(description.faults)
        self.clock = Clock(kept.get("drift_s", 0))
        self.dice = Dice(description.seed, description.identity)
        self.frames: deque[dict[str, Any]] = deque(maxlen=description.frames_kept)
        self.sent: deque[Sent] = deque(maxlen=CALLS_KEPT)
        self.powered = False
        self._changed = changed
        self._errands: set[asyncio.Task[Any]] = set()
        self.manners = Manners()
        self.answering = Answering(self)
        self.firmware = Firmware(self, kept.get("firmware"))
        self.logs = Logs(self)
        self.certificates = Certificates(kept.get("certificates", {}))
        self.dialect: Dialect = (V16 if description.protocol is Protocol.V16 else V2)(self, kept)
        self.admission = Admission(self, kept.get("local_list", {}))
        self.limits = Limits(self)
        self.life = Life(self, handshakes or asyncio.Semaphore())
        self.outbox = Outbox(self, kept.get("outbox", []))
        self.script = Script(self)
        self.reservations = Reservations(self, kept.get("reservations", []))
        self.charging = Charging(self, kept.get("connectors", []))
        # What ran when the program was killed ended there, as by a power cut.
        self.charging.stop_all("PowerLoss")
        self.dialect.take_profiles(kept.get("profiles", []))

    # -- power ------------------------------------------------------------------------------------------------------

    def power_on(self) -> None:
        if not self.powered:
            self.powered = True
            self.life.begin("PowerUp")
            self.reservations.start_timers()
            self.limits.fit()
            self.keep()

    async def power_off(self) -> None:
        """The power goes: the socket breaks without a word, a running transaction ends by the time of the next boot."""
        self.powered = False
        self.life.cut()
        await self._rest()
        self.charging.stop_all("PowerLoss")
        self.keep()

    async def leave(self, *, hang_up: bool = True) -> None:
        """The program ends, with a good-bye or without; the station is found powered when it comes back."""
        self.script.end()
        if not hang_up:
            self.life.cut()
        await self._rest()

    async def reboot(self, reason: str, boot_reason: str) -> None:
        """Goes down in good order and comes up again with a boot."""
        self.charging.stop_all(reason)
        await self.life.begin_again(boot_reason)

    def set_faults(self, faults: set[Fault]) -> None:
        self.faults = set(faults)
        self.description.faults = set(faults)
        self.life.look_again()
        self.keep()

    def set_at_site(self, name: str, value: str) -> None:
        """Raises LookupError and ValueError, as the settings do."""
        self.configuration.set_at_site(name, value)
        if name == self.configuration.knobs[Knob.HEARTBEAT_S] and self.life.accepted.is_set():
            self.life.beat_anew()
        self.keep()

    async def _rest(self) -> None:
        await self.life.end()
        self.limits.rest()
        self.reservations.stop_timers()
        errands = tuple(self._errands)
        for errand in errands:
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)

    # -- what others of this station need ----------------------------------------------------------------------------

    @property
    def configuration(self) -> Settings:
        return self.dialect.settings

    @property
    def firmware_version(self) -> str:
        return self.firmware.version

    @property
    def registration(self) -> str | None:
        return self.life.registration

    @property
    def connected(self) -> bool:
        return self.life.connected

    def keep(self) -> None:
        self._changed(self)

    def has(self, fault: Fault) -> bool:
        return fault in self.faults

    async def wait(self, seconds: float) -> None:
        """That much of the station's time."""
        await asyncio.sleep(self.waited_s(seconds))

    def waited_s(self, seconds: float) -> float:
        """Real seconds for that much of the station's time."""
        return max(SHORTEST_WAIT_S, seconds / self.description.speed)

    async def until_accepted(self) -> None:
        await self.life.accepted.wait()

    def spawn(self, errand: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """An errand lives over a reboot and ends with the power."""
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task

    async def call(self, action: str, payload: Payload) -> Payload:
        """Raises NoAnswerError and CallError."""
        link = self.life.link
        if link is None:
            raise NoAnswerError(action)
        try:
            return await link.call(action, payload)
        except ConnectionClosed:
            raise NoAnswerError(action) from None

    async def tell(self, action: str, payload: Payload) -> None:
        """Says something that may get lost."""
        with contextlib.suppress(NoAnswerError, CallError):
            await self.call(action, payload)

    async def tell_status(self, connector: Connector) -> None:
        """Where the connector's status is another than the one told last."""
        status = self.dialect.status_of(connector)
        if connector.status != status:
            connector.status = status
            if self.registration == "Accepted":
                await self.tell(*self.dialect.status(connector))

    async def tell_security_event(self, kind: str) -> None:
        await self.tell("SecurityEventNotification", {"type": kind, "timestamp": self.clock.now()})

    def transaction_ended(self, connector: Connector) -> None:
        self.limits.profiles.forget_transaction(connector.number)
        self.limits.fit()
        after_transaction(self, connector)
        self.dialect.transaction_ended()

    def note_frame(self, direction: str, frame: Any) -> None:
        if self.frames.maxlen:
            self.frames.append({"at": self.clock.now(), "direction": direction, "frame": masked(frame)})

    # -- what is shown and kept --------------------------------------------------------------------------------------

    def shown(self, *, whole: bool) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "identity": self.description.identity,
            "protocol": self.description.protocol,
            "serial": self.description.serial,
            "firmware": self.firmware_version,
            "powered": self.powered,
            "connected": self.connected,
            "registration": self.registration,
            "refusal": self.life.refusal,
            "faults": sorted(self.faults),
            "own_key": self.configuration.key != self.description.key,
            "connectors": self.charging.shown(),
        }
        if whole:
            shown |= {
                "description": self.description.model_dump(mode="json", exclude={"key"}),
                "configuration": self.configuration.shown,
                "local_list_version": self.admission.local_list.version,
                "reservations": self.reservations.kept(),
                "profiles": [profile.raw for profile in self.limits.profiles.all],
                "waiting_messages": len(self.outbox.waiting),
                "transactions": self.charging.history,
                "script": self.script.shown(),
                "frames": list(self.frames),
                **self.dialect.shown(),
            }
        return shown

    def kept(self) -> dict[str, Any]:
        """What survives a power cut, and a restart of the program."""
        return {
            "description": self.description.model_dump(mode="json"),
            "powered": self.powered,
            "drift_s": self.clock.drift_s,
            "firmware": self.firmware_version,
            "configuration": self.configuration.kept,
            "connectors": self.charging.kept(),
            "outbox": list(self.outbox.waiting),
            "local_list": self.admission.local_list.kept(),
            "reservations": self.reservations.kept(),
            "profiles": [{"connector": one.connector, "raw": one.raw} for one in self.limits.profiles.all],
            "certificates": self.certificates.kept(),
            **self.dialect.kept(),
        }
