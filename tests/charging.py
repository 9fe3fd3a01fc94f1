"""Drivers at stations, as tests need them: who they are in the rows, and what stations tell of them."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, select

from models.messages.base import Actor
from models.messages.tariff import NewAssignment, NewTariff
from models.messages.telemetry import Metered, Started, Stopped
from models.rules.authorisation import TokenVerdict
from models.rules.commissioning import CommissioningStage
from models.rules.session_usage import Mark
from models.rules.subscriber import Payment
from models.rules.tariff import Tariff as Said
from models.store import sessions
from models.tables.asset import Asset
from models.tables.base import new_id
from models.tables.ledger import Hold, LedgerAccount
from models.tables.session import Cdr, ChargingSession
from models.tables.subscriber import Subscriber
from models.usecases import card, charging, reconcile, session, session_process, tariff
from models.usecases.work import Desk, Work
from tests import pricing
from tests.csms.standing import station_in_test
from tests.people import World
from tests.subscribing import a_subscriber, cards_in_pool, uid_of

T = TypeVar("T")
Row = TypeVar("Row", bound=SQLModel)
STATION = Actor(id=None, name="station")
AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PRICE = pricing.tariff(
    pricing.element(pricing.component("ENERGY", "0.50", "21"), pricing.component("PARKING_TIME", "6", "21")),
    tax_included="YES",
)


def later(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


async def _nobody(_: Collection[str]) -> None:
    return


@dataclass
class Street:
    """An active station, and what it tells; ``minutes`` count from ``at`` on. ``deliver`` brings processes their
    facts."""

    world: World
    desk: Desk
    asset: Asset
    at: datetime = AT
    deliver: Callable[[Collection[str]], Awaitable[None]] = _nobody

    def later(self, minutes: float) -> datetime:
        return self.at + timedelta(minutes=minutes)

    async def do(self, act: Callable[[Work], Awaitable[T]]) -> T:
        async with self.desk.work(STATION, "test") as work:
            done = await act(work)
        await self.deliver(work.handed_over)
        return done

    async def driver(
        self,
        number: str = "NL-1",
        *,
        payment: Payment = Payment.POSTPAID,
        balance: str = "0",
        limit: str = "0",
        phone: str | None = None,
    ) -> Subscriber:
        """Somebody with this card."""
        wanted = limit if Decimal(limit) or payment is Payment.PREPAID else "500"
        subscriber = await a_subscriber(self.world, payment=payment, balance=balance, limit=wanted, phone=phone)
        await self.give_card(subscriber, number)
        return subscriber

    async def give_card(self, owner: Subscriber, number: str) -> None:
        """Theirs since ``at``, whatever the time is by now."""
        await cards_in_pool(self.world, number)

        async def assign(work: Work) -> None:
            given = await card.assign(work, await work.session.get_one(Subscriber, owner.id), number)
            given.assigned_at = min(work.now, self.at)

        await self.do(assign)

    async def start(self, number: str = "NL-1", minutes: float = 0, **changes: Any) -> tuple[int, TokenVerdict]:
        told: dict[str, Any] = {
            "connector": 1,
            "token": uid_of(number),
            "meter_start_wh": 1000,
            "started_at": self.later(minutes),
            "frame": "[start]",
            "irregularities": [],
        }
        return await self.do(lambda work: charging.start(work, Started(self.asset.id, "", **{**told, **changes})))

    async def meter(self, number: int, minutes: float, register_wh: int) -> None:
        sample = {"measurand": "Energy.Active.Import.Register", "unit": "Wh", "value": str(register_wh)}
        await self.do(
            lambda work: charging.meter(
                work,
                Metered(
                    self.asset.id,
                    "",
                    connector=1,
                    number=number,
                    samples=[(self.later(minutes), sample)],
                    register_wh=register_wh,
                    frame="[meter]",
                    irregularities=[],
                ),
            )
        )

    async def stop(self, number: int, minutes: float = 60, register_wh: int = 11_000, **changes: Any) -> None:
        told: dict[str, Any] = {
            "number": number,
            "meter_stop_wh": register_wh,
            "stopped_at": self.later(minutes),
            "reason": "Local",
            "token": None,
            "samples": [],
            "frame": "[stop]",
            "irregularities": [],
        }
        await self.do(lambda work: charging.stop(work, Stopped(self.asset.id, "", **{**told, **changes})))

    async def told(self, mark: Mark) -> None:
        """What a car does at the first connector."""
        await self.do(lambda work: session.told(work, [(self.asset.id, 1, mark)]))

    async def look(self, session: ChargingSession) -> Any:
        return await self.do(lambda work: session_process.look_after(work, session.id))

    async def settle(self, session: ChargingSession) -> Any:
        return await self.do(lambda work: session_process.settle(work, session.id))

    async def rows(self, kind: type[Row]) -> Sequence[Row]:
        async with self.desk.database.transaction() as reading:
            return (await reading.execute(select(kind).order_by(sa.text("id")))).scalars().all()

    async def session(self) -> ChargingSession:
        (only,) = await self.rows(ChargingSession)
        return only

    async def records(self, session_id: UUID) -> Sequence[Cdr]:
        async with self.desk.database.transaction() as reading:
            return await sessions.cdrs(reading, session_id)

    async def hold(self) -> Hold:
        (only,) = await self.rows(Hold)
        return only

    async def account(self, owner: Subscriber) -> LedgerAccount:
        """The one that the owner spends from."""
        found = await self.rows(LedgerAccount)
        return next(each for each in found if each.owner_id == owner.id and each.held is not None)

    async def broken(self) -> dict[str, list[Any]]:
        """The proofs that don't hold, with the rows that break them."""
        found = await reconcile.prove(self.desk.database)
        return {each.proof.name: each.rows for each in found if not each.holds}


async def priced_by(
    desk: Desk,
    said: Said,
    *,
    since: datetime = SINCE,
    account: str | None = None,
    group: UUID | None = None,
    vehicle: str | None = None,
) -> None:
    """The tariff holds from then on: for this subscription, car or group, or for everybody."""
    async with desk.work(STATION, "test") as work:
        code = f"T-{new_id().hex[-8:].upper()}"
        made = await tariff.create(work, NewTariff(code=code, name=code, tariff=said, valid_from=since))
        assigned = NewAssignment(account=account, group_id=group, vehicle=vehicle, valid_from=since)
        await tariff.assign(work, made, assigned)


async def a_street(world: World, desk: Desk, said: Said | None = None) -> Street:
    """Everybody charges there at 50 cents for a kWh and 6 EUR for an hour parked, unless another tariff is named."""
    await priced_by(desk, said or PRICE)
    asset = await station_in_test(world)
    async with desk.database.transaction() as writing:
        await writing.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
    return Street(world, desk, asset)
