"""What is asked for hardware units (P11)."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from models.messages.base import Message
from models.messages.placement import Line
from models.messages.tender import Code
from models.messages.work_order import HardwareId

BATCH_LIMIT = 1000
KEY_MIN, KEY_MAX = 16, 40

Identity = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9*\-_=+|@.]{1,48}$")]
"""OCPP 2.0.1 part 2 ``identifierString``, but for the colon, which HTTP basic authentication keeps for itself."""


def _as_suppliers_make_them(key: SecretStr) -> SecretStr:
    value = key.get_secret_value()
    if not KEY_MIN <= len(value) <= KEY_MAX or not value.isascii() or not value.isprintable():
        raise ValueError(f"A factory key has {KEY_MIN} to {KEY_MAX} printable ASCII characters")
    return key


FactoryKey = Annotated[SecretStr, AfterValidator(_as_suppliers_make_them)]


class NewUnit(Message):
    """A line of the supplier's list. ``factory_key`` opens the station's first connection, and is kept as a hash."""

    hardware_id: HardwareId
    serial: Line
    product: Code
    firmware: Line
    ocpp_identity: Identity
    factory_key: FactoryKey


class NewUnits(Message):
    units: Annotated[tuple[NewUnit, ...], Field(min_length=1, max_length=BATCH_LIMIT)]


class HandOver(Message):
    installer_id: UUID
