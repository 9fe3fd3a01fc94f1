"""A local list on its way to a station: in parts where it is long, in full where a differential update failed."""

from collections.abc import Awaitable, Callable

from csms.answers import with_data
from csms.frames import Payload
from csms.outcome import Outcome, Result
from csms.parts import Room, cut
from models.messages.commands import ListedToken, SendLocalList

_FAILED = frozenset({Result.REJECTED, Result.VERSION_MISMATCH, Result.FAILED})

Send = Callable[[SendLocalList], Awaitable[Outcome]]


async def send(
    command: SendLocalList,
    room_of: Callable[[], Awaitable[Room]],
    send_part: Send,
    written: Callable[[ListedToken], Payload],
) -> Outcome:
    """The outcome of the last part that was sent; it tells the version that the station has been given.

    OCPP 1.6 ed.2 §5.15, OCPP 2.0.1 part 2 §D01: the first part of a full list replaces the station's, the others add
    to it; a differential update must have a higher version than the list that it changes.
    """
    longest = max(len(command.tokens), len(command.otherwise or ()))
    room = await room_of() if longest > 1 else Room()
    outcome = await _in_parts(command, room, send_part, written)
    if command.otherwise is None or outcome.result not in _FAILED:
        return outcome
    version = outcome.data.get("version", command.version - 1) + 1
    instead = SendLocalList(version=version, kind="full", tokens=command.otherwise)
    whole = await _in_parts(instead, room, send_part, written)
    failed, came = outcome.detail or outcome.result, whole.detail or whole.result
    return Outcome(whole.result, f"the differential update failed ({failed}); in full: {came}", whole.data)


async def _in_parts(
    command: SendLocalList, room: Room, send_part: Send, written: Callable[[ListedToken], Payload]
) -> Outcome:
    if command.kind == "full" and room.in_all is not None and len(command.tokens) > room.in_all:
        reason = f"tokens: the station's list holds {room.in_all} tokens at most, not {len(command.tokens)}"
        return Outcome(Result.NOT_SENT, reason)
    parts = cut(command.tokens, room, written)
    given: dict[str, int] = {}
    outcome = Outcome(Result.ACCEPTED)
    for number, tokens in enumerate(parts):
        kind = command.kind if number == 0 else "differential"
        part = SendLocalList(version=command.version + number, kind=kind, tokens=tokens)
        outcome = await send_part(part)
        if outcome.result is not Result.ACCEPTED:
            detail = f"part {number + 1} of {len(parts)}: {outcome.detail or outcome.result}"
            return Outcome(outcome.result, outcome.detail if len(parts) == 1 else detail, data=given)
        given["version"] = part.version
    return with_data(outcome, **given)
