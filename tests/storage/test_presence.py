"""A killed copy's claims are free at once; a living copy's are not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage import outbox
from storage.database import Database
from storage.presence import Presence
from tests.storage.scene import AIGERIM, NOW, copies

OLD, NEW = 1, 2


@asynccontextmanager
async def present(database: Database, owner: int) -> AsyncIterator[Presence]:
    presence = Presence(database, owner)
    await presence.enter()
    try:
        yield presence
    finally:
        await presence.leave()


async def claimed_by(database: Database, owner: int) -> list[str]:
    async with database.transaction() as db:
        return [row.template for row in await outbox.claim(db, str(owner), 32, NOW)]


async def promise(database: Database) -> None:
    async with database.transaction() as db:
        await outbox.say(db, AIGERIM, "notice", {}, NOW)


async def release_dead(presence: Presence) -> None:
    async with presence.database.transaction() as db:
        await presence.release_dead(db)


async def test_what_a_killed_copy_had_claimed_is_claimed_anew_at_once(database_url: str) -> None:
    async with copies(database_url, 2) as (old, new):
        await promise(old)
        async with present(old, OLD):
            await claimed_by(old, OLD)
        async with present(new, NEW) as presence:
            await release_dead(presence)
            assert await claimed_by(new, NEW) == ["notice"]


async def test_a_copy_that_stops_gives_back_what_it_had_claimed(database_url: str) -> None:
    async with copies(database_url, 2) as (old, new):
        await promise(old)
        async with present(old, OLD) as presence:
            await claimed_by(old, OLD)
            await presence.give_back()
            assert await claimed_by(new, NEW) == ["notice"]


async def test_what_an_older_copy_is_sending_stays_its_own(database_url: str) -> None:
    async with copies(database_url, 2) as (old, new):
        await promise(old)
        async with present(old, OLD), present(new, NEW) as presence:
            await claimed_by(old, OLD)
            await release_dead(presence)
            assert await claimed_by(new, NEW) == []


async def test_what_a_copy_that_came_later_is_sending_stays_its_own(database_url: str) -> None:
    async with copies(database_url, 2) as (old, new):
        await promise(old)
        async with present(old, OLD) as presence, present(new, NEW):
            await release_dead(presence)
            await claimed_by(new, NEW)
            await release_dead(presence)
            assert await claimed_by(old, OLD) == []


async def test_ones_own_claims_are_not_given_back(database_url: str) -> None:
    async with copies(database_url, 1) as (copy,):
        await promise(copy)
        async with present(copy, OLD) as presence:
            await claimed_by(copy, OLD)
            await release_dead(presence)
            assert await claimed_by(copy, OLD) == []


async def test_what_has_an_end_is_left_as_it_is(database_url: str) -> None:
    async with copies(database_url, 2) as (old, new):
        await promise(old)
        async with old.transaction() as db:
            (row,) = await outbox.claim(db, str(OLD), 32, NOW)
            await outbox.settle(db, row.id, outbox.Fate.DELIVERED, NOW)
        async with present(new, NEW) as presence:
            await release_dead(presence)
            assert await claimed_by(new, NEW) == []
