"""A list of customers, row by row: who is new, who is known, whom it changes, what can't be taken (S1)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.messages import lists
from models.messages.customer import Address, CustomerChange, ImportedCustomer
from models.messages.lists import RowFault
from models.store import customers
from models.tables.customer import Customer
from models.usecases import customer
from models.usecases.work import Work

Row = lists.Row[ImportedCustomer]


@dataclass
class Sorted:
    """``new`` and ``changed`` can be taken; ``known`` has the references, by line, of who is there as the row says."""

    new: list[Row] = field(default_factory=list)
    changed: dict[int, tuple[Row, str]] = field(default_factory=dict)
    """With the reference of whom the row changes, by line."""
    known: dict[int, str] = field(default_factory=dict)
    faults: dict[int, list[RowFault]] = field(default_factory=lambda: defaultdict(list))


async def sort(work: Work, rows: Sequence[Row]) -> Sorted:
    """Judge every row; nothing is written."""
    done = Sorted()
    ids = Counter(row.said.external_id or "" for row in rows)
    outside = await customers.known_outside(work.session, ids.keys() - {""})
    alike = {_key(each): each for each in await customers.with_emails(work.session, {row.said.email for row in rows})}
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        earlier = seen.setdefault(_key(row.said), row.line)
        if row.said.external_id is not None and ids[row.said.external_id] > 1:
            fault = RowFault("external_id", "This external_id stands here more than once; correct all but one")
        elif earlier != row.line and row.said.external_id is None:
            fault = RowFault(None, f"Line {earlier} has the same name and mail address; leave one of them out")
        else:
            _judge(row, outside, alike, done)
            continue
        done.faults[row.line].append(fault)
    return done


async def enter(work: Work, row: Row) -> str:
    """The new customer's reference. Raises AlreadyExists."""
    return (await customer.add(work, row.said.customer)).reference


async def change(work: Work, row: Row, reference: str) -> str:
    """What the row leaves out stays as it is. Raises NotFound, AlreadyExists."""
    known = await customer.lock(work, reference)
    said = row.said.model_dump(exclude_unset=True)
    address = {name: said.pop(name, getattr(known, name)) for name in Address.model_fields}
    await customer.change(work, known, CustomerChange(address=Address(**address), **said))
    return reference


def _judge(row: Row, outside: dict[str, Customer], alike: dict[tuple[str, str], Customer], done: Sorted) -> None:
    said = row.said
    known = outside.get(said.external_id) if said.external_id is not None else alike.get(_key(said))
    if known is None:
        done.new.append(row)
    elif _is_same(known, said):
        done.known[row.line] = known.reference
    elif said.external_id is None:
        detail = f"Customer {known.reference} has this name and mail address, and something else; change that one"
        done.faults[row.line].append(RowFault(None, detail))
    else:
        done.changed[row.line] = (row, known.reference)


def _key(said: Customer | ImportedCustomer) -> tuple[str, str]:
    return said.name.lower(), said.email.lower()


def _is_same(known: Customer, said: ImportedCustomer) -> bool:
    """What the row leaves out is as it is."""
    return all(getattr(known, name) == value for name, value in said.model_dump(exclude_unset=True).items())
