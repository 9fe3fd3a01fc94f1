"""Deadlines: set when a stage is entered, told of before and after, passed on when they are over (P21)."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.errors import InvalidInput
from models.messages.deadline import Settle
from models.rules import deadlines as rules
from models.rules.access import Role
from models.rules.deadlines import Term
from models.rules.events import Event
from models.rules.machine import Machine
from models.store import deadlines, delegations, organisations, placements, tasks, work_orders
from models.store.deadlines import Stage, Timed
from models.tables.access import Organisation, Principal
from models.tables.asset import Asset
from models.tables.base import new_id
from models.tables.deadline import EVERYWHERE, Deadline, Due
from models.tables.placement import PlacementRequest
from models.tables.task import Task, TaskKind
from models.tables.work_order import WorkOrder
from models.usecases import notice, task, timeline
from models.usecases.work import Work

_NOON = time(12)


async def enter(work: Work, machine: Machine[Any, Any], row: Stage, before: StrEnum | None) -> None:
    """The row has come to its stage from ``before`` (None where it begins): from now on it is due anew."""
    if row.stage is before:
        return
    if row.escalated_at is not None:
        await task.close_task(work, TaskKind.OVERDUE, row.id)
    await _count(work, machine, row, work.now, await deadlines.country_of(work.session, row))


async def begin(work: Work, machine: Machine[Any, Any], row: Stage, country: str) -> None:
    """The row, not stored yet, is due at its first stage by the holidays of the country that it is about."""
    await _count(work, machine, row, work.now, country)


def begin_by(work: Work, machine: Machine[Any, Any], row: Stage, country: str, own: Deadline | None) -> None:
    """As ``begin``, where it was read already what the operator has settled for that stage and country."""
    default = rules.default_term(rules.process_of(machine), row.stage)
    _fall_due(work, machine, row, work.now, country, default and _settled(default, own))


async def count_from(work: Work, machine: Machine[Any, Any], row: WorkOrder, day: date) -> None:
    """The days of a planned work order count from the planned one; its task is due with it."""
    noon = datetime.combine(day, _NOON, tzinfo=work.terms.zone)
    await _count(work, machine, row, noon, await deadlines.country_of(work.session, row))
    await follow(work, TaskKind.PERFORM_WORK_ORDER, row)


async def follow(work: Work, kind: TaskKind, row: Stage) -> None:
    """A task that spans several stages is due with the one that its subject has entered."""
    known = await tasks.open_of(work.session, kind, row.id)
    if known is not None:
        await task.fall_due_with(work, known, row)


async def _count(work: Work, machine: Machine[Any, Any], row: Stage, start: datetime, country: str | None) -> None:
    _fall_due(work, machine, row, start, country, await term_of(work, rules.process_of(machine), row.stage, country))


def _fall_due(
    work: Work, machine: Machine[Any, Any], row: Stage, start: datetime, country: str | None, term: Term | None
) -> None:
    if term is None:
        row.fall_due(None, None)
        return
    due = work.terms.due_at(start, term.working_days, country)
    row.fall_due(due, work.terms.remind_at(work.now, due, term.remind_before_days, country))
    if (rules.process_of(machine), row.stage) in rules.TOLD_ELSEWHERE:
        row.tell_at = None


async def term_of(work: Work, process: str, stage: StrEnum, country: str | None) -> Term | None:
    """What the operator has settled for the country, else for everywhere, else our default."""
    default = rules.default_term(process, stage)
    if default is None:
        return None
    own = await deadlines.settled(work.session, process, stage.value, country or EVERYWHERE)
    return _settled(default, own)


def _settled(default: Term, own: Deadline | None) -> Term:
    return default if own is None else Term(own.working_days, own.remind_before_days)


async def settle(work: Work, process: str, stage: str, wanted: Settle) -> None:
    """From now on the stage may take so long; what is due already stays as it was promised. Raises InvalidInput."""
    _check_stage(process, stage)
    if wanted.remind_before_days >= wanted.working_days > 1:
        raise InvalidInput("The reminder would come at once; name fewer days", field="/remind_before_days")
    key = (process, stage, wanted.country or EVERYWHERE)
    known = await work.session.get(Deadline, key, with_for_update=True)
    before = None if known is None else known.model_dump(include={"working_days", "remind_before_days"})
    said = wanted.model_dump(exclude={"country"})
    await work.session.merge(Deadline(process=key[0], stage=key[1], country=key[2], **said))
    _record(work, "deadline settled", process, stage, wanted.country, before=before, after=said)


async def restore(work: Work, process: str, stage: str, country: str | None) -> None:
    """Our default holds again, or for a country what holds everywhere. Raises InvalidInput."""
    _check_stage(process, stage)
    known = await work.session.get(Deadline, (process, stage, country or EVERYWHERE), with_for_update=True)
    if known is not None:
        await work.session.delete(known)
        _record(work, "deadline restored", process, stage, country)


def _check_stage(process: str, stage: str) -> None:
    machine = rules.MACHINES.get(process)
    if machine is None:
        raise InvalidInput(f"There is no process '{process}'; there are {', '.join(rules.MACHINES)}", field="process")
    waiting = [str(state.name) for state in machine.states if state.waits_for]
    if stage not in waiting:
        raise InvalidInput(f"'{stage}' has no deadline; there are {', '.join(waiting)}", field="stage")


def _record(work: Work, what: str, process: str, stage: str, country: str | None, **detail: Any) -> None:
    # There is no row with an id of its own that it would be about.
    timeline.record(work, "settings", new_id(), what, process=process, stage=stage, country=country, **detail)


async def tell(work: Work, table: type[Timed], row_id: UUID) -> bool:
    """Remind, or escalate what is over, once. False where that is done, or where somebody works on the row just now."""
    row = await deadlines.take(work.session, table, row_id, work.now)
    if row is None:
        return False
    is_over = _move_on(row, work.now)
    if isinstance(row, Task):
        await _tell_of_task(work, row, is_over=is_over)
    else:
        await _tell_of_stage(work, row, is_over=is_over)
    return True


def _move_on(row: Due, now: datetime) -> bool:
    """Whether it is over. Under the row's lock, and committed with what is told."""
    is_over = row.due_at is None or row.due_at <= now
    if is_over:
        row.escalated_at, row.tell_at = now, None
    else:
        row.reminded_at, row.tell_at = now, row.due_at
    return is_over


