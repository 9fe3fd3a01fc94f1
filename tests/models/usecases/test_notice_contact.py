"""The contact of a request is told by mail, whether the organisation has endpoints or not (P4)."""

import pytest

from models.messages.placement import Contact
from models.store import notices
from models.tables.notice import Channel
from models.usecases import notice
from tests.people import World
from tests.road import NOBODY, Road


async def _language(road: Road, address: str) -> str | None:
    async with road.desk.database.transaction() as session:
        known = await notices.endpoints_of(session, road.world.municipality.id)
    return next(each.language for each in known if each.address == address)


async def _told(road: Road) -> list[tuple[str, str]]:
    async with road.desk.database.transaction() as session:
        rows = await notices.of_placement(session, road.placement.id)
    return [(endpoint.address, one.event) for one, endpoint in rows if endpoint.channel is Channel.MAIL]


@pytest.mark.step("P4", "N")
async def test_the_contact_of_a_rejected_request_is_told_by_mail(world: World) -> None:
    road = Road(world)
    placement = await road.submit()
    await road.reject()
    assert (placement.contact_email, "placement.rejected") in await _told(road)


@pytest.mark.step("N")
async def test_a_contact_is_not_told_of_other_requests(world: World) -> None:
    first, second = Road(world), Road(world)
    await first.submit(contact=Contact(name="Anna", email="anna@city.example"))
    await first.approve()
    await second.submit(contact=Contact(name="Bert", email="bert@city.example"))
    await second.reject()
    assert "anna@city.example" not in {address for address, _ in await _told(second)}


@pytest.mark.step("N")
async def test_an_address_that_is_an_endpoint_already_is_told_once(world: World) -> None:
    road = Road(world)
    placement = await road.submit()
    await road.do(
        NOBODY,
        lambda work: notice.add_endpoint(work, placement.requester_id, Channel.MAIL, placement.contact_email, [], None),
    )
    await road.reject()
    assert (await _told(road)).count((placement.contact_email, "placement.rejected")) == 1


@pytest.mark.step("N")
async def test_a_contact_is_written_to_in_the_language_of_its_latest_request(world: World) -> None:
    for language, wanted in (("nl", "nl"), (None, "nl"), ("en", "en")):
        road = Road(world)
        await road.submit(contact=Contact(name="Anna", email="anna@city.example", language=language))
        await road.reject()
        assert await _language(road, "anna@city.example") == wanted
