"""From the city's request to a work order: operations decides, the grid operator connects (P1-P8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cli.demo.caller import Caller
from cli.demo.cast import STATIONS, Cast
from cli.demo.engineer import Engineer
from cli.demo.progress import Progress
from cli.demo.story import Story
from cli.demo.waiting import until

_CITY = {"city": "Voorbeeld", "municipality": "Voorbeeld", "country": "NL"}
_NEAR_A_STATION = {**_CITY, "street": "Achterom", "house_number": "7", "postal_code": "1234 AB",
                   "latitude": 52.3702, "longitude": 4.8952}  # fmt: skip
_WITHOUT_CAPACITY = {**_CITY, "street": "Smalle Gracht", "house_number": "12", "postal_code": "1234 CD",
                     "latitude": 52.3731, "longitude": 4.8926}  # fmt: skip
_REPLACEMENT = {**_CITY, "street": "Marktplein", "house_number": "1", "postal_code": "1234 EF",
                "latitude": 52.3747, "longitude": 4.8979}  # fmt: skip
_NO_CAPACITY = "No capacity in this street before 2029"


class Placing:
    def __init__(self, story: Story, cast: Cast, grid_operator: Caller, engineer: Engineer, progress: Progress) -> None:
        self._story = story
        self._cast = cast
        self._engineer = engineer
        self._grid_operator = grid_operator
        self._progress = progress

    async def unwanted_request(self) -> None:
        """P1, P2."""
        with self._progress.step("The city's system asks for a station over the API") as shown:
            self._story.rejected = await self._request(_NEAR_A_STATION, stations=1, own_reference="LP-117")
            shown.note(f"{self._story.rejected}, tender {self._cast.tender}")

    async def rejection(self) -> None:
        """P4: operations says no, the process ends."""
        step, operations = self._progress.step, self._cast.operations
        with step("Olga of operations rejects it, with a reason") as shown:
            path = f"/v1/placement-requests/{self._story.rejected}"
            ended = await operations.post(f"{path}/reject", {"reason": self._story.rejection_reason})
            shown.note(f"{ended['label']}: {ended['rejection_reason']}")
        with step("A second decision about it is refused") as shown:
            shown.note(await operations.refused(409, "POST", f"{path}/approve"))

    async def accepted_request(self) -> None:
        """P1 to P8, by way of a location that can't be connected."""
        step, operations = self._progress.step, self._cast.operations
        with step(f"The city's system asks for {STATIONS} stations") as shown:
            self._story.placement = await self._request(_WITHOUT_CAPACITY, stations=STATIONS, own_reference="LP-118")
            shown.note(f"{self._story.placement}, {_WITHOUT_CAPACITY['street']} {_WITHOUT_CAPACITY['house_number']}")
        with step("Olga approves it; the grid operator is asked for a connection"):
            await operations.post(f"{self._path}/approve")
            first = await self._connection_request(1)
        with step("Eva the engineer finds the process in Temporal, and reads what it waits for") as shown:
            shown.note(await until("the process in Temporal's list", self._found_in_temporal))
        with step("The grid operator rejects the location, and tells it twice") as shown:
            await self._tell(first, "rejected", reason=_NO_CAPACITY, times=2)
            shown.note(await self._stage("location_rejected"))
        with step("Olga proposes another location; exactly one new connection request follows") as shown:
            await operations.post(f"{self._path}/locations", {"location": _REPLACEMENT})
            second = await self._connection_request(2)
            shown.note(f"{_REPLACEMENT['street']} {_REPLACEMENT['house_number']}: connection request {second}")
        await self._connect(second)

    async def _connect(self, request_id: str) -> None:
        """P6 to P8."""
        step = self._progress.step
        with step("The grid operator approves, calls twice, and one call overtakes another") as shown:
            await self._tell(request_id, "approved", times=2)
            await self._tell(request_id, "connection_scheduled", in_days=14)
            await self._tell(request_id, "preparation_scheduled", in_days=7)
            shown.note(await self._stage("pending_grid_installation"))
        with step("A badly signed call is turned away with 401, and changes nothing"):
            await self._tell(request_id, "cancelled", signature="bad")
            await self._delivered(request_id, "cancelled", "401")
        with step("The grid operator schedules the installation: a work order is made for the installer") as shown:
            await self._tell(request_id, "installation_scheduled", in_days=21)
            await self._stage("in_installation")
            self._story.work_order = await until("the work order of the placement", self._work_order)
            shown.note(f"{self._story.work_order} for {self._story.installer.organisation}")

    async def connected(self) -> None:
        """P7: the grid connection is live."""
        attempts = await self._cast.operations.get(f"{self._path}/attempts")
        await self._tell(attempts["items"][-1]["connection_request_id"], "connected")
        await until("the connection told by the grid operator", self._is_connected)

    @property
    def _path(self) -> str:
        return f"/v1/placement-requests/{self._story.placement}"

    async def _request(self, location: dict[str, Any], *, stations: int, own_reference: str) -> str:
        contact = {"name": "Rita Requester", "email": self._story.contact_mail}
        said = {"stations": stations, "requester_reference": f"{own_reference}-{self._story.run}", "contact": contact}
        made = await self._cast.city.post(
            "/v1/placement-requests", {"tender": self._cast.tender, "location": location, **said}
        )
        return str(made["reference"])

    async def _connection_request(self, attempt: int) -> str:
        """The grid operator's own id of the request for that location, once both sides know it."""

        async def known() -> str | None:
            attempts = (await self._cast.operations.get(f"{self._path}/attempts"))["items"]
            return attempts[attempt - 1]["connection_request_id"] if len(attempts) >= attempt else None

        return await until(f"the connection request for location {attempt}", known)

    async def _tell(
        self,
        request_id: str,
        event: str,
        *,
        reason: str | None = None,
        in_days: int | None = None,
        times: int = 1,
        signature: str = "good",
    ) -> None:
        """The stand-in calls our webhook, as it would on its own."""
        day = None if in_days is None else (datetime.now(UTC) + timedelta(days=in_days)).date().isoformat()
        said = {"event": event, "reason": reason, "scheduled_for": day, "times": times, "signature": signature}
        await self._grid_operator.post(f"/control/requests/{request_id}/events", said)

    async def _delivered(self, request_id: str, event: str, outcome: str) -> None:
        async def answered() -> bool:
            sent = await self._grid_operator.get("/control/events", connection_request_id=request_id)
            return any(each["event"] == event and outcome in str(each["last_outcome"]) for each in sent)

        await until(f"our answer {outcome} to the grid operator's call '{event}'", answered)

    async def _stage(self, stage: str) -> str:
        """Waits until the placement is there; gives the stage in plain words."""

        async def reached() -> str | None:
            now = await self._cast.city.get(self._path)
            return f"{now['label']}, waits for {now['waits_for']}" if now["stage"] == stage else None

        return await until(f"{self._story.placement} is '{stage}'", reached)

    async def _found_in_temporal(self) -> str | None:
        query = f"Reference = '{self._story.placement}' AND Stage = 'grid_requested'"
        found = await self._engineer.find(query)
        if not found:
            return None
        words = (await self._engineer.details(found[0])).translate(str.maketrans("", "", "#*`"))
        return ". ".join(part.strip(" .\n") for part in words.split("\n\n")) + "."

    async def _work_order(self) -> str | None:
        found: str | None = (await self._cast.operations.get(self._path))["work_order"]
        return found

    async def _is_connected(self) -> bool:
        order = await self._cast.installer.get(f"/v1/work-orders/{self._story.work_order}")
        return order["grid_connection"]["connected_at"] is not None
