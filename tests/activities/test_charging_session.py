"""A session whose step fails or is refused stands still, and comes before an engineer, until it goes on (C1, H4)."""

import dataclasses
from collections.abc import Callable

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.charging_session import TRIES, ChargingSessionActivities
from activities.steps import Steps
from models.errors import StageDoesNotAllow
from models.messages.base import Step
from models.messages.session import SessionProgress
from models.rules.access import Role
from models.rules.session import SessionStage
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import session_settling, task
from models.usecases.session import workflow_id
from models.usecases.task import Hands
from tests.charging import Street
from tests.recording import RecordingRelay

pytestmark = pytest.mark.step("C1", "H4")


async def settle(street: Street, relay: RecordingRelay, attempt: int) -> SessionProgress:
    activities = ChargingSessionActivities(Steps(street.desk, relay))  # type: ignore[arg-type]
    running, found = ActivityEnvironment(), await street.session()
    running.info = dataclasses.replace(
        running.info, workflow_id=workflow_id(found.reference), activity_type="settle_session", attempt=attempt
    )
    step = Step(subject_id=found.id, occurrence="once", correlation_id="test")
    progress: SessionProgress = await running.run(activities.settle_session, step)
    return progress


async def stuck(street: Street) -> list[Task]:
    return [each for each in await street.rows(Task) if each.kind is TaskKind.SESSION_STUCK]


def _refused() -> Exception:
    return StageDoesNotAllow("The hold was settled for EUR 3.00 already")


def _broken() -> Exception:
    return LookupError("NL-STM-CARD-1 of A. Jansen")


@pytest.mark.parametrize(
    ("fails", "said"), [(_refused, "The hold was settled for EUR 3.00 already"), (_broken, "LookupError")]
)
async def test_a_session_that_can_not_go_on_is_tried_on_and_becomes_a_task_which_its_settling_closes(
    street: Street,
    relay: RecordingRelay,
    monkeypatch: pytest.MonkeyPatch,
    fails: Callable[[], Exception],
    said: str,
) -> None:
    await street.driver()
    number, _ = await street.start()
    await street.stop(number, 30, register_wh=9000)

    async def failing(*_: object) -> None:
        raise fails()

    with monkeypatch.context() as patched:
        patched.setattr(session_settling, "settle", failing)
        for attempt in range(1, TRIES + 3):
            with pytest.raises((ApplicationError, LookupError)) as caught:
                await settle(street, relay, attempt)
            assert not getattr(caught.value, "non_retryable", False)
            assert len(await stuck(street)) == (attempt >= TRIES)
    (told,) = await stuck(street)
    reference = (await street.session()).reference
    assert (told.state, told.role, told.reference) == (TaskState.OPEN, Role.ENGINEER, reference)
    assert told.title == f"Session {reference} can't go on: {said}"
    assert (await settle(street, relay, TRIES + 3)).stage == SessionStage.SETTLED
    (told,) = await stuck(street)
    assert told.state is TaskState.DONE
    assert await street.broken() == {}


async def test_an_engineer_closes_the_task_of_a_session_and_is_told_anew_while_it_stands_still(
    street: Street, relay: RecordingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it goes on in a new run of its process, nothing else would close it."""
    await street.driver()
    number, _ = await street.start()
    await street.stop(number, 30, register_wh=9000)

    async def failing(*_: object) -> None:
        raise _refused()

    monkeypatch.setattr(session_settling, "settle", failing)
    with pytest.raises(ApplicationError):
        await settle(street, relay, TRIES)
    (first,) = await stuck(street)
    hands = Hands(frozenset({Role.ENGINEER}))
    async with street.desk.work(street.world.engineer.actor, "test") as work:
        await task.finish(work, first.id, hands)
    with pytest.raises(ApplicationError):
        await settle(street, relay, TRIES + 1)
    assert sorted(each.state for each in await stuck(street)) == [TaskState.DONE, TaskState.OPEN]
