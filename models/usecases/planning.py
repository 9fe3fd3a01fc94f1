"""When the crew comes: planned and planned anew, by people and by installers' own systems (P10).

A plan holds the work order's row, then the crew's: two plans for one crew at once are judged one after the other.
"""

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import holidays

from models.errors import BusinessError, CrewBusy, InvalidInput, NotFound, UnknownCrew
from models.messages.work_order import PlanCallReceived, PlanTerms, PlanWorkOrder, WantedPlan, WorkOrderProgress
from models.rules import planning
from models.rules.access import Reach
from models.rules.events import Event
from models.rules.planning import Conflict, Plan, Situation, Window
from models.rules.work_order import WORK_ORDER, WorkOrderEvent
from models.store import crews, organisations, plans, work_orders
from models.store.viewer import Viewer
from models.tables.crew import Crew
from models.tables.plan import PlanCall, PlanCallState, WorkOrderPlan
from models.tables.work_order import WorkOrder
from models.usecases import deadline, notice, process, task, timeline, work_order
from models.usecases.work import Terms, Work

CALL = "plan_call"
_LAST_DAY = date(2199, 12, 31)


def wanted_day(wanted: WantedPlan, now: datetime, terms: Terms, *, root: str = "") -> date:
    """The day of a plan that somebody asks for; ``root`` leads to where it stands in what they sent.

    Raises InvalidInput: no day, a day that is over, hours that make none, a conflict accepted without a reason.
    """
    window = _window(wanted, root)
    if wanted.planned_for is not None:
        day = wanted.planned_for
    elif window is not None:
        day = planning.local_day(window.starts_at, terms.zone)
    else:
        raise InvalidInput("Say the day, or the hours with starts_at and ends_at", field=f"{root}/planned_for")
    if wanted.accept_conflicts and wanted.reason is None:
        raise InvalidInput("Say why the conflict is accepted", field=f"{root}/reason")
    _plan(wanted, day, terms, root)
    if day < planning.local_day(now, terms.zone):
        raise InvalidInput("This day is over; name today or a later one", field=f"{root}/planned_for")
    return day


async def plan(work: Work, work_order_id: UUID, decision: PlanWorkOrder) -> WorkOrderProgress:
    """P10: when the crew comes, or comes instead; a plan that is in force already changes nothing.

    Raises StageDoesNotAllow, UnknownCrew, CrewBusy, InvalidInput (hours that make no window of that day).
    """
    order = await work_orders.lock(work.session, work_order_id)
    await _make(work, order, decision, decision.planned_for)
    return await work_order.progress(work, order)


async def record_call(work: Work, organisation_id: UUID, call: PlanCallReceived) -> BusinessError | None:
    """Keep a call of the installer's own system once, and hand it over; what stands against it is kept, and given.

    Raises NotFound (a work order of somebody else too), InvalidInput, UnknownCrew; of those nothing is kept.
    """
    own = Viewer(Reach.OWN, organisation_id)
    found = await work_orders.find_to_work_on(work.session, call.reference, own)
    if found is None:
        raise NotFound(f"There is no work order '{call.reference}' for your organisation", field="/data/reference")
    order = await work_orders.lock(work.session, found.id)
    known = await plans.call(work.session, organisation_id, call.webhook_id)
    if known is not None:
        return BusinessError.from_details(known.refusal) if known.refusal else None
    day = wanted_day(call.wanted, work.now, work.terms, root="/data")
    kept = PlanCall(
        organisation_id=organisation_id,
        webhook_id=call.webhook_id,
        work_order_id=order.id,
        said=call.wanted.model_copy(update={"planned_for": day}).model_dump(mode="json"),
        occurred_at=call.occurred_at,
    )
    try:
        await _judge(work, order, call.wanted, day, root="/data")
    except InvalidInput:
        raise
    except BusinessError as error:
        _refuse(work, order, kept, error)
        work.session.add(kept)
        return error
    work.session.add(kept)
    work_order.record(work, order, "plan received from the installer's system", planned_for=day)
    await _hand_over(work, order, kept)
    return None


