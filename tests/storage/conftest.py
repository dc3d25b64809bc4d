"""The scene for stories about people and questions; on PostgreSQL one database, emptied before each test."""

import asyncio

import asyncpg
import pytest

from storage.database import Database
from storage.tables import metadata
from tests.conftest import _create, _url
from tests.storage.scene import Scene, set_the_scene


@pytest.fixture(scope="session")
def postgresql_emptied(postgresql_server: str, postgresql_template: str) -> str:
    """A copy of its own takes a fifth of a second, and ten times as long when the server must clean up after it."""
    asyncio.run(_create(postgresql_server, "storage", postgresql_template))
    return _url(postgresql_server, "storage")


_EMPTY = "; ".join(str(table.delete()) for table in reversed(metadata.sorted_tables))
"""Not TRUNCATE: it makes every file of every table anew."""


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(_EMPTY)
    await connection.close()


@pytest.fixture
def postgresql_url(postgresql_emptied: str) -> str:
    asyncio.run(_empty(postgresql_emptied))
    return postgresql_emptied


@pytest.fixture
def postgresql_only(postgresql_url: str) -> str:
    """For gaps that SQLite does not have: there whoever looks for work holds the database."""
    return postgresql_url


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_the_scene(database)
