"""The commissioning of a station: made, registered, tested, test-charged, accepted, activated (P13-P15, P19)."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.errors import GridNotConnected
from models.messages.commissioning import CommissioningProgress, Findings
from models.rules import station_checks
from models.rules.access import Role
from models.rules.authorisation import TokenKind
from models.rules.commissioning import COMMISSIONING, CommissioningEvent
from models.store import assets, charging, organisations, processes, sites, tenders, work_orders
from models.tables.asset import Asset, Evse
from models.tables.charging import IdToken
from models.tables.placement import LocationAttempt
from models.tables.task import TaskKind
from models.tables.unit import Unit
from models.tables.work_order import WorkOrder
from models.usecases import deadline, notice, process, task, timeline, upkeep
from models.usecases.work import Work

WORKFLOW = "commissioning"
_TOKEN_BYTES = 8
"""A test card has 16 hexadecimal digits: OCPP 1.6 ed.2 §7.28 takes 20 characters at most."""


def workflow_id(asset_name: str) -> str:
    return f"commissioning-{asset_name}"


async def make_station(work: Work, work_order: WorkOrder, product_id: UUID, evse_ids: Sequence[str] = ()) -> Asset:
    """P13: the customer asset, with its name, product, place, service partner, EVSEs and test card.

    ``evse_ids`` are those that it brings with it, by connector; without them they are drawn.
    """
    product = await tenders.product(work.session, product_id)
    number, drawn = await _draw(work, product.connectors)
    prefix = work.terms.evse_prefix
    token = IdToken(token=f"TEST{secrets.token_hex(_TOKEN_BYTES).upper()}", kind=TokenKind.TEST)
    asset = Asset(
        name=f"{prefix.replace('*', '-')}-{number:06d}",
        product_id=product.id,
        attempt_id=work_order.attempt_id,
        site_id=work_order.site_id,
        service_partner_id=work_order.owner_id,
        test_token_id=token.id,
    )
    work.session.add(token)
    await work.session.flush()
    work.session.add(asset)
    await work.session.flush()
    for connector, evse_id in enumerate(evse_ids or drawn, start=1):
        work.session.add(Evse(asset_id=asset.id, connector=connector, evse_id=evse_id))
    await process.enter(work, workflow_id(asset.name), WORKFLOW, asset.id)
    return asset


async def _draw(work: Work, connectors: int) -> tuple[int, list[str]]:
    """A number for a station, and its EVSE ids; one whose ids came with a bought station is passed over."""
    while True:
        number = await assets.next_number(work.session)
        drawn = [f"{work.terms.evse_prefix}*E{number:06d}*{connector}" for connector in range(1, connectors + 1)]
        if not await sites.taken_evse_ids(work.session, drawn):
            return number, drawn


async def start_test(work: Work, asset: Asset, unit: Unit) -> None:
    """P13: register the station with the platform and start its boot deadline; the first time or again."""
    again = asset.test_number > 0
    if again:
        await advance(work, asset, CommissioningEvent.START_CONNECTION_TEST)
    else:
        await deadline.enter(work, COMMISSIONING, asset, None)
    asset.unit_id, asset.registered_at, asset.failure, asset.booted = unit.id, work.now, None, None
    asset.test_number += 1
    asset.boot_due_at = work.now + timedelta(seconds=work.terms.boot_time_limit_s)
    await _note(work, asset, "registered", identity=unit.ocpp_identity)
    if again:
        await hand_over(work, asset, "test_restarted")


async def take_hardware_away(work: Work, asset_id: UUID) -> None:
    """P12: the station loses its hardware; its identity is refused from now on. Raises StageDoesNotAllow."""
    asset = await assets.lock(work.session, asset_id)
    await advance(work, asset, CommissioningEvent.HARDWARE_UNLINKED)
    await _deregister(work, asset)
    await _note(work, asset, "hardware_unlinked")
    await hand_over(work, asset, "hardware_unlinked")


async def advance(work: Work, asset: Asset, event: CommissioningEvent) -> None:
    """Move the station by its table. Raises StageDoesNotAllow."""
    before = asset.stage
    asset.stage = COMMISSIONING.next(before, event)
    await deadline.enter(work, COMMISSIONING, asset, before)


async def cancel(work: Work, asset_id: UUID) -> None:
    """P20: the station will not come; its identity and its test card are refused from now on, and its process ends."""
    asset = await assets.lock(work.session, asset_id)
    if COMMISSIONING.is_terminal(asset.stage):
        return
    await advance(work, asset, CommissioningEvent.CANCELLED)
    await _deregister(work, asset)
    if asset.test_token_id is not None:
        (await work.session.get_one(IdToken, asset.test_token_id)).blocked_at = work.now
    await _note(work, asset, "cancelled")
    await hand_over(work, asset, "cancelled")
    await process.end(work, workflow_id(asset.name))


async def _deregister(work: Work, asset: Asset) -> None:
    asset.unit_id, asset.registered_at, asset.boot_due_at, asset.registration = None, None, None, None
    for evse in await assets.evses(work.session, asset.id):
        # What the old hardware told says nothing of what comes in its place.
        evse.status, evse.error_code, evse.status_at, evse.plugs = None, None, None, None
    await task.close_task(work, TaskKind.ACTIVATE_STATION, asset.id)


async def load(work: Work, asset_id: UUID) -> CommissioningProgress:
    """Where the station's commissioning stands, as its process needs to know it (rule 4)."""
    return await _progress(work, await assets.lock(work.session, asset_id))


