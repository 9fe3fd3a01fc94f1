"""Keeping a station as it is wanted: its process begins with its activation, hears of what moves it, and looks (L5)."""

from datetime import datetime
from uuid import UUID

from models.errors import StageDoesNotAllow
from models.messages.station import CommandOutcome
from models.messages.wanted import StationProgress, Todo
from models.rules.access import Role
from models.rules.commissioning import CommissioningStage
from models.rules.deadlines import LATE_FACT_DAYS
from models.rules.station_life import STATION, stage_of
from models.rules.wanted import Rest, next_of
from models.store import assets, charging, nodes, organisations, processes
from models.store import wanted as store
from models.tables.asset import Asset
from models.tables.task import TaskKind
from models.tables.wanted import StationUpkeep
from models.usecases import list_choice, process, task
from models.usecases import upkeep_configuration as configuration
from models.usecases import upkeep_firmware as firmware
from models.usecases import upkeep_list as local_list
from models.usecases.work import Work

WORKFLOW = "station"
CHANGED, CONNECTED, BOOTED = "wanted_changed", "station_connected", "station_booted"
FIRMWARE_FAILED, CHECK = "firmware_failed", "check_asked_for"
TITLE_LIMIT = 300


def workflow_id(asset_name: str) -> str:
    return f"station-{asset_name}"


async def begin(work: Work, asset: Asset) -> None:
    """The station is in operation; its row is locked. One whose process goes on already keeps that."""
    if await store.upkeep(work.session, asset.id) is None:
        work.session.add(StationUpkeep(asset_id=asset.id, due_at=work.now))
        await work.session.flush()
        await process.begin(work, workflow_id(asset.name), WORKFLOW, asset.id, asset.name)


async def tell(work: Work, asset: Asset, fact: str) -> None:
    """Something else is wanted of the station, or it is in another state; its row is locked.

    One that was activated before there was such a process gets it now. What is not in operation yet hears of it with
    its activation.
    """
    known = await store.upkeep(work.session, asset.id)
    if known is not None:
        known.due_at, known.unread, known.read_again_at = work.now, 0, None
        if fact == CHANGED:
            await list_choice.choose_again(work, asset)
        await process.hand_over(work, workflow_id(asset.name), fact, {})
    elif asset.stage is CommissioningStage.ACTIVE:
        await begin(work, asset)


async def check(work: Work, asset_id: UUID) -> None:
    """The station is asked at once for all that is wanted of it, and what it has refused is tried again.

    Raises StageDoesNotAllow.
    """
    asset = await assets.lock(work.session, asset_id)
    if asset.stage is not CommissioningStage.ACTIVE:
        raise StageDoesNotAllow(f"Station {asset.name} is not in operation: its activation brings it to what is wanted")
    for part in (configuration, firmware, local_list):
        await part.doubt(work, asset)
    await tell(work, asset, CHECK)


async def note_connected(work: Work, asset: Asset) -> None:
    """Its process hears of it where it waits for the station."""
    known = await _of_active(work, asset)
    if known is not None and known.due_at is not None and known.due_at <= work.now:
        await process.hand_over(work, workflow_id(asset.name), CONNECTED, {})


async def note_booted(work: Work, asset: Asset) -> None:
    """A boot may have brought about what was taken before, or have lost it."""
    known = await _of_active(work, asset)
    if known is not None and known.due_at is not None:
        await firmware.note_boot(work, asset)
        await tell(work, asset, BOOTED)


async def note_firmware(work: Work, asset: Asset, word: str, request: int | None) -> None:
    """What the station tells of an update; its process hears of it only where it has failed."""
    if await _of_active(work, asset) is not None and await firmware.told(work, asset, word, request):
        await tell(work, asset, FIRMWARE_FAILED)


async def load(work: Work, asset_id: UUID) -> StationProgress:
    """Where the station stands, as its process needs to know it (rule 4)."""
    return await _progress(work, await assets.lock(work.session, asset_id))


async def look(work: Work, asset_id: UUID) -> StationProgress:
    """What is to be done about the station at this moment; whoever has to know it is told."""
    asset = await assets.lock(work.session, asset_id)
    known = await store.upkeep(work.session, asset_id)
    if known is None or STATION.is_terminal(stage_of(asset.stage)):
        return await _progress(work, asset)
    await configuration.forget_unwanted(work, asset)
    await firmware.settle(work, asset)
    await local_list.settle(work, asset)
    await _see_to_task(work, asset)
    todo, look_at = await _next(work, asset, known)
    known.due_at = work.now if todo else look_at
    return await _progress(work, asset, todo, look_at)


