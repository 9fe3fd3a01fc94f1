"""Checks what became of the drivers: each session is billed once, nobody is overdrawn, the ledger is whole (B1, B8)."""

import asyncio
import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.demo.caller import Caller
from cli.demo.story import Driver, Story
from cli.demo.waiting import DemoFailed

_RECONCILE_LIMIT_S = 120
_BLOCKED = "blocked"
_NOT_COVERED = "not_covered"


async def billed_once(story: Story, api: Caller) -> str:
    """Each session has one record, one booking, a process that has ended, and the tariff of its start.

    Raises DemoFailed.
    """
    told = []
    for reference in [each for driver in story.drivers for each in driver.sessions]:
        shown = await api.get(f"/v1/charging-sessions/{reference}")
        process = await api.get(f"/v1/processes/session-{reference}")
        stands = (shown["stage"], shown["tariff"], [each["number"] for each in shown["records"]])
        if stands != ("settled", {"code": story.tariff, "version": 1}, [1]) or not process["ended_at"]:
            raise DemoFailed(f"{reference} was to be settled by one record, and stands so: {shown}; {process}.")
        (record,) = shown["records"]
        booked = await api.get(f"/v1/ledger/transactions/{record['ledger_transaction_id']}")
        sides = sum((Decimal(side["amount"]) for side in booked["sides"] if side["owner_id"]), Decimal(0))
        if (booked["session_id"], sides) != (shown["id"], -Decimal(record["price"]["gross"])):
            raise DemoFailed(f"{reference} costs {record['price']['gross']}; booked was {booked}.")
        told.append(f"{reference} {record['price']['gross']} {record['price']['currency']}")
    return ", ".join(told)


async def stopped_in_time(story: Story, api: Caller) -> str:
    """Who pays ahead got no more than was paid for. Raises DemoFailed."""
    shown, account = await _paid_ahead(story, api)
    is_in_time = "cut_off" in shown["flags"] and _NOT_COVERED not in shown["flags"]
    if not is_in_time or Decimal(account["balance"]) < 0:
        raise DemoFailed(f"{shown['reference']} was to be stopped in time: {shown['flags']}, {account}.")
    return f"{shown['reference']}: {account['balance']} left"


async def held_is_settled(story: Story, api: Caller) -> str:
    """What was held is settled and nothing is held any more; a debt, where there is one, is said. Raises DemoFailed."""
    shown, account = await _paid_ahead(story, api)
    hold, is_debt = shown["hold"], Decimal(account["balance"]) < 0
    is_settled = hold["state"] == "settled" and Decimal(account["held"]) == 0
    if not is_settled or is_debt != (_NOT_COVERED in shown["flags"]):
        raise DemoFailed(f"{shown['reference']} was to hold nothing more: {shown['flags']}, {hold}, {account}.")
    return f"{shown['reference']}: {hold['settled_amount']} of {hold['amount']} taken"


async def _paid_ahead(story: Story, api: Caller) -> tuple[dict[str, Any], dict[str, Any]]:
    """The session of the driver who pays ahead, and her account."""
    (reference,) = story.petra.sessions
    shown = await api.get(f"/v1/charging-sessions/{reference}")
    return shown, await api.get(f"/v1/ledger/accounts/{story.petra.account_id}")


async def replaced(story: Story, api: Caller) -> str:
    """The lost card is blocked, the other one assigned, and the use of the lost one on record. Raises DemoFailed."""
    old, new = story.daan.cards
    cards = (await api.get(f"/v1/subscribers/{story.daan.subscription}"))["cards"]
    states = {each["number"]: each["state"] for each in cards}
    used = [each["card"] for each in (await api.get("/v1/cards/blocked-uses"))["items"]]
    if states != {old: _BLOCKED, new: "assigned"} or used.count(old) != 1:
        raise DemoFailed(f"{old} was to be blocked, and its use on record once: {states}, {used}.")
    return f"{old} {states[old]}, {new} {states[new]}"


async def statements(story: Story, api: Caller) -> str:
    """Each leads back, line by line, to its driver's sessions and payments, and adds up. Raises DemoFailed."""
    return "; ".join([await _statement(driver, api) for driver in story.drivers])


async def _statement(driver: Driver, api: Caller) -> str:
    statement = await api.get(f"/v1/ledger/accounts/{driver.account_id}/statement", limit=200)
    lines: list[dict[str, Any]] = statement["items"]
    total = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    ids = [(await api.get(f"/v1/charging-sessions/{each}"))["id"] for each in driver.sessions]
    of_sessions = [line["session_id"] for line in reversed(lines) if line["kind"] == "settlement"]
    if total != Decimal(statement["closing_balance"]) or sorted(of_sessions) != sorted(ids):
        raise DemoFailed(f"The statement of {driver.subscription} was to lead to {ids}: {statement}.")
    return f"{driver.subscription}: {len(lines)} lines, {statement['closing_balance']}"


async def reconciled(house: Path) -> str:
    """By the command itself, as finance runs it. Raises DemoFailed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "reconcile", "--json"),
        env={**os.environ, "STATIONMASTER_VAR": str(house)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), _RECONCILE_LIMIT_S)
    if process.returncode != 0:
        raise DemoFailed(f"The ledger is not whole: {out.decode()} {err.decode()[-500:]}")
    proofs = json.loads(out)["proofs"]
    return f"{len(proofs)} proofs hold: {', '.join(each['name'] for each in proofs)}"
