"""What is known of tokens and of those they belong to. A batch of them is one statement, each by its indexes; where
groups have limits, one more says what is used of these.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.authorisation import Holder, KnownToken, Shown, TokenKind
from models.rules.group import Group, Limits
from models.rules.late_validation import Past
from models.rules.subscriber import Payment, SubscriberStage
from models.rules.vehicle_id import Keys, keys_of
from models.store import driver, group_use

FACTS = """t.id, t.kind, t.blocked_at IS NOT NULL, t.expires_at, v.id, h.id, h.stage, h.payment,
        m.balance - m.held + m.credit_limit, g.id, g.tag, g.zone, g.currency, g.sessions, g.energy_wh, g.amount,
        g.card_sessions, g.card_energy_wh, g.card_amount"""
"""Of a token ``t``, read back by ``facts_of``."""
JOINS = """LEFT JOIN card c ON c.token_id = t.id AND c.subscriber_id IS NOT NULL
    LEFT JOIN vehicle_token i ON i.token_id = t.id AND i.removed_at IS NULL
    LEFT JOIN vehicle v ON v.id = i.vehicle_id
    LEFT JOIN subscriber h ON h.id = coalesce(c.subscriber_id, v.subscriber_id)
    LEFT JOIN driver_group g ON g.id = coalesce(c.group_id, h.group_id)
    LEFT JOIN ledger_account m ON m.owner_id = h.id AND m.currency = h.currency
        AND m.kind = CASE h.payment WHEN 'prepaid' THEN 'prepaid' ELSE 'unbilled' END"""
"""From a token to the account that its holder spends from (``models.rules.ledger.SPENDING``)."""

_TOKENS = f"""
    SELECT t.token, {FACTS}, ARRAY(
        SELECT r.asset_id::text || '/' || coalesce(r.connector, 0) FROM charging_session r
        WHERE r.token_id = t.id AND r.verdict = 'accepted' AND r.stage IN ('charging', 'idle')
        UNION SELECT r.asset_id::text || '/' || coalesce(r.connector, 0) FROM charging_session r
        WHERE r.vehicle_id = v.id AND r.verdict = 'accepted' AND r.stage IN ('charging', 'idle')
    )
    FROM id_token t {JOINS}
    WHERE t.token = ANY (%b::text[])
"""  # noqa: S608 - texts of ours

_AS_OF = """
    SELECT t.id, t.kind,
        coalesce(t.blocked_at <= w.at, FALSE) OR (c.id IS NOT NULL AND coalesce(c.assigned_at > w.at, TRUE))
            OR (t.kind = 'vehicle' AND v.id IS NULL)
            OR EXISTS (SELECT 1 FROM past_block p WHERE p.token_id = t.id AND p.since <= w.at AND w.at < p.until),
        t.expires_at, v.id, h.id, h.stage, h.payment, NULL
    FROM unnest(%s::uuid[], %s::timestamptz[]) WITH ORDINALITY AS w (token_id, at, place)
    JOIN id_token t ON t.id = w.token_id
    LEFT JOIN card c ON c.token_id = t.id
    LEFT JOIN vehicle_token i ON i.token_id = t.id AND i.registered_at <= w.at
        AND (i.removed_at IS NULL OR w.at < i.removed_at)
    LEFT JOIN vehicle v ON v.id = i.vehicle_id
    LEFT JOIN subscriber h ON h.id = CASE WHEN c.assigned_at <= w.at THEN c.subscriber_id ELSE v.subscriber_id END
    ORDER BY w.place
"""
OF_KEYS = """(
        SELECT x.* FROM id_token x WHERE x.token IN (s.token, s.other) ORDER BY x.token = s.token DESC LIMIT 1
    ) t"""
"""The token ``t`` by the keys of ``s``, in their order."""
_TAG = f"""
    SELECT g.tag FROM (SELECT %s::text AS token, %s::text AS other) s CROSS JOIN LATERAL {OF_KEYS} {JOINS}
    WHERE g.id IS NOT NULL
"""  # noqa: S608 - texts of ours


async def tokens(session: AsyncSession, wanted: Sequence[str], at: datetime) -> Mapping[str, Shown]:
    """What is known of the tokens with these keys; of their groups, what is used in the month of the instant."""
    found = await driver.rows(session, _TOKENS, (list(wanted),))
    known = {token: (facts_of(*facts), places) for token, *facts, places in found}
    counted = await group_use.counted(session, [(each[0], each[2]) for each, _ in known.values()], at)
    return {
        token: Shown(each, holder, frozenset(places), counted.get(each.id, group))  # type: ignore[union-attr, arg-type]
        for token, ((each, holder, group), places) in known.items()
    }


async def as_of(session: AsyncSession, wanted: Sequence[tuple[UUID, datetime]]) -> list[Past]:
    """How each of the tokens stood at its instant, and whose it was then, in their order."""
    found = await driver.rows(session, _AS_OF, driver.columns(wanted, 2))
    return [Past(*facts_of(*row)[:2]) for row in found]  # type: ignore[arg-type]


async def shown(session: AsyncSession, keys: Keys, at: datetime) -> Shown | None:
    """What is known of one token."""
    known = await tokens(session, [key for key in keys if key is not None], at)
    return by_keys(known, keys)


def by_keys(known: Mapping[str, Shown], keys: Keys) -> Shown | None:
    found = known.get(keys.first)
    return known.get(keys.other) if found is None and keys.other is not None else found


async def tag_of(session: AsyncSession, token: str | None, kind: str = "") -> str | None:
    """Of the group that the token belongs to, which a station has shown."""
    found = await driver.rows(session, _TAG, keys_of(token, kind)) if token else []
    return found[0][0] if found else None


def facts_of(
    token_id: UUID | None,
    kind: str,
    is_blocked: bool,
    expires_at: datetime | None,
    vehicle_id: UUID | None,
    holder_id: UUID | None,
    stage: str,
    payment: str,
    available: Decimal | None,
    group_id: UUID | None = None,
    tag: str = "",
    zone: str = "",
    currency: str = "",
    *limits: Any,
) -> tuple[KnownToken | None, Holder | None, Group | None]:
    if token_id is None:
        return None, None, None
    known = KnownToken(token_id, TokenKind(kind), is_blocked, expires_at, vehicle_id)
    holder = group = None
    if holder_id is not None:
        holder = Holder(holder_id, SubscriberStage(stage), Payment(payment), available)
    if group_id is not None:
        group = Group(group_id, tag, zone, currency, Limits(*limits[:3]), Limits(*limits[3:]))
    return known, holder, group
