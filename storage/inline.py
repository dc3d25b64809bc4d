"""SQLite without a thread's hop for each call: most take less time than the way to another thread and back.

What may wait stays in aiosqlite's thread, so that the loop never waits long for a disk or a lock: many rows at once,
the beginning of a transaction while another process writes, and a commit, unless the disk has just shown how quick it
is. The end of a transaction that changed nothing waits for nothing. The calls of one connection come one after the
other, whichever thread they run in.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import aiosqlite

BUSY_MS = 10_000
"""How long another process's transaction is waited for."""
BEGIN = "BEGIN IMMEDIATE"
MAY_WAIT = {"commit", "close", "backup"}
"""What is asked of the connection itself; tests take the commit out, whose databases lie in memory."""
QUICK = 0.002
"""Seconds: a disk whose last commit took less is waited for in the loop, for the way to the thread is as long."""
_BEGINNINGS = (BEGIN, "BEGIN")
_MANY = 20
"""Rows at once."""


class Connection(aiosqlite.Connection):
    """`inline` is set by `storage.database` for transactions whose statements are known to be short."""

    inline = False
    _changes = -1  # rows changed in this connection's life, when its transaction began
    _last_commit = QUICK  # seconds

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if fn.__name__ == "commit":
            return await self._commit(fn)
        if self.inline and self._running and not self._may_wait(fn, args):
            if args and args[0] in _BEGINNINGS:
                self._changes = self._conn.total_changes
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

    async def _commit(self, commit: Callable[[], Any]) -> Any:
        """In the loop, where nothing was changed or the disk is quick; a loop over such transactions lets the others
        have their turn here.
        """
        changed = self._conn.total_changes != self._changes
        timed = partial(self._timed, commit) if changed else commit
        if self.inline and self._running and (not changed or self._last_commit < QUICK or "commit" not in MAY_WAIT):
            await asyncio.sleep(0)
            return timed()
        return await super()._execute(timed)  # type: ignore[no-untyped-call]

    def _timed(self, commit: Callable[[], Any]) -> Any:
        began = perf_counter()
        try:
            return commit()
        finally:
            self._last_commit = perf_counter() - began

    def _begun(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        """True when nobody else writes; else the lock is waited for in the thread."""
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            fn(*args)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the rest says why it is
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
