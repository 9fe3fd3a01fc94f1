"""Cars: registered for a subscription with their electronic ids, changed, removed; they charge while it may (S9)."""

from typing import Any
from uuid import UUID

from models.errors import LimitReached, NotFound, StageDoesNotAllow, VehicleIdTaken
from models.messages.vehicle import IDS_LIMIT, MemberVehicle, NewVehicleId, VehicleChange
from models.rules.events import Event
from models.rules.subscriber import SubscriberStage
from models.rules.vehicle import TAKES_VEHICLES, VEHICLE, RemovalReason, VehicleEvent, VehicleState, may_charge
from models.rules.vehicle_id import VehicleId
from models.store import customers, organisations, subscribers, vehicles
from models.tables.base import new_id
from models.tables.subscriber import Subscriber
from models.tables.vehicle import Vehicle, VehicleToken
from models.usecases import id_token, notice, timeline
from models.usecases.work import Work

SUBJECT = "vehicle"


async def register(work: Work, subscriber_id: UUID, new: MemberVehicle) -> Vehicle:
    """With all of its ids, or not at all. Raises StageDoesNotAllow, VehicleIdTaken with the field."""
    owner = await subscribers.lock(work.session, subscriber_id)
    if owner.stage not in TAKES_VEHICLES:
        raise StageDoesNotAllow(f"The subscription is {owner.stage}; a car is registered for one that is active")
    vehicle = Vehicle(
        id=new_id(),
        reference=f"VEH-{work.now.year}-{await vehicles.next_number(work.session):06d}",
        subscriber_id=owner.id,
        **new.model_dump(include=set(VehicleChange.model_fields)),
    )
    work.session.add(vehicle)
    await work.session.flush()
    places = sorted((each.id, place) for place, each in enumerate(new.ids))  # in the order of their locks
    for wanted, place in places:
        await _give(work, vehicle, wanted, f"/ids/{place}/value")
    await _settle(work, [vehicle], owner.stage)
    await work.session.refresh(vehicle)
    _record(work, vehicle, "vehicle registered", ids=len(new.ids), subscriber=owner.reference)
    await _tell(work, vehicle, Event.VEHICLE_REGISTERED)
    return vehicle


async def change(work: Work, vehicle: Vehicle, wanted: VehicleChange) -> None:
    """What it is called, and looks like. Its row is locked. Raises StageDoesNotAllow."""
    vehicle.state = VEHICLE.next(vehicle.state, VehicleEvent.CHANGE)
    said = wanted.model_dump(exclude_unset=True)
    moved = sorted(name for name, value in said.items() if getattr(vehicle, name) != value)
    if not moved:
        return
    vehicle.sqlmodel_update(said)
    await work.session.flush()
    _record(work, vehicle, "vehicle changed", changed=moved)


async def add_id(work: Work, vehicle: Vehicle, new: NewVehicleId) -> None:
    """One more. Its row is locked. Raises StageDoesNotAllow, LimitReached, VehicleIdTaken."""
    vehicle.state = VEHICLE.next(vehicle.state, VehicleEvent.CHANGE)
    if len(await vehicles.lock_tokens(work.session, [vehicle.id])) >= IDS_LIMIT:
        raise LimitReached(f"The car has {IDS_LIMIT} ids already; remove one first")
    await _give(work, vehicle, new.id, "/value")
    owner = await work.session.get_one(Subscriber, vehicle.subscriber_id)
    await _settle(work, [vehicle], owner.stage)
    _record(work, vehicle, "vehicle id added", kind=new.kind.value)


async def remove_id(work: Work, vehicle: Vehicle, id_: UUID) -> None:
    """It charges nowhere from now on. The car's row is locked. Raises NotFound, StageDoesNotAllow."""
    vehicle.state = VEHICLE.next(vehicle.state, VehicleEvent.CHANGE)
    own = {held.id: (held, token) for held, token in await vehicles.lock_tokens(work.session, [vehicle.id])}
    if id_ not in own:
        raise NotFound("The car has no such id")
    held, token = own[id_]
    held.removed_at = work.now
    await id_token.settle(work, [(token, False)])
    _record(work, vehicle, "vehicle id removed")


async def remove(work: Work, vehicle: Vehicle, reason: RemovalReason) -> None:
    """For good, and at once: its ids are refused from now on, leave the local lists, and can be registered anew.

    Its row is locked; what it has charged stays. Raises StageDoesNotAllow.
    """
    vehicle.state = VEHICLE.next(vehicle.state, VehicleEvent.REMOVE)
    vehicle.removal_reason, vehicle.removed_at = reason, work.now
    held = await vehicles.lock_tokens(work.session, [vehicle.id])
    for own, _ in held:
        own.removed_at = work.now
    await id_token.settle(work, [(token, False) for _, token in held])
    _record(work, vehicle, "vehicle removed", why=reason.value)
    await _tell(work, vehicle, Event.VEHICLE_REMOVED, reason=reason.value)


async def settle(work: Work, subscriber: Subscriber) -> None:
    """The subscription stands elsewhere now: each of its cars may charge, or may not. Its row is locked."""
    await _settle(work, list(await vehicles.lock_of(work.session, subscriber.id)), subscriber.stage)


async def lock(work: Work, reference: str) -> Vehicle:
    """Raises NotFound."""
    vehicle = await vehicles.lock(work.session, reference)
    if vehicle is None:
        raise NotFound("There is no such car")
    return vehicle


async def _give(work: Work, vehicle: Vehicle, wanted: VehicleId, field: str) -> None:
    """Whose it is, if it is somebody's, is nothing to whoever asks."""
    token = await vehicles.take_token(work.session, wanted.token, work.now)
    if await vehicles.is_taken(work.session, token.id):
        detail = "This id is registered for a car already; it has to be removed there before it can be registered anew"
        raise VehicleIdTaken(detail, field=field)
    work.session.add(VehicleToken(vehicle_id=vehicle.id, token_id=token.id, registered_at=work.now))
    await work.session.flush()


async def _settle(work: Work, own: list[Vehicle], subscription: SubscriberStage) -> None:
    is_registered = {each.id: each.state is VehicleState.REGISTERED for each in own}
    held = await vehicles.lock_tokens(work.session, list(is_registered))
    await id_token.settle(
        work,
        [
            (token, may_charge(is_registered=is_registered[each.vehicle_id], subscription=subscription))
            for each, token in held
        ],
    )


async def _tell(work: Work, vehicle: Vehicle, event: Event, **more: str) -> None:
    """The operator's own endpoints, an outside CRM's among them, by references only."""
    operator = await organisations.operator(work.session)
    owner = await work.session.get_one(Subscriber, vehicle.subscriber_id)
    data = {
        "reference": vehicle.reference,
        "subscriber": owner.reference,
        "customer": (await customers.named(work.session, owner.customer_id)).reference,
        **more,
    }
    await notice.notify(work, operator.id, event, data)


def _record(work: Work, vehicle: Vehicle, what: str, *, why: str | None = None, **said: Any) -> None:
    timeline.record(work, SUBJECT, vehicle.id, what, why=why, vehicle=vehicle.reference, **said)
