"""Numbered events of OCPP 2 of many stations' transactions, by the rules of one at a time (``sequence``).

What may move a process, an event of a reservation, and one that names no transaction are left to those.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.messages.telemetry import Charged, Outcome, Transacted
from models.rules import charging, charging_session, sequence
from models.rules.authorisation import Judgement, needs_turn
from models.rules.sequence import Known, ShownToken
from models.rules.session_usage import Mark, mark_of
from models.store import sessions
from models.store import telemetry_sequence as store
from models.store.telemetry_sequence import Row
from models.tables.base import new_id
from models.usecases import session
from models.usecases.batch import Batch
from models.usecases.sequence import ACTION, columns_of


@dataclass
class Change:
    """One event, and its transaction: ``row`` as it stood, and what was told of it ``before`` and ``after``."""

    place: int
    fact: Transacted
    row: Row
    before: Known
    after: Known
    shown: ShownToken | None
    judged: Judgement | None
    """The decision on the token, where it is shown to start, or where none need be."""

    @property
    def is_plain(self) -> bool:
        is_test = self.row.is_test or (self.shown is not None and self.shown.is_test)
        return not is_test and self.after.reservation is None and not (self.judged and needs_turn(self.judged))


async def keep(batch: Batch) -> None:
    plain = []
    for change in await _changes(batch):
        if change.is_plain:
            plain.append(change)
        else:
            batch.answers[change.place] = Outcome.ALONE
    await _number(batch, [change for change in plain if not change.row.number])
    await _continue(batch, [each for each in plain if charging_session.begins(each.before, each.after)])
    written = [row for change in plain if (row := _kept(batch, change))]
    if written:
        await store.write(batch.work.session, written)
        await _lead_sessions(batch, plain, {row["number"]: row for row in written})


async def _lead_sessions(batch: Batch, plain: Sequence[Change], written: Mapping[int, Mapping[str, Any]]) -> None:
    """Sessions begin with the first token that is shown to start, and follow what their transactions tell."""
    begun = [
        session.Start(change.row.number, change.fact.asset_id, row["connector"], row["started_at"], change.judged)
        for change in plain
        if change.judged is not None and (row := written.get(change.row.number)) is not None
    ]
    known = await sessions.known(batch.work.session, [each.number for each in begun]) if begun else set()
    await session.begin(batch.work, [each for each in begun if each.number not in known])
    marks = {change.row.number: mark_of(change.fact.told.charging_state, change.fact.told.at) for change in plain}
    await session.follow(batch.work, {number: _followed(row, marks[number]) for number, row in written.items()})


async def _changes(batch: Batch) -> list[Change]:
    """What the events change, of stations in service; a transaction that is told for the first time has no number."""
    told = []
    for place, fact in batch.kept(Transacted):
        if fact.theirs is None or charging.may_move_a_process(batch.station(fact).stage, is_test=False):
            batch.answers[place] = Outcome.ALONE
        else:
            told.append((place, fact, fact.theirs))
    if not told:
        return []
    rows = await store.rows(batch.work.session, [(fact.asset_id, theirs) for _, fact, theirs in told])
    return [_change(batch, place, fact, rows.get((fact.asset_id, theirs))) for place, fact, theirs in told]


def _change(batch: Batch, place: int, fact: Transacted, row: Row | None) -> Change:
    before = Known() if row is None else Known.model_validate(row.sequence)
    shown, judged = (None, None) if fact.token is None else _shown(batch, fact, before, fact.token.upper())
    after = sequence.merged(before, fact.told.model_copy(update={"token": shown}))
    if judged is None and batch.station(fact).station.is_free and charging_session.flows_without_token(after):
        judged = batch.to_start(fact, "", fact.told.evse)
    return Change(place, fact, row or Row(new_id(), 0, None, is_test=False, sequence={}), before, after, shown, judged)


def _shown(batch: Batch, fact: Transacted, before: Known, token: str) -> tuple[ShownToken, Judgement | None]:
    known = sequence.answered(before, fact.told, token)
    if known is not None:
        return known, None
    stops = fact.told.stops
    judged = batch.to_stop(fact, token) if stops else batch.to_start(fact, token, fact.told.evse)
    verdict = batch.verdict(fact, token, judged)
    shown = ShownToken(token=token, kind=fact.token_kind, verdict=verdict, is_test=judged.is_test)
    return shown, None if stops else judged


async def _number(batch: Batch, fresh: Sequence[Change]) -> None:
    numbers = await store.numbers(batch.work.session, len(fresh)) if fresh else []
    for change, number in zip(fresh, numbers, strict=True):
        change.row = change.row._replace(number=number)


async def _continue(batch: Batch, begun: Sequence[Change]) -> None:
    """Where the start has come now: whether it continues the meter's last stop."""
    told = []
    for change in begun:
        session = charging_session.session_of(change.after, batch.work.now)
        if session.connector is not None:
            told.append((change.row.id, change.fact.asset_id, session.connector, session.started_at))
    stops_wh = await store.stops_before(batch.work.session, told) if told else {}
    for change in begun:
        if change.row.id in stops_wh:
            change.after = charging_session.continued(change.after, stops_wh[change.row.id])


def _kept(batch: Batch, change: Change) -> dict[str, Any] | None:
    """The transaction's row, where it has changed; with it, what the event leaves beside it."""
    fact, row, told = change.fact, change.row, change.fact.told
    verdict = change.shown.verdict if change.shown else None
    batch.answers[change.place] = Charged(row.number, verdict, batch.tag(fact))
    batch.keep_frame(fact, row.number, ACTION, fact.frame)
    if not change.before.has(told):
        batch.keep_samples(fact, told.evse or row.connector, row.number, fact.samples)
    if change.after == change.before:
        return None
    columns = columns_of(change.after, batch.work.now)
    _tell(batch, change, columns)
    key = {"id": row.id, "number": row.number, "asset_id": fact.asset_id, "station_transaction": fact.theirs}
    return {**key, **columns}


def _tell(batch: Batch, change: Change, columns: dict[str, Any]) -> None:
    """What is new goes to the event stream; no process waits for it."""
    enough_wh = batch.work.terms.test_charge_energy_wh
    detail = charging.detail(change.row.number, columns["connector"], columns["energy_wh"], is_test=False)
    for what in charging_session.news(change.before, change.after, is_test=False, energy_enough_wh=enough_wh):
        batch.announce(change.fact, what, detail, batch.work.now)


def _followed(row: Mapping[str, Any], mark: Mark | None) -> session.Followed:
    stopped_at = None if row["awaits_events"] else row["stopped_at"]
    return session.Followed(
        row["started_at"], row["connector"], row["energy_wh"], stopped_at, mark, heard_offline=row["heard_offline"]
    )