async def move(
    work: Work, asset_id: UUID, event: CommissioningEvent, *, test_number: int, **detail: Any
) -> CommissioningProgress:
    """Move the station by its table. What belongs to an earlier test, or comes too late, is recorded and no more.

    A station that connects once more has come no further: that stands among its events only.
    """
    asset = await assets.lock(work.session, asset_id)
    before = asset.stage
    if test_number == asset.test_number and COMMISSIONING.allows(before, event):
        await advance(work, asset, event)
        if asset.stage is not before:
            await _note(work, asset, event.value, **detail)
    elif event is not CommissioningEvent.STATION_CONNECTED:
        await _record(work, asset, f"late: {event.value.replace('_', ' ')}", **detail)
    return await _progress(work, asset)


async def fail_test(work: Work, asset_id: UUID, reason: str, *, test_number: int) -> CommissioningProgress:
    """P14: the connection test has failed, with what to check; it can be started again."""
    asset = await assets.lock(work.session, asset_id)
    if test_number == asset.test_number and COMMISSIONING.allows(asset.stage, CommissioningEvent.TEST_FAILED):
        await advance(work, asset, CommissioningEvent.TEST_FAILED)
        asset.failure, asset.boot_due_at = reason, None
        await _note(work, asset, "test_failed", reason=reason)
    return await _progress(work, asset)


async def note_no_boot(work: Work, asset_id: UUID, reason: str, *, test_number: int) -> CommissioningProgress:
    """P14: the time to boot is over. A boot that is in the rows already is heard of next, so it is waited for."""
    asset = await assets.lock(work.session, asset_id)
    if asset.booted is None:
        return await fail_test(work, asset_id, reason, test_number=test_number)
    asset.boot_due_at = None
    return await _progress(work, asset)


async def start_test_charge(work: Work, asset_id: UUID) -> CommissioningProgress:
    """P15: Raises StageDoesNotAllow, GridNotConnected."""
    asset = await assets.lock(work.session, asset_id)
    COMMISSIONING.next(asset.stage, CommissioningEvent.START_TEST_CHARGE)
    if asset.attempt_id is not None:
        attempt = await work.session.get_one(LocationAttempt, asset.attempt_id)
        if attempt.connected_at is None:
            raise GridNotConnected("The grid operator has not told yet that the connection is live; try again then")
    await advance(work, asset, CommissioningEvent.START_TEST_CHARGE)
    asset.failure, asset.test_transaction_id = None, None
    await _note(work, asset, "test_charge_started")
    # What an earlier test charge told is nothing to this one, though its process begins anew.
    await process.settle(work, workflow_id(asset.name))
    return await _progress(work, asset)


async def finish_test_charge(work: Work, asset_id: UUID) -> CommissioningProgress:
    """P15: the whole chain ran; administration is told that the station can be activated after its acceptance."""
    asset = await assets.lock(work.session, asset_id)
    if COMMISSIONING.allows(asset.stage, CommissioningEvent.TEST_CHARGE_DONE):
        await advance(work, asset, CommissioningEvent.TEST_CHARGE_DONE)
        charge = await charging.by_number(work.session, asset.test_transaction_id)
        await _note(work, asset, "test_charge_done", energy_wh=charge.energy_wh if charge else 0)
        title = f"Station {asset.name} has passed its test charge; activate it when its acceptance test is approved"
        await _tell_administration(work, asset, title)
    return await _progress(work, asset)


async def fail_test_charge(work: Work, asset_id: UUID, reason: str) -> CommissioningProgress:
    """P15: the test charge did not run through; it can be started again."""
    asset = await assets.lock(work.session, asset_id)
    if COMMISSIONING.allows(asset.stage, CommissioningEvent.TEST_CHARGE_FAILED):
        await advance(work, asset, CommissioningEvent.TEST_CHARGE_FAILED)
        asset.failure = reason
        await _note(work, asset, "test_charge_failed", reason=reason)
    return await _progress(work, asset)


