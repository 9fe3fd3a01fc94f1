"""While I am away, somebody else does my tasks (P21).

A deputy acts in their own name, on what the other one has claimed, and only where they have the task's role
themselves: a delegation gives nobody a permission.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from models.errors import AlreadyExists, Forbidden, InvalidInput, NotFound
from models.messages.delegation import NewDelegation
from models.store import delegations
from models.tables.access import Principal
from models.tables.delegation import Delegation
from models.usecases import timeline
from models.usecases.work import Work

LONGEST = timedelta(days=366)


async def delegate(work: Work, new: NewDelegation) -> Delegation:
    """Raises InvalidInput (the days, the deputy), AlreadyExists (another deputy on one of these days)."""
    delegator = await _delegator(work)
    today = work.now.astimezone(work.terms.zone).date()
    if new.last_day < max(new.first_day, today):
        raise InvalidInput("The last day must not lie before the first one, nor before today", field="/last_day")
    if new.last_day - min(new.first_day, today) > LONGEST:
        raise InvalidInput("Name a last day within a year", field="/last_day")
    await _check_deputy(work, delegator, new.deputy_id)
    other = await delegations.overlapping(work.session, delegator.id, new.first_day, new.last_day)
    if other is not None:
        raise AlreadyExists(
            f"You have a deputy from {other.first_day} to {other.last_day} already; take that back first",
            field="/first_day",
        )
    made = Delegation(
        organisation_id=delegator.organisation_id,
        delegator_id=delegator.id,
        deputy_id=new.deputy_id,
        first_day=new.first_day,
        last_day=new.last_day,
    )
    work.session.add(made)
    await work.session.flush()
    await work.session.refresh(made)
    said: dict[str, Any] = {key: str(value) for key, value in new.model_dump().items()}
    timeline.record(work, "principal", delegator.id, "tasks delegated", **said)
    return made


async def take_back(work: Work, delegation_id: UUID) -> None:
    """From now on nobody stands in; taking it back twice changes nothing. Raises NotFound."""
    made = await delegations.lock(work.session, delegation_id)
    if made is None or made.delegator_id != work.actor.id:
        raise NotFound("You have no such delegation")
    if made.ended_at is None:
        made.ended_at = work.now
        timeline.record(work, "principal", made.delegator_id, "delegation taken back", deputy=str(made.deputy_id))


async def _delegator(work: Work) -> Principal:
    """Locked, so that of two delegations at once the second sees the first."""
    person = None
    if work.actor.id is not None:
        person = await work.session.get(Principal, work.actor.id, with_for_update=True)
    if person is None or person.email is None:
        raise Forbidden("Only a person can be away; a service account can't")
    return person


async def _check_deputy(work: Work, delegator: Principal, deputy_id: UUID) -> None:
    deputy = await work.session.get(Principal, deputy_id)
    field = "/deputy_id"
    if deputy is None or deputy.organisation_id != delegator.organisation_id or deputy.email is None:
        raise InvalidInput("There is no such person in your organisation", field=field)
    if deputy.id == delegator.id:
        raise InvalidInput("Name somebody else than yourself", field=field)
    if deputy.disabled_at is not None:
        raise InvalidInput(f"{deputy.name} has no access any more", field=field)
    if not set(deputy.roles) & set(delegator.roles):
        raise InvalidInput(f"{deputy.name} has none of your roles; name a colleague who has one", field=field)
