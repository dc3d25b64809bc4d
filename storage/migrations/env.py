"""Alembic's entry: `kopir migrate` gives the URL; `alembic revision` of a developer takes DATABASE_URL.

On SQLite foreign keys are off while tables are rebuilt: a batch migration drops the old table, and with them on that
empties every table that cascades from it. The whole upgrade is one transaction on both databases; on PostgreSQL
copies that start together take turns.
"""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, event

from storage.database import Database
from storage.tables import metadata

_TURN = 0x6B6F706972  # "kopir": the advisory lock of whoever migrates


def _url() -> str:
    given = context.config.attributes.get("url")
    return str(given or os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///kopir.db"))


def _without_foreign_keys(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
        context.run_migrations()


async def _migrate() -> None:
    database = Database(_url(), pooled=False)
    if database.is_sqlite:
        event.listen(database.engine.sync_engine, "connect", _without_foreign_keys)
    try:
        async with database.transaction() as db:
            await db.run_sync(_run)
    finally:
        await database.close()


asyncio.run(_migrate())