async def accept(work: Work, asset: Asset) -> None:
    """P18, P19: the SAT is approved; administration gets the task to activate the station."""
    await advance(work, asset, CommissioningEvent.SAT_APPROVED)
    await _note(work, asset, "accepted")
    await _tell_administration(work, asset, f"Activate station {asset.name}", for_stage=asset)
    await hand_over(work, asset, "sat_approved")


async def activate(work: Work, asset_id: UUID) -> CommissioningProgress:
    """P19: ordinary cards work from now on; the installer is told. Raises StageDoesNotAllow."""
    asset = await assets.lock(work.session, asset_id)
    await advance(work, asset, CommissioningEvent.ACTIVATE)
    asset.activated_at = work.now
    await _note(work, asset, "activated")
    await task.close_task(work, TaskKind.ACTIVATE_STATION, asset.id)
    work_order = await work_orders.of_asset(work.session, asset.id)
    if work_order is not None:
        data = {"reference": work_order.reference, "station": asset.name}
        await notice.notify(work, work_order.installer_id, "station.live", data, placement_id=work_order.placement_id)
        await _tell_owner(work, work_order, data)
        # The name is made here, as the work order's own use cases stand above this one.
        await process.hand_over(
            work, f"work-order-{work_order.reference}", "station_active", {"asset_id": str(asset.id)}
        )
    await process.end(work, workflow_id(asset.name))
    await upkeep.begin(work, asset)
    return await _progress(work, asset)


async def _tell_owner(work: Work, work_order: WorkOrder, data: dict[str, Any]) -> None:
    """Whose site it is; who asked for a placement is told when all of it operates."""
    asker = await work_orders.asker(work.session, work_order)
    if asker.placement is None and asker.organisation_id != work_order.installer_id:
        await notice.notify(work, asker.organisation_id, "station.live", data, contact=asker.contact)


async def check(work: Work, asset_id: UUID, read_back: dict[str, str | None]) -> Findings:
    """P14: the self-check, over what the station has told of its settings and its connectors."""
    asset = await assets.lock(work.session, asset_id)
    product = await tenders.product(work.session, asset.product_id)
    connectors = {evse.connector: evse.status for evse in await assets.evses(work.session, asset_id)}
    wanted = station_checks.wanted_configuration(product.configuration)
    return Findings(wrong=tuple(station_checks.findings(wanted, read_back, connectors)))


async def hand_over(work: Work, asset: Asset, name: str, **payload: Any) -> bool:
    """Tell the station's commissioning process a fact. False where that has ended."""
    return await process.hand_over(work, workflow_id(asset.name), name, {"test_number": asset.test_number, **payload})


async def _tell_administration(work: Work, asset: Asset, title: str, *, for_stage: Asset | None = None) -> None:
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.ACTIVATE_STATION,
        Role.ADMINISTRATION,
        operator.id,
        asset.id,
        asset.name,
        title,
        for_stage=for_stage,
    )


async def _note(work: Work, asset: Asset, what: str, **detail: Any) -> None:
    await assets.add_event(work.session, asset, what, work.now, detail)
    await _record(work, asset, what.replace("_", " "), **detail)


async def _record(work: Work, asset: Asset, what: str, **detail: Any) -> None:
    attempt = None if asset.attempt_id is None else await work.session.get_one(LocationAttempt, asset.attempt_id)
    placement_id = attempt.placement_id if attempt else None
    timeline.record(work, "station", asset.id, what, placement_id=placement_id, station=asset.name, **detail)


async def _progress(work: Work, asset: Asset) -> CommissioningProgress:
    token = None if asset.test_token_id is None else await work.session.get_one(IdToken, asset.test_token_id)
    product = await tenders.product(work.session, asset.product_id)
    partner = await organisations.named(work.session, asset.service_partner_id)
    return CommissioningProgress(
        stage=asset.stage,
        organisation=partner.name,
        due_at=asset.due_at,
        name=asset.name,
        applied_number=await processes.applied_number(work.session, workflow_id(asset.name)),
        test_number=asset.test_number,
        boot_due_at=asset.boot_due_at,
        test_token=token.token if token else None,
        test_transaction=asset.test_transaction_id,
        configuration=station_checks.wanted_configuration(product.configuration),
        connectors=product.connectors,
        test_charge_time_limit_s=work.terms.test_charge_time_limit_s,
    )
