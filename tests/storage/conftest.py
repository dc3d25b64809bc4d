"""The scene for stories about people and questions; one database of each kind, made anew before each test.

Its engine stays: it remembers how each statement reads in SQL, which takes longer to find out than to run.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database
from storage.tables import metadata
from tests.conftest import MEMORY, _create, _url
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


@pytest.fixture(scope="session")
def sqlite_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kopir-", dir=MEMORY if MEMORY.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_folder: Path) -> str:
    for left in sqlite_folder.iterdir():
        left.unlink()
    shutil.copy(sqlite_template, sqlite_folder / "kopir.db")
    return f"sqlite+aiosqlite:///{sqlite_folder / 'kopir.db'}"


@pytest.fixture(scope="session")
def engines() -> dict[str, Database]:
    return {}


@pytest.fixture
async def database(database_url: str, engines: dict[str, Database]) -> AsyncIterator[Database]:
    """Connections and locks belong to the loop of one test; the engine begins anew with both."""
    found = engines.setdefault(database_url, Database(database_url))
    found._writing = asyncio.Lock()
    yield found
    await found.close()


@pytest.fixture
def postgresql_only(postgresql_url: str) -> str:
    """For gaps that SQLite does not have: there whoever looks for work holds the database."""
    return postgresql_url


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_the_scene(database)
