"""What speaks for each card, and each id of a car, that a station might know by itself (C2).

Of a million of these only those are looked at for which something does: of each kind no more than the list has room
for, and others that fill it up.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.list_choice import LATELY, NEIGHBOURHOOD_M, Candidate, Nearness
from models.rules.local_list import UNTOLD
from models.store import driver
from models.tables.wanted import StationList

_METRES_OF_A_DEGREE = 111_200
_STATIONS_NEAR = 500
_PLACE = """coalesce(l.latitude, s.latitude) AS latitude, coalesce(l.longitude, s.longitude) AS longitude
        FROM asset a LEFT JOIN location_attempt l ON l.id = a.attempt_id LEFT JOIN site s ON s.id = a.site_id"""

_CANDIDATES = f"""
WITH asked AS (
    SELECT %s::uuid AS station, %s::timestamptz AS now, %s::timestamptz AS since, %s::int4 AS room,
        %b::text[] AS named, %b::text[] AS listed
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
), own AS MATERIALIZED (
    SELECT DISTINCT ON (t.account_id) t.account_id AS id, t.tariff_id FROM asked, tariff_assignment t
    WHERE t.account_id IS NOT NULL AND t.vehicle_id IS NULL AND t.asset_id IS NULL AND t.place_kind IS NULL
        AND t.valid_from <= asked.now AND coalesce(t.valid_until > asked.now, TRUE)
    ORDER BY t.account_id, t.group_id NULLS LAST, t.valid_from DESC, t.id DESC
), paying AS MATERIALIZED (
    SELECT b.id, b.payment, coalesce(own.tariff_id::text, '') AS tariff
    FROM subscriber b LEFT JOIN own ON own.id = b.id WHERE b.stage = 'active'
), class AS MATERIALIZED (
    SELECT b.payment, b.tariff, (1000 * sum(coalesce(used.here + used.near, 0)) / count(*))::int8 AS sessions
    FROM paying b LEFT JOIN used ON used.id = b.id GROUP BY b.payment, b.tariff
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
        SELECT b.id FROM paying b JOIN class ON class.payment = b.payment AND class.tariff = b.tariff
        WHERE class.sessions > 0 ORDER BY class.sessions DESC LIMIT (SELECT room FROM asked)
    )
), tokens AS (
    SELECT c.token_id AS id FROM holders JOIN card c ON c.subscriber_id = holders.id AND c.state = 'assigned'
    UNION SELECT i.token_id FROM holders JOIN vehicle v ON v.subscriber_id = holders.id
        JOIN vehicle_token i ON i.vehicle_id = v.id AND i.removed_at IS NULL
    UNION (
        SELECT c.token_id FROM here JOIN card c ON c.group_id = here.group_id AND c.state = 'assigned'
        ORDER BY c.id LIMIT (SELECT room FROM asked)
    )
    UNION SELECT t.id FROM asked, id_token t WHERE t.token = ANY (asked.named || asked.listed)
    UNION (
        SELECT t.id FROM id_token t WHERE t.kind <> 'test' AND t.blocked_at IS NULL
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
LEFT JOIN vehicle_token i ON i.token_id = t.id AND i.removed_at IS NULL
LEFT JOIN vehicle v ON v.id = i.vehicle_id
LEFT JOIN subscriber b ON b.id = coalesce(c.subscriber_id, v.subscriber_id)
LEFT JOIN customer k ON k.id = b.customer_id
LEFT JOIN used ON used.id = b.id
LEFT JOIN paying ON paying.id = b.id
LEFT JOIN class ON class.payment = paying.payment AND class.tariff = paying.tariff
WHERE t.kind <> 'test' AND t.blocked_at IS NULL
"""  # noqa: S608 - texts of ours


_CONCERN = f"""
WITH changed AS MATERIALIZED (
    SELECT t.token, t.blocked_at IS NULL AS charges, coalesce(c.group_id, b.group_id) AS group_id, b.id AS holder,
        k.country, lower(k.city) AS city, left(k.postal_code, 2) AS area
    FROM id_token t LEFT JOIN card c ON c.token_id = t.id
    LEFT JOIN vehicle_token i ON i.token_id = t.id AND i.removed_at IS NULL LEFT JOIN vehicle v ON v.id = i.vehicle_id
    LEFT JOIN subscriber b ON b.id = coalesce(c.subscriber_id, v.subscriber_id)
    LEFT JOIN customer k ON k.id = b.customer_id WHERE t.token = ANY (%b::text[])
), used AS MATERIALIZED (
    SELECT DISTINCT a.id, {_PLACE} JOIN charging_session r ON r.asset_id = a.id
    WHERE r.subscriber_id IN (SELECT holder FROM changed WHERE charges) AND r.started_at >= %s
        AND r.verdict = 'accepted'
), place AS MATERIALIZED (
    SELECT a.id, a.group_id, coalesce(l.country, s.country) AS country, lower(coalesce(l.city, s.city)) AS city,
        left(coalesce(l.postal_code, s.postal_code), 2) AS area, {_PLACE}
    LEFT JOIN wanted_list o ON o.asset_id = a.id LEFT JOIN wanted_list p ON p.product_id = a.product_id
    WHERE coalesce(o.chosen, p.chosen)
), concerned AS (
    SELECT n.asset_id FROM station_list n JOIN place ON place.id = n.asset_id
    WHERE EXISTS (
        SELECT FROM changed WHERE n.chosen ? changed.token OR changed.charges AND (
            jsonb_array_length(n.chosen) < coalesce(n.room, %s) OR changed.group_id = place.group_id
            OR changed.country = place.country AND (changed.city = place.city OR changed.area = place.area)
        )
    ) OR EXISTS (
        SELECT FROM used WHERE used.id = place.id
            OR abs(used.latitude - place.latitude) * {_METRES_OF_A_DEGREE} <= {NEIGHBOURHOOD_M}
            AND abs(used.longitude - place.longitude) * {_METRES_OF_A_DEGREE} * cos(radians(place.latitude))
                <= {NEIGHBOURHOOD_M}
    )
    ORDER BY n.asset_id FOR UPDATE OF n
)
UPDATE station_list n SET concerned_at = %s FROM concerned WHERE n.asset_id = concerned.asset_id
"""  # noqa: S608 - texts of ours


async def concern(session: AsyncSession, tokens: Collection[str], now: datetime) -> None:
    """These cards or cars may charge now, or may not any more: noted at the stations for which cards are chosen, and
    that have one of them, or for which more speaks than the class of its subscription."""
    await driver.rows(session, _CONCERN, (list(tokens), now - LATELY, UNTOLD, now))


async def concerned(session: AsyncSession, limit: int) -> Sequence[UUID]:
    """The stations of which that is noted, in the order of their ids."""
    found = await session.execute(
        select(StationList.asset_id)
        .where(col(StationList.concerned_at).is_not(None))
        .order_by(col(StationList.asset_id))
        .limit(limit)
    )
    return found.scalars().all()


async def note_told(session: AsyncSession, asset_id: UUID) -> None:
    await session.execute(sa.update(StationList).where(col(StationList.asset_id) == asset_id).values(concerned_at=None))


async def candidates(
    session: AsyncSession,
    asset_id: UUID,
    now: datetime,
    room: int,
    *,
    named: Collection[str],
    listed: Collection[str],
) -> Sequence[Candidate]:
    """Ordinary cards, and cars, that are not blocked; ``listed`` has the station now."""
    asked = (asset_id, now, now - LATELY, room, list(named), list(listed))
    found = await driver.rows(session, _CANDIDATES, asked)
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
