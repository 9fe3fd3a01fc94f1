"""The records' part that is about certificates of stations: judged, signed, kept."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from activities.gateways.certificate_authority import CertificateAuthority
from activities.gateways.errors import GatewayError
from csms.events import CertificateRequested
from csms.ports import KnownStation, OpenConnection, SignedCertificate
from models.rules.station_certificates import Judgement, Presented
from models.store import station_certificates
from models.usecases import station_certificate
from models.usecases.work import Work

NO_AUTHORITY = "No authority is set up that would sign it (STATIONMASTER_STATION_CA_CERTIFICATE)"


class CertificateRecords(ABC):
    def __init__(self, authority: CertificateAuthority | None) -> None:
        self._authority = authority

    @abstractmethod
    def _facts_of(self, known: KnownStation) -> AbstractAsyncContextManager[Work]: ...

    @abstractmethod
    def _work(self, name: str) -> AbstractAsyncContextManager[Work]: ...

    async def judge(self, known: KnownStation, presented: Presented) -> Judgement:
        async with self._work(known.identity) as work:
            return await station_certificate.judge(work, known.asset_id, presented)

    async def _used(self, work: Work, known: KnownStation, connection: OpenConnection) -> None:
        fingerprint = connection.certificate.fingerprint if connection.certificate else None
        await station_certificate.used(work, known.asset_id, connection.profile, fingerprint)

    async def certificate_requested(self, known: KnownStation, event: CertificateRequested, _at: datetime) -> bool:
        async with self._facts_of(known) as work:
            if self._authority is None:
                await station_certificate.not_signed(work, known.asset_id, NO_AUTHORITY)
                return False
            return await station_certificate.requested(work, known.asset_id, event.csr) is not None

    async def sign_certificate(self, known: KnownStation, event: CertificateRequested) -> SignedCertificate | None:
        async with self._facts_of(known) as work:
            wanted, at = await station_certificate.wanted(work, known.asset_id, event.csr), work.now
        if wanted is None or self._authority is None:
            return None
        try:
            signed = await self._authority.sign(wanted.request, wanted.common_name, wanted.organisation, at)
        except GatewayError as error:
            async with self._facts_of(known) as work:
                await station_certificate.not_signed(work, known.asset_id, error.detail)
            return None
        async with self._facts_of(known) as work:
            serial = await station_certificate.issued(work, known.asset_id, signed.certificate)
        return SignedCertificate(serial, signed.pem)

    async def certificate_answered(self, known: KnownStation, serial: str, refusal: str | None) -> None:
        async with self._facts_of(known) as work:
            await station_certificate.answered(work, known.asset_id, serial, refusal)

    async def revoked(self, fingerprints: Collection[str]) -> set[str]:
        async with self._work("csms") as work:
            return await station_certificates.revoked(work.session, fingerprints)

    async def warn_of_ends(self) -> None:
        async with self._work("csms") as work:
            await station_certificate.warn_of_ends(work)
