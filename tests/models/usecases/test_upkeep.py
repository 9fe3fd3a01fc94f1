"""Keeping a station as it is wanted, in the rows: read, changed, read back, refused, looked at again."""

from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from models.messages.station import CommandOutcome
from models.messages.wanted import Owner, StationProgress, Todo
from models.rules.commissioning import CommissioningStage
from models.rules.patience import TRIES_BEFORE_TASK
from models.rules.vend import Vend
from models.rules.wanted import CHECKED_EVERY, SettingState
from models.store import assets, processes, tasks
from models.store import wanted as store
from models.tables.asset import Asset, PastConnection
from models.tables.task import Task, TaskKind
from models.tables.wanted import StationSetting
from models.usecases import upkeep, vend, wanting
from models.usecases.work import Work
from tests.road import NOBODY, Road

S = SettingState
ACCEPTED = CommandOutcome(outcome="accepted")


def of_station(road: Road) -> Owner:
    return Owner(road.asset.name, asset_id=road.asset.id)


def of_product(road: Road) -> Owner:
    return Owner("DUO-22", product_id=road.asset.product_id)


async def want(road: Road, owner: Owner, name: str, value: str) -> None:
    await road.do(road.world.engineer, lambda work: wanting.set_setting(work, owner, name, value))


async def look(road: Road) -> StationProgress:
    return await road.do(NOBODY, lambda work: upkeep.look(work, road.asset.id))


async def answer(road: Road, todo: Todo | None, outcome: CommandOutcome) -> StationProgress:
    assert todo is not None
    return await road.do(NOBODY, lambda work: upkeep.note_answer(work, road.asset.id, todo, outcome))


def has(values: Mapping[str, str | None]) -> CommandOutcome:
    """What the station has, as its node reads its answer."""
    known = {name: {"value": value, "readonly": False} for name, value in values.items()}
    return CommandOutcome(outcome="accepted", data={"configuration": known})


async def settings(road: Road) -> dict[str, StationSetting]:
    async with road.desk.database.transaction() as session:
        return {row.name: row for row in await store.known_settings(session, road.asset.id)}


async def facts(road: Road) -> list[str]:
    async with road.desk.database.transaction() as session:
        found = await processes.facts(session, upkeep.workflow_id(road.asset.name), before=None, limit=100)
    return [fact.name for fact in reversed(found)]


async def task_of(road: Road) -> Task | None:
    async with road.desk.database.transaction() as session:
        return await tasks.open_of(session, TaskKind.STATION_DIFFERS, road.asset.id)


@pytest.mark.walked("to_active")
@pytest.mark.step("L5")
async def test_a_station_gets_its_process_with_its_activation_and_there_is_nothing_to_do_yet(road: Road) -> None:
    assert await facts(road) == ["station"]
    progress = await look(road)
    assert (progress.stage, progress.todo, progress.look_at) == ("in_operation", None, None)
    await road.connect()
    await road.boot()
    assert await facts(road) == ["station"]


@pytest.mark.walked("to_active")
@pytest.mark.step("L5")
async def test_what_is_wanted_is_read_changed_read_back_and_then_left_until_the_next_day(road: Road) -> None:
    await want(road, of_station(road), "HeartbeatInterval", "60")
    assert await facts(road) == ["station", upkeep.CHANGED]
    progress = await look(road)
    assert progress.node == road.node
    assert progress.todo == Todo(
        about="configuration", kind="read_configuration", arguments={"keys": ["HeartbeatInterval"]}
    )
    progress = await answer(road, progress.todo, has({"HeartbeatInterval": "300"}))
    assert progress.todo is not None
    assert progress.todo.arguments == {"key": "HeartbeatInterval", "value": "60"}
    assert (await settings(road))["HeartbeatInterval"].actual == "300"
    progress = await answer(road, progress.todo, ACCEPTED)
    assert progress.todo is not None
    assert progress.todo.kind == "read_configuration"
    progress = await answer(road, progress.todo, has({"heartbeatinterval": "60"}))
    assert progress.todo is None
    row = (await settings(road))["HeartbeatInterval"]
    assert (row.state, row.actual, progress.look_at) == (S.APPLIED, "60", (row.read_at or row.at) + CHECKED_EVERY)


