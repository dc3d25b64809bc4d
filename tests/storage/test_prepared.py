"""A prepared statement says the same as SQLAlchemy would have it say, on both databases, and fails alike."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, event, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import prepared as module
from storage.database import Database, is_away
from storage.prepared import prepared
from storage.tables import Moment, counters, people
from tests.storage.scene import AIGERIM, NOW, SAULE, Scene

PAVLODAR = timezone(timedelta(hours=5))
PERSON = {"id": 77, "name": "Guest", "created_at": datetime(2026, 3, 2, 17, 0, tzinfo=PAVLODAR)}

_WHO = bindparam("who")
STATEMENTS: dict[str, tuple[Any, Any]] = {
    "moments, booleans and nothing": (select(people).where(people.c.id == _WHO), {"who": AIGERIM}),
    "none": (select(people.c.name).where(people.c.id == _WHO), {"who": -1}),
    "several": (select(people.c.id, people.c.name).order_by(people.c.id), None),
    "a limit of the statement's own": (select(people.c.id).order_by(people.c.id).limit(2), {}),
    "a list": (
        select(people.c.name).where(people.c.id.in_(bindparam("those", expanding=True))).order_by(people.c.id),
        {"those": [AIGERIM, SAULE]},
    ),
    "an empty list": (
        select(people.c.name).where(people.c.id.in_(bindparam("those", expanding=True))),
        {"those": []},
    ),
    "a moment to compare with": (
        select(func.count()).where(people.c.created_at <= bindparam("then", type_=Moment)),
        {"then": NOW.astimezone(PAVLODAR)},
    ),
    "the same name twice": (select(people.c.id, people.c.id.label("again"), literal("x")).order_by(people.c.id), None),
    "an insert by names": (insert(people).returning(people.c.id, people.c.created_at, people.c.simple), PERSON),
    "a change by names": (
        update(people).where(people.c.id == _WHO).returning(people.c.name),
        {"who": AIGERIM, "name": "Айгерим"},
    ),
    "a removal": (delete(counters).where(counters.c.name == _WHO), {"who": "questions 2026"}),
}


async def _with(database: Database, deed: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    """What it says; what it does is undone."""
    async with database.transaction() as db, db.begin_nested() as point:
        found = await deed(db)
        await point.rollback()
    return found


@pytest.mark.parametrize("name", STATEMENTS)
async def test_it_says_what_the_same_statement_says_unprepared(scene: Scene, name: str) -> None:
    await scene.asks()
    statement, parameters = STATEMENTS[name]
    kept = prepared(statement)

    async def ask(db: AsyncConnection, statement: Any) -> Any:
        result = await db.execute(statement, parameters)
        return [row._mapping for row in result] if _brings_rows(statement) else result.rowcount

    expected = await _with(scene.database, lambda db: ask(db, statement))
    for _ in range(2):  # as it is found out, and as it is kept
        assert await _with(scene.database, lambda db: ask(db, kept)) == expected
    assert expected or name in ("none", "an empty list")


def _brings_rows(statement: Any) -> bool:
    return bool(list(statement.exported_columns))


async def test_several_rows_at_once(scene: Scene) -> None:
    rename = prepared(update(people).where(people.c.id == _WHO).values(name=bindparam("called")))
    rows = [{"who": AIGERIM, "called": "a"}, {"who": SAULE, "called": "b"}, {"who": -1, "called": "c"}]
    async with scene.database.transaction() as db:
        await db.execute(rename, rows)
    assert (await scene.person(AIGERIM)).name == "a"
    assert (await scene.person(SAULE)).name == "b"


async def test_it_fails_as_sqlalchemy_fails(database: Database) -> None:
    enter = prepared(insert(people))

    async def twice(db: AsyncConnection) -> None:
        for _ in range(2):
            await db.execute(enter, PERSON)

    with pytest.raises(IntegrityError) as failed:
        await _with(database, twice)
    assert not is_away(failed.value)
    assert "Guest" not in str(failed.value)


async def test_a_database_without_room_is_told_from_a_wrong_statement(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    enter = prepared(insert(people))

    async def fill(db: AsyncConnection) -> None:
        for n in range(10_000):
            await db.execute(enter, PERSON | {"id": n + 1, "name": "x" * 130})

    async with database.transaction() as db:
        await db.exec_driver_sql("PRAGMA max_page_count = 1")  # it has no page left to grow by
        with pytest.raises(DBAPIError) as failed:
            await fill(db)
    await database.close()
    assert is_away(failed.value)


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    enter = prepared(insert(people))

    async def wrong(db: AsyncConnection) -> None:
        await db.execute(enter, PERSON | {"created_at": datetime(2026, 3, 2, 17, 0)})  # noqa: DTZ001

    with pytest.raises(Exception, match="without a zone"):
        await _with(database, wrong)


async def test_a_parameter_that_is_not_given_is_no_null(scene: Scene) -> None:
    rename = prepared(update(people).where(people.c.id == _WHO).values(choices=bindparam("stored")))
    async with scene.database.transaction() as db:
        with pytest.raises(SQLAlchemyError, match="A value is required for bind parameter 'stored'"):
            await db.execute(rename, {"who": AIGERIM, "sotred": "x"})


async def test_whoever_listens_to_the_statements_hears_it(scene: Scene) -> None:
    heard: list[str] = []
    name_of = prepared(select(people.c.name).where(people.c.id == _WHO))
    async with scene.database.reading() as db:
        assert db.sync_connection is not None
        event.listen(db.sync_connection, "before_cursor_execute", lambda *said: heard.append(said[2]))
        await db.execute(name_of, {"who": AIGERIM})
    assert len(heard) == 1


@pytest.mark.parametrize("made_of", [select(people.c.name), prepared(select(people.c.name))], ids=["new", "prepared"])
async def test_a_statement_made_for_the_occasion_is_not_kept(sqlite_url: str, made_of: Any) -> None:
    database = Database(sqlite_url)
    before = len(module._plans)
    async with database.reading() as db:
        for n in range(50):
            await db.execute(made_of.where(people.c.id == n))
    await database.close()
    assert len(module._plans) == before


async def test_a_moment_comes_back_in_utc(database: Database) -> None:
    async with database.transaction() as db:
        await db.execute(prepared(insert(people)), PERSON)
    created_at = prepared(select(people.c.created_at).where(people.c.id == _WHO))
    async with database.reading() as db:
        found = (await db.execute(created_at, {"who": 77})).scalar_one()
    assert found == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert found.tzinfo is UTC
