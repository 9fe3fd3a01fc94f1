"""Groups: made by the operator; cards, people and stations are taken in, and let go again (S6)."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.errors import AlreadyExists, InvalidInput, NotFound, StageDoesNotAllow, UnknownCard
from models.messages.group import GroupChange, GroupLimits, NewGroup, NewPerson
from models.messages.subscriber import WebSubscription
from models.rules.access import OrganisationKind
from models.rules.card import CardState
from models.rules.group import StationAccess, Used, month_began
from models.rules.subscriber import SUBSCRIBER
from models.rules.vend import Vend
from models.store import assets, cards, group_use, groups, organisations, subscribers, vehicles
from models.store.groups import CardOfGroup
from models.store.viewer import EVERYTHING, Viewer
from models.tables.asset import Asset
from models.tables.card import Card
from models.tables.group import DriverGroup
from models.tables.subscriber import Subscriber
from models.tables.vehicle import Vehicle
from models.usecases import subscriber, timeline, upkeep, vend, wanting
from models.usecases.work import Work

SUBJECT = "group"
LIMITS = tuple(GroupLimits.model_fields)


async def make(work: Work, new: NewGroup) -> DriverGroup:
    """Raises InvalidInput (no such group owner), AlreadyExists (the tag)."""
    owner = (await organisations.all_of(work.session, [new.organisation_id])).get(new.organisation_id)
    if owner is None or owner.kind is not OrganisationKind.GROUP_OWNER:
        raise InvalidInput("There is no such organisation that owns groups", field="/organisation_id")
    reference = f"GR-{work.now.year}-{await groups.next_number(work.session):06d}"
    tag = new.tag or reference
    if await groups.tagged(work.session, tag) is not None:
        raise AlreadyExists("Another group has this tag", field="/tag")
    said = new.model_dump(exclude={"tag", "zone"})
    row = DriverGroup(**said, reference=reference, tag=tag, zone=new.zone or work.terms.zone.key)
    work.session.add(row)
    await work.session.flush()
    await work.session.refresh(row)
    _record(work, row, "group made")
    return row


async def change(work: Work, row: DriverGroup, wanted: GroupChange) -> None:
    """Its row is locked. What goes on already goes on."""
    said: dict[str, Any] = {} if wanted.limits is None else wanted.limits.model_dump()
    if wanted.name is not None:
        said["name"] = wanted.name
    row.sqlmodel_update(said)
    await work.session.flush()
    await work.session.refresh(row)
    _record(work, row, "group changed", changed=sorted(said))


async def find(work: Work, reference: str, viewer: Viewer) -> DriverGroup:
    """Raises NotFound."""
    return _there(await groups.find(work.session, reference, viewer))


async def lock(work: Work, reference: str, viewer: Viewer) -> DriverGroup:
    """Raises NotFound."""
    return _there(await groups.lock(work.session, reference, viewer))


async def take_person(work: Work, row: DriverGroup, reference: str) -> Subscriber:
    """With all of its cards. Raises InvalidInput (there is none, it has ended), AlreadyExists (it has a group)."""
    known = await subscribers.find(work.session, reference)
    if known is None or SUBSCRIBER.is_terminal(known.stage):
        raise InvalidInput("There is no such subscription any more", field="/subscriber")
    person = await subscribers.lock(work.session, known.id)
    _check_free(person.group_id, row, "/subscriber")
    person.group_id = row.id
    await work.session.flush()
    await wanting.tell_of_group(work, row.id)
    _record(work, row, "person taken in", subscriber=person.reference)
    return person


async def ask_for_person(work: Work, row: DriverGroup, new: NewPerson) -> Subscriber:
    """Somebody new, whose subscription customer care accepts; within the group from the start.

    Raises AlreadyExists, InvalidInput.
    """
    person = await subscriber.ask(work, WebSubscription(**new.model_dump()))
    person.group_id = row.id
    await work.session.flush()
    _record(work, row, "person asked for", subscriber=person.reference)
    return person


async def let_person_go(work: Work, row: DriverGroup, reference: str) -> None:
    """With the cards that it has; sessions that go on are the group's still. Raises NotFound."""
    person = await person_of(work, row, reference)
    person.group_id = None
    for card, _ in await cards.lock_of(work.session, person.id):
        card.group_id = None if card.group_id == row.id else card.group_id
    await work.session.flush()
    await wanting.tell_of_group(work, row.id)
    _record(work, row, "person let go", subscriber=person.reference)


async def person_of(work: Work, row: DriverGroup, reference: str) -> Subscriber:
    """A subscription of the group, locked. Raises NotFound."""
    known = await subscribers.find(work.session, reference)
    person = None if known is None else await subscribers.lock(work.session, known.id)
    if person is None or person.group_id != row.id:
        raise NotFound("The group has no such subscription")
    return person


