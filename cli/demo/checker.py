"""Checks what came of the road, after everything was restarted: from outside, with a login of its own."""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cli.demo import billed, notices
from cli.demo.caller import Caller, logged_in
from cli.demo.catching_up import caught_up
from cli.demo.engineer import ENCRYPTED, Engineer, encoding_of
from cli.demo.escalating import escalated_once
from cli.demo.expected import (
    CANCELLED_STATION,
    MENDED_STATION,
    PLACEMENT,
    REJECTED,
    STATION,
    WITHDRAWN,
    WITHDRAWN_ORDER,
    WORK_ORDER,
)
from cli.demo.keeping import kept
from cli.demo.progress import Progress
from cli.demo.story import Addresses, Process, Story, Subscriber
from cli.demo.waiting import DemoFailed, until

_ATTEMPT_STATES = ["rejected", "installation_scheduled"]


@dataclass(frozen=True)
class Check:
    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Sources:
    """``api`` is the checker's own login; the others are what partners and engineers look at."""

    api: Caller
    grid_operator: Caller
    partner: Caller
    mailbox: Caller
    stations: Caller
    engineer: Engineer


async def sources_of(story: Story, addresses: Addresses, stack: AsyncExitStack) -> Sources:
    """Open for as long as the stack. Raises DemoFailed."""
    login = story.logins["checker"]
    api = await stack.enter_async_context(await logged_in(login.name, addresses.api, login.email, story.password))
    urls = (addresses.grid_operator, addresses.partner, addresses.mailbox, addresses.stations, addresses.temporal_ui)
    grid_operator, partner, mailbox, stations, temporal_ui = [
        await stack.enter_async_context(Caller(login.name, url)) for url in urls
    ]
    return Sources(api, grid_operator, partner, mailbox, stations, Engineer(temporal_ui, api))


