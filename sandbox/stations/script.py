"""Plays the steps that a station was told to take, one after the other."""

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed

from sandbox.stations import steps
from sandbox.stations.garbage import rubbish
from sandbox.stations.link import CallError, Link, NoAnswerError

if TYPE_CHECKING:
    from sandbox.stations.station import Station

LOOK_EVERY_S = 0.01
OUTCOMES_KEPT = 200


class ScriptRunningError(Exception):
    """Another script is being played."""


class Script:
    """It is the world around the station, so a power cut does not end it; the end of the program does."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self._steps: list[steps.Step] = []
        self._outcomes: list[dict[str, Any]] = []
        self.state = "none"
        self._task: asyncio.Task[None] | None = None
        self._returns: set[asyncio.Task[None]] = set()

    def play(self, given: list[steps.Step]) -> None:
        """Raises ScriptRunningError while one is played."""
        if self.state == "running":
            raise ScriptRunningError
        self._steps, self._outcomes, self.state = list(given), [], "running"
        self._task = asyncio.create_task(self._play())

    def end(self) -> None:
        if self.state == "running":
            self.state = "ended"
        for task in (self._task, *self._returns):
            if task is not None and not task.done():
                task.cancel()

    def shown(self) -> dict[str, Any]:
        """``done`` counts steps; ``outcomes`` are those of the last steps."""
        return {"state": self.state, "done": len(self._outcomes), "steps": len(self._steps),
                "outcomes": self._outcomes[-OUTCOMES_KEPT:]}  # fmt: skip

    async def _play(self) -> None:
        try:
            for step in self._steps:
                outcome = await self._take(step)
                self._outcomes.append({"do": step.do, "at": self._station.clock.now(), "outcome": outcome})
            self.state = "done"
        except (LookupError, ValueError, TimeoutError) as error:
            self._outcomes.append({"do": step.do, "at": self._station.clock.now(), "outcome": f"failed: {error}"})
            self.state = "failed"

    async def _take(self, step: steps.Step) -> str:
        """Raises LookupError for a connector or setting that is not there, ValueError for a value that can't be set,
        TimeoutError for what does not come true.
        """
        match step:
            case steps.PlugIn() | steps.Unplug() | steps.SwipeCard():
                return await self._use_hands(step)
            case steps.GoOffLine() | steps.ComeBack() | steps.CutPower() | steps.PowerOn():
                return await self._change_surroundings(step)
            case steps.Wait() | steps.WaitUntil():
                return await self._wait(step)
            case steps.SendGarbage() | steps.Repeat() | steps.Flood():
                return await self._send(step)
            case steps.AnswerLate() | steps.NeverAnswer() | steps.Refuse():
                self._station.manners.add(step)
            case steps.AnswerWell():
                self._station.manners.forget()
            case steps.Change():
                self._station.set_at_site(step.name, step.value)
            case steps.Drift():
                self._station.clock.drift_s += step.s
            case steps.Shuffle():
                self._station.outbox.shuffle()
                return f"{len(self._station.outbox.waiting)} messages"
        return "done"

    async def _use_hands(self, step: steps.PlugIn | steps.Unplug | steps.SwipeCard) -> str:
        charging = self._station.charging
        if step.connector is not None and step.connector not in charging.connectors:
            raise LookupError(f"connector {step.connector} is not there")
        if not self._station.powered:
            return "nothing: no power"
        outcome = "done"
        match step:
            case steps.PlugIn():
                await charging.plug_in(step.connector)
            case steps.Unplug():
                await charging.unplug(step.connector)
            case steps.SwipeCard():
                outcome = await charging.swipe(step.id_token, step.connector, step.kind)
        self._station.keep()
        return outcome

    async def _change_surroundings(
        self, step: steps.GoOffLine | steps.ComeBack | steps.CutPower | steps.PowerOn
    ) -> str:
        station = self._station
        match step:
            case steps.GoOffLine():
                station.life.go_off_line()
                if step.s is not None:
                    self._come_back_after(step.s)
            case steps.ComeBack():
                station.life.come_back()
            case steps.CutPower():
                await station.power_off()
                if step.s is not None:
                    await station.wait(step.s)
                    station.power_on()
            case steps.PowerOn():
                station.power_on()
        return "done"

    def _come_back_after(self, seconds: float) -> None:
        async def come_back() -> None:
            await self._station.wait(seconds)
            self._station.life.come_back()

        task = asyncio.create_task(come_back())
        self._returns.add(task)
        task.add_done_callback(self._returns.discard)

    async def _wait(self, step: steps.Wait | steps.WaitUntil) -> str:
        if isinstance(step, steps.Wait):
            await self._station.wait(step.s)
            return "done"
        try:
            async with asyncio.timeout(self._station.waited_s(step.s)):
                while not self._is(step.state):  # noqa: ASYNC110 -- it looks at five kinds of state, as a person does
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise TimeoutError(f"not {step.state} within {step.s} s") from None
        return "done"

    def _is(self, state: str) -> bool:
        station = self._station
        match state:
            case "connected":
                return station.connected
            case "accepted":
                return station.life.accepted.is_set()
            case "sent":
                return not station.outbox.waiting
            case "charging":
                return any(connector.flow_w for connector in station.charging.connectors.values())
            case _:
                return not any(station.charging.running())

    async def _send(self, step: steps.SendGarbage | steps.Repeat | steps.Flood) -> str:
        link = self._station.life.link
        if link is None:
            return "nothing: not connected"
        try:
            match step:
                case steps.SendGarbage():
                    for _ in range(step.count):
                        await link.send(rubbish(self._station.dice.of("garbage")))
                case steps.Flood():
                    for _ in range(step.count):
                        await link.send([2, str(uuid4()), "Heartbeat", {}])
                case steps.Repeat():
                    return await self._repeat(link, step)
        except ConnectionClosed:
            return "the socket ended"
        return "done"

    async def _repeat(self, link: Link, step: steps.Repeat) -> str:
        answered = 0
        for call in tuple(self._station.sent)[-step.last :]:
            try:
                await link.call(call.action, call.payload, call.message_id if step.id == "same" else None)
                answered += 1
            except (NoAnswerError, CallError):
                continue
        return f"{answered} answered"
