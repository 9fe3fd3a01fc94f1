"""Where documents (reports, photos) are kept: a folder on one machine, an S3 bucket in production."""

import asyncio
import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

from models.errors import InvalidInput, NotFound
from models.settings import Settings

# A part starts with a letter or digit: no room for "..", and none for a key that is one of our unfinished files.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){0,7}")


class Documents(Protocol):
    """A document is written whole or not at all; writing the same again changes nothing.

    Keys are up to eight parts of letters, digits, '.', '_' and '-' with '/' between; others raise InvalidInput.
    """

    async def put(self, key: str, content: bytes, content_type: str) -> None: ...

    async def get(self, key: str) -> bytes:
        """Raises NotFound."""
        ...

    async def exists(self, key: str) -> bool: ...

    async def delete(self, key: str) -> None:
        """Also where there is nothing (any more)."""
        ...


def documents_from(settings: Settings) -> Documents:
    """The store that the settings name. Raises ValueError where the URL is neither ``file://`` nor ``s3://``."""
    if settings.documents_folder is not None:
        return LocalDocuments(settings.documents_folder)
    scheme, _, place = settings.documents_url.partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError("STATIONMASTER_DOCUMENTS_URL must be file:///folder or s3://bucket/prefix")
    from activities.gateways.documents_s3 import S3Documents  # noqa: PLC0415 - boto3 is slow to load, most don't need it

    return S3Documents(bucket, prefix, settings.s3_endpoint_url)


def checked_key(key: str) -> str:
    """The key itself. Raises InvalidInput for one that is unsafe as a path."""
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            f"{key!r} is no document key; use letters, digits, '.', '_' and '-' in up to eight parts with '/' between"
        )
    return key


class LocalDocuments:
    """Documents as files under one folder. The content type is not kept: whoever stored the key knows it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, content: bytes, content_type: str) -> None:  # noqa: ARG002 - Documents
        await asyncio.to_thread(_write_whole, self._path(key), content)

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFound(f"There is no document '{key}'") from None

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self._path(key).is_file)

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(_remove, self._path(key))

    def _path(self, key: str) -> Path:
        return self._folder / checked_key(key)


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _remove(path: Path) -> None:
    if path.is_file():
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Without it a crash of the machine may undo a rename or removal that was already reported as done."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
