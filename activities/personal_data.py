"""What customers have asked for of their personal data is done by every worker on its round: exports are made, and the
files of those that have expired, and of customers that were erased, are removed. Who left long ago is erased (S8)."""

import asyncio
from uuid import UUID

import structlog

from activities.gateways.documents import Documents
from activities.personal_archive import zipped
from activities.rounds import go_round
from activities.steps import STATIONMASTER
from models.errors import ErasureRefused
from models.rules.personal_data import Because, RequestKind, RequestState
from models.store import erasure as erasing
from models.tables.base import new_id
from models.tables.personal_data import PersonalRequest
from models.usecases import customer, erasure, personal_data
from models.usecases.work import Desk, Work

EVERY_S = 5.0
ENDED_EVERY_S = 3600.0
ENDED_AT_ONCE = 100
ZIP = "application/zip"

log = structlog.get_logger()


class PersonalDataRound:
    """Each request is held while it is worked on: several workers do not do it twice, and what fails is tried again."""

    def __init__(self, desk: Desk, documents: Documents) -> None:
        self._desk = desk
        self._documents = documents

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        async with asyncio.TaskGroup() as together:
            together.create_task(go_round(stop, EVERY_S, self.see_to_requests))
            together.create_task(go_round(stop, ENDED_EVERY_S, self.erase_who_left))

    async def see_to_requests(self) -> None:
        """One that can't be done keeps none of the others from it."""
        async with self._desk.work(STATIONMASTER, str(new_id())) as work:
            due = await personal_data.due(work)
        for request_id in due:
            try:
                await self._see_to(request_id)
            except Exception:
                log.exception("personal_request_failed", request_id=str(request_id))

    async def erase_who_left(self) -> int:
        """Customers whose last subscription ended before the time for which they are kept; how many. Where something is
        still open about one, they are looked at again on the next round."""
        kept, erased, after = self._desk.terms.customers_kept, 0, None
        while kept is not None:
            async with self._desk.database.transaction() as session:
                before = self._desk.clock() - kept
                found = await erasing.long_gone(session, before, after, ENDED_AT_ONCE)
            for _, reference in found:
                erased += await self._erase(reference)
            if len(found) < ENDED_AT_ONCE:
                break
            after = found[-1][0]
        return erased

    async def _erase(self, reference: str) -> bool:
        try:
            async with self._desk.work(STATIONMASTER, str(new_id())) as work:
                await erasure.erase(work, await customer.lock_any(work, reference), Because.NOT_NEEDED)
        except ErasureRefused as error:
            log.info("customer_kept", customer=reference, reason=error.code)
            return False
        return True

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