async def note_answer(work: Work, asset_id: UUID, todo: Todo, outcome: CommandOutcome) -> StationProgress:
    """What came of what the station was asked for, and what is next."""
    asset = await assets.lock(work.session, asset_id)
    known = await store.upkeep(work.session, asset_id)
    if known is not None and todo.about == "firmware":
        await firmware.note(work, asset, todo, outcome)
    elif known is not None and todo.about == "list":
        await local_list.note(work, asset, todo, outcome)
    elif known is not None:
        await configuration.note(work, asset, known, todo, outcome)
    return await look(work, asset_id)


async def claim(work: Work, asset_id: UUID) -> StationProgress:
    """Its turn is taken, where it still is its turn: the next todo has its arguments."""
    asset = await assets.lock(work.session, asset_id)
    known = await store.upkeep(work.session, asset_id)
    next_one = None if known is None else (await _next(work, asset, known))[0]
    todo = None
    if next_one == firmware.INSTALL:
        todo = await firmware.claim(work, asset)
    elif next_one == local_list.SEND:
        todo = await local_list.claim(work, asset, booted_at(asset))
    return await look(work, asset_id) if todo is None else await _progress(work, asset, todo)


async def put_back(work: Work, asset_id: UUID, todo: Todo) -> StationProgress:
    """What was claimed did not reach the station. The version of a list is used up all the same."""
    if todo.about == "firmware":
        await firmware.put_back(work, await assets.lock(work.session, asset_id))
    return await look(work, asset_id)


async def end(work: Work, asset_id: UUID) -> StationProgress:
    """The station is not in operation any more: nothing is wanted of it, and nobody has to look after it."""
    asset = await assets.lock(work.session, asset_id)
    await task.close_task(work, TaskKind.STATION_DIFFERS, asset.id)
    known = await store.upkeep(work.session, asset_id)
    if known is not None:
        known.due_at = None
    await process.end(work, workflow_id(asset.name))
    return await _progress(work, asset)


async def _next(work: Work, asset: Asset, known: StationUpkeep) -> tuple[Todo | None, datetime | None]:
    """What is first of all that is to be done; else when the first of it is."""
    looks = [
        await _next_setting(work, asset, known),
        await local_list.next_of(work, asset, booted_at(asset)),
        await firmware.next_of(work, asset),
    ]
    todo = next((todo for todo, _ in looks if todo is not None), None)
    return todo, min((look_at for _, look_at in looks if look_at is not None), default=None)


async def _next_setting(work: Work, asset: Asset, known: StationUpkeep) -> tuple[Todo | None, datetime | None]:
    charges = bool(await charging.running(work.session, asset.id))
    seen = configuration.seen(known, booted_at(asset), charging=charges)
    step = next_of(await configuration.settings_of(work, asset), seen, work.now)
    return configuration.todo_of(step), step.until if isinstance(step, Rest) else None


def booted_at(asset: Asset) -> datetime | None:
    said = (asset.booted or {}).get("at")
    return None if said is None else datetime.fromisoformat(str(said))


async def _see_to_task(work: Work, asset: Asset) -> None:
    """An engineer is asked to look once the station has refused often enough, until it does not any more."""
    complaints = await configuration.complaints(work, asset)
    others = (await local_list.complaint(work, asset), await firmware.complaint(work, asset))
    complaints += [said for said in others if said is not None]
    if not complaints:
        await task.close_task(work, TaskKind.STATION_DIFFERS, asset.id)
        return
    said = "; ".join(complaints)
    title = f"Station {asset.name} does not take what is wanted of it: {said}"
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.STATION_DIFFERS,
        Role.ENGINEER,
        operator.id,
        asset.id,
        asset.name,
        title[:TITLE_LIMIT],
        working_days=LATE_FACT_DAYS,
    )


async def _of_active(work: Work, asset: Asset) -> StationUpkeep | None:
    return await store.upkeep(work.session, asset.id) if asset.stage is CommissioningStage.ACTIVE else None


async def _progress(
    work: Work, asset: Asset, todo: Todo | None = None, look_at: datetime | None = None
) -> StationProgress:
    partner = await organisations.named(work.session, asset.service_partner_id)
    return StationProgress(
        stage=stage_of(asset.stage),
        organisation=partner.name,
        applied_number=await processes.applied_number(work.session, workflow_id(asset.name)),
        station=asset.name,
        asset_id=asset.id,
        node=None if asset.registered_at is None else await nodes.holding(work.session, asset.id),
        todo=todo,
        look_at=look_at,
    )
