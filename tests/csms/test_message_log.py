"""The message log as it waits to be written: bounded, in its order, and masked by the time it is in the rows."""

import pytest
from sqlmodel import col, select

from csms import message_log
from csms.message_log import MessageLog, Noted, Said
from models.clock import utc_now
from models.store.database import Database
from models.tables.base import new_id
from models.tables.message import StationMessage


def said(number: int) -> Said:
    noted = Noted("received", "Authorize", str(number), {"idTag": f"CARD-12345{number}"}, {}, None, 0.25, 10)
    return Said(new_id(), new_id(), utc_now(), noted)


async def lines_of(database: Database) -> list[StationMessage]:
    async with database.transaction() as session:
        return list((await session.execute(select(StationMessage).order_by(col(StationMessage.id)))).scalars())


@pytest.mark.step("O21")
async def test_a_log_that_waits_is_bounded_by_how_long_its_frames_are_and_gives_up_its_oldest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_log, "CHARACTERS_LIMIT", 25)
    kept = MessageLog(database)
    for number in range(5):
        kept.note(said(number))
    await kept.close()
    assert [line.message_id for line in await lines_of(database)] == ["3", "4"]


@pytest.mark.step("L1")
async def test_lines_stand_in_the_order_in_which_they_were_noted_and_are_masked_by_then(database: Database) -> None:
    kept, noted = MessageLog(database), [said(number) for number in range(9)]
    for each in noted:
        kept.note(each)
    await kept.close()
    lines = await lines_of(database)
    assert [line.message_id for line in lines] == [str(number) for number in range(9)]
    assert [line.payload for line in lines] == [f'{{"idTag":"…345{number}"}}' for number in range(9)]
    assert {line.took_ms for line in lines} == {250}
    assert all((each.ended_at - line.at).total_seconds() == 0.25 for line, each in zip(lines, noted, strict=True))
