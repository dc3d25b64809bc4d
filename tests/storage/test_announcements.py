"""Whom an announcement goes to, what became of each copy, and that several copies of the program do it once."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import func, select

from bot import announcing
from bot.clock import Clock
from domain.announcement import Announcement, Audience, Content, Piece, Reach, Reached, State, Tally, To
from domain.city import City
from domain.people import RepresentativeState
from storage import announcements, outbox, people
from storage.announcements import COPY
from storage.outbox import Fate, Outgoing, Priority
from storage.tables import announcements as table
from storage.tables import outbox as rows
from tests.storage.scene import (
    AIGERIM,
    BOLAT,
    DANIYAR,
    DINARA,
    ERLAN,
    HOUR,
    KAIRAT,
    MINUTE,
    NOW,
    SAULE,
    TIMUR,
    Scene,
    copies,
    killed,
)

CONTENT = Content().write("", Piece(1, "Meeting on Friday."))
OFFERED = ("culture", "social", "other")
DELIVERED, BLOCKED, STOPPED, UNCLEAR = Reached.DELIVERED, Reached.BLOCKED, Reached.STOPPED, Reached.UNCLEAR


async def enter(scene: Scene, audience: Audience | None = None, send_at: datetime | None = None) -> int:
    async with scene.database.transaction() as db:
        state = State.SCHEDULED if send_at else State.SENDING
        return await announcements.enter(db, SAULE, CONTENT, audience or Audience(), state, send_at, NOW)


async def found(scene: Scene) -> Announcement:
    """The newest: numbers go on from test to test."""
    async with scene.database.reading() as db:
        announcement = await announcements.find(db, await db.scalar(select(func.max(table.c.id))) or 0)
    assert announcement is not None
    return announcement


async def started(scene: Scene, audience: Audience | None = None) -> Announcement:
    await enter(scene, audience)
    async with scene.database.transaction() as db:
        await announcements.start(db, await found(scene), NOW)
    return await found(scene)


async def tally(scene: Scene) -> Tally:
    announcement = await found(scene)
    async with scene.database.reading() as db:
        return await announcements.tally(db, announcement)


async def claim(scene: Scene, limit: int = 32, now: datetime = NOW) -> list[Outgoing]:
    async with scene.database.transaction() as db:
        return await outbox.claim(db, "1", limit, now)


async def ends(scene: Scene, row: Outgoing, reached: Reached = DELIVERED, message_id: int = 7) -> None:
    """As delivery settles a row: its end, and the recipient's line, in one transaction."""
    fate = Fate.FAILED if reached is UNCLEAR else Fate(reached)
    async with scene.database.transaction() as db:
        await outbox.settle(db, row.id, fate, NOW, message_id=message_id)
        await announcements.settled(
            db, row.announcement_id or 0, row.chat_id, row.template, reached, row.facts["version"], message_id, NOW
        )


async def everybody_gets_it(scene: Scene) -> None:
    for row in await claim(scene):
        await ends(scene, row)


VERIFIED, WAITING = RepresentativeState.VERIFIED, RepresentativeState.WAITING


@pytest.mark.parametrize(
    ("audience", "who"),
    [
        (Audience(), [AIGERIM, BOLAT, DINARA, ERLAN]),
        (Audience(state=VERIFIED), [AIGERIM, BOLAT, ERLAN]),
        (Audience(state=WAITING), [DINARA]),
        (Audience(fields=("social",), offered=OFFERED), [ERLAN]),
        (Audience(fields=("social", "culture"), state=VERIFIED, offered=OFFERED), [AIGERIM, BOLAT, ERLAN]),
        (Audience(fields=("other",), offered=("social", "other")), [AIGERIM, BOLAT, DINARA]),
        (Audience(fields=("other",), offered=OFFERED), []),
        (Audience(To.OFFICIALS, departments=(2,)), [KAIRAT]),
    ],
)
async def test_whom_an_audience_has(scene: Scene, audience: Audience, who: list[int]) -> None:
    if audience.departments:
        audience = Audience(To.OFFICIALS, departments=(scene.education,))
    async with scene.database.reading() as db:
        assert await announcements.reach(db, audience) == Reach(len(who), 0)
    await started(scene, audience)
    claimed = await claim(scene)
    assert sorted(row.chat_id for row in claimed) == who
    assert {(row.template, row.priority) for row in claimed} <= {(COPY, Priority.ANNOUNCEMENT)}


