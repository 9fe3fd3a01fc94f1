"""Partners are told what they want to hear, in order, at every endpoint of theirs (N, P4, P19)."""

from collections.abc import Sequence

import pytest
from sqlmodel import col, select

from models.errors import AlreadyExists, NotFound
from models.secrets import KeyRing, SecretsError
from models.store import processes
from models.tables.base import new_id
from models.tables.handover import Handover
from models.tables.notice import Channel, Endpoint, Notice, NoticeState
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


async def test_a_partner_without_an_endpoint_is_no_fault(desk: Desk, world: World) -> None:
    assert await tell(desk, world.municipality.id, "placement.approved") == set()
    assert not await notices(desk)


async def take(desk: Desk, made: Endpoint) -> Notice | None:
    async with desk.work(NOBODY, "test") as work:
        taken = await notice.take_next(work, made.id)
    return None if taken is None else taken[0]


async def note(desk: Desk, about: Notice, error: str | None, *, final: bool) -> tuple[NoticeState, int]:
    async with desk.work(NOBODY, "test") as work:
        await notice.note_outcome(work, about.id, error=error, final=final)
    (kept,) = [each for each in await notices(desk) if each.id == about.id]
    return kept.state, kept.attempts


async def test_the_oldest_notice_goes_first_and_an_outcome_counts_once(desk: Desk, world: World) -> None:
    made = await endpoint(desk, world.municipality.id)
    await tell(desk, world.municipality.id, "placement.approved", "placement.rejected")
    first, second = await notices(desk)
    assert (await take(desk, made)) == first.model_copy(update={"attempts": 1})
    assert await note(desk, first, "503", final=False) == (NoticeState.WAITING, 1)
    await take(desk, made)
    assert await note(desk, first, None, final=True) == (NoticeState.DELIVERED, 2)
    assert await note(desk, first, "late", final=True) == (NoticeState.DELIVERED, 2)
    taken = await take(desk, made)
    assert taken is not None
    assert taken.id == second.id
    assert await note(desk, second, "gone", final=True) == (NoticeState.GIVEN_UP, 1)
    assert await take(desk, made) is None


async def test_a_notice_that_was_never_tried_is_not_given_up_for_the_one_before_it(desk: Desk, world: World) -> None:
    made = await endpoint(desk, world.municipality.id)
    await tell(desk, world.municipality.id, "placement.approved", "placement.rejected")
    await take(desk, made)
    for _ in range(2):
        async with desk.work(NOBODY, "test") as work:
            await notice.give_up_next(work, made.id)
    assert [each.state for each in await notices(desk)] == [NoticeState.GIVEN_UP, NoticeState.WAITING]


async def test_nothing_is_delivered_to_an_endpoint_that_is_not_there(desk: Desk) -> None:
    async with desk.work(NOBODY, "test") as work:
        with pytest.raises(NotFound):
            await notice.take_next(work, new_id())


async def test_a_signing_secret_is_bound_to_its_endpoint(world: World) -> None:
    keys = KeyRing.parse(KEYS)
    owner = world.municipality.id
    sealed = notice.seal_secret(keys, owner, "https://city.example/hook", "whsec_secret")
    mine = Endpoint(organisation_id=owner, channel=Channel.WEBHOOK, address="https://city.example/hook", secret=sealed)
    assert notice.open_secret(keys, mine) == "whsec_secret"
    other = Endpoint(organisation_id=owner, channel=Channel.WEBHOOK, address="https://evil.example/", secret=sealed)
    with pytest.raises(SecretsError):
        notice.open_secret(keys, other)


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
