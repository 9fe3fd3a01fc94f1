"""The stand-ins for outside parties, as separate programs."""

from tests.sandbox_programs import grid_operator, mailbox, partner, sms_provider

__all__ = ["grid_operator", "mailbox", "partner", "sms_provider"]
