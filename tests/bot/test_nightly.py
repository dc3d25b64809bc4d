"""A backup each night: once, into a new file, with room for so many; administrators hear when there is none."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import ledger, nightly
from bot.nightly import Nightly
from domain.people import Language
from storage import backups, forgotten
from storage.forgotten import Line
from tests.faults.test_backups import TOOLS
from tests.journeys.cast import Cast
from tests.storage.scene import NOW, SECOND
from tests.town import MONDAY, Somebody, Town

TO_THREE_AT_NIGHT = timedelta(hours=16)  # the stories begin at eleven
FAILED = "No backup was made tonight."


def _with_backups(town: Town, folder: Path, keep: int = 2) -> Nightly:
    town.app.nightly = Nightly(town.app.database, town.clock, folder, keep)
    return town.app.nightly


def _files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.name.startswith("kopir"))


async def test_each_night_one_file_comes_and_the_oldest_goes(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "kopir-mine.db").touch()
    _with_backups(cast.town, tmp_path)
    await cast.town.app.back_up()  # at eleven in the morning: there is none of tonight yet
    await cast.town.app.back_up()
    cast.town.clock.skip(TO_THREE_AT_NIGHT)
    await cast.town.app.back_up()
    (tmp_path / "kopir-2026-03-03-0300.db.part").touch()
    cast.town.clock.skip(timedelta(days=1))
    await cast.town.app.back_up()
    assert _files(tmp_path) == ["kopir-2026-03-03-0300.db", "kopir-2026-03-04-0300.db", "kopir-mine.db"]
    with closing(sqlite3.connect(tmp_path / "kopir-2026-03-04-0300.db")) as db:
        assert db.execute("SELECT count(*) FROM people").fetchone() == (3,)


async def test_before_two_at_night_nothing_happens(cast: Cast, tmp_path: Path) -> None:
    _with_backups(cast.town, tmp_path)
    cast.town.clock.skip(timedelta(hours=14, minutes=30))
    await cast.town.app.back_up()
    assert _files(tmp_path) == []


async def test_postgresql_is_dumped(
    town_on_both: Town, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(TOOLS))
    _with_backups(town_on_both, tmp_path)
    await town_on_both.app.back_up()
    end, begin = (".dump", b"PGDMP") if database_url.startswith("postgresql") else (".db", b"SQLite format 3")
    [name] = _files(tmp_path)
    assert name.endswith(end)
    assert (tmp_path / name).read_bytes().startswith(begin)


async def _hears_of_it(admin: Somebody) -> bool:
    heard = len(admin.texts)
    await admin.town.app.back_up()
    await admin.town.settle()
    return any(said.startswith(FAILED) for said in admin.texts[heard:])


async def test_without_room_there_is_none_and_administrators_hear_of_it_once_a_day_by_day(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_backups(cast.town, tmp_path)
    monkeypatch.setattr(nightly, "SPARE", 2**62)
    cast.town.clock.skip(TO_THREE_AT_NIGHT)
    assert not await _hears_of_it(cast.saule), "nobody is woken"
    cast.town.clock.skip(timedelta(hours=8))
    assert await _hears_of_it(cast.saule)
    assert "There is no room on the disk for backups." in cast.saule.last
    assert not await _hears_of_it(cast.saule)
    monkeypatch.undo()
    cast.town.clock.skip(timedelta(days=1))
    assert not await _hears_of_it(cast.saule)
    assert len(_files(tmp_path)) == 1


async def test_without_pg_dump_that_is_what_they_hear(
    town_on_both: Town, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_url.startswith("sqlite"):
        return
    admin = await town_on_both.an_admin(language=Language.EN)
    monkeypatch.setenv("PATH", "/nowhere")
    _with_backups(town_on_both, tmp_path)
    assert await _hears_of_it(admin)
    assert "pg_dump is not installed on the server." in admin.last
    assert "There is no earlier backup." in admin.last


async def test_a_backup_that_fails_leaves_nothing_half_done(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _with_backups(cast.town, tmp_path)
    monkeypatch.setenv("WORKING_HOURS", "nonsense")  # the other process refuses to begin
    assert await _hears_of_it(cast.saule)
    assert "The reason stands in the log of the server." in cast.saule.last
    assert "WORKING_HOURS" in caplog.text
    assert _files(tmp_path) == []


def _lives(pid: int) -> bool:
    """One that ended may still stand there for its parent to look at."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("held_up", "script"),
    [(False, 'sleep 60 & echo $! >"$4.part"; wait'), (True, 'echo $$ >"$4.part"; exec sleep 60')],
    ids=["while it is made, by pg_dump", "while its process is begun"],
)
async def test_a_program_that_stops_does_not_wait_for_the_backup(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held_up: bool, script: str
) -> None:
    sleeper = tmp_path / "python"
    sleeper.write_text(f"#!/bin/sh\n{script}\n")
    sleeper.chmod(0o755)
    begin = asyncio.create_subprocess_exec

    async def slowly(*said: Any, **more: Any) -> asyncio.subprocess.Process:
        process = await begin(*said, **more)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:  # as asyncio ends what it could not hand over
            process.kill()
            await process.wait()
            raise
        return process

    monkeypatch.setattr(nightly.sys, "executable", str(sleeper))
    if held_up:
        monkeypatch.setattr(nightly.asyncio, "create_subprocess_exec", slowly)
    _with_backups(cast.town, tmp_path)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        making = group.create_task(cast.town.app.back_up())
        while not (said := "".join((tmp_path / made).read_text() for made in _files(tmp_path))):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        making.cancel()
    assert _files(tmp_path) == []
    assert not _lives(int(said))
    async with cast.town.app.database.reading() as db:
        assert not (await backups.state(db)).failing, "it is tried again in an hour"


