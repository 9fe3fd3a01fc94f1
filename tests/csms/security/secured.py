"""A front with all three security profiles on the real use cases, and the certificates to come to it with."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import col, select
from websockets.exceptions import InvalidStatus

from activities.courier import Courier
from activities.gateways.certificate_authority import CertificateAuthority
from csms.adapters import UseCaseRecords
from csms.listener import CsmsServer, Ports
from csms.tls import Tls, TlsFiles
from models.rules.station_certificates import SecurityProfile
from models.store.database import Database
from models.tables.asset import StationEvent
from models.usecases.work import Desk
from tests.certificates import Authority, Certificate, client_context
from tests.csms.standing import IDENTITY
from tests.csms.station import RawStation, station_at
from tests.people import FACTORY_KEY
from tests.recording import RecordingRelay

OPERATOR = "Test Charging"
BASIC, TLS, CERTIFIED = SecurityProfile


@dataclass(frozen=True)
class Trust:
    """``root`` is whom stations trust, ``stations`` signs their certificates, ``maker`` those of the works."""

    root: Authority
    stations: Authority
    maker: Authority
    files: TlsFiles

    @classmethod
    def made_in(cls, folder: Path) -> "Trust":
        root, stations, maker = (Authority(folder, name) for name in ("root", "stations", "maker"))
        server = root.server("csms")
        files = TlsFiles(server.certificate, server.key, stations.certificate, maker.certificate)
        return cls(root, stations, maker, files)

    def comes(
        self, server: CsmsServer, shown: Certificate | None, identity: str = IDENTITY, **more: Any
    ) -> AbstractAsyncContextManager[RawStation]:
        """A station in security profile 3."""
        tls = client_context(self.root.certificate, shown)
        return station_at(server, identity, None, profile=CERTIFIED, tls=tls, **more)

    def logs_in(
        self, server: CsmsServer, key: bytes | str = FACTORY_KEY, identity: str = IDENTITY, **more: Any
    ) -> AbstractAsyncContextManager[RawStation]:
        """A station in security profile 2."""
        return station_at(server, identity, key, profile=TLS, tls=client_context(self.root.certificate), **more)


@asynccontextmanager
async def front_with(
    desk: Desk, trust: Trust, authority: CertificateAuthority | None = None, **more: Any
) -> AsyncIterator[CsmsServer]:
    courier = Courier(RecordingRelay())
    ports = more.pop("ports", Ports(plain=0, tls=0, client_tls=0))
    records = UseCaseRecords(desk, courier, authority=authority)
    async with CsmsServer(records, host="127.0.0.1", node="n1", ports=ports, tls=Tls(trust.files), **more) as server:
        yield server
    await records.close()
    await courier.close()


async def status_of_refusal(coming: AbstractAsyncContextManager[RawStation]) -> int:
    """Raises AssertionError where the station comes in."""
    try:
        async with coming:
            raise AssertionError("it came in")
    except InvalidStatus as refusal:
        return refusal.response.status_code


async def told(database: Database, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    """The station's events of these kinds, oldest first."""
    async with database.transaction() as session:
        rows = await session.execute(select(StationEvent).order_by(col(StationEvent.id)))
        return [(row.kind, row.detail) for row in rows.scalars() if row.kind in kinds]
