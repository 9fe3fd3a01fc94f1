"""Tokens may charge, or may not: at once, on-line and in every local list; since when stays on record (S3, S4, S9)."""

from collections.abc import Iterable

from models.tables.charging import IdToken, PastBlock
from models.usecases import wanting
from models.usecases.work import Work


async def settle(work: Work, wanted: Iterable[tuple[IdToken, bool]]) -> None:
    """Each with whether it may charge from now on; their rows are locked."""
    changed = []
    for token, charges in wanted:
        if charges != (token.blocked_at is None):
            if token.blocked_at is not None and token.blocked_at < work.now:
                work.session.add(PastBlock(token_id=token.id, since=token.blocked_at, until=work.now))
            token.blocked_at = None if charges else work.now
            changed.append(token.token)
    await work.session.flush()
    if changed:
        await wanting.tell_of_tokens(work, changed)
