"""What stands against stations that somebody wants to enter, field by field (L6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models.errors import AlreadyExists, BusinessError, InvalidInput, UnknownProduct
from models.messages.site import EnteredStation, EnteredUnit
from models.rules.doubles import doubled
from models.store import sites, tenders, units, work_orders
from models.tables.tender import Product
from models.tables.unit import Unit, UnitState
from models.usecases.work import Work

IDENTIFYING = ("serial", "hardware_id", "ocpp_identity")
"""By each of these a unit is known; no two have the same."""


@dataclass(frozen=True)
class Fault:
    """``index`` is the station's among those that are looked at, ``field`` the path of what is wrong with it."""

    index: int
    field: str
    kind: type[BusinessError]
    detail: str


@dataclass(frozen=True)
class Looked:
    """``again`` has the hardware, by its station's index, that was entered before, called off, and comes again."""

    products: dict[str, Product]
    faults: list[Fault]
    again: dict[int, Unit] = field(default_factory=dict)

    @property
    def faulty(self) -> set[int]:
        return {fault.index for fault in self.faults}


def named(unit: EnteredUnit) -> dict[str, str]:
    """By what the unit is known."""
    return {
        "serial": unit.serial,
        "hardware_id": unit.hardware_id or unit.serial.upper(),
        "ocpp_identity": unit.ocpp_identity,
    }


async def look(work: Work, stations: Sequence[EnteredStation], *, hold: bool = True) -> Looked:
    """Whether the stations can be entered, all of them together; where ``hold``, the units that are alike stay held."""
    products = await tenders.products_by_code(work.session, {station.product for station in stations})
    faults = [*_of_products(stations, products), *_doubles(stations)]
    taken = await sites.taken_evse_ids(work.session, {each for station in stations for each in station.evse_ids})
    faults += [
        Fault(index, "evse_ids", AlreadyExists, f"There is an EVSE '{each}' already; look at its station")
        for index, station in enumerate(stations)
        for each in station.evse_ids
        if each in taken
    ]
    looked = Looked(products, faults)
    await _look_at_units(work, stations, looked, hold=hold)
    faults.sort(key=lambda fault: fault.index)
    return looked


def refusal(faults: Sequence[Fault], root: str) -> BusinessError:
    """Every fault with a pointer to its field; ``root`` leads to the list of stations."""
    errors = [{"pointer": f"{root}/{fault.index}/{fault.field}", "detail": fault.detail} for fault in faults]
    more = f" (and {len(faults) - 1} more; nothing was entered)" if len(faults) > 1 else ""
    return faults[0].kind(faults[0].detail + more, errors=errors)


def _of_products(stations: Sequence[EnteredStation], products: dict[str, Product]) -> list[Fault]:
    faults: list[Fault] = []
    for index, station in enumerate(stations):
        product = products.get(station.product)
        if product is None:
            faults.append(Fault(index, "product", UnknownProduct, f"There is no product '{station.product}'"))
        elif station.evse_ids and len(station.evse_ids) != product.connectors:
            detail = f"'{product.code}' has {product.connectors} connectors: give an EVSE id for each, or none"
            faults.append(Fault(index, "evse_ids", InvalidInput, detail))
    return faults


def _doubles(stations: Sequence[EnteredStation]) -> list[Fault]:
    said = [(index, "evse_ids", each) for index, station in enumerate(stations) for each in station.evse_ids]
    said += [
        (index, f"unit/{name}", value)
        for index, station in enumerate(stations)
        if station.unit is not None
        for name, value in named(station.unit).items()
    ]
    return [
        Fault(index, name, AlreadyExists, f"'{value}' stands here more than once; correct all but one")
        for index, name, value in doubled(said)
    ]


async def _look_at_units(work: Work, stations: Sequence[EnteredStation], looked: Looked, *, hold: bool) -> None:
    wanted = {index: named(station.unit) for index, station in enumerate(stations) if station.unit is not None}
    if not wanted:
        return
    values = [{each[name] for each in wanted.values()} for name in IDENTIFYING]
    known = await units.alike(work.session, *values, hold=hold)
    linked = await work_orders.linked_units(work.session, [unit.id for unit in known]) if known else set()
    # By what they are named: a list of thousands may be known as a whole.
    by_name = {(name, getattr(unit, name)): unit for unit in known for name in IDENTIFYING}
    for index, names in wanted.items():
        found = {unit.id: unit for each in names.items() if (unit := by_name.get(each)) is not None}
        alike = list(found.values())
        comes_again = len(alike) == 1 and _comes_again(alike[0], names, linked)
        if comes_again:
            looked.again[index] = alike[0]
        else:
            looked.faults.extend(_faults_of(index, names, alike))


def _comes_again(unit: Unit, names: dict[str, str], linked: set[UUID]) -> bool:
    is_same = all(getattr(unit, name) == value for name, value in names.items())
    return is_same and unit.state is UnitState.ON_SITE and unit.id not in linked


def _faults_of(index: int, names: dict[str, str], alike: Sequence[Unit]) -> list[Fault]:
    return [
        Fault(index, f"unit/{name}", AlreadyExists, f"There is a unit with '{value}' already; look at its label again")
        for name, value in names.items()
        if any(getattr(unit, name) == value for unit in alike)
    ]
