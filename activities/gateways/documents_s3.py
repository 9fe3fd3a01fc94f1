"""Documents in an S3 bucket, or in whatever speaks S3."""

import asyncio
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from activities.gateways.documents import checked_key
from models import tracing
from models.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    # Servers other than Amazon's refuse the newer trailing checksums.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_MISSING = {"NoSuchKey", "404"}


class S3Documents:
    """Credentials and region come from boto3's own environment (``AWS_ACCESS_KEY_ID``, a role, a profile).

    A server that can't be reached or refuses raises botocore's errors: the caller's retry decides what comes of it.
    """

    def __init__(self, bucket: str, prefix: str = "", endpoint_url: str | None = None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: S3Client = boto3.session.Session().client("s3", endpoint_url=endpoint_url, config=_CONFIG)

    @tracing.outgoing("documents.put")
    async def put(self, key: str, content: bytes, content_type: str) -> None:
        await asyncio.to_thread(
            self._client.put_object, Bucket=self._bucket, Key=self._key(key), Body=content, ContentType=content_type
        )

    @tracing.outgoing("documents.get")
    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._read, self._key(key))
        except ClientError as error:
            if _code(error) in _MISSING:
                raise NotFound(f"There is no document '{key}'") from None
            raise

    async def exists(self, key: str) -> bool:
        try:
            await asyncio.to_thread(self._client.head_object, Bucket=self._bucket, Key=self._key(key))
        except ClientError as error:
            if _code(error) in _MISSING:
                return False
            raise
        return True

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._client.delete_object, Bucket=self._bucket, Key=self._key(key))

    def _key(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _read(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
