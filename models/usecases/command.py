"""A command to a station: asked for, sent, answered, or come to nothing; each is on record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from models.errors import InvalidInput, LimitReached, NotFound, StageDoesNotAllow
from models.messages.command import CommandProgress, NewCommand
from models.messages.station import CommandOutcome
from models.rules.command import (
    COMMAND,
    DETAIL_LIMIT,
    OPEN_LIMIT,
    OUTCOMES,
    CommandEvent,
    CommandState,
    is_repeatable,
    kept,
    secret_in,
)
from models.store import assets, commands, nodes, placements, processes
from models.tables.asset import Asset
from models.tables.base import new_id
from models.tables.command import AskedCommand
from models.usecases import process, reservation, text_answer, timeline
from models.usecases.work import Work

WORKFLOW = "command"
REACHABLE = "reachable"
"""The fact that the station's socket is open again."""


def workflow_id(command_id: UUID) -> str:
    return f"command-{command_id}"


async def ask(work: Work, asset_id: UUID, new: NewCommand, *, is_limited: bool = True) -> AskedCommand:
    """The command is queued, and the process that sends it begins; ``is_limited`` by how many wait already.

    Raises InvalidInput with the field, StageDoesNotAllow, LimitReached.
    """
    # Held, so that a station which connects at this moment either is seen here or sees the command.
    asset = await assets.lock(work.session, asset_id)
    if asset.registered_at is None:
        raise StageDoesNotAllow(f"Station {asset.name} has no registered hardware that a command could reach")
    await _check(work, asset, new)
    if is_limited and await commands.count_open(work.session, asset_id) >= OPEN_LIMIT:
        raise LimitReached(f"{OPEN_LIMIT} commands wait for {asset.name} already; cancel some, or wait for it")
    asked = AskedCommand(
        id=new_id(),
        asset_id=asset_id,
        kind=new.kind,
        arguments=new.arguments,
        asked_by=work.actor.id,
        asked_by_name=work.actor.name,
        correlation_id=work.correlation_id,
        expires_at=work.now + timedelta(seconds=new.valid_s),
        created_at=work.now,
    )
    work.session.add(asked)
    await work.session.flush()
    await process.begin(work, workflow_id(asked.id), WORKFLOW, asked.id, asset.name)
    await _tell(work, asset, asked, "command_asked")
    return asked


async def cancel(work: Work, asset_id: UUID, command_id: UUID) -> AskedCommand:
    """Possible as long as it was not sent. Raises NotFound, StageDoesNotAllow."""
    asset = await assets.lock(work.session, asset_id)
    if await commands.find(work.session, asset_id, command_id) is None:
        raise NotFound(f"There is no such command to station {asset.name}")
    asked = await commands.lock(work.session, command_id)
    COMMAND.next(asked.state, CommandEvent.CANCEL)
    await process.hand_over(work, workflow_id(command_id), "cancelled", {})
    await _end(work, asset, asked, CommandEvent.CANCEL)
    return asked


async def load(work: Work, command_id: UUID) -> CommandProgress:
    """Where the command stands, as its process needs to know it (rule 4)."""
    return await _progress(work, await commands.lock(work.session, command_id))


async def waits(work: Work, command_id: UUID) -> CommandProgress | None:
    """Where it stands, if there is nothing to do but to wait for the station: a look that moves nothing is no step."""
    asked = await commands.seen(work.session, command_id)
    asset = await commands.station_of(work.session, command_id)
    is_away = await nodes.holding(work.session, asset.id) is None
    is_waiting = asked.state is CommandState.QUEUED and asset.registered_at is not None
    return await _progress(work, asked) if is_waiting and is_away else None


async def dispatch(work: Work, command_id: UUID) -> CommandProgress:
    """Take the command up for the node that holds the station's socket now; it stays queued where none does."""
    asset = await assets.lock(work.session, (await commands.station_of(work.session, command_id)).id)
    asked = await commands.lock(work.session, command_id)
    if asked.state is not CommandState.QUEUED:
        return await _progress(work, asked)
    if asset.registered_at is None:
        await _end(work, asset, asked, CommandEvent.GIVEN_UP, detail="The station was deregistered meanwhile")
        return await _progress(work, asked)
    node = await nodes.holding(work.session, asked.asset_id)
    if node is not None:
        asked.state = COMMAND.next(asked.state, CommandEvent.SENT)
        asked.tries, asked.sent_at = asked.tries + 1, work.now
        await _record(work, asset, asked, "command sent", node=node)
    return await _progress(work, asked, node)


async def put_back(work: Work, command_id: UUID, *, answer_lost: bool) -> CommandProgress:
    """The try has not reached the station, or its answer was lost and the command does no harm twice."""
    asked = await commands.lock(work.session, command_id)
    if asked.state is CommandState.SENT:
        asked.state = COMMAND.next(asked.state, CommandEvent.PUT_BACK)
        asked.unanswered += int(answer_lost)
    return await _progress(work, asked)


