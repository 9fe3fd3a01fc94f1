"""Tariffs: made, given new versions that nobody changes, assigned; and which one holds (C10)."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from models.errors import AlreadyExists, InvalidInput, NotFound, StageDoesNotAllow
from models.messages.tariff import NewAssignment, NewTariff, NewTariffVersion
from models.rules import tariff_choice
from models.rules.tariff import PublishedTariff
from models.rules.tariff import Tariff as Said
from models.rules.tariff_choice import Asked, Assignment
from models.rules.vehicle import VehicleState
from models.store import assets, groups, subscribers, tariffs, vehicles
from models.store.viewer import EVERYTHING
from models.tables.subscriber import Subscriber
from models.tables.tariff import Tariff, TariffAssignment, TariffVersion
from models.usecases import timeline
from models.usecases.work import Terms, Work

SUBJECT = "tariff"


@dataclass(frozen=True)
class Held:
    """A tariff by which is charged, in the version that holds."""

    tariff: Tariff
    version: TariffVersion
    said: Said


async def create(work: Work, new: NewTariff) -> Tariff:
    """Raises AlreadyExists."""
    if await tariffs.find(work.session, new.code) is not None:
        raise AlreadyExists(f"There is a tariff '{new.code}' already; add a version to it", field="/code")
    said = new.tariff
    tariff = Tariff(code=new.code, name=new.name, currency=said.currency, tax_included=said.tax_included)
    work.session.add(tariff)
    await work.session.flush()
    await work.session.refresh(tariff)
    await _add(work, tariff, 1, said, new.valid_from or work.now)
    timeline.record(work, SUBJECT, tariff.id, "tariff made", tariff=tariff.code)
    return tariff


async def add_version(work: Work, tariff: Tariff, new: NewTariffVersion) -> TariffVersion:
    """The tariff's row is locked. Raises InvalidInput."""
    valid_from = new.valid_from or work.now
    if valid_from < work.now:
        raise InvalidInput("A new version holds from now on, or later", field="/valid_from")
    for name in ("currency", "tax_included"):
        if getattr(new.tariff, name) != getattr(tariff, name):
            raise InvalidInput("It is the same in every version; make another tariff", field=f"/tariff/{name}")
    [known] = (await tariffs.heads(work.session, [tariff.id])).values()
    version = await _add(work, tariff, known[-1].number + 1, new.tariff, valid_from)
    timeline.record(work, SUBJECT, tariff.id, "tariff version added", tariff=tariff.code, version=version.number)
    return version


async def assign(work: Work, tariff: Tariff, new: NewAssignment) -> TariffAssignment:
    """The tariff's row is locked. Raises InvalidInput."""
    valid_from = new.valid_from or work.now
    if new.valid_until is not None and new.valid_until <= valid_from:
        raise InvalidInput("It ends after it began", field="/valid_until")
    if new.group_id is not None and not await groups.exists(work.session, new.group_id):
        raise InvalidInput("There is no such group", field="/group_id")
    owner, vehicle_id = await _whose(work, new.account, new.vehicle, root="/")
    assigned = TariffAssignment(
        tariff_id=tariff.id,
        account_id=None if owner is None else owner.id,
        vehicle_id=vehicle_id,
        group_id=new.group_id,
        asset_id=None if new.station is None else await asset_id(work, new.station),
        place_kind=new.place_kind,
        valid_from=valid_from,
        valid_until=new.valid_until,
        created_by=work.actor.name,
    )
    work.session.add(assigned)
    await work.session.flush()
    await work.session.refresh(assigned)
    timeline.record(work, SUBJECT, tariff.id, "tariff assigned", tariff=tariff.code)
    return assigned


async def end(work: Work, tariff: Tariff, assigned: TariffAssignment, at: datetime | None) -> None:
    """The tariff's row is locked. Raises InvalidInput, StageDoesNotAllow."""
    until = at or work.now
    if assigned.valid_until is not None and assigned.valid_until <= work.now:
        raise StageDoesNotAllow("The assignment has ended already")
    if until < work.now or until <= assigned.valid_from:
        raise InvalidInput("An assignment ends now or later, and after it began", field="/at")
    assigned.valid_until = until
    await work.session.flush()
    timeline.record(work, SUBJECT, tariff.id, "tariff assignment ended", tariff=tariff.code)


