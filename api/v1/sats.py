"""The site acceptance test of a work order: filled in, sent in, reviewed (P16, P17)."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.auth.access import Access, require
from api.etags import IfMatch
from api.idempotency import Once
from api.v1.sat_shapes import SatShape, sat_shape
from api.v1.shapes import sample
from api.v1.work_orders import found, put, to_work_on
from models.messages.base import Decision, Message
from models.messages.sat import Answers
from models.messages.work_order import ApproveSat, Remark, ReturnSat, SubmitSat
from models.rules.access import Permission
from models.store import work_orders
from models.usecases import sat as usecase

router = APIRouter(prefix="/work-orders/{reference}/sat", tags=["acceptance tests"])

Reading = Annotated[Access, require(Permission.WORK_ORDERS_READ)]
Performing = Annotated[Access, require(Permission.WORK_ORDERS_PERFORM)]
Reviewing = Annotated[Access, require(Permission.SAT_REVIEW)]

_LINE_ID = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c71"
_ANSWERS = [
    {"question": "site_clean", "line_id": None, "value": "yes"},
    {"question": "earth_resistance", "line_id": _LINE_ID, "value": "3.2"},
]
_REMARKS = [
    {"question": "earth_resistance", "line_id": _LINE_ID, "text": "Measure again with the cable bolted on"},
]


class Remarks(Message):
    remarks: tuple[Remark, ...] = Field(min_length=1, max_length=200)


@router.get("", summary="What is asked, what was answered, what was remarked")
async def show(reference: str, access: Reading) -> SatShape:
    async with access.work() as work:
        return await sat_shape(work, access, await found(work.session, access, reference))


@router.patch("/answers", summary="Keep answers in the draft")
async def answer(
    reference: str, body: Annotated[Answers, sample(answers=_ANSWERS)], access: Performing, condition: IfMatch
) -> SatShape:
    """All of them are taken or none; a question that is not named keeps its answer."""
    async with access.work() as work:
        order = await to_work_on(work.session, access, reference)
        await work_orders.lock(work.session, order.id)
        await condition.check(lambda: sat_shape(work, access, order))
        await usecase.answer(work, order, body.answers)
        await work.session.flush()
        return condition.answered(await sat_shape(work, access, order), f"/v1/work-orders/{reference}/sat")


@router.post("/submit", summary="Send the acceptance test in for review")
async def submit(reference: str, access: Performing, once: Once) -> SatShape:
    """Refused while a required answer or a station's test charge is missing."""
    decision = await once.decision(access, SubmitSat)
    return await _decide(access, reference, "submit_sat", decision)


@router.post("/return", summary="Return it to the installer with remarks")
async def give_back(
    reference: str, body: Annotated[Remarks, sample(remarks=_REMARKS)], access: Reviewing, once: Once
) -> SatShape:
    decision = await once.decision(access, ReturnSat, remarks=body.remarks)
    return await _decide(access, reference, "return_sat", decision)


@router.post("/approve", summary="Accept the stations")
async def approve(reference: str, access: Reviewing, once: Once) -> SatShape:
    """The report is made and put with the request. Whoever filled the test in can't approve it."""
    decision = await once.decision(access, ApproveSat)
    return await _decide(access, reference, "approve_sat", decision)


async def _decide(access: Access, reference: str, name: str, decision: Decision) -> SatShape:
    async with access.reading() as session:
        order = await to_work_on(session, access, reference)
    await put(access, order, name, decision)
    async with access.work() as work:
        return await sat_shape(work, access, await to_work_on(work.session, access, reference))
