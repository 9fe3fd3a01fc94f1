"""A station's terms by the API: set by operations or for its group, shown before charging, in both languages (S7)."""

from typing import Any

import httpx
import pytest

from models.rules.subscriber import Payment
from models.tables.session import ChargingSession
from tests.api.test_charging_session_commands import asked, street
from tests.charging import Street
from tests.grouping import a_group, taken_in
from tests.people import Person, World

pytestmark = pytest.mark.step("S7")
__all__ = ["street"]


async def set_to(api: httpx.AsyncClient, who: Person, name: str, vend: Any, **headers: str) -> httpx.Response:
    sent = {"vend": vend}
    return await api.put(f"/v1/stations/{name}/vend", json=sent, headers={**who.headers, **headers})


async def shown(api: httpx.AsyncClient, who: Person, path: str) -> Any:
    answer = await api.get(f"/v1/{path}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_operations_says_on_what_terms_a_station_gives_energy_on_what_was_seen(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    name = street.asset.name
    seen = await api.get(f"/v1/stations/{name}/vend", headers=world.operations.headers)
    assert seen.json() == {"vend": "contract", "since": None}
    made = await set_to(api, world.operations, name, "free", **{"If-Match": seen.headers["etag"]})
    assert (made.status_code, made.json()["vend"]) == (200, "free"), made.text
    assert (
        await set_to(api, world.operations, name, "unbilled", **{"If-Match": seen.headers["etag"]})
    ).status_code == 412
    again = await set_to(api, world.operations, name, "free", **{"If-Match": made.headers["etag"]})
    assert again.json() == made.json()  # since then
    assert (await shown(api, world.operations, f"stations/{name}"))["vend"] == "free"
    listed = [await shown(api, world.operations, f"stations?vend={vend}") for vend in ("free", "contract")]
    assert [[each["name"] for each in page["items"]] for page in listed] == [[name], []]


@pytest.mark.parametrize("vend", ["gratis", "", None, True, ["free"]])
async def test_other_terms_than_there_are_are_refused_by_the_field(
    api: httpx.AsyncClient, world: World, street: Street, vend: Any
) -> None:
    wrong = await set_to(api, world.operations, street.asset.name, vend)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/vend")
    assert (await set_to(api, world.operations, "NL-STM-999999", "free")).status_code == 404
    for nobody in (world.customer_care, world.engineer, world.service_user):
        assert (await set_to(api, nobody, street.asset.name, "free")).status_code == 403
    assert (await shown(api, world.operations, f"stations/{street.asset.name}/vend"))["vend"] == "contract"


@pytest.mark.step("S6")
async def test_a_super_user_says_it_of_the_stations_of_the_own_group_alone(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    made, name, boss = await a_group(world), street.asset.name, world.super_user
    path = f"/v1/groups/{made.reference}/stations/{name}/vend"
    assert (await api.put(path, json={"vend": "free"}, headers=boss.headers)).status_code == 404
    await taken_in(world, made, station=name)
    answer = await api.put(path, json={"vend": "unbilled"}, headers=boss.headers)
    assert (answer.status_code, answer.json()["vend"]) == (200, "unbilled"), answer.text
    assert (await set_to(api, boss, name, "free")).status_code == 403
    assert [each["vend"] for each in (await shown(api, boss, f"groups/{made.reference}/stations"))["items"]] == [
        "unbilled"
    ]


@pytest.mark.step("C4", "C10")
async def test_that_it_is_free_of_charge_is_shown_before_and_whoever_has_no_credit_starts(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    name, owner = street.asset.name, await street.driver(payment=Payment.PREPAID)
    assert (await asked(api, street, subscriber=owner.reference)).status_code == 409
    await set_to(api, world.operations, name, "free")
    said = {"en": "Free of charge", "nl": "Gratis"}
    for language, text in said.items():
        price = await shown(api, world.customer_care, f"stations/{name}/prices?language={language}")
        assert [(each["amount"], each["text"]) for each in price["prices"]] == [("0", text)]
        assert (price["code"], price["version"], price["free_of_charge"]) == (None, None, True)
    before = await shown(api, world.customer_care, f"stations/{name}/prices?at=2026-11-01T00:00:00Z")
    assert (before["free_of_charge"], before["prices"][0]["kind"]) == (False, "kwh")
    seen = {"code": price["code"], "version": price["version"]}
    started = await asked(api, street, subscriber=owner.reference, seen=seen)
    assert (started.status_code, started.json()["price"]["free_of_charge"]) == (202, True), started.text
    half = await asked(api, street, subscriber=owner.reference, seen={"code": "TRF-PUBLIC"})
    assert (half.status_code, half.json()["errors"][0]["pointer"]) == (422, "/seen")


async def test_a_session_of_nobody_is_shown_with_its_energy_at_no_price(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    await set_to(api, world.operations, street.asset.name, "free")
    number, _ = await street.start(token="FREEVEND")
    await street.meter(number, 1, 2000)
    reference = (await street.session()).reference
    running = await shown(api, world.customer_care, f"charging-sessions/{reference}")
    assert (running["vend"], running["price"]["gross"], running["tariff"]) == ("free", "0.00", None)
    await street.stop(number, 30)
    await street.settle((await street.rows(ChargingSession))[0])
    ended = await shown(api, world.customer_care, f"charging-sessions/{reference}")
    assert [(each["energy_wh"], each["price"]["gross"]) for each in ended["records"]] == [(10_000, "0.0000")]
    assert (ended["stage"], ended["subscriber"], ended["hold"], ended["flags"]) == ("settled", None, None, [])
    listed = await shown(api, world.customer_care, "charging-sessions?vend=free")
    assert [each["reference"] for each in listed["items"]] == [reference]
