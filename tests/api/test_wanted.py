"""What is wanted of stations over the API: settled by engineers, with ETags, shown with its progress to who may see."""

from typing import Any
from urllib.parse import quote

import pytest

from models.messages.station import CommandOutcome
from models.rules.authorisation import TokenKind
from models.store import assets
from models.store.viewer import EVERYTHING
from models.tables.charging import IdToken
from models.usecases import upkeep
from tests.api.road import PROCESS, Road

pytestmark = pytest.mark.step("L5")


def setting(owner: str, key: str = "HeartbeatInterval") -> str:
    return f"/v1/{owner}/wanted/configuration/{quote(key, safe='')}"


async def answered(road: Road, name: str, outcome: str, **data: Any) -> None:
    """What the station's process does with the answer to what is next."""
    async with road.world.desk.work(PROCESS, "test") as work:
        asset = await assets.find(work.session, name, EVERYTHING)
        assert asset is not None
        todo = (await upkeep.look(work, asset.id)).todo
        assert todo is not None
        said = CommandOutcome.model_validate({"outcome": outcome, "data": data, "detail": "no"})
        await upkeep.note_answer(work, asset.id, todo, said)


@pytest.mark.walked("to_active")
async def test_what_is_wanted_of_a_product_and_of_a_station_is_shown_with_how_far_the_station_has_come(
    road: Road,
) -> None:
    name, engineer = road.station, road.world.engineer
    await road.call(engineer, "PUT", setting("products/DUO-22"), json={"value": "300"})
    await road.call(engineer, "PUT", setting("products/DUO-22", "A/B#1"), json={"value": "1"})
    await road.call(engineer, "PUT", setting(f"stations/{name}"), json={"value": "60"})
    of_product = await road.call(road.world.operations, "GET", "/v1/products/DUO-22/wanted")
    assert [(each["key"], each["value"]) for each in of_product["configuration"]] == [
        ("A/B#1", "1"),
        ("HeartbeatInterval", "300"),
    ]
    configuration = {"A/B#1": {"value": "1"}, "HeartbeatInterval": {"value": "300", "readonly": True}}
    await answered(road, name, "accepted", configuration=configuration)
    of_product = await road.call(road.world.operations, "GET", "/v1/products/DUO-22/wanted")
    assert [each["stations"] for each in of_product["configuration"]] == [{"applied": 1}, {}]
    shown = (await road.call(road.world.service_user, "GET", f"/v1/stations/{name}/wanted"))["configuration"]
    assert [(each["key"], each["wanted"], each["of"], each["state"], each["actual"]) for each in shown] == [
        ("A/B#1", "1", "product", "applied", "1"),
        ("HeartbeatInterval", "60", "station", "refused", "300"),
    ]
    assert shown[1]["detail"] == "The station says that it can't be changed"
    assert shown[1]["try_again_at"] is not None
    await road.call(engineer, "DELETE", setting(f"stations/{name}", "heartbeatinterval"))
    shown = (await road.call(road.world.service_user, "GET", f"/v1/stations/{name}/wanted"))["configuration"]
    assert (shown[1]["wanted"], shown[1]["of"], shown[1]["state"]) == ("300", "product", "pending")


@pytest.mark.walked("to_active")
async def test_firmware_is_wanted_shown_with_its_roll_out_and_with_how_far_a_station_has_come(road: Road) -> None:
    name, engineer = road.station, road.world.engineer
    new = {"version": "2.0", "location": "https://files.example/2.bin", "from_hour": 1, "to_hour": 5, "first": 2}
    path = "/v1/products/DUO-22/wanted/firmware"
    made = await road.call(engineer, "PUT", path, json=new)
    assert new.items() <= made.items()
    assert made == await road.call(road.world.operations, "GET", path)
    of_product = await road.call(road.world.operations, "GET", "/v1/products/DUO-22/wanted")
    assert of_product["roll_out"] == {"stations": 1, "under_way": 0, "done": 0, "failed": 0, "halted_at": None}
    shown = (await road.call(road.world.service_user, "GET", f"/v1/stations/{name}/wanted"))["firmware"]
    assert (shown["version"], shown["of"], shown["state"]) == ("2.0", "product", "waiting")
    await road.call(engineer, "PUT", f"/v1/stations/{name}/wanted/firmware", json={**new, "version": shown["running"]})
    shown = (await road.call(road.world.service_user, "GET", f"/v1/stations/{name}/wanted"))["firmware"]
    assert (shown["of"], shown["state"]) == ("station", "done")
    await road.call(engineer, "DELETE", path)
    assert (await road.api.get(path, headers=engineer.headers)).status_code == 404
    for wrong in ({"to_hour": 1}, {"location": "file:///etc/passwd"}, {"signature": "x"}, {"first": 0}):
        answer = await road.api.put(path, json={**new, **wrong}, headers=engineer.headers)
        assert answer.status_code == 422, wrong


