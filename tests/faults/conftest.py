"""Machines for the faults: each test gets one on SQLite, on PostgreSQL, or on both in turn."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.machine import Machine, switched_on


@pytest.fixture
async def machine(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Machine]:
    async with switched_on(sqlite_url, tmp_path / "empty") as found:
        yield found


@pytest.fixture
async def machine_on_both(database_url: str, tmp_path: Path) -> AsyncIterator[Machine]:
    async with switched_on(database_url, tmp_path / "empty") as found:
        yield found


@pytest.fixture
async def machine_on_postgresql(postgresql_url: str, tmp_path: Path) -> AsyncIterator[Machine]:
    async with switched_on(postgresql_url, tmp_path / "empty") as found:
        yield found


@pytest.fixture
async def another_machine(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Callable[[], Awaitable[Machine]]]:
    """As many machines as a test wants, each with a database of its own."""
    async with AsyncExitStack() as machines:

        async def switch_on() -> Machine:
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            shutil.copy(sqlite_template, folder / "kopir.db")
            url = f"sqlite+aiosqlite:///{folder / 'kopir.db'}"
            return await machines.enter_async_context(switched_on(url, folder / "empty"))

        yield switch_on
