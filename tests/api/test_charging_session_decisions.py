"""What was set aside is billed, or left unbilled, by the API (C2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.road import Road
from tests.charging import Street, a_street
from tests.people import World

pytestmark = pytest.mark.step("C2", "O15")

SESSIONS = "/v1/charging-sessions"
NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
async def street(world: World) -> Street:
    found = await a_street(world, world.desk)
    found.at = world.desk.clock() - timedelta(hours=1)
    return found


async def set_aside(road: Road, street: Street, number: str = "NL-1") -> str:
    await street.driver(number)
    transaction, _ = await street.start(number, started_at=NEVER_SET)
    await street.stop(transaction, stopped_at=NEVER_SET + timedelta(hours=1))
    session = await street.session()
    await street.settle(session)
    await road.processes.hear_everything()
    return session.reference


async def decide(road: Road, reference: str, name: str, **said: Any) -> httpx.Response:
    headers = road.world.operations.headers
    return await road.api.post(f"{SESSIONS}/{reference}/{name}", json=said, headers=headers)


async def test_a_person_says_when_a_session_began_and_it_is_billed_as_of_then(road: Road, street: Street) -> None:
    reference = await set_aside(road, street)
    refused = await decide(road, reference, "bill", reason="By the log")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/started_at"), refused.text
    began = street.at.isoformat()
    shown = (await decide(road, reference, "bill", reason="By the log", started_at=began)).json()
    assert (shown["stage"], shown["flags"]) == ("stopped", ["wrong_clock", "offline"])
    assert (datetime.fromisoformat(shown["started_at"]), shown["told_started_at"]) == (
        street.at,
        "1970-01-01T00:00:00Z",
    )
    assert (await decide(road, reference, "waive", reason="Too late")).status_code == 409


async def test_a_session_is_left_unbilled_with_a_reason(road: Road, street: Street) -> None:
    reference = await set_aside(road, street)
    shown = (await decide(road, reference, "waive", reason="Nobody knows")).json()
    assert (shown["stage"], shown["label"]) == ("waived", "Left unbilled")
    assert shown["decided_at"] is not None
    listed = await road.call(road.world.operations, "GET", f"{SESSIONS}?stage=waived")
    assert [each["reference"] for each in listed["items"]] == [reference]


async def test_who_only_looks_at_sessions_decides_nothing_about_them(road: Road, street: Street) -> None:
    reference = await set_aside(road, street)
    headers = road.world.engineer.headers
    refused = await road.api.post(f"{SESSIONS}/{reference}/bill", json={"reason": "x"}, headers=headers)
    assert (refused.status_code, refused.json()["facts"]) == (403, {"permission": "charging-sessions:decide"})
