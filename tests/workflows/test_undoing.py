"""The way back through its processes: decided as an Update, undone step by step, whoever is away or late (P20)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus

from models.errors import ProcessEnded, StageDoesNotAllow
from models.messages.base import Decision
from models.messages.commissioning import StartTestCharge
from models.messages.placement import CancelPlacement, WithdrawPlacement
from models.messages.work_order import ApproveSat, LinkHardware
from models.rules.grid import GridEvent
from models.store import assets, charging, units
from models.usecases import unit
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House
from tests.workflows.test_histories import replayer
from tests.workflows.test_rows import lose_everything

pytestmark = pytest.mark.step("P20")


def withdrawal(house: House, reason: str | None = "The street is going to be rebuilt") -> WithdrawPlacement:
    return decision(WithdrawPlacement, house.world.requester, reason=reason)


async def withdraw(house: House) -> None:
    await house.between()
    await house.decide(house.placement_id, "withdraw", withdrawal(house))


async def ended(house: House) -> str:
    return str(await house.client.get_workflow_handle(house.placement_id).result())


async def book_in(house: House, hardware_id: str = "HW-1") -> None:
    """The warehouse books the unit in as soon as it has it."""
    await house.between()

    async def is_awaited() -> bool:
        async with house.desk.work(house.world.warehouse.actor, "test") as work:
            found = await units.lock_by_hardware_id(work.session, hardware_id)
            if found is None or found.return_for is None:
                return False
            await unit.take_back(work, hardware_id)
        await house.relay.deliver(work.handed_over)
        return True

    await house.until(is_awaited)


async def in_installation(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))


async def in_test(house: House) -> None:
    await in_installation(house)
    await walk.begun(house)


async def charged(house: House) -> None:
    await in_test(house)
    await walk.passed(house)
    await walk.charged(house)


async def in_review(house: House) -> None:
    await charged(house)
    await walk.sat_submitted(house)


async def grid_was_asked(house: House) -> bool:
    return bool(house.grid.keys)


async def undone(house: House) -> list[str]:
    """Withdrawn from the test on, and undone to the end; what the timeline says of the way back."""
    await withdraw(house)
    await book_in(house)
    assert await ended(house) == "withdrawn"
    await house.assert_arrives("withdrawn", "cancelled", "cancelled")
    said = await house.road.said()
    assert said.count("returned to stock") == 1
    return [each for each in said[said.index("withdraw") :] if each != "returned to stock"]


WAY_BACK = [
    *("withdraw", "cancelled", "cancelled", "hardware unlinked"),
    *("grid connection cancelled", "withdrawal done"),
]


@pytest.mark.parametrize("reach", [in_test, charged, in_review])
async def test_a_withdrawal_on_site_undoes_everything_in_order_and_ends_all_three_processes(
    house: House, reach: Callable[[House], Awaitable[None]]
) -> None:
    await reach(house)
    assert await undone(house) == WAY_BACK
    assert await walk.results(house) == ("withdrawn", "cancelled", "cancelled")
    (attempt,) = await house.road.attempts()
    assert house.grid.cancelled == [attempt.connection_request_id]
    again = replayer(house.client.data_converter)
    for workflow_id in (house.placement_id, house.work_order_id, house.station_id):
        await again.replay_workflow(await house.client.get_workflow_handle(workflow_id).fetch_history())


async def test_processes_that_are_lost_before_every_step_of_the_way_back_go_on_and_undo_it_once(house: House) -> None:
    await charged(house)
    house.between = lambda: lose_everything(house)
    said = await undone(house)
    await house.between()
    assert said == WAY_BACK
    assert len(set(house.grid.cancel_keys)) == 1
    assert len(house.grid.made) == 1


async def test_a_request_that_nobody_has_decided_on_is_withdrawn_at_once(house: House) -> None:
    await walk.submitted(house)
    await withdraw(house)
    assert await ended(house) == "withdrawn"
    assert house.grid.keys == house.grid.cancel_keys == []
    with pytest.raises(ProcessEnded):
        await house.decide(house.placement_id, "approve", walk.approval(house))


async def test_operations_cancels_a_placement_whose_location_was_rejected(house: House) -> None:
    first = await walk.approved(house)
    await house.grid_says(first, GridEvent.REJECTED)
    await house.assert_arrives("location_rejected")
    told = decision(CancelPlacement, house.world.operations, reason="The tender has ended")
    await house.decide(house.placement_id, "cancel", told)
    assert await ended(house) == "cancelled"
    assert house.grid.cancel_keys == [], "what was rejected need not be cancelled"


async def test_an_engineer_can_withdraw_by_a_signal_of_the_same_name(house: House) -> None:
    await walk.approved(house)
    await house.client.get_workflow_handle(house.placement_id).signal("withdraw", withdrawal(house, None))
    assert await ended(house) == "withdrawn"


async def test_a_connection_request_that_is_on_its_way_is_found_and_cancelled(house: House) -> None:
    """The grid operator works on it for long: the withdrawal does not wait for its answer, and leaves nothing there."""
    let_go = asyncio.Event()
    house.grid.on_its_way = lambda: _wait_for(let_go)
    await walk.submitted(house)
    await house.decide(house.placement_id, "approve", walk.approval(house))
    await house.until(lambda: grid_was_asked(house))
    await withdraw(house)
    await house.assert_arrives("undoing")
    let_go.set()
    assert await ended(house) == "withdrawn"
    assert len(set(house.grid.keys)) == 1, "it is looked for under the key that it was sent with"
    assert house.grid.cancelled == list(house.grid.made.values())


async def test_a_connection_request_whose_answer_was_lost_is_found_and_cancelled(house: House) -> None:
    house.grid.answers_lost = 1
    await walk.submitted(house)
    await house.decide(house.placement_id, "approve", walk.approval(house))
    await house.until(lambda: _is(bool(house.grid.made)))
    await withdraw(house)
    assert await ended(house) == "withdrawn"
    assert len(house.grid.made) == 1
    assert house.grid.cancelled == list(house.grid.made.values())


async def test_a_refusal_to_cancel_is_recorded_and_the_undoing_goes_on(house: House) -> None:
    house.grid.does_not_cancel = "It is connected"
    await walk.approved(house)
    await withdraw(house)
    assert await ended(house) == "withdrawn"
    (attempt,) = await house.road.attempts()
    assert attempt.cancel_refusal == "It is connected"
    assert "grid operator refuses to cancel" in await house.road.said("placement")


async def test_while_the_grid_operator_is_away_the_rest_is_undone_and_it_is_said_who_is_waited_for(
    house: House,
) -> None:
    await in_test(house)
    house.grid.away = lambda: True
    await withdraw(house)
    await house.assert_arrives("undoing", "cancelled", "cancelled")
    await house.until(lambda: _is(bool(house.grid.cancel_keys)))
    await book_in(house)
    await house.until(lambda: _details_without(house, "HW-1"))
    told = await house.details(house.placement_id)
    (attempt,) = await house.road.attempts()
    assert f"cancel connection request `{attempt.connection_request_id}`: grid operator" in told
    assert attempt.unreachable_since is not None
    assert "grid operator can't be reached" in await house.road.said("placement")
    with pytest.raises(StageDoesNotAllow):
        await house.decide(house.placement_id, "cancel", _cancellation(house))
    house.grid.away = lambda: False
    assert await ended(house) == "withdrawn"
    assert len(set(house.grid.cancel_keys)) == 1


async def test_a_grid_operator_that_ends_the_request_itself_is_not_asked_any_longer(house: House) -> None:
    connection = await walk.approved(house)
    house.grid.away = lambda: True
    await withdraw(house)
    await house.until(lambda: _is(bool(house.grid.cancel_keys)))
    await house.grid_says(connection, GridEvent.REJECTED, reason="No capacity")
    assert await ended(house) == "withdrawn"
    assert house.grid.cancelled == []


async def test_hardware_that_is_still_out_is_waited_for_by_name(house: House) -> None:
    await in_test(house)
    await withdraw(house)
    await house.until(lambda: _waits(house, "- return hardware `HW-1`: warehouse"))
    handle = house.client.get_workflow_handle(house.placement_id)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await book_in(house)
    assert await ended(house) == "withdrawn"


async def test_the_socket_of_a_deregistered_station_is_closed(house: House) -> None:
    await in_test(house)
    await walk.passed(house)
    await withdraw(house)
    await house.until(lambda: _is("disconnect" in house.station.commands))
    async with house.desk.database.transaction() as session:
        assert await assets.by_identities(session, ["CP-HW-1"]) == {}


async def test_a_test_charge_that_runs_is_stopped_and_does_not_hold_up_the_end(house: House) -> None:
    house.station.energy_wh = 20
    await in_test(house)
    await walk.passed(house)
    await house.decide(house.station_id, "start_test_charge", _begin(house))
    await house.until(lambda: house.road.was_told(house.station_id, "transaction_started"))
    await withdraw(house)
    handle = house.client.get_workflow_handle(house.station_id)
    assert await asyncio.wait_for(handle.result(), 20) == "cancelled"
    assert house.station.commands[-2:] == ["stop_charging", "disconnect"]
    async with house.desk.database.transaction() as session:
        card = await charging.token(session, house.station.cards[0])
    assert card is not None
    assert card.blocked_at is not None


async def test_nothing_is_decided_on_site_once_the_work_order_is_cancelled(house: House) -> None:
    await in_installation(house)
    await withdraw(house)
    await house.assert_arrives("withdrawn", "cancelled")
    (line,) = await house.road.lines()
    with pytest.raises(ProcessEnded):
        await walk.by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="HW-1")


async def test_of_a_withdrawal_and_an_acceptance_at_once_exactly_one_wins(house: House) -> None:
    await in_review(house)
    answers = await asyncio.gather(
        house.decide(house.placement_id, "withdraw", withdrawal(house)),
        house.decide(house.work_order_id, "approve_sat", decision(ApproveSat, house.world.operations)),
        return_exceptions=True,
    )
    (lost,) = [each for each in answers if each]
    assert isinstance(lost, StageDoesNotAllow | ProcessEnded)
    if answers[0] is None:
        await book_in(house)
        assert await walk.results(house) == ("withdrawn", "cancelled", "cancelled")
    else:
        await house.assert_arrives("accepted", "accepted", "accepted")


async def test_of_a_withdrawal_and_an_approval_at_once_both_are_heard_one_after_the_other(house: House) -> None:
    await walk.submitted(house)
    answers = await asyncio.gather(
        house.decide(house.placement_id, "approve", walk.approval(house)),
        house.decide(house.placement_id, "withdraw", withdrawal(house)),
        return_exceptions=True,
    )
    assert answers[1] is None
    assert answers[0] is None or isinstance(answers[0], StageDoesNotAllow | ProcessEnded)
    assert await ended(house) == "withdrawn"
    assert house.grid.cancelled == list(house.grid.made.values())


async def test_a_move_that_was_told_before_the_withdrawal_does_not_bring_the_placement_back(house: House) -> None:
    """The acceptance test was sent in; its fact is heard only after the withdrawal was decided."""
    await in_installation(house)
    handle = house.client.get_workflow_handle(house.placement_id)
    house.grid.away = lambda: True
    await withdraw(house)
    stale = {"number": 99, "name": "stage_changed", "payload": {"stage": "sat_review"}, "correlation_id": "test"}
    await handle.signal("fact", stale)
    house.grid.away = lambda: False
    assert await ended(house) == "withdrawn"


def _cancellation(house: House) -> Decision:
    return decision(CancelPlacement, house.world.operations, reason="The tender has ended")


def _begin(house: House) -> Decision:
    return decision(StartTestCharge, house.world.installer_user)


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def _is(value: Any) -> bool:
    return bool(value)


async def _waits(house: House, words: str) -> bool:
    return words in await house.details(house.placement_id)


async def _details_without(house: House, words: str) -> bool:
    return words not in await house.details(house.placement_id)
