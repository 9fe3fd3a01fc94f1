"""A task that the office forgets: it is overdue, its holder is told, and administration gets it on their table (P21).

Time is moved here, by the due date, not waited for.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from cli.demo import notices
from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.progress import Progress
from cli.demo.story import Story
from cli.demo.waiting import DemoFailed, until

_MOVED_BECAUSE = "The demo does not wait five working days"
_ESCALATION = ["overdue", "escalated to administration"]


class Escalating:
    def __init__(self, story: Story, cast: Cast, mailbox: Caller, progress: Progress) -> None:
        self._story = story
        self._cast = cast
        self._mailbox = mailbox
        self._progress = progress

    async def forgotten(self) -> None:
        """The request that operations will reject lies about until its deadline is over. Raises DemoFailed."""
        step, administrator = self._progress.step, self._cast.administrator
        with step("Olga claims the task, and forgets it") as shown:
            task = await self._task()
            await self._cast.operations.post(f"/v1/tasks/{task['id']}/claim")
            shown.note(f"{task['title']}: due {task['due_at']}")
        with step("Ada of administration moves its due date to an hour ago, with a reason") as shown:
            an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
            said = {"due_at": an_hour_ago.isoformat(), "reason": _MOVED_BECAUSE}
            moved = await administrator.post(f"/v1/tasks/{task['id']}/due-date", said)
            shown.note(f"overdue since {moved['overdue_since']}; it stands first in the inbox of operations")
            await self._stands_first()
        with step("Olga is told by mail, and Ada finds it in her own inbox") as shown:
            escalated = await until("the escalation", self._escalated)
            shown.note(f"{escalated['title']}, due {escalated['due_at']}")
            shown.note(await until("the mail to Olga", self._told))

    async def _task(self) -> dict[str, Any]:
        mine = await self._of_request(self._cast.operations, "review_placement")
        if not mine:
            raise DemoFailed(f"Operations has no task about {self._story.rejected}.")
        return mine[0]

    async def _stands_first(self) -> None:
        first = (await self._cast.operations.get("/v1/tasks", limit=1))["items"]
        if [each["overdue"] for each in first] != [True]:
            raise DemoFailed("What is overdue does not stand first in the inbox.")

    async def _escalated(self) -> dict[str, Any] | None:
        mine = await self._of_request(self._cast.administrator, "overdue")
        return mine[0] if mine else None

    async def _told(self) -> str | None:
        mails = await notices.mails(self._mailbox, self._story.logins["operations"].email)
        return next((mail["subject"] for mail in mails if self._story.rejected in mail["subject"]), None)

    async def _of_request(self, caller: Caller, kind: str) -> list[dict[str, Any]]:
        tasks = (await caller.get("/v1/tasks", kind=kind, limit=200))["items"]
        return [each for each in tasks if each["reference"] == self._story.rejected]


async def escalated_once(story: Story, api: Caller, mailbox: Caller) -> str:
    """What the timeline and the mail box tell of it. Raises DemoFailed."""
    items = (await api.get(f"/v1/placement-requests/{story.rejected}/timeline"))["items"]
    told = [each["what"] for each in items if each["subject"] == "deadline"]
    if told != _ESCALATION:
        raise DemoFailed(f"Timeline of the deadline: {_ESCALATION} was expected, not {told}.")
    reasons = [each["why"] for each in items if each["what"] == "due date changed"]
    if reasons != [_MOVED_BECAUSE]:
        raise DemoFailed(f"Reasons for the due date: {[_MOVED_BECAUSE]} was expected, not {reasons}.")
    mails = await notices.mails(mailbox, story.logins["operations"].email)
    count = len({mail["message_id"] for mail in mails if story.rejected in mail["subject"]})
    if count != 1:
        raise DemoFailed(f"Mails to Olga about {story.rejected}: one was expected, not {count}.")
    return f"{story.rejected}: {', '.join(told)}; one mail to its holder"
