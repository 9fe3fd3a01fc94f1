"""A list of stations that stand somewhere already: which of its rows can be entered, and together with which (L6)."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models.messages import lists
from models.messages.lists import RowFault
from models.messages.site import STATIONS_LIMIT, ImportedStation, NewSite, NewStations
from models.store import organisations, sites
from models.store.sites import Entered
from models.tables.access import Organisation
from models.tables.site import Site
from models.usecases import site, site_checks
from models.usecases.work import Work

Row = lists.Row[ImportedStation]
PARTNERS = {"owner": site.OWNERS, "installer": site.INSTALLERS, "service_partner": site.KEEPERS}
"""Which kinds of organisations can stand in these columns."""


@dataclass(frozen=True)
class Group:
    """Rows that become one work order."""

    rows: Sequence[Row]
    new: NewStations


@dataclass
class Sorted:
    """``known`` has the work orders, by line, on which rows were entered before; ``faults`` what is to be corrected."""

    groups: list[Group] = field(default_factory=list)
    known: dict[int, str] = field(default_factory=dict)
    faults: dict[int, list[RowFault]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class _Partners:
    owner: Organisation
    installer: Organisation
    service_partner: Organisation


async def sort(work: Work, rows: Sequence[Row]) -> Sorted:
    """Judge every row as if all were entered now; nothing is."""
    done = Sorted()
    partners = await _partners(work, rows, done)
    entered = await sites.entered(work.session, [row.said.serial for row in rows])
    for row in rows:
        known = entered.get(row.said.serial)
        if row.line in partners and known is not None and _is_same(known, row.said, partners[row.line]):
            done.known[row.line] = known.work_order
    looked = await site_checks.look(work, [row.said.station for row in rows], hold=False)
    for fault in looked.faults:
        done.faults[rows[fault.index].line].append(RowFault(fault.field.rpartition("/")[2], fault.detail))
    for line in done.known:
        done.faults.pop(line, None)
    new = [row for row in rows if row.line not in done.known and row.line not in done.faults]
    done.groups += await _grouped(work, new, partners, done)
    return done


async def _partners(work: Work, rows: Sequence[Row], done: Sorted) -> dict[int, _Partners]:
    """Of the rows that name the right ones, by line."""
    named = {name for row in rows for column in PARTNERS if (name := getattr(row.said, column)) is not None}
    known = await organisations.known_as(work.session, named)
    operator = await organisations.operator(work.session)
    found: dict[int, _Partners] = {}
    for row in rows:
        its = {column: known.get(name, None) if name else operator for column, name in _named(row)}
        for column, partner in its.items():
            if partner is None or partner.kind not in PARTNERS[column]:
                detail = f"There is no {site.in_words(PARTNERS[column])} of this name or id"
                done.faults[row.line].append(RowFault(column, detail))
        if row.line not in done.faults:
            found[row.line] = _Partners(**{column: partner for column, partner in its.items() if partner is not None})
    return found


def _named(row: Row) -> Iterator[tuple[str, str | None]]:
    return ((column, getattr(row.said, column)) for column in PARTNERS)


def _is_same(known: Entered, said: ImportedStation, partners: _Partners) -> bool:
    names = site_checks.named(said.unit)
    return (
        all(getattr(known.unit, name) == value for name, value in names.items())
        and known.product == said.product
        and (known.site.owner_id, known.site.reference) == (partners.owner.id, said.site)
        and site.moved(known.site, said.location) is None
    )


async def _grouped(work: Work, rows: Sequence[Row], partners: dict[int, _Partners], done: Sorted) -> Iterator[Group]:
    """Rows of one site together; those that say otherwise of it than its first row are faulty."""
    named = {row.said.site for row in rows if row.said.site is not None}
    stands = {(each.owner_id, each.reference): each for each in await sites.all_named(work.session, named)}
    together: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        owner = partners[row.line].owner
        key = (owner.id, row.said.site) if row.said.site is not None else row.line
        first = together[key][0] if together[key] else row
        fault = _of_site(stands.get((owner.id, row.said.site)), row) or _of_first(first, row, partners)
        if fault is None:
            together[key].append(row)
        else:
            done.faults[row.line].append(fault)
    orders = (
        each[start : start + STATIONS_LIMIT]
        for each in together.values()
        for start in range(0, len(each), STATIONS_LIMIT)
    )
    return (Group(some, _new(some, partners[some[0].line])) for some in orders)


def _of_site(known: Site | None, row: Row) -> RowFault | None:
    if known is None or row.said.site is None:
        return None
    part = site.moved(known, row.said.location)
    return None if part is None else RowFault(part, site.elsewhere(known, part))


def _of_first(first: Row, row: Row, partners: dict[int, _Partners]) -> RowFault | None:
    part = site.moved(first.said.location, row.said.location)
    for column in ("installer", "service_partner"):
        if getattr(partners[first.line], column).id != getattr(partners[row.line], column).id:
            part = column
    if part is None:
        return None
    detail = f"Line {first.line} says otherwise of the same site; correct one of them, or name the sites apart"
    return RowFault(part, detail)


def _new(rows: Sequence[Row], partners: _Partners) -> NewStations:
    first = rows[0].said
    owner_id: UUID = partners.owner.id
    return NewStations(
        site=NewSite(location=first.location, owner_id=owner_id, reference=first.site, contact=first.contact),
        installer_id=partners.installer.id,
        service_partner_id=partners.service_partner.id,
        stations=tuple(row.said.station for row in rows),
    )
