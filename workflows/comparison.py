"""Rows and workflows are compared: what ought to run, what runs, and where it stands (rule 4)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from models.messages.rebuild import Standing
from models.rules.rebuild import IN_WORDS, REMEDIES, Answer, Difference, InRows, InTemporal, Remedy, differing
from models.rules.rebuild import difference as difference_of
from models.store import processes
from models.store import rebuild as store
from models.usecases import rebuild
from models.usecases.rebuild import KINDS, REBUILD
from models.usecases.work import Desk

PAGE = 500
AT_ONCE = 8
"""So many processes are looked at or brought back at a time: fewer than the pool has connections."""
LOOKS = 3
SETTLE_S = 2.0
"""What moves is looked at again after this; a difference is what every look has seen."""
ANSWER_WITHIN = timedelta(seconds=5)
CORRELATION_ID = "rebuild"
_NO_ANSWER = frozenset(
    {
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.RESOURCE_EXHAUSTED,
    }
)

T = TypeVar("T")
R = TypeVar("R")
Watch = Callable[[str, int], None]
"""Is told by which phase how many processes were seen to."""


@dataclass(frozen=True)
class Finding:
    """A process of which rows and workflow differ (None: both agree, and it is to be started anew all the same).

    ``run_id`` is that of the workflow that runs.
    """

    workflow_id: str
    kind: str
    difference: Difference | None
    why: str
    run_id: str | None = None

    @property
    def remedy(self) -> Remedy:
        return Remedy.REPLACE if self.difference is None else REMEDIES[self.difference]


@dataclass(frozen=True)
class Lost:
    """A workflow of which the database knows nothing, running or not: it began on a day that the rows have lost."""

    workflow_id: str
    kind: str


@dataclass(frozen=True)
class Comparison:
    """``looked_at`` is how many processes there are, on both sides together; ``whole`` that it is all of them."""

    looked_at: int
    findings: Sequence[Finding]
    lost: Sequence[Lost] = ()
    whole: bool = True


class Comparer:
    def __init__(self, desk: Desk, client: Client, watch: Watch = lambda _phase, _count: None) -> None:
        self._desk = desk
        self._client = client
        self._watch = watch

    async def compare(self, only: Sequence[str] = (), *, anew: bool = False) -> Comparison:
        """Where rows and workflows differ, of all processes or of ``only`` these. With ``anew``, all of them that go on
        are findings. Raises RPCError where Temporal is away.
        """
        seen: dict[str, Finding | None] = {}
        async for ids in _once(only) if only else self._everything(seen):
            seen.update(zip(ids, await each_of(ids, self.look), strict=True))
            self._watch("compared", len(ids))
        suspects = [name for name, finding in seen.items() if finding is not None]
        findings = await self.confirmed(suspects)
        if anew:
            findings = [each for each in findings if each.remedy is not Remedy.LEAVE]
            known = {each.workflow_id for each in findings}
            rest = await each_of([name for name in seen if name not in known], self._asked_for)
            findings += [each for each in rest if each is not None]
        return Comparison(len(seen), findings, () if only else await self._lost(), whole=not only)

    async def confirmed(self, suspects: Sequence[str]) -> list[Finding]:
        """The differences that stay; what only moves has none after a while."""
        findings: list[Finding] = []
        for _ in range(LOOKS - 1):
            if suspects:
                await asyncio.sleep(SETTLE_S)
            findings = [each for each in await each_of(suspects, self.look) if each is not None]
            suspects = [each.workflow_id for each in findings]
        return findings

    async def look(self, workflow_id: str) -> Finding | None:
        """The difference of one process, as it is this moment."""
        async with self._desk.work(REBUILD, CORRELATION_ID) as work:
            rows = await rebuild.standing(work, workflow_id)
            known = await processes.find(work.session, workflow_id)
        described = await self.described(workflow_id)
        runs = described is not None and described.status is WorkflowExecutionStatus.RUNNING
        can_tell = runs and rows is not None and rows.standing is not None
        answer = await self._answer(workflow_id) if can_tell else None
        found = difference_of(rows, InTemporal(runs, answer))
        if found is None:
            return None
        kind = known.kind if known else described.workflow_type if described else ""
        run_id = described.run_id if described and runs else None
        return Finding(workflow_id, kind, found, _in_words(found, rows, answer, described), run_id)

    async def described(self, workflow_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._client.get_workflow_handle(workflow_id).describe(rpc_timeout=ANSWER_WITHIN)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def _answer(self, workflow_id: str) -> Answer | None:
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            told = await handle.query("standing", result_type=Standing, rpc_timeout=ANSWER_WITHIN)
        except WorkflowQueryFailedError:
            return None
        except RPCError as error:
            if error.status not in _NO_ANSWER:
                raise
            return None
        return Answer(told.subject_id, told.heard, told.progress)

    async def _everything(self, seen: dict[str, Finding | None]) -> AsyncIterator[Sequence[str]]:
        """The processes that go on by their rows, those with facts left over, then what else runs in Temporal."""
        for page in (self._open_page, self._left_over_page):
            after = ""
            while ids := await page(after):
                yield [name for name in ids if name not in seen]
                after = ids[-1]
        more: list[str] = []
        async for each in self._client.list_workflows(f"ExecutionStatus = 'Running' AND {_of_ours()}"):
            if each.id not in seen:
                more.append(each.id)
            if len(more) == PAGE:
                yield list(dict.fromkeys(more))
                more = []
        yield list(dict.fromkeys(more))

    async def _open_page(self, after: str) -> Sequence[str]:
        async with self._desk.database.transaction() as session:
            return await store.open_page(session, KINDS, after=after, limit=PAGE)

    async def _left_over_page(self, after: str) -> Sequence[str]:
        async with self._desk.database.transaction() as session:
            return await store.left_over(session, after=after, limit=PAGE)

    async def _lost(self) -> list[Lost]:
        async with self._desk.database.transaction() as session:
            newest = await store.last_begun(session)
        since = "" if newest is None else f" AND StartTime > '{newest.isoformat()}'"
        begun = {each.id: each.workflow_type async for each in self._client.list_workflows(_of_ours() + since)}
        async with self._desk.database.transaction() as session:
            return [Lost(name, kind) for name, kind in begun.items() if await processes.find(session, name) is None]

    async def _asked_for(self, workflow_id: str) -> Finding | None:
        async with self._desk.work(REBUILD, CORRELATION_ID) as work:
            known = await rebuild.open_process(work, workflow_id)
        return None if known is None else Finding(workflow_id, known.kind, None, "it was asked for")


async def each_of(items: Sequence[T], do: Callable[[T], Awaitable[R]]) -> list[R]:
    """Do it for each, some at a time; what came of it, in their order."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with turns:
            return await do(item)

    done: list[R] = []
    for start in range(0, len(items), PAGE):
        done += await asyncio.gather(*(one(item) for item in items[start : start + PAGE]))
    return done


async def _once(ids: Iterable[str]) -> AsyncIterator[Sequence[str]]:
    yield list(dict.fromkeys(ids))


def _of_ours() -> str:
    return f"WorkflowType IN ({', '.join(repr(kind) for kind in KINDS)})"


def _in_words(
    found: Difference, rows: InRows | None, answer: Answer | None, described: WorkflowExecutionDescription | None
) -> str:
    words = IN_WORDS[found]
    if found is Difference.NO_WORKFLOW and described is not None and described.status is not None:
        return f"{words}; the last one is {described.status.name.lower().replace('_', ' ')}"
    if rows is None or answer is None:
        return words
    if found is Difference.AHEAD:
        return f"{words} ({answer.heard} of {rows.last_number})"
    if found is Difference.BEHIND:
        return f"{words} ({answer.heard} of {rows.delivered_number})"
    if found is Difference.ELSEWHERE and rows.standing is not None and answer.standing is not None:
        told = (
            f"{name} is {answer.standing[name]!r} there and {rows.standing[name]!r} in the rows"
            for name in differing(rows.standing, answer.standing)
        )
        return f"{words}: {', '.join(told)}"
    return words
