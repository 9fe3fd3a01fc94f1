"""Saves histories under tests/histories/: ``python -m pytest tests/workflows/record_histories.py``.

Not collected by itself. What is there is never written over: a process that has changed adds histories of its own.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from models.messages.placement import RejectPlacement
from models.messages.subscriber import (
    AcceptSubscription,
    ChangeTariff,
    CloseSubscription,
    RejectSubscription,
    SettleSubscription,
)
from models.messages.work_order import LinkHardware, UnlinkHardware
from models.rules.subscriber import SubscriberStage
from models.tables.task import TaskKind
from models.usecases import command, notice, subscriber, upkeep
from models.usecases import endpoint as endpoints
from models.usecases import session as sessions
from tests import subscribing
from tests.models.usecases import test_tariff
from tests.road import decision
from tests.temporal_server import PROGRAMS
from tests.workflows import (
    test_charging_session,
    test_command,
    test_deadlines,
    test_delivery,
    test_planning,
    test_renewal,
    test_rows,
    test_site,
    test_station,
    test_subscriber,
    test_undoing,
    walk,
)
from tests.workflows.house import House
from tests.workflows.test_histories import FOLDER, READABLE
from workflows import search_attributes
from workflows.deadlines import DeadlinesWorkflow

pytestmark = pytest.mark.timeout(120)
RECORDED: list[Path] = []
"""What the roads of this run have kept, or found there."""


@pytest.fixture
async def temporal(request: pytest.FixtureRequest) -> AsyncIterator[WorkflowEnvironment]:
    """Without the keys of this run, so that the histories can be replayed anywhere."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        dev_server_extra_args=["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={request.param}"],
        search_attributes=search_attributes.ALL,
        data_converter=READABLE,
    )
    yield environment
    await environment.shutdown()


