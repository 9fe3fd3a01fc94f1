"""The SAT report: gathered from the rows, filed with the request (P18)."""

import hashlib
from datetime import datetime
from uuid import UUID

from models.errors import NotFound
from models.messages.sat import AskedQuestion
from models.messages.sat_report import (
    AnsweredQuestion,
    ConnectionTestStep,
    GridConnection,
    Photo,
    Place,
    ReviewRemark,
    ReviewRound,
    SatReport,
    Section,
    Signature,
    StationPart,
    TestCharge,
)
from models.messages.work_order import WorkOrderProgress
from models.rules import sat as rules
from models.rules.access import Role
from models.rules.events import Event
from models.rules.sat import QuestionKind
from models.store import assets, charging, documents, organisations, placements, sats, tasks, work_orders
from models.tables import site as tables
from models.tables.access import Principal
from models.tables.asset import Asset
from models.tables.document import Document
from models.tables.placement import LocationAttempt
from models.tables.sat import Sat, SatAnswer, SatRemark
from models.tables.task import TaskKind
from models.tables.tender import Product
from models.tables.unit import Unit
from models.tables.work_order import WorkOrder, WorkOrderLine
from models.usecases import notice, sat, task, work_order
from models.usecases.work import Work

PDF = "application/pdf"
REASON_SHOWN = 500
"""Characters of a task's title."""
_STEPS = {
    "registered": "Registered with the charging platform",
    "connected": "Connected",
    "booted": "Booted",
    "boot_refused": "Boot refused",
    "configuration_applied": "Configuration applied",
    "self_check_passed": "Self-check passed",
    "test_failed": "Connection test failed",
    "test_charge_started": "Test charge started",
    "test_charge_failed": "Test charge failed",
    "test_charge_done": "Test charge done",
}
_FAILED = frozenset({"boot_refused", "test_failed", "test_charge_failed"})

Places = dict[tuple[str, UUID | None], SatAnswer]


async def gather(work: Work, work_order_id: UUID) -> tuple[SatReport, dict[str, str]]:
    """The report's content, and the documents' keys of its photos by photo id."""
    order = await work_orders.lock(work.session, work_order_id)
    asker = await work_orders.asker(work.session, order)
    test = await sats.of(work.session, order.id)
    asked = await sat.asked(work, order.id)
    given = {(one.question_code, one.line_id): one for one in await sats.answers(work.session, test.id)}
    lines = await work_orders.lines(work.session, order.id)
    requester = await organisations.named(work.session, asker.organisation_id)
    operator = await organisations.operator(work.session)
    report = SatReport(
        number=f"SAT-{order.reference.removeprefix('WO-')}",
        operator=operator.name,
        requester=requester.name,
        requester_reference=asker.reference or "",
        placement_reference=asker.placement.reference if asker.placement else "",
        work_order_reference=order.reference,
        place=_place(await work_orders.place(work.session, order)),
        grid=await _grid(work, order),
        site=_sections([one for one in asked if one.line_id is None], given),
        stations=tuple([await _station(work, *line, asked, given) for line in lines]),
        review_rounds=await _rounds(work, test, {one.question.code for one in asked if _is_photo(one)}),
        filled_in=await _signature(work, test.submitted_by, test.submitted_at),
        approved=await _signature(work, test.approved_by, test.approved_at),
        generated_at=order.accepted_at or work.now,
        time_zone=work.terms.zone.key,
    )
    return report, await _photo_keys(work, order, asked, given)


def document_key(report: SatReport) -> str:
    return f"reports/{report.placement_reference or report.work_order_reference}/{report.number}.pdf"


async def note_failed(work: Work, work_order_id: UUID, reason: str | None) -> None:
    """The report can't be drawn: an engineer has to look. No ``reason`` where its drawing ended without a word.

    The task is closed when the report is filed.
    """
    order = await work_orders.lock(work.session, work_order_id)
    known = await tasks.open_of(work.session, TaskKind.REPORT_FAILED, order.id)
    if reason is None and known is not None:
        return
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.REPORT_FAILED,
        Role.ENGINEER,
        operator.id,
        order.id,
        order.reference,
        f"The acceptance report can't be drawn: {reason or 'its worker died or took too long'}"[:REASON_SHOWN],
        working_days=1,
    )


async def file(work: Work, work_order_id: UUID, key: str, content: bytes) -> WorkOrderProgress:
    """Put the report with the request or the site, where who asked can fetch it, and tell both that it is there."""
    order = await work_orders.lock(work.session, work_order_id)
    if order.report_id is None:
        if order.placement_id is not None:
            await placements.lock(work.session, order.placement_id)
        document = Document(
            kind=documents.SAT_REPORT,
            placement_id=order.placement_id,
            work_order_id=order.id,
            name=key.rsplit("/", 1)[-1],
            content_type=PDF,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            key=key,
            for_requester=True,
        )
        work.session.add(document)
        await work.session.flush()
        order.report_id = document.id
        await task.close_task(work, TaskKind.REPORT_FAILED, order.id)
        work_order.record(work, order, "SAT report filed", document=str(document.id), name=document.name)
        # The installer first, as where the work order closes: notices lock the processes of those who are told.
        told = {"reference": order.reference, "document_id": str(document.id)}
        await notice.notify(work, order.installer_id, "sat.approved", told, placement_id=order.placement_id)
        await _tell_asker(work, order, document)
    return await work_order.progress(work, order)