async def _tell_of_task(work: Work, late: Task, *, is_over: bool) -> None:
    owner = await organisations.named(work.session, late.organisation_id)
    contact = await _holder(work, late)
    placement_id = await tasks.placement_of(work.session, late)
    data = {"task_id": str(late.id), "kind": late.kind.value, "reference": late.reference, "title": late.title}
    await _tell(work, owner, late, data, late.role, is_over=is_over, placement_id=placement_id, contact=contact)


async def _tell_of_stage(work: Work, row: Stage, *, is_over: bool) -> None:
    machine = _machine(row)
    role = rules.awaited_role(machine, row.stage)
    state = machine.state(row.stage)
    reference = row.name if isinstance(row, Asset) else row.reference
    data = {
        "task_id": None,
        "kind": row.stage.value,
        "reference": reference,
        "title": f"{state.label}: waits for {state.waits_for}",
    }
    owner = await _awaited(work, row, role)
    placement_id = await placements.of_subject(work.session, row.id)
    await _tell(work, owner, row, data, role, is_over=is_over, placement_id=placement_id)


async def _tell(
    work: Work,
    owner: Organisation,
    row: Timed,
    data: dict[str, Any],
    role: Role | None,
    *,
    is_over: bool,
    placement_id: UUID | None,
    contact: str | None = None,
) -> None:
    data["due_at"] = None if row.due_at is None else row.due_at.isoformat()
    event = Event.TASK_OVERDUE if is_over else Event.TASK_DUE_SOON
    what = "overdue" if is_over else "due soon"
    timeline.record(
        work, "deadline", row.id, what, placement_id=placement_id, to=owner.name, role=role and role.value, **data
    )
    await notice.notify(work, owner.id, event, data, placement_id=placement_id, contact=contact)
    if is_over:
        await _escalate(work, owner, row, data, role, placement_id)


async def _escalate(
    work: Work, late: Organisation, row: Timed, data: dict[str, Any], role: Role | None, placement_id: UUID | None
) -> None:
    """Whoever stands behind the late ones gets a task, and is told where that is another organisation."""
    to = Role.OPERATIONS if role is None else rules.ESCALATED_TO.get(role)
    if to is None:
        return
    operator = await organisations.operator(work.session)
    title = "Overdue: " + data["title"].removeprefix("Overdue: ")
    await task.open_task(
        work,
        TaskKind.OVERDUE,
        to,
        operator.id,
        row.id,
        data["reference"],
        title,
        working_days=rules.OVERDUE_DAYS,
    )
    timeline.record(work, "deadline", row.id, f"escalated to {to.value}", placement_id=placement_id, title=title)
    if late.id != operator.id:
        await notice.notify(work, operator.id, Event.TASK_OVERDUE, data, placement_id=placement_id)


async def _holder(work: Work, late: Task) -> str | None:
    """The address of whoever holds the task, or of who stands in for them today."""
    if late.claimed_by is None:
        return None
    today = work.now.astimezone(work.terms.zone).date()
    deputy = await delegations.deputy_of(work.session, late.claimed_by, today)
    person = await work.session.get_one(Principal, deputy or late.claimed_by)
    return person.email if person.disabled_at is None else None


async def _awaited(work: Work, row: Stage, role: Role | None) -> Organisation:
    """The organisation that a stage waits for; the operator looks after outside parties and machines."""
    if role is Role.REQUESTER and isinstance(row, PlacementRequest):
        return await organisations.named(work.session, row.requester_id)
    if role is Role.INSTALLER:
        order = await _order(work, row)
        if order is not None:
            return await organisations.named(work.session, order.installer_id)
    return await organisations.operator(work.session)


async def _order(work: Work, row: Stage) -> WorkOrder | None:
    if isinstance(row, WorkOrder):
        return row
    if isinstance(row, Asset):
        return await work_orders.of_asset(work.session, row.id)
    return await work_orders.of_placement(work.session, row.id)


def _machine(row: Stage) -> Machine[Any, Any]:
    kinds = {PlacementRequest: "placement", WorkOrder: "work_order", Asset: "commissioning"}
    return rules.MACHINES[kinds[type(row)]]