@pytest.mark.walked("to_active")
@pytest.mark.step("L5")
async def test_a_refusal_is_shown_and_becomes_a_task_in_the_end_which_closes_when_nobody_wants_it_any_more(
    road: Road,
) -> None:
    await want(road, of_station(road), "Refused", "1")
    progress = await look(road)
    progress = await answer(road, progress.todo, has({"Refused": "0"}))
    for tries in range(1, TRIES_BEFORE_TASK + 1):
        assert await task_of(road) is None
        refused = CommandOutcome(outcome="rejected", detail="Not today")
        todo = Todo(about="configuration", kind="change_configuration", arguments={"key": "Refused", "value": "1"})
        progress = await answer(road, todo, refused)
        row = (await settings(road))["Refused"]
        assert (row.state, row.refusals, row.detail) == (S.REFUSED, tries, "Not today")
        assert progress.todo is None
    task = await task_of(road)
    assert task is not None
    assert "Refused: Not today" in task.title
    owner = of_station(road)
    await road.do(road.world.engineer, lambda work: wanting.remove_setting(work, owner, "refused"))
    await look(road)
    assert await task_of(road) is None
    assert await settings(road) == {}


@pytest.mark.walked("to_active")
async def test_a_station_hears_of_its_connecting_where_it_is_waited_for_and_of_each_boot_while_something_is_wanted(
    road: Road,
) -> None:
    await want(road, of_station(road), "A", "1")
    progress = await look(road)
    await road.connect()
    assert await facts(road) == ["station", upkeep.CHANGED, upkeep.CONNECTED]
    progress = await answer(road, progress.todo, has({"A": "1"}))
    assert progress.todo is None
    await road.connect()
    assert len(await facts(road)) == 3
    await road.boot()
    assert (await facts(road))[-1] == upkeep.BOOTED
    todo = (await look(road)).todo
    assert todo is not None
    assert todo.kind == "read_configuration"


@pytest.mark.walked("to_active")
@pytest.mark.step("L5")
async def test_what_needs_a_boot_has_the_station_reset_once_it_does_not_charge(road: Road) -> None:
    await want(road, of_station(road), "A", "1")
    progress = await answer(road, (await look(road)).todo, has({"A": "0"}))
    await road.transaction("CARD")
    progress = await answer(road, progress.todo, CommandOutcome(outcome="reboot_required"))
    assert progress.todo is None
    await road.stop_what_runs()
    progress = await look(road)
    assert progress.todo is not None
    assert progress.todo.kind == "reset"
    progress = await answer(road, progress.todo, ACCEPTED)
    assert progress.todo is None
    await road.boot()
    progress = await answer(road, (await look(road)).todo, has({"A": "1"}))
    assert (await settings(road))["A"].state is S.APPLIED


@pytest.mark.walked("to_active")
async def test_an_answer_about_what_is_wanted_otherwise_by_now_counts_for_nothing(road: Road) -> None:
    await want(road, of_station(road), "A", "1")
    progress = await answer(road, (await look(road)).todo, has({"A": "0"}))
    await want(road, of_station(road), "A", "2")
    progress = await answer(road, progress.todo, CommandOutcome(outcome="rejected"))
    assert progress.todo is not None
    assert progress.todo.kind == "read_configuration"


