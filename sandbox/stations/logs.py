"""Logs and diagnostics: written from the station's frames and put where the central system says, for real."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import orjson

from sandbox.stations.times import read

if TYPE_CHECKING:
    from sandbox.stations.station import Station

PUT_WITHIN_S = 60


@dataclass(frozen=True)
class Wanted:
    location: str
    kind: str
    request_id: int | None
    since: str | None = None
    until: str | None = None
    retries: int = 0
    retry_after_s: int = 30


class Logs:
    def __init__(self, station: "Station") -> None:
        self._station = station
        self._wanted: Wanted | None = None
        self.status = "Idle"
        self._upload: asyncio.Task[None] | None = None

    def take(self, wanted: Wanted) -> tuple[str, str]:
        """A LogStatus (OCPP 2.0.1 part 2 §3.51) and the file's name. A newer wish takes the place of one under way."""
        cancelled = self._upload is not None and not self._upload.done()
        if self._upload is not None:
            self._upload.cancel()
        stamp = self._station.clock.instant().strftime("%Y%m%dT%H%M%S")
        name = f"{self._station.description.identity}-{wanted.kind}-{stamp}.log"
        self._wanted = wanted
        self._upload = self._station.spawn(self._put(wanted, name))
        return ("AcceptedCanceled" if cancelled else "Accepted"), name

    async def tell(self) -> None:
        request_id = self._wanted.request_id if self._wanted and self.status != "Idle" else None
        await self._station.tell(*self._station.dialect.log_status(self.status, request_id))

    async def _put(self, wanted: Wanted, name: str) -> None:
        address = wanted.location if not wanted.location.endswith("/") else wanted.location + name
        for attempt in range(wanted.retries + 1):
            if attempt:
                await self._station.wait(wanted.retry_after_s)
            await self._report("Uploading")
            outcome = await _put(address, self._written(wanted))
            if outcome == "Uploaded":
                break
        await self._report(outcome)
        self.status = "Idle"

    def _written(self, wanted: Wanted) -> bytes:
        """One frame per line; a security log has only what concerns security."""
        lines = [frame for frame in self._station.frames if _is_between(frame["at"], wanted)]
        if wanted.kind == "SecurityLog":
            lines = [line for line in lines if b"Security" in orjson.dumps(line["frame"])]
        head = orjson.dumps(
            {"identity": self._station.description.identity, "firmware": self._station.firmware_version}
        )
        return b"\n".join([head, *(orjson.dumps(line) for line in lines), b""])

    async def _report(self, status: str) -> None:
        self.status = status
        await self.tell()


async def _put(address: str, content: bytes) -> str:
    """An UploadLogStatus."""
    if not address.startswith(("http://", "https://")):
        return "NotSupportedOperation"
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PUT_WITHIN_S) as client:
            answer = await client.put(address, content=content)
    except (httpx.HTTPError, httpx.InvalidURL):
        return "UploadFailure"
    if answer.status_code in {401, 403}:
        return "PermissionDenied"
    return "Uploaded" if answer.is_success else "UploadFailure"


def _is_between(at: str, wanted: Wanted) -> bool:
    moment = read(at)
    after = wanted.since is None or moment >= read(wanted.since)
    return after and (wanted.until is None or moment <= read(wanted.until))
