"""What stations tell at high rates is kept for many of them in one transaction; each hears its answer after that.

The same rules hold as for one at a time (``station``, ``charging``). What may move a process is left to those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from models.rules import metering
from models.rules.authorisation import TokenKind, TokenVerdict, verdict
from models.rules.commissioning import CommissioningStage
from models.store import commands, telemetry, wanted
from models.store.telemetry import Charge, Heard, Said
from models.usecases import card
from models.usecases.charging import Samples, by_instant
from models.usecases.work import Work


class Outcome(StrEnum):
    """``later``: somebody else works on the station at this moment. ``alone``: needs a transaction of its own."""

    KEPT = "kept"
    NOWHERE = "nowhere"
    NOT_REGISTERED = "not_registered"
    LATER = "later"
    ALONE = "alone"


@dataclass(slots=True)
class Seen:
    """The station is alive. ``drift_s``: how far its clock is ahead of ours, where it has just told the time."""

    asset_id: UUID
    identity: str
    drift_s: float | None = None


@dataclass(slots=True)
class Opened(Seen):
    """A socket of the station, its only one from now on."""

    connection_id: str = ""
    node: str = ""
    remote_ip: str = ""
    protocol: str = ""
    security_profile: int = 1


@dataclass(slots=True)
class Status(Seen):
    """A connector's state; connector 0 is the station itself."""

    connector: int = 0
    state: str = ""
    error_code: str = ""
    at: datetime | None = None
    info: str | None = None


@dataclass(slots=True)
class Metered(Seen):
    """Samples with the frame they came in; ``register_wh`` is the highest energy register among them."""

    connector: int | None = None
    number: int | None = None
    samples: Samples | None = None
    register_wh: int | None = None
    frame: str = ""
    irregularities: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A token at a station."""

    asset_id: UUID
    identity: str
    token: str


async def keep(work: Work, facts: Sequence[Seen]) -> list[Outcome]:
    """What became of each fact; facts of one station are in their order."""
    heard = await _heard(work, facts)
    outcomes = [_first(heard.get((fact.asset_id, fact.identity))) for fact in facts]
    places = [place for place, outcome in enumerate(outcomes) if outcome is Outcome.KEPT]
    changed: set[UUID] = set()
    events: list[tuple[Any, ...]] = []
    for room in (_opened, _told):
        changed |= await room(work, facts, places, outcomes, heard, events)
    await _metered(work, facts, places, outcomes)
    if events:
        await telemetry.copy(work.session, telemetry.EVENTS, events)
        await telemetry.wake(work.session, changed)
    return outcomes


async def judge(work: Work, shown: Sequence[Shown]) -> list[TokenVerdict | None]:
    """Whether each token may charge where it was shown; None where the station is not registered any more."""
    found = await telemetry.judge(work.session, [(each.asset_id, each.identity, each.token.upper()) for each in shown])
    verdicts: list[TokenVerdict | None] = [None] * len(shown)
    for each in found:
        kind = TokenKind(each.kind) if each.kind else None
        if kind is TokenKind.TEST and each.token_id != each.test_token_id:
            kind = None
        verdicts[each.place - 1] = verdict(kind, blocked=each.blocked, stage=CommissioningStage(each.stage))
    refused = [shown[place] for place, each in enumerate(verdicts) if each is TokenVerdict.BLOCKED]
    if refused:
        await card.note_use(work, {(each.token.upper(), each.asset_id) for each in refused})
    return verdicts


Stations = dict[tuple[UUID, str], Heard]


async def _heard(work: Work, facts: Sequence[Seen]) -> Stations:
    said: dict[tuple[UUID, str], Said] = {}
    for fact in facts:
        key = (fact.asset_id, fact.identity)
        if key not in said or fact.drift_s is not None:
            said[key] = Said(fact.asset_id, fact.identity, fact.drift_s)
    found = await telemetry.hear(work.session, list(said.values()), work.now)
    return {(each.asset_id, each.identity): each for each in found}


def _first(heard: Heard | None) -> Outcome:
    if heard is None:
        return Outcome.NOT_REGISTERED
    return Outcome.KEPT if heard.held else Outcome.LATER


async def _opened(
    work: Work,
    facts: Sequence[Seen],
    places: list[int],
    outcomes: list[Outcome],
    heard: Stations,
    events: list[tuple[Any, ...]],
) -> set[UUID]:
    """The stations that are connected now. The first connection of all, and one that is waited for, moves a process."""
    opened = [(place, fact) for place in places if isinstance(fact := facts[place], Opened)]
    awaited = await _awaited(work, [fact.asset_id for _, fact in opened])
    rows = {}
    for place, fact in opened:
        station = heard[fact.asset_id, fact.identity]
        if station.stage == CommissioningStage.REGISTERED or fact.asset_id in awaited:
            outcomes[place] = Outcome.ALONE
            continue
        rows[fact.asset_id] = (
            fact.asset_id,
            fact.connection_id,
            fact.node,
            fact.remote_ip,
            fact.protocol,
            fact.security_profile,
        )
        detail = _json({"protocol": fact.protocol})
        events.append((fact.asset_id, "connected", station.test_number, detail, work.now))
    if rows:
        await telemetry.connect(work.session, list(rows.values()), work.now)
    return set(rows)


async def _awaited(work: Work, asset_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the stations that somebody waits for: with a command, or to bring them to what is wanted."""
    if not asset_ids:
        return set()
    return await commands.awaiting(work.session, asset_ids) | await wanted.awaiting(work.session, asset_ids, work.now)


