"""SQLite without a thread's hop for each call: most take less time than the way to another thread and back.

What may wait stays in aiosqlite's thread, so that the loop never waits for a disk or a lock: the beginning of a
transaction that writes, its commit, and many rows at once. The calls of one connection come one after the other,
whichever thread they run in.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite

_MAY_WAIT = frozenset({"commit", "close", "executemany", "executescript", "backup"})


class Connection(aiosqlite.Connection):
    """`inline` is set by `storage.database` for transactions whose statements are known to be short."""

    inline = False

    async def _execute(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if self.inline and self._running and fn.__name__ not in _MAY_WAIT and args[:1] != ("BEGIN IMMEDIATE",):
            return fn(*args, **more)
        return await super()._execute(fn, *args, **more)  # type: ignore[no-untyped-call]


def connect(database: str, **options: Any) -> Connection:
    """A connection to be awaited, as `aiosqlite.connect` gives it."""
    connector = partial(sqlite3.connect, database, **options | {"check_same_thread": False})
    connection = Connection(connector, iter_chunk_size=64)
    connection._thread.daemon = True
    return connection
