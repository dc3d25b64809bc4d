"""What got stuck: found by its index, tried again once, dropped for good."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select, text

from storage import inbox, outbox, slots, stuck
from storage.database import Database
from storage.outbox import Fate
from storage.stuck import Stuck, What
from storage.tables import inbox as inbox_table
from storage.tables import outbox as outbox_table
from tests.storage.scene import AIGERIM, DANIYAR, DAY, HOUR, MINUTE, NOW, SECOND, copies, take_one

SAID = {"message": {"text": "Нужен зал."}}
COMMAND = {"message": {"text": "/my"}}
PRESSED = {"callback_query": {"data": "take:2026-000001"}}


async def a_dead_letter(database: Database, update_id: int, payload: dict[str, Any] = PRESSED) -> None:
    async with database.transaction() as db:
        await inbox.store(db, [(update_id, DANIYAR, {"update_id": update_id, **payload})], NOW)
        received = await take_one(db, NOW)
        assert received
        for attempts in range(inbox.ATTEMPTS):
            await inbox.failed(db, inbox.Received(update_id, DANIYAR, {}, attempts), "KeyError", NOW)


async def served(database: Database, update_id: int) -> None:
    async with database.transaction() as db:
        await inbox.store(db, [(update_id, DANIYAR, {})], NOW)
        await inbox.done(db, [update_id], NOW)


async def a_refused_message(database: Database, template: str = "week") -> int:
    async with database.transaction() as db:
        await outbox.say(db, AIGERIM, template, {"monday": "2026-03-02"}, NOW)
        (row,) = await outbox.claim(db, "1", 1, NOW)
        await outbox.settle(db, row.id, Fate.FAILED, NOW, error="BadRequest: can't parse entities")
        return row.id


async def all_stuck(database: Database, now: Any = NOW) -> list[Stuck]:
    async with database.reading() as db:
        page = await stuck.page(db, now, 0)
        assert page.total == await stuck.count(db, now)
        return page.found


async def tries_again(database: Database, what: What, id_: int, now: Any = NOW) -> bool:
    async with database.transaction() as db:
        found = await stuck.find(db, what, id_, now)
        if found:
            await stuck.try_again(db, found, now)
        return found is not None


async def test_a_letter_tried_again_is_the_next_of_its_person(database: Database) -> None:
    await a_dead_letter(database, 5)
    async with database.transaction() as db:
        await inbox.store(db, [(6, DANIYAR, SAID)], NOW)
    (found,) = await all_stuck(database)
    assert (found.what, found.id, found.sort, found.error, found.final) == (
        What.LETTER,
        5,
        "callback_query",
        "KeyError",
        False,
    )
    assert await tries_again(database, What.LETTER, 5)
    assert await all_stuck(database) == []
    async with database.transaction() as db:
        received = await take_one(db, NOW)
        assert received
        assert (received.update_id, received.attempts) == (5, 0)
        await inbox.done(db, [5], NOW)
    assert not await tries_again(database, What.LETTER, 5)


@pytest.mark.parametrize(("payload", "final"), [(SAID, True), (COMMAND, False), (PRESSED, False)])
async def test_only_words_depend_on_what_came_after_them(
    database: Database, payload: dict[str, Any], final: bool
) -> None:
    await a_dead_letter(database, 5, payload)
    assert [found.final for found in await all_stuck(database)] == [False]
    await served(database, 6)
    assert [found.final for found in await all_stuck(database)] == [final]


async def test_a_message_tried_again_goes_out_once_more_under_its_key(database: Database) -> None:
    row = await a_refused_message(database)
    (found,) = await all_stuck(database)
    assert (found.what, found.id, found.person_id, found.waits, found.final) == (
        What.MESSAGE,
        row,
        AIGERIM,
        False,
        False,
    )
    assert await tries_again(database, What.MESSAGE, row, NOW + HOUR)
    assert await all_stuck(database, NOW + HOUR) == []
    async with database.transaction() as db:
        (again,) = await outbox.claim(db, "2", 5, NOW + HOUR)
    assert (again.id, again.attempts, again.facts, again.created_at) == (row, 0, {"monday": "2026-03-02"}, NOW + HOUR)


async def test_what_waits_long_is_shown_but_not_what_is_on_its_way(database: Database) -> None:
    async with database.transaction() as db:
        await outbox.say(db, AIGERIM, "week", {}, NOW)
    assert await all_stuck(database, NOW + 9 * MINUTE) == []
    (found,) = await all_stuck(database, NOW + 10 * MINUTE)
    assert found.waits
    later = NOW + 10 * MINUTE
    async with database.transaction() as db:
        await outbox.claim(db, "1", 1, later)
    assert not await tries_again(database, What.MESSAGE, found.id, later + SECOND)  # it is being sent now


async def test_what_is_dropped_is_over_and_says_nothing_any_more(database: Database) -> None:
    row = await a_refused_message(database)
    await a_dead_letter(database, 5)
    for what, id_ in ((What.MESSAGE, row), (What.LETTER, 5)):
        async with database.transaction() as db:
            found = await stuck.find(db, what, id_, NOW)
            assert found
            await stuck.drop(db, found, NOW)
    assert await all_stuck(database) == []
    async with database.transaction() as db:
        assert await take_one(db, NOW + HOUR) is None
        assert await outbox.claim(db, "1", 5, NOW + HOUR) == []
        assert await db.scalar(select(outbox_table.c.fate).where(outbox_table.c.id == row)) == Fate.DROPPED


async def test_a_reply_has_nothing_left_to_say(database: Database) -> None:
    await a_refused_message(database, "reply")
    assert [found.final for found in await all_stuck(database)] == [True]


async def test_two_administrators_at_once_are_one(database_url: str) -> None:
    async with copies(database_url, 2) as databases:
        await a_dead_letter(databases[0], 5)
        done = await asyncio.gather(*(tries_again(one, What.LETTER, 5) for one in databases))
    assert sorted(done) == [False, True]


async def test_pages_hold_letters_first_then_messages(database: Database) -> None:
    for n in range(1, 7):
        await a_dead_letter(database, n)
    rows = [await a_refused_message(database) for _ in range(3)]
    async with database.reading() as db:
        pages = [await stuck.page(db, NOW, n) for n in (0, 1, 2)]
    assert [[found.id for found in page.found] for page in pages[:2]] == [[6, 5, 4, 3, 2], [1, *rows[::-1]]]
    assert (pages[0].pages, pages[2].number) == (2, 1)
    async with database.transaction() as db:
        assert len(await stuck.everything(db, NOW)) == 9


async def test_only_what_is_new_since_the_last_word_is_worth_another(database: Database) -> None:
    async def new(now: Any) -> bool:
        async with database.reading() as db:
            return await stuck.anything_new(db, now)

    assert not await new(NOW)
    await a_dead_letter(database, 5)
    assert await new(NOW)
    async with database.transaction() as db:
        assert await slots.take(db, "stuck 2026-03-02", NOW + SECOND)
    assert not await new(NOW + DAY)
    async with database.transaction() as db:
        await outbox.say(db, AIGERIM, "week", {}, NOW + HOUR)
    assert not await new(NOW + HOUR)
    assert await new(NOW + 2 * HOUR)


async def test_they_are_counted_by_their_indexes(sqlite_url: str) -> None:
    """An administrator opens the desk while a hundred thousand handled updates lie in the inbox.

    On SQLite, which uses a partial index only for a query in its very words.
    """
    database = Database(sqlite_url)
    counts = [select(func.count()).select_from(inbox_table).where(stuck._DEAD)]
    counts.append(select(func.count()).select_from(outbox_table).where(stuck._REFUSED))
    async with database.reading() as db:
        said = [count.compile(compile_kwargs={"literal_binds": True}) for count in counts]
        plans = [str(list(await db.execute(text(f"EXPLAIN QUERY PLAN {count}")))) for count in said]
    await database.close()
    assert "ix_inbox_update_id_dead" in plans[0]
    assert "ix_outbox_id_failed" in plans[1]
