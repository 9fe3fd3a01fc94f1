"""The parts of tables that are cut by time are made ahead, and dropped when all in them has been kept long enough."""

from datetime import timedelta

from models.rules.partitions import is_over, part_of, wanted
from models.store import partitions
from models.store.partitions import FRAMES, MESSAGES, READINGS, CutTable
from models.usecases.work import Terms, Work

TABLES = (MESSAGES, READINGS, FRAMES)


async def keep(work: Work, table: CutTable) -> bool:
    """One table's turn; False where somebody else is at it."""
    if not await partitions.take_turn(work.session):
        return False
    kept = _kept(work.terms, table)
    there = await partitions.names(work.session, table)
    for name, start in partitions.parts_among(table, there):
        if is_over(part_of(table.span, start), work.now, kept):
            await partitions.drop(work.session, name)
    await partitions.delete_from_rest(work.session, table, work.now - kept)
    for part in wanted(table.span, work.now, await partitions.days_in_rest(work.session, table), kept):
        if part.name(table.name) not in there:
            await partitions.add(work.session, table, part)
    return True


def _kept(terms: Terms, table: CutTable) -> timedelta:
    return {MESSAGES: terms.messages_kept, READINGS: terms.readings_kept, FRAMES: terms.frames_kept}[table]
