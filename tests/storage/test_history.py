"""What is over costs nothing: each statement of an update looks at what waits, not through what was ever handled. Nor
does what waits behind the first: an announcement to a country makes no reply slower.
"""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import forms, inbox, outbox, people
from storage.database import Database
from tests.storage.scene import AIGERIM, BOLAT, NOW, set_the_scene
from tests.town import database_at

HANDLED = 2_000


async def _updates(db: AsyncConnection) -> None:
    await inbox.store(db, [(100 + n, AIGERIM, {"update_id": 100 + n}) for n in range(HANDLED)], NOW)
    await inbox.done(db, range(100, 100 + HANDLED), NOW)


async def _replies(db: AsyncConnection) -> None:
    for n in range(HANDLED):
        said = await outbox.say_at_once(db, AIGERIM, {"text": "salem"}, NOW, "me")
        assert said is not None
        await outbox.said(db, [(said.id, n, NOW)])


async def _something_waits(db: AsyncConnection) -> None:
    await inbox.store(db, [(900_000 + n, person, {}) for n, person in enumerate((AIGERIM, AIGERIM, BOLAT))], NOW)
    await outbox.say(db, BOLAT, "reply", {"text": "salem"}, NOW)


DEEDS: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
    "take": lambda db: inbox.take(db, NOW, 8),
    "done": lambda db: inbox.done(db, [900_000], NOW),
    "store": lambda db: inbox.store(db, [(900_010, AIGERIM, {})], NOW),
    "meet": lambda db: people.meet(db, AIGERIM, "Aigerim", NOW),
    "form": lambda db: forms.open_form(db, AIGERIM),
    "say": lambda db: outbox.say_at_once(db, AIGERIM, {"text": "salem"}, NOW, "me"),
    "waits": lambda db: outbox.waits(db, NOW),
    "claim": lambda db: outbox.claim(db, "me", 32, NOW),
}


class Steps:
    """Counts the instructions of SQLite's machine, which are the same on every day and every computer."""

    def __init__(self, db: AsyncConnection) -> None:
        assert db.sync_connection is not None
        self._driver: sqlite3.Connection = db.sync_connection.connection.driver_connection._conn  # type: ignore[union-attr]
        self._count = 0

    def _step(self) -> None:
        self._count += 1

    async def of(self, deed: Callable[[AsyncConnection], Awaitable[Any]], db: AsyncConnection) -> int:
        self._count = 0
        self._driver.set_progress_handler(self._step, 1)
        try:
            await deed(db)
        finally:
            self._driver.set_progress_handler(None, 1)
        return self._count


async def _steps(database: Database, deed: str) -> int:
    """Of this deed; what it did is taken back."""
    async with database.transaction() as db, db.begin_nested() as point:
        await _something_waits(db)
        found = await Steps(db).of(DEEDS[deed], db)
        await point.rollback()
    return found


async def test_a_long_history_makes_no_statement_of_an_update_longer(sqlite_url: str) -> None:
    database = database_at(sqlite_url)
    await set_the_scene(database)
    before = {deed: await _steps(database, deed) for deed in DEEDS}
    async with database.transaction() as db:
        await _updates(db)
        await _replies(db)
    after = {deed: await _steps(database, deed) for deed in DEEDS}
    await database.close()
    assert all(before.values())
    assert [deed for deed in DEEDS if after[deed] > 1.2 * before[deed]] == []


async def test_a_long_announcement_makes_no_claim_longer(sqlite_url: str) -> None:
    database = database_at(sqlite_url)

    async def promise(chats: range) -> None:
        async with database.transaction() as db:
            for chat in chats:
                await outbox.say(db, chat, "announcement", {}, NOW, priority=outbox.Priority.ANNOUNCEMENT)

    await promise(range(1_000_000, 1_000_200))
    before = {deed: await _steps(database, deed) for deed in ("claim", "waits", "say")}
    await promise(range(2_000_000, 2_004_000))
    after = {deed: await _steps(database, deed) for deed in before}
    await database.close()
    assert all(before.values())
    assert [deed for deed in before if after[deed] > 1.2 * before[deed]] == []
