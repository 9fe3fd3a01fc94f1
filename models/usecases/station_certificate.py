"""Security profiles 2 and 3 in the rows: what a station must use at least, and the certificates that name it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cryptography import x509

from models.errors import HardwareNotLinked, NotFound
from models.rules import station_certificates as rules
from models.rules.station_certificates import BadRequest, Judgement, OnRecord, Presented, SecurityProfile, Verdict
from models.store import assets, station_certificates, units
from models.tables.asset import Asset
from models.tables.station_certificate import StationCertificate
from models.tables.unit import Unit
from models.usecases import timeline
from models.usecases.work import Work

WARNED_AT_ONCE = 100


async def judge(work: Work, asset_id: UUID, presented: Presented) -> Judgement:
    """Whether the certificate opens a connection of the station now; it changes nothing."""
    unit = await _unit_read(work, asset_id)
    if unit is None:
        return Judgement(Verdict.UNKNOWN)
    row = await station_certificates.find(work.session, unit.id, presented.fingerprint)
    on_record = None if row is None else OnRecord(row.issued_at, row.used_at is not None, row.revoked_at is not None)
    newest = await station_certificates.newest_used(work.session, unit.id)
    verdict = rules.judge(presented, names_of(unit), work.terms.operator_name, on_record, newest, work.now)
    return Judgement(verdict, on_record is not None and not on_record.was_used)


async def used(work: Work, asset_id: UUID, profile: SecurityProfile, fingerprint: str | None) -> None:
    """A connection was opened: no lower profile and no older certificate opens one from now on."""
    asset = await assets.lock(work.session, asset_id)
    unit = await _unit(work, asset)
    if profile > unit.security_profile:
        detail = {"from": unit.security_profile, "to": int(profile)}
        unit.security_profile = int(profile)
        await assets.add_event(work.session, asset, "security_profile_raised", work.now, detail)
    row = None if fingerprint is None else await station_certificates.find(work.session, unit.id, fingerprint)
    if row is not None and row.used_at is None:
        row.used_at = work.now
        await _tell(work, asset, "certificate_in_use", row)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be signed: the request's key, under this name."""

    request: x509.CertificateSigningRequest
    common_name: str
    organisation: str


async def requested(work: Work, asset_id: UUID, csr: str) -> Wanted | None:
    """What will be signed; None where it is refused, and why is on record."""
    asset = await assets.lock(work.session, asset_id)
    try:
        found = await _checked(work, asset, csr)
    except BadRequest as reason:
        await _refused(work, asset, str(reason))
        return None
    await assets.add_event(work.session, asset, "certificate_requested", work.now, {})
    return found


async def wanted(work: Work, asset_id: UUID, csr: str) -> Wanted | None:
    """The same once more, when it is signed: the hardware may be another one by then."""
    try:
        return await _checked(work, await assets.lock(work.session, asset_id), csr)
    except BadRequest:
        return None


async def not_signed(work: Work, asset_id: UUID, reason: str) -> None:
    """The authority did not sign; the station asks again by itself, or is asked to by command."""
    await _refused(work, await assets.lock(work.session, asset_id), reason)


async def issued(work: Work, asset_id: UUID, certificate: x509.Certificate) -> str:
    """Its serial. Stored before the station gets it, so that it opens a connection the moment that it is there."""
    asset = await assets.lock(work.session, asset_id)
    unit = await _unit(work, asset)
    read = Presented.read(certificate)
    row = StationCertificate(
        asset_id=asset.id,
        unit_id=unit.id,
        serial=rules.serial_of(certificate),
        fingerprint=read.fingerprint,
        common_name=read.common_name,
        issuer=certificate.issuer.rfc4514_string(),
        not_before=read.not_before,
        not_after=read.not_after,
        issued_at=work.now,
    )
    work.session.add(row)
    await _tell(work, asset, "certificate_issued", row)
    return row.serial