async def lock(work: Work, code: str) -> Tariff:
    """Raises NotFound."""
    tariff = await tariffs.lock(work.session, code)
    if tariff is None:
        raise NotFound(f"There is no tariff '{code}'")
    return tariff


async def held(work: Work, asked: Asked) -> Held | None:
    """The tariff that holds for a session that starts so; it stays the session's. None: none does."""
    fitting = [_assignment(row) for row in await tariffs.fitting(work.session, asked)]
    for assigned in tariff_choice.in_order(fitting, asked):
        tariff = await tariffs.named(work.session, assigned.tariff_id)
        found = await version_at(work, tariff, asked.at)
        if found is not None and found.said.holds_at(asked.at):
            return found
    return None


async def version_at(work: Work, tariff: Tariff, at: datetime) -> Held | None:
    """None: its first version has not begun by then."""
    [known] = (await tariffs.heads(work.session, [tariff.id])).values()
    head = tariff_choice.version_at(known, at)
    return None if head is None else await version_of(work, tariff, head.number)


async def version_of(work: Work, tariff: Tariff, number: int) -> Held:
    """Raises NotFound."""
    version = await tariffs.version(work.session, tariff.id, number)
    if version is None:
        raise NotFound(f"Tariff '{tariff.code}' has no version {number}")
    return Held(tariff, version, Said.model_validate(version.content))


async def asked_by(work: Work, asked: Asked, *, account: str | None, vehicle: str | None = None) -> Asked:
    """With the account and the car that are named, and their group unless another is. Raises InvalidInput."""
    owner, vehicle_id = await _whose(work, account, vehicle, root="")
    if owner is None:
        return asked
    group_id = asked.group_id or owner.group_id
    return replace(asked, account_id=owner.id, vehicle_id=vehicle_id, group_id=group_id)


async def asset_id(work: Work, name: str) -> UUID:
    """Of the station with this name. Raises InvalidInput."""
    found = await assets.find(work.session, name, EVERYTHING)
    if found is None:
        raise InvalidInput("There is no such station", field="/station")
    return found.id


def published(held: Held, terms: Terms) -> PublishedTariff:
    """As partners get it (OCPI 2.2.1 mod_tariffs)."""
    country, party = terms.evse_prefix.split("*")[:2]
    identity = {"country_code": country, "party_id": party, "id": held.tariff.code}
    return PublishedTariff.model_validate({**held.version.content, **identity, "last_updated": held.version.created_at})


async def _add(work: Work, tariff: Tariff, number: int, said: Said, valid_from: datetime) -> TariffVersion:
    version = TariffVersion(
        tariff_id=tariff.id,
        number=number,
        valid_from=valid_from,
        content=said.said(),
        created_by=work.actor.name,
    )
    work.session.add(version)
    await work.session.flush()
    await work.session.refresh(version)
    return version


async def _whose(
    work: Work, account: str | None, vehicle: str | None, *, root: str
) -> tuple[Subscriber | None, UUID | None]:
    """The account that is named, or whose car is; ``root`` leads to the fields."""
    owner = None if account is None else await subscribers.find(work.session, account)
    if account is not None and owner is None:
        raise InvalidInput("There is no such subscription", field=f"{root}account")
    if vehicle is None:
        return owner, None
    car = await vehicles.find(work.session, vehicle)
    if car is None or car.state is VehicleState.REMOVED:
        raise InvalidInput("There is no such car, or it was removed", field=f"{root}vehicle")
    if owner is not None and owner.id != car.subscriber_id:
        raise InvalidInput("It is no car of this account; leave the account out", field=f"{root}vehicle")
    return await work.session.get_one(Subscriber, car.subscriber_id), car.id


def _assignment(row: TariffAssignment) -> Assignment:
    return Assignment(**row.model_dump(exclude={"created_by", "created_at"}))
