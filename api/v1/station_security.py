"""A station's security profile and its certificates (OCPP 2.0.1 part 2 §A00; security whitepaper for OCPP 1.6)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from api.v1.stations import found
from models.messages.station_security import RevokeCertificate, SettleProfile
from models.rules.access import Permission
from models.store import station_certificates
from models.usecases import station_certificate
from models.usecases.work import Work

router = APIRouter(prefix="/stations", tags=["stations"])

Securing = Annotated[Access, require(Permission.STATIONS_SECURE)]
Serial = Annotated[str, Path(pattern=r"^[0-9A-Fa-f]{1,40}$")]
_CERTIFICATE = {
    "serial": "3f5b1c9e6a",
    "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "common_name": "SN-000123",
    "issuer": "CN=Stationmaster stations",
    "not_before": "2026-12-08T09:50:00Z",
    "not_after": "2027-12-08T10:00:00Z",
    "issued_at": "2026-12-08T10:00:00Z",
    "installed_at": "2026-12-08T10:00:02Z",
    "refusal": None,
    "used_at": "2026-12-08T10:05:41Z",
    "revoked_at": None,
    "revocation": None,
}


class CertificateShape(Shape):
    model_config = example(**_CERTIFICATE)

    serial: str = Field(description="Hexadecimal, without leading zeros")
    fingerprint: str = Field(description="SHA-256")
    common_name: str
    issuer: str
    not_before: datetime
    not_after: datetime
    issued_at: datetime
    installed_at: datetime | None = Field(description="When the station said that it has taken it")
    refusal: str | None = Field(description="What the station answered where it did not")
    used_at: datetime | None = Field(description="When it first opened a connection; older ones open none since")
    revoked_at: datetime | None
    revocation: str | None = Field(description="Why it was revoked")


class ProfileShape(Shape):
    model_config = example(security_profile=3)

    security_profile: int = Field(description="No lower one opens a connection of the station")


@router.get("/{name}/certificates", summary="Certificates that the station was given, newest first")
async def show_certificates(name: str, access: Securing, paging: Pages) -> Page[CertificateShape]:
    async with access.reading() as session:
        asset = await found(session, access, name)
        rows = await station_certificates.page(session, asset.id, after=paging.after, limit=paging.fetch)
    return paging.page(rows, CertificateShape.model_validate)


@router.post(
    "/{name}/certificates/{serial}/revoke",
    status_code=200,
    summary="Let a certificate open nothing any more",
    response_model=CertificateShape,
)
async def revoke(
    name: str,
    serial: Serial,
    body: Annotated[RevokeCertificate, sample(why="The station was stolen")],
    access: Securing,
    once: Once,
) -> Response:
    """What it holds open is closed within seconds. Doing it twice changes nothing."""

    async def close(work: Work) -> CertificateShape:
        asset = await found(work.session, access, name)
        return CertificateShape.model_validate(await station_certificate.revoke(work, asset, serial, body.why))

    return await once.answer(access, close)


@router.put("/{name}/security-profile", summary="Settle the lowest security profile that the station may use")
async def settle_profile(
    name: str, body: Annotated[SettleProfile, sample(security_profile=2, why="Its new modem")], access: Securing
) -> ProfileShape:
    """It rises by itself with what the station uses; this is the one way down."""
    async with access.work() as work:
        asset = await found(work.session, access, name)
        unit = await station_certificate.settle_profile(work, asset, body.security_profile, body.why)
        return ProfileShape.model_validate(unit)
