"""What groups with limits have used: of one or many tokens by two statements, and by none where nobody has limits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.authorisation import KnownToken
from models.rules.group import Group, Used, month_began
from models.store import driver

_PLACES = """
    SELECT r.group_id, array_agg(r.asset_id::text || '/' || coalesce(r.connector, 0)) FROM charging_session r
    WHERE r.group_id = ANY (%b::uuid[]) AND r.verdict = 'accepted' AND r.stage IN ('charging', 'idle')
    GROUP BY r.group_id
"""
_USED = """
    SELECT w.place, sum(t.energy_wh), sum(c.gross),
        sum(t.energy_wh) FILTER (WHERE s.token_id = w.token_id OR s.vehicle_id = w.vehicle_id),
        sum(c.gross) FILTER (WHERE s.token_id = w.token_id OR s.vehicle_id = w.vehicle_id)
    FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::timestamptz[], %b::text[]) WITH ORDINALITY
        AS w (group_id, token_id, vehicle_id, since, currency, place)
    JOIN charging_session s ON s.group_id = w.group_id AND s.started_at >= w.since
    JOIN charging_transaction t ON t.number = s.transaction_number
    LEFT JOIN LATERAL (
        SELECT sum(d.gross) AS gross FROM cdr d WHERE d.session_id = s.id AND d.currency = w.currency
    ) c ON TRUE
    GROUP BY w.place
"""


async def counted(
    session: AsyncSession, of: Iterable[tuple[KnownToken | None, Group | None]], at: datetime
) -> Mapping[UUID, Group]:
    """The groups of those tokens whose use matters, by the ids of the tokens."""
    wanted = [(token, group) for token, group in of if token and group and group.is_counted]
    if not wanted:
        return {}
    going_on = await places(session, {group.id for _, group in wanted if group.limits.sessions is not None})
    monthly = [each for each in wanted if each[1].limits.are_monthly or each[1].card_limits.are_monthly]
    used = dict(zip([token.id for token, _ in monthly], await _used(session, monthly, at), strict=True))
    found = {}
    for token, group in wanted:
        of_group, of_card = used.get(token.id, (Used(), Used()))
        known = going_on.get(group.id, frozenset())
        found[token.id] = group._replace(used=of_group, card_used=of_card, places=known)
    return found


async def places(session: AsyncSession, group_ids: Iterable[UUID]) -> Mapping[UUID, frozenset[str]]:
    """Where sessions of the groups go on, by ``models.rules.authorisation.place_of``."""
    wanted = list(group_ids)
    found = await driver.rows(session, _PLACES, (wanted,)) if wanted else []
    return {group_id: frozenset(known) for group_id, known in found}


async def of_group(session: AsyncSession, group_id: UUID, since: datetime, currency: str) -> Used:
    """What sessions of the group have used that began at ``since`` or later."""
    found = await driver.rows(session, _USED, driver.columns([(group_id, None, None, since, currency)], 5))
    return _use(found[0][1], found[0][2]) if found else Used()


async def _used(
    session: AsyncSession, wanted: Sequence[tuple[KnownToken, Group]], at: datetime
) -> Sequence[tuple[Used, Used]]:
    """Of each group, and of the token or its car in it, in the local month of the instant."""
    since = [month_began(at, ZoneInfo(group.zone)) for _, group in wanted]
    told = [
        (group.id, token.id, token.vehicle_id, began, group.currency)
        for (token, group), began in zip(wanted, since, strict=True)
    ]
    found = {row[0]: row[1:] for row in await driver.rows(session, _USED, driver.columns(told, 5))} if told else {}
    used = []
    for place in range(1, len(told) + 1):
        of_group, amount, of_card, card_amount = found.get(place, (0, None, None, None))
        used.append((_use(of_group, amount), _use(of_card, card_amount)))
    return used


def _use(energy_wh: int | None, amount: Decimal | None) -> Used:
    return Used(int(energy_wh or 0), amount or Decimal(0))
