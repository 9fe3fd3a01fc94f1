"""Transactions of OCPP 1.6, many at a time; of each station at most one. The stations' rows are held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.authorisation import TokenVerdict
from models.rules.charging import Charge
from models.store import driver
from models.tables.charging import TRANSACTION_NUMBER


class Start(NamedTuple):
    """The number of a start: of the transaction that the same one has made before, which then has its verdict too.

    ``last_stop_wh`` is where the connector's meter stood at the end of its last finished transaction.
    """

    number: int
    verdict: TokenVerdict | None
    last_stop_wh: int | None


class Held(NamedTuple):
    number: int
    asset_id: UUID
    connector: int | None
    is_test: bool
    charge: Charge


class Begun(NamedTuple):
    """A new transaction; ``irregularities`` here and below are JSON."""

    id: UUID
    number: int
    asset_id: UUID
    connector: int | None
    token: str
    verdict: TokenVerdict
    started_at: datetime
    meter_start_wh: int | None
    irregularities: str


class Moved(NamedTuple):
    number: int
    energy_wh: int
    irregularities: str


class Ended(NamedTuple):
    number: int
    stopped_at: datetime
    meter_stop_wh: int | None
    stop_reason: str
    stop_token: str | None
    energy_wh: int
    irregularities: str


_STARTS = f"""
    SELECT coalesce(t.number, nextval('{TRANSACTION_NUMBER.name}')), t.verdict, l.meter_stop_wh
    FROM unnest(%b::uuid[], %b::int4[], %b::text[], %b::timestamptz[], %b::int4[]) WITH ORDINALITY
        AS s (asset_id, connector, token, started_at, meter_start_wh, place)
    LEFT JOIN charging_transaction t ON t.station_transaction IS NULL AND t.asset_id = s.asset_id
        AND t.connector = s.connector AND t.token = s.token AND t.started_at = s.started_at
        AND t.meter_start_wh = s.meter_start_wh
    LEFT JOIN LATERAL (
        SELECT e.meter_stop_wh FROM charging_transaction e
        WHERE e.asset_id = s.asset_id AND e.connector = s.connector AND e.stopped_at IS NOT NULL
        ORDER BY e.stopped_at DESC LIMIT 1
    ) l ON TRUE
    ORDER BY s.place
"""  # noqa: S608 - a name of ours
_BEGIN = """
    INSERT INTO charging_transaction (id, number, asset_id, connector, token, verdict, started_at, meter_start_wh,
        irregularities, is_test, energy_wh)
    SELECT *, FALSE, 0 FROM unnest(%b::uuid[], %b::int4[], %b::uuid[], %b::int4[], %b::text[], %b::text[],
        %b::timestamptz[], %b::int4[], %b::jsonb[])
"""
_CHARGES = """
    SELECT t.number, t.asset_id, t.connector, t.is_test, t.meter_start_wh, t.energy_wh, t.irregularities,
        t.stopped_at IS NOT NULL
    FROM unnest(%b::int4[], %b::uuid[]) AS s (number, asset_id)
    JOIN charging_transaction t ON t.number = s.number AND t.asset_id = s.asset_id
    WHERE t.station_transaction IS NULL
    ORDER BY t.number FOR NO KEY UPDATE OF t
"""
_MOVE = """
    UPDATE charging_transaction t SET energy_wh = s.energy_wh, irregularities = s.irregularities
    FROM unnest(%b::int4[], %b::int4[], %b::jsonb[]) AS s (number, energy_wh, irregularities) WHERE t.number = s.number
"""
_END = """
    UPDATE charging_transaction t SET stopped_at = s.stopped_at, meter_stop_wh = s.meter_stop_wh,
        stop_reason = s.stop_reason, stop_token = s.stop_token, energy_wh = s.energy_wh,
        irregularities = s.irregularities
    FROM unnest(%b::int4[], %b::timestamptz[], %b::int4[], %b::text[], %b::text[], %b::int4[], %b::jsonb[])
        AS s (number, stopped_at, meter_stop_wh, stop_reason, stop_token, energy_wh, irregularities)
    WHERE t.number = s.number
"""


async def starts(session: AsyncSession, told: Sequence[tuple[Any, ...]]) -> list[Start]:
    """For each start, in their order: station, connector, token in capitals, instant, and register in Wh."""
    found = await driver.rows(session, _STARTS, driver.columns(told, 5))
    return [Start(number, TokenVerdict(verdict) if verdict else None, wh) for number, verdict, wh in found]


async def begin(session: AsyncSession, begun: Sequence[Begun]) -> None:
    await driver.rows(session, _BEGIN, driver.columns(begun, len(Begun._fields)))


async def charges(session: AsyncSession, wanted: Sequence[tuple[int, UUID]]) -> list[Held]:
    """The stations' own transactions with these numbers, locked."""
    found = await driver.rows(session, _CHARGES, driver.columns(wanted, 2))
    return [Held(number, asset_id, plug, is_test, Charge(*moved)) for number, asset_id, plug, is_test, *moved in found]


async def move(session: AsyncSession, moved: Sequence[Moved]) -> None:
    await driver.rows(session, _MOVE, driver.columns(moved, len(Moved._fields)))


async def end(session: AsyncSession, ended: Sequence[Ended]) -> None:
    await driver.rows(session, _END, driver.columns(ended, len(Ended._fields)))
