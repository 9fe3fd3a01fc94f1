"""``stationmaster subscriber``: subscriptions, from the request to the settled account."""

from typing import Annotated, Any

import typer

from cli.lists import Key
from cli.terminal import All, AsJson, Limit, Reason, calling, in_path, show_fields, show_pages, show_rows

app = typer.Typer(
    name="subscriber", help="Subscriptions: list, show, enter, decide, replace cards.", no_args_is_help=True
)

PATH = "/v1/subscribers"
Reference = Annotated[str, typer.Argument(help="Such as SUB-2026-000017.", parser=in_path)]
Tariff = Annotated[str | None, typer.Option(help="The code of its tariff; without it, what holds for everybody.")]
Card = Annotated[str | None, typer.Option(help="The number of a card of the pool; without it, any.")]

_COLUMNS = {
    "Reference": "reference",
    "Customer": "customer",
    "Stage": "label",
    "Payment": "payment",
    "Since": "created_at",
}
_FIELDS = {
    "Reference": "reference",
    "Customer": "customer",
    "Stage": "label",
    "Waits for": "waits_for",
    "Possible now": "allowed_actions",
    "Payment": "payment",
    "Currency": "currency",
    "Credit limit": "credit_limit",
    "Zone": "zone",
    "Suspended because": "suspended_because",
    "Because": "ending_reason",
    "Asked for": "created_at",
    "Active since": "activated_at",
    "Welcomed": "welcomed_at",
    "Ended": "ended_at",
}
_ACCOUNT = {
    "Subscription": "subscriber",
    "Payment": "payment",
    "Currency": "currency",
    "Balance": "balance",
    "Held": "held",
    "Credit limit": "credit_limit",
    "Available": "available",
    "Receivable": "receivable",
}
_NOTICES = {
    "Made": "created_at",
    "Kind": "kind",
    "By": "channel",
    "State": "state",
    "Tries": "attempts",
    "Due": "due_at",
    "Sent": "sent_at",
    "Ended": "ended_at",
    "Error": "error",
}
_HOLDS = {"Hold": "id", "Amount": "amount", "Session": "session_id", "Until": "expires_at"}
_TARIFFS = {"Tariff": "tariff", "From": "valid_from", "Until": "valid_until"}
_CARDS = {"Card": "number", "State": "state", "Because": "block_reason"}


