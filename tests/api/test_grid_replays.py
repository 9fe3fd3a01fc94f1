"""The grid operator's calls once more, an hour later: by whoever caught one, and by itself (P7)."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest
import sqlalchemy as sa
from sqlmodel import col
from standardwebhooks import webhooks

from models.tables.handover import Handover, HandoverKind
from models.tables.placement import GridCall
from models.usecases.work import Desk
from tests.api.grid_calls import grid_call
from tests.api.road import PLACEMENTS, Road

pytestmark = pytest.mark.step("P7", "H1")

HOOK = "/v1/webhooks/grid-operator"
LATER = timedelta(hours=1)


class AnHourLater(datetime):
    """What the clock says that the signature's age is told by."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + LATER


async def kept(desk: Desk) -> tuple[int, int, int]:
    """Calls, facts made of them, and facts that start a process."""
    async with desk.database.transaction() as session:
        calls = await session.scalar(sa.select(sa.func.count()).select_from(GridCall))
        told = await session.execute(sa.select(col(Handover.name), col(Handover.kind)))
    rows = told.all()
    starts = [kind for _, kind in rows].count(HandoverKind.START)
    return int(calls or 0), [name for name, _ in rows].count("grid_call"), starts


async def test_a_call_that_somebody_caught_and_sends_again_an_hour_later_is_turned_away(
    road: Road, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await road.submit()
    sent = grid_call("approved", str(await road.approve()), webhook_id="msg_caught")
    assert (await road.api.post(HOOK, **sent)).status_code == 204
    before = await kept(desk)
    monkeypatch.setattr(webhooks, "datetime", AnHourLater)
    answer = await road.api.post(HOOK, **sent)
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/not-authenticated"
    assert await kept(desk) == before


async def test_a_call_that_the_grid_operator_repeats_an_hour_later_is_confirmed_and_changes_nothing(
    road: Road, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our answer got lost; its retry carries the same id, and the time and signature of now."""
    await road.submit()
    grid_id = str(await road.approve())
    await road.grid_says("approved", grid_id, webhook_id="msg_1")
    await road.grid_says("connection_scheduled", grid_id, webhook_id="msg_2", scheduled_for="2026-12-01")
    before = await kept(desk)
    monkeypatch.setattr(webhooks, "datetime", AnHourLater)
    for webhook_id, event in (("msg_1", "approved"), ("msg_2", "connection_scheduled")):
        again = grid_call(event, grid_id, webhook_id=webhook_id, at=datetime.now(UTC) + LATER)
        assert (await road.api.post(HOOK, **again)).status_code == 204
    assert await kept(desk) == before
    seen = await road.call(road.world.requester, "GET", f"{PLACEMENTS}/{road.reference}")
    assert seen["stage"] == "pending_grid_installation"


async def test_calls_after_a_rejection_are_confirmed_and_make_no_second_process(road: Road, desk: Desk) -> None:
    await road.submit()
    grid_id = str(await road.approve())
    await road.grid_says("rejected", grid_id, reason="No capacity")
    path = f"{PLACEMENTS}/{road.reference}"
    await road.call(road.world.operations, "POST", f"{path}/reject", json={"reason": "No other place"})
    calls, facts, starts = await kept(desk)
    for event in ("approved", "installation_scheduled", "connected"):
        assert (await road.api.post(HOOK, **grid_call(event, grid_id))).status_code == 204
    assert await kept(desk) == (calls + 3, facts + 3, starts)
    seen = await road.call(road.world.requester, "GET", path)
    assert (seen["stage"], seen["work_order"]) == ("rejected", None)
    timeline = await road.call(road.world.operations, "GET", f"{path}/timeline")
    told = [each["what"] for each in timeline["items"]]
    assert {"grid operator: approved", "grid operator: connected"} <= set(told)
