"""Which copies of the program are alive: what a killed one had claimed may then be claimed anew at once.

Without this its claims would have to run out, and the chats they belong to would stay silent for a minute. On SQLite a
lock on a file beside the database says that nobody else is there; on PostgreSQL each copy holds an advisory lock that
dies with its connection.
"""

import asyncio
import logging
import os
from pathlib import Path

from sqlalchemy import Update, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.tables import outbox

_SPACE = 0x6B6F7069
"""The first half of our advisory locks' keys: other programs may use the same server."""


_LAST_SECONDS = 1.0
log = logging.getLogger(__name__)


def _given_back(owner: str) -> Update:
    claimed = (outbox.c.leased_by == owner) & outbox.c.done_at.is_(None)
    return update(outbox).where(claimed).values(leased_by=None, leased_until=None)


class Presence:
    """This copy's sign of life. `owner` is the number its claims bear."""

    def __init__(self, database: Database, owner: int) -> None:
        self.database = database
        self.owner = owner
        self._file: int | None = None
        self._alone = False
        self._connection: AsyncConnection | None = None

    async def enter(self) -> None:
        if self.database.file:
            self._file, self._alone = _lock(self.database.file)
        elif not self.database.is_sqlite:
            # A connection of its own for as long as the copy lives: the lock would survive a return to the pool.
            self._connection = await self.database.engine.connect()
            await self._connection.execution_options(isolation_level="AUTOCOMMIT")
            await self._connection.execute(select(func.pg_advisory_lock(_SPACE, self.owner)))

    async def give_back(self) -> None:
        """What is still claimed others may claim at once: by themselves they would see it at their next tick."""
        try:
            async with asyncio.timeout(_LAST_SECONDS), self.database.transaction() as db:
                await db.execute(_given_back(str(self.owner)))
        except Exception as error:
            log.warning("claims are not given back: %s; others take them over", type(error).__name__)

    async def leave(self) -> None:
        if self._file is not None:
            os.close(self._file)
        if self._connection is not None:
            await self._connection.invalidate()
            await self._connection.close()

    async def release_dead(self, db: AsyncConnection) -> None:
        """Give back what copies that are no more had claimed."""
        claimed = select(outbox.c.leased_by).distinct()
        others = claimed.where(
            outbox.c.done_at.is_(None), outbox.c.leased_by.isnot(None), outbox.c.leased_by != str(self.owner)
        )
        for other in list(await db.scalars(others)):
            if await self._is_dead(db, int(other)):
                await db.execute(_given_back(other))
        self._alone = False  # on SQLite only what was claimed before we came: a copy that comes later is not seen

    async def _is_dead(self, db: AsyncConnection, other: int) -> bool:
        if self.database.is_sqlite:
            return self._alone
        lock = text("SELECT pg_try_advisory_xact_lock(:space, :other)")
        return bool(await db.scalar(lock, {"space": _SPACE, "other": other}))


def _lock(file: Path) -> tuple[int, bool]:
    """Try to lock the file's companion; whether we hold it now. Where there is no flock, claims simply run out."""
    handle = os.open(f"{file}-lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return handle, False
    return handle, True
