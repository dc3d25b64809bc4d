"""Machines for the faults: each test gets one on SQLite, on PostgreSQL, or on both in turn."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults import nursery
from tests.faults.machine import Machine, switched_on


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """With KOPIR_FIGURES=FILE the line of figures that each test prints is gathered there, for `make faults`."""
    file = os.environ.get("KOPIR_FIGURES")
    if not file or report.when != "call" or "PYTEST_XDIST_WORKER" in os.environ:
        return
    figures = "; ".join(report.capstdout.split("\n")).strip("; ")
    with Path(file).open("a") as found:
        found.write(f"{report.outcome}\t{report.duration:.0f}\t{report.nodeid}\t{figures}\n")


@pytest.fixture(scope="session", autouse=True)
def _nursery_closed() -> Iterator[None]:
    yield
    nursery.close()


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
