"""The charging session that a transaction's numbered events amount to (OCPP 2.0.1 part 2 §E)."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from models.rules import metering
from models.rules.sequence import Known, Place, Ranges, union, with_odd

STOPPED_LOCALLY = "Local"
"""TransactionType.stoppedReason may be left out only where it is this."""
CHARGING = "Charging"
"""OCPP 2.0.1 part 2 ChargingStateEnumType: energy flows."""
GAPS_NAMED = 5

NO_START = "sequence: the start has not come"
AFTER_END = "sequence: an event stands after the end"
TWICE = "sequence: a number was used twice"
SEVERAL_STARTS = "sequence: it began more than once"
SEVERAL_ENDS = "sequence: it ended more than once"
WITHOUT_CONTEXT = "meter: the registers of begin and end are not marked as such"


class ChargingSession(BaseModel):
    """The columns of a transaction's row. Without a token ``verdict`` is None; energies and registers are in Wh."""

    model_config = ConfigDict(frozen=True)

    connector: int | None
    station_connector: int | None
    token: str
    token_kind: str | None
    verdict: str | None
    is_test: bool
    started_at: datetime
    meter_start_wh: int | None
    stopped_at: datetime | None
    meter_stop_wh: int | None
    stop_reason: str | None
    stop_token: str | None
    energy_wh: int
    charging_state: str | None
    phases_used: int | None
    remote_start_id: int | None
    reservation_id: int | None
    heard_offline: bool
    awaits_events: bool
    irregularities: list[str]


def session_of(known: Known, received_at: datetime) -> ChargingSession:
    """``received_at`` stands in where no event was heard yet. An end is final: what comes later reopens nothing."""
    started, ended = known.started, known.ended
    start_wh, stop_wh = _value(known.begin or known.first), _value(known.end or known.last) if ended else None
    return ChargingSession(
        connector=_value(known.evse),
        station_connector=_value(known.plug),
        token=known.token[2] if known.token else "",
        token_kind=(known.token[3] or None) if known.token else None,
        verdict=known.token[4].value if known.token else None,
        is_test=known.token is not None and known.token[5],
        started_at=started[1] if started else known.earliest_at or received_at,
        meter_start_wh=start_wh,
        stopped_at=ended[1] if ended else None,
        meter_stop_wh=stop_wh,
        stop_reason=(ended[2] or STOPPED_LOCALLY) if ended else None,
        stop_token=known.stop_token[1] if known.stop_token and ended else None,
        energy_wh=energy_wh(known),
        charging_state=known.charging_state[1] if known.charging_state and not ended else None,
        phases_used=_value(known.phases_used),
        remote_start_id=_value(known.remote_start),
        reservation_id=_value(known.reservation),
        heard_offline=known.heard_offline,
        awaits_events=started is None or bool(missing(known)),
        irregularities=[*known.odd, *_irregularities(known, start_wh, stop_wh)],
    )


def energy_wh(known: Known) -> int:
    """From the begin's register to the end's; while there is no such end, to the furthest that was seen."""
    start_wh = _value(known.begin or known.first)
    stop_wh = _value(known.end or known.last) if known.ended else None
    return metering.final_energy_wh(start_wh, stop_wh, metering.energy_wh(start_wh, known.highest_wh, 0))


def flows_without_token(known: Known) -> bool:
    """Whether it has begun to charge though no token was shown, not even an empty one of type NoAuthorization."""
    if known.token is not None or known.started is None:
        return False
    return (known.charging_state is not None and known.charging_state[1] == CHARGING) or energy_wh(known) > 0


def missing(known: Known) -> Ranges:
    """The numbers between the start and the last event that have not come."""
    heard = union(union(known.starts, known.updates), known.ends)
    first = known.starts[0][0] if known.starts else 0
    gaps = [(low[1] + 1, high[0] - 1) for low, high in pairwise(heard)]
    return tuple((low, high) for low, high in gaps if high >= first)


def facts(known: Known, *, energy_enough_wh: int) -> tuple[str, ...]:
    """What a process is told of the session by now, in the order in which it happened."""
    if known.started is None:
        return ()
    flowed = ("energy_flowed",) if energy_wh(known) >= energy_enough_wh else ()
    stopped = ("transaction_stopped",) if known.ended else ()
    return ("transaction_started", *flowed, *stopped)


def news(before: Known, after: Known, *, is_test: bool, energy_enough_wh: int) -> tuple[str, ...]:
    """What the event stream tells of it that it has not told before; that energy flows only of a test charge."""
    told = facts(before, energy_enough_wh=energy_enough_wh)
    found = facts(after, energy_enough_wh=energy_enough_wh)
    return tuple(what for what in found if what not in told and (what != "energy_flowed" or is_test))


def begins(before: Known, after: Known) -> bool:
    """Whether its start has come now."""
    return before.started is None and after.started is not None


def continued(known: Known, last_stop_wh: int | None) -> Known:
    """With a note where its start does not continue the connector's stop before it."""
    odd = metering.start_irregularities(_value(known.begin or known.first), last_stop_wh)
    return known.model_copy(update={"odd": with_odd(known.odd, odd)})


def _irregularities(known: Known, start_wh: int | None, stop_wh: int | None) -> Iterator[str]:
    yield from metering.stop_irregularities(start_wh, stop_wh)
    if (known.begin is None and known.first) or (known.end is None and known.ended and known.last):
        yield WITHOUT_CONTEXT
    if known.started is None:
        yield NO_START
    gaps = missing(known)
    if gaps:
        more = " and more" if len(gaps) > GAPS_NAMED else ""
        named = ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in gaps[:GAPS_NAMED])
        yield f"sequence: {named}{more} missing"
    if known.ended and any(ranges and ranges[-1][1] > known.ended[0][0] for ranges in (known.starts, known.updates)):
        yield AFTER_END
    if _overlap(known.starts, known.updates) or _overlap(union(known.starts, known.updates), known.ends):
        yield TWICE
    if _size(known.starts) > 1:
        yield SEVERAL_STARTS
    if _size(known.ends) > 1:
        yield SEVERAL_ENDS


def _value(entry: tuple[Place, int] | None) -> int | None:
    return None if entry is None else entry[1]


def _overlap(one: Ranges, other: Ranges) -> bool:
    return any(low <= top and bottom <= high for low, high in one for bottom, top in other)


def _size(ranges: Ranges) -> int:
    return sum(high - low + 1 for low, high in ranges)