async def apply_call(work: Work, work_order_id: UUID, organisation_id: UUID, webhook_id: str) -> WorkOrderProgress:
    """P10: let the plan hold, where it still can; otherwise operations is asked to see to it."""
    order = await work_orders.lock(work.session, work_order_id)
    call = await work.session.get_one(PlanCall, (organisation_id, webhook_id))
    wanted = WantedPlan.model_validate(call.said)
    try:
        await _make(work, order, wanted, _day_of(call))
    except BusinessError as error:
        _refuse(work, order, call, error)
        await _report_unexpected(work, order, error.detail)
    else:
        call.state = PlanCallState.APPLIED
    return await work_order.progress(work, order)


def _day_of(call: PlanCall) -> date:
    return date.fromisoformat(call.said["planned_for"])


def conflicts(terms: Terms, wanted: Plan, situation: Situation) -> list[Conflict]:
    """Everything that stands against a plan, by the holidays of the operator's country."""
    return planning.conflicts(wanted, situation, lambda day: _holidays(terms.country).get(day), terms.zone)


@lru_cache
def _holidays(country: str) -> holidays.HolidayBase:
    # It fills in the years as they are asked for.
    return holidays.country_holidays(country, language="en_US")


async def _make(work: Work, order: WorkOrder, wanted: PlanTerms, day: date) -> None:
    crew, found = await _judge(work, order, wanted, day)
    last = await plans.latest(work.session, order.id)
    made = WorkOrderPlan(
        work_order_id=order.id,
        number=1 if last is None else last.number + 1,
        planned_for=day,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        crew_id=crew.id if crew else None,
        note=wanted.note,
        reason=wanted.reason,
        conflicts=[conflict.detail for conflict in found],
        planned_by=work.actor.id,
        planned_by_name=work.actor.name,
        created_at=work.now,
    )
    if last is not None and _is_same(last, made):
        return
    await work_order.advance(work, order, WorkOrderEvent.PLAN, why=wanted.reason, **_told(made, last, crew))
    order.planned_for, order.starts_at, order.ends_at, order.crew_id = day, made.starts_at, made.ends_at, made.crew_id
    await deadline.count_from(work, WORK_ORDER, order, day)
    work.session.add(made)
    await work.session.flush()
    await _tell(work, order, made, crew)


async def _judge(
    work: Work, order: WorkOrder, wanted: PlanTerms, day: date, *, root: str = ""
) -> tuple[Crew | None, list[Conflict]]:
    """The crew, held, and what stands against the plan but can be. Raises as ``plan`` does."""
    WORK_ORDER.next(order.stage, WorkOrderEvent.PLAN)
    its_plan = _plan(wanted, day, work.terms, root)
    crew = await _crew(work, order, wanted.crew, root)
    situation = await plans.situation(work.session, order, crew, its_plan)
    found = conflicts(work.terms, its_plan, situation)
    hard = [conflict for conflict in found if conflict.hard]
    if hard and not (wanted.accept_conflicts and wanted.reason):
        raise CrewBusy(
            f"{hard[0].detail}; plan another time or crew, or accept the conflict with a reason",
            field=f"{root}/starts_at",
            work_orders=[conflict.work_order for conflict in hard],
        )
    return crew, found


def _plan(wanted: PlanTerms, day: date, terms: Terms, root: str = "") -> Plan:
    """Raises InvalidInput."""
    window = _window(wanted, root)
    if day > _LAST_DAY:
        raise InvalidInput("This day is too far ahead", field=f"{root}/planned_for")
    if window is not None and planning.local_day(window.starts_at, terms.zone) != day:
        raise InvalidInput(f"In {terms.zone} this is another day than planned_for", field=f"{root}/starts_at")
    return Plan(day, window)


