"""A station after its activation, as one table: what is wanted of it is brought about as long as it is in operation."""

from enum import StrEnum

from models.rules.commissioning import CommissioningStage
from models.rules.machine import Event, Machine, State


class StationStage(StrEnum):
    IN_OPERATION = "in_operation"
    ENDED = "ended"


class StationEvent(StrEnum):
    TAKEN_OUT = "taken_out"


STATION = Machine(
    name="station",
    initial=StationStage.IN_OPERATION,
    states=(
        State(StationStage.IN_OPERATION, "In operation", column=0, waits_for="station"),
        State(StationStage.ENDED, "Out of operation", column=1, terminal=True),
    ),
    events=(Event(StationEvent.TAKEN_OUT, "taken out of operation"),),
    transitions={(StationStage.IN_OPERATION, StationEvent.TAKEN_OUT): StationStage.ENDED},
)


def stage_of(stage: CommissioningStage) -> StationStage:
    """A swap of hardware does not end it: the station stays active, and waits."""
    return StationStage.IN_OPERATION if stage is CommissioningStage.ACTIVE else StationStage.ENDED
