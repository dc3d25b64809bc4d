"""What must still be said: promised once, claimed by one, in order within a chat, until it has an end."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from storage import outbox
from storage.database import Database
from storage.outbox import Fate, Outgoing, Priority
from storage.tables import outbox as rows
from tests.storage.scene import (
    AIGERIM,
    BOLAT,
    DANIYAR,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Scene,
    a_slow_copy,
    copies,
    killed,
)

HERE, THERE = "1", "2"
"""Two copies of the program, by the number their claims bear."""


async def say(database: Database, what: str, chat: int = AIGERIM, now: datetime = NOW, **more: Any) -> None:
    async with database.transaction() as db:
        await outbox.say(db, chat, what, more.pop("facts", {}), now, **more)


async def claim(database: Database, owner: str = HERE, now: datetime = NOW, limit: int = 32) -> list[Outgoing]:
    async with database.transaction() as db:
        return await outbox.claim(db, owner, limit, now)


async def said(database: Database, owner: str = HERE, now: datetime = NOW, limit: int = 32) -> list[str]:
    """What a claim brings, by template."""
    return [row.template for row in await claim(database, owner, now, limit)]


async def settle(
    database: Database, row: Outgoing, fate: Fate = Fate.DELIVERED, now: datetime = NOW, **more: Any
) -> None:
    async with database.transaction() as db:
        await outbox.settle(db, row.id, fate, now, **more)


async def postpone(database: Database, row: Outgoing, until: datetime, **more: Any) -> None:
    async with database.transaction() as db:
        await outbox.postpone(db, row.id, until, "RetryAfter", **{"owner": HERE} | more)


async def everything(database: Database, now: datetime = NOW) -> list[str]:
    """What goes out, one after the other, until nothing waits."""
    found = []
    while claimed := await claim(database, now=now, limit=1):
        found.append(claimed[0].template)
        await settle(database, claimed[0])
    return found


async def stored(database: Database) -> list[Any]:
    async with database.reading() as db:
        return list(await db.execute(select(rows).order_by(rows.c.id)))


class TestPromising:
    async def test_the_same_key_twice_is_one_promise(self, database: Database) -> None:
        await say(database, "registered", key="registered 42")
        await say(database, "registered", key="registered 42")
        assert await everything(database) == ["registered"]

    async def test_the_first_promise_stands(self, database: Database) -> None:
        await say(database, "first", key="registered 42")
        await say(database, "second", key="registered 42")
        assert await everything(database) == ["first"]

    async def test_a_promise_that_was_kept_is_not_made_again(self, database: Database) -> None:
        await say(database, "registered", key="registered 42")
        await everything(database)
        await say(database, "registered", key="registered 42")
        assert await everything(database) == []

    async def test_two_without_a_key_are_two(self, database: Database) -> None:
        await say(database, "reply")
        await say(database, "reply")
        assert await everything(database) == ["reply", "reply"]

    async def test_copies_that_promise_the_same_promise_it_once(self, database_url: str) -> None:
        async with copies(database_url, 5) as all_copies:
            await asyncio.gather(*(say(copy, "digest", key="digest 2026-03-02") for copy in all_copies))
            assert await everything(all_copies[0]) == ["digest"]

    async def test_a_promise_of_a_transaction_that_failed_was_never_made(self, database: Database) -> None:
        async with killed(database) as db:
            await outbox.say(db, AIGERIM, "registered", {}, NOW)
        assert await everything(database) == []

    async def test_facts_come_back_as_they_were(self, database: Database) -> None:
        facts = {"entry": 7, "text": "a\x00b\ud800 «ә» {0.__class__} %s", "none": None}
        await say(database, "answered", facts=facts)
        assert (await claim(database))[0].facts == facts


class TestOrder:
    async def test_people_go_before_bulk(self, database: Database) -> None:
        for chat, name in enumerate(("ANNOUNCEMENT", "REMINDER", "NOTICE", "REPLY"), 1):
            await say(database, name, chat=chat, priority=Priority[name])
        assert await said(database) == ["REPLY", "NOTICE", "REMINDER", "ANNOUNCEMENT"]

    async def test_of_one_priority_the_older_goes_first(self, database: Database) -> None:
        for n in range(5):
            await say(database, f"notice {n}", chat=100 - n)
        assert await said(database) == [f"notice {n}" for n in range(5)]

    async def test_of_one_chat_there_is_one_at_a_time(self, database: Database) -> None:
        await say(database, "first")
        await say(database, "second")
        assert await said(database) == ["first"]

    async def test_in_one_chat_they_go_as_they_were_said(self, database: Database) -> None:
        for n in range(5):
            await say(database, f"notice {n}")
        assert await everything(database) == [f"notice {n}" for n in range(5)]

    async def test_in_one_chat_a_reply_overtakes_a_notice(self, database: Database) -> None:
        await say(database, "notice")
        await say(database, "reply", priority=Priority.REPLY)
        assert await everything(database) == ["reply", "notice"]

    async def test_while_one_is_under_way_another_copy_gets_nothing_for_this_chat(self, database: Database) -> None:
        await say(database, "first")
        await say(database, "second")
        await claim(database, HERE)
        assert await said(database, THERE) == []

    async def test_nor_does_a_reply_overtake_what_is_on_the_wire(self, database: Database) -> None:
        await say(database, "notice")
        await claim(database)
        await say(database, "reply", priority=Priority.REPLY)
        assert await said(database) == []

    async def test_one_slow_chat_delays_no_other(self, database: Database) -> None:
        await say(database, "slow")
        await claim(database)
        await say(database, "quick", chat=BOLAT)
        assert await said(database) == ["quick"]

    async def test_no_more_are_claimed_than_asked_for(self, database: Database) -> None:
        for n in range(5):
            await say(database, f"notice {n}", chat=n + 1)
        assert await said(database, limit=2) == ["notice 0", "notice 1"]

    async def test_what_is_for_later_waits(self, database: Database) -> None:
        await say(database, "reminder", now=NOW + HOUR)
        assert await said(database) == []

    async def test_what_is_for_later_holds_up_nothing(self, database: Database) -> None:
        await say(database, "reminder", now=NOW + HOUR)
        await say(database, "notice")
        assert await said(database) == ["notice"]


class TestLeases:
    async def test_a_claimed_row_is_not_claimed_again(self, database: Database) -> None:
        await say(database, "notice")
        await claim(database, HERE)
        assert await said(database, THERE, NOW + 59 * SECOND) == []

    async def test_the_lease_of_a_copy_that_died_runs_out(self, database: Database) -> None:
        await say(database, "notice")
        await claim(database, HERE)
        assert await said(database, THERE, NOW + 60 * SECOND) == ["notice"]

    async def test_attempts_are_counted(self, database: Database) -> None:
        await say(database, "notice")
        counted = [(await claim(database, now=NOW + n * MINUTE))[0].attempts for n in range(3)]
        assert counted == [0, 1, 2]

    async def test_copies_that_claim_at_once_share_the_rows(self, database_url: str) -> None:
        async with copies(database_url, 4) as all_copies:
            for n in range(40):
                await say(all_copies[0], f"notice {n}", chat=n + 1)
            claimed = await asyncio.gather(*(said(copy, str(i)) for i, copy in enumerate(all_copies)))
            later = await said(all_copies[0], "9")
        together = [template for one in claimed for template in one] + later
        assert sorted(together) == sorted(f"notice {n}" for n in range(40))

    async def test_a_copy_that_saw_an_old_state_does_not_send_what_another_claimed_meanwhile(
        self, postgresql_only: str
    ) -> None:
        async with copies(postgresql_only, 1) as (quick,), a_slow_copy(postgresql_only) as slow:
            await say(quick, "notice")
            seen = asyncio.ensure_future(said(slow, THERE))
            await slow.stands_still()
            assert await said(quick, HERE) == ["notice"]
            await slow.goes_on()
            assert await seen == []

    async def test_nor_what_another_has_sent_meanwhile(self, postgresql_only: str) -> None:
        async with copies(postgresql_only, 1) as (quick,), a_slow_copy(postgresql_only) as slow:
            await say(quick, "notice")
            seen = asyncio.ensure_future(said(slow, THERE))
            await slow.stands_still()
            assert await everything(quick) == ["notice"]
            await slow.goes_on()
            assert await seen == []

    async def test_nor_what_another_has_postponed_meanwhile(self, postgresql_only: str) -> None:
        async with copies(postgresql_only, 1) as (quick,), a_slow_copy(postgresql_only) as slow:
            await say(quick, "notice")
            seen = asyncio.ensure_future(said(slow, THERE))
            await slow.stands_still()
            await postpone(quick, (await claim(quick))[0], NOW + MINUTE)
            await slow.goes_on()
            assert await seen == []

    async def test_a_backlog_after_quiet_weeks_is_looked_through_once_not_squared(self, postgresql_only: str) -> None:
        """PostgreSQL still believes what it counted when nothing waited; comparing each row with each is 640,000."""
        async with copies(postgresql_only, 1) as (copy,), copy.transaction() as db:
            await db.execute(text("ANALYZE outbox"))
            for n in range(800):
                await outbox.say(db, n + 1, "announcement", {}, NOW)
            before = await db.scalar(_ROWS_READ)
            assert len(await outbox.claim(db, HERE, 32, NOW)) == 32
            assert await db.scalar(_ROWS_READ) - before < 10 * 800


_ROWS_READ = text(
    "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname='outbox'"
)


class TestSettling:
    async def test_what_was_delivered_is_never_claimed_again(self, database: Database) -> None:
        await say(database, "notice")
        await settle(database, (await claim(database))[0])
        assert await said(database, now=NOW + 365 * DAY) == []

    async def test_when_and_as_which_message_it_arrived_is_kept(self, database: Database) -> None:
        await say(database, "notice")
        await settle(database, (await claim(database))[0], message_id=77, now=NOW + MINUTE)
        (row,) = await stored(database)
        assert (row.fate, row.done_at, row.message_id) == ("delivered", NOW + MINUTE, 77)

    async def test_why_it_failed_is_kept(self, database: Database) -> None:
        await say(database, "notice")
        await settle(database, (await claim(database))[0], Fate.FAILED, error="BadRequest: chat not found")
        (row,) = await stored(database)
        assert (row.fate, row.error) == ("failed", "BadRequest: chat not found")

    async def test_a_very_long_error_fits(self, database: Database) -> None:
        await say(database, "notice")
        await settle(database, (await claim(database))[0], Fate.FAILED, error="x" * 10_000)
        (row,) = await stored(database)
        assert row.error == "x" * 500

    @pytest.mark.parametrize("fate", Fate)
    async def test_what_a_reply_said_is_forgotten_with_it(self, database: Database, fate: Fate) -> None:
        await say(database, "reply", facts={"text": "everything stored about you"})
        await settle(database, (await claim(database))[0], fate)
        (row,) = await stored(database)
        assert row.facts == "{}"

    async def test_the_facts_of_a_notice_are_kept(self, database: Database) -> None:
        await say(database, "answered", facts={"entry": 7})
        await settle(database, (await claim(database))[0])
        (row,) = await stored(database)
        assert row.facts == '{"entry": 7}'

    async def test_the_first_end_counts(self, database: Database) -> None:
        """A copy whose lease ran out while it was sending comes too late with its word."""
        await say(database, "notice")
        late = (await claim(database, HERE))[0]
        await settle(database, (await claim(database, THERE, NOW + MINUTE))[0], message_id=77)
        await settle(database, late, Fate.FAILED, error="timed out")
        (row,) = await stored(database)
        assert (row.fate, row.message_id) == ("delivered", 77)

    async def test_what_has_an_end_is_not_postponed(self, database: Database) -> None:
        await say(database, "notice")
        late = (await claim(database, HERE))[0]
        await settle(database, late)
        await postpone(database, late, NOW + MINUTE)
        assert await said(database, now=NOW + DAY) == []


class TestPostponing:
    async def test_it_waits_until_then(self, database: Database) -> None:
        await say(database, "notice")
        await postpone(database, (await claim(database))[0], NOW + 5 * SECOND)
        assert [await said(database, now=NOW + n * SECOND) for n in (4, 5)] == [[], ["notice"]]

    async def test_any_copy_may_have_it_then(self, database: Database) -> None:
        await say(database, "notice")
        await postpone(database, (await claim(database, HERE))[0], NOW + 5 * SECOND)
        assert await said(database, THERE, NOW + 5 * SECOND) == ["notice"]

    async def test_a_failure_counts(self, database: Database) -> None:
        await say(database, "notice")
        await postpone(database, (await claim(database))[0], NOW)
        assert (await claim(database))[0].attempts == 1

    async def test_telegrams_request_to_wait_is_no_failure_of_the_message(self, database: Database) -> None:
        await say(database, "notice")
        await postpone(database, (await claim(database))[0], NOW, counted=False)
        assert (await claim(database))[0].attempts == 0

    async def test_it_holds_back_nobody_else_of_its_chat(self, database: Database) -> None:
        """A message that Telegram refuses for hours must not silence the chat."""
        await say(database, "refused")
        await say(database, "next")
        await postpone(database, (await claim(database))[0], NOW + HOUR)
        assert await said(database) == ["next"]

    async def test_a_reply_is_not_overtaken_by_the_next_one(self, database: Database) -> None:
        """A dialogue in another order is no dialogue; a notice beside it need not wait."""
        for what in ("asked", "asked next"):
            await say(database, what, priority=Priority.REPLY)
        await say(database, "notice")
        await postpone(database, (await claim(database))[0], NOW + 5 * SECOND)
        assert await everything(database) == ["notice"]
        assert await everything(database, NOW + 5 * SECOND) == ["asked", "asked next"]

    async def test_a_copy_that_slept_does_not_postpone_what_is_anothers_by_now(self, database: Database) -> None:
        await say(database, "notice")
        slept = (await claim(database, HERE))[0]
        assert await said(database, THERE, NOW + HOUR) == ["notice"]
        await postpone(database, slept, NOW)
        assert await said(database, HERE, NOW + HOUR) == []

    async def test_when_its_time_has_come_it_goes_before_what_was_said_after_it(self, database: Database) -> None:
        await say(database, "answered")
        await say(database, "its attachments")
        await postpone(database, (await claim(database))[0], NOW + 5 * SECOND)
        assert await said(database, now=NOW + 5 * SECOND) == ["answered"]

    async def test_when_to_look_again_is_known(self, database: Database) -> None:
        await say(database, "notice")
        await postpone(database, (await claim(database))[0], NOW + HOUR)
        async with database.reading() as db:
            assert await outbox.next_at(db, NOW) == NOW + HOUR

    async def test_what_is_due_is_due_now(self, database: Database) -> None:
        await say(database, "notice", now=NOW - HOUR)
        async with database.reading() as db:
            assert await outbox.next_at(db, NOW) == NOW

    async def test_when_nothing_waits_there_is_no_such_moment(self, database: Database) -> None:
        async with database.reading() as db:
            assert await outbox.next_at(db, NOW) is None


async def block(database: Database, chat: int = AIGERIM, now: datetime = NOW) -> None:
    async with database.transaction() as db:
        await outbox.drop_for_blocked(db, chat, now)


async def come_back(database: Database, chat: int = AIGERIM, now: datetime = NOW + DAY) -> None:
    async with database.transaction() as db:
        await outbox.revive(db, chat, now)


class TestBlocked:
    async def test_nothing_more_goes_to_whom_blocked_the_bot(self, database: Database) -> None:
        await say(database, "notice")
        await block(database)
        assert await said(database, now=NOW + HOUR) == []

    async def test_others_still_get_theirs(self, database: Database) -> None:
        await say(database, "notice", chat=BOLAT)
        await block(database)
        assert await said(database) == ["notice"]

    async def test_what_is_on_the_wire_finds_its_own_end(self, database: Database) -> None:
        await say(database, "notice")
        row = (await claim(database))[0]
        await block(database)
        await settle(database, row, Fate.DELIVERED)
        assert [r.fate for r in await stored(database)] == ["delivered"]

    async def test_what_was_missed_arrives_after_the_return(self, database: Database) -> None:
        await say(database, "first")
        await say(database, "second")
        await block(database)
        await come_back(database)
        assert await everything(database, NOW + DAY) == ["first", "second"]

    async def test_what_telegram_refused_as_blocked_arrives_too(self, database: Database) -> None:
        await say(database, "answered")
        await settle(database, (await claim(database))[0], Fate.BLOCKED)
        await come_back(database)
        assert await said(database, now=NOW + DAY) == ["answered"]

    async def test_it_arrives_with_its_attempts_before_it(self, database: Database) -> None:
        await say(database, "answered")
        await settle(database, (await claim(database))[0], Fate.BLOCKED)
        await come_back(database)
        assert (await claim(database, now=NOW + DAY))[0].attempts == 0

    async def test_a_dialogue_is_not_taken_up_again(self, database: Database) -> None:
        await say(database, "reply", facts={"text": "What is it about?"})
        await block(database)
        await come_back(database)
        assert await said(database, now=NOW + DAY) == []

    async def test_a_reply_dropped_for_blocked_is_forgotten_like_any_other(self, database: Database) -> None:
        await say(database, "reply", facts={"text": "everything stored about you"})
        await block(database)
        assert [row.facts for row in await stored(database)] == ["{}"]

    @pytest.mark.parametrize("fate", [Fate.DELIVERED, Fate.DROPPED, Fate.FAILED])
    async def test_what_ended_otherwise_stays_ended(self, database: Database, fate: Fate) -> None:
        await say(database, "notice")
        await settle(database, (await claim(database))[0], fate)
        await come_back(database)
        assert await said(database, now=NOW + DAY) == []

    async def test_somebody_elses_return_wakes_nothing(self, database: Database) -> None:
        await say(database, "notice")
        await block(database)
        await come_back(database, BOLAT)
        assert await said(database, now=NOW + DAY) == []


GROUP, SUPERGROUP = -4_000_111, -1_004_000_000_111


class TestMoving:
    async def move(self, database: Database) -> None:
        async with database.transaction() as db:
            await outbox.move(db, GROUP, SUPERGROUP)

    async def test_a_group_that_became_a_supergroup_keeps_its_messages(self, database: Database) -> None:
        await say(database, "announcement", chat=GROUP)
        await self.move(database)
        assert [row.chat_id for row in await claim(database)] == [SUPERGROUP]

    async def test_also_the_one_that_found_it_out(self, database: Database) -> None:
        await say(database, "announcement", chat=GROUP)
        await claim(database)
        await self.move(database)
        assert [row.chat_id for row in await claim(database)] == [SUPERGROUP]

    async def test_what_arrived_before_stays_where_it_arrived(self, database: Database) -> None:
        await say(database, "announcement", chat=GROUP)
        await everything(database)
        await self.move(database)
        assert [row.chat_id for row in await stored(database)] == [GROUP]

    async def test_other_chats_stay(self, database: Database) -> None:
        await say(database, "notice", chat=AIGERIM)
        await self.move(database)
        assert [row.chat_id for row in await claim(database)] == [AIGERIM]


async def test_the_official_learns_how_each_answer_ended(scene: Scene) -> None:
    question = await scene.asks()
    await say(scene.database, "answered", question_id=question.id)
    await say(scene.database, "answered", chat=BOLAT, question_id=question.id)
    await say(scene.database, "judged", chat=DANIYAR, question_id=question.id)
    for row in await claim(scene.database, limit=100):
        if row.template == "answered" and row.chat_id == BOLAT:
            await settle(scene.database, row, Fate.BLOCKED)
    async with scene.database.reading() as db:
        found = await outbox.delivered_at(db, question.id, "answered")
    assert [(row.chat_id, row.fate, row.done_at) for row in found] == [(BOLAT, "blocked", NOW), (AIGERIM, None, None)]


class TestPurging:
    @pytest.mark.parametrize(
        ("template", "age", "left"),
        [
            ("reply", timedelta(days=1), 1),
            ("reply", timedelta(days=1, seconds=1), 0),
            ("answered", timedelta(days=30), 1),
            ("answered", timedelta(days=30, seconds=1), 0),
        ],
    )
    async def test_replies_go_after_a_day_and_notices_after_a_month(
        self, database: Database, template: str, age: timedelta, left: int
    ) -> None:
        await say(database, template)
        await everything(database)
        async with database.transaction() as db:
            await outbox.purge(db, NOW + age)
        assert len(await stored(database)) == left

    async def test_what_was_not_said_yet_is_never_thrown_away(self, database: Database) -> None:
        await say(database, "answered")
        async with database.transaction() as db:
            await outbox.purge(db, NOW + 365 * DAY)
        assert await said(database, now=NOW + 365 * DAY) == ["answered"]
