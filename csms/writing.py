"""Writing values as OCPP has them."""

from datetime import UTC, datetime
from typing import Any

from ocpp.charge_point import remove_nones, serialize_as_dict, snake_to_camel_case

from csms.frames import Payload


def payload_of(message: object) -> Payload:
    """A message of the ``ocpp`` package as it goes over the wire, without what is None."""
    payload: Payload = snake_to_camel_case(remove_nones(serialize_as_dict(message)))
    return payload


def written(instant: datetime) -> str:
    """In UTC, to the millisecond."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def written_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else written(instant)


def present(**fields: Any) -> Payload:
    """A part of a payload, without what is None."""
    return {name: value for name, value in fields.items() if value is not None}