def _window(wanted: PlanTerms, root: str) -> Window | None:
    """Raises InvalidInput."""
    starts_at, ends_at = wanted.starts_at, wanted.ends_at
    if starts_at is None and ends_at is None:
        return None
    if starts_at is None or ends_at is None:
        missing = "starts_at" if starts_at is None else "ends_at"
        raise InvalidInput("Say when the hours begin and when they end, or neither", field=f"{root}/{missing}")
    if starts_at.year > _LAST_DAY.year or starts_at.year < 2:
        raise InvalidInput("This instant is too far away", field=f"{root}/starts_at")
    if not starts_at < ends_at <= starts_at + planning.WINDOW_LIMIT:
        days = planning.WINDOW_LIMIT.days
        raise InvalidInput(f"This must be later than starts_at, by {days} days at most", field=f"{root}/ends_at")
    return Window(starts_at, ends_at)


async def _crew(work: Work, order: WorkOrder, name: str | None, root: str) -> Crew | None:
    if name is None:
        return None
    crew = await crews.lock_named(work.session, order.installer_id, name)
    if crew is None or crew.disabled_at is not None:
        remedy = "is out of use; enable it first" if crew else "does not exist; add it first"
        raise UnknownCrew(f"The installer's crew '{name}' {remedy}", field=f"{root}/crew")
    return crew


def _is_same(last: WorkOrderPlan, made: WorkOrderPlan) -> bool:
    said = ("planned_for", "starts_at", "ends_at", "crew_id", "note")
    return all(getattr(last, name) == getattr(made, name) for name in said)


def _told(made: WorkOrderPlan, last: WorkOrderPlan | None, crew: Crew | None) -> dict[str, Any]:
    """For the timeline: what was said, and what held before."""
    said = {
        "planned_for": made.planned_for,
        "starts_at": made.starts_at,
        "ends_at": made.ends_at,
        "crew": crew.name if crew else None,
        "planned_before": last.planned_for if last else None,
        "conflicts": made.conflicts or None,
    }
    return {name: value for name, value in said.items() if value is not None}


async def _tell(work: Work, order: WorkOrder, made: WorkOrderPlan, crew: Crew | None) -> None:
    """Who asked for the stations, operations, and the installer where somebody else planned for it."""
    asker = await work_orders.asker(work.session, order)
    operator = await organisations.operator(work.session)
    event = Event.WORK_ORDER_PLANNED if made.number == 1 else Event.WORK_ORDER_RESCHEDULED
    data = {
        "reference": order.reference,
        "placement_request": asker.placement.reference if asker.placement else None,
        "requester_reference": asker.reference,
        "planned_for": made.planned_for.isoformat(),
        "starts_at": made.starts_at.isoformat() if made.starts_at else None,
        "ends_at": made.ends_at.isoformat() if made.ends_at else None,
        "reason": made.reason,
    }
    inside = {**data, "crew": crew.name if crew else None, "note": made.note, "conflicts": made.conflicts}
    told = {operator.id}
    if work.actor.organisation_id != order.installer_id:
        told.add(order.installer_id)
    if asker.organisation_id not in told:
        owner, contact = asker.organisation_id, asker.contact
        await notice.notify(work, owner, event, data, placement_id=order.placement_id, contact=contact)
    for organisation_id in sorted(told):
        await notice.notify(work, organisation_id, event, inside, placement_id=order.placement_id)


async def _hand_over(work: Work, order: WorkOrder, call: PlanCall) -> None:
    payload = {"organisation_id": str(call.organisation_id), "webhook_id": call.webhook_id, "by": work.actor.name}
    if not await process.hand_over(work, work_order.workflow_id(order.reference), CALL, payload):
        await _report_unexpected(work, order, "the process had ended")


def _refuse(work: Work, order: WorkOrder, call: PlanCall, error: BusinessError) -> None:
    call.state, call.refusal = PlanCallState.REFUSED, error.as_details()
    timeline.record(
        work,
        "work order",
        order.id,
        "plan",
        placement_id=order.placement_id,
        why=error.detail,
        refused=True,
        code=error.code,
        said=call.said,
    )


async def _report_unexpected(work: Work, order: WorkOrder, why: str) -> None:
    title = f"The installer's system has planned, but {why[0].lower()}{why[1:]}"
    await task.ask_to_look(work, order.id, order.reference, title)
