"""``stationmaster reconcile`` as an operator runs it: its words, its JSON and its exit codes (B8)."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from models.settings import Settings
from models.store.reconcile import PROOFS
from models.usecases.work import Desk
from tests.conftest import KEYS
from tests.ledger import Books


@pytest.fixture
def surroundings(settings: Settings, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "STATIONMASTER_KEYS": KEYS,
        "STATIONMASTER_VAR": str(tmp_path / "var"),
    }


async def run(surroundings: dict[str, str], *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "reconcile", *words),
        env=surroundings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, told = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), told.decode()


@pytest.mark.step("B8")
async def test_a_whole_ledger_ends_with_0_and_a_broken_one_with_1_and_its_rows(
    desk: Desk, surroundings: dict[str, str]
) -> None:
    books = await Books.opened(desk, "20")
    await books.settle(await books.take("10"), "5")
    code, out, told = await run(surroundings)
    assert code == 0, told
    assert f"{len(PROOFS)} proofs. The ledger is whole." in out
    async with desk.database.transaction() as session:
        await session.execute(sa.text("UPDATE ledger_account SET balance = balance + 1 WHERE owner_id IS NOT NULL"))
    code, out, told = await run(surroundings)
    assert code == 1, told
    assert str(books.account_id) in out
    assert f"{len(PROOFS)} proofs. 1 of them broken." in out
    code, out, _ = await run(surroundings, "balances_are_their_entries", "--json")
    said: dict[str, Any] = json.loads(out)
    assert (code, said["holds"], said["proofs"][0]["broken_by"]) == (1, False, 1)
    assert said["proofs"][0]["rows"][0]["account_id"] == str(books.account_id)
    assert (await run(surroundings, "transactions_balance"))[0] == 0


async def test_what_could_not_be_looked_at_is_said(surroundings: dict[str, str]) -> None:
    code, _, told = await run(surroundings, "no_such_proof")
    assert (code, "There is no proof 'no_such_proof'" in told) == (1, True)
    away = surroundings | {"DATABASE_URL": "postgresql://nobody:none@127.0.0.1:1/none"}
    code, _, told = await run(away)
    assert (code, "could not be reconciled" in told) == (1, True)
