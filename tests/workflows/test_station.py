"""A station's process: what is wanted is brought about whenever the station can be reached, and stays so (L5)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.station_watch import StationWatch
from models.messages.base import Subject
from models.messages.station import CommandOutcome
from models.messages.wanted import NewFirmware, NewList, Owner
from models.rules.authorisation import TokenKind
from models.rules.firmware import FirmwareState
from models.rules.rebuild import Difference
from models.rules.wanted import SettingState
from models.store import assets
from models.store import wanted as store
from models.tables.charging import IdToken
from models.tables.wanted import StationSetting
from models.usecases import station, upkeep, wanting
from models.usecases.work import Work
from tests.road import NOBODY
from tests.workflows.house import House
from workflows.comparison import Comparer

pytestmark = pytest.mark.step("L5")

S = SettingState
NOT_HERE = ApplicationError("the station has no socket on this node", type="StationNotHere")
LOST = CommandOutcome(outcome="timed_out", detail="no answer")


@asynccontextmanager
async def active(closed: House, patch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The station is in operation and connected; of all processes only its own goes on."""
    await closed.road.to_accepted()
    await closed.road.activate()
    await closed.road.refresh()
    for workflow_id in (closed.placement_id, closed.work_order_id, closed.station_id):
        await closed.road.heard(workflow_id)
    async with closed.open(patch) as opened:
        await deliver(opened)
        yield opened


