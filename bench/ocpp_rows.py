"""Stations and id tokens by the thousand, straight into the rows."""

from collections.abc import Iterator

import psycopg
from argon2 import PasswordHasher

from bench.ocpp_load import TOKENS, identity_of, key_of
from models.tables.base import new_id

# As csms.authentication hashes keys of ours.
_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_PREPARE = """
    INSERT INTO organisation (id, kind, name, language) VALUES (gen_random_uuid(), 'service_partner', 'Bench', 'en');
    INSERT INTO product (id, code, brand, model, product_type, connectors, max_power_w, configuration)
        VALUES (gen_random_uuid(), 'BENCH', 'Bench', 'One', 'street post', 1, 11000, '{}');
"""
_STATIONS = """
    INSERT INTO asset (id, name, product_id, unit_id, service_partner_id, registered_at, stage, test_number,
        registration, activated_at)
        SELECT gen_random_uuid(), ocpp_identity, product_id, id,
            (SELECT id FROM organisation WHERE name = 'Bench'), now(), 'active', 1, 'accepted', now() FROM unit;
    INSERT INTO evse (id, asset_id, connector, evse_id)
        SELECT gen_random_uuid(), id, 1, 'NL*BEN*E' || name || '*1' FROM asset;
"""
_TOKENS = f"""
    INSERT INTO id_token (id, token, kind)
        SELECT gen_random_uuid(), 'BENCH' || lpad(n::text, 8, '0'), 'card' FROM generate_series(0, {TOKENS - 1}) AS n;
"""  # noqa: S608 - a number of our own


async def fill(url: str, stations: int) -> None:
    """Active stations of one connector, each with a key of its own, and a million cards."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(_PREPARE)
        found = await (await connection.execute("SELECT id FROM product")).fetchone()
        columns = "id, hardware_id, serial, product_id, firmware, ocpp_identity, factory_key_hash, key_hash, state"
        copying = f"COPY unit ({columns}, proposed_key_hashes, factory_key_closed_at) FROM STDIN"
        async with connection.cursor() as cursor, cursor.copy(copying.encode()) as into:
            for row in _units(stations, found[0] if found else None):
                await into.write_row(row)
        await connection.execute(_STATIONS)
        await connection.execute(_TOKENS.encode())
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE")


def _units(stations: int, product_id: object) -> Iterator[tuple[object, ...]]:
    for number in range(stations):
        name, key_hash = identity_of(number), _HASHER.hash(key_of(number))
        yield (new_id(), name, f"SN-{name}", product_id, "1", name, "-", key_hash, "installed", [], "2026-01-01")
