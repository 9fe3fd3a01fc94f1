"""A station's local list in the rows: versions drawn and kept, differences where it has ours, else all of it."""

import pytest

from models.errors import InvalidInput
from models.messages.station import CommandOutcome
from models.messages.wanted import NewList, Owner, StationProgress, Todo
from models.rules import local_list as rules
from models.rules.authorisation import TokenKind
from models.rules.local_list import ListState
from models.rules.patience import TRIES_BEFORE_TASK
from models.store import charging
from models.store import wanted as store
from models.tables.charging import IdToken
from models.tables.wanted import StationList
from models.usecases import upkeep, upkeep_list, wanting
from tests.models.usecases.test_upkeep import ACCEPTED, answer, look, of_product, of_station, task_of
from tests.road import NOBODY, Road

pytestmark = pytest.mark.step("L5", "O22")
S = ListState


async def cards(road: Road, *tokens: str) -> None:
    async with road.desk.database.transaction() as session:
        session.add_all(IdToken(token=token, kind=TokenKind.CARD) for token in tokens)


async def block(road: Road, token: str) -> None:
    async with road.desk.database.transaction() as session:
        found = await charging.token(session, token)
        assert found is not None
        found.blocked_at = road.desk.clock()


async def want(road: Road, owner: Owner, *tokens: str, all_cards: bool = False) -> None:
    new = NewList(tokens=tokens, all_cards=all_cards)
    await road.do(road.world.engineer, lambda work: wanting.set_list(work, owner, new))


async def has_version(road: Road, version: int) -> StationProgress:
    progress = await look(road)
    assert progress.todo == upkeep_list.READ
    return await answer(road, progress.todo, CommandOutcome(outcome="accepted", data={"version": version}))


async def claim(road: Road) -> Todo:
    assert (await look(road)).todo == upkeep_list.SEND
    todo = (await road.do(NOBODY, lambda work: upkeep.claim(work, road.asset.id))).todo
    assert todo is not None
    return todo


def said(todo: Todo) -> tuple[str, int, dict[str, str | None]]:
    given = todo.arguments
    return given["kind"], given["version"], {each["token"]: each["verdict"] for each in given["tokens"]}


async def row(road: Road) -> StationList:
    async with road.desk.database.transaction() as session:
        found = await store.known_list(session, road.asset.id)
    assert found is not None
    return found


@pytest.mark.walked("to_active")
async def test_a_station_gets_the_whole_list_first_and_then_the_differences(road: Road) -> None:
    await cards(road, "A", "B", "C")
    await want(road, of_station(road), "a", "B")
    await has_version(road, 0)
    todo = await claim(road)
    assert said(todo) == ("full", 1, {"A": "accepted", "B": "accepted"})
    assert (await answer(road, todo, ACCEPTED)).todo is None
    await want(road, of_station(road), "B", "C")
    todo = await claim(road)
    assert said(todo) == ("differential", 2, {"C": "accepted", "A": None})
    assert (await answer(road, todo, ACCEPTED)).todo is None
    kept = await row(road)
    assert (kept.state, kept.taken, kept.tokens) == (S.APPLIED, 2, ["B", "C"])


@pytest.mark.walked("to_active")
async def test_a_differential_update_that_fails_is_followed_by_a_full_one_with_the_next_version(road: Road) -> None:
    await cards(road, "A", "B")
    await want(road, of_station(road), "A")
    await has_version(road, 0)
    await answer(road, await claim(road), ACCEPTED)
    for number, outcome in enumerate(("version_mismatch", "rejected")):
        await want(road, of_station(road), *(("A", "B") if number == 0 else ("B",)))
        failed = await claim(road)
        assert said(failed)[0] == "differential"
        await answer(road, failed, CommandOutcome.model_validate({"outcome": outcome}))
        todo = await claim(road)
        assert said(todo)[:2] == ("full", said(failed)[1] + 1)
        await answer(road, todo, ACCEPTED)
        assert (await row(road)).state is S.APPLIED


@pytest.mark.walked("to_active")
async def test_all_cards_are_those_that_are_not_blocked_and_no_test_card(road: Road) -> None:
    await cards(road, "A", "B", "C")
    await block(road, "B")
    await want(road, of_product(road), all_cards=True)
    await has_version(road, 5)
    todo = await claim(road)
    assert said(todo) == ("full", 6, {"A": "accepted", "C": "accepted"})
    await answer(road, todo, ACCEPTED)
    await block(road, "C")
    assert said(await claim(road)) == ("differential", 7, {"C": None})


@pytest.mark.walked("to_active")
async def test_a_version_that_was_sent_is_never_sent_again_and_one_without_an_answer_is_asked_for(road: Road) -> None:
    await cards(road, "A")
    await want(road, of_station(road), "A")
    await has_version(road, 0)
    todo = await claim(road)
    progress = await answer(road, todo, CommandOutcome(outcome="timed_out"))
    assert progress.todo is None
    assert progress.look_at is not None
    async with road.desk.database.transaction() as session:
        kept = await store.known_list(session, road.asset.id)
        assert kept is not None
        kept.again_at = None
    await has_version(road, 1)
    assert said(await claim(road)) == ("full", 2, {"A": "accepted"})


@pytest.mark.walked("to_active")
async def test_a_station_without_lists_is_left_alone_and_becomes_a_task(road: Road) -> None:
    await want(road, of_station(road))
    for _ in range(TRIES_BEFORE_TASK):
        assert await task_of(road) is None
        progress = await look(road)
        assert progress.todo == upkeep_list.READ
        assert (await answer(road, progress.todo, CommandOutcome(outcome="not_supported"))).todo is None
        async with road.desk.database.transaction() as session:
            kept = await store.known_list(session, road.asset.id)
            assert kept is not None
            kept.again_at = None
    task = await task_of(road)
    assert task is not None
    assert "local list: The station's answer: not supported" in task.title


@pytest.mark.walked("to_active")
async def test_more_cards_than_a_list_may_have_are_told_and_not_sent(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cards(road, "A", "B")
    await want(road, of_station(road), all_cards=True)
    await has_version(road, 0)
    monkeypatch.setattr(rules, "TOKENS_LIMIT", 1)
    assert (await look(road)).todo is None
    kept = await row(road)
    assert kept.state is S.REFUSED
    assert "more than 1 cards" in kept.detail


@pytest.mark.walked("to_active")
async def test_only_cards_of_ours_can_be_named(road: Road) -> None:
    await cards(road, "A")
    with pytest.raises(InvalidInput) as wrong:
        await want(road, of_station(road), "A", await road.test_card())
    assert wrong.value.field == "/tokens/1"