class Checker:
    """``report`` is the acceptance report as it was fetched, ``house`` the folder of the house's data."""

    def __init__(self, story: Story, sources: Sources, report: Path, house: Path) -> None:
        self._story = story
        self._sources = sources
        self._api = sources.api
        self._report = report
        self._house = house
        self.final_states: dict[str, str] = {}
        """Stages as they were read, by reference."""

    async def run(self, progress: Progress) -> list[Check]:
        """All checks, whatever becomes of the others."""
        return [await checked(name, check, progress) for name, check in self._checks().items()]

    def _checks(self) -> dict[str, Callable[[], Awaitable[str]]]:
        return {
            "Each request and the work order stand where they should": self.stages,
            "Each station is active, and connected again after the restart": self.stations,
            "What is wanted of the product's stations they have, also the one that drifted": self.kept_as_wanted,
            "Each step stands in the timelines once, and each leads on from the one before": self.timelines,
            "What was forgotten was passed on once, and its holder was told once": self.escalated,
            "What the city withdrew is undone: nothing of it is left at any party": self.undone,
            "The grid operator has got exactly one connection request for each location": self.grid_requests,
            "Each notice has arrived in its turn, its signature verified, by webhook and by mail": self.notices,
            "A receiver that was down has got everything in order": self.caught_up,
            "No notice has come more than once": self.once,
            "The acceptance report is on file with the request, as it was fetched": self.documents,
            "Each session is billed once, by the tariff of its start": self.billed,
            "Who pays ahead got no more than was paid for": lambda: billed.stopped_in_time(self._story, self._api),
            "What was held is settled, and a debt is said": lambda: billed.held_is_settled(self._story, self._api),
            "A lost card is dead, and its use is on record": lambda: billed.replaced(self._story, self._api),
            "Statements add up, and lead back line by line": lambda: billed.statements(self._story, self._api),
            "The ledger is whole, by every proof": lambda: billed.reconciled(self._house),
            "Nothing is left to do, and every fact has reached its process": self.nothing_left,
            "Temporal finds each process by reference, stage and organisation": self.found_in_temporal,
            "Histories are encrypted, and are read through our codec endpoint": self.histories,
        }

    async def stages(self) -> str:
        rejected = await self._api.get(f"/v1/placement-requests/{self._story.rejected}")
        placement = await self._api.get(f"/v1/placement-requests/{self._story.placement}")
        order = await self._api.get(f"/v1/work-orders/{self._story.work_order}")
        self.final_states |= {each["reference"]: each["stage"] for each in (rejected, placement, order)}
        _same("stages", [each["stage"] for each in (rejected, placement, order)], ["rejected", "operating", "closed"])
        _same("the reason", rejected["rejection_reason"], self._story.rejection_reason)
        return ", ".join(f"{each['reference']} {each['label'].lower()}" for each in (rejected, placement, order))

    async def stations(self) -> str:
        for station in self._story.stations:
            path = f"/v1/stations/{station.name}"

            async def connected(path: str = path) -> dict[str, Any] | None:
                shown: dict[str, Any] = await self._api.get(path)
                return shown if shown["connected"] else None

            shown = await until(f"{station.name} is connected again", connected)
            self.final_states[station.name] = shown["stage"]
            _same(f"stage of {station.name}", shown["stage"], "active")
            _same(f"serial of {station.name}", shown["booted"]["serial"], station.hardware.serial)
            _same(f"protocol of {station.name}", shown["connection"]["protocol"], station.protocol)
            _same(f"{station.name} has charged for its test", shown["test_charge"]["is_test"], True)
        return ", ".join(f"{station.name} ({station.protocol})" for station in self._story.stations)

    async def kept_as_wanted(self) -> str:
        return await kept(self._story, self._api, self._sources.stations)

    async def timelines(self) -> str:
        events = await self._events(self._story.placement)
        check_steps("placement", _named(events, "placement"), PLACEMENT)
        check_steps("work order", _named(events, "work order"), WORK_ORDER)
        for place, station in enumerate(self._story.stations):
            mine = [each for each in events if _is_of_road(each["detail"], station.name)]
            check_steps(station.name, _named(mine, "station"), STATION if place else MENDED_STATION)
        for subject in ("placement", "work order"):
            check_chain([each["detail"] for each in events if each["subject"] == subject and "after" in each["detail"]])
        rejected = await self._events(self._story.rejected)
        check_steps("rejected request", _named(rejected, "placement"), REJECTED)
        return f"{len(events) + len(rejected)} steps"

    async def undone(self) -> str:
        """P20."""
        path = f"/v1/placement-requests/{self._story.withdrawn}"
        request = await self._api.get(path)
        _same("stage of what was withdrawn", (request["stage"], request["ending"]), ("withdrawn", "withdrawn"))
        _same("the reason", request["ending_reason"], self._story.withdrawal_reason)
        _same("what is still to be undone", (await self._api.get(f"{path}/undoing"))["items"], [])
        order = await self._api.get(f"/v1/work-orders/{self._story.withdrawn_order}")
        station = self._story.withdrawn_station
        shown = await self._api.get(f"/v1/stations/{station.name if station else ''}")
        _same("work order and station", (order["stage"], shown["stage"]), ("cancelled", "cancelled"))
        _same("hardware at the station, and its socket", (shown["unit"], shown["connected"]), (None, False))
        known = await self._sources.grid_operator.get("/control/requests", reference=f"{self._story.withdrawn}/1")
        _same("connection requests there", [each["status"] for each in known], ["cancelled"])
        events = await self._events(self._story.withdrawn)
        check_steps("what was withdrawn", _named(events, "placement"), WITHDRAWN)
        check_steps("its work order", _named(events, "work order"), WITHDRAWN_ORDER)
        check_steps("its station", _named(events, "station"), CANCELLED_STATION)
        self.final_states |= {each["reference"]: each["stage"] for each in (request, order)}
        return f"{request['reference']}, {order['reference']}, {shown['name']}, {known[0]['connection_request_id']}"

    async def grid_requests(self) -> str:
        attempts = (await self._api.get(f"/v1/placement-requests/{self._story.placement}/attempts"))["items"]
        _same("states of the locations", [each["state"] for each in attempts], _ATTEMPT_STATES)
        for attempt in attempts:
            reference = f"{self._story.placement}/{attempt['number']}"
            known = await self._sources.grid_operator.get("/control/counts", reference=reference)
            ids = [each["connection_request_id"] for each in known]
            _same(f"connection requests for {reference}", ids, [attempt["connection_request_id"]])
        return ", ".join(each["connection_request_id"] for each in attempts)

    async def notices(self) -> str:
        told = [await self._notices(each) for each in (self._story.city, self._story.installer)]
        return "; ".join([*told, await self._mails_to_contact()])

    async def caught_up(self) -> str:
        return await caught_up(self._story, self._api, self._sources.partner)

    async def once(self) -> str:
        subscribers = (self._story.city, self._story.installer, self._story.archive)
        calls = [call for each in subscribers for call in await notices.webhooks(self._sources.partner, each)]
        addresses = (self._story.city.mail, self._story.installer.mail, self._story.contact_mail)
        mails = [mail for each in addresses for mail in await notices.mails(self._sources.mailbox, each)]
        taken = [call["webhook_id"] for call in calls if 200 <= call["answered"] < 300]
        _same("webhooks that came more than once", notices.more_than_once(taken), [])
        _same("mails that came more than once", notices.more_than_once(each["message_id"] for each in mails), [])
        return f"{len(taken)} webhooks, {len(mails)} mails"

    async def escalated(self) -> str:
        return await escalated_once(self._story, self._api, self._sources.mailbox)

    async def billed(self) -> str:
        told = await billed.billed_once(self._story, self._api)
        sessions = [each for driver in self._story.drivers for each in driver.sessions]
        self.final_states |= dict.fromkeys(sessions, "settled")
        return told

    async def documents(self) -> str:
        document = await self._api.get(f"/v1/documents/{self._story.document_id}")
        content = await self._api.fetch(document["content"])
        digests = {hashlib.sha256(each).hexdigest() for each in (content, self._report.read_bytes())}
        _same("SHA-256 of the report", digests, {document["sha256"]})
        return f"{document['name']}, {document['size_bytes']} bytes, sha256 {document['sha256'][:16]}..."

    async def nothing_left(self) -> str:
        mine = {process.reference for process in self._story.processes}
        tasks = (await self._api.get("/v1/tasks", limit=200))["items"]
        _same("open tasks", [each["title"] for each in tasks if each["reference"] in mine], [])
        facts = 0
        for process in self._story.processes:
            shown = await self._api.get(f"/v1/processes/{process.workflow_id}")
            _same(f"{process.workflow_id} has ended", shown["ended_at"] is not None, True)
            _same(f"facts on their way to {process.workflow_id}", _undelivered(shown), [])
            facts += shown["last_number"]
        return f"{facts} facts handed over to {len(mine)} processes"

    async def found_in_temporal(self) -> str:
        engineer = self._sources.engineer
        for process in self._story.processes:
            await self._completed(process)
            values = {
                "Reference": process.reference,
                "Stage": process.last_stage,
                "Organisation": process.organisation,
            }
            query = " AND ".join(f"{name} = '{value}'" for name, value in values.items())
            _same(f"workflows with {query}", await engineer.find(query), [process.workflow_id])
        return ", ".join(process.workflow_id for process in self._story.processes)

    async def histories(self) -> str:
        count = 0
        for process in self._story.processes:
            payloads = await self._sources.engineer.payloads(process.workflow_id)
            _same(f"encodings in {process.workflow_id}", {encoding_of(each) for each in payloads}, {ENCRYPTED})
            said = await self._sources.engineer.decoded(payloads)
            _same(f"{process.reference} is read there", any(process.reference in each for each in said), True)
            count += len(payloads)
        return f"{count} payloads"

    async def _events(self, reference: str) -> list[dict[str, Any]]:
        items = (await self._api.get(f"/v1/placement-requests/{reference}/timeline"))["items"]
        return [each for each in items if each["kind"] == "event" and not each["refused"]]

    async def _notices(self, subscriber: Subscriber) -> str:
        calls = await notices.webhooks(self._sources.partner, subscriber)
        _same(f"calls to {subscriber.hook} not verified", [each for each in calls if not each["verified"]], [])
        mails = await notices.mails(self._sources.mailbox, subscriber.mail)
        got = {
            "webhook": notices.in_turn(each["webhook_id"] for each in calls),
            "mail": notices.in_turn(_notice_of(each["message_id"]) for each in reversed(mails)),
        }
        for channel, endpoint_id in subscriber.endpoint_ids.items():
            log = (await self._api.get(f"/v1/endpoints/{endpoint_id}/notices", limit=200))["items"]
            _same(f"states of {channel}s", {each["state"] for each in log}, {"delivered"})
            _same(f"{channel}s in turn", got[channel], [each["id"] for each in reversed(log)])
        return f"{subscriber.organisation}: {len(got['webhook'])} webhooks, {len(got['mail'])} mails"

    async def _mails_to_contact(self) -> str:
        """The city's contact gets all that the city gets."""
        wanted = len({call["webhook_id"] for call in await notices.webhooks(self._sources.partner, self._story.city)})

        async def all_there() -> set[str] | None:
            mails = await notices.mails(self._sources.mailbox, self._story.contact_mail)
            message_ids = {each["message_id"] for each in mails}
            return message_ids if len(message_ids) >= wanted else None

        message_ids = await until(f"{wanted} mails to the contact", all_there)
        _same("mails to the contact", len(message_ids), wanted)
        return f"the contact: {len(message_ids)} mails"

    async def _completed(self, process: Process) -> None:
        async def is_completed() -> bool:
            return await self._sources.engineer.status(process.workflow_id) == "completed"

        await until(f"{process.workflow_id} is completed", is_completed)