@pytest.mark.walked("to_active")
async def test_a_local_list_is_wanted_and_a_partner_sees_how_many_cards_but_none_of_them(road: Road) -> None:
    name, engineer = road.station, road.world.engineer
    async with road.world.desk.database.transaction() as session:
        session.add(IdToken(token="04E91C5A7A2C", kind=TokenKind.CARD))
    path = "/v1/products/DUO-22/wanted/list"
    made = await road.call(engineer, "PUT", path, json={"tokens": ["04e91c5a7a2c"]})
    assert (made["tokens"], made["all_cards"]) == (["04E91C5A7A2C"], False)
    assert (await road.call(road.world.operations, "GET", "/v1/products/DUO-22/wanted"))["list"] == made
    shown = await road.call(road.world.service_user, "GET", f"/v1/stations/{name}/wanted")
    assert (shown["list"]["state"], shown["list"]["wanted"], shown["list"]["taken"]) == ("pending", 1, 0)
    assert "04E91C5A7A2C" not in str(shown)
    denied = await road.api.get(path, headers=road.world.service_user.headers)
    assert denied.status_code == 403
    unknown = await road.api.put(path, json={"tokens": ["NOBODYS"]}, headers=engineer.headers)
    assert unknown.json()["errors"][0]["pointer"] == "/tokens/0"
    entries = (await road.call(road.world.administrator, "GET", "/v1/audit?subject=product"))["items"]
    assert "04E91C5A7A2C" not in str(entries)
    await road.call(engineer, "DELETE", path)
    assert (await road.call(engineer, "GET", f"/v1/stations/{name}/wanted"))["list"] is None


@pytest.mark.walked("to_active")
async def test_a_station_is_asked_at_once_where_somebody_does_not_want_to_wait(road: Road) -> None:
    name = road.station
    await road.call(road.world.engineer, "PUT", setting(f"stations/{name}"), json={"value": "60"})
    await answered(road, name, "accepted", configuration={"HeartbeatInterval": {"value": "300"}})
    await answered(road, name, "rejected")
    path = f"/v1/stations/{name}/wanted"
    (refused,) = (await road.call(road.world.service_user, "GET", path))["configuration"]
    assert None not in (refused["read_at"], refused["try_again_at"])
    answer = await road.api.post(f"{path}/check", headers=road.world.service_user.headers)
    assert answer.status_code == 202
    (asked,) = (await road.call(road.world.service_user, "GET", path))["configuration"]
    assert (asked["state"], asked["read_at"], asked["try_again_at"]) == ("refused", None, None)


@pytest.mark.walked("to_accepted")
async def test_a_station_that_is_not_in_operation_is_not_asked(road: Road) -> None:
    name = road.station
    answer = await road.api.post(f"/v1/stations/{name}/wanted/check", headers=road.world.engineer.headers)
    assert answer.status_code == 409
    assert "not in operation" in answer.json()["detail"]


async def test_of_two_engineers_who_edit_what_both_have_seen_one_is_told(road: Road) -> None:
    path, headers = setting("products/DUO-22"), road.world.engineer.headers
    new = await road.api.put(path, json={"value": "1"}, headers={**headers, "If-Match": '"seen"'})
    assert new.status_code == 412
    made = await road.api.put(path, json={"value": "1"}, headers=headers)
    assert made.headers["content-location"] == path
    seen = (await road.api.get(path, headers=headers)).headers["etag"]
    assert seen == made.headers["etag"]
    edited = await road.api.put(path, json={"value": "2"}, headers={**headers, "If-Match": seen})
    assert edited.status_code == 200
    for method, body in (("PUT", {"value": "3"}), ("DELETE", None)):
        late = await road.api.request(method, path, json=body, headers={**headers, "If-Match": seen})
        assert late.status_code == 412
    assert (await road.call(road.world.engineer, "GET", path))["value"] == "2"
    gone = await road.api.delete(path, headers={**headers, "If-Match": edited.headers["etag"]})
    assert gone.status_code == 204
    assert (await road.api.get(path, headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("key", "body", "pointer"),
    [
        ("AuthorizationKey", {"value": "0123456789"}, {"parameter": "key"}),
        ("SecurityCtrlr.BasicAuthPassword", {"value": "0123456789"}, {"parameter": "key"}),
        ("BackOfficeUrl", {"value": "wss://me:secret@central.example"}, {"pointer": "/value"}),
        ("A", {"value": "x" * 2501}, {"pointer": "/value"}),
        ("A", {}, {"pointer": "/value"}),
        ("A" * 221, {"value": "1"}, {"parameter": "key"}),
    ],
)
async def test_what_may_not_be_wanted_is_refused_by_its_field_and_leaves_no_trace(
    road: Road, key: str, body: Any, pointer: dict[str, str]
) -> None:
    headers = road.world.engineer.headers
    answer = await road.api.put(setting("products/DUO-22", key), json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert pointer.items() <= answer.json()["errors"][0].items()
    assert (await road.call(road.world.engineer, "GET", "/v1/products/DUO-22/wanted"))["configuration"] == []


async def test_who_wanted_what_is_on_record(road: Road) -> None:
    await road.call(road.world.engineer, "PUT", setting("products/DUO-22"), json={"value": "60"})
    await road.call(road.world.engineer, "PUT", setting("products/DUO-22"), json={"value": "90"})
    entries = (await road.call(road.world.administrator, "GET", "/v1/audit?subject=product"))["items"]
    (change,) = entries[0]["changes"]
    assert (change["before"]["value"], change["after"]["value"]) == ("60", "90")


@pytest.mark.walked("to_active")
async def test_operations_and_partners_set_nothing(road: Road) -> None:
    name = road.station
    for person in (road.world.operations, road.world.service_user, road.world.administrator):
        answer = await road.api.put(setting(f"stations/{name}"), json={"value": "60"}, headers=person.headers)
        assert answer.status_code == 403
