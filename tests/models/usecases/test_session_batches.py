"""Sessions of many stations begin, idle and stop in batches, as they do one by one (C1, C5, C6)."""

import dataclasses
from typing import Any

import pytest

from models.messages.telemetry import Answer, Charged, Metered, Outcome, Seen, Shown, Started, Status, Stopped
from models.rules.authorisation import TokenVerdict
from models.rules.session import Flag, SessionStage
from models.rules.subscriber import Payment
from models.tables.handover import Handover
from models.tables.session import ChargingSession
from models.usecases import telemetry
from models.usecases.session import workflow_id
from models.usecases.work import Desk, Work
from tests.charging import AT, Street, later
from tests.csms.standing import IDENTITY
from tests.subscribing import uid_of

V = TokenVerdict


@pytest.fixture
def street(street: Street, desk: Desk) -> Street:
    return dataclasses.replace(street, desk=desk)


async def kept(street: Street, *facts: Seen) -> tuple[list[Answer], set[str]]:
    """The answers, and which processes are to hear of it."""

    async def keep(work: Work) -> tuple[list[Answer], set[str]]:
        return await telemetry.keep(work, facts), work.handed_over

    return await street.do(keep)


def start(street: Street, card: str, **changes: Any) -> Started:
    told = {
        "connector": 1,
        "token": uid_of(card),
        "meter_start_wh": 1000,
        "started_at": AT,
        "frame": "[start]",
        **changes,
    }
    return Started(street.asset.id, IDENTITY, **told)


def stop(street: Street, number: int, register_wh: int, **changes: Any) -> Stopped:
    told = {
        "meter_stop_wh": register_wh,
        "stopped_at": later(60),
        "reason": "Local",
        "token": None,
        "samples": [],
        **changes,
    }
    return Stopped(street.asset.id, IDENTITY, number=number, frame="[stop]", **told)


async def bells(street: Street) -> list[str]:
    return [each.name for each in await street.rows(Handover) if each.workflow_id.startswith("session-")]


@pytest.mark.step("C1", "O1", "O2")
async def test_a_session_that_is_paid_later_begins_and_stops_in_batches_once(street: Street) -> None:
    await street.driver()
    (first,), heard = await kept(street, start(street, "NL-1"))
    assert isinstance(first, Charged)
    assert (await kept(street, start(street, "NL-1")))[0] == [first]
    found = await street.session()
    assert (found.transaction_number, found.connector, found.evse_id is not None) == (first.number, 1, True)
    assert heard == {workflow_id(found.reference)}
    ending = stop(street, first.number, 3000, token=uid_of("NL-1"))
    (answer,), heard = await kept(street, ending)
    assert (answer, heard) == (Charged(first.number, V.ACCEPTED), {workflow_id(found.reference)})
    assert (await kept(street, ending))[1] == set()
    assert (await street.session()).stage is SessionStage.STOPPED
    await street.settle(found)
    assert await bells(street) == ["charging_session", "session_stopped"]
    assert await street.broken() == {}


@pytest.mark.step("C5")
async def test_a_session_that_is_paid_ahead_begins_alone_and_is_guarded_in_batches(street: Street) -> None:
    await street.driver(payment=Payment.PREPAID, balance="20")
    assert await kept(street, start(street, "NL-1")) == ([Outcome.ALONE], set())
    number, _ = await street.start()
    await street.look(await street.session())
    guarded_wh = (await street.session()).guarded_wh
    assert guarded_wh is not None

    def metered(wh: int) -> Metered:
        told = {"connector": 1, "number": number, "frame": "[meter]"}
        return Metered(street.asset.id, IDENTITY, register_wh=1000 + wh, **told)  # type: ignore[arg-type]

    assert (await kept(street, metered(guarded_wh - 1)))[1] == set()
    assert (await kept(street, metered(guarded_wh)))[1] == {workflow_id((await street.session()).reference)}
    assert (await kept(street, metered(guarded_wh + 1)))[1] == set()


@pytest.mark.step("C6")
async def test_a_full_car_is_heard_of_in_batches(street: Street) -> None:
    await street.driver()
    await kept(street, start(street, "NL-1"))
    for state in ("Charging", "SuspendedEV", "SuspendedEV"):
        await kept(street, Status(street.asset.id, IDENTITY, None, 1, state, "NoError", later(30)))
    assert (await street.session()).stage is SessionStage.IDLE
    assert await bells(street) == ["charging_session", "session_idles"]


@pytest.mark.step("O3")
async def test_cards_that_are_unknown_leave_sessions_with_nobody_to_bill(street: Street) -> None:
    (answer,), heard = await kept(street, start(street, "NEVER-SEEN"))
    assert isinstance(answer, Charged)
    assert (answer.verdict, heard) == (V.INVALID, set())
    (found,) = await street.rows(ChargingSession)
    assert found.stage is SessionStage.UNBILLED
    assert {Flag.INVALID_TOKEN, Flag.NOBODY} <= set(found.flags)


@pytest.mark.step("C1", "C5")
async def test_whoever_cannot_pay_is_told_so_when_the_card_is_shown(street: Street) -> None:
    await street.driver("NL-1", payment=Payment.PREPAID, balance="4")
    await street.driver("NL-2")

    async def judged(work: Work) -> list[TokenVerdict | None]:
        cards = ("NL-1", "NL-2", "NL-3")
        shown = [Shown(street.asset.id, IDENTITY, uid_of(each)) for each in cards]
        return [each and each.token for each in await telemetry.judge(work, shown)]

    assert await street.do(judged) == [V.NO_CREDIT, V.ACCEPTED, V.INVALID]