async def _tell_asker(work: Work, order: WorkOrder, document: Document) -> None:
    asker = await work_orders.asker(work.session, order)
    if asker.placement is None and asker.organisation_id == order.installer_id:
        return  # it was told as the installer
    data = {
        "reference": asker.placement.reference if asker.placement else order.reference,
        "requester_reference": asker.reference,
        "document_id": str(document.id),
        "document": f"/v1/documents/{document.id}/content",
    }
    event = Event.PLACEMENT_ACCEPTED if asker.placement else Event.SAT_APPROVED
    owner, contact = asker.organisation_id, asker.contact
    await notice.notify(work, owner, event, data, placement_id=order.placement_id, contact=contact)


async def _grid(work: Work, order: WorkOrder) -> GridConnection | None:
    """None where nobody asked the grid operator for us: the site has its connection already."""
    if order.attempt_id is None:
        return None
    attempt = await work.session.get_one(LocationAttempt, order.attempt_id)
    return GridConnection(reference=attempt.connection_request_id or "", connected_at=attempt.connected_at)


def _place(place: tables.Place) -> Place:
    return Place(
        address=f"{place.street} {place.house_number}, {place.postal_code} {place.city}, {place.country}",
        municipality=place.municipality,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def _sections(asked: list[AskedQuestion], given: Places) -> tuple[Section, ...]:
    if not asked:
        return ()
    return (Section(questions=tuple(_answered(one, given.get((one.question.code, one.line_id))) for one in asked)),)


def _is_photo(asked: AskedQuestion) -> bool:
    return asked.question.kind is QuestionKind.PHOTO


def _answered(asked: AskedQuestion, answer: SatAnswer | None) -> AnsweredQuestion:
    question = asked.question
    is_photo = _is_photo(asked)
    value = answer.value if answer else ""
    return AnsweredQuestion(
        code=question.code,
        text=question.text,
        answer="" if is_photo else value,
        unit=question.unit,
        minimum=question.minimum,
        maximum=question.maximum,
        passed=rules.passed(question, value) if answer else None,
        photos=(Photo(id=value, caption=question.text),) if is_photo and answer else (),
    )


async def _station(
    work: Work,
    line: WorkOrderLine,
    product: Product,
    unit: Unit | None,
    asset: Asset | None,
    asked: list[AskedQuestion],
    given: Places,
) -> StationPart:
    if unit is None or asset is None:
        raise NotFound(f"Line {line.number} has no station")
    steps = await assets.events_after(work.session, asset.id, 0, limit=1000)
    return StationPart(
        asset_name=asset.name,
        evse_ids=tuple(one.evse_id for one in await assets.evses(work.session, asset.id)),
        brand=product.brand,
        model=product.model,
        product_type=product.product_type,
        serial=unit.serial,
        firmware=str((asset.booted or {}).get("firmware") or unit.firmware),
        ocpp_identity=unit.ocpp_identity,
        connection_test=tuple(
            ConnectionTestStep(
                label=f"Test {step.test_number}: {_STEPS[step.kind]}",
                at=step.at,
                passed=step.kind not in _FAILED,
                remark=str(step.detail.get("reason") or ""),
            )
            for step in steps
            if step.kind in _STEPS
        ),
        test_charge=await _test_charge(work, asset),
        sections=_sections([one for one in asked if one.line_id == line.id], given),
    )


async def _test_charge(work: Work, asset: Asset) -> TestCharge | None:
    charge = await charging.by_number(work.session, asset.test_transaction_id)
    if charge is None or charge.stopped_at is None:
        return None
    return TestCharge(
        transaction_id=charge.number,
        started_at=charge.started_at,
        stopped_at=charge.stopped_at,
        energy_wh=charge.energy_wh,
    )


async def _rounds(work: Work, test: Sat, photos: set[str]) -> tuple[ReviewRound, ...]:
    by_round: dict[int, list[SatRemark]] = {}
    for remark in await sats.remarks(work.session, test.id):
        by_round.setdefault(remark.round, []).append(remark)
    names = await _station_names(work, test)
    return tuple(
        [
            ReviewRound(
                number=number,
                returned=await _signature(work, remarks[0].by, remarks[0].at),
                sent_again_at=remarks[0].resolved_at,
                remarks=tuple(_remark(one, names, photos) for one in remarks),
            )
            for number, remarks in sorted(by_round.items())
        ]
    )


def _remark(remark: SatRemark, names: dict[UUID, str], photos: set[str]) -> ReviewRemark:
    is_photo = remark.question_code in photos
    changed = remark.resolved_value != remark.rejected_value
    return ReviewRemark(
        station=names.get(remark.line_id) if remark.line_id else None,
        question_code=remark.question_code,
        text=remark.text,
        rejected_answer="photo" if is_photo else remark.rejected_value or "",
        corrected_answer=("a new photo" if changed else "the same photo") if is_photo else remark.resolved_value,
        corrected_at=remark.resolved_at,
    )


async def _station_names(work: Work, test: Sat) -> dict[UUID, str]:
    lines = await work_orders.lines(work.session, test.work_order_id)
    return {line.id: asset.name for line, _, _, asset in lines if asset is not None}


async def _signature(work: Work, principal_id: UUID | None, at: datetime | None) -> Signature:
    if principal_id is None or at is None:
        raise NotFound("The acceptance test has not been signed")
    principal = await work.session.get_one(Principal, principal_id)
    organisation = await organisations.named(work.session, principal.organisation_id)
    return Signature(name=principal.name, organisation=organisation.name, at=at)


async def _photo_keys(work: Work, order: WorkOrder, asked: list[AskedQuestion], given: Places) -> dict[str, str]:
    keys: dict[str, str] = {}
    for one in asked:
        answer = given.get((one.question.code, one.line_id))
        if _is_photo(one) and answer is not None:
            photo = await documents.photo(work.session, answer.value, order.id)
            if photo is not None:
                keys[answer.value] = photo.key
    return keys
