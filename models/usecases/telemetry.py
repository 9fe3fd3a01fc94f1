"""What stations tell at high rates is kept for many of them in one transaction; each hears its answer after that.

The same rules hold as for one at a time (``station``, ``charging``). What may move a process is left to those.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.messages.telemetry import (
    Answer,
    Opened,
    Outcome,
    Seen,
    Shown,
    Started,
    Status,
    Stopped,
    Transacted,
    Verdict,
)
from models.rules.authorisation import Shown as ShownToken
from models.rules.authorisation import TokenVerdict, decide, is_misused, to_stop
from models.rules.commissioning import CommissioningStage
from models.rules.session_usage import mark_of
from models.rules.vehicle_id import keys_of
from models.store import commands, telemetry, wanted
from models.store.authorisation import tokens as tokens_of
from models.store.telemetry import Judged, Said
from models.usecases import card, session, telemetry_charging, telemetry_sequence
from models.usecases.batch import Batch, Stations
from models.usecases.work import Work


async def keep(work: Work, facts: Sequence[Seen]) -> list[Answer]:
    """What became of each fact; facts of one station are in their order."""
    batch = Batch.of(work, facts, await _heard(work, facts))
    await _opened(batch)
    await _told(batch)
    batch.tokens = await _tokens(batch)
    await telemetry_charging.keep(batch)
    await telemetry_sequence.keep(batch)
    await batch.write()
    return batch.answers


async def judge(work: Work, shown: Sequence[Shown]) -> list[Verdict | None]:
    """Whether each token may charge where it was shown; None where the station is not registered any more."""
    asked = [(each.asset_id, each.identity, *keys_of(each.token, each.token_kind)) for each in shown]
    verdicts: list[Verdict | None] = [None] * len(shown)
    misused = set()
    for each in await telemetry.judge(work.session, asked, work.now):
        said = _verdict(work, each)
        verdicts[each.place - 1] = Verdict(said, each.group and each.group.tag)
        if is_misused(each.token, said):
            asset_id, _, token, _ = asked[each.place - 1]
            misused.add((token, asset_id))
    if misused:
        await card.note_use(work, misused)
    return verdicts


def _verdict(work: Work, judged: Judged) -> TokenVerdict:
    """Whoever charges there asks in order to stop; a start is decided about once more."""
    if judged.token is not None and judged.charges_there:
        shown = ShownToken(judged.token, judged.holder, frozenset(), judged.group)
        return to_stop(shown, judged.station, work.now).verdict
    holder, group, least = judged.holder, judged.group, work.terms.session_least
    return decide(judged.token, judged.station, work.now, holder=holder, group=group, least=least)[0]


async def _heard(work: Work, facts: Sequence[Seen]) -> Stations:
    said: dict[tuple[UUID, str], Said] = {}
    for fact in facts:
        key = (fact.asset_id, fact.identity)
        if key not in said or fact.drift_s is not None:
            said[key] = Said(fact.asset_id, fact.identity, fact.drift_s)
    found = await telemetry.hear(work.session, list(said.values()), work.now)
    return {(each.asset_id, each.identity): each for each in found}


async def _tokens(batch: Batch) -> Mapping[str, ShownToken]:
    """What is known of the tokens that were shown in the course of charges."""
    started, stopped, transacted = batch.kept(Started), batch.kept(Stopped), batch.kept(Transacted)
    turns = [fact for _, fact in (*started, *stopped, *transacted)]
    keys = [keys_of(fact.token, fact.token_kind) for fact in turns if fact.token is not None]
    wanted = {key for each in keys for key in each if key is not None}
    return await tokens_of(batch.work.session, list(wanted), batch.work.now) if wanted else {}


async def _opened(batch: Batch) -> None:
    """The first connection of all, and one that is waited for, moves a process."""
    opened, work = batch.kept(Opened), batch.work
    if not opened:
        return
    awaited = await _awaited(work, [fact.asset_id for _, fact in opened])
    rows = {}
    for place, fact in opened:
        if batch.station(fact).stage is CommissioningStage.REGISTERED or fact.asset_id in awaited:
            batch.answers[place] = Outcome.ALONE
            continue
        socket = (fact.connection_id, fact.node, fact.remote_ip, fact.protocol, fact.security_profile)
        rows[fact.asset_id] = (fact.asset_id, *socket)
        batch.announce(fact, "connected", {"protocol": fact.protocol}, work.now)
    if rows:
        await telemetry.connect(work.session, list(rows.values()), work.now)


async def _awaited(work: Work, asset_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the stations that somebody waits for: with a command, or to bring them to what is wanted."""
    return await commands.awaiting(work.session, asset_ids) | await wanted.awaiting(work.session, asset_ids, work.now)


async def _told(batch: Batch) -> None:
    told = [(place, fact) for place, fact in batch.kept(Status) if fact.connector != 0]
    if not told:
        return
    known = dict(await telemetry.evses(batch.work.session, list({(fact.asset_id, fact.connector) for _, fact in told})))
    rows = {}
    for place, fact in told:
        key = (fact.asset_id, fact.connector)
        if key not in known:
            batch.answers[place] = Outcome.NOWHERE
            continue
        at = fact.at or batch.work.now
        rows[key] = (*key, fact.state, fact.error_code, at)
        if known[key] != (fact.state, fact.error_code):
            known[key] = (fact.state, fact.error_code)
            batch.announce(fact, "status", _detail(fact), at)
    if rows:
        await telemetry.evses_told(batch.work.session, list(rows.values()))
        marks = [(asset_id, connector, mark_of(state, at)) for asset_id, connector, state, _, at in rows.values()]
        await session.told(batch.work, marks)


def _detail(fact: Status) -> dict[str, Any]:
    return {"connector": fact.connector, "status": fact.state, "error_code": fact.error_code, "info": fact.info}