@pytest.mark.walked("to_active")
async def test_a_key_that_spoils_the_reading_of_all_is_found_and_the_others_are_brought_about(road: Road) -> None:
    for name in ("A", "B", "C"):
        await want(road, of_station(road), name, "1")
    progress = await look(road)
    for _ in range(10):
        todo = progress.todo
        if todo is None:
            break
        keys = todo.arguments.get("keys", [])
        spoilt = "B" in keys or todo.arguments.get("key") == "B"
        outcome = CommandOutcome(outcome="rejected", detail="no variable") if spoilt else has(dict.fromkeys(keys, "1"))
        progress = await answer(road, todo, outcome)
    assert {name: row.state for name, row in (await settings(road)).items()} == {
        "A": S.APPLIED,
        "B": S.REFUSED,
        "C": S.APPLIED,
    }


@pytest.mark.walked("to_active")
async def test_a_station_that_is_not_in_operation_any_more_ends_its_process(road: Road) -> None:
    await want(road, of_station(road), "A", "1")
    async with road.desk.database.transaction() as session:
        row: Asset = await assets.lock(session, road.asset.id)
        row.stage = CommissioningStage.CANCELLED
    assert (await look(road)).stage == "ended"
    await road.do(NOBODY, lambda work: upkeep.end(work, road.asset.id))
    async with road.desk.database.transaction() as session:
        process = await processes.find(session, upkeep.workflow_id(road.asset.name))
    assert process is not None
    assert process.ended_at is not None


async def on_terms(road: Road, terms: Vend) -> None:
    async def set_terms(work: Work) -> None:
        await vend.set_terms(work, await assets.lock(work.session, road.asset.id), terms)

    await road.do(road.world.operations, set_terms)


async def brought_to(road: Road, has_now: dict[str, str | None]) -> None:
    """By a station that takes whatever it is told, where it knows the key."""
    progress = await look(road)
    while progress.todo is not None:
        told = progress.todo.arguments
        if progress.todo.kind == "read_configuration":
            progress = await answer(road, progress.todo, has({key: has_now.get(key) for key in told["keys"]}))
        elif told["key"] in has_now:
            has_now[told["key"]] = told["value"]
            progress = await answer(road, progress.todo, ACCEPTED)
        else:
            progress = await answer(road, progress.todo, CommandOutcome(outcome="not_supported"))


@pytest.mark.walked("to_active")
@pytest.mark.step("S7", "L5")
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_free_station_is_brought_to_charge_anyone_without_a_connection_and_back_again(
    road: Road, protocol: str
) -> None:
    async with road.desk.database.transaction() as writing:
        await writing.execute(sa.update(PastConnection).values(protocol=protocol))
    await want(road, of_product(road), "AllowOfflineTxForUnknownId", "false")
    offline, authorises, is_2 = "AllowOfflineTxForUnknownId", "AuthCtrlr.Enabled", protocol == "ocpp2.0.1"
    station: dict[str, str | None] = {offline: "false", **({authorises: "true"} if is_2 else {})}
    await brought_to(road, station)
    await on_terms(road, Vend.FREE)
    await brought_to(road, station)
    assert station == {offline: "true", **({authorises: "false"} if is_2 else {})}
    assert {each.state for each in (await settings(road)).values()} == {S.APPLIED}
    await on_terms(road, Vend.UNBILLED)
    await brought_to(road, station)
    assert station == {offline: "false", **({authorises: "true"} if is_2 else {})}


@pytest.mark.walked("to_active")
@pytest.mark.step("S7", "L5")
async def test_an_engineer_is_asked_to_look_where_it_stays_closed_without_a_connection_but_not_for_its_authorisation(
    road: Road,
) -> None:
    async with road.desk.database.transaction() as writing:
        await writing.execute(sa.update(PastConnection).values(protocol="ocpp2.1"))
    await on_terms(road, Vend.FREE)
    for _ in range(TRIES_BEFORE_TASK):
        await brought_to(road, {})
        await road.do(NOBODY, lambda work: upkeep.check(work, road.asset.id))
    task = await task_of(road)
    assert task is not None
    assert "AllowOfflineTxForUnknownId" in task.title
    assert "AuthCtrlr" not in task.title
