"""Sessions that a station has had, in the rows: what a tariff is tried on."""

from datetime import datetime, timedelta
from uuid import UUID

from models.rules.metering import REGISTER
from models.store import charging
from models.store.database import Database
from models.tables.charging import ChargingTransaction, MeterReading

METER_WH = 50_000


async def past_session(
    database: Database, asset_id: UUID, started_at: datetime, *read: tuple[int, int], is_test: bool = False
) -> int:
    """``read`` are the Wh used by then after so many minutes; the last one is its end. Returns its number."""
    async with database.transaction() as session:
        number = await charging.next_number(session)
        minutes, used_wh = read[-1]
        session.add(
            ChargingTransaction(
                number=number,
                asset_id=asset_id,
                connector=1,
                token="04E91C5A",
                verdict="accepted",
                is_test=is_test,
                started_at=started_at,
                meter_start_wh=METER_WH,
                stopped_at=started_at + timedelta(minutes=minutes),
                meter_stop_wh=METER_WH + used_wh,
                energy_wh=used_wh,
            )
        )
        for minutes, used_wh in read:
            sample = {"measurand": REGISTER, "unit": "Wh", "value": str(METER_WH + used_wh)}
            at = started_at + timedelta(minutes=minutes)
            session.add(MeterReading(asset_id=asset_id, transaction_number=number, sampled_at=at, samples=[sample]))
    return number
