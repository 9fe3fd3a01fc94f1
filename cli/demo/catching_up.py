"""A receiver of the city is down while things happen, and catches up in order when it is back (N)."""

from typing import Any

from cli.demo import notices
from cli.demo.caller import Caller
from cli.demo.cast import Cast
from cli.demo.progress import Progress
from cli.demo.story import Story
from cli.demo.waiting import DemoFailed, until

_MISSED = 4
"""So many notices at least wait when the receiver comes back."""
_DOWN, _UP = 503, 204


class CatchingUp:
    def __init__(self, story: Story, cast: Cast, partner: Caller, progress: Progress) -> None:
        self._archive = story.archive
        self._city = cast.city
        self._partner = partner
        self._progress = progress
        self._secret = ""

    async def goes_down(self) -> None:
        with self._progress.step("The city's archive subscribes by webhook as well, and then goes down"):
            hook = f"{str(self._partner.http.base_url).rstrip('/')}/hooks/{self._archive.hook}"
            made = await self._city.post("/v1/endpoints", {"channel": "webhook", "address": hook})
            self._archive.endpoint_ids["webhook"] = made["id"]
            self._secret = made["secret"]
            await self._answer(_DOWN)

    async def comes_back(self) -> None:
        """It has missed a lot: all of it arrives, the oldest first."""
        self._progress.chapter("What everybody was told")
        with self._progress.step("The archive is still down: its notices wait, everybody else got theirs") as step:
            shown = await until(f"{_MISSED} notices that wait for the archive", self._has_missed_much)
            step.note(f"{shown['state']} since {shown['since'][:19]}: {shown['last_error']}, {shown['waiting']} wait")
        with self._progress.step("It is back; the city resumes it, and gets everything in order") as step:
            await self._answer(_UP)
            await self._city.post(f"{self._path}/resume")
            shown = await until("the archive to have caught up", self._has_caught_up)
            arrived = notices.arrived(await notices.webhooks(self._partner, self._archive))
            step.note(f"{len(arrived)} notices, from {arrived[0]} to {arrived[-1]}")

    @property
    def _path(self) -> str:
        return f"/v1/endpoints/{self._archive.endpoint_ids['webhook']}"

    async def _answer(self, status: int) -> None:
        await self._partner.put(f"/control/hooks/{self._archive.hook}", {"secret": self._secret, "status": status})

    async def _has_missed_much(self) -> dict[str, Any] | None:
        shown: dict[str, Any] = await self._city.get(self._path)
        return shown if shown["waiting"] >= _MISSED and shown["state"] in {"failing", "down"} else None

    async def _has_caught_up(self) -> dict[str, Any] | None:
        shown: dict[str, Any] = await self._city.get(self._path)
        return shown if shown["waiting"] == 0 and shown["state"] == "ok" else None


async def caught_up(story: Story, api: Caller, partner: Caller) -> str:
    """Each notice of the log was taken, in the order of the log, after tries that were not. Raises DemoFailed."""
    path = f"/v1/endpoints/{story.archive.endpoint_ids['webhook']}"
    log = (await api.get(f"{path}/notices", limit=200))["items"]
    wanted = [each["id"] for each in reversed(log)]
    calls = await notices.webhooks(partner, story.archive)
    taken = notices.in_turn(each["webhook_id"] for each in calls if each["verified"] and each["answered"] == _UP)
    refused = [each["webhook_id"] for each in calls if each["answered"] == _DOWN]
    if taken != wanted:
        raise DemoFailed(f"The archive got {taken}, and {wanted} was expected.")
    if not refused or set(refused) != {wanted[0]}:
        raise DemoFailed(f"While the archive was down {wanted[0]} was to be tried, again and again, not {refused}.")
    state = (await api.get(path))["state"]
    if state != "ok":
        raise DemoFailed(f"The archive's endpoint is {state}.")
    return f"{len(refused)} tries while it was down, then {len(taken)} notices in order"
