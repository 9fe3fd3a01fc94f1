"""A connector is asked for, or given free again: by a command to the station, which decides."""

from uuid import UUID

from models.errors import InvalidInput, NotFound
from models.messages.command import NewCommand, NewReservation
from models.messages.commands import CancelReservation, ReserveNow
from models.rules.command import CommandState
from models.rules.reservation import RESERVATION, ReservationEvent
from models.store import assets, commands, reservations
from models.tables.command import Reservation
from models.usecases import command
from models.usecases.work import Work


async def reserve(work: Work, asset_id: UUID, new: NewReservation) -> Reservation:
    """Raises InvalidInput with the field, StageDoesNotAllow, LimitReached."""
    if new.until <= work.now:
        raise InvalidInput("Name an instant that is still to come", field="/until")
    number = await reservations.next_number(work.session)
    said = ReserveNow(reservation=number, token=new.token, until=new.until, connector=new.connector, group=new.group)
    arguments = said.model_dump(mode="json", exclude_none=True)
    asked = await command.ask(work, asset_id, NewCommand(kind="reserve_now", arguments=arguments, valid_s=new.valid_s))
    row = Reservation(
        number=number,
        asset_id=asset_id,
        connector=new.connector,
        token=new.token,
        group=new.group,
        until=new.until,
        command_id=asked.id,
        created_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    return row


async def give_free(work: Work, asset_id: UUID, number: int, valid_s: int) -> Reservation:
    """The station is asked to give it free; where it has not been asked to keep it yet, it never is.

    Raises NotFound, StageDoesNotAllow.
    """
    asset = await assets.lock(work.session, asset_id)
    found = await reservations.find(work.session, asset_id, number)
    if found is None:
        raise NotFound(f"There is no reservation {number} at station {asset.name}")
    RESERVATION.next(found.state, ReservationEvent.CANCELLED)
    if (await commands.lock(work.session, found.command_id)).state is CommandState.QUEUED:
        await command.cancel(work, asset_id, found.command_id)
    else:
        arguments = CancelReservation(reservation=number).model_dump(mode="json")
        await command.ask(work, asset_id, NewCommand(kind="cancel_reservation", arguments=arguments, valid_s=valid_s))
    return found
