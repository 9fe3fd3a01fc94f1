"""``stationmaster account``: accounts in the ledger, their statements and holds."""

from typing import Annotated, Any
from uuid import UUID

import typer

from cli.terminal import All, AsJson, Instant, Limit, Reason, calling, instant, show_fields, show_pages

app = typer.Typer(name="account", help="The ledger: accounts, statements, holds, adjustments.", no_args_is_help=True)

PATH = "/v1/ledger/accounts"
Id = Annotated[UUID, typer.Argument(help="Of the account, as the list shows it.", metavar="ID")]

_ACCOUNTS = {
    "Id": "id",
    "Owner": "owner_id",
    "Kind": "kind",
    "Currency": "currency",
    "Balance": "balance",
    "Held": "held",
    "Limit": "credit_limit",
    "Available": "available",
}
_LINES = {
    "Number": "number",
    "Booked": "booked_at",
    "What": "kind",
    "Amount": "amount",
    "Balance": "balance_after",
    "Session": "session_id",
    "Payment": "payment_id",
    "Document": "document_id",
    "Reason": "reason",
    "By": "booked_by",
}
_HOLDS = {
    "Id": "id",
    "State": "label",
    "Amount": "amount",
    "Settled": "settled_amount",
    "Session": "session_id",
    "Until": "expires_at",
    "Ended": "ended_at",
}
_BOOKED = {
    "Transaction": "id",
    "What": "kind",
    "Reason": "reason",
    "Reverses": "reverses_id",
    "By": "booked_by",
    "Booked": "booked_at",
}


@app.command("list")
def show_all(
    owner: Annotated[UUID | None, typer.Option(help="Of this subscriber only, by its id.")] = None,
    kind: Annotated[str | None, typer.Option(help="Of this kind only, such as prepaid.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists accounts, newest first."""
    narrow: dict[str, Any] = {"owner_id": owner, "kind": kind}
    show_pages(PATH, _ACCOUNTS, limit, everything=everything, as_json=as_json, **narrow)


@app.command()
def show(account: Id, *, as_json: AsJson = False) -> None:
    """Shows one account: its balance, what is held, what is available."""
    with calling(as_json=as_json) as api:
        show_fields(api.get(f"{PATH}/{account}"), _ACCOUNTS, as_json=as_json)


@app.command()
def statement(
    account: Id,
    since: Instant = None,
    until: Instant = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Shows the account's entries, newest first, with the balance after each and what it was for."""
    period = {name: instant(value) for name, value in (("at_from", since), ("at_to", until))}
    show_pages(f"{PATH}/{account}/statement", _LINES, limit, everything=everything, as_json=as_json, **period)


@app.command()
def holds(
    account: Id,
    state: Annotated[str | None, typer.Option(help="held, settled, released or expired.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists the account's holds, newest first."""
    show_pages(f"{PATH}/{account}/holds", _HOLDS, limit, everything=everything, as_json=as_json, state=state)


@app.command()
def adjust(
    account: Id,
    amount: Annotated[str, typer.Option(help="Above zero to give, below zero to take: --amount=-5.00")],
    currency: Annotated[str, typer.Option(help="The account's own, such as EUR.")],
    reason: Reason,
    key: Annotated[str | None, typer.Option(help="The Idempotency-Key: under it, it is booked once.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Gives or takes an amount, for a reason."""
    said = {"amount": amount, "currency": currency, "reason": reason}
    with calling(as_json=as_json) as api:
        show_fields(api.post(f"{PATH}/{account}/adjustments", said, key=key), _BOOKED, as_json=as_json)


@app.command()
def reverse(
    transaction: Annotated[UUID, typer.Argument(help="Of the booking that was wrong.", metavar="ID")],
    reason: Reason,
    *,
    as_json: AsJson = False,
) -> None:
    """Takes a wrong booking back, by the same entries reversed."""
    with calling(as_json=as_json) as api:
        path = f"/v1/ledger/transactions/{transaction}/reverse"
        show_fields(api.post(path, {"reason": reason}), _BOOKED, as_json=as_json)
