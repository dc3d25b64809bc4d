"""SQLite without a thread's hop for each call: most take less time than the way to another thread and back.

What may wait stays in aiosqlite's thread, so that the loop never waits for a disk or a lock: a commit, many rows at
once, and the beginning of a transaction while another process writes. The calls of one connection come one after the
other, whichever thread they run in.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite

BUSY_MS = 10_000
"""How long another process's transaction is waited for."""
BEGIN = "BEGIN IMMEDIATE"
MAY_WAIT = {"commit", "close", "backup"}
"""What is asked of the connection itself; tests take the commit out, whose databases lie in memory."""
_MANY = 20
"""Rows at once."""


class Connection(aiosqlite.Connection):
    """`inline` is set by `storage.database` for transactions whose statements are known to be short."""

    inline = False

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if self.inline and self._running and not self._may_wait(fn, args):
            if args[:1] != (BEGIN,):
                return fn(*args, **more)
            if self._begun(fn, args):
                return None
        return await super()._execute(fn, *args, **more)  # type: ignore[no-untyped-call]

    def _may_wait(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        name = fn.__name__
        if name in MAY_WAIT:
            return getattr(fn, "__self__", None) is self._connection  # a cursor's close is nothing
        return name == "executescript" or (name == "executemany" and len(args[1]) > _MANY)

    def _begun(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        """True when nobody else writes; else the lock is waited for in the thread."""
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            fn(*args)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._conn.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        return True


def connect(database: str, **options: Any) -> Connection:
    """A connection to be awaited, as `aiosqlite.connect` gives it."""
    connector = partial(sqlite3.connect, database, **options | {"check_same_thread": False})
    connection = Connection(connector, iter_chunk_size=64)
    connection._thread.daemon = True
    return connection
