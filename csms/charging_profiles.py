"""A charging profile on its way to a station, which may refuse it."""

import asyncio
from collections.abc import Awaitable, Callable

from csms.outcome import Outcome, Result
from models.messages.commands import Purpose, ReadSchedule, SetChargingProfile, StationCall

TRIED_AGAIN_AFTER_S: tuple[float, ...] = (0.5, 1, 2)


async def set_profile(command: SetChargingProfile, ask: Callable[[StationCall], Awaitable[Outcome]]) -> Outcome:
    """A transaction's profile is refused while the station has not handled our answer to the start: it is tried again.

    Of a profile that stays refused, what the station has instead is read back.
    """
    outcome = await ask(command)
    for pause_s in TRIED_AGAIN_AFTER_S if command.profile.purpose is Purpose.TRANSACTION else ():
        if outcome.result is not Result.REJECTED:
            break
        await asyncio.sleep(pause_s)
        outcome = await ask(command)
    if outcome.result is not Result.REJECTED:
        return outcome
    unit = command.profile.schedule.unit
    instead = await ask(ReadSchedule(connector=command.connector, unit=unit))
    return Outcome(outcome.result, outcome.detail, data=instead.data)
