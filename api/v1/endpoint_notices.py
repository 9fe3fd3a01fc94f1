"""What was sent to an endpoint and whether that arrived; sending it again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.endpoint_shapes import AttemptShape, NoticeInFull, NoticeShape, Replayed
from api.v1.endpoints import Managing
from api.v1.shapes import sample
from models.errors import NotFound
from models.messages.endpoint import ReplayNotices
from models.rules.events import Event
from models.store import notices
from models.tables.notice import NoticeState
from models.usecases import endpoint as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/endpoints/{endpoint_id}", tags=["endpoints"])

TRIES_SHOWN = 100


@router.get("/notices", summary="The delivery log, newest first")
async def show_log(
    endpoint_id: UUID,
    access: Managing,
    paging: Pages,
    state: NoticeState | None = None,
    event: Event | None = None,
    since: Annotated[AwareDatetime | None, Query(description="Made at that instant or later")] = None,
) -> Page[NoticeShape]:
    async with access.work() as work:
        endpoint = await usecase.find(work, endpoint_id, access.viewer)
        rows = await notices.log_of(
            work.session, endpoint.id, after=paging.after, limit=paging.fetch, state=state, event=event, since=since
        )
    return paging.page(rows, NoticeShape.model_validate)


@router.get("/notices/{notice_id}", summary="A notice with each try to deliver it")
async def show_notice(endpoint_id: UUID, notice_id: UUID, access: Managing) -> NoticeInFull:
    async with access.work() as work:
        endpoint = await usecase.find(work, endpoint_id, access.viewer)
        notice = await notices.lock_notice(work.session, endpoint.id, notice_id)
        if notice is None:
            raise NotFound("The endpoint has no such notice")
        tries = await notices.attempts_of(work.session, notice.id, TRIES_SHOWN)
    shown = NoticeShape.model_validate(notice).model_dump()
    return NoticeInFull(**shown, tries=[AttemptShape.model_validate(each) for each in tries])


@router.post("/notices/{notice_id}/give-up", summary="Let the notices behind it pass")
async def give_up(endpoint_id: UUID, notice_id: UUID, access: Managing) -> NoticeShape:
    """For a notice that the receiver can't take, and that holds up all others. It can be replayed later."""
    async with access.work() as work:
        return NoticeShape.model_validate(await usecase.give_up(work, endpoint_id, notice_id, access.viewer))


@router.post("/replay", status_code=202, response_model=Replayed, summary="Send notices again")
async def replay(
    endpoint_id: UUID,
    body: Annotated[ReplayNotices, sample(since="2026-11-21T00:00:00Z")],
    access: Managing,
    once: Once,
) -> Response:
    """What was delivered or given up is sent again: those of a time (`since`, `until`), or those of `notice_ids`.

    Each keeps its `webhook-id`, so a receiver that has it can tell; they come in order, before what waits already.
    """

    async def create(work: Work) -> Replayed:
        return Replayed(replayed=await usecase.replay(work, endpoint_id, access.viewer, body))

    return await once.answer(access, create)
