"""A station after its activation."""

from models.rules.commissioning import COMMISSIONING, CommissioningStage
from models.rules.station_life import STATION, StationStage, stage_of


def test_only_an_active_station_is_in_operation_and_every_other_one_is_at_an_end() -> None:
    in_operation = [stage for stage in CommissioningStage if stage_of(stage) is StationStage.IN_OPERATION]
    assert in_operation == [CommissioningStage.ACTIVE]
    assert COMMISSIONING.is_terminal(CommissioningStage.ACTIVE)
    assert not STATION.is_terminal(stage_of(CommissioningStage.ACTIVE))
    assert STATION.is_terminal(stage_of(CommissioningStage.CANCELLED))
