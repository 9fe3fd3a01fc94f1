"""Stations and id tokens by the thousand, straight into the rows."""

from collections.abc import Iterator

import psycopg
from argon2 import PasswordHasher

from bench.ocpp_load import TOKENS, identity_of, key_of
from models.rules.ledger import OWNED, AccountKind
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
_TOKENS = """
    INSERT INTO id_token (id, token, kind)
        SELECT gen_random_uuid(), 'BENCH' || lpad(n::text, 8, '0'), 'card' FROM generate_series(0, {cards} - 1) AS n;
"""


_HOLDERS = """
    INSERT INTO customer (id, reference, kind, name, email, language, street, house_number, postal_code, city, country)
        VALUES (gen_random_uuid(), 'CU-BENCH', 'company', 'Bench', 'bench@bench.example', 'en',
            'Dam', '1', '1012 JS', 'Amsterdam', 'NL');
    INSERT INTO subscriber (id, reference, customer_id, stage, payment, currency, zone, language, email, source,
        credit_limit)
        SELECT gen_random_uuid(), token, (SELECT id FROM customer), 'active', 'prepaid', 'EUR', 'Europe/Amsterdam',
            'en', 'bench@bench.example', 'agent', 0
        FROM id_token WHERE right(token, 8)::int % {every} = 0;
    INSERT INTO card (id, number, token_id, state, subscriber_id, assigned_at)
        SELECT gen_random_uuid(), t.token, t.id, 'assigned', s.id, now()
        FROM subscriber s JOIN id_token t ON t.token = s.reference;
    INSERT INTO ledger_account (id, owner_id, kind, currency, balance, held, credit_limit, last_number)
        SELECT gen_random_uuid(), id, 'prepaid', 'EUR', 100, 0, 0, 0 FROM subscriber;
"""


_HOUSE = """
    INSERT INTO ledger_account (id, kind, currency, last_number)
        SELECT gen_random_uuid(), kind, 'EUR', 0 FROM unnest(%s::text[]) AS kind
"""


async def fill(url: str, stations: int, accounts: int = 0, cards: int = TOKENS) -> None:
    """Active stations of one connector, each with a key of its own, and cards: a million, unless it is said.

    Where there are accounts, each has one of the cards: every so many, by ``held_every``.
    """
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(_PREPARE)
        found = await (await connection.execute("SELECT id FROM product")).fetchone()
        columns = "id, hardware_id, serial, product_id, firmware, ocpp_identity, factory_key_hash, key_hash, state"
        copying = f"COPY unit ({columns}, proposed_key_hashes, factory_key_closed_at) FROM STDIN"
        async with connection.cursor() as cursor, cursor.copy(copying.encode()) as into:
            for row in _units(stations, found[0] if found else None):
                await into.write_row(row)
        await connection.execute(_STATIONS)
        await connection.execute(_TOKENS.format(cards=cards).encode())
        if accounts:
            await connection.execute(_HOUSE, (sorted(set(AccountKind) - OWNED),))
            await connection.execute(_HOLDERS.format(every=held_every(accounts, cards)).encode())
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE")


def held_every(accounts: int, cards: int = TOKENS) -> int:
    """Of which number every card with an account is a multiple."""
    return cards // accounts


def _units(stations: int, product_id: object) -> Iterator[tuple[object, ...]]:
    for number in range(stations):
        name, key_hash = identity_of(number), _HASHER.hash(key_of(number))
        yield (new_id(), name, f"SN-{name}", product_id, "1", name, "-", key_hash, "installed", [], "2026-01-01")
