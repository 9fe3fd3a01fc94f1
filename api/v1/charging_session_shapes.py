"""Charging sessions and their bill data records, as the API shows them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from api.auth.access import Access
from api.v1.ledger_shapes import HoldShape, hold_shape
from api.v1.shapes import Shape, example
from api.v1.tariff_shapes import PRICE, PriceShape, kept_price_shape, price_shape
from models.rules.access import Permission
from models.rules.authorisation import TokenVerdict
from models.rules.rating import Activity
from models.rules.session import SESSION, Flag, SessionStage
from models.rules.signed_values import Outcome
from models.rules.tariff import PlaceKind
from models.rules.vend import Vend
from models.store import sessions, signed_values, tariffs
from models.store.session_list import Shown
from models.tables.ledger import Hold
from models.tables.session import Cdr, ChargingSession
from models.tables.tariff import TariffVersion
from models.usecases import session_price
from models.usecases.session_price import SoFar
from models.usecases.work import Work

_ROW: dict[str, Any] = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e04",
    "reference": "CS-2026-000042",
    "stage": "settled",
    "label": "Settled",
    "flags": [],
    "station": "NL-STM-000003",
    "connector": 1,
    "evse_id": "NL*STM*E000003*1",
    "subscriber": "SUB-2026-000017",
    "card": "NL-0000-4711",
    "vehicle": None,
    "started_at": "2026-12-08T10:00:00Z",
    "stopped_at": "2026-12-08T12:00:00Z",
    "energy_wh": 14_200,
    "vend": "contract",
    "gross": "6.7000",
    "currency": "EUR",
}
_PERIOD = {"starts_at": "2026-12-08T10:00:00Z", "activity": "charging", "energy_wh": 14_200}
_SIGNED = {
    "at": "2026-12-08T12:00:00Z",
    "context": "Transaction.End",
    "outcome": "valid",
    "meter": "1ELS0000000042",
    "key": "3059301306072a8648ce3d020106082a8648ce3d03010703420004...",
    "value": 'OCMF|{"FV":"1.0","MS":"1ELS0000000042","RD":[...]}|{"SD":"3045..."}',
}
_TARIFF = {"code": "TRF-PUBLIC", "version": 2}
_RECORD = {
    "number": 1,
    "credits": None,
    "started_at": "2026-12-08T10:00:00Z",
    "ended_at": "2026-12-08T12:00:00Z",
    "energy_wh": 14_200,
    "price": PRICE,
    "ledger_transaction_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e02",
    "made_at": "2026-12-08T12:00:01Z",
}


class SessionRowShape(Shape):
    """Whose it is sees who may read cards, and what it costs who may read the ledger; for others these are null."""

    model_config = example(**_ROW)

    id: UUID
    reference: str
    stage: SessionStage
    label: str = Field(description="The stage in plain words")
    flags: list[Flag] = Field(description="What is out of the ordinary about it")
    station: str
    connector: int | None
    evse_id: str | None
    subscriber: str | None
    card: str | None = Field(description="The number that is printed on it")
    vehicle: str | None = Field(description="The car that has shown one of its ids, by its reference")
    started_at: datetime = Field(description="By the station's clock, or put right where that is wrong")
    stopped_at: datetime | None
    energy_wh: int
    vend: Vend = Field(description="The station's terms at the start; unless by `contract`, nothing is billed")
    gross: Decimal | None = Field(description="By the bill data record that stands; null while there is none")
    currency: str | None


class PeriodShape(Shape):
    model_config = example(**_PERIOD)

    starts_at: datetime = Field(description="It lasts until the next one begins")
    activity: Activity
    energy_wh: int


class UsedTariffShape(Shape):
    model_config = example(**_TARIFF)

    code: str
    version: int


class RecordShape(Shape):
    """A bill data record (CDR): odd ones charge, each even one credits the one before it."""

    model_config = example(**_RECORD)

    number: int
    credits: int | None = Field(description="The number of the record that it takes back")
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    price: PriceShape
    ledger_transaction_id: UUID | None = Field(description="Null where it costs nothing")
    made_at: datetime


class SignedValueShape(Shape):
    """A signed meter value that is kept with the session."""

    model_config = example(**_SIGNED)

    at: datetime
    context: str = Field(description="Where in the transaction it was taken, in OCPP's word")
    outcome: Outcome = Field(
        description="Whether its signature holds; `key_unknown`: no public key of its place is known"
    )
    meter: str | None = Field(description="The meter's serial number, as it is signed")
    key: str | None = Field(description="The public key that it was checked by: DER, in hexadecimal")
    value: str = Field(description="As it came")


class SessionShape(SessionRowShape):
    model_config = example(
        **_ROW,
        waits_for=None,
        transaction=1042,
        verdict="accepted",
        place_kind="public",
        stop_reason="Local",
        meter_start_wh=1_000,
        meter_stop_wh=15_200,
        idle_told_at=None,
        stop_asked_at=None,
        told_started_at=None,
        decided_at=None,
        settled_at="2026-12-08T12:00:01Z",
        periods=[_PERIOD],
        tariff=_TARIFF,
        price=PRICE,
        records=[_RECORD],
        hold=None,
        signed_values=[_SIGNED],
        messages="/v1/stations/NL-STM-000003/messages?since=2026-12-08T09%3A59%3A58Z&until=2026-12-08T12%3A00%3A02Z",
        created_at="2026-12-08T10:00:00Z",
    )

    waits_for: str | None
    transaction: int = Field(description="The number of its transaction at the station")
    verdict: TokenVerdict = Field(description="On its token, when it started")
    place_kind: PlaceKind = Field(description="What the place is to whoever charges there")
    stop_reason: str | None = Field(description="In the station's word")
    meter_start_wh: int | None
    meter_stop_wh: int | None
    idle_told_at: datetime | None = Field(description="Since when its driver knows that the car keeps the place")
    stop_asked_at: datetime | None = Field(description="When its station was told to stop it")
    told_started_at: datetime | None = Field(description="What its station told, where its clock was wrong by months")
    decided_at: datetime | None = Field(description="When it was decided whether it is billed, after it was set aside")
    settled_at: datetime | None
    periods: list[PeriodShape]
    tariff: UsedTariffShape | None = Field(description="By which it is priced, whatever has changed since")
    price: PriceShape | None = Field(description="By the record that stands; until there is one, so far")
    records: list[RecordShape] = Field(description="Its bill data records, in their order")
    hold: HoldShape | None = Field(description="What was set aside for it")
    signed_values: list[SignedValueShape] = Field(description="What its meter has signed, for who may read cards")
    messages: str = Field(description="Where to read what its station and we said meanwhile")
    created_at: datetime


def row_shape(access: Access, shown: Shown) -> SessionRowShape:
    return SessionRowShape(**_row(access, shown))


async def session_shape(work: Work, access: Access, shown: Shown) -> SessionShape:
    row, transaction = shown.session, shown.transaction
    found = await session_price.so_far(work, row, transaction)
    records = await sessions.cdrs(work.session, row.id) if _sees_money(access) else []
    held = await work.session.get(Hold, row.hold_id) if row.hold_id and _sees_money(access) else None
    # The card's uid may be signed too.
    sees_cards = access.caller.reach(Permission.CARDS_READ) is not None
    signed = await signed_values.of_session(work.session, row.id) if sees_cards else []
    own = {"verdict", "place_kind", "idle_told_at", "stop_asked_at", "settled_at", "created_at"}
    own |= {"told_started_at", "decided_at"}
    return SessionShape(
        **_row(access, shown),
        **row.model_dump(include=own),
        **transaction.model_dump(include={"stop_reason", "meter_start_wh", "meter_stop_wh"}),
        waits_for=SESSION.state(row.stage).waits_for,
        transaction=row.transaction_number,
        periods=[PeriodShape.model_validate(each) for each in found.periods],
        tariff=await _tariff(work, row) if _sees_money(access) else None,
        price=_price(records, found) if _sees_money(access) else None,
        records=[_record(each) for each in records],
        hold=None if held is None else hold_shape(held),
        signed_values=[SignedValueShape.model_validate(each) for each in signed],
        messages=_messages(shown),
    )


def _row(access: Access, shown: Shown) -> dict[str, Any]:
    row = shown.session
    said = row.model_dump(include=set(SessionRowShape.model_fields))
    said |= {"label": SESSION.state(row.stage).label, "station": shown.station, "evse_id": shown.evse_id}
    said |= {"energy_wh": shown.transaction.energy_wh, "subscriber": None, "card": None, "vehicle": None}
    if access.caller.reach(Permission.CARDS_READ):
        said |= {"subscriber": shown.subscriber, "card": shown.card, "vehicle": shown.vehicle}
    money = {"gross": shown.gross, "currency": shown.currency}
    return said | (money if _sees_money(access) else dict.fromkeys(money))


def _sees_money(access: Access) -> bool:
    return access.caller.reach(Permission.LEDGER_READ) is not None


def _price(records: Sequence[Cdr], found: SoFar) -> PriceShape | None:
    if records:
        return _kept(records[-1])
    return None if found.price is None else price_shape(found.price)


def _kept(record: Cdr) -> PriceShape:
    return kept_price_shape(record.net, record.vat, record.gross, record.currency, record.lines)


def _record(record: Cdr) -> RecordShape:
    own = set(RecordShape.model_fields) - {"credits", "price"}
    is_credit = record.credits_id is not None
    return RecordShape(
        **record.model_dump(include=own),
        credits=record.number - 1 if is_credit else None,
        price=_kept(record),
    )


async def _tariff(work: Work, row: ChargingSession) -> UsedTariffShape | None:
    if row.tariff_version_id is None:
        return None
    version = await work.session.get_one(TariffVersion, row.tariff_version_id)
    return UsedTariffShape(code=(await tariffs.named(work.session, version.tariff_id)).code, version=version.number)


def _messages(shown: Shown) -> str:
    """The station's clock may be wrong, ours is not: from the session's own beginning here."""
    until = shown.session.settled_at
    said = {"since": shown.session.created_at} | ({} if until is None else {"until": until})
    return f"/v1/stations/{shown.station}/messages?{urlencode(_instants(said))}"


def _instants(said: dict[str, datetime]) -> dict[str, str]:
    return {name: at.isoformat() for name, at in said.items()}
