"""One database, two kinds: SQLite by default, PostgreSQL when several copies run.

SQLite loses updates silently when two deferred transactions read and then write, and drops FOR UPDATE. So a
transaction that writes begins with BEGIN IMMEDIATE behind one lock in the process: writers stand in a queue here
instead of failing with "database is locked" there. On PostgreSQL the same code relies on row locks.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage import inline

log = logging.getLogger(__name__)


class Database:
    """An engine and the two ways to open a transaction on it."""

    def __init__(self, url: str, *, pooled: bool = True) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"hide_parameters": True}  # of what failed: a person's words may be among them
        if not pooled:
            options["poolclass"] = NullPool
        if not self.is_sqlite and pooled:
            options |= {"pool_size": 10, "max_overflow": 5, "pool_pre_ping": True}
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        self._writing = asyncio.Lock()
        self._writer: AsyncConnection | None = None
        self.promised: Callable[[], None] = lambda: None
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "do_connect", inline.connect)
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes; commits at the end of the block, rolls back on any error.

        Behind the commit the steps of questions taken in it (`recorded`) are logged, and `promised` is called when
        something to say was promised (`promises`).
        """
        await asyncio.sleep(0)  # a loop over short ones would give nobody else a turn
        async with self._one_that_writes() as db:
            db.info.update({_PROMISES: False, _STEPS: [], _UPDATE: None})
            async with db.begin():
                yield db
            for step in db.info[_STEPS]:
                log.info("question %s: %s", step["question"], step["action"], extra=step)
            if db.info[_PROMISES]:
                self.promised()

    @asynccontextmanager
    async def _one_that_writes(self) -> AsyncIterator[AsyncConnection]:
        """On SQLite the one connection that writes. It stays open: to open it takes longer than most transactions."""
        if not self.is_sqlite:
            async with self.engine.connect() as connection:
                yield await connection.execution_options(kopir_writes=True)
            return
        async with self._writing:
            writer, self._writer = self._writer, None
            if writer is None:
                writer = await (await inline.opened(self.engine)).execution_options(kopir_writes=True)
            try:
                yield writer
            except BaseException:
                await writer.close()
                raise
            self._writer = writer

    @asynccontextmanager
    async def reading(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        """A consistent look at the data that changes nothing and waits for no writer. `long`: over much of it, apart
        from the loop.
        """
        # as in `transaction`; and not with a connection in hand, or everybody would open one of their own
        await asyncio.sleep(0)
        connection = await inline.opened(self.engine, short=self.is_sqlite and not long)
        try:
            db = await connection.execution_options(kopir_writes=False)
            async with db.begin():
                yield db
        finally:
            await connection.close()

    async def close(self) -> None:
        async with self._writing:
            if self._writer is not None:
                await self._writer.close()
                self._writer = None
        await self.engine.dispose()

    @property
    def file(self) -> Path | None:
        """Where a SQLite database lives; None for PostgreSQL and for memory."""
        name = self.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own implicit BEGIN is the deferred one that loses updates
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={inline.BUSY_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # "confirmed to Telegram" must survive a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("kopir_writes", True)
    try:
        connection.connection.dbapi_connection.begin(inline.BEGIN if writes else "BEGIN")  # type: ignore[union-attr]
    except asyncio.CancelledError:
        connection.invalidate()  # its thread may still get the lock that was waited for: nobody else may have it
        raise


_PROMISES, _STEPS, _UPDATE = "kopir_promises", "kopir_steps", "kopir_update"


def promises(db: AsyncConnection) -> None:
    """Something to say was promised in this transaction: whoever says it is woken when it is committed."""
    db.info[_PROMISES] = True


def caused_by(db: AsyncConnection, update_id: int) -> None:
    """What is recorded in this transaction from now on follows from this update of Telegram's."""
    db.info[_UPDATE] = update_id


def recorded(db: AsyncConnection, number: str, action: str) -> None:
    """A step of a question's life: it stands in the log as soon as it is committed."""
    step = {"question": number, "action": action}
    db.info.setdefault(_STEPS, []).append(step if db.info.get(_UPDATE) is None else step | {"update": db.info[_UPDATE]})


_NO_PLACE_OR_NO_TURN = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
_CONNECTION, _CONFLICT, _RESOURCES, _OPERATOR = "08", "40", "53", "57"
"""Classes of PostgreSQL's error codes."""


def is_away(error: BaseException) -> bool:
    """The database is at fault, not what was asked of it: the same works when it is back, or has room again."""
    if isinstance(error, OSError | exc.TimeoutError):
        return True
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return True
    cause = getattr(error, "orig", None) or error
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return sqlite_code & 0xFF in _NO_PLACE_OR_NO_TURN
    state = getattr(cause, "sqlstate", None)
    return isinstance(state, str) and state[:2] in (_CONNECTION, _CONFLICT, _RESOURCES, _OPERATOR)


def insert(db: AsyncConnection, table: Table) -> Any:
    """INSERT with the dialect's ON CONFLICT, which both databases have and SQLAlchemy keeps apart."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)
