"""Stations that come without a placement request: entered at their site, or called off again (L6, P20)."""

from collections.abc import Sequence
from uuid import UUID

from models.errors import AlreadyExists, InvalidInput, StageDoesNotAllow
from models.messages.placement import Location
from models.messages.site import EnteredUnit, NewSite, NewStations
from models.messages.work_order import CancelWorkOrder, WorkOrderProgress
from models.rules.access import OrganisationKind
from models.rules.work_order import WORK_ORDER, WorkOrderEvent
from models.store import assets, organisations, placements, sites, units, work_orders
from models.tables.access import Organisation
from models.tables.base import new_id
from models.tables.site import Place, Site
from models.tables.tender import Product
from models.tables.unit import Unit, UnitState
from models.tables.work_order import LineEvse, WorkOrder
from models.usecases import commissioning, site_checks, timeline, undoing, work_order
from models.usecases.work import Work

OWNERS = frozenset({OrganisationKind.REQUESTER, OrganisationKind.OPERATOR})
INSTALLERS = frozenset({OrganisationKind.INSTALLER, OrganisationKind.OPERATOR})
KEEPERS = frozenset({OrganisationKind.SERVICE_PARTNER, OrganisationKind.OPERATOR})
"""Who can own a site, bring its stations to operation, and keep them."""

Kinds = frozenset[OrganisationKind]


async def enter(work: Work, new: NewStations, key_hashes: Sequence[str | None]) -> WorkOrder:
    """The stations become lines of a work order of their own, with the hardware that they bring.

    ``key_hashes`` are those of the factory keys, for each station in its place. All are entered or none. Raises
    InvalidInput, UnknownProduct or AlreadyExists, naming every faulty field.
    """
    owner = await _partner(work, OWNERS, "/site/owner_id", new.site.owner_id)
    installer = await _partner(work, INSTALLERS, "/installer_id", new.installer_id)
    keeper = await _partner(work, KEEPERS, "/service_partner_id", new.service_partner_id)
    looked = await site_checks.look(work, new.stations)
    if looked.faults:
        raise site_checks.refusal(looked.faults, "/stations")
    site = await _site(work, new.site, owner)
    wanted: list[tuple[Product, Unit | None]] = []
    for index, (station, key_hash) in enumerate(zip(new.stations, key_hashes, strict=True)):
        product = looked.products[station.product]
        unit = None
        if station.unit is not None:
            unit = _unit(work, site, product, station.unit, key_hash or "", looked.again.get(index))
        wanted.append((product, unit))
    await work.session.flush()
    order, lines = await work_order.begin(work, site, installer.id, keeper.id, wanted)
    for line, station in zip(lines, new.stations, strict=True):
        for connector, evse_id in enumerate(station.evse_ids, start=1):
            work.session.add(LineEvse(line_id=line.id, connector=connector, evse_id=evse_id))
    await work.session.flush()
    return order


async def call_off(work: Work, work_order_id: UUID, decision: CancelWorkOrder) -> WorkOrderProgress:
    """P20: the stations will not come. They are deregistered; what is the warehouse's goes back, the rest stays there.

    Raises StageDoesNotAllow, for a work order that belongs to a placement too.
    """
    order = await work_orders.lock(work.session, work_order_id)
    WORK_ORDER.next(order.stage, WorkOrderEvent.CANCEL)
    if order.placement_id is not None:
        request = await placements.lock(work.session, order.placement_id)
        raise StageDoesNotAllow(f"It belongs to placement request {request.reference}; cancel that, and it ends too")
    lines = await work_orders.lines(work.session, order.id)
    # All that will change is held first, in the order in which everybody locks.
    for asset_id in sorted(asset.id for *_, asset in lines if asset is not None):
        await assets.lock(work.session, asset_id)
    for unit_id in sorted(unit.id for _, _, unit, _ in lines if unit is not None):
        await units.lock(work.session, unit_id)
    await _free_evse_ids(work, order)
    for *_, asset in lines:
        if asset is not None:
            await commissioning.cancel(work, asset.id)
    for line, _, unit, _ in lines:
        if unit is not None:
            line.unit_id = None
            await _take_off(work, order, unit, line.number)
    await work_order.call_off(work, order, decision.reason)
    return await work_order.progress(work, order)


async def _partner(work: Work, kinds: Kinds, field: str, organisation_id: UUID | None) -> Organisation:
    """The operator itself where none is named."""
    if organisation_id is None:
        return await organisations.operator(work.session)
    known = await work.session.get(Organisation, organisation_id)
    if known is None or known.kind not in kinds:
        raise InvalidInput(f"There is no such {in_words(kinds)}", field=field)
    return known


def in_words(kinds: Kinds) -> str:
    return " or ".join(sorted(kind.replace("_", " ") for kind in kinds))


async def _site(work: Work, new: NewSite, owner: Organisation) -> Site:
    """The site that its owner has named so before, else a new one."""
    known = None if new.reference is None else await sites.find_named(work.session, owner.id, new.reference)
    if known is None:
        contact = new.contact
        known = Site(
            **new.location.model_dump(),
            owner_id=owner.id,
            reference=new.reference,
            contact_name=contact.name if contact else None,
            contact_email=contact.email if contact else None,
        )
        work.session.add(known)
        await work.session.flush()
        timeline.record(work, "site", known.id, "site entered", owner=owner.name, site=known.reference)
    elif (part := moved(known, new.location)) is not None:
        raise AlreadyExists(elsewhere(known, part), field=f"/site/location/{part}")
    return known


def moved(known: Place | Location, said: Location) -> str | None:
    """The part of a place in which it differs from what is said of it now."""
    return next((name for name, value in said.model_dump().items() if getattr(known, name) != value), None)


def elsewhere(site: Site, part: str) -> str:
    words = part.replace("_", " ")
    return f"Site '{site.reference}' has {words} '{getattr(site, part)}'; correct this, or name the site otherwise"


def _unit(work: Work, site: Site, product: Product, new: EnteredUnit, key_hash: str, again: Unit | None) -> Unit:
    """One that was entered before and comes again keeps our key, which it may still have."""
    facts = {"product_id": product.id, "firmware": new.firmware, "factory_key_hash": key_hash}
    unit = again or Unit(id=new_id(), **site_checks.named(new), **facts)  # type: ignore[arg-type]
    unit.product_id, unit.firmware, unit.factory_key_hash = product.id, new.firmware, key_hash
    unit.factory_key_closed_at, unit.state, unit.site_id = None, UnitState.ON_SITE, site.id
    work.session.add(unit)
    timeline.record(work, "unit", unit.id, "came with its station", hardware_id=unit.hardware_id, serial=unit.serial)
    return unit


async def _free_evse_ids(work: Work, order: WorkOrder) -> None:
    lines = await work_orders.lines(work.session, order.id)
    brought = [each.evse_id for line, *_ in lines for each in await work_orders.evses_of_line(work.session, line.id)]
    stations = [asset.id for *_, asset in lines if asset is not None]
    await sites.free_evse_ids(work.session, stations, brought)
    await work_orders.drop_evses_of(work.session, [line.id for line, *_ in lines])


async def _take_off(work: Work, order: WorkOrder, unit: Unit, line: int) -> None:
    unit.state = work_order.off_the_line(unit)
    work_order.record(work, order, "hardware unlinked", line=line, hardware_id=unit.hardware_id)
    if unit.site_id is None:
        unit.return_for_order = order.id
        await undoing.ask_warehouse(work, order, unit)