async def checked(name: str, check: Callable[[], Awaitable[str]], progress: Progress) -> Check:
    """Makes one check, shown as a step."""
    try:
        with progress.step(name) as step:
            try:
                step.note(await check())
            except DemoFailed as error:
                step.note(str(error))
                raise
    except DemoFailed as error:
        return Check(name, passed=False, detail=str(error))
    return Check(name, passed=True, detail=step.notes[0])


def check_steps(subject: str, found: Sequence[str], wanted: Sequence[str]) -> None:
    """Each as often as it is wanted. Raises DemoFailed."""
    missing, added = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    if missing or added:
        raise DemoFailed(f"Timeline of {subject}: missing {sorted(missing)}, not expected {sorted(added)}.")


def _is_of_road(detail: dict[str, Any], station: str) -> bool:
    """What a station was commanded in operation is no step of its road."""
    return detail.get("station") == station and "command" not in detail


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise DemoFailed(f"{what}: {wanted!r} was expected, not {found!r}.")


def _notice_of(message_id: str) -> str:
    return message_id.removeprefix("<").partition("@")[0]


def _named(events: list[dict[str, Any]], subject: str) -> list[str]:
    return [each["what"] for each in events if each["subject"] == subject]


def check_chain(moves: Sequence[dict[str, Any]]) -> None:
    """Each move starts where the one before ended. Raises DemoFailed."""
    for earlier, later in pairwise(moves):
        _same(f"the stage before '{later['after']}'", later["before"], earlier["after"])


def _undelivered(process: dict[str, Any]) -> list[int]:
    return [fact["number"] for fact in process["facts"] if fact["delivered_at"] is None]
