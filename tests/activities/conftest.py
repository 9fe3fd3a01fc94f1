"""The programs that play outside parties, and the street where drivers charge."""

from tests.models.usecases.conftest import built, clock, street, template, walked
from tests.sandbox_programs import mailbox, partner, sms_provider

__all__ = ["built", "clock", "mailbox", "partner", "sms_provider", "street", "template", "walked"]
