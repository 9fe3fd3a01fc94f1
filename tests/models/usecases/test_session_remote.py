"""A session is asked for and stopped from afar, by the one decision on its card (C4)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.errors import PriceChanged, StageDoesNotAllow, StartRefused
from models.messages.session import NewSession, SeenPrice
from models.rules.authorisation import WHY_NOT, TokenVerdict
from models.rules.subscriber import Payment, SubscriberStage
from models.tables.command import AskedCommand
from models.tables.subscriber import Subscriber
from models.usecases import card, session_remote
from models.usecases.session_remote import AskedStart
from models.usecases.work import Work
from tests.charging import AT, PRICE, Clock, Street, later, priced_by
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("C4")


async def asked(street: Street, **said: object) -> AskedStart:
    new = NewSession.model_validate({"station": street.asset.name, **said})
    return await street.do(lambda work: session_remote.start(work, street.asset.id, new))


def test_every_verdict_that_refuses_has_its_words_for_people() -> None:
    assert WHY_NOT.keys() == set(TokenVerdict) - {TokenVerdict.ACCEPTED}


async def test_a_start_that_was_asked_for_is_judged_again_when_the_station_tells_of_it(street: Street) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="6")
    found = await asked(street, subscriber=owner.reference)
    assert (found.command.arguments, found.card.number) == ({"token": uid_of("NL-1")}, "NL-1")
    assert found.command.expires_at == AT + timedelta(minutes=1)
    assert (await street.account(owner)).held == 0
    _, verdict = await street.start()
    assert (verdict, (await street.account(owner)).held) == (TokenVerdict.ACCEPTED, Decimal(6))


async def test_a_suspended_subscriber_is_refused_by_the_reason(street: Street) -> None:
    owner = await street.driver()

    async def suspend(work: Work) -> None:
        row = await work.session.get_one(Subscriber, owner.id)
        row.stage = SubscriberStage.SUSPENDED
        await card.settle(work, row)

    await street.do(suspend)
    with pytest.raises(StartRefused) as refused:
        await asked(street, card="NL-1")
    assert (refused.value.facts, refused.value.detail) == ({"verdict": "blocked"}, WHY_NOT[TokenVerdict.BLOCKED])
    assert await street.rows(AskedCommand) == []


@pytest.mark.step("C10")
async def test_a_price_that_has_changed_since_it_was_shown_starts_nothing(street: Street, clock: Clock) -> None:
    owner = await street.driver()
    first = (await asked(street, card="NL-1")).held
    assert first is not None
    seen = SeenPrice(code=first.tariff.code, version=1)
    await asked(street, card="NL-1", seen=seen)
    clock.now = later(10)
    await priced_by(street.desk, PRICE, since=later(5), account=owner.reference)
    with pytest.raises(PriceChanged):
        await asked(street, card="NL-1", seen=seen)


async def test_what_does_not_go_on_is_not_stopped(street: Street) -> None:
    await street.driver()
    number, _ = await street.start()
    running = await street.session()
    command = await street.do(lambda work: session_remote.stop(work, running.id))
    assert (command.arguments, command.kind) == ({"transaction": number}, "stop_charging")
    await street.stop(number)
    with pytest.raises(StageDoesNotAllow):
        await street.do(lambda work: session_remote.stop(work, running.id))
