"""Whether a token may charge is settled once for every road, and since when it may not stays on record (S4, S9)."""

from datetime import timedelta

import pytest

from models.tables.charging import IdToken, PastBlock
from models.usecases import id_token
from models.usecases.work import Work
from tests.charging import AT, Clock, Street
from tests.vehicles import SHOWN, registered

pytestmark = pytest.mark.step("S4", "S9")


async def settled(street: Street, *, charges: bool) -> IdToken:
    async def act(work: Work) -> None:
        own = next(each for each in await street.rows(IdToken) if each.token == SHOWN)
        await id_token.settle(work, [(await work.session.get_one(IdToken, own.id), charges)])

    await street.do(act)
    return next(each for each in await street.rows(IdToken) if each.token == SHOWN)


async def test_a_time_in_which_a_token_was_blocked_is_kept_when_it_is_over(street: Street, clock: Clock) -> None:
    await registered(street, await street.driver())
    days = [AT + timedelta(days=day) for day in range(4)]
    for day, charges, blocked_at in ((1, False, days[1]), (2, False, days[1]), (3, True, None)):
        clock.now = days[day]
        assert (await settled(street, charges=charges)).blocked_at == blocked_at
    async with street.desk.database.transaction() as session:
        past = await session.get_one(PastBlock, ((await settled(street, charges=True)).id, days[1]))
    assert past.until == days[3]