@pytest.fixture
async def house(closed_house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with active(closed_house, monkeypatch) as opened:
        yield opened


@pytest.fixture
async def patient_house(closed_patient_house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with active(closed_patient_house, monkeypatch) as opened:
        yield opened


async def deliver(house: House) -> None:
    await house.relay.deliver([upkeep.workflow_id(house.road.asset.name)])


async def want(house: House, **settings: str) -> None:
    asset = house.road.asset
    owner = Owner(asset.name, asset_id=asset.id)
    for name, value in settings.items():
        await house.road.do(
            house.world.engineer,
            lambda work, name=name, value=value: wanting.set_setting(work, owner, name, value),  # type: ignore[misc]
        )
    await deliver(house)


async def come(house: House) -> None:
    await house.road.connect()
    await deliver(house)


async def states(house: House) -> dict[str, SettingState]:
    return {name: row.state for name, row in (await rows(house)).items()}


async def rows(house: House) -> dict[str, StationSetting]:
    async with house.desk.database.transaction() as session:
        return {row.name: row for row in await store.known_settings(session, house.road.asset.id)}


async def until(house: House, **wanted: SettingState) -> None:
    async def there() -> bool:
        return await states(house) == wanted

    await house.until(there)


async def rests(house: House) -> None:
    async def resting() -> bool:
        return await house.is_at_rest(upkeep.workflow_id(house.road.asset.name))

    await house.until(resting)


async def kept_as_wanted(house: House) -> None:
    """Wanted, refused, wanted otherwise; the station goes away and comes again; a node that does not have it."""
    house.station.settings, house.station.refuses = {"A": "0", "B": "0"}, {"B"}
    await want(house, A="1", B="1")
    await until(house, A=S.APPLIED, B=S.REFUSED)
    house.station.refuses = set()
    house.station.answers.append(NOT_HERE)
    await want(house, A="2", B="2")
    await until(house, A=S.APPLIED, B=S.APPLIED)
    for value in ("3", "4"):
        await go(house)
        await want(house, A=value)
        await rests(house)
        await come(house)
        await house.until(lambda value=value: _has(house, "A", value))  # type: ignore[misc]
        await until(house, A=S.APPLIED, B=S.APPLIED)


async def _has(house: House, name: str, value: str) -> bool:
    """The station has it so, and we know."""
    return house.station.settings[name] == (await rows(house))[name].actual == value


async def go(house: House) -> None:
    """The station's socket ends."""
    async with house.desk.work(NOBODY, "test") as work:
        held = await assets.connection(work.session, house.road.asset.id)
        assert held is not None
        await station.disconnected(work, house.road.asset.id, held.connection_id, "the test")


async def test_a_station_that_was_away_is_brought_to_what_is_wanted_when_it_comes(house: House) -> None:
    await go(house)
    await want(house, HeartbeatInterval="60", Refused="1")
    house.station.settings = {"HeartbeatInterval": "300", "Refused": "0"}
    house.station.refuses = {"Refused"}
    await rests(house)
    assert house.station.commands == []
    await come(house)
    await until(house, HeartbeatInterval=S.APPLIED, Refused=S.REFUSED)
    assert house.station.settings["HeartbeatInterval"] == "60"
    assert house.station.commands.count("change_configuration") == 2


async def test_what_is_wanted_of_a_product_reaches_its_station_through_the_workers_round(house: House) -> None:
    owner = Owner("DUO-22", product_id=house.road.asset.product_id)
    await house.road.do(house.world.engineer, lambda work: wanting.set_setting(work, owner, "A", "1"))
    assert await StationWatch(house.desk).spread() == 1
    await until(house, A=S.APPLIED)
    assert house.station.settings["A"] == "1"


async def test_drift_is_mended_with_the_daily_check_and_a_refusal_is_tried_again(patient_house: House) -> None:
    house = patient_house
    house.station.settings, house.station.refuses = {"A": "0", "B": "0"}, {"B"}
    await want(house, A="1", B="1")
    await until(house, A=S.APPLIED, B=S.REFUSED)
    house.station.refuses = set()
    await house.skip(timedelta(minutes=2))
    await until(house, A=S.APPLIED, B=S.APPLIED)
    house.station.settings["A"] = "somebody else's"
    await house.skip(timedelta(hours=25))

    async def mended() -> bool:
        return house.station.settings["A"] == "1"

    await house.until(mended)


async def test_an_answer_that_was_lost_is_found_out_by_reading_back(house: House) -> None:
    house.station.settings = {"A": "0"}
    here = {"configuration": {"A": {"value": "0"}}}
    house.station.answers += [NOT_HERE, CommandOutcome(outcome="accepted", data=here), LOST]
    await want(house, A="1")
    await until(house, A=S.REFUSED)
    assert (await rows(house))["A"].detail == "The station took it, and has kept its own value"


async def updated(house: House) -> None:
    """A node that does not have the station, a refusal, a failure that the station tells, then it boots with it."""
    house.station.answers += [NOT_HERE]
    await want_firmware(house, "2.0")
    await house.until(lambda: _is(house, FirmwareState.UNDER_WAY))
    await house.until(lambda: _was_sent(house, 2))
    await tell(house, lambda work: station.told(work, house.road.asset.id, "firmware", *_failed(house), None))
    await house.until(lambda: _is(house, FirmwareState.FAILED))
    await rests(house)
    await want_firmware(house, "2.1")
    await house.until(lambda: _was_sent(house, 3))
    await house.until(lambda: _is(house, FirmwareState.UNDER_WAY))
    await rests(house)
    await tell(house, lambda work: station.booted(work, house.road.asset.id, ("SN-HW-1",), {"firmware": "2.1"}))
    await house.until(lambda: _is(house, FirmwareState.DONE))
    await rests(house)


def _failed(house: House) -> tuple[str, datetime, None]:
    return "InstallationFailed", house.desk.clock(), None


async def _is(house: House, state: FirmwareState) -> bool:
    async with house.desk.database.transaction() as session:
        row = await store.known_firmware(session, house.road.asset.id)
    return row is not None and row.state is state


async def _was_sent(house: House, times: int) -> bool:
    return house.station.commands.count("update_firmware") == times


async def tell(house: House, use_case: Callable[[Work], Awaitable[Any]]) -> None:
    """The station tells something, and its process hears of it."""
    await house.road.do(NOBODY, use_case)
    await deliver(house)


async def want_firmware(house: House, version: str) -> None:
    asset = house.road.asset
    new = NewFirmware(version=version, location="https://files.example/f.bin")
    owner = Owner(asset.name, asset_id=asset.id)
    await house.road.do(house.world.engineer, lambda work: wanting.set_firmware(work, owner, new))
    await deliver(house)


async def test_firmware_is_brought_to_the_station_over_a_lost_node_and_a_failure_until_it_boots_with_it(
    house: House,
) -> None:
    await updated(house)
    assert house.station.commands == ["update_firmware"] * 3


@pytest.mark.step("O22")
async def test_a_local_list_is_brought_to_the_station_whole_where_a_difference_fails(house: House) -> None:
    await listed(house)
    assert house.station.commands == ["read_local_list_version", *["send_local_list"] * 4]


async def listed(house: House) -> None:
    """A list, a difference, and one that fails."""
    async with house.desk.database.transaction() as session:
        session.add_all(IdToken(token=token, kind=TokenKind.CARD) for token in ("A", "B", "C"))
    await want_list(house, "A", "B")
    await house.until(lambda: _knows(house, {"A", "B"}, 1))
    await want_list(house, "B", "C")
    await house.until(lambda: _knows(house, {"B", "C"}, 2))
    await rests(house)
    house.station.answers.append(CommandOutcome(outcome="rejected"))
    await want_list(house, "A", "B", "C")
    await house.until(lambda: _knows(house, {"A", "B", "C"}, 4))


async def want_list(house: House, *tokens: str) -> None:
    asset, new = house.road.asset, NewList(tokens=tokens)
    owner = Owner(asset.name, asset_id=asset.id)
    await house.road.do(house.world.engineer, lambda work: wanting.set_list(work, owner, new))
    await deliver(house)


async def _knows(house: House, tokens: set[str], version: int) -> bool:
    """The station has this list, and we know."""
    async with house.desk.database.transaction() as session:
        row = await store.known_list(session, house.road.asset.id)
    taken = None if row is None else (set(row.tokens), row.taken)
    return (house.station.listed, house.station.list_version) == (tokens, version) == taken


async def test_the_process_goes_on_from_its_rows_and_a_rebuild_knows_it(house: House) -> None:
    workflow_id = upkeep.workflow_id(house.road.asset.name)
    await rests(house)
    comparer = Comparer(house.desk, house.client)
    assert await comparer.look(workflow_id) is None
    await house.client.get_workflow_handle(workflow_id).terminate("lost")
    differs = await comparer.look(workflow_id)
    assert differs is not None
    assert differs.difference is Difference.NO_WORKFLOW
    await want(house, A="1")
    subject = Subject(subject_id=house.road.asset.id, reference=house.road.asset.name, correlation_id="test")
    await house.start(upkeep.WORKFLOW, workflow_id, subject)
    await until(house, A=S.APPLIED)


async def test_the_process_tells_engineers_what_it_waits_for(house: House) -> None:
    await rests(house)
    details: Any = await house.details(upkeep.workflow_id(house.road.asset.name))
    assert "In operation" in details