async def test_who_blocked_the_bot_is_counted_and_not_tried(scene: Scene) -> None:
    async with scene.database.transaction() as db:
        await people.set_blocked(db, BOLAT, NOW)
        assert await announcements.reach(db, Audience()) == Reach(4, 1)
    await started(scene)
    assert BOLAT not in [row.chat_id for row in await claim(scene)]
    assert await tally(scene) == Tally(4, {BLOCKED: 1})


async def test_a_start_that_dies_leaves_nothing(scene: Scene) -> None:
    await enter(scene)
    announcement = await found(scene)
    async with killed(scene.database) as db:
        await announcements.start(db, announcement, NOW)
    assert (await tally(scene), await claim(scene)) == (Tally(), [])


class StandingClock(Clock):
    def now(self) -> datetime:
        return NOW + HOUR


async def test_several_copies_start_a_scheduled_one_once(scene: Scene, database_url: str) -> None:
    number = await enter(scene, send_at=NOW + MINUTE)
    async with copies(database_url, 4) as several:
        told = await asyncio.gather(*(announcing.look(one, City(), StandingClock()) for one in several))
    assert told.count(True) >= 1
    assert (await found(scene)).state is State.SENDING
    async with scene.database.reading() as db:
        promised = await db.scalar(select(func.count()).where(rows.c.announcement_id == number))
        progress = await db.scalar(select(func.count()).where(rows.c.template == "an_progress"))
    assert (promised, progress) == (4, 1)


async def test_what_became_of_each_copy_is_counted(scene: Scene) -> None:
    await started(scene)
    for row, reached in zip(await claim(scene), (DELIVERED, BLOCKED, UNCLEAR, Reached.FAILED), strict=True):
        await ends(scene, row, reached)
    assert await tally(scene) == Tally(4, {DELIVERED: 1, BLOCKED: 1, UNCLEAR: 1, Reached.FAILED: 1})


async def test_stopped_at_once_but_for_what_is_in_hand(scene: Scene) -> None:
    announcement = await started(scene)
    on_the_wire, in_hand = await claim(scene, 2)
    async with scene.database.transaction() as db:
        await announcements.stop(db, announcement, NOW)
    assert await claim(scene) == []
    assert await tally(scene) == Tally(4, {STOPPED: 2})
    await ends(scene, on_the_wire)
    await ends(scene, in_hand, Reached.DROPPED)
    assert await tally(scene) == Tally(4, {DELIVERED: 1, STOPPED: 3})
    async with scene.database.transaction() as db:
        assert await announcements.pending(db, announcement.id) == 0
        assert await announcements.finish(db, await found(scene), NOW) is State.STOPPED


async def test_what_a_dead_copy_had_in_hand_is_stopped_as_well(scene: Scene) -> None:
    announcement = await started(scene)
    await claim(scene, 2)
    async with scene.database.transaction() as db:
        await announcements.stop(db, announcement, NOW + HOUR)
    assert await tally(scene) == Tally(4, {STOPPED: 4})


async def test_repeated_only_to_those_who_missed_it(scene: Scene) -> None:
    await started(scene)
    reached = (DELIVERED, BLOCKED, UNCLEAR, Reached.FAILED)
    claimed = await claim(scene)
    for row, how in zip(claimed, reached, strict=True):
        await ends(scene, row, how)
    async with scene.database.transaction() as db:
        n = await announcements.repeat(db, await found(scene), (BLOCKED, Reached.FAILED), TIMUR, NOW)
    assert n == 2
    again = await claim(scene)
    assert [row.chat_id for row in again] == [claimed[1].chat_id, claimed[3].chat_id]
    await everybody_gets_it(scene)
    for row in again:
        await ends(scene, row)
    assert await tally(scene) == Tally(4, {DELIVERED: 3, UNCLEAR: 1})
    assert (await found(scene)).led_by == TIMUR


async def test_corrected_where_it_stands(scene: Scene) -> None:
    await started(scene)
    for row, how in zip(await claim(scene), (DELIVERED, DELIVERED, BLOCKED, UNCLEAR), strict=True):
        await ends(scene, row, how)
    new = Content().write("", Piece(2, "Meeting on Monday."))
    async with scene.database.transaction() as db:
        assert await announcements.correct(db, await found(scene), new, SAULE, NOW) == 2
    first, second = await claim(scene)
    await ends(scene, first)
    await ends(scene, second, Reached.DROPPED)
    announcement = await found(scene)
    assert (announcement.content, announcement.version, announcement.state) == (new, 2, State.CORRECTING)
    assert (await tally(scene)).corrected == 1


