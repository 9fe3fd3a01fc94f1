"""The programs that play outside parties."""

from tests.sandbox_programs import mailbox, partner

__all__ = ["mailbox", "partner"]
