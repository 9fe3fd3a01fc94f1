"""Which facts may be kept together: those of stations that nobody works on, up to a turn of each one's charge."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from models.messages.telemetry import Outcome, Seen, Started, Status
from models.rules.authorisation import Station
from models.rules.commissioning import CommissioningStage
from models.store.telemetry import Heard
from models.tables.base import new_id
from models.usecases.batch import Batch, by_instant

KEPT, LATER, NOT_REGISTERED = Outcome.KEPT, Outcome.LATER, Outcome.NOT_REGISTERED
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
NO_WORK: Any = None


def heard(asset_id: UUID, *, held: bool = True) -> dict[tuple[UUID, str], Heard]:
    return {(asset_id, "CP-1"): Heard(asset_id, "CP-1", held, 1, Station(CommissioningStage.ACTIVE, None))}


def started(asset_id: UUID) -> Started:
    return Started(asset_id, "CP-1", connector=1, token="CARD", meter_start_wh=0, started_at=AT, frame="[]")


def test_what_follows_a_turn_of_its_own_station_waits_and_no_others() -> None:
    one, two = new_id(), new_id()
    facts = [Seen(one, "CP-1"), started(one), Status(one, "CP-1"), started(one), Seen(two, "CP-1"), started(two)]
    batch = Batch.of(NO_WORK, facts, {**heard(one), **heard(two)})
    assert batch.answers == [KEPT, KEPT, LATER, LATER, KEPT, KEPT]
    assert batch.kept(Started) == [(1, facts[1]), (5, facts[5])]
    assert [place for place, _ in batch.kept(Seen)] == [0, 1, 4, 5]


def test_a_station_that_somebody_works_on_waits_and_one_that_is_not_registered_is_told_so() -> None:
    one, two = new_id(), new_id()
    facts = [Seen(one, "CP-1"), Seen(two, "CP-1"), Seen(one, "CP-OTHER")]
    assert Batch.of(NO_WORK, facts, heard(one, held=False)).answers == [LATER, NOT_REGISTERED, NOT_REGISTERED]


def test_what_was_measured_at_one_instant_stands_together_in_its_order() -> None:
    samples = [(AT, {"value": "1"}), (AT.replace(hour=11), {"value": "2"}), (AT, {"value": "3"})]
    assert by_instant(samples) == {AT: [{"value": "1"}, {"value": "3"}], AT.replace(hour=11): [{"value": "2"}]}
