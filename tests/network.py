"""A network as random drivers meet it: stations tell late, twice and out of order, and processes are cut off."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from models.messages.session import SessionProgress
from models.messages.telemetry import Answer, Charged, Metered, Outcome, Seen, Started, Stopped, Transacted
from models.rules.authorisation import TokenVerdict
from models.rules.sequence import Phase, Told
from models.rules.session import HEARD_LATE_AFTER, SessionStage
from models.store import sessions
from models.tables.charging import ChargingTransaction
from models.tables.handover import Process
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.usecases import session_process, telemetry
from models.usecases.work import Work
from tests.charging import STATION, Street
from tests.models.usecases import alike
from tests.subscribing import uid_of

T = TypeVar("T")
FEE, A_KWH = Decimal("1.00"), Decimal("0.50")
UNTIL_SETTLED = 20
"""So many rounds of the processes are enough for all that is due at an instant."""


class CutOff(Exception):  # noqa: N818 - named for what has happened
    """The process dies before it commits."""


@dataclass(eq=False)
class Driver:
    row: Subscriber
    cards: list[str]
    paid_in: Decimal


@dataclass(eq=False)
class Station:
    """``speaks`` OCPP 1.6, or numbered events of 2.x. ``untold`` waits for a connection."""

    asset_id: UUID
    identity: str
    speaks: str
    is_connected: bool = True
    untold: list["Message"] = field(default_factory=list)


@dataclass(eq=False)
class Charge:
    """What happened, whatever was told of it. ``is_watched``: it was told at once, and processes were at work."""

    station: Station
    connector: int
    driver: Driver
    card: str
    began_at: datetime
    began_wh: int
    theirs: str
    energy_wh: int = 0
    is_full: bool = False
    is_over: bool = False
    is_watched: bool = True
    events: int = 0
    number: int | None = None
    answered: TokenVerdict | None = None
    heard_at: datetime | None = None

    @property
    def verdict(self) -> TokenVerdict | None:
        """What is told late is judged as of then, when every card here was good; its station was answered as of now."""
        is_late = self.heard_at is not None and self.heard_at - self.began_at > HEARD_LATE_AFTER
        return TokenVerdict.ACCEPTED if is_late else self.answered

    @property
    def price(self) -> Decimal:
        """What it costs where its card was accepted, or energy flowed all the same."""
        is_free = self.verdict is not TokenVerdict.ACCEPTED and not self.energy_wh
        return Decimal(0) if is_free else FEE + A_KWH * self.energy_wh / 1000


@dataclass(frozen=True)
class Message:
    charge: Charge
    phase: Phase
    at: datetime
    place: int
    register_wh: int
    is_late: bool

    def fact(self) -> Seen:
        """As the front has read it. OCPP 1.6 tells a turn by our number of the transaction."""
        charge, samples = self.charge, self._samples()
        own: dict[str, Any] = {"asset_id": charge.station.asset_id, "identity": charge.station.identity}
        token = uid_of(charge.card) if self.phase is Phase.STARTED else None
        register, frame = self.register_wh, f"[{self.phase}]"
        if charge.station.speaks == "2":
            own |= {"theirs": charge.theirs, "token": token, "token_kind": "ISO14443"}
            return Transacted(**own, told=self._told(), samples=samples, frame=frame)
        if self.phase is Phase.STARTED:
            own |= {"connector": charge.connector, "token": token}
            return Started(**own, meter_start_wh=register, started_at=self.at, frame=frame)
        own |= {"number": charge.number, "frame": frame}
        if self.phase is Phase.UPDATED:
            return Metered(**own, connector=charge.connector, samples=samples, register_wh=register)
        return Stopped(**own, meter_stop_wh=register, stopped_at=self.at, reason="Local", token=None, samples=[])

    def _samples(self) -> list[tuple[datetime, dict[str, Any]]]:
        value = {"measurand": "Energy.Active.Import.Register", "unit": "Wh", "value": str(self.register_wh)}
        return [(self.at, value)]

    def _told(self) -> Told:
        register = self.register_wh
        edge = {Phase.STARTED: {"begin_wh": register}, Phase.ENDED: {"end_wh": register}}.get(self.phase, {})
        known: dict[str, Any] = {"first_wh": register, "last_wh": register, "highest_wh": register, **edge}
        return Told(
            phase=self.phase,
            number=self.place,
            at=self.at,
            offline=self.is_late,
            evse=self.charge.connector,
            content=self.place,
            **known,
        )


@dataclass
class Network:
    """``dies``: whoever works next is cut off before it commits, and does it again."""

    street: Street
    stations: Sequence[Station]
    dies: bool = False
    heard: dict[str, int] = field(default_factory=dict)
    due: dict[str, SessionProgress] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)

    async def tell(self, message: Message) -> None:
        """As the front does: again where somebody else works on the station, alone where a batch is no place for it."""
        answer: Answer = Outcome.LATER
        fact = message.fact()
        while answer is Outcome.LATER:
            (answer,) = await self.do(lambda work: telemetry.keep(work, [fact]))
        verdict = answer.verdict if isinstance(answer, Charged) else None
        if answer is Outcome.ALONE:
            verdict = await self._alone(fact)
        if message.phase is Phase.STARTED:
            await self._note(message.charge, verdict)

    async def work(self, stops: Callable[[Charge], Awaitable[None]]) -> None:
        """The sessions' processes do what is due or was rung for, as ``workflows.charging_session`` does it."""
        for _ in range(UNTIL_SETTLED):
            due = [each for each in await self._going_on() if self._is_due(*each)]
            if not due:
                return
            for process, row in due:
                await self._go_on(process, row, stops)
        raise AssertionError(f"Processes come to no rest: {[row for _, row in due]}")

    async def do(self, act: Callable[[Work], Awaitable[T]]) -> T:
        if self.dies:
            with contextlib.suppress(CutOff):
                async with self.street.desk.work(STATION, "test") as work:
                    await act(work)
                    raise CutOff
        return await self.street.do(act)

    async def sessions(self) -> dict[int, ChargingSession]:
        """Of this story, by the number of their transaction."""
        numbers = [each.number for each in self.charges if each.number is not None]
        async with self.street.desk.database.transaction() as reading:
            return {each.transaction_number: each for each in await sessions.lock_of(reading, numbers)}

    async def _alone(self, fact: Seen) -> TokenVerdict | None:
        answer: Any = await self.do(lambda work: alike.USE_CASES[type(fact)](work, fact))
        verdict: TokenVerdict | None = answer[1] if isinstance(answer, tuple) else answer
        return verdict

    async def _note(self, charge: Charge, verdict: TokenVerdict | None) -> None:
        """Our number of its transaction, which stays the same, and what was said of its card at first."""
        own = col(ChargingTransaction.asset_id) == charge.station.asset_id
        own &= col(ChargingTransaction.token) == uid_of(charge.card)
        own &= sa.or_(
            col(ChargingTransaction.station_transaction) == charge.theirs,
            sa.and_(
                col(ChargingTransaction.connector) == charge.connector,
                col(ChargingTransaction.meter_start_wh) == charge.began_wh,
                col(ChargingTransaction.started_at) == charge.began_at,
            ),
        )
        async with self.street.desk.database.transaction() as reading:
            (number,) = (await reading.execute(select(ChargingTransaction.number).where(own))).scalars()
        assert charge.number in {None, number}
        charge.number, charge.answered = number, charge.answered or verdict
        charge.heard_at = charge.heard_at or self.street.desk.clock()

    async def _go_on(self, process: Process, row: ChargingSession, stops: Callable[[Charge], Awaitable[None]]) -> None:
        is_rung, self.heard[process.workflow_id] = self._is_rung(process), process.last_number
        if row.stage is SessionStage.STOPPED or (is_rung and row.stage is SessionStage.PROVISIONAL):
            at = await self.do(lambda work: session_process.settle(work, row.id))
        else:
            at = await self.do(lambda work: session_process.look_after(work, row.id))
        if at.is_to_stop:
            at = await self.do(lambda work: session_process.ask_to_stop(work, row.id))
            await stops(next(each for each in self.charges if each.number == row.transaction_number))
        self.due[row.reference] = at

    def _is_rung(self, process: Process) -> bool:
        return self.heard.get(process.workflow_id) != process.last_number

    def _is_due(self, process: Process, row: ChargingSession) -> bool:
        """What a process has closed by itself is settled next."""
        if self._is_rung(process):
            return True
        at = self.due[row.reference]
        return (row.stage is SessionStage.STOPPED and at.look_at is None) or (
            at.look_at is not None and at.look_at <= self.street.desk.clock()
        )

    async def _going_on(self) -> Sequence[tuple[Process, ChargingSession]]:
        asked = (
            select(Process, ChargingSession)
            .join(ChargingSession, col(Process.subject_id) == col(ChargingSession.id))
            .where(col(Process.ended_at).is_(None))
            .order_by(col(ChargingSession.reference))
        )
        async with self.street.desk.database.transaction() as reading:
            return [(process, row) for process, row in (await reading.execute(asked)).all()]