async def test_what_was_asked_of_forget_stands_beside_the_backups(cast: Cast, tmp_path: Path) -> None:
    keeper = _with_backups(cast.town, tmp_path)
    await cast.aigerim.writes("/forget")
    await cast.aigerim.presses("forget_once")
    await cast.aigerim.presses("forget_twice")
    await keeper.keep_ledger()
    [line] = ledger.read(tmp_path / ledger.NAME)
    assert line.at == MONDAY
    async with cast.town.app.database.reading() as db:
        assert await forgotten.everybody(db) == [line]


async def test_a_database_put_back_by_hand_forgets_again_when_the_program_starts(cast: Cast, tmp_path: Path) -> None:
    keeper = _with_backups(cast.town, tmp_path)
    async with cast.town.app.database.transaction() as db:
        await forgotten.remember(db, cast.aigerim.id, cast.town.clock.now() + timedelta(days=1))
        lines = await forgotten.everybody(db)
        await db.execute(forgotten.forgotten.delete())
    ledger.write(tmp_path / ledger.NAME, lines, NOW - forgotten.KEPT)
    await cast.town.app.prepare()
    await cast.aigerim.writes("/my")
    assert cast.aigerim.last.startswith("Köpir"), "she is somebody new"
    assert await keeper.forget_again() == 0


class TestTheLedger:
    def test_the_latest_moment_of_each_is_kept_and_the_old_ones_go(self, tmp_path: Path) -> None:
        file = tmp_path / ledger.NAME
        a, b, c = ("a" * 64, "b" * 64, "c" * 64)
        ledger.write(file, [Line(a, NOW), Line(b, NOW), Line(c, NOW - 2 * SECOND)], NOW - SECOND)
        ledger.write(file, [Line(a, NOW - SECOND), Line(b, NOW + SECOND)], NOW - SECOND)
        assert ledger.read(file) == [Line(a, NOW), Line(b, NOW + SECOND)]

    def test_where_there_is_none_nobody_is_forgotten(self, tmp_path: Path) -> None:
        assert ledger.read(tmp_path / ledger.NAME) == []

    @pytest.mark.parametrize("text", ["", "Dear Saule", "{heading}nonsense\n", "{heading}2026-03-02 aa\n"])
    def test_what_cannot_be_read_is_not_taken_for_nothing(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / ledger.NAME
        ledger.write(file, [], NOW)
        file.write_text(text.format(heading=file.read_text()))
        with pytest.raises(ValueError, match="forgotten"):
            ledger.read(file)
