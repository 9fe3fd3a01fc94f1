"""An export has everything about one customer and nothing of another, and is gone when its time is over (S8)."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from activities.gateways.documents import LocalDocuments
from activities.personal_data import PersonalDataRound
from models.messages.customer import NewNote
from models.rules.personal_data import EXPORT_VALID, PLACES
from models.store import customers
from models.tables.customer import Customer
from models.tables.personal_data import PersonalRequest
from models.tables.subscriber import Subscriber
from models.usecases import customer, personal_data
from models.usecases.work import Work
from tests.charging import Clock, Street
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("S8")


@pytest.fixture
def documents(tmp_path: Path) -> LocalDocuments:
    return LocalDocuments(tmp_path)


async def asked(street: Street, owner: Subscriber) -> PersonalRequest:
    async def act(work: Work) -> PersonalRequest:
        known = await work.session.get_one(Customer, owner.customer_id)
        return await personal_data.ask_for_export(work, await customer.lock_any(work, known.reference))

    return await street.do(act)


async def made(street: Street, documents: LocalDocuments, owner: Subscriber) -> zipfile.ZipFile:
    request = await asked(street, owner)
    await PersonalDataRound(street.desk, documents).see_to_requests()
    return zipfile.ZipFile(io.BytesIO(await documents.get(personal_data.document_key(request))))


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = json.loads(archive.read(f"{name}.json"))
    return said


async def test_an_export_tells_everything_of_one_customer_and_nothing_of_another(
    street: Street, documents: LocalDocuments
) -> None:
    owner, other = await street.driver("NL-1"), await street.driver("NL-2")
    await street.do(lambda work: _note(work, owner, "=1+1 is what they pay"))
    number, _ = await street.start("NL-1")
    await street.meter(number, 30, 6000)
    await street.stop(number)
    await street.settle(await street.session())
    await street.start("NL-2", minutes=120)
    archive = await made(street, documents, owner)
    assert {f"{place.table}.json" for place in PLACES if place.told} <= set(archive.namelist())
    counted = {name: len(rows(archive, name)) for name in ("customer", "card", "id_token", "charging_session", "cdr")}
    assert set(counted.values()) == {1}
    assert [each["token"] for each in rows(archive, "id_token")] == [uid_of("NL-1")]
    assert len(rows(archive, "meter_reading")) == 1
    assert len(rows(archive, "ledger_entry")) == len(rows(archive, "ledger_transaction")) == 1
    whole = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert str(other.id) not in whole
    assert uid_of("NL-2") not in whole


async def test_an_export_names_none_of_our_people_and_no_cell_is_a_formula(
    street: Street, documents: LocalDocuments
) -> None:
    owner = await street.driver("NL-1")
    await street.do(lambda work: _note(work, owner, "=1+1 is what they pay"))
    archive = await made(street, documents, owner)
    (note,) = rows(archive, "customer_note")
    assert note["text"] == "=1+1 is what they pay"
    assert "written_by_name" not in note
    (line,) = csv.DictReader(io.StringIO(archive.read("customer_note.csv").decode()))
    assert line["text"] == "'=1+1 is what they pay"
    assert all("actor_name" not in each for each in rows(archive, "timeline_entry"))
    assert "Carla" not in archive.read("timeline_entry.json").decode()


async def test_an_export_is_not_made_twice_at_once_and_its_file_goes_when_its_time_is_over(
    street: Street, documents: LocalDocuments, clock: Clock
) -> None:
    owner = await street.driver("NL-1")
    first = await asked(street, owner)
    assert (await asked(street, owner)).id == first.id
    worker, key = PersonalDataRound(street.desk, documents), personal_data.document_key(first)
    await worker.see_to_requests()
    await worker.see_to_requests()
    assert (await documents.exists(key), await _state(street)) == (True, "ready")
    clock.now += EXPORT_VALID
    await worker.see_to_requests()
    assert (await documents.exists(key), await _state(street)) == (False, "expired")


class Broken(LocalDocuments):
    """Takes nothing for one customer."""

    def __init__(self, folder: Path, customer_id: object) -> None:
        super().__init__(folder)
        self._customer_id = str(customer_id)

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        if self._customer_id in key:
            raise OSError("The store is full")
        await super().put(key, content, content_type)


async def test_one_export_that_can_not_be_made_keeps_no_other_from_it_and_is_tried_again(
    street: Street, documents: LocalDocuments, tmp_path: Path
) -> None:
    first, second = await street.driver("NL-1"), await street.driver("NL-2")
    requests = [await asked(street, owner) for owner in (first, second)]
    await PersonalDataRound(street.desk, Broken(tmp_path, first.customer_id)).see_to_requests()
    there = [await documents.exists(personal_data.document_key(each)) for each in requests]
    assert there == [False, True]
    await PersonalDataRound(street.desk, documents).see_to_requests()
    assert await documents.exists(personal_data.document_key(requests[0]))


async def _note(work: Work, owner: Subscriber, text: str) -> None:
    await customer.add_note(work, await customers.named(work.session, owner.customer_id), NewNote(text=text))


async def _state(street: Street) -> str:
    (only,) = await street.rows(PersonalRequest)
    return only.state
