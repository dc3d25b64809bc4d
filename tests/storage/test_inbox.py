"""Updates as Telegram hands them over: stored once, oldest of each person first, one bad one costs only itself."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from storage import inbox
from storage.database import Database
from storage.tables import inbox as rows
from tests.storage.scene import AIGERIM, BOLAT, DAY, DINARA, NOW, SECOND, a_slow_copy, copies, killed, take_one

LATER = NOW + 10 * SECOND


async def arrive(database: Database, *updates: tuple[int, int], payload: dict[str, Any] | None = None) -> None:
    """(update id, person id) as intake stores them."""
    async with database.transaction() as db:
        await inbox.store(db, [(update, person, payload or {"update_id": update}) for update, person in updates], NOW)


async def take(database: Database, now: datetime = NOW) -> int | None:
    """The id of what a worker would get now; the transaction ends, the row stays as it is."""
    async with database.transaction() as db:
        received = await take_one(db, now)
    return received.update_id if received else None


async def handle(database: Database, now: datetime = NOW) -> int | None:
    async with database.transaction() as db:
        received = await take_one(db, now)
        if received is None:
            return None
        await inbox.done(db, [received.update_id], now)
        return received.update_id


async def fail(database: Database, now: datetime) -> bool:
    """Take the next one and fail at it; whether it is dead now."""
    async with database.transaction() as db:
        received = await take_one(db, now)
    assert received is not None
    async with database.transaction() as db:
        return await inbox.failed(db, received, "ValueError", now)


async def everything_left(database: Database, now: datetime = NOW) -> list[int]:
    found = []
    while (update := await handle(database, now)) is not None:
        found.append(update)
    return found


async def count(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(rows)) or 0


class TestStoring:
    async def test_an_update_delivered_thrice_is_stored_once(self, database: Database) -> None:
        for _ in range(3):
            await arrive(database, (1, AIGERIM))
        assert await count(database) == 1

    async def test_an_update_twice_in_one_batch_is_stored_once(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM), (1, AIGERIM))
        assert await count(database) == 1

    async def test_a_second_delivery_does_not_wake_what_was_handled(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        await handle(database)
        await arrive(database, (1, AIGERIM))
        assert await take(database) is None

    async def test_a_second_delivery_does_not_change_the_first(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM), payload={"text": "first"})
        await arrive(database, (1, AIGERIM), payload={"text": "second"})
        async with database.transaction() as db:
            received = await take_one(db, NOW)
        assert received is not None
        assert received.payload == {"text": "first"}

    async def test_several_copies_that_get_the_same_updates_store_each_once(self, database_url: str) -> None:
        updates = [(n, AIGERIM) for n in range(30)]
        async with copies(database_url, 4) as all_copies:
            await asyncio.gather(*(arrive(copy, *updates) for copy in all_copies))
            assert await count(all_copies[0]) == 30

    async def test_nothing_to_store_is_no_error(self, database: Database) -> None:
        await arrive(database)
        assert await count(database) == 0

    @pytest.mark.parametrize(
        "sent",
        ["a\x00b", "\ud800", "\udfff\ud800", "\\u0000", "👩\u200d🚒", "қ" * 10_000, "'; DROP TABLE inbox; --"],
        ids=["NUL", "lone surrogate", "surrogates the wrong way", "an escape typed out", "emoji", "long", "quotes"],
    )
    async def test_any_text_survives_as_it_was_sent(self, database: Database, sent: str) -> None:
        await arrive(database, (1, AIGERIM), payload={"message": {"text": sent, sent: [sent]}})
        async with database.transaction() as db:
            received = await take_one(db, NOW)
        assert received is not None
        assert received.payload == {"message": {"text": sent, sent: [sent]}}

    async def test_the_largest_ids_fit(self, database: Database) -> None:
        await arrive(database, (2**52, 2**52 + 1))
        async with database.transaction() as db:
            received = await take_one(db, NOW)
        assert received is not None
        assert (received.update_id, received.person_id) == (2**52, 2**52 + 1)


class TestOrder:
    async def test_the_oldest_goes_first(self, database: Database) -> None:
        await arrive(database, (3, BOLAT), (1, AIGERIM), (2, AIGERIM))
        assert await everything_left(database) == [1, 2, 3]

    async def test_while_one_of_a_person_is_in_hand_another_person_is_served(self, database_url: str) -> None:
        """On SQLite there is one writer: the second worker waits, and finds the first row done."""
        async with copies(database_url, 2) as (first, second):
            await arrive(first, (1, AIGERIM), (2, AIGERIM), (3, BOLAT))
            if first.is_sqlite:
                assert await handle(first) == 1
                assert await handle(second) == 2
                return
            async with first.transaction() as db:
                received = await take_one(db, NOW)
                assert received is not None
                assert (received.update_id, await take(second)) == (1, 3)

    async def test_a_persons_next_one_waits_until_the_first_is_committed(self, postgresql_only: str) -> None:
        async with copies(postgresql_only, 2) as (first, second):
            await arrive(first, (1, AIGERIM), (2, AIGERIM))
            async with first.transaction() as db:
                received = await take_one(db, NOW)
                assert received is not None
                await inbox.done(db, [received.update_id], NOW)
                assert await take(second) is None
            assert await take(second) == 2

    async def test_a_killed_workers_row_is_the_next_one_again(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM), (2, AIGERIM))
        async with killed(database) as db:
            received = await take_one(db, NOW)
            assert received is not None
            await inbox.done(db, [received.update_id], NOW)
        assert await everything_left(database) == [1, 2]

    async def test_a_worker_that_saw_an_old_state_does_not_get_what_was_done_meanwhile(
        self, postgresql_only: str
    ) -> None:
        async with copies(postgresql_only, 1) as (quick,), a_slow_copy(postgresql_only) as slow:
            await arrive(quick, (1, AIGERIM), (2, AIGERIM), (3, BOLAT))
            seen = asyncio.ensure_future(take(slow))
            await slow.stands_still()
            assert await handle(quick) == 1
            await slow.goes_on()
            assert await seen == 3

    async def test_many_workers_handle_everything_once_and_each_person_in_order(self, database_url: str) -> None:
        """Adjacent bursts: interleaved ones would hide a fault."""
        handled: list[tuple[int, int]] = []

        async def work(copy: Database) -> None:
            while await count_left(copy):
                async with copy.transaction() as db:
                    received = await take_one(db, NOW)
                    if received is None:
                        continue
                    await asyncio.sleep(0)
                    await inbox.done(db, [received.update_id], NOW)
                    handled.append((received.person_id, received.update_id))

        async def count_left(copy: Database) -> int:
            async with copy.reading() as db:
                return await db.scalar(select(func.count()).select_from(rows).where(rows.c.done_at.is_(None))) or 0

        burst = [(n, person) for i, person in enumerate((AIGERIM, BOLAT, DINARA)) for n in range(i * 15, i * 15 + 15)]
        async with copies(database_url, 4) as all_copies:
            await arrive(all_copies[0], *burst)
            await asyncio.gather(*(work(copy) for copy in all_copies))
        assert sorted(update for _, update in handled) == list(range(45))
        for person in (AIGERIM, BOLAT, DINARA):
            of_person = [update for who, update in handled if who == person]
            assert of_person == sorted(of_person)

    async def test_a_backlog_after_quiet_weeks_is_looked_through_once_not_squared(self, postgresql_only: str) -> None:
        """PostgreSQL still believes what it counted when nothing waited; comparing each row with each is 640,000."""
        async with copies(postgresql_only, 1) as (copy,), copy.transaction() as db:
            await db.execute(text("ANALYZE inbox"))
            await inbox.store(db, [(n, 1000 + n % 90, {}) for n in range(800)], NOW)
            before = await db.scalar(_ROWS_READ)
            assert await take_one(db, NOW) is not None
            assert await db.scalar(_ROWS_READ) - before < 10 * 800


_ROWS_READ = text(
    "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname='inbox'"
)


class TestFailures:
    async def test_a_failed_one_rests_a_moment(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        await fail(database, NOW)
        assert await take(database, NOW + SECOND) is None

    async def test_then_it_is_tried_again(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        await fail(database, NOW)
        assert await take(database, NOW + 2 * SECOND) == 1

    async def test_it_rests_longer_after_the_second_failure(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        await fail(database, NOW)
        await fail(database, LATER)
        assert [await take(database, LATER + n * SECOND) for n in (3, 4)] == [None, 1]

    async def test_at_the_third_failure_it_is_dead(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        assert [await fail(database, NOW + n * DAY) for n in range(3)] == [False, False, True]

    async def test_a_dead_one_is_never_tried_again(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        for n in range(3):
            await fail(database, NOW + n * DAY)
        assert await take(database, NOW + 10 * DAY) is None

    async def test_while_it_rests_the_persons_next_one_waits(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM), (2, AIGERIM))
        await fail(database, NOW)
        assert await take(database, NOW + SECOND) is None

    async def test_while_it_rests_nobody_else_waits(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM), (2, BOLAT))
        await fail(database, NOW)
        assert await take(database, NOW) == 2

    async def test_when_it_is_dead_the_persons_next_one_goes_on(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM), (2, AIGERIM))
        for n in range(3):
            await fail(database, NOW + n * DAY)
        assert await take(database, NOW + 2 * DAY) == 2

    async def test_an_administrator_finds_what_it_died_of(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        for n in range(3):
            await fail(database, NOW + n * DAY)
        async with database.reading() as db:
            dead = (await db.execute(select(rows.c.error, rows.c.dead_at, rows.c.attempts))).one()
        assert tuple(dead) == ("ValueError", NOW + 2 * DAY, 3)

    async def test_a_failure_after_success_elsewhere_changes_nothing(self, database: Database) -> None:
        """A worker whose commit was lost on the way believes that it failed."""
        await arrive(database, (1, AIGERIM))
        async with database.transaction() as db:
            received = await take_one(db, NOW)
        assert received is not None
        await handle(database)
        async with database.transaction() as db:
            await inbox.failed(db, received, "ConnectionError", NOW)
            assert (await db.execute(select(rows.c.attempts, rows.c.error, rows.c.dead_at))).one() == (0, None, None)

    async def test_ten_bad_ones_among_a_hundred_cost_only_themselves(self, database: Database) -> None:
        await arrive(database, *[(n, 1000 + n % 20) for n in range(90)], *[(n, 5000 + n) for n in range(90, 100)])
        handled, dead = 0, 0
        async with database.transaction() as db:
            for now in (NOW, NOW + DAY, NOW + 2 * DAY):
                while received := await take_one(db, now):
                    if received.update_id >= 90:
                        dead += await inbox.failed(db, received, "ValueError", now)
                    else:
                        await inbox.done(db, [received.update_id], now)
                        handled += 1
        assert (handled, dead) == (90, 10)

    async def test_when_to_look_again_is_known(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM), (2, BOLAT))
        await fail(database, NOW)
        async with database.reading() as db:
            assert await inbox.next_at(db) == NOW + 2 * SECOND

    async def test_without_failures_there_is_no_such_moment(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        async with database.reading() as db:
            assert await inbox.next_at(db) is None


class TestPurging:
    @pytest.mark.parametrize(("after", "left"), [(7 * DAY, 1), (7 * DAY + SECOND, 0)])
    async def test_a_handled_update_is_kept_for_seven_days(
        self, database: Database, after: timedelta, left: int
    ) -> None:
        await arrive(database, (1, AIGERIM))
        await handle(database)
        async with database.transaction() as db:
            await inbox.purge(db, NOW + after)
        assert await count(database) == left

    async def test_a_dead_letter_goes_after_a_week_too(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        for n in range(3):
            await fail(database, NOW + n * DAY)
        async with database.transaction() as db:
            await inbox.purge(db, NOW + 8 * DAY)
        assert await count(database) == 0

    async def test_what_was_not_handled_is_never_thrown_away(self, database: Database) -> None:
        await arrive(database, (1, AIGERIM))
        async with database.transaction() as db:
            await inbox.purge(db, NOW + 365 * DAY)
        assert await take(database, NOW + 365 * DAY) == 1