async def take_card(work: Work, row: DriverGroup, number: str) -> Card:
    """One of the pool is kept for the group's people from now on; one that is somebody's charges for the group.

    Raises UnknownCard, AlreadyExists (it has a group), StageDoesNotAllow (it is blocked).
    """
    card = await cards.lock(work.session, number)
    if card is None:
        raise UnknownCard(f"There is no card '{number}'", field="/card")
    if card.state is CardState.BLOCKED:
        raise StageDoesNotAllow("The card is blocked; take another one")
    _check_free(card.group_id, row, "/card")
    card.group_id = row.id
    await work.session.flush()
    await wanting.tell_of_group(work, row.id)
    _record(work, row, "card taken in", card=card.number)
    return card


async def check_kept(work: Work, row: DriverGroup, number: str) -> None:
    """A card of the pool that is kept for the group. Raises InvalidInput."""
    known = await groups.card(work.session, row.id, number)
    if known is None:
        raise InvalidInput("No such card is kept for the group", field="/card")


async def shown_card(work: Work, row: DriverGroup, number: str) -> CardOfGroup:
    """Raises NotFound."""
    found = await groups.card(work.session, row.id, number)
    if found is None:
        raise NotFound("The group has no such card")
    return found


async def let_card_go(work: Work, row: DriverGroup, number: str) -> None:
    """Raises NotFound, StageDoesNotAllow (it is of the group by whose it is)."""
    card = await card_of(work, row, number)
    if card.group_id is None:
        raise StageDoesNotAllow("The card belongs to the group by its subscription: let that go, or block the card")
    card.group_id = None
    await work.session.flush()
    await wanting.tell_of_group(work, row.id)
    _record(work, row, "card let go", card=card.number)


async def card_of(work: Work, row: DriverGroup, number: str) -> Card:
    """A card that belongs to the group, itself or by whose it is; locked. Raises NotFound."""
    await cards.lock(work.session, number)
    return (await shown_card(work, row, number)).card


async def vehicle_of(work: Work, row: DriverGroup, reference: str) -> Vehicle:
    """A car of the group's people, locked. Raises NotFound."""
    car = await vehicles.lock(work.session, reference)
    owner = None if car is None else await work.session.get_one(Subscriber, car.subscriber_id)
    if car is None or owner is None or owner.group_id != row.id:
        raise NotFound("The group has no such car")
    return car


async def take_station(work: Work, row: DriverGroup, name: str) -> Asset:
    """It stays as open as it is. Raises InvalidInput, AlreadyExists (it has a group)."""
    known = await assets.find(work.session, name, EVERYTHING)
    if known is None:
        raise InvalidInput("There is no such station", field="/station")
    station = await assets.lock(work.session, known.id)
    _check_free(station.group_id, row, "/station")
    station.group_id = row.id
    await upkeep.tell(work, station, upkeep.CHANGED)
    _record(work, row, "station taken in", station=station.name)
    return station


async def let_station_go(work: Work, row: DriverGroup, name: str) -> None:
    """It is open to everybody then, by contract. Raises NotFound."""
    station = await station_of(work, row, name)
    station.group_id, station.access = None, StationAccess.PUBLIC
    await vend.set_terms(work, station, Vend.CONTRACT)
    await upkeep.tell(work, station, upkeep.CHANGED)
    _record(work, row, "station let go", station=station.name)


async def open_station(work: Work, row: DriverGroup, name: str, access: StationAccess) -> Asset:
    """Whom it takes from now on; sessions go on. Raises NotFound."""
    station = await station_of(work, row, name)
    station.access = access
    await upkeep.tell(work, station, upkeep.CHANGED)
    _record(work, row, "station opened", station=station.name, access=access.value)
    return station


async def set_terms(work: Work, row: DriverGroup, name: str, terms: Vend) -> Asset:
    """On what terms it gives energy from now on. Raises NotFound."""
    station = await station_of(work, row, name)
    await vend.set_terms(work, station, terms)
    _record(work, row, "station's terms set", station=station.name, vend=terms.value)
    return station


async def station_of(work: Work, row: DriverGroup, name: str) -> Asset:
    """A station of the group, locked. Raises NotFound."""
    known = await assets.find(work.session, name, EVERYTHING)
    station = None if known is None else await assets.lock(work.session, known.id)
    if station is None or station.group_id != row.id:
        raise NotFound("The group has no such station")
    return station


async def use(work: Work, row: DriverGroup) -> tuple[datetime, int, Used]:
    """Since when its month goes, how many of its sessions go on, and what it has used in this month."""
    since = month_began(work.now, ZoneInfo(row.zone))
    used = await group_use.of_group(work.session, row.id, since, row.currency)
    going_on = await group_use.places(work.session, [row.id])
    return since, len(going_on.get(row.id, ())), used


def _there(row: DriverGroup | None) -> DriverGroup:
    if row is None:
        raise NotFound("There is no such group")
    return row


def _check_free(group_id: UUID | None, row: DriverGroup, field: str) -> None:
    if group_id is not None and group_id != row.id:
        raise AlreadyExists("It belongs to another group", field=field)


def _record(work: Work, row: DriverGroup, what: str, **said: Any) -> None:
    timeline.record(work, SUBJECT, row.id, what, group=row.reference, **said)
