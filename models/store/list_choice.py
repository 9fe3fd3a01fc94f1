"""What speaks for each card that a station might know by itself (C2).

Of a million cards only those are looked at for which something does: of each kind no more than the list has room for,
and others that fill it up.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.list_choice import NEIGHBOURHOOD_M, Candidate, Nearness
from models.store import driver

_METRES_OF_A_DEGREE = 111_200
_STATIONS_NEAR = 500
_PLACE = """coalesce(l.latitude, s.latitude) AS latitude, coalesce(l.longitude, s.longitude) AS longitude
        FROM asset a LEFT JOIN location_attempt l ON l.id = a.attempt_id LEFT JOIN site s ON s.id = a.site_id"""

_CANDIDATES = f"""
WITH asked AS (
    SELECT %s::uuid AS station, %s::timestamptz AS since, %s::int4 AS room, %b::text[] AS named, %b::text[] AS listed
), here AS MATERIALIZED (
    SELECT a.group_id, coalesce(l.country, s.country) AS country, lower(coalesce(l.city, s.city)) AS city,
        left(coalesce(l.postal_code, s.postal_code), 2) AS area, {_PLACE} JOIN asked ON a.id = asked.station
), near AS MATERIALIZED (
    SELECT p.id FROM here, (SELECT a.id, {_PLACE} WHERE a.stage = 'active') p
    WHERE abs(p.latitude - here.latitude) * {_METRES_OF_A_DEGREE} <= {NEIGHBOURHOOD_M}
        AND abs(p.longitude - here.longitude) * {_METRES_OF_A_DEGREE} * cos(radians(here.latitude)) <= {NEIGHBOURHOOD_M}
    ORDER BY p.id LIMIT {_STATIONS_NEAR}
), used AS MATERIALIZED (
    SELECT r.subscriber_id AS id, count(*) FILTER (WHERE r.asset_id = asked.station) AS here,
        count(*) FILTER (WHERE r.asset_id <> asked.station) AS near
    FROM asked, charging_session r
    WHERE r.asset_id IN (SELECT id FROM near UNION SELECT station FROM asked) AND r.started_at >= asked.since
        AND r.subscriber_id IS NOT NULL AND r.verdict = 'accepted'
    GROUP BY r.subscriber_id
), class AS MATERIALIZED (
    SELECT u.payment, u.tariff, (1000 * sum(u.sessions) / count(*))::int8 AS sessions
    FROM (
        SELECT b.payment, coalesce(b.tariff, '') AS tariff, coalesce(used.here + used.near, 0) AS sessions
        FROM subscriber b LEFT JOIN used ON used.id = b.id WHERE b.stage = 'active'
    ) u
    GROUP BY u.payment, u.tariff
), holders AS (
    (
        SELECT b.id FROM here JOIN subscriber b ON b.group_id = here.group_id AND b.stage = 'active'
        ORDER BY b.id LIMIT (SELECT room FROM asked)
    ) UNION (SELECT id FROM used ORDER BY here DESC, near DESC, id LIMIT (SELECT room FROM asked))
    UNION (
        SELECT b.id FROM here JOIN customer k ON k.country = here.country AND lower(k.city) = here.city
        JOIN subscriber b ON b.customer_id = k.id AND b.stage = 'active' LIMIT (SELECT room FROM asked)
    ) UNION (
        SELECT b.id FROM here JOIN customer k ON k.country = here.country AND left(k.postal_code, 2) = here.area
        JOIN subscriber b ON b.customer_id = k.id AND b.stage = 'active' LIMIT (SELECT room FROM asked)
    ) UNION (
        SELECT b.id FROM subscriber b JOIN class ON class.payment = b.payment AND class.tariff = coalesce(b.tariff, '')
        WHERE b.stage = 'active' AND class.sessions > 0 ORDER BY class.sessions DESC LIMIT (SELECT room FROM asked)
    )
), tokens AS (
    SELECT c.token_id AS id FROM holders JOIN card c ON c.subscriber_id = holders.id AND c.state = 'assigned'
    UNION (
        SELECT c.token_id FROM here JOIN card c ON c.group_id = here.group_id AND c.state = 'assigned'
        ORDER BY c.id LIMIT (SELECT room FROM asked)
    )
    UNION SELECT t.id FROM asked, id_token t WHERE t.token = ANY (asked.named || asked.listed)
    UNION (
        SELECT t.id FROM id_token t WHERE t.kind = 'card' AND t.blocked_at IS NULL
        ORDER BY t.id LIMIT (SELECT room FROM asked)
    )
)
SELECT t.token, t.token = ANY (asked.named), coalesce(coalesce(c.group_id, b.group_id) = here.group_id, FALSE),
    coalesce(used.here, 0), coalesce(used.near, 0),
    coalesce(class.sessions, 0), coalesce(CASE WHEN k.country <> here.country THEN 0
        WHEN lower(k.city) = here.city THEN 2 WHEN left(k.postal_code, 2) = here.area THEN 1 ELSE 0 END, 0),
    t.token = ANY (asked.listed)
FROM tokens JOIN id_token t ON t.id = tokens.id CROSS JOIN asked CROSS JOIN here
LEFT JOIN card c ON c.token_id = t.id
LEFT JOIN subscriber b ON b.id = c.subscriber_id
LEFT JOIN customer k ON k.id = b.customer_id
LEFT JOIN used ON used.id = b.id
LEFT JOIN class ON class.payment = b.payment AND class.tariff = coalesce(b.tariff, '')
WHERE t.kind = 'card' AND t.blocked_at IS NULL
"""  # noqa: S608 - texts of ours


async def candidates(
    session: AsyncSession,
    asset_id: UUID,
    since: datetime,
    room: int,
    *,
    named: Collection[str],
    listed: Collection[str],
) -> Sequence[Candidate]:
    """Ordinary cards that are not blocked. ``since`` is from when on sessions count; ``listed`` has the station now."""
    found = await driver.rows(session, _CANDIDATES, (asset_id, since, room, list(named), list(listed)))
    return [
        Candidate(
            token=token,
            is_named=is_named,
            is_of_group=is_of_group,
            sessions_here=here,
            sessions_near=near,
            class_sessions=of_class,
            nearness=Nearness(nearness),
            is_listed=is_listed,
        )
        for token, is_named, is_of_group, here, near, of_class, nearness, is_listed in found
    ]
