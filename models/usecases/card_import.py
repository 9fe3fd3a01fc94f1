"""A supplier's list of cards, row by row: each is taken into the pool, known, or refused by its field (S3)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.messages import lists
from models.messages.card import ImportedCard
from models.messages.lists import RowFault
from models.store import cards
from models.tables.card import Card
from models.usecases import card, subscriber
from models.usecases.work import Work

Row = lists.Row[ImportedCard]


@dataclass
class Sorted:
    """``new`` can be taken; ``known`` has the numbers, by line, of those that are there with the same uid."""

    new: list[Row] = field(default_factory=list)
    known: dict[int, str] = field(default_factory=dict)
    faults: dict[int, list[RowFault]] = field(default_factory=lambda: defaultdict(list))


async def sort(work: Work, rows: Sequence[Row]) -> Sorted:
    """Judge every row; nothing is written."""
    done = Sorted()
    numbers = Counter(row.said.number for row in rows)
    uids = Counter(row.said.uid for row in rows)
    known = await cards.numbered(work.session, numbers.keys())
    used = await cards.used_uids(work.session, uids.keys())
    for row in rows:
        said = row.said
        if known.get(said.number, (None, None))[1] == said.uid and numbers[said.number] == uids[said.uid] == 1:
            done.known[row.line] = said.number
            continue
        faults = [
            *_twice("number", said.number, numbers),
            *_twice("uid", said.uid, uids),
            *_taken(said, known, used),
        ]
        if faults:
            done.faults[row.line] += faults
        else:
            done.new.append(row)
    return done


async def enter(work: Work, row: Row) -> str:
    """The card's number. Whoever waits for one hears of it."""
    work.at_the_end["awaited cards"] = subscriber.ring_waiting
    return (await card.add(work, row.said)).number


def _twice(column: str, value: str, counted: Counter[str]) -> list[RowFault]:
    if counted[value] == 1:
        return []
    return [RowFault(column, f"'{value}' stands here more than once; correct all but one")]


def _taken(said: ImportedCard, known: dict[str, tuple[Card, str]], used: dict[str, str | None]) -> list[RowFault]:
    faults = []
    if said.number in known:
        faults.append(RowFault("number", "There is a card with this number already, of another uid"))
    if said.uid in used:
        where = f"by card {used[said.uid]}" if used[said.uid] else "by a token that is no card of the pool"
        faults.append(RowFault("uid", f"This uid is in use already, {where}"))
    return faults
