"""The local list of one station: which version it has, what it took, what is to be sent (L5, O22)."""

from collections.abc import Sequence
from datetime import datetime

from models.messages.station import CommandOutcome
from models.messages.wanted import Todo
from models.rules import local_list as rules
from models.rules.local_list import Known, ListState, ReadRoom, ReadVersion, Send
from models.rules.patience import TRIES_BEFORE_TASK, wait_after
from models.rules.wanted import CHECKED_EVERY, Rest
from models.store import assets
from models.store import wanted as store
from models.tables.asset import Asset
from models.tables.wanted import StationList
from models.usecases import list_choice
from models.usecases.work import Work

S = ListState
ROOM = Todo(about="list", kind="read_configuration", arguments={"keys": [rules.HOLDS, rules.TAKES]})
READ = Todo(about="list", kind="read_local_list_version")
SEND = Todo(about="list", kind="send_local_list", claim=True)
_DIFFERENCES_FAILED = frozenset({"rejected", "version_mismatch"})


async def next_of(work: Work, asset: Asset, booted_at: datetime | None) -> tuple[Todo | None, datetime | None]:
    """What is to be asked of the station now, or when to look again."""
    step = await _step(work, asset, booted_at)
    match step:
        case ReadRoom():
            return ROOM, None
        case ReadVersion():
            return READ, None
        case Send():
            return SEND, None
        case Rest(until):
            ends = [until, await _choose(work, asset)]
            return None, min((end for end in ends if end is not None), default=None)


async def settle(work: Work, asset: Asset) -> None:
    """Without anything wanted, the list at the station is nothing to us; its versions go on growing all the same."""
    row = await store.known_list(work.session, asset.id)
    if row is None:
        return
    await _choose(work, asset)
    tokens = await store.tokens_for(work.session, asset)
    if tokens is None:
        row.state, row.detail, row.refusals, row.again_at = S.PENDING, "", 0, None
    elif len(tokens) > rules.TOKENS_LIMIT:
        row.state, row.detail = S.REFUSED, f"There are more than {rules.TOKENS_LIMIT} cards; name those that matter"
        row.refusals = TRIES_BEFORE_TASK


async def doubt(work: Work, asset: Asset) -> None:
    """The station is asked at once which list it has."""
    row = await store.known_list(work.session, asset.id)
    if row is not None:
        row.read_at = row.again_at = None


async def claim(work: Work, asset: Asset, booted_at: datetime | None) -> Todo | None:
    """The list with its version, which is used up from now on, whatever becomes of it."""
    step = await _step(work, asset, booted_at)
    row = await store.known_list(work.session, asset.id)
    if not isinstance(step, Send) or row is None:
        return None
    row.drawn = step.version
    await work.session.flush()
    return SEND.model_copy(update={"arguments": rules.arguments_of(step), "claim": False, "claimed": True})


async def note(work: Work, asset: Asset, todo: Todo, outcome: CommandOutcome) -> None:
    row = await store.known_list(work.session, asset.id)
    if row is None:
        row = StationList(asset_id=asset.id, at=work.now)
        work.session.add(row)
    # Of a long list some parts may have been taken, each with a version of its own.
    row.drawn = max(row.drawn, int(outcome.data.get("version") or 0))
    if todo.kind == "read_configuration":
        await _note_room(work, asset, row, outcome)
    elif todo.kind == "read_local_list_version":
        await _note_version(work, asset, row, outcome)
    elif outcome.outcome == "accepted":
        await _note_taken(work, asset, row, todo, outcome)
    elif outcome.outcome in _DIFFERENCES_FAILED and todo.arguments["kind"] == "differential":
        row.only_full = True
    else:
        # Nobody knows what it has now; it is asked, when it has been left alone for a while.
        row.read_at = None
        await _refuse(work, asset, row, outcome)
    await work.session.flush()


async def complaint(work: Work, asset: Asset) -> str | None:
    """Why an engineer is to look."""
    row = await store.known_list(work.session, asset.id)
    return None if row is None or row.refusals < TRIES_BEFORE_TASK else f"local list: {row.detail}"


async def _choose(work: Work, asset: Asset) -> datetime | None:
    row, wish = await store.known_list(work.session, asset.id), await store.list_for(work.session, asset)
    return await list_choice.settle(work, asset, wish, row)


async def _step(work: Work, asset: Asset, booted_at: datetime | None) -> ReadRoom | ReadVersion | Send | Rest:
    tokens = await store.tokens_for(work.session, asset)
    if tokens is not None and len(tokens) > rules.TOKENS_LIMIT:
        return Rest(work.now + CHECKED_EVERY)
    row = await store.known_list(work.session, asset.id)
    wish = await store.list_for(work.session, asset)
    is_chosen = wish is not None and wish.chosen
    return rules.next_of(tokens, _known(row), booted_at, work.now, is_chosen=is_chosen)


def _known(row: StationList | None) -> Known:
    if row is None:
        return Known()
    tokens = frozenset(row.tokens)
    return Known(row.drawn, row.taken, tokens, row.told, row.read_at, row.again_at, row.only_full, row.room_at)


async def _note_room(work: Work, asset: Asset, row: StationList, outcome: CommandOutcome) -> None:
    """One that does not tell is not asked again before its next boot."""
    if outcome.outcome == "timed_out":
        await _refuse(work, asset, row, outcome)
        return
    room = rules.room_of(outcome.data)
    if row.room_at is None or room != row.room:
        row.choose_at = None
    row.room, row.room_at, row.again_at = room, work.now, None


async def _note_version(work: Work, asset: Asset, row: StationList, outcome: CommandOutcome) -> None:
    version = outcome.data.get("version")
    if outcome.outcome != "accepted" or not isinstance(version, int):
        await _refuse(work, asset, row, outcome)
        return
    row.told, row.read_at, row.again_at = version, work.now, None


async def _note_taken(work: Work, asset: Asset, row: StationList, todo: Todo, outcome: CommandOutcome) -> None:
    """A front that sends a long list in parts tells the version of the last one."""
    version = max(int(todo.arguments["version"]), int(outcome.data.get("version") or 0))
    row.tokens = sorted(_taken(row.tokens, todo))
    row.drawn = row.taken = row.told = version
    row.only_full, row.refusals, row.again_at, row.read_at = False, 0, None, work.now
    await _move(work, asset, row, S.APPLIED, "")


def _taken(before: Sequence[str], todo: Todo) -> set[str]:
    tokens = set() if todo.arguments["kind"] == "full" else set(before)
    for each in todo.arguments["tokens"]:
        (tokens.discard if each["verdict"] is None else tokens.add)(rules.token_of(each))
    return tokens


async def _refuse(work: Work, asset: Asset, row: StationList, outcome: CommandOutcome) -> None:
    row.refusals += 1
    row.again_at = work.now + wait_after(row.refusals)
    said = outcome.detail or f"The station's answer: {outcome.outcome.replace('_', ' ')}"
    await _move(work, asset, row, S.REFUSED, said)


async def _move(work: Work, asset: Asset, row: StationList, state: ListState, detail: str) -> None:
    row.state, row.detail, row.at = state, detail, work.now
    await work.session.flush()
    said = {"state": state.value, "version": row.taken, "detail": detail}
    await assets.add_event(work.session, asset, "local_list", work.now, said)
