"""Random drivers on real PostgreSQL: whatever they do, again, at once or cut off, the ledger is as it would be in one's
head, it reconciles, and nobody was overdrawn on-line (B8, C5)."""

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from models.errors import BusinessError
from models.messages.ledger import Origin
from models.rules.ledger import DebtCause
from models.rules.subscriber import Payment
from models.settings import Settings
from models.store.database import Database
from models.tables.base import new_id
from models.usecases import hold, ledger, reconcile
from models.usecases.work import Desk, Terms, Work
from tests import ledger_model as said
from tests.ledger import TESTS, eur, sale
from tests.ledger_model import POSTPAID, PREPAID, Model, Op, Outcome
from tests.stories import play

BEGAN = datetime(2026, 12, 1, tzinfo=UTC)
AT_ONCE = 3

accounts = st.sampled_from((PREPAID, POSTPAID))
amounts = st.sampled_from([Decimal(number) for number in ("0.01", "5", "12.5", "20", "49.99", "60")])
prices = st.sampled_from([Decimal(number) for number in ("0", "0.01", "5", "12.5", "20", "60")])
names = st.sampled_from(["a", "b", "c", "d", "e", "f"])


class CutOff(Exception):  # noqa: N818 - named for what has happened
    """The process dies before it commits."""


class Ledger:
    """The real one, with accounts of its own for each story; names of the model stand for rows."""

    def __init__(self, database: Database, terms: Terms) -> None:
        self.desk = Desk(database, terms, lambda: BEGAN + timedelta(minutes=self.minutes))
        self.minutes = 0
        self.story = str(new_id())
        self.accounts: dict[str, UUID] = {}
        self.holds: dict[str, UUID] = {}
        self.transactions: dict[str, UUID] = {}

    async def open(self) -> None:
        async with self.desk.work(TESTS, "test") as work:
            for name, payment, limit in ((PREPAID, Payment.PREPAID, 0), (POSTPAID, Payment.POSTPAID, 50)):
                self.accounts[name] = (await ledger.open_account(work, new_id(), payment, eur(limit))).id

    async def do(self, op: Op) -> Outcome:
        try:
            async with self.desk.work(TESTS, "test") as work:
                named = await self._act(work, op)
        except BusinessError:
            return "refused"
        for kept, name, row_id in named:
            kept[name] = row_id
        return "done"

    async def cut_off(self, op: Op) -> None:
        with contextlib.suppress(BusinessError, CutOff):
            async with self.desk.work(TESTS, "test") as work:
                await self._act(work, op)
                raise CutOff

    async def _act(self, work: Work, op: Op) -> list[tuple[dict[str, UUID], str, UUID]]:
        match op:
            case said.TopUp(account, amount, payment):
                booked = await ledger.top_up(work, self.accounts[account], eur(amount), f"{self.story}-{payment}")
                return [(self.transactions, payment, booked.id)]
            case said.Adjust(account, amount, name):
                reference = f"{self.story}-{name}"
                booked = await ledger.adjust(work, self.accounts[account], eur(amount), "Random", reference)
                return [(self.transactions, name, booked.id)]
            case said.Offline(account, price, name):
                origin, debt = Origin(session_id=new_id()), DebtCause.OFFLINE
                reference = f"{self.story}-{name}"
                booked = await ledger.settle(work, self.accounts[account], sale(price), reference, origin, debt)
                return [(self.transactions, name, booked.id)]
            case said.Limit(account, limit):
                await ledger.change_limit(work, self.accounts[account], eur(limit), "Random")
                return []
            case said.Reverse(name):
                await ledger.reverse(work, self.transactions.get(name) or new_id(), "Random")
                return []
            case _:
                return await self._hold(work, op)

    async def _hold(self, work: Work, op: Op) -> list[tuple[dict[str, UUID], str, UUID]]:
        match op:
            case said.Take(account, amount, name, lasts):
                until = work.now + timedelta(minutes=lasts)
                reference = f"{self.story}-{name}"
                made = await hold.take(work, self.accounts[account], eur(amount), reference, expires_at=until)
                return [(self.holds, name, made.id)]
            case said.Extend(name, to):
                await hold.extend(work, self._held(name), eur(to))
            case said.Settle(name, price, may_exceed):
                debt = DebtCause.OVERRUN if may_exceed else None
                origin = Origin(session_id=new_id())
                booked = await hold.settle(work, self._held(name), sale(price), origin, debt)
                return [] if booked is None else [(self.transactions, f"hold:{name}", booked.id)]
            case said.Release(name):
                await hold.release(work, self._held(name))
            case _:
                await hold.expire(work)
        return []

    def _held(self, name: str) -> UUID:
        """Where nothing was held under the name, an id that nothing has."""
        return self.holds.get(name) or new_id()

    async def stands(self) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
        async with self.desk.work(TESTS, "test") as work:
            rows = {name: await ledger.account(work, row_id) for name, row_id in self.accounts.items()}
        return {
            name: (row.balance or Decimal(0), row.held or Decimal(0), row.available or Decimal(0))
            for name, row in rows.items()
        }


def stands(model: Model) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    return {name: (model.purses[name].balance, model.held(name), model.available(name)) for name in model.purses}


