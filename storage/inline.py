"""SQLite without a thread's hop for each call: most take less time than the way to another thread and back.

`Inline` is SQLAlchemy's connection with its statements run where they stand, in the loop, by the driver's own cursor.
What may wait goes aiosqlite's way, through a thread of its own, so that the loop never waits long for a disk or a lock:
many rows at once, the beginning of a transaction while another process writes, and a commit, unless the disk has just
shown how quick it is. The calls of one connection come one after the other, whichever way they go.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any, cast

import aiosqlite
from sqlalchemy import CursorResult, Dialect, Executable
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util.concurrency import await_

from storage.prepared import plan_of

BUSY_MS = 10_000
"""How long another process's transaction is waited for."""
BEGIN = "BEGIN IMMEDIATE"
COMMITS_MAY_WAIT = True
"""For the disk; not in tests, whose databases lie in memory."""
QUICK = 0.002
"""Seconds: a disk whose last commit took less is waited for in the loop, for the way to the thread is as long."""
_MANY = 20
"""Rows at once."""


class Inline(AsyncConnection):
    """A connection whose statements are known to be short."""

    __slots__ = ()

    async def execute(
        self, statement: Executable, parameters: Any = None, *, execution_options: Any = None
    ) -> CursorResult[Any]:
        if execution_options or (isinstance(parameters, list) and len(parameters) > _MANY):
            return await super().execute(statement, parameters, execution_options=execution_options)
        connection = self._proxied
        adapted = cast(Adapted, connection.connection.dbapi_connection)
        if connection.in_transaction() and not connection.dispatch.before_cursor_execute:  # somebody wants to see it
            plan = plan_of(statement, parameters, self.dialect)
            if plan is not None:
                return cast(CursorResult[Any], plan.run(adapted.driver, parameters))
        adapted.here = True
        try:
            return connection.execute(statement, parameters)
        finally:
            adapted.here = False


class Adapted(AsyncAdapt_aiosqlite_connection):
    """What SQLAlchemy takes for the driver's connection."""

    __slots__ = ("here",)
    _connection: Any  # a SqliteConnection

    def __init__(self, dbapi: Any, connection: "SqliteConnection") -> None:
        super().__init__(dbapi, cast(Any, connection))
        self.here = False

    @property
    def driver(self) -> sqlite3.Connection:
        return cast(sqlite3.Connection, self._connection._conn)

    def cursor(self, server_side: bool = False) -> Any:
        if self.here:
            return self.driver.cursor(Cursor)
        return super().cursor(server_side)

    def begin(self, how: str) -> None:
        await_(self._connection.begin(how))


class Driver(sqlite3.Connection):
    """Rolls back before it closes. SQLite keeps a closed connection, and its lock, for as long as a statement of it
    lives: the traceback of somebody who was cancelled may hold its cursor until the next search for garbage.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


class Cursor(sqlite3.Cursor):
    """The driver's own, with all rows read at once: what is done while they are gone through changes none of them."""

    _rows: deque[Any]

    def execute(self, sql: str, parameters: Any = ()) -> "Cursor":
        super().execute(sql, parameters)
        self._rows = deque(super().fetchall()) if self.description else deque()
        return self

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self._rows.popleft() for _ in range(min(size or self.arraysize, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, deque()
        return list(rows)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        while self._rows:
            yield self._rows.popleft()


class SqliteConnection(aiosqlite.Connection):
    """aiosqlite's, which waits in its thread, and here only for what is quick."""

    _changes = -1  # rows changed in this connection's life, when its transaction began; at first nobody knows
    _last_commit = QUICK  # seconds; at first it may be slow

    async def begin(self, how: str) -> None:
        self._changes = self._conn.total_changes
        if how != BEGIN:
            self._conn.execute(how)
        elif not self._begin_unless_busy():
            await self.execute(how)

    def _begin_unless_busy(self) -> bool:
        """True when nobody else writes; else the lock is waited for in the thread."""
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            self._conn.execute(BEGIN)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the rest says why it is
                raise
            return False
        finally:
            self._conn.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        return True

    async def commit(self) -> None:
        """In the loop, where nothing was changed or the disk is quick."""
        changed = self._conn.total_changes != self._changes
        if changed and self._last_commit >= QUICK and COMMITS_MAY_WAIT:
            await self._execute(self._timed, self._conn.commit)  # type: ignore[no-untyped-call]
            return
        if changed:
            self._timed(self._conn.commit)
        else:
            self._conn.commit()

    def _timed(self, commit: Callable[[], None]) -> None:
        began = perf_counter()
        try:
            commit()
        finally:
            self._last_commit = perf_counter() - began

    async def rollback(self) -> None:
        """After a commit, as whenever a connection goes back to the pool, there is nothing to do."""
        if self._conn.in_transaction:
            await super().rollback()


def connect(dialect: Dialect, _record: object, arguments: list[Any], options: dict[str, Any]) -> Adapted:
    """A new connection for SQLAlchemy (its event `do_connect`)."""
    connector = partial(sqlite3.connect, *arguments, **options | {"check_same_thread": False, "factory": Driver})
    connection = SqliteConnection(connector, iter_chunk_size=64)
    connection._thread.daemon = True
    return Adapted(dialect.loaded_dbapi, cast(SqliteConnection, await_(connection)))


async def opened(engine: AsyncEngine, *, short: bool = True) -> AsyncConnection:
    """A connection out of the pool; `short`: what is said in it is run in the loop."""
    return await (Inline if short else AsyncConnection)(engine).start()
