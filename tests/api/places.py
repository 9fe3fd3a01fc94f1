"""Something of everything that there can be, none of it the strangers'."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from activities.personal_data import PersonalDataRound
from api.v1 import customers, tariffs, vehicles
from models.messages.command import NewCommand
from models.rules.authorisation import Judgement, TokenVerdict
from models.store import assets, charging, sessions, subscribers
from models.store.viewer import EVERYTHING
from models.tables.charging import ChargingTransaction
from models.tables.document import Document
from models.usecases import command, session, station_certificate, welcome
from tests.api import test_subscribers
from tests.api.road import Road, photo
from tests.certificates import self_signed
from tests.grouping import a_group, taken_in
from tests.ledger import Books
from tests.people import World
from tests.subscribing import cards_in_pool

T = TypeVar("T")
_PARTS = 3
in_parts = pytest.mark.parametrize("part", range(_PARTS))
"""For what walks every route: each walks a part of them, so that none comes near its limit as the routes grow."""


def part_of(whole: Iterable[T], part: int) -> Iterator[T]:
    return islice(whole, part, None, _PARTS)


async def something_of_everything(road: Road, world: World) -> dict[str, str]:
    """Values of the path parameters, by their names; ``work_order`` is the ``reference`` of a work order."""
    hook = {"channel": "webhook", "address": "https://city.example/hook", "events": []}
    await road.call(world.requester, "POST", "/v1/endpoints", json=hook)
    subscriber = await test_subscribers.active(road, "NL-1")
    name = await road.to_test_charged()
    await road.fill_in()
    endpoints = await road.call(world.requester, "GET", "/v1/endpoints")
    order = await road.order()
    picture = await road.call(
        world.installer_user,
        "POST",
        f"/v1/work-orders/{road.work_order}/photos",
        files={"file": ("a.png", photo("PNG"), "image/png")},
    )
    await _lettered(world, subscriber, picture["id"])
    tasks = await road.call(world.installer_user, "GET", "/v1/tasks")
    told = await road.call(world.requester, "GET", f"/v1/endpoints/{endpoints['items'][0]['id']}/notices")
    crew = await road.call(world.installer_user, "POST", "/v1/crews", json={"name": "Team Noord"})
    keys = await road.call(world.administrator, "GET", f"/v1/service-accounts/{world.requester.id}/keys")
    command, reservation = await _commanded(road, world, name)
    serial = await _certificate(world, name)
    await _wanted(road, world, name)
    customer, contact = await _customer(road, world)
    await cards_in_pool(world, "NL-0000-4711")
    export = await _export(road, world, customer)
    account, transaction = await _ledger(world)
    assignment = await _tariff(road, world)
    car = await road.call(world.customer_care, "POST", "/v1/vehicles", json={**vehicles.NEW, "subscriber": subscriber})
    return {
        "reference": road.reference,
        "work_order": road.work_order,
        "line_id": order["lines"][0]["id"],
        "name": name,
        "command_id": command["id"],
        "reservation": str(reservation["number"]),
        "document_id": picture["id"],
        "endpoint_id": endpoints["items"][0]["id"],
        "notice_id": told["items"][0]["id"],
        "task_id": tasks["items"][0]["id"],
        "crew_id": crew["id"],
        "delegation_id": str(world.requester.id),
        "hardware_id": "VW-1",
        "code": "T-2026-1",
        "user_id": str(world.requester_user.id),
        "organisation_id": str(world.installer.id),
        "account_id": str(world.requester.id),
        "key_id": keys["items"][0]["id"],
        "workflow_id": f"placement-{road.reference}",
        "number": "1",
        "kind": "placement",
        "process": "placement",
        "stage": "submitted",
        "serial": serial,
        "key": "HeartbeatInterval",
        "customer": customer,
        "subscriber": subscriber,
        "card": "NL-0000-4711",
        "vehicle": car["reference"],
        "vehicle_id": car["ids"][0]["id"],
        "contact_id": contact,
        "export_id": export,
        "ledger_account": account,
        "transaction_id": transaction,
        "tariff": tariffs.NEW["code"],
        "assignment_id": assignment,
        "session": await _session(world, name),
        "asked_start": await _asked_start(world, name),
        "group": await _group(world, person=subscriber, card="NL-0000-4711", station=name),
    }


async def _lettered(world: World, reference: str, document_id: str) -> None:
    """The subscription has this document for its welcome letter."""
    async with world.desk.work(world.administrator.actor, "test") as work:
        row = await subscribers.find(work.session, reference)
        assert row is not None
        kept = await work.session.get_one(Document, document_id)
        await welcome.note_letter(work, row.id, kept.key)


async def _commanded(road: Road, world: World, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A command that waits for the station, and a connector that it was asked to keep."""
    path = f"/v1/stations/{name}"
    command = await road.call(world.service_user, "POST", f"{path}/commands", json={"kind": "reset"})
    wanted = {"token": "04E91C5A7A2C", "until": "2099-01-06T12:00:00Z"}
    return command, await road.call(world.operations, "POST", f"{path}/reservations", json=wanted)


