"""Reserved connectors: what becomes of them by their commands, by starts that name them, and by time."""

from typing import Any
from uuid import UUID

from models.rules.reservation import RESERVATION, TOLD_BY, ReservationEvent, event_of
from models.store import assets, reservations
from models.tables.command import AskedCommand, Reservation
from models.usecases import timeline
from models.usecases.work import Work

EXPIRED_AT_ONCE = 100
TOPIC = "reservation"
"""Under this the front tells of them."""


async def note_command(work: Work, asked: AskedCommand) -> None:
    """What the end of a command says of the reservation that it was about, if it was about one."""
    event = event_of(asked.kind, asked.state)
    if event is not None:
        await _move(work, asked.asset_id, int(asked.arguments["reservation"]), event)


async def used(work: Work, asset_id: UUID, number: int | None, transaction: int) -> None:
    """An accepted start names the reservation: it is used up. A number that we never gave says nothing."""
    if number is not None:
        moved = await _move(work, asset_id, number, ReservationEvent.USED)
        if moved is not None:
            moved.transaction_number = transaction


async def told(work: Work, asset_id: UUID, number: int, word: str) -> None:
    """The station tells by itself what became of it (OCPP 2.0.1 §3.68 ReservationUpdateStatusEnumType)."""
    event = TOLD_BY.get(word)
    if event is not None:
        await _move(work, asset_id, number, event)


async def expire_what_is_over(work: Work) -> int:
    """Reservations whose time has come count no more; how many. Stations end them by themselves."""
    found = await reservations.over(work.session, work.now, EXPIRED_AT_ONCE)
    for asset_id, number in sorted(found):
        await assets.lock(work.session, asset_id)
        await _move(work, asset_id, number, ReservationEvent.EXPIRED)
    return len(found)


async def _move(work: Work, asset_id: UUID, number: int, event: ReservationEvent) -> Reservation | None:
    """Move it by its table; the station's row is locked. None where that is not possible any more."""
    found = await reservations.lock(work.session, asset_id, number)
    if found is None or not RESERVATION.allows(found.state, event):
        return None
    found.state = RESERVATION.next(found.state, event)
    if RESERVATION.is_terminal(found.state):
        found.ended_at = work.now
    asset = await assets.lock(work.session, asset_id)
    detail: dict[str, Any] = {"reservation": number, "state": found.state.value, "connector": found.connector}
    await assets.add_event(work.session, asset, f"reservation_{found.state}", work.now, detail)
    timeline.record(work, "station", asset_id, f"reservation {found.state}", station=asset.name, **detail)
    return found
