"""A customer is erased: what the law makes us keep stays under pseudonyms, the rest goes, once (S8)."""

from collections.abc import Sequence

from models.errors import ErasureRefused
from models.money import Money
from models.rules.events import Event
from models.rules.personal_data import (
    PLACES,
    Because,
    Obstacle,
    Open,
    RequestKind,
    RequestState,
    obstacles,
    pseudonym,
)
from models.rules.subscriber import SUBSCRIBER
from models.store import erasure as store
from models.store import personal_data
from models.tables.customer import Customer
from models.tables.personal_data import PersonalRequest
from models.tables.subscriber import Subscriber
from models.usecases import customer as customers
from models.usecases import timeline, welcome
from models.usecases.work import Work


async def against(work: Work, customer: Customer, *, locked: bool = False) -> tuple[Obstacle, ...]:
    """What stands against erasing the customer; nothing where that is done. ``locked``: its subscriptions are."""
    if customer.erased_at is not None:
        return ()
    return obstacles(await _open(work, await store.subscriptions(work.session, customer.id, locked=locked)))


async def erase(work: Work, customer: Customer, because: Because) -> None:
    """Its row is locked. Erased already: nothing is done. Raises ErasureRefused.

    The rows are erased at once; the files behind them are removed by a worker before long.
    """
    if customer.erased_at is not None:
        return
    if found := await against(work, customer, locked=True):
        said = "; ".join(f"{each.reference}: {each.detail}" for each in found)
        raise ErasureRefused(f"The customer can't be erased yet. {said}", obstacles=[each.as_facts() for each in found])
    await _erase_rows(work, customer)
    await _forget_files(work, customer, because)
    customer.erased_at = work.now
    timeline.record(work, customers.SUBJECT, customer.id, "customer erased", because=because.value)
    await customers.tell(work, Event.CUSTOMER_ERASED, customer)


async def files_of(work: Work, request: PersonalRequest) -> Sequence[str]:
    """The keys of what is kept about an erased customer outside the database, but for exports, which expire."""
    known = await store.subscriptions(work.session, request.customer_id)
    return [welcome.document_key(each.id) for each in known]


def note_done(work: Work, request: PersonalRequest) -> None:
    request.state, request.done_at = RequestState.DONE, work.now
    timeline.record(work, customers.SUBJECT, request.customer_id, "files of the customer removed")


async def _open(work: Work, subscriptions: Sequence[Subscriber]) -> Open:
    ids = [each.id for each in subscriptions]
    return Open(
        subscriptions=[each.reference for each in subscriptions if not SUBSCRIBER.is_terminal(each.stage)],
        sessions=await store.unsettled(work.session, ids),
        held=await store.held(work.session, ids),
        balances=[
            (reference, Money(balance, currency))
            for reference, currency, balance in await store.balances(work.session, ids)
        ],
    )


async def _erase_rows(work: Work, customer: Customer) -> None:
    whose = await personal_data.person(work.session, customer)
    pseudonyms = {uid: pseudonym(token_id) for token_id, uid in whose.uids.items()}
    await store.begin_erasing(work.session)
    for place in PLACES:
        await store.erase(work.session, place, whose, pseudonyms)
    kept = {whose.uids[token_id] for token_id in whose.passed_on}
    await store.rename_elsewhere(work.session, {uid: to for uid, to in pseudonyms.items() if uid not in kept})
    await store.erase_notices(work.session, whose)
    await work.session.refresh(customer)


async def _forget_files(work: Work, customer: Customer, because: Because) -> None:
    for each in await personal_data.lock_open(work.session, customer.id):
        if each.kind is RequestKind.EXPORT:
            each.state, each.expires_at = RequestState.READY, work.now
    work.session.add(
        PersonalRequest(
            customer_id=customer.id,
            kind=RequestKind.ERASURE,
            because=because,
            asked_by=work.actor.id,
            asked_by_name=work.actor.name,
            created_at=work.now,
        )
    )
    await work.session.flush()
