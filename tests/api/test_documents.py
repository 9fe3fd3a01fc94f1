"""Photos go in, documents come out, each to whom it concerns (P16, P18)."""

import asyncio
import hashlib
import struct
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.messages.work_order import WorkOrderProgress
from models.store import placements
from models.store.viewer import EVERYTHING
from models.usecases import report, work_order
from tests.api.road import PROCESS, Road, photo
from tests.people import Person, World

DOCUMENTS = "/v1/documents"


async def upload(road: Road, content: bytes, person: Person | None = None, *, key: str = "") -> httpx.Response:
    keyed = {"Idempotency-Key": key} if key else {}
    all_headers = {**(person or road.world.installer_user).headers, **keyed}
    files = {"file": ("x.jpg", content, "image/jpeg")}
    return await road.api.post(f"/v1/work-orders/{road.work_order}/photos", files=files, headers=all_headers)


def bomb() -> bytes:
    """A PNG of a few hundred kilobytes that says it has 100 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 10_000, 10_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(10_000 * 1251))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
@pytest.mark.parametrize(
    ("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
async def test_a_photo_is_kept_and_comes_back_as_it_was(road: Road, kind: str, content_type: str) -> None:
    content = photo(kind)
    made = (await upload(road, content)).json()
    assert made["content_type"] == content_type
    assert made["sha256"] == hashlib.sha256(content).hexdigest()
    assert made["size_bytes"] == len(content)
    answer = await road.api.get(made["content"], headers=road.world.installer_user.headers)
    assert answer.content == content
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    etag = answer.headers["etag"]
    assert etag == f'"{made["sha256"]}"'
    headers = {**road.world.installer_user.headers, "If-None-Match": f'"other", {etag}'}
    unchanged = await road.api.get(made["content"], headers=headers)
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_the_same_photo_again_is_the_same_document(road: Road, tmp_path: Path) -> None:
    content = photo()
    answers = await asyncio.gather(*(upload(road, content) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    keyed = [await upload(road, content, key="k-1") for _ in range(2)]
    assert keyed[1].headers["idempotency-replayed"] == "true"
    other = await upload(road, photo("PNG"), key="k-1")
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    kept = [path for path in (tmp_path / "documents" / "photos").rglob("*") if path.is_file()]
    assert len([path for path in kept if path.suffix == ".jpg"]) == 1


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_what_is_no_whole_photo_is_refused_whatever_it_is_called(road: Road) -> None:
    refused: dict[str, tuple[bytes, int]] = {
        "text": (b"hello", 415),
        "nothing": (b"", 415),
        "a page": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
        "a GIF": (photo("GIF"), 415),
        "cut off": (photo(size=(400, 300))[:-200], 415),
        "a bomb": (bomb(), 413),
        "too large": (photo() + bytes(10 * 1024 * 1024), 413),
        "far too large": (photo() + bytes(12 * 1024 * 1024), 413),
    }
    for name, (content, status) in refused.items():
        answer = await upload(road, content)
        assert answer.status_code == status, (name, answer.text)
    headers = road.world.installer_user.headers
    missing = await road.api.post(f"/v1/work-orders/{road.work_order}/photos", data={"x": "y"}, headers=headers)
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["pointer"] == "/file"


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_photos_are_taken_from_the_installer_while_the_test_is_filled_in(road: Road, world: World) -> None:
    assert (await upload(road, photo(), world.other_installer_user)).status_code == 404
    assert (await upload(road, photo(), world.operations)).status_code == 403
    await road.to_test_charged()
    await road.fill_in()
    await road.call(world.installer_user, "POST", f"/v1/work-orders/{road.work_order}/sat/submit")
    late = await upload(road, photo("PNG"))
    assert late.json()["type"] == "/problems/stage-does-not-allow"


async def file_report(road: Road) -> WorkOrderProgress:
    """As the process does after approval."""
    content = b"%PDF-1.7 report"
    async with road.world.desk.work(PROCESS, "test") as work:
        row = await placements.find(work.session, road.reference, EVERYTHING)
        assert row is not None
        order = await work_order.make(work, row.id)
        said, _ = await report.gather(work, order.id)
        key = report.document_key(said)
        await road.api._transport.app.state.services.documents.put(key, content, report.PDF)  # type: ignore[attr-defined]
        return await report.file(work, order.id, key, content)


@pytest.mark.step("P18")
async def test_the_requester_gets_the_report_and_no_photo(road: Road, world: World) -> None:
    await road.to_accepted()
    await file_report(road)
    path = f"/v1/placement-requests/{road.reference}"
    (own,) = (await road.call(world.requester, "GET", f"{path}/documents"))["items"]
    assert own["kind"] == "sat_report"
    answer = await road.api.get(own["content"], headers=world.requester.headers)
    assert answer.content == b"%PDF-1.7 report"
    assert answer.headers["content-type"] == "application/pdf"
    assert f"{own['name']}" in answer.headers["content-disposition"]
    assert (await road.order())["report_id"] == own["id"]
    everything = (await road.call(world.operations, "GET", f"{path}/documents"))["items"]
    assert sorted(document["kind"] for document in everything) == ["photo", "sat_report"]
    picture = next(document for document in everything if document["kind"] == "photo")
    readers: list[tuple[Person, Any, int]] = [
        (world.requester, picture, 404),
        (world.other_requester, own, 404),
        (world.other_installer_user, own, 404),
        (world.other_installer_user, picture, 404),
        (world.installer_user, picture, 200),
        (world.operations, picture, 200),
        (world.warehouse, own, 403),
    ]
    for person, document, status in readers:
        for each in (f"{DOCUMENTS}/{document['id']}", document["content"]):
            assert (await road.api.get(each, headers=person.headers)).status_code == status, (person.name, each)
    timeline = await road.call(world.requester, "GET", f"{path}/timeline")
    filed = [item["document"]["id"] for item in timeline["items"] if item["kind"] == "document"]
    assert filed == [own["id"]]


async def test_an_unknown_document_is_a_404_and_no_id_a_422(road: Road, world: World) -> None:
    answer = await road.api.get(f"{DOCUMENTS}/0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c61", headers=world.operations.headers)
    assert answer.status_code == 404
    answer = await road.api.get(f"{DOCUMENTS}/../../etc/passwd", headers=world.operations.headers)
    assert answer.status_code == 404
    answer = await road.api.get(f"{DOCUMENTS}/report.pdf", headers=world.operations.headers)
    assert answer.status_code == 422
