"""Units from the supplier's list to the installer's van (P11)."""

from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlmodel import select

from models.tables.unit import Unit
from models.usecases.work import Desk
from tests.people import World

pytestmark = pytest.mark.step("P11")
KEY = "8F3A1C0D9E7B46521122"


def _unit(name: str, **change: Any) -> dict[str, Any]:
    said = {
        "hardware_id": name,
        "serial": f"SN-{name}",
        "product": "DUO-22",
        "firmware": "1.4.2",
        "ocpp_identity": name,
        "factory_key": KEY,
    }
    return {**said, **change}


async def test_a_unit_is_booked_in_handed_over_and_returned(api: httpx.AsyncClient, world: World) -> None:
    headers = world.warehouse.headers
    booked = await api.post("/v1/hardware/units", json=_unit("vw-1"), headers=headers)
    assert booked.status_code == 201, booked.text
    assert (booked.json()["hardware_id"], booked.json()["state"]) == ("VW-1", "in_stock")
    body = {"installer_id": str(world.installer.id)}
    for _ in range(2):
        taken = await api.post("/v1/hardware/units/vw-1/hand-over", json=body, headers=headers)
        assert (taken.json()["state"], taken.json()["holder_id"]) == ("handed_over", str(world.installer.id))
    other = {"installer_id": str(world.other_installer.id)}
    assert (await api.post("/v1/hardware/units/VW-1/hand-over", json=other, headers=headers)).status_code == 409
    back = await api.post("/v1/hardware/units/VW-1/return", headers=headers)
    assert (back.json()["state"], back.json()["holder_id"]) == ("in_stock", None)


async def test_the_factory_key_is_kept_as_a_hash_and_never_shown(
    api: httpx.AsyncClient, world: World, desk: Desk
) -> None:
    booked = await api.post("/v1/hardware/units", json=_unit("VW-1"), headers=world.warehouse.headers)
    listed = await api.get("/v1/hardware/units", headers=world.warehouse.headers)
    for answer in (booked, listed):
        assert KEY not in answer.text
        assert "argon2" not in answer.text
    async with desk.database.transaction() as session:
        unit = (await session.execute(select(Unit))).scalar_one()
    assert PasswordHasher().verify(unit.factory_key_hash, KEY)


async def test_a_list_is_booked_in_as_a_whole_or_not_at_all(api: httpx.AsyncClient, world: World) -> None:
    headers = world.warehouse.headers
    await world.book_in("VW-1")
    faulty = [
        _unit("VW-2"),
        _unit("VW-1", serial="SN-X", ocpp_identity="X"),
        _unit("VW-3", product="NONE-1"),
        _unit("VW-4", ocpp_identity="VW-2"),
    ]
    refused = await api.post("/v1/hardware/units/batch", json={"units": faulty}, headers=headers)
    assert refused.status_code == 409
    assert [each["pointer"] for each in refused.json()["errors"]] == [
        "/units/0/ocpp_identity",
        "/units/1/hardware_id",
        "/units/2/product",
        "/units/3/ocpp_identity",
    ]
    assert len((await api.get("/v1/hardware/units", headers=headers)).json()["items"]) == 1
    whole = [_unit(f"NEW-{number}") for number in range(30)]
    booked = await api.post("/v1/hardware/units/batch", json={"units": whole}, headers=headers)
    assert booked.status_code == 201, booked.text
    assert [unit["hardware_id"] for unit in booked.json()["items"]] == [unit["hardware_id"] for unit in whole]


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"product": "NONE-1"}, 422, "/product"),
        ({"hardware_id": "vw-0"}, 409, "/hardware_id"),
        ({"serial": "SN-VW-0"}, 409, "/serial"),
        ({"ocpp_identity": "CP-VW-0"}, 409, "/ocpp_identity"),
        ({"ocpp_identity": "with space"}, 422, "/ocpp_identity"),
        ({"ocpp_identity": "../etc"}, 422, "/ocpp_identity"),
        ({"factory_key": "short"}, 422, "/factory_key"),
        ({"factory_key": "x" * 41}, 422, "/factory_key"),
        ({"firmware": ""}, 422, "/firmware"),
    ],
)
async def test_a_unit_that_can_not_be_is_refused_by_field(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], status: int, pointer: str
) -> None:
    await world.book_in("VW-0")
    answer = await api.post("/v1/hardware/units", json=_unit("VW-1", **change), headers=world.warehouse.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)


async def test_unknown_units_and_installers_are_named(api: httpx.AsyncClient, world: World) -> None:
    await world.book_in("VW-1")
    headers = world.warehouse.headers
    unknown = await api.post(
        "/v1/hardware/units/NONE/hand-over", json={"installer_id": str(world.installer.id)}, headers=headers
    )
    assert unknown.json()["type"] == "/problems/unknown-hardware"
    city = {"installer_id": str(world.municipality.id)}
    wrong = await api.post("/v1/hardware/units/VW-1/hand-over", json=city, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/installer_id")


async def test_an_installer_sees_the_units_it_holds_and_moves_none(api: httpx.AsyncClient, world: World) -> None:
    await world.book_in("VW-1", "VW-2", holder=world.installer)
    await world.book_in("VW-3")
    mine = (await api.get("/v1/hardware/units", headers=world.installer_user.headers)).json()["items"]
    assert [unit["hardware_id"] for unit in mine] == ["VW-2", "VW-1"]
    strange = world.other_installer_user.headers
    assert (await api.get("/v1/hardware/units", headers=strange)).json()["items"] == []
    assert (await api.get("/v1/hardware/units/VW-1", headers=strange)).status_code == 404
    assert (await api.post("/v1/hardware/units/VW-1/return", headers=world.installer_user.headers)).status_code == 403
    stock = await api.get("/v1/hardware/units?state=in_stock", headers=world.warehouse.headers)
    assert [unit["hardware_id"] for unit in stock.json()["items"]] == ["VW-3"]
