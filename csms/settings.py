"""Settings of a station that it will not change, and need not."""

from collections.abc import Awaitable, Callable

from csms.outcome import Outcome, Result
from models.messages import commands
from models.messages.commands import StationCall

AS_WANTED = "refused, and the station has this value"


async def change(
    command: commands.ChangeConfiguration,
    set_it: Callable[[commands.ChangeConfiguration], Awaitable[Outcome]],
    ask: Callable[[StationCall], Awaitable[Outcome]],
) -> Outcome:
    """Some settings can only be read (OCPP 2.0.1 TxCtrlr.StopTxOnEVSideDisconnect at many stations): refused is only
    what is otherwise than it was wanted. Raises NotSentError only.
    """
    outcome = await set_it(command)
    if outcome.result is not Result.REJECTED or command.attribute != "actual":
        return outcome
    read = await ask(commands.ReadConfiguration(keys=(command.key,)))
    known = read.data.get("configuration", {}).get(command.key, {}).get("value")
    has_it = known is not None and known.strip().lower() == command.value.strip().lower()
    return Outcome(Result.ACCEPTED, AS_WANTED) if has_it else outcome
