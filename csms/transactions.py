"""Which transaction a command means, and whether it is one that starts or stops one."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from models.messages.commands import Command, SendMessage, SetChargingProfile, StartCharging, StationCall, StopCharging

M = TypeVar("M", bound=BaseModel)
STARTS_OR_STOPS = frozenset(
    {"RemoteStartTransaction", "RemoteStopTransaction", "RequestStartTransaction", "RequestStopTransaction"}
)


def starts_or_stops(command: Command) -> bool:
    """OCPP 1.6 ed.2 §4.2, OCPP 2.0.1 part 2 §B02: this has to wait until the station's boot is accepted."""
    if isinstance(command, SendMessage):
        return command.action in STARTS_OR_STOPS
    return isinstance(command, StartCharging | StopCharging)


async def named_by_station(command: StationCall, own: Callable[[int], Awaitable[str | None]]) -> StationCall:
    """With the station's own id instead of our number, where it has told of a transaction with that."""
    if isinstance(command, SetChargingProfile):
        profile = command.profile
        return command.model_copy(update={"profile": await _named(profile, profile.transaction, own)})
    return await _named(command, getattr(command, "transaction", None), own)


async def _named(message: M, named: object, own: Callable[[int], Awaitable[str | None]]) -> M:
    if not isinstance(named, int) or isinstance(named, bool):
        return message
    theirs = await own(named)
    return message if theirs is None else message.model_copy(update={"transaction": theirs})
