"""Tariffs and prices, as the API shows them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from pydantic import Field

from api.v1.shapes import Shape, example
from models.rules.price import Kind, Line, Price, Span, Used, in_units
from models.rules.price_display import ShownKind, ShownPrice
from models.rules.tariff import Dimension, PlaceKind, TaxIncluded
from models.store.tariffs import ShownAssignment
from models.tables.tariff import TariffVersion
from models.usecases.tariff_trial import Tried

TARIFF = {
    "currency": "EUR",
    "elements": [
        {"price_components": [{"type": "FLAT", "price": 0.35, "vat": 21, "step_size": 1}]},
        {
            "price_components": [{"type": "ENERGY", "price": 0.29, "vat": 21, "step_size": 1}],
            "restrictions": {"start_time": "23:00", "end_time": "07:00"},
        },
        {"price_components": [{"type": "ENERGY", "price": 0.39, "vat": 21, "step_size": 1}]},
        {
            "price_components": [{"type": "PARKING_TIME", "price": 3, "vat": 21, "step_size": 300}],
            "restrictions": {"min_overstay": 1800},
        },
    ],
}
_WHOLE = {"country_code": "NL", "party_id": "STM", "id": "TRF-PUBLIC", "last_updated": "2026-11-21T08:00:00Z", **TARIFF}
_SPAN = {"since": "2026-12-08T10:00:00Z", "until": "2026-12-08T12:00:00Z", "volume": "14.2"}
_LINE = {
    "kind": "ENERGY",
    "element": 3,
    "unit": "kWh",
    "price": "0.39",
    "used": "14.2",
    "billed": "14.2",
    "spans": [_SPAN],
    "vat_rate": "21",
    "net": "5.54",
    "vat": "1.16",
    "gross": "6.70",
}
PRICE = {"currency": "EUR", "net": "5.54", "vat": "1.16", "rounding": "0.00", "gross": "6.70", "lines": [_LINE]}
_UNITS = {
    Dimension.ENERGY: "kWh",
    Dimension.TIME: "hour",
    Dimension.PARKING_TIME: "hour",
    Dimension.FLAT: "session",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e01"


class TariffShape(Shape):
    """``version`` and ``tariff`` are what holds now; null where its first version has not begun."""

    model_config = example(
        id=_ID,
        code="TRF-PUBLIC",
        name="Public charging",
        currency="EUR",
        tax_included="NO",
        version=2,
        tariff=_WHOLE,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    code: str
    name: str
    currency: str
    tax_included: TaxIncluded = Field(description="Whether its prices are gross")
    version: int | None
    tariff: dict[str, Any] | None = Field(description="OCPI 2.2.1 mod_tariffs, Tariff")
    created_at: datetime


class TariffRowShape(Shape):
    model_config = example(
        id=_ID,
        code="TRF-PUBLIC",
        name="Public charging",
        currency="EUR",
        tax_included="NO",
        version=2,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    code: str
    name: str
    currency: str
    tax_included: TaxIncluded
    version: int | None = Field(description="The one that holds now")
    created_at: datetime


class VersionShape(Shape):
    model_config = example(
        number=2,
        valid_from="2027-01-01T00:00:00Z",
        tariff=TARIFF,
        created_by="Fien Finance",
        created_at="2026-11-21T08:00:00Z",
    )

    number: int
    valid_from: datetime
    tariff: dict[str, Any]
    created_by: str
    created_at: datetime


class AssignmentShape(Shape):
    model_config = example(
        id=_ID,
        account="SUB-2026-000017",
        vehicle=None,
        group_id=None,
        station=None,
        place_kind=None,
        valid_from="2026-12-01T00:00:00Z",
        valid_until=None,
        created_by="Fien Finance",
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    account: str | None
    vehicle: str | None = Field(description="A car of the account")
    group_id: UUID | None
    station: str | None
    place_kind: PlaceKind | None
    valid_from: datetime
    valid_until: datetime | None
    created_by: str
    created_at: datetime


class SpanShape(Shape):
    model_config = example(**_SPAN)

    since: datetime
    until: datetime
    volume: Decimal


class LineShape(Shape):
    """``used`` is measured, ``billed`` rounded up to the step; of what is for no element, only the amounts are told."""

    model_config = example(**_LINE)

    kind: Dimension | Kind
    element: int | None = Field(description="Of the tariff, from 1 on")
    unit: str | None
    price: Decimal | None = Field(description="Of one unit, net or gross as the tariff has it")
    used: Decimal | None
    billed: Decimal | None
    spans: list[SpanShape]
    vat_rate: Decimal | None = Field(description="In percent; null where VAT is not applicable")
    net: Decimal
    vat: Decimal
    gross: Decimal


class PriceShape(Shape):
    """``gross`` is what is to be paid: net, VAT, and the cent that rounding leaves. Lines add up to the totals."""

    model_config = example(**PRICE)

    currency: str
    net: Decimal
    vat: Decimal
    rounding: Decimal
    gross: Decimal
    lines: list[LineShape]


class ExplainedShape(Shape):
    model_config = example(code="TRF-PUBLIC", version=2, price=PRICE)

    code: str
    version: int
    price: PriceShape


class ShownPriceShape(Shape):
    model_config = example(kind="kwh", amount="0.4719", text="€0.4719 per kWh")

    kind: ShownKind
    amount: Decimal = Field(description="With VAT, of one kWh, minute or session")
    text: str


class PreviewShape(Shape):
    """By kWh, by minute, by session, then whatever else (AFIR Art. 5)."""

    model_config = example(
        code="TRF-PUBLIC",
        version=2,
        currency="EUR",
        prices=[{"kind": "kwh", "amount": "0.4719", "text": "€0.4719 per kWh"}],
        free_of_charge=False,
    )

    code: str | None = Field(description="The tariff; null, as its version and currency, where nothing is billed")
    version: int | None
    currency: str | None
    prices: list[ShownPriceShape]
    free_of_charge: bool = Field(description="The station bills nothing, whoever charges")


class TriedShape(Shape):
    """``then`` is by the tariff that held for everybody at the station when the session began; null where none did."""

    model_config = example(
        session=1042,
        started_at="2026-12-08T10:00:00Z",
        stopped_at="2026-12-08T12:00:00Z",
        energy_wh=14_200,
        price=PRICE,
        then="6.10",
        currency_then="EUR",
    )

    session: int = Field(description="The number of its transaction")
    started_at: datetime
    stopped_at: datetime
    energy_wh: int
    price: PriceShape
    then: Decimal | None
    currency_then: str | None


class TrialShape(Shape):
    model_config = example(code="TRF-PUBLIC", version=2, currency="EUR", sessions=1, gross="6.70", items=[])

    code: str
    version: int
    currency: str
    sessions: int
    gross: Decimal
    items: list[TriedShape]


def version_shape(row: TariffVersion) -> VersionShape:
    said = row.model_dump(include={"number", "valid_from", "created_by", "created_at"})
    return VersionShape(**said, tariff=row.content)


def assignment_shape(shown: ShownAssignment) -> AssignmentShape:
    said = shown.row.model_dump(exclude={"tariff_id", "account_id", "vehicle_id", "asset_id"})
    return AssignmentShape(**said, account=shown.account, vehicle=shown.vehicle, station=shown.station)


def price_shape(price: Price) -> PriceShape:
    return PriceShape(
        currency=price.currency,
        net=price.net,
        vat=price.vat,
        rounding=price.rounding,
        gross=price.gross,
        lines=[_line(each) for each in price.lines],
    )


def kept_price_shape(net: Decimal, vat: Decimal, gross: Decimal, currency: str, lines: list[Any]) -> PriceShape:
    """Of a price whose lines were kept (``models.rules.cdr``)."""
    rounding, shown = gross - net - vat, [_kept_line(each) for each in lines]
    return PriceShape(currency=currency, net=net, vat=vat, rounding=rounding, gross=gross, lines=shown)


def shown_shape(shown: ShownPrice) -> ShownPriceShape:
    return ShownPriceShape.model_validate(shown)


def tried_shape(tried: Tried) -> TriedShape:
    row = tried.transaction
    assert row.stopped_at is not None  # noqa: S101 - it has ended
    return TriedShape(
        session=row.number,
        started_at=row.started_at,
        stopped_at=row.stopped_at,
        energy_wh=row.energy_wh,
        price=price_shape(tried.price),
        then=None if tried.then is None else tried.then.gross,
        currency_then=None if tried.then is None else tried.then.currency,
    )


def _line(line: Line) -> LineShape:
    amounts = {"vat_rate": line.vat_rate, "net": line.net, "vat": line.vat, "gross": line.gross}
    return LineShape(kind=line.kind, **amounts, **_used(line.of))


def _kept_line(line: dict[str, Any]) -> LineShape:
    kind = line["kind"]
    spans = [{"since": each["since"], "until": each["until"], "volume": each["used"]} for each in line.get("spans", ())]
    unit = _UNITS[Dimension(kind)] if "unit" in line else None
    return LineShape.model_validate({**_used(None), **line, "unit": unit, "spans": spans})


def _used(of: Used | None) -> dict[str, Any]:
    if of is None:
        return {"element": None, "unit": None, "price": None, "used": None, "billed": None, "spans": []}
    return {
        "element": of.element,
        "unit": _UNITS[of.dimension],
        "price": of.price,
        "used": in_units(of.used, of.dimension),
        "billed": in_units(of.billed, of.dimension),
        "spans": [_span(each, of.dimension) for each in of.spans],
    }


def _span(span: Span, dimension: Dimension) -> SpanShape:
    return SpanShape(since=_at(span.since), until=_at(span.until), volume=in_units(span.volume, dimension))


def _at(us: int | Fraction) -> datetime:
    """To the nearest µs; an energy threshold may be reached between two."""
    return _EPOCH + timedelta(microseconds=round(us))
