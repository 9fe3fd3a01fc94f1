"""Starts, meter values and stops of OCPP 1.6 of many stations, by the rules of one at a time (``charging``; P15).

What may move a process, and what has to be looked for (a reservation, a transaction that is not the station's own, a
start that leaves out what it is known again by) is left to those.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.messages.telemetry import Charged, Metered, Outcome, Seen, Started, Stopped
from models.rules import charging
from models.rules.authorisation import TokenVerdict, needs_turn
from models.store import telemetry_charging as store
from models.store.telemetry_charging import Begun, Ended, Held, Moved
from models.tables.base import new_id
from models.usecases import session
from models.usecases.batch import Batch, text_of

Charges = dict[tuple[int | None, UUID], Held]


async def keep(batch: Batch) -> None:
    started, metered, stopped = batch.kept(Started), batch.kept(Metered), batch.kept(Stopped)
    if started:
        await _start(batch, started)
    told = {(fact.number, fact.asset_id) for _, fact in metered} | {(fact.number, fact.asset_id) for _, fact in stopped}
    charges = await _charges(batch, told)
    if metered:
        await _meter(batch, metered, charges)
    if stopped:
        await _stop(batch, stopped, charges)


async def _charges(batch: Batch, told: set[tuple[int | None, UUID]]) -> Charges:
    """The stations' own transactions with these numbers, locked."""
    wanted = [(number, asset_id) for number, asset_id in told if number is not None]
    found = await store.charges(batch.work.session, wanted) if wanted else []
    return {(held.number, held.asset_id): held for held in found}


async def _start(batch: Batch, started: Sequence[tuple[int, Started]]) -> None:
    plain = [(place, fact) for place, fact in started if _is_plain(batch, fact)]
    for place in {place for place, _ in started} - {place for place, _ in plain}:
        batch.answers[place] = Outcome.ALONE
    keys = [_key(fact) for _, fact in plain]
    known = await store.starts(batch.work.session, keys) if keys else []
    begun, made = [], []
    for (place, fact), start in zip(plain, known, strict=True):
        verdict = start.verdict
        if verdict is None:
            judged = batch.to_start(fact, fact.token, fact.connector)
            verdict = batch.verdict(fact, fact.token, judged)
            begun.append(_begun(fact, start.number, verdict, start.last_stop_wh))
            made.append(session.Start(start.number, fact.asset_id, fact.connector, fact.started_at, judged))
            _tell(batch, fact, "transaction_started", start.number, fact.connector, 0)
        batch.keep_frame(fact, start.number, "StartTransaction", fact.frame)
        batch.answers[place] = Charged(start.number, verdict, batch.tag(fact))
    if begun:
        await store.begin(batch.work.session, begun)
        await session.begin(batch.work, made)


def _key(fact: Started) -> tuple[Any, ...]:
    """What a start is known again by."""
    return fact.asset_id, fact.connector, fact.token.upper(), fact.started_at, fact.meter_start_wh


def _is_plain(batch: Batch, fact: Started) -> bool:
    is_whole = fact.connector is not None and fact.meter_start_wh is not None and fact.reservation_number is None
    judged = batch.to_start(fact, fact.token, fact.connector)
    is_alone = charging.may_move_a_process(batch.station(fact).stage, is_test=judged.is_test)
    return is_whole and not is_alone and not needs_turn(judged)


def _begun(fact: Started, number: int, verdict: TokenVerdict, last_stop_wh: int | None) -> Begun:
    charge = charging.begun(fact.meter_start_wh, last_stop_wh, fact.irregularities)
    return Begun(
        id=new_id(),
        number=number,
        asset_id=fact.asset_id,
        connector=fact.connector,
        token=fact.token.upper(),
        verdict=verdict,
        started_at=fact.started_at,
        meter_start_wh=fact.meter_start_wh,
        irregularities=text_of(charge.irregularities),
    )


async def _meter(batch: Batch, metered: Sequence[tuple[int, Metered]], charges: Charges) -> None:
    moved: dict[int, Held] = {}
    for place, fact in metered:
        key = (fact.number, fact.asset_id)
        held = charges.get(key)
        if held is not None and held.is_test and held.charge.energy_wh < batch.work.terms.test_charge_energy_wh:
            batch.answers[place] = Outcome.ALONE  # its process may be waiting for the energy to flow
            continue
        batch.keep_frame(fact, fact.number, "MeterValues", fact.frame)
        batch.keep_samples(fact, fact.connector, fact.number, fact.samples)
        if held is not None:
            after = charging.metered(held.charge, fact.register_wh, fact.irregularities)
            if after != held.charge:
                charges[key] = moved[held.number] = held._replace(charge=after)
    rows = [Moved(each.number, each.charge.energy_wh, text_of(each.charge.irregularities)) for each in moved.values()]
    if rows:
        await store.move(batch.work.session, rows)
        await session.metered(batch.work, {each.number: each.energy_wh for each in rows})


async def _stop(batch: Batch, stopped: Sequence[tuple[int, Stopped]], charges: Charges) -> None:
    ended = []
    for place, fact in stopped:
        held = charges.get((fact.number, fact.asset_id))
        if held is None or charging.may_move_a_process(batch.station(fact).stage, is_test=held.is_test):
            batch.answers[place] = Outcome.ALONE
            continue
        if not held.charge.has_stopped:
            ended.append(_ended(batch, fact, held))
        batch.keep_frame(fact, held.number, "StopTransaction", fact.frame)
        verdict = None if fact.token is None else batch.verdict(fact, fact.token, batch.to_stop(fact, fact.token))
        batch.answers[place] = Charged(held.number, verdict, batch.tag(fact))
    if ended:
        await store.end(batch.work.session, ended)
        await session.stopped(batch.work, {each.number: each.stopped_at for each in ended})


def _ended(batch: Batch, fact: Stopped, held: Held) -> Ended:
    charge = charging.stopped(held.charge, fact.meter_stop_wh, fact.irregularities)
    batch.keep_samples(fact, held.connector, held.number, fact.samples)
    _tell(batch, fact, "transaction_stopped", held.number, held.connector, charge.energy_wh)
    return Ended(
        number=held.number,
        stopped_at=fact.stopped_at,
        meter_stop_wh=fact.meter_stop_wh,
        stop_reason=fact.reason,
        stop_token=fact.token.upper() if fact.token else None,
        energy_wh=charge.energy_wh,
        irregularities=text_of(charge.irregularities),
    )


def _tell(batch: Batch, fact: Seen, what: str, number: int, connector: int | None, energy_wh: int) -> None:
    """As ``charging.tell``, of a charge that no process waits for."""
    batch.announce(fact, what, charging.detail(number, connector, energy_wh, is_test=False), batch.work.now)
