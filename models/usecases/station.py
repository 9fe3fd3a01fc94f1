"""What a station's socket and boot tell us: facts to the rows, to its event stream, and to a waiting process (P14)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import HardwareNotLinked
from models.rules import plugs
from models.rules.commissioning import COMMISSIONING, CommissioningStage
from models.rules.session_usage import mark_of
from models.store import assets, nodes, station_reports, telemetry, units
from models.tables.asset import Asset, StationConnection
from models.tables.station_report import StationReport
from models.tables.unit import Unit
from models.usecases import command, commissioning, reservation, session, upkeep
from models.usecases.work import Work

HEARTBEAT_INTERVAL_S = 300
BOOT_RETRY_INTERVAL_S = 30
PROPOSED_KEYS_KEPT = 4
PLUGS_KEPT = 16
FIRMWARE = "firmware"
"""No EVSE has more connectors."""


async def node_started(work: Work, node: str) -> None:
    """No socket is held by the node any more, whatever a process of that name left behind; it lives from now on."""
    await nodes.let_go(work.session, node, work.now, "its node was started anew")
    await nodes.started(work.session, node)


async def node_lives(work: Work, node: str) -> bool:
    """Note a node's sign of life. False where it had counted as gone: what it holds may have been swept up."""
    return await nodes.seen(work.session, node)


async def still_connected(work: Work, connection: StationConnection) -> None:
    """The node holds the socket, though it had counted as gone; unless the station has come to another node since."""
    asset = await assets.lock(work.session, connection.asset_id)
    if await assets.connection(work.session, connection.asset_id) is None:
        await _note_connection(work, asset, connection)


async def sweep_up(work: Work, asset_id: UUID, connection_id: str, node: str) -> bool:
    """A socket whose node is gone has ended. False where the node is back, or the station elsewhere."""
    await assets.lock(work.session, asset_id)
    if not await nodes.is_gone(work.session, node):
        return False
    return await disconnected(work, asset_id, connection_id, "its node is gone")


async def connected(work: Work, connection: StationConnection) -> None:
    """The socket is the station's only one from now on."""
    await _note_connection(work, await assets.lock(work.session, connection.asset_id), connection)


async def _note_connection(work: Work, asset: Asset, connection: StationConnection) -> None:
    await telemetry.connect(work.session, [_opened(connection)], work.now)
    asset.last_seen_at = work.now
    await assets.add_event(work.session, asset, "connected", work.now, {"protocol": connection.protocol})
    if asset.stage is CommissioningStage.REGISTERED:
        await commissioning.hand_over(work, asset, "station_connected")
    await upkeep.note_connected(work, asset)
    await command.tell_reachable(work, asset.id)


def _opened(row: StationConnection) -> tuple[UUID, str, str, str, str, int]:
    return row.asset_id, row.connection_id, row.node, row.remote_ip, row.protocol, row.security_profile


async def disconnected(work: Work, asset_id: UUID, connection_id: str, reason: str) -> bool:
    """The socket ended. False where a newer one has replaced it: then the station is not offline."""
    asset = await assets.lock(work.session, asset_id)
    dropped = await assets.drop_connection(work.session, asset_id, connection_id, work.now, reason)
    if dropped:
        await assets.add_event(work.session, asset, "disconnected", work.now, {"reason": reason})
    return dropped


async def booted(
    work: Work, asset_id: UUID, serials: tuple[str, ...], detail: dict[str, Any], *, is_certified: bool = False
) -> bool:
    """Whether the boot is accepted: a serial that is not the linked unit's is refused.

    ``is_certified``: the unit's certificate has opened the connection (security profile 3), and names whoever boots.
    """
    asset = await assets.lock(work.session, asset_id)
    asset.last_seen_at = work.now
    wrong = await _wrong_serial(work, asset, serials, is_certified=is_certified)
    asset.registration = "rejected" if wrong else "accepted"
    waiting = asset.stage in {CommissioningStage.REGISTERED, CommissioningStage.CONNECTED}
    if wrong:
        await assets.add_event(work.session, asset, "boot_refused", work.now, {"reason": wrong})
        if waiting:
            await commissioning.hand_over(work, asset, "boot_refused", reason=wrong)
        return False
    asset.booted = {**detail, "at": work.now.isoformat()}
    await assets.add_event(work.session, asset, "booted", work.now, detail)
    if waiting:
        await commissioning.hand_over(work, asset, "station_booted")
    await upkeep.note_booted(work, asset)
    return True