async def answered(work: Work, asset_id: UUID, serial: str, refusal: str | None) -> None:
    """The station has taken the certificate, or says why it does not: people see so."""
    asset = await assets.lock(work.session, asset_id)
    row = await station_certificates.lock(work.session, asset_id, serial)
    if row is None:
        return
    row.refusal = refusal
    if refusal is None:
        row.installed_at = work.now
        await _tell(work, asset, "certificate_installed", row)
    else:
        await _tell(work, asset, "certificate_refused", row, answer=refusal)


async def revoke(work: Work, asset: Asset, serial: str, reason: str) -> StationCertificate:
    """It opens nothing any more, and what it holds open is closed. Doing it twice changes nothing. Raises NotFound."""
    asset = await assets.lock(work.session, asset.id)
    row = await station_certificates.lock(work.session, asset.id, serial.lower().lstrip("0"))
    if row is None:
        raise NotFound(f"Station {asset.name} has no certificate '{serial}'")
    if row.revoked_at is None:
        row.revoked_at, row.revocation = work.now, reason
        await _tell(work, asset, "certificate_revoked", row, reason=reason)
        timeline.record(
            work, "station", asset.id, "certificate revoked", why=reason, station=asset.name, serial=row.serial
        )
    return row


async def settle_profile(work: Work, asset: Asset, least: SecurityProfile, reason: str) -> Unit:
    """An engineer settles what the station must use at least: the one way down. Raises HardwareNotLinked."""
    asset = await assets.lock(work.session, asset.id)
    unit = await _unit(work, asset)
    if unit.security_profile != least:
        detail = {"from": unit.security_profile, "to": int(least), "reason": reason}
        unit.security_profile = int(least)
        await assets.add_event(work.session, asset, "security_profile_settled", work.now, detail)
        what = f"security profile settled: {least}"
        timeline.record(work, "station", asset.id, what, why=reason, station=asset.name)
    return unit


async def warn_of_ends(work: Work) -> int:
    """People are told once of each certificate in use that ends soon; gives of how many."""
    until = work.now + rules.RENEWAL
    ending = await station_certificates.ending(work.session, until, work.now, WARNED_AT_ONCE)
    told = 0
    for asset_id, serial in sorted((row.asset_id, row.serial) for row in ending):
        asset = await assets.lock(work.session, asset_id)
        row = await station_certificates.lock(work.session, asset_id, serial)
        # Another node may have told of it, or somebody have revoked it, meanwhile.
        if row is not None and row.warned_at is None and row.revoked_at is None:
            row.warned_at = work.now
            await _tell(work, asset, "certificate_ends_soon", row)
            told += 1
    return told


def names_of(unit: Unit) -> frozenset[str]:
    """What a certificate of the unit may have as its common name."""
    return frozenset({unit.serial, unit.ocpp_identity})


async def _checked(work: Work, asset: Asset, csr: str) -> Wanted:
    if asset.registration != "accepted":
        raise BadRequest("Its boot is not accepted; it may ask again afterwards")
    unit = await _unit(work, asset)
    lately = await station_certificates.issued_since(work.session, unit.id, work.now - timedelta(hours=1))
    if lately >= rules.REQUESTS_PER_HOUR:
        raise BadRequest(f"It has had {lately} certificates within the hour; it may ask again later")
    request = rules.checked_request(csr, names_of(unit), work.terms.operator_name)
    return Wanted(request, unit.serial, work.terms.operator_name)


async def _refused(work: Work, asset: Asset, reason: str) -> None:
    await assets.add_event(work.session, asset, "certificate_not_signed", work.now, {"reason": reason})


async def _tell(work: Work, asset: Asset, kind: str, row: StationCertificate, **more: str) -> None:
    detail = {"serial": row.serial, "not_after": row.not_after.isoformat(), **more}
    await assets.add_event(work.session, asset, kind, work.now, detail)


async def _unit_read(work: Work, asset_id: UUID) -> Unit | None:
    asset = await work.session.get_one(Asset, asset_id)
    return None if asset.unit_id is None else await work.session.get_one(Unit, asset.unit_id)


async def _unit(work: Work, asset: Asset) -> Unit:
    if asset.unit_id is None:
        raise HardwareNotLinked(f"Station {asset.name} has lost its hardware")
    return await units.lock(work.session, asset.unit_id)
