"""New firmware: fetched for real, its signature checked, installed with a reboot."""

import asyncio
import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from sandbox.stations.times import read

if TYPE_CHECKING:
    from sandbox.stations.station import Station

FETCH_WITHIN_S = 60
LARGEST_BYTES = 64 * 1024 * 1024
INSTALL_S = 10
_VERSION = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True)
class Order:
    """``signature`` is base64; instants as they were sent."""

    location: str
    retrieve_at: str
    install_at: str | None = None
    request_id: int | None = None
    certificate: str | None = None
    signature: str | None = None
    retries: int = 0
    retry_after_s: int = 30

    @property
    def signed(self) -> bool:
        return self.certificate is not None and self.signature is not None


class Firmware:
    def __init__(self, station: "Station", version: str | None) -> None:
        self._station = station
        self.version = version or station.description.firmware
        self.status = "Idle"
        self._order: Order | None = None
        self._update: asyncio.Task[None] | None = None

    def take(self, order: Order) -> str:
        """An UpdateFirmwareStatus (OCPP 2.0.1 part 2 §3.86). A newer order takes the place of one under way."""
        if order.certificate is not None and not _is_certificate(order.certificate):
            return "InvalidCertificate"
        read(order.retrieve_at)
        cancelled = self._update is not None and not self._update.done()
        if self._update is not None:
            self._update.cancel()
        self._order = order
        self._update = self._station.spawn(self._carry_out(order))
        return "AcceptedCanceled" if cancelled else "Accepted"

    async def tell(self) -> None:
        """The state of now, as when it is asked for."""
        order = self._order or Order("", "")
        request_id = None if self.status == "Idle" else order.request_id
        call = self._station.dialect.firmware_status(self.status, request_id, signed=order.signed)
        if call is not None:
            await self._station.tell(*call)

    async def _carry_out(self, order: Order) -> None:
        await self._wait_for(order.retrieve_at, "DownloadScheduled")
        image = await self._fetch(order)
        if image is None:
            return
        if order.signed:
            if not _is_signed(image, order):
                await self._report("InvalidSignature")
                await self._station.tell_security_event("InvalidFirmwareSignature")
                return
            await self._report("SignatureVerified")
        if order.install_at is not None:
            await self._wait_for(order.install_at, "InstallScheduled")
        await self._report("Installing")
        await self._station.wait(INSTALL_S)
        self._station.charging.stop_all("Reboot")
        await self._report("InstallRebooting")
        self.version = _version_in(order.location) or _next(self.version)
        self._station.spawn(self._installed())
        await self._station.reboot("Reboot", "FirmwareUpdate")

    async def _installed(self) -> None:
        """The new firmware is told once it has booted."""
        await self._station.until_accepted()
        await self._report("Installed")
        await self._station.tell_security_event("FirmwareUpdated")

    async def _fetch(self, order: Order) -> bytes | None:
        for attempt in range(order.retries + 1):
            if attempt:
                await self._station.wait(order.retry_after_s)
            await self._report("Downloading")
            image = await _fetched(order.location)
            if image is not None:
                await self._report("Downloaded")
                return image
        await self._report("DownloadFailed")
        return None

    async def _wait_for(self, at: str, meanwhile: str) -> None:
        left_s = (read(at) - self._station.clock.instant()).total_seconds()
        if left_s > 0:
            await self._report(meanwhile)
            await asyncio.sleep(left_s)

    async def _report(self, status: str) -> None:
        self.status = status
        self._station.keep()
        await self.tell()


async def _fetched(location: str) -> bytes | None:
    image = bytearray()
    try:
        async with (
            httpx.AsyncClient(trust_env=False, timeout=FETCH_WITHIN_S, follow_redirects=True) as client,
            client.stream("GET", location) as answer,
        ):
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                image += part
                if len(image) > LARGEST_BYTES:
                    return None
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return bytes(image)


def _is_certificate(pem: str) -> bool:
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return False
    return True


def _is_signed(image: bytes, order: Order) -> bool:
    """SHA-256 with ECDSA or RSA-PSS (OCPP 2.0.1 part 2 §L01.FR.11); the certificate's own chain is not looked at."""
    try:
        key = x509.load_pem_x509_certificate((order.certificate or "").encode()).public_key()
        signature = base64.b64decode(order.signature or "", validate=True)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, image, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(signature, image, pss, hashes.SHA256())
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def _version_in(location: str) -> str | None:
    """The last thing in the file's name that looks like a version."""
    found = _VERSION.findall(location.rsplit("/", 1)[-1].split("?", 1)[0])
    return found[-1] if found else None


def _next(version: str) -> str:
    *head, last = version.split(".")
    return ".".join([*head, str(int(last) + 1)]) if last.isdecimal() else f"{version}.1"