async def test_taken_back_while_telegram_lets_us(scene: Scene) -> None:
    number = (await started(scene)).id
    await everybody_gets_it(scene)
    day = 24 * HOUR
    async with scene.database.transaction() as db:
        assert await announcements.deletable(db, number, NOW + 2 * day) == 0
        assert await announcements.deletable(db, number, NOW + day) == 4
        assert await announcements.take_back(db, await found(scene), SAULE, NOW + day) == 4
    first, *others = await claim(scene, now=NOW + day)
    await ends(scene, first)
    for row in others:
        await ends(scene, row, Reached.DROPPED)
    assert (await tally(scene)).taken_back == 1
    async with scene.database.transaction() as db:
        assert await announcements.deletable(db, number, NOW + day) == 3
        assert await announcements.finish(db, await found(scene), NOW) is State.TAKEN_BACK


async def test_it_is_read_once_by_those_who_got_it(scene: Scene) -> None:
    number = (await started(scene)).id
    await everybody_gets_it(scene)
    async with scene.database.transaction() as db:
        presses = [await announcements.read(db, number, AIGERIM, NOW + n * MINUTE) for n in range(3)]
        assert presses == [True, False, False]
        assert not await announcements.read(db, number, DANIYAR, NOW)
        copy = await announcements.recipient(db, number, AIGERIM)
    assert copy is not None
    assert copy.read_at == NOW
    assert (await tally(scene)).read == 1


async def test_who_comes_back_after_days_is_not_told_an_old_announcement(scene: Scene) -> None:
    await started(scene)
    async with scene.database.transaction() as db:
        await outbox.say(db, AIGERIM, "answered", {}, NOW)
        await outbox.drop_for_blocked(db, AIGERIM, NOW)
        await announcements.blocked(db, AIGERIM)
    assert await tally(scene) == Tally(4, {BLOCKED: 1})
    async with scene.database.transaction() as db:
        await outbox.revive(db, AIGERIM, NOW)
    assert [row.template for row in await claim(scene) if row.chat_id == AIGERIM] == ["answered"]


async def test_what_ended_without_being_sent_is_known_at_the_end(scene: Scene) -> None:
    """An administrator dropped one stuck message, another one's row is gone."""
    await started(scene)
    first, *others, last = await claim(scene)
    for row in others:
        await ends(scene, row)
    async with scene.database.transaction() as db:
        await outbox.settle(db, first.id, Fate.DROPPED, NOW)
        await db.execute(rows.delete().where(rows.c.id == last.id))
        assert await announcements.finish(db, await found(scene), NOW) is State.SENT
    assert await tally(scene) == Tally(4, {DELIVERED: 2, Reached.DROPPED: 1, Reached.FAILED: 1})


async def test_a_forgotten_author_and_a_forgotten_recipient_hurt_nobody(scene: Scene) -> None:
    await started(scene)
    async with scene.database.transaction() as db:
        await people.forget(db, SAULE)
        await people.forget(db, AIGERIM)
    await everybody_gets_it(scene)
    assert await tally(scene) == Tally(3, {DELIVERED: 3})
    announcement = await found(scene)
    assert (announcement.author_id, announcement.author_name, announcement.led_by) == (None, "", None)


async def test_people_go_before_bulk_and_few_of_it_are_in_hand(scene: Scene) -> None:
    await started(scene)
    async with scene.database.transaction() as db:
        await outbox.say(db, ERLAN, "reply", {}, NOW, priority=Priority.REPLY)
        claimed = await outbox.claim(db, "1", 32, NOW, bulk=2)
    assert [row.template for row in claimed] == ["reply", COPY, COPY]
    async with scene.database.transaction() as db:
        assert await outbox.claim(db, "1", 32, NOW, bulk=0) == []


async def test_the_history_is_paged_the_newest_first(scene: Scene) -> None:
    numbers = [await enter(scene) for _ in range(6)]
    async with scene.database.transaction() as db:
        first, last = await announcements.page(db, 0), await announcements.page(db, 9)
    assert [one.id for one, _ in first.found] == numbers[:0:-1]
    assert ([one.id for one, _ in last.found], last.number, last.pages) == (numbers[:1], 1, 2)