async def note_outcome(work: Work, command_id: UUID, outcome: CommandOutcome) -> CommandProgress:
    """What the station has answered, or that nobody knows whether it did it."""
    event = OUTCOMES.get(outcome.outcome, CommandEvent.ANSWERED)
    return await _close(work, command_id, event, outcome.outcome, outcome.detail, outcome.data)


async def give_up(work: Work, command_id: UUID, reason: str) -> CommandProgress:
    """It can't be sent at all."""
    return await _close(work, command_id, CommandEvent.GIVEN_UP, None, reason, {})


async def expire(work: Work, command_id: UUID) -> CommandProgress:
    """Its time is over before an answer came; one that was sent may have been done."""
    await assets.lock(work.session, (await commands.station_of(work.session, command_id)).id)
    asked = await commands.lock(work.session, command_id)
    if asked.unanswered:
        words = f"Sent {asked.unanswered} times; no answer came"
        return await _close(work, command_id, CommandEvent.NO_ANSWER, "timed_out", words, {})
    return await _close(work, command_id, CommandEvent.EXPIRED, None, "The station was not connected in time", {})


async def tell_reachable(work: Work, asset_id: UUID) -> None:
    """The commands that wait for the station are sent at once."""
    for command_id in await commands.open_ids(work.session, asset_id):
        await process.hand_over(work, workflow_id(command_id), REACHABLE, {})


async def _check(work: Work, asset: Asset, new: NewCommand) -> None:
    secret = secret_in(new.arguments)
    if secret is not None:
        place, remedy = secret
        raise InvalidInput(remedy, field=f"/arguments{place}")
    connector = new.arguments.get("connector")
    known = [evse.connector for evse in await assets.evses(work.session, asset.id)]
    if connector is not None and connector not in known:
        has = ", ".join(map(str, known))
        raise InvalidInput(f"Station {asset.name} has no connector {connector}; it has {has}", field=_place(new))


def _place(new: NewCommand) -> str:
    """Where the caller has said it: a reservation has no arguments around it."""
    return "/connector" if new.kind == "reserve_now" else "/arguments/connector"


async def _close(
    work: Work, command_id: UUID, event: CommandEvent, outcome: str | None, detail: str, data: dict[str, Any]
) -> CommandProgress:
    asset = await assets.lock(work.session, (await commands.station_of(work.session, command_id)).id)
    asked = await commands.lock(work.session, command_id)
    if COMMAND.allows(asked.state, event):
        asked.outcome, asked.data = outcome, kept(data)
        await _end(work, asset, asked, event, detail=detail)
    return await _progress(work, asked)


async def _end(work: Work, asset: Asset, asked: AskedCommand, event: CommandEvent, *, detail: str = "") -> None:
    asked.state = COMMAND.next(asked.state, event)
    asked.detail, asked.answered_at = detail[:DETAIL_LIMIT], work.now
    await reservation.note_command(work, asked)
    await text_answer.note_command(work, asked)
    answered = event in {CommandEvent.ANSWERED, CommandEvent.REJECTED, CommandEvent.NOT_SUPPORTED}
    await _tell(work, asset, asked, "command_answered" if answered else f"command_{asked.state}")
    await process.end(work, workflow_id(asked.id))


async def _tell(work: Work, asset: Asset, asked: AskedCommand, what: str) -> None:
    detail = {
        "command": str(asked.id),
        "kind": asked.kind,
        "state": asked.state.value,
        "outcome": asked.outcome,
        "detail": asked.detail,
    }
    await assets.add_event(work.session, asset, what, work.now, detail)
    await _record(work, asset, asked, what.replace("_", " "), outcome=asked.outcome)


async def _record(work: Work, asset: Asset, asked: AskedCommand, what: str, **detail: Any) -> None:
    placement_id = await placements.of_subject(work.session, asset.id)
    about: dict[str, Any] = {"station": asset.name, "command": str(asked.id), "kind": asked.kind, **detail}
    timeline.record(work, "station", asset.id, what, placement_id=placement_id, **about)


async def _progress(work: Work, asked: AskedCommand, node: str | None = None) -> CommandProgress:
    asset = await commands.station_of(work.session, asked.id)
    return CommandProgress(
        stage=asked.state,
        applied_number=await processes.applied_number(work.session, workflow_id(asked.id)),
        due_at=asked.expires_at,
        station=asset.name,
        asset_id=asset.id,
        kind=asked.kind,
        arguments=asked.arguments,
        expires_at=asked.expires_at,
        repeatable=is_repeatable(asked.kind),
        node=node,
    )
