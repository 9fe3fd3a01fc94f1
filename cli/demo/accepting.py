"""The acceptance test is filled in, returned, corrected and approved; the stations go live (P16-P19)."""

import asyncio
import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from cli.demo.cast import Cast
from cli.demo.progress import Progress
from cli.demo.story import PlacedStation, Story
from cli.demo.waiting import DemoFailed, until

_REMARK = "Measure again with the cable bolted on: 12.5 ohm is beyond the limit."
_BAD_OHM, _GOOD_OHM = "12.5", "3.2"


class Accepting:
    def __init__(self, story: Story, cast: Cast, progress: Progress) -> None:
        self._story = story
        self._cast = cast
        self._progress = progress

    async def fill_in(self) -> None:
        """P16."""
        iris, step = self._cast.installer, self._progress.step
        with step("Iris uploads a photo and answers the questions of site and stations") as shown:
            photo = await iris.upload(f"{self._order}/photos", "site.jpg", _photo(), "image/jpeg")
            answers = self._answers(photo["id"])
            sheet = await iris.patch(f"{self._sat}/answers", {"answers": answers})
            shown.note(f"{len(answers)} answers, {sheet['missing']} required ones missing")
        with step("An answer of the wrong kind is refused with its field") as shown:
            wrong = {"question": "surface", "line_id": None, "value": "lava"}
            shown.note(await iris.refused(422, "PATCH", f"{self._sat}/answers", {"answers": [wrong]}))
        with step("She sends it in; approving it herself is refused") as shown:
            await iris.post(f"{self._sat}/submit")
            shown.note(await iris.refused(403, "POST", f"{self._sat}/approve"))

    async def review(self) -> None:
        """P17."""
        first = self._story.stations[0]
        remark = {"question": "earth_resistance", "line_id": first.line_id, "text": _REMARK}
        with self._progress.step("Otto of operations returns it with a remark") as shown:
            await self._cast.reviewer.post(f"{self._sat}/return", {"remarks": [remark]})
            shown.note(f"{first.name}: {_REMARK}")
        with self._progress.step("Iris corrects the answer and sends the test in again"):
            answer = {"question": "earth_resistance", "line_id": first.line_id, "value": _GOOD_OHM}
            await self._cast.installer.patch(f"{self._sat}/answers", {"answers": [answer]})
            await self._cast.installer.post(f"{self._sat}/submit")
        with self._progress.step("Otto approves: the report is made and put with the request"):
            await self._cast.reviewer.post(f"{self._sat}/approve")
            document = await until("the acceptance report with the request", self._report)
            self._story.document_id, self._story.document_name = document["id"], document["name"]

    async def fetch_report(self, folder: Path) -> None:
        """P18: as the city's own system does. Raises DemoFailed."""
        target = folder / self._story.document_name
        with self._progress.step("The city's system fetches the acceptance report (PDF) over the API") as shown:
            content = await self._cast.city.fetch(f"/v1/documents/{self._story.document_id}/content")
            if not content.startswith(b"%PDF-"):
                raise DemoFailed("The acceptance report is no PDF.")
            await asyncio.to_thread(_write, target, content)
            shown.note(f"{target.name}, {len(content) / 1024:.0f} KiB")

    async def activate(self) -> None:
        """P19."""
        ada = self._cast.administrator
        with self._progress.step("Ada of administration activates the stations from her inbox") as shown:
            for name in [station.name for station in self._story.stations]:
                tasks = (await ada.get("/v1/tasks", limit=200))["items"]
                title = next((each["title"] for each in tasks if each["reference"] == name), None)
                if title is None:
                    raise DemoFailed(f"Administration has no task to activate {name}.")
                live = await ada.post(f"/v1/stations/{name}/activate")
                shown.note(f"{title}: {live['label'].lower()}")
        with self._progress.step("The work order closes, and the city's request has reached its end") as shown:
            shown.note(await until(f"{self._story.placement} is operating", self._operating))

    @property
    def _order(self) -> str:
        return f"/v1/work-orders/{self._story.work_order}"

    @property
    def _sat(self) -> str:
        return f"{self._order}/sat"

    def _answers(self, photo_id: str) -> list[dict[str, Any]]:
        site = {"site_clean": "yes", "surface": "paving", "photo_site": photo_id}
        answers = [{"question": code, "line_id": None, "value": value} for code, value in site.items()]
        for station in self._story.stations:
            answers += self._station_answers(station)
        return answers

    def _station_answers(self, station: PlacedStation) -> list[dict[str, Any]]:
        is_first = station is self._story.stations[0]
        given = {"earth_resistance": _BAD_OHM if is_first else _GOOD_OHM, "fuse": "35 A", "remarks": "Lock greased."}
        return [{"question": code, "line_id": station.line_id, "value": value} for code, value in given.items()]

    async def _report(self) -> dict[str, Any] | None:
        documents = (await self._cast.city.get(f"/v1/placement-requests/{self._story.placement}/documents"))["items"]
        return next((each for each in documents if each["kind"] == "sat_report"), None)

    async def _operating(self) -> str | None:
        placement = await self._cast.city.get(f"/v1/placement-requests/{self._story.placement}")
        order = await self._cast.operations.get(self._order)
        if (placement["stage"], order["stage"]) != ("operating", "closed"):
            return None
        return (
            f"{placement['reference']}: {placement['label'].lower()}. {order['reference']}: {order['label'].lower()}."
        )


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.write_bytes(content)


def _photo() -> bytes:
    """A street with a charging station, as far as a few rectangles go."""
    image = Image.new("RGB", (800, 600), "#a8c8e8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 400, 800, 600), fill="#8a8a86")
    draw.rectangle((360, 180, 440, 430), fill="#2f4f4f")
    draw.rectangle((376, 210, 424, 260), fill="#d8f0d8")
    draw.line((400, 330, 520, 420), fill="#202020", width=8)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=85)
    return content.getvalue()
