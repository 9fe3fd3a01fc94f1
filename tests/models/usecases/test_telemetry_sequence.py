"""Numbered events of many stations in one transaction: what is left to one at a time, and what a batch tells."""

from typing import Any

import pytest
import sqlalchemy as sa

from models.messages.telemetry import Answer, Charged, Outcome, Transacted
from models.rules.authorisation import TokenVerdict
from models.rules.commissioning import CommissioningStage
from models.rules.sequence import Phase, Told
from models.rules.vend import Vend
from models.tables.asset import Asset, StationEvent
from models.tables.charging import ChargingTransaction, RawFrame
from models.tables.session import ChargingSession
from models.usecases import telemetry
from tests.models.usecases.alike import AT, TESTS, Stations

ALONE, LATER = Outcome.ALONE, Outcome.LATER


@pytest.fixture
def stations(both: tuple[Stations, Stations]) -> Stations:
    return both[0]


def event(stations: Stations, station: int, phase: Phase, number: int, **more: Any) -> Transacted:
    given: dict[str, Any] = {"theirs": "T-1", "token": None, "token_kind": "", "samples": [], "frame": "[]"}
    given |= {name: more.pop(name) for name in tuple(more) if name in given}
    told = Told(phase=phase, number=number, at=AT, evse=1, **more)
    return Transacted(*stations.key(station), told=told, **given)


async def kept(stations: Stations, *facts: Transacted) -> list[Answer]:
    async with stations.desk.work(TESTS, "test") as work:
        return await telemetry.keep(work, facts)


@pytest.mark.step("O1", "O8", "O26")
async def test_two_stations_with_the_same_id_are_two_transactions_and_an_event_that_follows_waits(
    stations: Stations,
) -> None:
    began = [
        event(stations, station, Phase.STARTED, 0, token=token, begin_wh=1000)
        for station, token in ((0, "card-1"), (1, "LOST-1"))
    ]
    ended = event(stations, 0, Phase.ENDED, 1, end_wh=1400)
    first, second, third = await kept(stations, *began, ended)
    assert isinstance(first, Charged)
    assert isinstance(second, Charged)
    assert (first.verdict, second.verdict, third) == (TokenVerdict.ACCEPTED, TokenVerdict.BLOCKED, LATER)
    assert await kept(stations, ended, began[1]) == [Charged(first.number, None), second]
    (whole,) = await stations.rows(ChargingTransaction, 0)
    assert (whole.number, whole.token, whole.energy_wh, whole.awaits_events) == (first.number, "CARD-1", 400, False)
    assert [row.transaction_number for row in await stations.rows(RawFrame, 1)] == [second.number] * 2
    events = [event.kind for event in await stations.rows(StationEvent, 0)]
    assert events[-2:] == ["transaction_started", "transaction_stopped"]


@pytest.mark.step("P15", "O5")
async def test_what_may_move_a_process_or_names_no_transaction_is_left_alone(stations: Stations) -> None:
    facts = [
        event(stations, 0, Phase.STARTED, 0, theirs=None),
        event(stations, 1, Phase.STARTED, 0, token=stations.cards[1]),
        event(stations, 2, Phase.STARTED, 0, reservation=7),
    ]
    assert await kept(stations, *facts) == [ALONE] * 3
    async with stations.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.TEST_CHARGING))
    assert await kept(stations, event(stations, 0, Phase.STARTED, 0)) == [ALONE]
    for station in range(3):
        assert await stations.rows(ChargingTransaction, station) == []
        assert await stations.rows(RawFrame, station) == []


@pytest.mark.step("S7")
async def test_where_anyone_charges_a_session_begins_without_a_token_in_a_batch_as_it_does_alone(
    both: tuple[Stations, Stations],
) -> None:
    alone, together = both
    async with alone.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(vend=Vend.FREE))
    for phase, number, more in (
        (Phase.STARTED, 0, {"begin_wh": 1000}),
        (Phase.UPDATED, 1, {"charging_state": "Charging"}),
        (Phase.UPDATED, 2, {"highest_wh": 1200}),
        (Phase.ENDED, 3, {"end_wh": 1400}),
    ):
        assert await alone.alone(event(alone, 0, phase, number, **more)) is None
        assert await together.together([event(together, 0, phase, number, **more)]) == [None]
        left = [await each.rows(ChargingSession, 0) for each in both]
        told = [[(row.vend, row.stage, row.verdict, row.connector, row.flags) for row in rows] for rows in left]
        assert told[0] == told[1]
        assert len(left[1]) == (phase is not Phase.STARTED)