async def status(
    work: Work,
    asset_id: UUID,
    connector: int,
    state: str,
    error_code: str,
    at: datetime,
    info: str | None,
    plug: int | None = None,
) -> bool:
    """Keep an EVSE's state. False for one that the station can't have. ``plug``: of this connector of it (OCPP 2)."""
    asset = await assets.lock(work.session, asset_id)
    asset.last_seen_at = work.now
    if connector == 0:
        return True
    evse = next((one for one in await assets.evses(work.session, asset_id) if one.connector == connector), None)
    if evse is None:
        return False
    if plug is not None:
        if str(plug) not in (evse.plugs or {}) and len(evse.plugs or {}) >= PLUGS_KEPT:
            return False
        evse.plugs = {**(evse.plugs or {}), str(plug): state}
        state, told = plugs.status_of(evse.plugs), state
        if state != told:
            error_code = plugs.error_of(state)
    changed = (evse.status, evse.error_code) != (state, error_code)
    evse.status, evse.error_code, evse.status_at = state, error_code, at
    await session.told(work, [(asset_id, connector, mark_of(state, at))])
    if changed:
        detail = {"connector": connector, "status": state, "error_code": error_code, "info": info}
        await assets.add_event(work.session, asset, "status", at, detail)
    return True


async def told(
    work: Work, asset_id: UUID, topic: str, word: str, at: datetime, request: int | None, info: str | None
) -> None:
    """Keep what the station tells of its firmware, its logs, its security or a reservation; only that one moves."""
    asset = await assets.lock(work.session, asset_id)
    asset.last_seen_at = work.now
    said = {"status": word, "request": request, "info": info}
    detail = {name: value for name, value in said.items() if value is not None}
    await assets.add_event(work.session, asset, topic, at, detail)
    if topic == reservation.TOPIC and request is not None:
        await reservation.told(work, asset_id, request, word)
    elif topic == FIRMWARE:
        await upkeep.note_firmware(work, asset, word, request)


async def reported(work: Work, asset_id: UUID, report: StationReport, info: str | None) -> None:
    """Keep one part of a report; a part that is sent again is kept once. The last one is told to who follows."""
    asset = await assets.lock(work.session, asset_id)
    asset.last_seen_at = work.now
    if not await station_reports.keep(work.session, report) or not report.is_last:
        return
    said = {"report": report.kind, "request": report.request, "parts": report.part, "info": info}
    if report.part is not None:
        said["parts"] = report.part + 1
    detail = {name: value for name, value in said.items() if value is not None}
    await assets.add_event(work.session, asset, "reported", report.at, detail)


async def key_proposed(work: Work, asset_id: UUID, key_hash: str) -> None:
    """A key of ours is about to be sent; it opens connections from now on, beside those that do already."""
    unit = await _unit(work, asset_id)
    unit.proposed_key_hashes = [*unit.proposed_key_hashes, key_hash][-PROPOSED_KEYS_KEPT:]


async def key_confirmed(work: Work, asset_id: UUID, key_hash: str) -> None:
    """The station has the key: it is the only one from now on, the factory key opens nothing any more."""
    unit = await _unit(work, asset_id)
    if key_hash not in unit.proposed_key_hashes:
        return  # a newer key has been confirmed meanwhile
    unit.key_hash, unit.proposed_key_hashes, unit.key_refusal = key_hash, [], None
    unit.factory_key_closed_at = unit.factory_key_closed_at or work.now
    asset = await assets.lock(work.session, asset_id)
    await assets.add_event(work.session, asset, "key_replaced", work.now, {})


async def key_refused(work: Work, asset_id: UUID, answer: str) -> None:
    """The station takes no key of ours; the one it has stays open, and a person can see so."""
    unit = await _unit(work, asset_id)
    unit.key_refusal = answer
    asset = await assets.lock(work.session, asset_id)
    await assets.add_event(work.session, asset, "key_refused", work.now, {"answer": answer})


async def _wrong_serial(work: Work, asset: Asset, serials: tuple[str, ...], *, is_certified: bool) -> str | None:
    if not serials or asset.unit_id is None or (COMMISSIONING.is_terminal(asset.stage) and not is_certified):
        return None
    unit = await units.lock(work.session, asset.unit_id)
    if unit.serial in serials:
        return None
    return f"The station booted with serial {serials[0]}, but the hardware linked has serial {unit.serial}"


async def _unit(work: Work, asset_id: UUID) -> Unit:
    asset = await assets.lock(work.session, asset_id)
    if asset.unit_id is None:
        raise HardwareNotLinked(f"Station {asset.name} has lost its hardware")
    return await units.lock(work.session, asset.unit_id)