@app.command("list")
def show_all(
    stage: Annotated[str | None, typer.Option(help="Of this stage only, such as suspended.")] = None,
    customer: Annotated[str | None, typer.Option(help="Of this customer only.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists subscriptions, newest first."""
    show_pages(PATH, _COLUMNS, limit, everything=everything, as_json=as_json, stage=stage, customer=customer)


@app.command()
def show(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows one subscription with its cards, and what can be decided about it now."""
    with calling(as_json=as_json) as api:
        _show(api.get(f"{PATH}/{reference}"), as_json=as_json)


@app.command()
def enter(
    customer: Annotated[str, typer.Argument(help="The customer's reference.")],
    payment: Annotated[str, typer.Argument(help="prepaid or postpaid.")],
    card: Card = None,
    tariff: Tariff = None,
    credit_limit: Annotated[str | None, typer.Option(help="How far below zero it may be spent on-line.")] = None,
    key: Key = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Enters a subscription for a customer; it is set up within seconds."""
    said = {
        "customer": customer,
        "payment": payment,
        "tariff": tariff,
        "card": card,
        "credit_limit": credit_limit,
    }
    body = {name: value for name, value in said.items() if value is not None}
    with calling(as_json=as_json) as api:
        _show(api.post(PATH, body, key=key), as_json=as_json)


@app.command()
def accept(reference: Reference, *, as_json: AsJson = False) -> None:
    """Accepts what a consumer has asked for."""
    _decide(reference, "accept", None, as_json=as_json)


@app.command()
def reject(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Rejects a subscription that is not set up yet."""
    _decide(reference, "reject", {"reason": reason}, as_json=as_json)


@app.command("add-card")
def add_card(reference: Reference, card: Card = None, *, as_json: AsJson = False) -> None:
    """Assigns one more card."""
    _decide(reference, "cards", {"card": card}, as_json=as_json)


@app.command("replace-card")
def replace_card(
    reference: Reference,
    old: Annotated[str, typer.Argument(help="The number of the card that charges nowhere from now on.")],
    because: Annotated[str, typer.Option(help="lost, stolen or damaged.")],
    card: Card = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Replaces a card: the old one is dead at once, everywhere."""
    _decide(reference, "cards/replace", {"old": old, "reason": because, "card": card}, as_json=as_json)


@app.command("change-tariff")
def change_tariff(
    reference: Reference,
    tariff: Annotated[str, typer.Argument(help="The code of the tariff, such as TRF-NIGHT.")],
    since: Annotated[str | None, typer.Option("--from", help="From when on, with its zone; without it, now.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Changes the tariff; sessions that have started by then keep theirs."""
    _decide(reference, "tariff", {"tariff": tariff, "valid_from": since}, as_json=as_json)


@app.command()
def account(reference: Reference, *, as_json: AsJson = False) -> None:
    """Shows its account: balance, holds, credit limit, and what can be spent."""
    with calling(as_json=as_json) as api:
        _show_account(api.get(f"{PATH}/{reference}/account"), as_json=as_json)


@app.command()
def notices(
    reference: Reference,
    kind: Annotated[str | None, typer.Option(help="Of this kind only, such as session_ended.")] = None,
    state: Annotated[str | None, typer.Option(help="In this state only, such as failed.")] = None,
    limit: Limit = 50,
    *,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Lists what a subscriber was told, newest first, and whether it arrived."""
    show_pages(
        f"{PATH}/{reference}/notices", _NOTICES, limit, everything=everything, as_json=as_json, kind=kind, state=state
    )


@app.command("credit-limit")
def credit_limit(
    reference: Reference,
    limit: Annotated[str, typer.Argument(help="How far below zero it may be spent on-line.")],
    reason: Reason,
    *,
    as_json: AsJson = False,
) -> None:
    """Changes the credit limit of its account, as finance."""
    body = {"credit_limit": limit, "reason": reason}
    with calling(as_json=as_json) as api:
        _show_account(api.post(f"{PATH}/{reference}/account/credit-limit", body), as_json=as_json)


@app.command()
def suspend(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Suspends: none of its cards charges until it is resumed."""
    _decide(reference, "suspend", {"reason": reason}, as_json=as_json)


@app.command()
def resume(reference: Reference, *, as_json: AsJson = False) -> None:
    """Resumes a subscription that is suspended."""
    _decide(reference, "resume", None, as_json=as_json)


@app.command()
def close(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Closes: its cards are blocked at once, finance settles the account."""
    _decide(reference, "close", {"reason": reason}, as_json=as_json)


@app.command()
def settle(reference: Reference, reason: Reason, *, as_json: AsJson = False) -> None:
    """Says, as finance, that the account of a closing subscription is settled."""
    _decide(reference, "settle", {"reason": reason}, as_json=as_json)


def _decide(reference: str, name: str, body: dict[str, Any] | None, *, as_json: bool) -> None:
    with calling(as_json=as_json) as api:
        _show(api.post(f"{PATH}/{reference}/{name}", body), as_json=as_json)


def _show_account(account: dict[str, Any], *, as_json: bool) -> None:
    show_fields(account, _ACCOUNT, as_json=as_json)
    if not as_json and account["holds"]:
        show_rows(account["holds"], _HOLDS, as_json=False)


def _show(subscription: dict[str, Any], *, as_json: bool) -> None:
    show_fields(subscription, _FIELDS, as_json=as_json)
    if not as_json and subscription["cards"]:
        show_rows(subscription["cards"], _CARDS, as_json=False)
    if not as_json and subscription["tariffs"]:
        show_rows(subscription["tariffs"], _TARIFFS, as_json=False)
