"""The programs that play outside parties, and the street where drivers charge."""

from tests.models.usecases.conftest import clock, street
from tests.sandbox_programs import mailbox, partner, sms_provider

__all__ = ["clock", "mailbox", "partner", "sms_provider", "street"]