class Drivers(RuleBasedStateMachine):
    """``runner``, ``database`` and ``terms`` are set by the test that runs it."""

    runner: asyncio.Runner
    database: Database
    terms: Terms

    @initialize()
    def begin(self) -> None:
        self.model, self.real = Model(), Ledger(self.database, self.terms)
        # What is drawn must not hang on who came first: names are those that were tried, whatever came of it.
        self.held, self.booked = ["a"], ["pay-a"]
        self.runner.run(self.real.open())

    def teardown(self) -> None:
        found = self.runner.run(reconcile.prove(self.database))
        assert [(each.proof.name, each.rows) for each in found if not each.holds] == []

    @rule(data=st.data())
    def one_does_something(self, data: st.DataObject) -> None:
        self._do(self._drawn(data))

    @rule(data=st.data())
    def one_does_it_twice(self, data: st.DataObject) -> None:
        op = self._drawn(data)
        self._do(op)
        self._do(op)

    @rule(data=st.data())
    def one_is_cut_off_before_the_end(self, data: st.DataObject) -> None:
        self.runner.run(self.real.cut_off(self._drawn(data)))
        self._compare()

    @rule(data=st.data(), same=st.booleans())
    def some_act_at_once(self, data: st.DataObject, same: bool) -> None:
        """What comes of it is what would have come of some order of theirs."""
        first = self._drawn(data)
        ops = [first] * AT_ONCE if same else [first, *(self._drawn(data) for _ in range(AT_ONCE - 1))]
        outcomes = self.runner.run(self._at_once(ops))
        # A round passes over holds that others work on, and ends them later.
        ops.append(said.Expire())
        outcomes.append(self.runner.run(self.real.do(ops[-1])))
        real = self.runner.run(self.real.stands())
        possible = [model for model in self._orders(ops, outcomes) if stands(model) == real]
        assert possible, (ops, outcomes, stands(self.model), real)
        self.model = possible[0]

    @rule(minutes=st.integers(1, 10))
    def time_goes_by(self, minutes: int) -> None:
        self.model.now = self.real.minutes = self.model.now + minutes

    def _do(self, op: Op) -> None:
        self.model, expected = self.model.after(op)
        assert [self.runner.run(self.real.do(op))] == expected, op
        self._compare()

    def _compare(self) -> None:
        assert self.runner.run(self.real.stands()) == stands(self.model)

    async def _at_once(self, ops: Sequence[Op]) -> list[Outcome]:
        return list(await asyncio.gather(*(self.real.do(op) for op in ops)))

    def _orders(self, ops: Sequence[Op], outcomes: Sequence[Outcome]) -> list[Model]:
        found = []
        for order in itertools.permutations(range(len(ops) - 1)):
            in_order = [*order, len(ops) - 1]
            model, came = self.model.after(*(ops[place] for place in in_order))
            if came == [outcomes[place] for place in in_order]:
                found.append(model)
        return found

    def _drawn(self, data: st.DataObject) -> Op:
        fresh = f"{len(self.held)}-{len(self.booked)}"
        held, booked = st.sampled_from(self.held), st.sampled_from(self.booked)
        ops = [
            st.builds(said.TopUp, accounts, amounts, names.map("pay-{}".format)),
            st.builds(said.Adjust, accounts, st.one_of(amounts, amounts.map(Decimal.__neg__)), st.just(fresh)),
            st.builds(said.Offline, accounts, amounts, st.just(fresh)),
            st.builds(said.Limit, accounts, prices),
            st.builds(said.Take, accounts, amounts, names, st.integers(1, 20)),
            st.builds(said.Take, accounts, amounts, st.just(fresh), st.integers(1, 20)),
            st.just(said.Expire()),
            st.builds(said.Extend, held, amounts),
            st.builds(said.Settle, held, prices, st.booleans()),
            st.builds(said.Settle, held, prices, st.just(False)),
            st.builds(said.Release, held),
            st.builds(said.Reverse, booked),
        ]
        op = data.draw(st.one_of(ops))
        match op:
            case said.Take(_, _, name, _):
                self.held.append(name)
            case said.TopUp(_, _, name) | said.Adjust(_, _, name) | said.Offline(_, _, name):
                self.booked.append(name)
            case said.Settle(name):
                self.booked.append(f"hold:{name}")
        return op


def play_drivers(settings: Settings, stories: int, steps: int) -> None:
    database = Database(settings.sqlalchemy_url)
    with asyncio.Runner() as runner:
        play(Drivers, stories, steps, runner=runner, database=database, terms=Terms.of(settings))
        runner.run(database.close())


@pytest.mark.step("B8", "C5", "H1")
def test_whatever_drivers_do_the_ledger_stays_whole_and_nobody_is_overdrawn(settings: Settings) -> None:
    play_drivers(settings, stories=12, steps=25)


@pytest.mark.hard
@pytest.mark.timeout(600)
@pytest.mark.step("B8", "C5", "H1")
def test_many_long_stories_of_drivers_leave_the_ledger_whole(settings: Settings) -> None:
    play_drivers(settings, stories=60, steps=50)
