"""A station's security profile and its certificates over the API (security profile 3)."""

from typing import Any

import pytest

from tests.api.places import something_of_everything
from tests.api.road import Road
from tests.people import World

pytestmark = pytest.mark.step("O31")


async def test_an_engineer_sees_a_stations_certificates_and_revokes_one_for_good(road: Road, world: World) -> None:
    places = await something_of_everything(road, world)
    path = f"/v1/stations/{places['name']}/certificates"
    (seen,) = (await road.call(world.engineer, "GET", path))["items"]
    assert (seen["serial"], seen["common_name"], seen["revoked_at"]) == (places["serial"], "SN-VW-1", None)
    revoke = f"{path}/{places['serial'].upper()}/revoke"
    first = await road.call(world.engineer, "POST", revoke, json={"why": "The station was stolen"})
    again = await road.call(world.engineer, "POST", revoke, json={"why": "Once more"})
    assert first["revocation"] == "The station was stolen"
    assert again == first
    once = {**world.engineer.headers, "Idempotency-Key": "stolen"}
    kept = [await road.api.post(revoke, headers=once, json={"why": "Stolen"}) for _ in range(2)]
    assert [each.json() for each in kept] == [first, first]
    assert kept[1].headers["idempotency-replayed"] == "true"
    events = (await road.call(world.engineer, "GET", f"/v1/stations/{places['name']}"))["last_events"]
    assert [event["detail"]["reason"] for event in events if event["kind"] == "certificate_revoked"] == [
        "The station was stolen"
    ]


@pytest.mark.step("H2")
async def test_a_certificate_that_is_not_the_stations_is_not_found(road: Road, world: World) -> None:
    places = await something_of_everything(road, world)
    path = f"/v1/stations/{places['name']}/certificates"
    for serial, status in (("abc", 404), ("no-serial", 422)):
        answer = await road.api.post(f"{path}/{serial}/revoke", headers=world.engineer.headers, json={"why": "x"})
        assert answer.status_code == status


@pytest.mark.walked("to_station")
@pytest.mark.step("O30", "H3")
async def test_an_engineer_settles_the_lowest_profile_with_a_reason_that_is_on_record(road: Road, world: World) -> None:
    name = road.station
    path = f"/v1/stations/{name}/security-profile"
    for profile in (3, 1):
        body: dict[str, Any] = {"security_profile": profile, "why": "Its modem was replaced"}
        assert await road.call(world.engineer, "PUT", path, json=body) == {"security_profile": profile}
    wrong: list[dict[str, Any]] = [
        {"security_profile": 4, "why": "x"},
        {"security_profile": 0, "why": "x"},
        {"security_profile": 2},
    ]
    for body in wrong:
        assert (await road.api.put(path, headers=world.engineer.headers, json=body)).status_code == 422
    events = (await road.call(world.engineer, "GET", f"/v1/stations/{name}"))["last_events"]
    settled = [event["detail"] for event in events if event["kind"] == "security_profile_settled"]
    assert settled == [
        {"from": 3, "to": 1, "reason": "Its modem was replaced"},
        {"from": 1, "to": 3, "reason": "Its modem was replaced"},
    ]
