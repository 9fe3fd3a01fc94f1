"""What a node looks after while stations are served: files that change, certificates that are revoked or end."""

import asyncio

import structlog
from websockets.frames import CloseCode

from csms.ports import StationRecords
from csms.registry import Registry
from csms.session import StationSession
from csms.tls import Tls

log = structlog.get_logger()

LOOK_EVERY_S = 15
CLOSED_AT_ONCE = 100
"""Each may take as long as a closing handshake is waited for."""
WARN_EVERY_LOOKS = 240


class Watch:
    def __init__(self, registry: Registry, records: StationRecords, tls: Tls | None) -> None:
        self._registry, self._records, self._tls = registry, records, tls
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Where there is no TLS there is nothing to look after."""
        if self._tls is not None:
            self._task = asyncio.create_task(self._go_on(self._tls))

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self, tls: Tls) -> None:
        looks = 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            looks += 1
            await tls.look_again()
            try:
                await self.close_revoked()
                if looks % WARN_EVERY_LOOKS == 1:
                    await self.look_for_ends()
            except Exception:
                log.exception("certificates_not_looked_at")

    async def close_revoked(self) -> None:
        """Sockets that a certificate has opened which is revoked by now."""
        by_fingerprint = {
            session.opened.certificate.fingerprint: session
            for session in self._registry.sessions()
            if session.opened.certificate is not None
        }
        if not by_fingerprint:
            return
        turns = asyncio.Semaphore(CLOSED_AT_ONCE)
        revoked = await self._records.revoked(tuple(by_fingerprint))
        await asyncio.gather(*(_close(by_fingerprint[each], turns) for each in revoked))

    async def look_for_ends(self) -> None:
        await self._records.warn_of_ends()
        for session in self._registry.sessions():
            session.renew_certificate_in_time()


async def _close(session: StationSession, turns: asyncio.Semaphore) -> None:
    async with turns:
        log.warning("certificate_revoked", identity=session.station.identity)
        await session.close(CloseCode.POLICY_VIOLATION, "the certificate is revoked")