def without_the_machine(value: Any) -> Any:
    """Who ran it, and where its sources stood, is of no use to a replay."""
    if isinstance(value, list):
        return [without_the_machine(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if key not in {"stackTrace", "lastFailure"}}
    return {key: "worker" if key == "identity" else without_the_machine(each) for key, each in kept.items()}


async def save(house: House, workflow_id: str, name: str) -> None:
    keep(await house.client.get_workflow_handle(workflow_id).fetch_history(), name)


def keep(history: WorkflowHistory, name: str) -> None:
    text = json.dumps(without_the_machine(history.to_json_dict()), indent=1, sort_keys=True)
    assert str(FOLDER.parents[1]) not in text
    path = FOLDER / f"{name}.json"
    RECORDED.append(path)
    if not path.exists():
        path.write_text(text + "\n")


async def straight(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await walk.from_test_to_operation(house)
    await walk.results(house)
    await save(house, house.placement_id, "placement-straight")
    await save(house, house.work_order_id, "installation-straight")
    await save(house, house.station_id, "commissioning-straight")


async def rejected(house: House) -> None:
    await walk.submitted(house)
    refusal = decision(RejectPlacement, house.world.operations, reason="No room in the street")
    await house.decide(house.placement_id, "reject", refusal)
    await house.client.get_workflow_handle(house.placement_id).result()
    await save(house, house.placement_id, "placement-rejected")


async def with_bends(house: House) -> None:
    await walk.in_installation(house, await walk.location_replaced(house))
    await walk.failed(house)
    await walk.begun_again(house)
    await walk.passed(house)
    await walk.charged(house)
    await walk.sat_submitted(house)
    await walk.sat_returned_and_corrected(house)
    await walk.sat_approved(house)
    await walk.operating(house)
    await walk.results(house)
    await save(house, house.placement_id, "placement-location-replaced")
    await save(house, house.work_order_id, "installation-sat-returned")
    await save(house, house.station_id, "commissioning-test-repeated")


async def other_hardware(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await house.road.connect()
    await house.relay.deliver([house.station_id])
    (line,) = await house.road.lines()
    await walk.by_installer(house, "unlink_hardware", UnlinkHardware, line_id=line.id)
    await house.assert_arrives("in_installation", "in_progress", "awaiting_hardware")
    await house.world.book_in("HW-2", holder=house.world.installer)
    await walk.by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="HW-2")
    await walk.begun_again(house)
    await house.boots("SN-HW-2")
    await house.assert_arrives("in_installation", "in_progress", "checked")
    await save(house, house.station_id, "commissioning-other-hardware")


async def delivery(house: House) -> None:
    endpoint = await test_delivery.endpoint_of(house)
    await test_delivery.tell(house, "placement.approved", "placement.rejected")
    await house.until(lambda: test_delivery.are(house, ["delivered"] * 2))
    await save(house, notice.workflow_id(endpoint.id), "delivery-two-notices")


async def caught_up(house: House) -> None:
    """Batches, with waits between tries, a pause by hand, and everything at the end."""
    endpoint = await test_delivery.endpoint_of(house)
    house.webhooks.refuses = lambda _notice_id: True
    await test_delivery.tell(house, "placement.approved", "placement.rejected")
    await house.until(lambda: test_delivery.failures(house, endpoint, 2))
    await test_delivery.by_hand(house, endpoints.pause, endpoint)
    await house.until(lambda: test_delivery.says(house, endpoint, "**Paused**"))
    house.webhooks.refuses = lambda _notice_id: False
    await test_delivery.by_hand(house, endpoints.resume, endpoint)
    await house.until(lambda: test_delivery.are(house, ["delivered"] * 2))
    await save(house, notice.workflow_id(endpoint.id), "delivery-caught-up")


async def withdrawn(house: House) -> None:
    """From the test charge on, with everything there is to undo."""
    await test_undoing.charged(house)
    await test_undoing.undone(house)
    await save(house, house.placement_id, "placement-withdrawn")
    await save(house, house.work_order_id, "installation-cancelled")
    await save(house, house.station_id, "commissioning-cancelled")


async def withdrawn_while_asking(house: House) -> None:
    """The connection request may have reached the grid operator: it is looked for and cancelled."""
    house.grid.away = lambda: True
    await walk.submitted(house)
    await house.decide(house.placement_id, "approve", walk.approval(house))
    await house.until(lambda: test_undoing.grid_was_asked(house))
    await test_undoing.withdraw(house)
    house.grid.away = lambda: False
    await test_undoing.ended(house)
    await save(house, house.placement_id, "placement-withdrawn-while-asking")


async def planned_by_installer(house: House) -> None:
    await test_planning.open_order(house)
    await test_planning.told(house)
    await house.relay.deliver([house.work_order_id])
    await house.assert_arrives("in_installation", "planned")
    await save(house, house.work_order_id, "installation-planned-by-installer")


async def at_a_site(house: House) -> None:
    """Without a placement: the work order has no parent."""
    await test_site.active(house)
    await test_site.results(house)
    await save(house, house.work_order_id, "installation-at-a-site")
    await save(house, house.station_id, "commissioning-at-a-site")


async def called_off(house: House) -> None:
    """By the work order itself, from the test charge on."""
    await test_site.charged(house)
    await test_site.call_off(house)
    await test_site.results(house)
    await save(house, house.work_order_id, "installation-called-off")


async def reminded(house: House) -> None:
    clock = await test_deadlines.started(house)
    review = await test_deadlines.submitted(house)
    await test_deadlines.moved_into_the_past(house, review)
    await clock.signal(DeadlinesWorkflow.wake)
    await house.until(lambda: test_deadlines.was_told(house, test_deadlines.LATE))
    await save(house, clock.id, "deadlines-reminded")


async def commanded(house: House) -> None:
    """Waited for, sent to a node that has lost the station, with an answer that was lost, and answered in the end."""
    await house.road.to_test()
    command_id = await test_command.ask(house, "read_configuration")
    await test_command.rests(house, command_id)
    house.station.answers += [test_command.NOT_HERE, test_command.LOST]
    await test_command.come(house)
    await test_command.ended(house, command_id)
    await save(house, command.workflow_id(command_id), "command-waited-and-repeated")


async def command_lost(house: House) -> None:
    await house.road.to_checked()
    house.station.answers.append(test_command.LOST)
    command_id = await test_command.ask(house)
    await test_command.ended(house, command_id)
    await save(house, command.workflow_id(command_id), "command-answer-lost")


async def command_cancelled(house: House) -> None:
    await house.road.to_test()
    command_id = await test_command.ask(house)
    await test_command.rests(house, command_id)
    await test_command.call_off(house, command_id)
    await test_command.ended(house, command_id)
    await save(house, command.workflow_id(command_id), "command-cancelled")


async def renewed(house: House) -> None:
    """The first two runs of each process that has continued as new."""
    await test_rows.the_long_road(house)
    names = {"placement": house.placement_id, "installation": house.work_order_id, "commissioning": house.station_id}
    for kind, workflow_id in names.items():
        histories = await test_renewal.runs(house, workflow_id)
        for number, history in enumerate(histories[:2], start=1):
            keep(history, f"{kind}-renewed-{number}")


async def subscribed(house: House) -> None:
    """Waits for a card, is welcomed, gets another card, is suspended, resumed, closed and settled."""
    row = await test_subscriber.entered(house)
    await house.until(lambda: test_subscriber.tasks(house, TaskKind.ASSIGN_CARD))
    await subscribing.import_cards(house.world, "NL-1", "NL-2")
    await test_subscriber.arrived(house, row, SubscriberStage.ACTIVE)
    await test_subscriber.welcomed(house, row)
    await test_subscriber.its_whole_life(house, row)
    await save(house, subscriber.workflow_id(row.id), "subscriber-straight")


async def tariff_changed(house: House) -> None:
    """It gets a tariff of its own from a later instant on."""
    await test_tariff.made(house.world, "TRF-B")
    await subscribing.cards_in_pool(house.world, "NL-1")
    row = await test_subscriber.arrived(house, await test_subscriber.entered(house), SubscriberStage.ACTIVE)
    await test_subscriber.welcomed(house, row)
    at = house.desk.clock() + timedelta(days=1)
    await test_subscriber.decide(house, row, "change_tariff", ChangeTariff, tariff="TRF-B", valid_from=at)
    await test_subscriber.decide(house, row, "close", CloseSubscription, reason="Moves abroad")
    await test_subscriber.decide(house, row, "settle", SettleSubscription, reason="Nothing was on it")
    await test_subscriber.ended(house, row)
    await save(house, subscriber.workflow_id(row.id), "subscriber-tariff-changed")


async def subscription_failed(house: House) -> None:
    row = await test_subscriber.entered(house, "NL-1")
    await test_subscriber.ended(house, row)
    await save(house, subscriber.workflow_id(row.id), "subscriber-failed")


async def subscription_accepted(house: House) -> None:
    """Asked for by a consumer, and rejected after it was accepted, while there is no card."""
    row = await test_subscriber.asked(house)
    await test_subscriber.decide(house, row, "accept", AcceptSubscription)
    await house.until(lambda: test_subscriber.tasks(house, TaskKind.ASSIGN_CARD))
    await test_subscriber.decide(house, row, "reject", RejectSubscription, reason="No card for weeks")
    await test_subscriber.ended(house, row)
    await save(house, subscriber.workflow_id(row.id), "subscriber-accepted-and-rejected")


async def charged(house: House) -> None:
    session = await test_charging_session.charged_and_paid_later(house)
    await save(house, sessions.workflow_id(session.reference), "session-straight")


async def cut_off(house: House) -> None:
    session = await test_charging_session.ran_out(house)
    await save(house, sessions.workflow_id(session.reference), "session-cut-off")


async def set_aside(house: House) -> None:
    session = await test_charging_session.set_aside_and_billed(house)
    await save(house, sessions.workflow_id(session.reference), "session-set-aside")


NEVER = 4096
ROADS = [straight, rejected, with_bends, other_hardware, delivery, caught_up]
ROADS += [commanded, command_lost, command_cancelled, charged, cut_off, set_aside]
ROADS += [withdrawn, withdrawn_while_asking, planned_by_installer, reminded, at_a_site, called_off]
ROADS += [subscribed, subscription_failed, subscription_accepted, tariff_changed]


@pytest.mark.parametrize(
    ("temporal", "road"), [*((NEVER, road) for road in ROADS), (test_renewal.LONG, renewed)], indirect=["temporal"]
)
async def test_a_road_is_recorded(house: House, road: Callable[[House], Awaitable[None]]) -> None:
    RECORDED.clear()
    await road(house)
    assert RECORDED
    assert all(path.is_file() for path in RECORDED)


STATIONS = [
    (NEVER, test_station.kept_as_wanted, ["station-configured"]),
    (NEVER, test_station.updated, ["station-firmware"]),
    (NEVER, test_station.listed, ["station-list"]),
    (test_renewal.LONG, test_station.kept_as_wanted, ["station-renewed-1", "station-renewed-2"]),
]


@pytest.mark.parametrize(("temporal", "road", "names"), STATIONS, indirect=["temporal"])
async def test_a_station_is_recorded(
    closed_house: House, monkeypatch: pytest.MonkeyPatch, road: Callable[[House], Awaitable[None]], names: list[str]
) -> None:
    RECORDED.clear()
    async with test_station.active(closed_house, monkeypatch) as house:
        await road(house)
        histories = await test_renewal.runs(house, upkeep.workflow_id(house.road.asset.name))
    for name, history in zip(names, histories, strict=False):
        keep(history, name)
    assert len(RECORDED) == len(names)
    assert all(path.is_file() for path in RECORDED)
