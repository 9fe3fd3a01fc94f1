from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from models.store import rows
from models.store.database import Database
from models.tables.handover import Handover, HandoverKind, Process


def process(name: str) -> Process:
    return Process(workflow_id=name, kind="placement", subject_id=uuid4(), last_number=1)


def start_of(name: str) -> Handover:
    return Handover(
        workflow_id=name, number=1, kind=HandoverKind.START, name="placement", payload={"for": name}, correlation_id="c"
    )


async def written(database: Database) -> list[Handover]:
    async with database.transaction() as session:
        return list((await session.execute(select(Handover).order_by(col(Handover.workflow_id)))).scalars())


async def test_rows_are_written_together_whichever_points_to_which(database: Database) -> None:
    async with database.transaction() as session:
        await rows.insert(session, [start_of("a"), process("b"), start_of("b"), process("a")])
    found = await written(database)
    assert [(each.workflow_id, each.payload, each.kind) for each in found] == [
        ("a", {"for": "a"}, HandoverKind.START),
        ("b", {"for": "b"}, HandoverKind.START),
    ]
    assert all(each.created_at is not None and each.late is False for each in found)


async def test_more_rows_than_go_together_are_all_written(database: Database) -> None:
    names = [f"{number:03d}" for number in range(2 * rows.TOGETHER)]
    new: list[SQLModel] = [row for name in names for row in (start_of(name), process(name))]
    async with database.transaction() as session:
        await rows.insert(session, new)
    assert [each.workflow_id for each in await written(database)] == names


async def test_of_rows_that_belong_together_none_is_written_where_one_points_to_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError, match="fk_handover_workflow_id"):
        async with database.transaction() as session:
            await rows.insert(session, [process("a"), start_of("a"), start_of("nobody")])
    assert await written(database) == []
