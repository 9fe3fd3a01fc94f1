"""A subscription is charged by another tariff from an instant on (S5)."""

from uuid import UUID

from models.errors import InvalidInput
from models.messages.subscriber import ChangeTariff, SubscriberProgress
from models.rules.events import Event
from models.rules.subscriber import SubscriberEvent
from models.store import subscribers
from models.usecases import account_tariff, subscriber
from models.usecases.work import Work


async def change(work: Work, subscriber_id: UUID, decision: ChangeTariff) -> SubscriberProgress:
    """A session keeps the tariff that held when it started. Raises StageDoesNotAllow, InvalidInput."""
    row = await subscribers.lock(work.session, subscriber_id)
    valid_from = decision.valid_from or work.now
    if valid_from < work.now:
        raise InvalidInput("A tariff changes from now on, or later", field="/valid_from")
    said = {"tariff": decision.tariff, "valid_from": valid_from.isoformat()}
    await subscriber.move(work, row, SubscriberEvent.CHANGE_TARIFF, **said)
    await account_tariff.give(work, row, decision.tariff, valid_from)
    await subscriber.tell(work, row, Event.SUBSCRIBER_TARIFF_CHANGED, **said)
    return await subscriber.progress(work, row)
