"""Accounts in the ledger for tests, and what is done with them: each in a piece of work of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from models.messages.base import Actor
from models.messages.ledger import Origin
from models.money import Money
from models.rules.ledger import DebtCause, Sale
from models.rules.subscriber import Payment
from models.tables.base import new_id
from models.tables.ledger import Hold, LedgerAccount, LedgerTransaction
from models.usecases import hold, ledger, reconcile
from models.usecases.work import Desk, Work

Result = TypeVar("Result")

TESTS = Actor(id=None, name="tests")


def eur(amount: str | int | Decimal) -> Money:
    return Money(Decimal(amount), "EUR")


def sale(gross: str | Decimal) -> Sale:
    """Of this price, a part of which is VAT."""
    whole = eur(gross)
    vat = (whole * Decimal("0.2")).rounded()
    return Sale(whole - vat, vat)


@dataclass(frozen=True)
class Books:
    """The ledger at a desk. Without an account named it is ``account_id``'s."""

    desk: Desk
    account_id: UUID

    @classmethod
    async def opened(
        cls, desk: Desk, balance: str = "0", *, payment: Payment = Payment.PREPAID, limit: str = "0"
    ) -> "Books":
        """With an account of a new owner, topped up where it is prepaid and has a balance."""
        async with desk.work(TESTS, "test") as work:
            row = await ledger.open_account(work, new_id(), payment, eur(limit))
            if Decimal(balance):
                await ledger.top_up(work, row.id, eur(balance), f"pay-{row.id}")
        return cls(desk, row.id)

    async def do(self, act: Callable[[Work], Awaitable[Result]]) -> Result:
        async with self.desk.work(TESTS, "test") as work:
            return await act(work)

    async def row(self, account_id: UUID | None = None) -> LedgerAccount:
        return await self.do(lambda work: ledger.account(work, account_id or self.account_id))

    async def stands(self) -> tuple[str, str]:
        """The balance, and what of it is held, in euros."""
        row = await self.row()
        return f"{row.balance:.2f}", f"{row.held:.2f}"

    async def top_up(self, amount: str, payment_id: str | None = None) -> LedgerTransaction:
        name = payment_id or f"pay-{new_id()}"
        return await self.do(lambda work: ledger.top_up(work, self.account_id, eur(amount), name))

    async def adjust(self, amount: str, reason: str = "Goodwill") -> LedgerTransaction:
        return await self.do(lambda work: ledger.adjust(work, self.account_id, eur(amount), reason))

    async def settle_unheld(self, price: str, debt: DebtCause | None = DebtCause.OFFLINE) -> LedgerTransaction:
        name, origin = f"session:{new_id()}", Origin(session_id=new_id())
        return await self.do(lambda work: ledger.settle(work, self.account_id, sale(price), name, origin, debt))

    async def take(self, amount: str, reference: str | None = None, *, valid_s: int = 3600) -> Hold:
        name, until = reference or f"hold-{new_id()}", self.desk.clock() + timedelta(seconds=valid_s)
        return await self.do(
            lambda work: hold.take(work, self.account_id, eur(amount), name, session_id=new_id(), expires_at=until)
        )

    async def settle(self, held: Hold, price: str, debt: DebtCause | None = None) -> LedgerTransaction | None:
        origin = Origin(session_id=held.session_id)
        return await self.do(lambda work: hold.settle(work, held.id, sale(price), origin, debt))

    async def release(self, held: Hold) -> Hold:
        return await self.do(lambda work: hold.release(work, held.id))

    async def extend(self, held: Hold, to: str) -> Hold:
        return await self.do(lambda work: hold.extend(work, held.id, eur(to)))

    async def broken(self) -> dict[str, int]:
        """How many rows break each proof that doesn't hold."""
        found = await reconcile.prove(self.desk.database)
        return {each.proof.name: each.count for each in found if not each.holds}
