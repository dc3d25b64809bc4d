"""The commands as an operator types them: wrong settings, migrate, check, backup."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic.script import ScriptDirectory

from storage import audit, migrate
from tests.faults.askers import Asker
from tests.faults.machine import Ended, Machine, until
from tests.storage.scene import NOW

WRONG: list[tuple[str, dict[str, str]]] = [
    ("BOT_TOKEN", {"BOT_TOKEN": ""}),
    ("BOT_TOKEN", {"BOT_TOKEN": "my-token"}),
    ("BOT_TOKEN", {"BOT_TOKEN": "123456:AAunknown-to-the-server"}),
    ("ADMIN_IDS", {"ADMIN_IDS": "@saule"}),
    ("WORKING_HOURS", {"WORKING_HOURS": "nine to five"}),
    ("TIME_ZONE", {"TIME_ZONE": "Asia/Pavlodar"}),
    ("FIRST_DAY_COUNTS", {"FIRST_DAY_COUNTS": "maybe"}),
    ("DATABASE_URL", {"DATABASE_URL": "mysql://u:hunter2@host/name"}),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite+aiosqlite:///"}),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite+aiosqlite:////no/such/folder/kopir.db"}),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite+aiosqlite:////proc/self"}),
    ("DATABASE_URL", {"DATABASE_URL": "postgresql+asyncpg://u:hunter2@127.0.0.1:port/name"}),
    ("DATABASE_URL", {"DATABASE_URL": "postgresql+asyncpg://u:hunter2@127.0.0.1:1/name"}),
]


async def test_a_wrong_setting_is_one_line_and_exit_code_2(machine: Machine) -> None:
    machine.private.append("hunter2")
    at_once = asyncio.Semaphore(2)

    async def run(settings: dict[str, str]) -> Ended:
        async with at_once:
            return await machine.command("run", **settings)

    ends = await asyncio.gather(*(run(settings) for _, settings in WRONG))
    for (name, settings), ended in zip(WRONG, ends, strict=True):
        _is_one_line(ended, name, str(settings))


def _is_one_line(ended: Ended, word: str, case: str = "") -> None:
    assert (ended.code, ended.out) == (2, ""), (case, ended)
    assert len(ended.err.splitlines()) == 1, (case, ended.err)
    assert ended.err.startswith("kopir: "), (case, ended.err)
    assert word in ended.err, (case, ended.err)
    assert "Traceback" not in ended.err


async def test_a_database_the_program_cannot_use_is_one_line(machine: Machine, tmp_path: Path) -> None:
    machine.from_nothing = True  # what is printed while all ends is printed as well
    (tmp_path / "letter.db").write_bytes(b"Dear Saule, this is no database. " * 500)
    _is_one_line(await machine.command("run", **_at(tmp_path / "letter.db")), "DATABASE_URL")
    _is_one_line(await machine.command("check", **_at(tmp_path / "empty.db")), "migrate")
    with closing(sqlite3.connect(_file(machine), isolation_level=None)) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("run", "migrate"):
        _is_one_line(await machine.command(command), "newer")


def test_the_newest_revision_by_its_file_is_alembics_head() -> None:
    """`upgrade` compares numbers instead of asking Alembic, which takes longer than all else at a start."""
    head = ScriptDirectory.from_config(migrate.config("sqlite+aiosqlite:///")).get_current_head()
    assert migrate.newest() == head


async def test_check_says_what_is_good_and_what_is_not(machine: Machine) -> None:
    machine.from_nothing = True  # as a shell begins it
    ended = await machine.command("migrate")
    assert ended == Ended(0, "The database is up to date.\n", "")
    ended = await machine.command("check")
    assert (ended.code, ended.err, ended.out.count("good")) == (0, "", 3)
    _is_one_line(await machine.command("check", BOT_TOKEN="123456:AAunknown"), "BOT_TOKEN")
    _is_one_line(await machine.command("check", BOT_API_URL="http://127.0.0.1:1"), "BOT_API_URL")


async def test_backups_while_people_ask(machine: Machine, tmp_path: Path) -> None:
    """Each copy is whole, holds what was acknowledged before it, and a program starts from it."""
    askers = [Asker(person, topic) for topic, person in enumerate(await machine.representatives(8), 1)]
    await machine.officials()
    await machine.start()
    copies: list[Path] = []
    async with asyncio.TaskGroup() as tasks:
        for asker in askers:
            tasks.create_task(asker.ask())
        for enough in (0, 3):
            await until(lambda enough=enough: sum(len(asker.acknowledged) for asker in askers) >= enough, 60)
            acknowledged = {number for asker in askers for number in asker.acknowledged}
            copies.append(tmp_path / f"copy-{len(copies)}.db")
            ended = await machine.command("backup", str(copies[-1]), BOT_TOKEN="")
            assert ended == Ended(0, f"Written: {copies[-1]}\n", "")
            assert acknowledged <= _numbers(copies[-1])
        assert (await machine.command("migrate")).code == 0
        assert (await machine.command("check")).code == 0

    before = copies[0].read_bytes()
    _is_one_line(await machine.command("backup", str(copies[0])), "exists")
    assert copies[0].read_bytes() == before
    _is_one_line(await machine.command("backup", "/no/such/folder/copy.db"), "copy.db")
    await machine.programs[-1].kill()
    last = tmp_path / "after-a-kill.db"
    assert (await machine.command("backup", str(last))).code == 0
    assert _numbers(last) == {number for asker in askers for number in asker.acknowledged}
    assert not any(name.endswith(".part") for name in os.listdir(tmp_path)), "nothing half-written is left"

    machine.database_url = _at(last)["DATABASE_URL"]
    await machine.start()
    askers[0].person.writes(askers[0].acknowledged[0])
    await askers[0].person.sees(askers[0].acknowledged[0])


def _numbers(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {number for (number,) in db.execute("SELECT number FROM questions")}


async def test_a_large_database_that_is_written_all_the_time_is_backed_up(machine: Machine, tmp_path: Path) -> None:
    """A copy made in steps begins anew after each write of the bot, and never ends."""
    with closing(sqlite3.connect(_file(machine))) as db, db:
        filler = [(n, "x" * 4000, "2026-03-02") for n in range(10_000)]
        db.executemany("INSERT INTO inbox (update_id, person_id, payload, received_at) VALUES (?, 0, ?, ?)", filler)
    with _written_all_the_time(_file(machine)):
        ended = await machine.command("backup", str(tmp_path / "copy.db"))
    assert ended.code == 0
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def _written_all_the_time(file: Path) -> Iterator[None]:
    enough = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as db:
            while not enough.wait(0.005):
                db.execute("UPDATE inbox SET attempts = attempts + 1 WHERE update_id = 1")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        enough.set()
        writer.join()


async def test_an_administrator_is_made_on_the_server_while_the_bot_writes(machine: Machine) -> None:
    with _written_all_the_time(_file(machine)):
        ended = await machine.command("admin", "add", "4000000123", BOT_TOKEN="")
    assert ended == Ended(0, "4000000123 is an administrator now: /admin in the bot.\n", "")
    ended = await machine.command("admin", "list", BOT_TOKEN="")
    assert "4000000123" in ended.out.splitlines()
    with closing(sqlite3.connect(_file(machine))) as db:
        lines = db.execute("SELECT action, object FROM audit").fetchall()
    assert lines == [("administrator added on the server", "person 4000000123")]
    for wrong in ("@saule", "-5", "0", "4e9", "9" * 30):
        _is_one_line(await machine.command("admin", "add", wrong), "Telegram ID", wrong)
    _is_one_line(await machine.command("admin", "add", "5", DATABASE_URL="sqlite+aiosqlite:///none.db"), "migrate")


async def test_an_administrator_is_made_on_postgresql(machine_on_postgresql: Machine) -> None:
    assert (await machine_on_postgresql.command("admin", "add", "4000000123")).code == 0


async def test_verify_audit_says_in_one_sentence_whether_the_audit_is_whole(machine: Machine) -> None:
    async with machine.database() as database, database.transaction() as db:
        for n in range(3):
            await audit.write(db, NOW, 77, "routed", f"question 2026-00000{n}")
    whole = await machine.command("verify-audit")
    assert (whole.code, whole.err) == (0, "")
    assert whole.out.startswith("The audit is whole: 3 lines, the last hash is ")
    with closing(sqlite3.connect(_file(machine))) as db, db:
        db.execute("UPDATE audit SET object = 'question 2026-000007' WHERE id = 2")
    changed = await machine.command("verify-audit")
    assert (changed.code, changed.out.strip()) == (
        1,
        "The audit is not whole: line 2 was changed, or a line before it.",
    )
    _is_one_line(await machine.command("verify-audit", **_at(_file(machine).with_name("none.db"))), "migrate")


def _file(machine: Machine) -> Path:
    return Path(machine.database_url.removeprefix("sqlite+aiosqlite:///"))


def _at(file: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite+aiosqlite:///{file}"}
