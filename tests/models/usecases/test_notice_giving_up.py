"""A notice is given up only after it was tried (N)."""

from models.store import notices
from models.tables.notice import Channel, Endpoint, NoticeState
from models.usecases import notice
from tests.people import World
from tests.road import NOBODY, Road


async def test_a_notice_that_never_had_a_try_is_not_given_up_for_the_one_before_it(world: World) -> None:
    road = Road(world)
    endpoint = await _endpoint_with_notice(road)
    await road.do(NOBODY, lambda work: notice.give_up_next(work, endpoint.id))
    taken = await road.do(NOBODY, lambda work: notice.take_next(work, endpoint.id))
    assert taken is not None
    assert taken[0].attempts == 1
    await road.do(NOBODY, lambda work: notice.give_up_next(work, endpoint.id))
    async with road.desk.database.transaction() as session:
        (given_up,) = await notices.log_of(session, endpoint.id, after=None, limit=10)
    assert given_up.state is NoticeState.GIVEN_UP
    assert given_up.last_error


async def _endpoint_with_notice(road: Road) -> Endpoint:
    owner = road.world.municipality.id
    made = await road.do(
        NOBODY, lambda work: notice.add_endpoint(work, owner, Channel.MAIL, "city@city.example", [], None)
    )
    await road.do(NOBODY, lambda work: notice.notify(work, owner, "placement.approved", {}))
    return made
