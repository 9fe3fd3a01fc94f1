"""What an engineer settles about a station's security profile and its certificates."""

from typing import Annotated

from pydantic import Field

from models.messages.base import Message
from models.messages.placement import Line
from models.rules.station_certificates import SecurityProfile


class SettleProfile(Message):
    """What the station must use at least from now on; lower than what it has used before only here."""

    security_profile: Annotated[SecurityProfile, Field(description="1: key; 2: key over TLS; 3: certificate")]
    why: Line


class RevokeCertificate(Message):
    why: Line
