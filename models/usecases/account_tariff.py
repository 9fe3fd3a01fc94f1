"""The tariff of an account: chosen with its subscription, and whatever it is changed to (S1, S2, S5)."""

from datetime import datetime

from models.errors import InvalidInput
from models.messages.tariff import NewAssignment
from models.store import tariffs
from models.tables.subscriber import Subscriber
from models.usecases import tariff, timeline
from models.usecases.work import Work


async def choose(work: Work, code: str, currency: str, at: datetime) -> None:
    """An account in this currency can be charged by it at the instant. Raises InvalidInput."""
    chosen = await tariffs.find(work.session, code)
    if chosen is None:
        raise InvalidInput(f"There is no tariff '{code}'", field="/tariff")
    if chosen.currency != currency:
        raise InvalidInput(f"Tariff '{code}' is in {chosen.currency}, not in {currency}", field="/tariff")
    if await tariff.version_at(work, chosen, at) is None:
        raise InvalidInput(f"Tariff '{code}' does not hold by then", field="/tariff")


async def give(work: Work, account: Subscriber, code: str, valid_from: datetime) -> None:
    """It holds for the account everywhere from then on, in the place of whatever did. Raises InvalidInput.

    What was planned for that instant or later is called off: no session has started by it. What finance has assigned to
    the account for a station or a kind of place stays.
    """
    await choose(work, code, account.currency, valid_from)
    codes = {code, *(own.code for own in await tariffs.of_account(work.session, account.id, valid_from))}
    locked = {each: await tariff.lock(work, each) for each in sorted(codes)}
    for own in await tariffs.of_account(work.session, account.id, valid_from):
        if own.row.valid_from >= valid_from:
            await work.session.delete(own.row)
            timeline.record(work, tariff.SUBJECT, own.row.tariff_id, "tariff assignment called off", tariff=own.code)
        else:
            own.row.valid_until = valid_from
    await work.session.flush()
    await tariff.assign(work, locked[code], NewAssignment(account=account.reference, valid_from=valid_from))
