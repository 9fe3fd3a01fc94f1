"""What customers have asked for of their personal data is done by every worker on its round: exports are made, and the
files of those that have expired, and of customers that were erased, are removed (S8)."""

import asyncio
from uuid import UUID

import structlog

from activities.gateways.documents import Documents
from activities.personal_archive import zipped
from activities.rounds import go_round
from activities.steps import STATIONMASTER
from models.rules.personal_data import RequestKind, RequestState
from models.tables.base import new_id
from models.tables.personal_data import PersonalRequest
from models.usecases import erasure, personal_data
from models.usecases.work import Desk, Work

EVERY_S = 5.0
ZIP = "application/zip"

log = structlog.get_logger()


class PersonalDataRound:
    """Each request is held while it is worked on: several workers do not do it twice, and what fails is tried again."""

    def __init__(self, desk: Desk, documents: Documents) -> None:
        self._desk = desk
        self._documents = documents

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        await go_round(stop, EVERY_S, self.see_to_requests)

    async def see_to_requests(self) -> None:
        """One that can't be done keeps none of the others from it."""
        async with self._desk.work(STATIONMASTER, str(new_id())) as work:
            due = await personal_data.due(work)
        for request_id in due:
            try:
                await self._see_to(request_id)
            except Exception:
                log.exception("personal_request_failed", request_id=str(request_id))

    async def _see_to(self, request_id: UUID) -> None:
        async with self._desk.work(STATIONMASTER, str(new_id())) as work:
            request = await personal_data.take(work, request_id)
            if request is None:
                return
            if request.kind is RequestKind.ERASURE:
                await self._remove_files(work, request)
            elif request.state is RequestState.ASKED:
                await self._make(work, request)
            else:
                await self._documents.delete(personal_data.document_key(request))
                personal_data.note_expired(work, request)

    async def _make(self, work: Work, request: PersonalRequest) -> None:
        content = await asyncio.to_thread(zipped, await personal_data.gathered(work, request))
        await self._documents.put(personal_data.document_key(request), content, ZIP)
        personal_data.note_made(work, request, len(content))

    async def _remove_files(self, work: Work, request: PersonalRequest) -> None:
        for key in await erasure.files_of(work, request):
            await self._documents.delete(key)
        erasure.note_done(work, request)