async def _certificate(world: World, name: str) -> str:
    """The serial of one that the station was given."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = self_signed(key, "SN-VW-1")
    async with world.desk.work(world.administrator.actor, "test") as work:
        asset = await assets.find(work.session, name, EVERYTHING)
        assert asset is not None
        return await station_certificate.issued(work, asset.id, made)


async def _wanted(road: Road, world: World, name: str) -> None:
    for owner in ("/v1/products/DUO-22", f"/v1/stations/{name}"):
        path = f"{owner}/wanted/configuration/HeartbeatInterval"
        await road.call(world.engineer, "PUT", path, json={"value": "60"})
        firmware = {"version": "9.9", "location": "https://files.example/9.9.bin"}
        await road.call(world.engineer, "PUT", f"{owner}/wanted/firmware", json=firmware)
        await road.call(world.engineer, "PUT", f"{owner}/wanted/list", json={"all_cards": True})


async def _customer(road: Road, world: World) -> tuple[str, str]:
    """A customer's reference, and the id of whom to speak to there."""
    made = await road.call(world.customer_care, "POST", "/v1/customers", json=customers.NEW)
    path = f"/v1/customers/{made['reference']}/contacts"
    return made["reference"], (await road.call(world.customer_care, "POST", path, json={"name": "B. de Boer"}))["id"]


async def _export(road: Road, world: World, customer: str) -> str:
    """An export of the customer's data that is ready."""
    asked = await road.call(world.customer_care, "POST", f"/v1/customers/{customer}/exports")
    assert road.documents is not None
    await PersonalDataRound(world.desk, road.documents).see_to_requests()
    return str(asked["id"])


async def _ledger(world: World) -> tuple[str, str]:
    """An account with something in it, and the transaction by which that came."""
    books = await Books.opened(world.desk)
    paid = await books.top_up("100")
    await books.take("5")
    return str(books.account_id), str(paid.id)


async def _tariff(road: Road, world: World) -> str:
    """A tariff that holds everywhere; the id of its assignment."""
    made = await road.call(world.finance, "POST", "/v1/tariffs", json=tariffs.NEW)
    return str((await road.call(world.finance, "POST", f"/v1/tariffs/{made['code']}/assignments", json={}))["id"])


async def _session(world: World, name: str) -> str:
    """One at the station, of a card that nobody knows; its reference."""
    async with world.desk.work(world.administrator.actor, "test") as work:
        asset = await assets.find(work.session, name, EVERYTHING)
        assert asset is not None
        transaction = ChargingTransaction(
            number=await charging.next_number(work.session),
            asset_id=asset.id,
            connector=1,
            token="04E91C5A7A2C99",
            verdict=TokenVerdict.INVALID,
            started_at=work.now,
        )
        work.session.add(transaction)
        await work.session.flush()
        judged = Judgement(TokenVerdict.INVALID, is_test=False)
        await session.begin(work, [session.begun(transaction, judged)])
        return (await sessions.lock_of(work.session, [transaction.number]))[0].reference


async def _asked_start(world: World, name: str) -> str:
    """The id of the command by which a session was asked for there."""
    async with world.desk.work(world.operations.actor, "test") as work:
        asset = await assets.find(work.session, name, EVERYTHING)
        assert asset is not None
        new = NewCommand(kind="start_charging", arguments={"token": "04E91C5A7A2C99"}, valid_s=60)
        return str((await command.ask(work, asset.id, new)).id)


async def _group(world: World, **members: str) -> str:
    """Of the group owner, with somebody, a card and a station; its reference."""
    made = await a_group(world)
    await taken_in(world, made, **members)
    return made.reference


def values_for(path: str, places: dict[str, str]) -> dict[str, str]:
    """The values for one path: the same name stands for other things elsewhere."""
    kinds = {"/work-orders/": "work_order", "/customers/": "customer", "/subscribers/": "subscriber",
             "/charging-sessions/": "session", "/groups/": "group", "/v1/vehicles/": "vehicle"}  # fmt: skip
    named = next((name for part, name in kinds.items() if part in path), "reference")
    values = {**places, "reference": places[named]}
    if path.startswith("/v1/products/"):
        values["code"] = "DUO-22"
    if path.startswith("/v1/ledger/"):
        values["account_id"] = places["ledger_account"]
    if path.startswith("/v1/charging-sessions/"):
        values["command_id"] = places["asked_start"]
    return values
