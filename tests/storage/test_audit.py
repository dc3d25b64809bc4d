"""The audit's chain: each line is sealed over the one before, so what is done to it behind our back is found."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import column, delete, insert, select, table, update

from storage import audit, migrate, tables
from storage.audit import Fault, Sought, Verdict
from storage.database import Database
from tests.storage.scene import NOW, SAULE, SECOND, TIMUR, copies, killed


async def write(database: Database, n: int = 1, actor: int | None = SAULE, at: datetime = NOW) -> None:
    for _ in range(n):
        async with database.transaction() as db:
            await audit.write(
                db, at, actor, "habit changed", "setting term", before="15", after="10 «күн» 😀", update_id=7
            )


async def verify(database: Database) -> Verdict:
    async with database.reading() as db:
        return await audit.verify(db)


async def found(database: Database) -> tuple[Fault | None, int]:
    verdict = await verify(database)
    return verdict.fault, verdict.line


async def numbers(database: Database) -> list[int]:
    async with database.reading() as db:
        return list(await db.scalars(select(tables.audit.c.id).order_by(tables.audit.c.id)))


async def behind_our_back(database: Database, *statements: object) -> None:
    async with database.transaction() as db:
        for statement in statements:
            await db.execute(statement)  # type: ignore[call-overload]


async def test_an_empty_audit_is_whole(database: Database) -> None:
    assert await verify(database) == Verdict(0, "")


async def test_lines_of_any_moment_and_words_are_sealed_as_they_come_back(database: Database) -> None:
    await write(database, 2)
    await write(database, actor=None, at=NOW.astimezone().replace(microsecond=1))
    verdict = await verify(database)
    assert (verdict.lines, verdict.fault) == (3, None)
    async with database.reading() as db:
        head = (await db.execute(select(tables.audit_head))).one()
        hashes = list(await db.scalars(select(tables.audit.c.hash).order_by(tables.audit.c.id)))
    assert (head.lines, head.hash) == (3, hashes[-1])
    assert len(set(hashes)) == 3  # two lines that say the same differ by what stands before them
    assert verdict.hash == hashes[-1]


CHANGES = {
    "at": NOW + SECOND,
    "actor_id": TIMUR,
    "action": "invited",
    "object": "setting ladder",
    "before": "14",
    "after": "",
    "update_id": None,
    "hash": "0" * 64,
}


@pytest.mark.parametrize("column", CHANGES)
async def test_no_column_of_a_line_can_be_changed_unnoticed(database: Database, column: str) -> None:
    await write(database, 4)
    ids = await numbers(database)
    changed = update(tables.audit).where(tables.audit.c.id == ids[1]).values({column: CHANGES[column]})
    await behind_our_back(database, changed)
    assert await found(database) == (Fault.CHANGED, ids[1])


async def test_a_last_line_sealed_anew_is_noticed_by_the_end(database: Database) -> None:
    await write(database, 2)
    ids = await numbers(database)
    async with database.transaction() as db:
        first, last = [audit._line(row) for row in await db.execute(select(tables.audit).order_by(tables.audit.c.id))]
        forged = {"after": "20", "hash": audit.seal(first.hash, replace(last, after="20"))}
        await db.execute(update(tables.audit).where(tables.audit.c.id == ids[1]).values(forged))
    assert await found(database) == (Fault.CHANGED, ids[1])


@pytest.mark.parametrize("before", [0, 1, 2])
async def test_a_line_that_was_taken_out_is_missed_after_the_one_before(database: Database, before: int) -> None:
    await write(database, 4)
    ids = [0, *await numbers(database)]
    await behind_our_back(database, delete(tables.audit).where(tables.audit.c.id == ids[before + 1]))
    assert await found(database) == (Fault.MISSING, ids[before])


async def test_lines_cut_off_at_the_end_are_missed(database: Database) -> None:
    await write(database, 4)
    ids = await numbers(database)
    await behind_our_back(database, delete(tables.audit).where(tables.audit.c.id >= ids[2]))
    assert await found(database) == (Fault.CUT, ids[1])
    await behind_our_back(database, delete(tables.audit))
    assert await found(database) == (Fault.CUT, 0)


async def test_a_line_that_was_slipped_in_at_the_end_is_found(database: Database) -> None:
    await write(database, 2)
    ids = await numbers(database)
    async with database.transaction() as db:
        last = [audit._line(row) for row in await db.execute(select(tables.audit).order_by(tables.audit.c.id))][-1]
        values = {name: getattr(last, name) for name in CHANGES}
        slipped_in = insert(tables.audit).values(values | {"hash": audit.seal(last.hash, last)})
        await db.execute(slipped_in)
    assert await found(database) == (Fault.ADDED, ids[-1])


async def test_a_gap_that_a_kill_left_in_the_numbers_is_no_fault(database: Database) -> None:
    await write(database)
    async with killed(database) as db:
        await audit.write(db, NOW, SAULE, "invited", "invitation")
    await write(database)
    verdict = await verify(database)
    assert (verdict.lines, verdict.fault) == (2, None)


async def test_writers_of_several_copies_take_turns_at_the_end_of_the_chain(database_url: str) -> None:
    async with copies(database_url, 3) as databases:
        await asyncio.gather(*(write(one, 10) for one in databases))
        verdict = await verify(databases[0])
    assert (verdict.lines, verdict.fault) == (30, None)


async def test_it_is_read_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_BATCH", 3)
    await write(database, 6)
    assert (await verify(database)).fault is None
    ids = await numbers(database)
    await behind_our_back(database, update(tables.audit).where(tables.audit.c.id == ids[4]).values(after="x"))
    assert await found(database) == (Fault.CHANGED, ids[4])


async def test_lines_are_found_by_person_object_kind_and_day(database: Database) -> None:
    tomorrow = NOW + timedelta(days=1)
    async with database.transaction() as db:
        await audit.write(db, NOW, SAULE, "routed", "question 2026-000001")
        await audit.write(db, NOW, TIMUR, "routed", "question 2026-0000010")
        await audit.write(db, tomorrow, SAULE, "calendar corrected", "calendar")
    async with database.reading() as db:

        async def objects(sought: Sought) -> list[str]:
            return [line.object for line in await audit.newest(db, sought, 10)]

        assert await objects(Sought()) == ["calendar", "question 2026-0000010", "question 2026-000001"]
        assert await objects(Sought(actor_id=SAULE)) == ["calendar", "question 2026-000001"]
        assert await objects(Sought(object="question 2026-000001")) == ["question 2026-000001"]
        assert await objects(Sought(object="question")) == ["question 2026-0000010", "question 2026-000001"]
        assert await objects(Sought(object="%")) == []
        assert await objects(Sought(since=tomorrow)) == ["calendar"]
        assert await objects(Sought(actor_id=TIMUR, until=tomorrow)) == ["question 2026-0000010"]
        assert await audit.actors(db, 5) == [SAULE, TIMUR]


async def test_pages_hold_the_newest_first_and_end_where_the_lines_end(database: Database) -> None:
    await write(database, 7)
    ids = await numbers(database)
    async with database.reading() as db:
        first, second, beyond = [await audit.page(db, Sought(), n) for n in (0, 1, 99)]
    assert [line.id for line in first.found] == ids[:1:-1]
    assert [line.id for line in second.found] == [ids[1], ids[0]]
    assert (first.total, first.pages, beyond.number) == (7, 2, 1)


BEFORE_THE_CHAIN = table(
    "audit",
    *(column(name) for name in ("actor_id", "action", "object", "before", "after", "update_id")),
    column("at", tables.Moment),
)


@pytest.mark.parametrize("lines", [0, 3])
async def test_the_migration_seals_the_lines_that_are_older_than_the_chain(database: Database, lines: int) -> None:
    url = database.url.render_as_string(hide_password=False)
    await migrate.downgrade(url, "0002")
    older = {"actor_id": SAULE, "action": "invited", "object": "invitation", "before": "", "after": "Қызметкер 😀"}
    async with database.transaction() as db:
        for n in range(lines):
            at = NOW + timedelta(microseconds=n)
            await db.execute(BEFORE_THE_CHAIN.insert().values(older | {"at": at, "update_id": n or None}))
    await database.close()
    await migrate.upgrade(url)
    sealed = await verify(database)
    await write(database)
    assert (sealed.lines, sealed.fault) == (lines, None)
    assert (await verify(database)).fault is None
