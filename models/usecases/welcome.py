"""The welcome kit of a new subscriber: a letter with the card, and a mail (S3)."""

from uuid import UUID

from babel.dates import format_date

from models.errors import NotFound
from models.messages.subscriber import SubscriberProgress, WelcomeLetter
from models.rules.access import Role
from models.store import customers, subscribers
from models.tables.task import TaskKind
from models.usecases import subscriber, timeline
from models.usecases.work import Work


async def gather(work: Work, subscriber_id: UUID) -> WelcomeLetter:
    """What the letter says. The same rows say the same. Raises NotFound where nobody is to be welcomed."""
    row = await subscribers.lock(work.session, subscriber_id)
    card = await subscribers.first_card(work.session, row.id)
    if card is None or row.activated_at is None:
        raise NotFound("The subscription has no card that a letter could go with")
    known = await customers.named(work.session, row.customer_id)
    town = f"{known.postal_code} {known.city}"
    abroad = () if known.country == work.terms.country else (known.country,)
    day = row.activated_at.astimezone(work.terms.zone).date()
    return WelcomeLetter(
        operator=work.terms.operator_name,
        language=row.language,
        reference=row.reference,
        card=card.number,
        payment=row.payment,
        name=known.name,
        address=(f"{known.street} {known.house_number}", town, *abroad),
        email=row.email,
        subscriber_id=row.id,
        written_on=format_date(day, format="long", locale=row.language.value),
        written_at=row.activated_at,
    )


def document_key(subscriber_id: UUID) -> str:
    """Under which the letter is kept; it tells of nobody."""
    return f"subscribers/{subscriber_id}/welcome.pdf"


async def note_letter(work: Work, subscriber_id: UUID, key: str) -> SubscriberProgress:
    """The letter is there to be printed and sent with the card."""
    row = await subscribers.lock(work.session, subscriber_id)
    row.letter_key = key
    timeline.record(work, subscriber.SUBJECT, row.id, "welcome letter made", subscriber=row.reference)
    return await subscriber.progress(work, row)


async def note_sent(work: Work, subscriber_id: UUID) -> SubscriberProgress:
    row = await subscribers.lock(work.session, subscriber_id)
    row.welcomed_at = work.now
    timeline.record(work, subscriber.SUBJECT, row.id, "welcome mail sent", subscriber=row.reference)
    return await subscriber.progress(work, row)


async def note_refused(work: Work, subscriber_id: UUID) -> SubscriberProgress:
    """Their mail server does not take it for good: customer care has the letter, and asks for another address."""
    row = await subscribers.lock(work.session, subscriber_id)
    row.welcomed_at = work.now
    title = "The welcome mail is refused for good: ask for another address, and send the letter"
    await subscriber.open_task(work, row, TaskKind.WELCOME_FAILED, Role.CUSTOMER_CARE, title)
    timeline.record(work, subscriber.SUBJECT, row.id, "welcome mail refused", subscriber=row.reference)
    return await subscriber.progress(work, row)
