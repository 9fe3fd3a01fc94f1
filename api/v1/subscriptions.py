"""A consumer asks for a subscription, without a login (S1)."""

from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Request

from api.auth import rates
from api.auth.attempts import personal
from api.context import correlation_id_of, services_of
from api.v1.customers import NEW as CUSTOMER
from api.v1.shapes import Shape, example, sample
from models.messages.base import Actor
from models.messages.subscriber import WebSubscription
from models.rules.rates import neighbourhood
from models.usecases import subscriber as usecase

router = APIRouter(prefix="/subscriptions", tags=["subscribers"])

CONSUMER = Actor(id=None, name="consumer")
_ADDRESSES = UUID("0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d31")
"""Under which the addresses that ask are counted; none is kept as it is."""
_PERSON = {name: value for name, value in CUSTOMER.items() if name != "external_id"}


class AskedShape(Shape):
    model_config = example(reference="SUB-2026-000017")

    reference: str


@router.post("", status_code=202, summary="Ask for a subscription, as a consumer")
@personal
async def ask(
    request: Request, body: Annotated[WebSubscription, sample(person=_PERSON, payment="prepaid")]
) -> AskedShape:
    """Customer care accepts it or not; until then nothing is opened and no card is taken. One address may ask a few
    times a minute; of IPv6 one network of 64 bits.
    """
    services = services_of(request)
    address = neighbourhood(request.client.host if request.client else "")
    async with services.desk.database.statements() as session:
        limit = services.settings.subscriptions_per_minute
        usage = await rates.counted(session, uuid5(_ADDRESSES, address), limit, services.desk.clock())
    rates.tell(request.scope, usage)
    async with services.work(CONSUMER, correlation_id_of(request)) as work:
        return AskedShape(reference=(await usecase.ask(work, body)).reference)
