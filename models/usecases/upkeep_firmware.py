"""The firmware of one station: wanted, begun when its turn comes, told of by the station, done with a boot (L5)."""

from datetime import datetime

from models.messages.station import CommandOutcome
from models.messages.wanted import Todo
from models.rules import firmware as rules
from models.rules.firmware import FirmwareState, Known, RollOut, Update, Wish
from models.rules.patience import TRIES_BEFORE_TASK, wait_after
from models.rules.wanted import Rest
from models.store import assets, charging
from models.store import wanted as store
from models.tables.asset import Asset
from models.tables.wanted import StationFirmware, WantedFirmware
from models.usecases.work import Work

S = FirmwareState
INSTALL = Todo(about="firmware", kind="update_firmware", claim=True)
_TAKEN = frozenset({"accepted", "scheduled", "timed_out"})
"""Without an answer nobody knows whether it has begun; its boot or its time tells."""


def running(asset: Asset) -> str | None:
    """What the station told at its last boot."""
    said = (asset.booted or {}).get("firmware")
    return None if said is None else str(said)


async def next_of(work: Work, asset: Asset) -> tuple[Todo | None, datetime | None]:
    """What is to be asked of the station now, or when to look again."""
    wish = await store.firmware_for(work.session, asset)
    if wish is None:
        return None, None
    step = await _step(work, asset, wish, await store.known_firmware(work.session, asset.id))
    return (INSTALL, None) if isinstance(step, Update) else (None, step.until)


async def settle(work: Work, asset: Asset) -> None:
    """What is not wanted any more is forgotten; an update of which nothing was heard for too long has failed."""
    wish = await store.firmware_for(work.session, asset)
    row = await store.known_firmware(work.session, asset.id)
    if row is None:
        return
    if wish is None or row.round != wish.round:
        await work.session.delete(row)
        await work.session.flush()
    elif row.state is S.UNDER_WAY and row.asked_at is not None and row.asked_at + rules.GIVEN_UP_AFTER <= work.now:
        tells = running(asset) or "nothing"
        await _fail(work, asset, row, f"Nothing came of it in time; the station runs {tells}")


async def claim(work: Work, asset: Asset) -> Todo | None:
    """The update, with its turn taken; None where it is not the station's turn any more."""
    wish = await store.firmware_for(work.session, asset, lock=True)
    if wish is None:
        return None
    row = await store.known_firmware(work.session, asset.id)
    if not isinstance(await _step(work, asset, wish, row), Update):
        return None
    if row is None:
        row = StationFirmware(asset_id=asset.id, round=wish.round, version=wish.version, at=work.now)
        work.session.add(row)
    row.request, row.asked_at, row.word = row.request + 1, work.now, ""
    await _move(work, asset, row, S.UNDER_WAY, "")
    arguments = {"location": wish.location, "retrieve_at": work.now.isoformat(), "request": row.request}
    if wish.signature is not None:
        arguments |= {"signing_certificate": wish.signing_certificate, "signature": wish.signature}
    return INSTALL.model_copy(update={"arguments": arguments, "claim": False, "claimed": True})


async def put_back(work: Work, asset: Asset) -> None:
    """The station was not reached: it is its turn again."""
    row = await store.known_firmware(work.session, asset.id)
    if row is not None and row.state is S.UNDER_WAY:
        row.asked_at = None
        await _move(work, asset, row, S.FAILED if row.failures else S.WAITING, row.detail)


async def note(work: Work, asset: Asset, todo: Todo, outcome: CommandOutcome) -> None:
    row = await store.known_firmware(work.session, asset.id)
    current = row is not None and row.state is S.UNDER_WAY and row.request == todo.arguments.get("request")
    if row is not None and current and outcome.outcome not in _TAKEN:
        await _fail(work, asset, row, outcome.detail or f"The station's answer: {outcome.outcome.replace('_', ' ')}")


async def doubt(work: Work, asset: Asset) -> None:
    """One that has failed is tried again at once, if its roll-out goes on."""
    row = await store.known_firmware(work.session, asset.id)
    if row is not None:
        row.again_at = None


async def told(work: Work, asset: Asset, word: str, request: int | None) -> bool:
    """What the station tells of an update under way. Whether it has failed, which changes its process's course."""
    row = await store.known_firmware(work.session, asset.id)
    if row is None or row.state is not S.UNDER_WAY or request not in {None, row.request}:
        return False
    row.word = word
    if not rules.has_failed(word):
        return False
    await _fail(work, asset, row, f"The station tells: {word}")
    return True


async def note_boot(work: Work, asset: Asset) -> None:
    """A boot that tells the wanted version is the end of the update."""
    row = await store.known_firmware(work.session, asset.id)
    if row is not None and row.state in {S.UNDER_WAY, S.FAILED} and running(asset) == row.version:
        row.failures, row.again_at = 0, None
        await _move(work, asset, row, S.DONE, "")
        await _go_on(work, row)


async def complaint(work: Work, asset: Asset) -> str | None:
    """Why an engineer is to look."""
    row = await store.known_firmware(work.session, asset.id)
    if row is None or row.failures < TRIES_BEFORE_TASK:
        return None
    return f"firmware {row.version}: {row.detail}"


async def _step(work: Work, asset: Asset, wish: WantedFirmware, row: StationFirmware | None) -> Update | Rest:
    known = Known(running=running(asset))
    if row is not None and row.round == wish.round:
        known = Known(row.state, running(asset), row.asked_at, row.again_at)
    window = None if wish.from_hour is None or wish.to_hour is None else (wish.from_hour, wish.to_hour)
    wanted = Wish(wish.version, wish.not_before, window, halted=wish.halted_at is not None)
    room = 1 if wish.asset_id else rules.room(_plan(wish), await store.firmware_counts(work.session, wish))
    charges = bool(await charging.running(work.session, asset.id))
    return rules.next_of(wanted, known, work.now, work.terms.zone, charging=charges, room=room)


async def _fail(work: Work, asset: Asset, row: StationFirmware, why: str) -> None:
    row.failures += 1
    row.again_at = work.now + wait_after(row.failures)
    await _move(work, asset, row, S.FAILED, why)
    await _go_on(work, row)


async def _move(work: Work, asset: Asset, row: StationFirmware, state: FirmwareState, detail: str) -> None:
    row.state, row.detail, row.at = state, detail, work.now
    await work.session.flush()
    said = {"version": row.version, "state": state.value, "detail": detail}
    await assets.add_event(work.session, asset, "firmware_wanted", work.now, said)


async def _go_on(work: Work, row: StationFirmware) -> None:
    """One more has come to its end: the roll-out stops, or another wave begins."""
    wish = await store.lock_round(work.session, row.round)
    if wish is None or wish.product_id is None or wish.halted_at is not None:
        return
    counts = await store.firmware_counts(work.session, wish)
    if rules.is_to_halt(_plan(wish), counts):
        wish.halted_at = work.now
    elif counts.under_way == 0 and rules.room(_plan(wish), counts):
        await store.spread_to(work.session, wish.product_id, work.correlation_id)


def _plan(wish: WantedFirmware) -> RollOut:
    return RollOut(wish.first, wish.share_percent, wish.failure_limit_percent)
