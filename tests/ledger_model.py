"""The ledger as a reader of BILLING.md would keep it in their head: what random drivers are compared with."""

import dataclasses
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Outcome = Literal["done", "refused"]
PREPAID, POSTPAID = "prepaid", "postpaid"


@dataclass(frozen=True)
class Op:
    """Something that is done to the ledger, named so that it can be done again."""


@dataclass(frozen=True)
class TopUp(Op):
    account: str
    amount: Decimal
    payment: str


@dataclass(frozen=True)
class Adjust(Op):
    account: str
    amount: Decimal
    name: str


@dataclass(frozen=True)
class Offline(Op):
    account: str
    price: Decimal
    name: str


@dataclass(frozen=True)
class Limit(Op):
    account: str
    limit: Decimal


@dataclass(frozen=True)
class Take(Op):
    account: str
    amount: Decimal
    name: str
    lasts: int


@dataclass(frozen=True)
class Extend(Op):
    name: str
    to: Decimal


@dataclass(frozen=True)
class Settle(Op):
    name: str
    price: Decimal
    may_exceed: bool


@dataclass(frozen=True)
class Release(Op):
    name: str


@dataclass(frozen=True)
class Expire(Op):
    pass


@dataclass(frozen=True)
class Reverse(Op):
    name: str


@dataclass
class Purse:
    balance: Decimal = Decimal(0)
    limit: Decimal = Decimal(0)


@dataclass
class Kept:
    account: str
    amount: Decimal
    until: int
    state: str = "held"
    price: Decimal | None = None


@dataclass
class Booked:
    account: str
    amount: Decimal
    kind: str
    is_reversed: bool = False


@dataclass
class Model:
    """``now`` counts ticks; transactions go by what booked them."""

    now: int = 0
    purses: dict[str, Purse] = field(default_factory=lambda: {PREPAID: Purse(), POSTPAID: Purse(limit=Decimal(50))})
    holds: dict[str, Kept] = field(default_factory=dict)
    booked: dict[str, Booked] = field(default_factory=dict)

    def after(self, *ops: Op) -> tuple["Model", list[Outcome]]:
        """The ledger after these, one after the other, and what came of each."""
        changed = deepcopy(self)
        return changed, [changed._apply(op) for op in ops]

    def held(self, account: str) -> Decimal:
        own = (each.amount for each in self.holds.values() if each.account == account and each.state == "held")
        return sum(own, Decimal(0))

    def available(self, account: str) -> Decimal:
        purse = self.purses[account]
        return purse.balance - self.held(account) + purse.limit

    def _apply(self, op: Op) -> Outcome:
        does = {
            TopUp: self._top_up,
            Adjust: self._adjust,
            Offline: self._offline,
            Limit: self._limit,
            Take: self._take,
            Extend: self._extend,
            Settle: self._settle,
            Release: self._release,
            Expire: self._expire,
            Reverse: self._reverse,
        }
        return "done" if does[type(op)](op) else "refused"  # type: ignore[operator]

    def _top_up(self, op: TopUp) -> bool:
        if op.account == POSTPAID:
            return False
        return self._book(op.payment, Booked(op.account, op.amount, "top up"))

    def _adjust(self, op: Adjust) -> bool:
        known = op.name in self.booked
        if not known and op.amount < 0 and self.available(op.account) + op.amount < 0:
            return False
        return self._book(op.name, Booked(op.account, op.amount, "adjustment"))

    def _offline(self, op: Offline) -> bool:
        return self._book(op.name, Booked(op.account, -op.price, "settlement"))

    def _book(self, name: str, booked: Booked) -> bool:
        known = self.booked.get(name)
        if known is not None:
            return dataclasses.replace(known, is_reversed=False) == booked
        self.booked[name] = booked
        self.purses[booked.account].balance += booked.amount
        return True

    def _limit(self, op: Limit) -> bool:
        purse = self.purses[op.account]
        if op.limit < purse.limit and self.available(op.account) - purse.limit + op.limit < 0:
            return False
        purse.limit = op.limit
        return True

    def _take(self, op: Take) -> bool:
        known = self.holds.get(op.name)
        if known is not None:
            return known.account == op.account
        if self.available(op.account) < op.amount:
            return False
        self.holds[op.name] = Kept(op.account, op.amount, self.now + op.lasts)
        return True

    def _extend(self, op: Extend) -> bool:
        hold = self.holds.get(op.name)
        if hold is None or hold.state != "held":
            return False
        if op.to > hold.amount and self.available(hold.account) < op.to - hold.amount:
            return False
        hold.amount = max(hold.amount, op.to)
        return True

    def _settle(self, op: Settle) -> bool:
        hold = self.holds.get(op.name)
        if hold is None:
            return False
        if hold.state == "settled":
            return hold.price == op.price
        if hold.state != "held" or (op.price > hold.amount and not op.may_exceed):
            return False
        hold.state, hold.price = "settled", op.price
        if op.price:
            self._book(f"hold:{op.name}", Booked(hold.account, -op.price, "settlement"))
        return True

    def _release(self, op: Release) -> bool:
        hold = self.holds.get(op.name)
        if hold is None:
            return False
        if hold.state == "held":
            hold.state = "released"
        return hold.state == "released"

    def _expire(self, _: Expire) -> bool:
        for hold in self.holds.values():
            if hold.state == "held" and hold.until <= self.now:
                hold.state = "expired"
        return True

    def _reverse(self, op: Reverse) -> bool:
        booked = self.booked.get(op.name)
        if booked is None:
            return False
        if not booked.is_reversed:
            booked.is_reversed = True
            self.purses[booked.account].balance -= booked.amount
        return True
