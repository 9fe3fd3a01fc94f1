"""What moves money while the database is away, by raw frames: not confirmed; told again it is kept, and counts once."""

from typing import Any

import pytest
from sqlmodel import col

from csms.listener import CsmsServer
from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.store.database import Database
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction, IdToken, RawFrame
from tests.csms.standing import IDENTITY, SERIAL, away, rows, set_stage, the
from tests.csms.station import NOW, station_at
from tests.csms.station_of_2 import SUBPROTOCOLS, booted
from tests.people import FACTORY_KEY

pytestmark = pytest.mark.step("H1")

CARD = "CARD-1"
LATER = "2026-11-21T10:05:00Z"
START = {"connectorId": 1, "idTag": CARD, "meterStart": 1000, "timestamp": NOW}


@pytest.fixture(autouse=True)
async def asset_in_service(asset: Asset, database: Database) -> None:
    assert asset.name
    await set_stage(database, CommissioningStage.ACTIVE)
    async with database.transaction() as session:
        session.add(IdToken(token=CARD, kind=TokenKind.CARD))


async def confirmed_only_when_kept(station: Any, database: Database, action: str, payload: dict[str, Any]) -> Any:
    """The answer that comes when the station tells it for the third time: the second was kept."""
    kept = len(await rows(database, RawFrame))
    async with away(database):
        assert (await station.call(action, payload))[0] == "InternalError"
    assert len(await rows(database, RawFrame)) == kept
    answer = await station.call(action, payload)
    assert await station.call(action, payload) == answer
    return answer


async def test_a_start_and_a_stop_are_confirmed_when_the_database_is_back_and_count_once(
    front: CsmsServer, database: Database
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        started = await confirmed_only_when_kept(station, database, "StartTransaction", START)
        stop = {"transactionId": started["transactionId"], "meterStop": 1400, "timestamp": LATER, "idTag": CARD}
        stopped = await confirmed_only_when_kept(station, database, "StopTransaction", stop)
    assert started["idTagInfo"] == stopped["idTagInfo"] == {"status": "Accepted"}
    transaction = await the(database, ChargingTransaction)
    assert (transaction.number, transaction.energy_wh) == (started["transactionId"], 400)
    assert transaction.stopped_at is not None
    frames = await rows(database, RawFrame, col(RawFrame.id))
    assert [frame.action for frame in frames] == ["StartTransaction"] * 2 + ["StopTransaction"] * 2


def event(kind: str, number: int, at: str, wh: int, **more: Any) -> dict[str, Any]:
    sampled = {"value": wh, "context": f"Transaction.{'Begin' if kind == 'Started' else 'End'}"}
    trigger = "Authorized" if kind == "Started" else "EVDeparted"
    told = {"eventType": kind, "seqNo": number, "timestamp": at, "triggerReason": trigger}
    told |= {"transactionInfo": {"transactionId": "T-1"}, "evse": {"id": 1, "connectorId": 1}}
    return {**told, "meterValue": [{"timestamp": at, "sampledValue": [sampled]}], **more}


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
async def test_events_of_a_transaction_are_confirmed_when_the_database_is_back_and_count_once(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    token = {"idToken": CARD, "type": "ISO14443"}
    async with booted(front, subprotocol, IDENTITY, SERIAL, FACTORY_KEY) as station:
        started = event("Started", 0, NOW, 1000, idToken=token)
        answer = await confirmed_only_when_kept(station, database, "TransactionEvent", started)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        await confirmed_only_when_kept(station, database, "TransactionEvent", event("Ended", 1, LATER, 1400))
    transaction = await the(database, ChargingTransaction)
    assert (transaction.station_transaction, transaction.energy_wh) == ("T-1", 400)
    assert transaction.stopped_at is not None
