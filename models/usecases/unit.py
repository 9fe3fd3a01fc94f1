"""Hardware units in the warehouse: booked in, handed over, taken back (P11). No factory key comes here, only hashes."""

from collections.abc import Sequence

from models.errors import (
    AlreadyExists,
    BusinessError,
    HardwareAlreadyLinked,
    InvalidInput,
    StageDoesNotAllow,
    UnknownHardware,
    UnknownProduct,
)
from models.messages.unit import HandOver, NewUnit
from models.rules.access import OrganisationKind
from models.rules.doubles import doubled
from models.store import access, tenders, units, work_orders
from models.store.viewer import EVERYTHING
from models.tables.access import Organisation
from models.tables.task import TaskKind
from models.tables.tender import Product
from models.tables.unit import Unit, UnitState
from models.usecases import placement, task, timeline
from models.usecases.work import Work

UNIQUE = ("hardware_id", "serial", "ocpp_identity")
_CREWS = frozenset({OrganisationKind.INSTALLER, OrganisationKind.OPERATOR})


async def book_in(work: Work, new: NewUnit, factory_key_hash: str) -> Unit:
    """Raises UnknownProduct, AlreadyExists."""
    return (await _book_in(work, [new], [factory_key_hash], ""))[0]


async def book_in_all(work: Work, new: Sequence[NewUnit], factory_key_hashes: Sequence[str]) -> list[Unit]:
    """All of a supplier's list or nothing of it. Raises UnknownProduct or AlreadyExists, naming every faulty field."""
    return await _book_in(work, new, factory_key_hashes, "/units")


async def hand_over(work: Work, hardware_id: str, to: HandOver) -> Unit:
    """The installer takes the unit; taking it twice changes nothing. Raises UnknownHardware, StageDoesNotAllow."""
    unit = await _unit(work, hardware_id)
    installer = await _installer(work, to)
    if unit.state is UnitState.HANDED_OVER and unit.holder_id == installer.id:
        return unit
    if unit.state is not UnitState.IN_STOCK:
        raise StageDoesNotAllow(f"'{hardware_id}' is {_words(unit)}; only what is in stock can be handed over")
    unit.state, unit.holder_id = UnitState.HANDED_OVER, installer.id
    timeline.record(work, "unit", unit.id, "handed over", to=installer.name, hardware_id=unit.hardware_id)
    return unit


async def take_back(work: Work, hardware_id: str) -> Unit:
    """A placement that was called off and waits for the unit goes on with its end (P20).

    Raises UnknownHardware, HardwareAlreadyLinked, StageDoesNotAllow (it is installed, or never was in stock)."""
    unit = await _unit(work, hardware_id)
    if unit.state is UnitState.IN_STOCK:
        return unit
    if unit.state is UnitState.INSTALLED:
        raise StageDoesNotAllow(f"'{hardware_id}' stands in the street; only what was handed over can be returned")
    if unit.state is UnitState.ON_SITE:
        raise StageDoesNotAllow(f"'{hardware_id}' came with its station; only what was handed over can be returned")
    if await work_orders.line_of_unit(work.session, unit.id) is not None:
        raise HardwareAlreadyLinked(f"'{hardware_id}' is linked to a work order line; undo that first")
    awaited_by, is_awaited = unit.return_for, unit.return_for is not None or unit.return_for_order is not None
    unit.state, unit.holder_id, unit.return_for, unit.return_for_order = UnitState.IN_STOCK, None, None, None
    timeline.record(work, "unit", unit.id, "returned to stock", placement_id=awaited_by, hardware_id=unit.hardware_id)
    if is_awaited:
        await task.close_task(work, TaskKind.RETURN_HARDWARE, unit.id)
    if awaited_by is not None:
        await placement.note_hardware_returned(work, awaited_by, unit.id)
    return unit


async def _book_in(work: Work, new: Sequence[NewUnit], hashes: Sequence[str], root: str) -> list[Unit]:
    products = await tenders.products_by_code(work.session, {unit.product for unit in new})
    faults = _unknown_products(new, products) + _doubles(new) + await _known(work, new)
    if faults:
        raise _refusal(faults, root)
    booked = [_row(unit, products[unit.product], key) for unit, key in zip(new, hashes, strict=True)]
    work.session.add_all(booked)
    await work.session.flush()
    for unit in booked:
        timeline.record(work, "unit", unit.id, "booked in", hardware_id=unit.hardware_id, serial=unit.serial)
    return list(await units.refreshed(work.session, [unit.id for unit in booked]))


def _row(new: NewUnit, product: Product, factory_key_hash: str) -> Unit:
    facts = new.model_dump(exclude={"product", "factory_key"})
    return Unit(**facts, product_id=product.id, factory_key_hash=factory_key_hash)


_Fault = tuple[int, str, type[BusinessError], str]


def _unknown_products(new: Sequence[NewUnit], known: dict[str, Product]) -> list[_Fault]:
    return [
        (index, "product", UnknownProduct, f"There is no product '{unit.product}'")
        for index, unit in enumerate(new)
        if unit.product not in known
    ]


def _doubles(new: Sequence[NewUnit]) -> list[_Fault]:
    said = [(index, field, getattr(unit, field)) for field in UNIQUE for index, unit in enumerate(new)]
    return [
        (index, field, AlreadyExists, f"'{value}' stands in the list more than once")
        for index, field, value in doubled(said)
    ]


async def _known(work: Work, new: Sequence[NewUnit]) -> list[_Fault]:
    faults: list[_Fault] = []
    for field in UNIQUE:
        known = await units.known_values(work.session, field, [getattr(unit, field) for unit in new])
        faults += [
            (index, field, AlreadyExists, f"There is a unit with '{getattr(unit, field)}' already")
            for index, unit in enumerate(new)
            if getattr(unit, field) in known
        ]
    return faults


def _refusal(faults: list[_Fault], root: str) -> BusinessError:
    faults.sort(key=lambda fault: fault[0])
    places = [f"{root}/{index}/{field}" if root else f"/{field}" for index, field, _, _ in faults]
    errors = [{"pointer": place, "detail": fault[3]} for place, fault in zip(places, faults, strict=True)]
    _, _, kind, detail = faults[0]
    more = f" (and {len(faults) - 1} more; nothing was booked in)" if len(faults) > 1 else ""
    return kind(detail + more, errors=errors)


async def _unit(work: Work, hardware_id: str) -> Unit:
    unit = await units.lock_by_hardware_id(work.session, hardware_id)
    if unit is None:
        raise UnknownHardware(f"There is no unit '{hardware_id}'; look at the label again")
    return unit


async def _installer(work: Work, to: HandOver) -> Organisation:
    installer = await access.organisation(work.session, to.installer_id, EVERYTHING)
    if installer is None or installer.kind not in _CREWS:
        raise InvalidInput("There is no such installer", field="/installer_id")
    return installer


def _words(unit: Unit) -> str:
    return unit.state.value.replace("_", " ")
