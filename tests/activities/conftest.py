"""The programs that play outside parties."""

from tests.sandbox_programs import mailbox, partner, sms_provider

__all__ = ["mailbox", "partner", "sms_provider"]
