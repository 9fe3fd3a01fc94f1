"""The records' part that is about charging: tokens are judged, transactions begin, are metered and stop."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from csms.drift import Drifts
from csms.events import Authorise, Irregularity, Metered, Sample, Started, Stopped, Transacted
from csms.ports import KnownStation, NotRegisteredError, StartDecision, TokenDecision, TokenStatus
from csms.registers import highest_wh, named, told_of
from csms.telemetry import Telemetry
from models.messages import telemetry
from models.messages.telemetry import Answer, Charged, Outcome, Samples, Seen, Shown
from models.rules.authorisation import TokenVerdict
from models.store import authorisation
from models.store import charging as charges
from models.usecases import charging, sequence
from models.usecases.work import Desk, Work


class ChargingRecords(ABC):
    """What is left alone by the batches takes a transaction of its own."""

    def __init__(self, desk: Desk, batches: Telemetry) -> None:
        self._desk = desk
        self._telemetry = batches
        self._drifts = Drifts()

    @abstractmethod
    def _facts_of(self, known: KnownStation) -> AbstractAsyncContextManager[Work]: ...

    async def _kept(self, fact: Seen) -> Answer:
        """What became of it, once that is committed. Raises NotRegisteredError."""
        answer = await self._telemetry.keep(fact)
        if answer is Outcome.NOT_REGISTERED:
            raise NotRegisteredError
        return answer

    async def authorise(self, known: KnownStation, event: Authorise, _at: datetime) -> TokenDecision:
        verdict = await self._telemetry.judge(Shown(known.asset_id, known.identity, event.token, event.kind))
        if verdict is None:
            raise NotRegisteredError
        return _decided(verdict.token, verdict.group)

    async def started(self, known: KnownStation, event: Started, _at: datetime) -> StartDecision:
        fact = telemetry.Started(
            known.asset_id,
            known.identity,
            connector=event.connector,
            token=event.token,
            meter_start_wh=event.meter_start_wh,
            started_at=event.timestamp,
            reservation_number=event.reservation_id,
            frame=event.evidence,
            irregularities=named(event.irregularities),
        )
        answer = await self._kept(fact)
        if isinstance(answer, Charged) and answer.verdict is not None:
            return StartDecision(answer.number, _decided(answer.verdict, answer.group))
        async with self._facts_of(known) as work:
            number, verdict = await charging.start(work, fact)
            group = await authorisation.tag_of(work.session, fact.token)
        return StartDecision(number, _decided(verdict, group))

    async def metered(self, known: KnownStation, event: Metered, at: datetime) -> None:
        times = [sample.timestamp for sample in event.samples]
        fact = telemetry.Metered(
            known.asset_id,
            known.identity,
            self._drifts.told(known.asset_id, times, event.irregularities, at),
            connector=event.connector,
            number=event.transaction_id,
            samples=_rows(event.samples),
            register_wh=highest_wh(event.samples),
            frame=event.evidence,
            irregularities=named(event.irregularities),
        )
        if await self._kept(fact) is Outcome.ALONE:
            async with self._facts_of(known) as work:
                await charging.meter(work, fact)

    async def stopped(self, known: KnownStation, event: Stopped, _at: datetime) -> TokenDecision | None:
        fact = telemetry.Stopped(
            known.asset_id,
            known.identity,
            number=event.transaction_id,
            meter_stop_wh=event.meter_stop_wh,
            stopped_at=event.timestamp,
            reason=event.reason,
            token=event.token,
            samples=_rows(event.samples),
            frame=event.evidence,
            irregularities=named(event.irregularities),
        )
        answer = await self._kept(fact)
        if isinstance(answer, Charged):
            return _decided_or_none(answer.verdict, answer.group)
        async with self._facts_of(known) as work:
            verdict = await charging.stop(work, fact)
            group = await authorisation.tag_of(work.session, fact.token)
        return _decided_or_none(verdict, group)

    async def _note_drift(
        self, known: KnownStation, said: datetime, found: Sequence[Irregularity], at: datetime
    ) -> None:
        """What takes a transaction of its own tells the station's time as well, seldom anything new of it."""
        drift_s = self._drifts.told(known.asset_id, (said,), found, at)
        if drift_s is not None:
            await self._kept(Seen(known.asset_id, known.identity, drift_s))

    async def transacted(self, known: KnownStation, event: Transacted, at: datetime) -> TokenDecision | None:
        times = () if event.offline else (event.timestamp,)
        fact = telemetry.Transacted(
            known.asset_id,
            known.identity,
            self._drifts.told(known.asset_id, times, event.irregularities, at),
            theirs=event.transaction,
            told=told_of(event),
            token=event.token,
            token_kind=event.token_kind,
            samples=_rows(event.samples),
            frame=event.evidence,
        )
        answer = await self._kept(fact)
        if isinstance(answer, Charged):
            return _decided_or_none(answer.verdict, answer.group)
        async with self._facts_of(known) as work:
            verdict = await sequence.tell(work, fact)
            group = await authorisation.tag_of(work.session, fact.token, fact.token_kind)
        return _decided_or_none(verdict, group)

    async def own_transaction(self, known: KnownStation, number: int) -> str | None:
        async with self._desk.database.transaction() as session:
            found = await charges.seen(session, number)
        return found.station_transaction if found is not None and found.asset_id == known.asset_id else None

    async def queue_told(self, known: KnownStation, transaction: str, *, messages_in_queue: bool) -> None:
        async with self._facts_of(known) as work:
            await sequence.queue_told(work, known.asset_id, transaction, messages_in_queue=messages_in_queue)


def _decided(verdict: TokenVerdict, group: str | None) -> TokenDecision:
    return TokenDecision(TokenStatus(verdict.value), group=group)


def _decided_or_none(verdict: TokenVerdict | None, group: str | None) -> TokenDecision | None:
    return None if verdict is None else _decided(verdict, group)


def _rows(samples: tuple[Sample, ...]) -> Samples:
    return [(sample.timestamp, _row(sample)) for sample in samples]


def _row(sample: Sample) -> dict[str, Any]:
    """The sample without what is empty; its value as text, exact."""
    row: dict[str, Any] = {"measurand": sample.measurand, "unit": sample.unit, "context": sample.context}
    if sample.value is not None:
        row["value"] = format(sample.value, "f")
    if sample.phase is not None:
        row["phase"] = sample.phase
    if sample.location is not None:
        row["location"] = sample.location
    if sample.signed is not None:
        row["signed"] = sample.signed
    if sample.signing:
        row["signing"] = dict(sample.signing)
    return row
