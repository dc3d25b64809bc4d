"""The release before the newest migration and this one, side by side on one database, while people ask."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import migrate
from tests.faults.askers import PATIENCE, Asker
from tests.faults.machine import EVERYTHING, Machine, until
from tests.faults.nursery import REPOSITORY
from tests.faults.test_webhook import SECRET, copy_of, free_port, posting

VERSIONS = "storage/migrations/versions"


def _git(*words: str) -> str:
    ended = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S607
    return ended.stdout.strip()


def _newest_at(commit: str) -> str:
    """The number of the newest migration there."""
    names = _git("ls-tree", "--name-only", f"{commit}:{VERSIONS}").splitlines()
    return max((name.partition("_")[0] for name in names if name[:1].isdigit()), default="")


@pytest.fixture
def the_release_before(tmp_path: Path) -> Iterator[Path]:
    """The program as it was just before the newest migration came."""
    commits = [f"{commit}^" for commit in _git("log", "--format=%H", "--", VERSIONS).split()]
    before = next((commit for commit in commits if "" < _newest_at(commit) < migrate.newest()), None)
    if before is None:
        pytest.skip("the release before is not in this clone's history: git fetch --unshallow")
    old = tmp_path / "old"
    _git("worktree", "add", "--detach", str(old), before)
    yield old
    _git("worktree", "remove", "--force", str(old))


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_copies_are_replaced_one_by_one_while_people_ask(
    machine_on_postgresql: Machine, the_release_before: Path
) -> None:
    """Expand, deploy: the schema grows under three old copies, then each makes room for a new one; one is killed."""
    machine, old = machine_on_postgresql, {"PYTHONPATH": str(the_release_before)}
    machine.private.append(SECRET)
    await machine.officials()
    askers = [Asker(person, 6) for person in await machine.representatives(12)]
    await migrate.downgrade(machine.database_url, "-1")
    ports = [free_port() for _ in range(3)]
    copies = [await copy_of(machine, port, **old) for port in ports]
    replaced = asyncio.Event()

    async def asks_on(asker: Asker) -> None:
        while not replaced.is_set():
            await asker.ask()

    async with asyncio.timeout(PATIENCE), posting(machine, ports):
        async with asyncio.TaskGroup() as tasks:
            for asker in askers:
                tasks.create_task(asks_on(asker))
            await until(lambda: all(asker.acknowledged for asker in askers), PATIENCE)
            assert (await machine.command("migrate")).code == 0
            for place, port in enumerate(ports):
                await (copies[place].kill() if place == 1 else copies[place].stop())
                copies[place] = await copy_of(machine, port)
            replaced.set()
        await machine.at_rest(PATIENCE)
    assert await machine.rows("SELECT version_num FROM alembic_version") == [(migrate.newest(),)]
    stored = dict(await machine.rows("SELECT number, text FROM questions"))
    assert sorted(stored.values()) == sorted(text for asker in askers for text in asker.texts), "each text once"
    for asker in askers:
        assert [stored[number] for number in asker.acknowledged] == asker.texts
    refused = await machine.command("run", **old, WEB_PORT=str(free_port()))
    assert (refused.code, "newer version" in refused.err) == (2, True)
    print(f"{len(stored)} questions, three copies replaced, one of them after a kill")  # noqa: T201
