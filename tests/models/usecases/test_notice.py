"""Partners are told what they want to hear, in order, at every endpoint of theirs (N, P4, P19)."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from models.clock import utc_now
from models.errors import AlreadyExists
from models.secrets import KeyRing, SecretsError
from models.store import processes
from models.tables.handover import Handover
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases import notice
from models.usecases.work import Desk
from tests.conftest import KEYS
from tests.people import World
from tests.road import NOBODY

pytestmark = pytest.mark.step("N", "P4")


async def endpoint(desk: Desk, owner: object, *events: str, address: str = "a@city.example") -> Endpoint:
    async with desk.work(NOBODY, "test") as work:
        return await notice.add_endpoint(work, owner, Channel.MAIL, address, list(events), None)  # type: ignore[arg-type]


async def tell(desk: Desk, owner: object, *events: str) -> set[str]:
    async with desk.work(NOBODY, "test") as work:
        for event in events:
            await notice.notify(work, owner, event, {"reference": "PR-1"})  # type: ignore[arg-type]
    return work.handed_over


async def notices(desk: Desk) -> Sequence[Notice]:
    async with desk.database.transaction() as session:
        return (await session.execute(select(Notice).order_by(col(Notice.id)))).scalars().all()


async def test_an_endpoint_gets_a_process_that_delivers_to_it(desk: Desk, world: World) -> None:
    made = await endpoint(desk, world.municipality.id)
    workflow_id = notice.workflow_id(made.id)
    async with desk.database.transaction() as session:
        started = await processes.start_of(session, workflow_id)
    assert started is not None
    assert started.name == "delivery"
    assert "city.example" not in str(started.payload)


async def test_the_same_endpoint_twice_is_refused(desk: Desk, world: World) -> None:
    await endpoint(desk, world.municipality.id)
    with pytest.raises(AlreadyExists) as refused:
        await endpoint(desk, world.municipality.id)
    assert refused.value.field == "/address"
    await endpoint(desk, world.other_municipality.id)


async def test_an_organisation_is_told_at_each_endpoint_that_wants_the_event_and_nobody_else_is(
    desk: Desk, world: World
) -> None:
    all_of_it = await endpoint(desk, world.municipality.id)
    rejections = await endpoint(desk, world.municipality.id, "placement.rejected", address="b@city.example")
    await endpoint(desk, world.other_municipality.id)
    rung = await tell(desk, world.municipality.id, "placement.approved", "placement.rejected")
    assert rung == {notice.workflow_id(all_of_it.id), notice.workflow_id(rejections.id)}
    assert [(each.endpoint_id, each.event) for each in await notices(desk)] == [
        (all_of_it.id, "placement.approved"),
        (all_of_it.id, "placement.rejected"),
        (rejections.id, "placement.rejected"),
    ]


async def test_a_transaction_rings_once_however_many_notices_it_queues(desk: Desk, world: World) -> None:
    made = await endpoint(desk, world.municipality.id)
    await tell(desk, world.municipality.id, "placement.approved", "placement.rejected", "placement.accepted")
    async with desk.database.transaction() as session:
        process = await processes.find(session, notice.workflow_id(made.id))
    assert process is not None
    assert process.last_number == 2, "the start, and one bell"


async def test_transactions_that_tell_the_same_partners_in_another_order_do_not_lock_each_other_out(
    desk: Desk, world: World
) -> None:
    owners = (world.municipality.id, world.installer.id)
    for owner in owners:
        await endpoint(desk, owner)

    async def both(first: UUID, second: UUID) -> None:
        async with desk.work(NOBODY, "test") as work:
            await notice.notify(work, first, "placement.approved", {"reference": "PR-1"})
            await asyncio.sleep(0)
            await notice.notify(work, second, "placement.approved", {"reference": "PR-1"})

    await asyncio.gather(*(both(*order) for order in (owners, owners[::-1]) for _ in range(10)))
    assert len(await notices(desk)) == 40


async def test_a_partner_without_an_endpoint_is_no_fault(desk: Desk, world: World) -> None:
    assert await tell(desk, world.municipality.id, "placement.approved") == set()
    assert not await notices(desk)


async def test_a_signing_secret_is_bound_to_its_endpoint(world: World) -> None:
    keys = KeyRing.parse(KEYS)
    owner = world.municipality.id
    sealed = notice.seal_secret(keys, owner, "https://city.example/hook", "whsec_secret")
    mine = Endpoint(organisation_id=owner, channel=Channel.WEBHOOK, address="https://city.example/hook", secret=sealed)
    assert notice.open_secret(keys, mine) == "whsec_secret"
    other = Endpoint(organisation_id=owner, channel=Channel.WEBHOOK, address="https://evil.example/", secret=sealed)
    with pytest.raises(SecretsError):
        notice.open_secret(keys, other)


def test_two_secrets_sign_until_the_old_one_is_over(world: World) -> None:
    keys = KeyRing.parse(KEYS)
    owner, address, until = world.municipality.id, "https://city.example/hook", utc_now()
    new, old = (notice.seal_secret(keys, owner, address, f"whsec_{name}") for name in ("new", "old"))
    mine = Endpoint(
        organisation_id=owner,
        channel=Channel.WEBHOOK,
        address=address,
        secret=new,
        previous_secret=old,
        previous_secret_until=until,
    )
    assert notice.open_secrets(keys, mine, until - timedelta(seconds=1)) == ["whsec_new", "whsec_old"]
    assert notice.open_secrets(keys, mine, until) == ["whsec_new"]


async def test_a_bell_carries_nothing_of_what_is_told(desk: Desk, world: World) -> None:
    made = await endpoint(desk, world.municipality.id)
    await tell(desk, world.municipality.id, "placement.rejected")
    async with desk.database.transaction() as session:
        found = await session.execute(
            select(Handover)
            .where(col(Handover.workflow_id) == notice.workflow_id(made.id))
            .order_by(col(Handover.number))
        )
        bell = found.scalars().all()[-1]
    assert (bell.name, bell.payload) == ("notice_queued", {})
