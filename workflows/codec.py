"""Encrypts every payload that goes to Temporal, since reasons and remarks travel in Updates."""

from collections.abc import Iterable, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from models.secrets import KeyRing, key_id_of

ENCODING = b"binary/encrypted"
_CONTEXT = b"temporal payload"


class EncryptionCodec(PayloadCodec):
    """AES-256-GCM by the key ring; payloads that are not encrypted are passed on as they are."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises SecretsError where a payload was sealed by a key that is not in the ring."""
        return list(self._opened(payloads))

    def _sealed(self, payload: Payload) -> Payload:
        data = self._keys.encrypt(payload.SerializeToString(), _CONTEXT)
        return Payload(metadata={"encoding": ENCODING, "key": key_id_of(data).encode()}, data=data)

    def _opened(self, payloads: Iterable[Payload]) -> Iterable[Payload]:
        for payload in payloads:
            if payload.metadata.get("encoding") == ENCODING:
                yield Payload.FromString(self._keys.decrypt(payload.data, _CONTEXT))
            else:
                yield payload
