"""``stationmaster account`` on the public API."""

import pytest

from models.rules.access import Role
from tests.cli.commands import Terminal, program
from tests.ledger import Books
from tests.people import World

pytestmark = pytest.mark.hard


@pytest.mark.step("B8", "C5")
async def test_a_statement_is_read_and_a_wrong_booking_mended_in_a_terminal(terminal: Terminal, world: World) -> None:
    books = await Books.opened(world.desk, "100")
    await books.settle(await books.take("20"), "12.34")
    account = str(books.account_id)
    finance = await program(world, world.operator, Role.FINANCE)
    lines = (await terminal.run(finance, "account", "statement", account, "--json")).said
    assert [line["balance_after"] for line in lines] == ["87.6600", "100.0000"]
    assert "-12.3400" in (await terminal.run(finance, "account", "statement", account, "--since", "2026-01-01")).out
    assert (await terminal.run(finance, "account", "statement", account, "--until", "2026-01-01", "--json")).said == []
    assert [hold["state"] for hold in (await terminal.run(finance, "account", "holds", account, "--json")).said] == [
        "settled"
    ]
    words = ("account", "adjust", account, "--amount=-5", "--currency", "EUR", "--reason", "Cable damaged", "--json")
    made = (await terminal.run(finance, *words)).said
    await terminal.run(finance, "account", "reverse", made["id"], "--reason", "It was not", "--json")
    assert (await terminal.run(finance, "account", "show", account, "--json")).said["available"] == "87.6600"
    listed = (await terminal.run(finance, "account", "list", "--kind", "prepaid", "--json")).said
    assert [each["id"] for each in listed] == [account]
    refused = await terminal.run(finance, *words[:3], "--amount=-500", *words[4:])
    assert (refused.code, "/problems/insufficient-balance" in refused.err) == (1, True)