async def _told(
    work: Work,
    facts: Sequence[Seen],
    places: list[int],
    outcomes: list[Outcome],
    heard: Stations,
    events: list[tuple[Any, ...]],
) -> set[UUID]:
    """The stations of which a connector's state has changed."""
    told = [(place, fact) for place in places if isinstance(fact := facts[place], Status) and fact.connector != 0]
    if not told:
        return set()
    wanted = {(fact.asset_id, fact.connector) for _, fact in told}
    known = dict(await telemetry.evses(work.session, list(wanted)))
    rows, changed = {}, set()
    for place, fact in told:
        key = (fact.asset_id, fact.connector)
        if key not in known:
            outcomes[place] = Outcome.NOWHERE
            continue
        at = fact.at or work.now
        rows[key] = (*key, fact.state, fact.error_code, at)
        if known[key] != (fact.state, fact.error_code):
            known[key] = (fact.state, fact.error_code)
            changed.add(fact.asset_id)
            station = heard[fact.asset_id, fact.identity]
            events.append((fact.asset_id, "status", station.test_number, _json(_detail(fact)), at))
    if rows:
        await telemetry.evses_told(work.session, list(rows.values()))
    return changed


def _detail(fact: Status) -> dict[str, Any]:
    return {"connector": fact.connector, "status": fact.state, "error_code": fact.error_code, "info": fact.info}


async def _metered(work: Work, facts: Sequence[Seen], places: list[int], outcomes: list[Outcome]) -> None:
    metered = [(place, fact) for place in places if isinstance(fact := facts[place], Metered)]
    if not metered:
        return
    wanted = {(fact.number, fact.asset_id) for _, fact in metered if fact.number is not None}
    found = await telemetry.charges(work.session, list(wanted)) if wanted else []
    charges = {(charge.number, charge.asset_id): charge for charge in found}
    kept, moved = [], {}
    for place, fact in metered:
        charge = None if fact.number is None else charges.get((fact.number, fact.asset_id))
        if charge is not None and charge.is_test and charge.energy_wh < work.terms.test_charge_energy_wh:
            outcomes[place] = Outcome.ALONE  # its process may be waiting for the energy to flow
            continue
        kept.append(fact)
        if charge is not None and (after := _moved(charge, fact)) != charge:
            charges[charge.number, charge.asset_id] = moved[charge.number] = after
    await _keep_metered(work, kept)
    if moved:
        rows = [(each.number, each.energy_wh, _json(each.irregularities)) for each in moved.values()]
        await telemetry.charged(work.session, rows)


def _moved(charge: Charge, fact: Metered) -> Charge:
    """What comes after the stop moves no energy: the stop has said where the meter stood."""
    found = metering.merged(charge.irregularities, fact.irregularities)
    if charge.has_stopped:
        return charge._replace(irregularities=metering.merged(found, [metering.AFTER_THE_STOP]))
    energy_wh = metering.energy_wh(charge.meter_start_wh, fact.register_wh, charge.energy_wh)
    return charge._replace(energy_wh=energy_wh, irregularities=found)


async def _keep_metered(work: Work, metered: Sequence[Metered]) -> None:
    session, now = work.session, work.now
    readings = (
        (now, fact.asset_id, fact.number, fact.connector, at, _json(samples))
        for fact in metered
        for at, samples in by_instant(fact.samples or []).items()
    )
    await telemetry.copy(session, telemetry.READINGS, readings)
    frames = ((now, fact.asset_id, fact.number, "MeterValues", fact.frame) for fact in metered)
    await telemetry.copy(session, telemetry.FRAMES, frames)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
