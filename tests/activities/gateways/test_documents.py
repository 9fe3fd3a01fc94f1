"""One contract, kept by the folder and by S3 (a separate server program that speaks S3)."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from activities.gateways.documents import Documents, LocalDocuments, documents_from
from activities.gateways.documents_s3 import S3Documents
from models.errors import InvalidInput, NotFound
from models.settings import Settings

pytestmark = pytest.mark.step("P18")

BUCKET, REGION = "reports", "eu-west-1"
KEY = "placements/PR-2026-000042/sat-report.pdf"


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("s3") / "server.log").open("wb")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own interpreter
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(10)
        log.close()


def _wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(f"{url}/moto-api/", timeout=2)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("The S3 server did not come up")


@dataclass(frozen=True)
class Bucket:
    """The server with an empty bucket; clients are made once, since each reads the whole of S3's description."""

    url: str
    client: Any
    documents: S3Documents


@pytest.fixture(scope="module")
def s3_clients(s3_url: str) -> Iterator[Bucket]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "ACCESS_KEY_ID": "test",
            "SECRET_ACCESS_KEY": "test",
            "DEFAULT_REGION": "eu-west-1",
        }.items():
            environment.setenv(f"AWS_{name}", value)
        client = boto3.session.Session().client("s3", endpoint_url=s3_url)
        yield Bucket(s3_url, client, S3Documents(BUCKET, "stationmaster", s3_url))


@pytest.fixture
def bucket(s3_clients: Bucket) -> Bucket:
    httpx.post(f"{s3_clients.url}/moto-api/reset")
    s3_clients.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3_clients


@pytest.fixture(params=["folder", "s3"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Documents:
    if request.param == "folder":
        return LocalDocuments(tmp_path / "documents")
    found: Bucket = request.getfixturevalue("bucket")
    return found.documents


async def test_a_document_is_read_back_as_it_was_put(documents: Documents) -> None:
    content = bytes(range(256)) * 4096
    await documents.put(KEY, content, "application/pdf")
    assert await documents.get(KEY) == content
    assert await documents.exists(KEY)


async def test_putting_again_replaces_the_whole_document(documents: Documents) -> None:
    for content in (b"a long first version", b"second", b"second"):
        await documents.put(KEY, content, "application/pdf")
    assert await documents.get(KEY) == b"second"


async def test_many_writers_of_one_document_leave_one_of_their_versions(documents: Documents) -> None:
    versions = [bytes([n]) * 200_000 for n in range(8)]
    await asyncio.gather(*(documents.put(KEY, version, "application/pdf") for version in versions))
    assert await documents.get(KEY) in versions


async def test_a_missing_document_is_named_in_the_error(documents: Documents) -> None:
    await documents.put(KEY, b"x", "application/pdf")
    for missing in ("placements/PR-2026-000043/sat-report.pdf", "placements", f"{KEY}/page"):
        assert not await documents.exists(missing)
        with pytest.raises(NotFound, match=missing):
            await documents.get(missing)


async def test_a_deleted_document_is_gone_and_deleting_again_is_no_error(documents: Documents) -> None:
    await documents.put(KEY, b"x", "application/pdf")
    await documents.delete(KEY)
    await documents.delete(KEY)
    assert not await documents.exists(KEY)


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "a/../b", "..", ".hidden", "a//b", "a/", "a\\b", "a b", "a\n", "é", "a/" * 8 + "b", "x" * 129],
)
async def test_a_key_that_could_leave_its_place_is_refused(documents: Documents, key: str) -> None:
    for attempt in (
        documents.put(key, b"", "text/plain"),
        documents.get(key),
        documents.exists(key),
        documents.delete(key),
    ):
        with pytest.raises(InvalidInput, match="is no document key"):
            await attempt


async def test_a_write_that_breaks_off_leaves_the_former_document_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = LocalDocuments(tmp_path)
    await documents.put(KEY, b"former", "application/pdf")

    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(OSError, match="No space left"):
        await documents.put(KEY, b"latter", "application/pdf")
    assert await documents.get(KEY) == b"former"
    assert _files(tmp_path) == ["sat-report.pdf"]


async def test_s3_keeps_the_content_type_and_the_prefix(bucket: Bucket) -> None:
    await S3Documents(BUCKET, "/deep/er/", bucket.url).put(KEY, b"%PDF", "application/pdf")
    assert bucket.client.head_object(Bucket=BUCKET, Key=f"deep/er/{KEY}")["ContentType"] == "application/pdf"


async def test_a_bucket_that_is_not_there_is_an_error_and_not_a_missing_document(bucket: Bucket) -> None:
    documents = S3Documents("nowhere", "", bucket.url)
    with pytest.raises(Exception, match="NoSuchBucket"):
        await documents.get(KEY)


async def test_the_settings_choose_the_store(tmp_path: Path, bucket: Bucket) -> None:
    for url in (f"file://{tmp_path}/documents", f"s3://{BUCKET}/prod"):
        documents = documents_from(_settings(url, bucket.url))
        await documents.put(KEY, url.encode(), "text/plain")
        assert await documents.get(KEY) == url.encode()
    assert (tmp_path / "documents" / KEY).is_file()


@pytest.mark.parametrize("url", ["ftp://host/folder", "s3://", "documents"])
def test_settings_that_name_no_store_are_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(ValueError, match="must be file:///folder or s3://bucket/prefix"):
        documents_from(_settings(url, None))


def _files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def _settings(documents_url: str, s3_endpoint_url: str | None) -> Settings:
    return Settings.model_validate(
        {
            "database_url": "postgresql://h/d",
            "keys": "k:",
            "documents_url": documents_url,
            "s3_endpoint_url": s3_endpoint_url,
        }
    )
