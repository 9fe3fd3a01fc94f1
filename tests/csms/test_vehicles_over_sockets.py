"""Cars at the stations: by raw frames of OCPP 1.6 and 2, as each version shows them (S9)."""

from typing import Any

import pytest

from csms.listener import CsmsServer
from models.rules.commissioning import CommissioningStage
from models.tables.asset import Asset
from models.tables.session import ChargingSession
from models.tables.vehicle import Vehicle
from tests.charging import PRICE, Street, priced_by
from tests.csms.standing import IDENTITY, SERIAL, set_stage
from tests.csms.station import station_at
from tests.csms.station_of_2 import SUBPROTOCOLS, station_of_2
from tests.people import FACTORY_KEY, World
from tests.vehicles import CONTRACT, MAC, SHOWN, registered, removed

pytestmark = pytest.mark.step("S9", "C1")


@pytest.fixture
async def street(world: World, asset: Asset) -> Street:
    await set_stage(world.desk.database, CommissioningStage.ACTIVE)
    await priced_by(world.desk, PRICE)
    return Street(world, world.desk, asset)


@pytest.fixture
async def car(street: Street) -> Vehicle:
    return await registered(street, await street.driver("NL-1"), MAC, CONTRACT)


async def test_a_car_charges_at_a_station_of_1_6_by_what_it_puts_in_place_of_a_card(
    front: CsmsServer, street: Street, car: Vehicle
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        for tag in (SHOWN, "a1:b2:c3:d4:e5:f6", "NL-TNM-C00122045-K"):
            assert await station.call("Authorize", {"idTag": tag}) == {"idTagInfo": {"status": "Accepted"}}
        now = street.desk.clock().isoformat()
        start = {"connectorId": 1, "idTag": SHOWN, "meterStart": 0, "timestamp": now}
        begun = await station.call("StartTransaction", start)
        assert begun["idTagInfo"] == {"status": "Accepted"}
        stop = {"transactionId": begun["transactionId"], "idTag": SHOWN, "meterStop": 4000, "timestamp": now}
        assert (await station.call("StopTransaction", stop))["idTagInfo"] == {"status": "Accepted"}
        await removed(street, car)
        assert await station.call("Authorize", {"idTag": SHOWN}) == {"idTagInfo": {"status": "Blocked"}}
    assert (await street.session()).vehicle_id == car.id


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
async def test_a_car_charges_at_a_station_of_2_by_the_type_of_its_token(
    front: CsmsServer, street: Street, car: Vehicle, subprotocol: str
) -> None:
    async with station_of_2(front, subprotocol, IDENTITY, FACTORY_KEY) as station:
        await station.boot(SERIAL)

        async def status(token: str, kind: str, **more: Any) -> Any:
            answer = await station.call("Authorize", {"idToken": {"idToken": token, "type": kind}, **more})
            return answer["idTokenInfo"]["status"], answer.get("certificateStatus")

        assert await status("a1:b2:c3:d4:e5:f6", "MacAddress") == ("Accepted", None)
        assert await status("NLTNMC00122045K", "eMAID") == ("Accepted", None)
        assert await status("A1B2C3D4E5F6", "ISO14443") == ("Invalid", None)
        certificate = "-----BEGIN CERTIFICATE-----"
        assert await status("NLTNMC00122045", "eMAID", certificate=certificate) == ("Invalid", "CertChainError")
        for number, (token, kind) in enumerate((("A1B2C3D4E5F6", "ISO14443"), ("A1B2C3D4E5F6", "MacAddress"))):
            event = {
                "eventType": "Started",
                "timestamp": street.desk.clock().isoformat(),
                "triggerReason": "Authorized",
                "seqNo": 0,
                "transactionInfo": {"transactionId": f"T-{number}"},
                "evse": {"id": 1 + number, "connectorId": 1},
                "idToken": {"idToken": token, "type": kind},
            }
            await station.call("TransactionEvent", event)
        await removed(street, car)
        assert await status("A1B2C3D4E5F6", "MacAddress") == ("Blocked", None)
        assert await status("NLTNMC00122045", "eMAID", certificate=certificate) == ("Blocked", "ContractCancelled")
    told = {(each.vehicle_id, each.verdict) for each in await street.rows(ChargingSession)}
    assert told == {(None, "invalid"), (car.id, "accepted")}
