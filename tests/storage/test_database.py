"""What both databases must do alike: moments, dates, locks, and no lost update."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from storage import inline, people
from storage.database import Database, is_away
from storage.tables import consents, counters, questions
from storage.tables import people as rows
from tests.storage.scene import GUEST, NOW, Scene, copies

PAVLODAR = timezone(timedelta(hours=5))


async def enter(database: Database, created_at: datetime) -> datetime:
    """Stored and read back."""
    async with database.transaction() as db:
        await db.execute(rows.insert().values(id=GUEST, name="Guest", created_at=created_at))
    async with database.reading() as db:
        found: datetime = (await db.execute(select(rows.c.created_at))).scalar_one()
        return found


class TestMoments:
    async def test_a_moment_of_the_city_comes_back_as_the_same_moment_in_utc(self, database: Database) -> None:
        """SQLite would keep 17:00+05 as 17:00."""
        found = await enter(database, datetime(2026, 3, 2, 17, 0, tzinfo=PAVLODAR))
        assert found.isoformat() == "2026-03-02T12:00:00+00:00"

    async def test_a_microsecond_is_kept(self, database: Database) -> None:
        moment = datetime(2026, 3, 2, 6, 0, 0, 1, tzinfo=UTC)
        assert await enter(database, moment) == moment

    async def test_a_moment_without_a_zone_is_refused(self, database: Database) -> None:
        with pytest.raises(StatementError, match="without a zone"):
            await enter(database, datetime(2026, 3, 2, 17, 0))  # noqa: DTZ001 - that is the point

    async def test_moments_of_different_zones_are_compared_as_moments(self, database: Database) -> None:
        await enter(database, datetime(2026, 3, 2, 17, 0, tzinfo=PAVLODAR))
        earlier = select(rows.c.id).where(rows.c.created_at < datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC))
        async with database.reading() as db:
            assert await db.scalar(earlier) == GUEST

    async def test_a_date_stays_a_date(self, scene: Scene) -> None:
        question = await scene.asks(due_on=date(2026, 12, 31))
        async with scene.database.reading() as db:
            assert await db.scalar(select(questions.c.due_on)) == question.due_on == date(2026, 12, 31)


class TestTransactions:
    async def test_no_increment_of_several_copies_is_lost(self, database_url: str) -> None:
        """Deferred transactions on SQLite keep 32 of 100."""

        async def increment(copy: Database) -> None:
            async with copy.transaction() as db:
                value = await db.scalar(select(counters.c.value).with_for_update())
                await db.execute(update(counters).values(value=(value or 0) + 1))

        async with copies(database_url, 4) as all_copies:
            async with all_copies[0].transaction() as db:
                await db.execute(counters.insert().values(name="steps", value=0))
            await asyncio.gather(*(increment(all_copies[n % 4]) for n in range(60)))
            async with all_copies[0].reading() as db:
                assert await db.scalar(select(counters.c.value)) == 60

    async def test_an_error_undoes_everything(self, database: Database) -> None:
        with pytest.raises(IntegrityError):
            await self.meet_twice(database)
        async with database.reading() as db:
            assert await db.scalar(select(func.count()).select_from(rows)) == 0

    async def meet_twice(self, database: Database) -> None:
        async with database.transaction() as db:
            for _ in range(2):
                await db.execute(rows.insert().values(id=GUEST, name="Guest", created_at=NOW))

    async def test_reading_waits_for_no_writer_and_sees_nothing_half_done(self, database: Database) -> None:
        async with database.transaction() as writing:
            await people.meet(writing, GUEST, "Guest", NOW)
            async with asyncio.timeout(9), database.reading() as db:
                assert await people.load(db, GUEST) is None

    async def test_a_row_of_nobody_is_refused(self, database: Database) -> None:
        with pytest.raises(IntegrityError):
            await self.consent_of_nobody(database)

    async def consent_of_nobody(self, database: Database) -> None:
        async with database.transaction() as db:
            await people.agree(db, GUEST, "2026-1", people.Language.RU, NOW)

    async def test_what_hangs_on_a_person_goes_with_them(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await db.execute(rows.delete().where(rows.c.id == GUEST))
            assert await db.scalar(select(func.count()).where(consents.c.person_id == GUEST)) == 0


async def meet_somebody(database: Database) -> None:
    async with database.transaction() as db:
        await people.meet(db, GUEST, "Guest", NOW)


class TestSqlite:
    """What SQLite must be told, since nothing of it is its habit."""

    @pytest.fixture
    async def file(self, sqlite_url: str) -> Database:
        return Database(sqlite_url)

    @pytest.mark.parametrize(
        ("pragma", "value"),
        [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
    )
    async def test_each_connection_is_prepared(self, file: Database, pragma: str, value: object) -> None:
        """2 is FULL: what was confirmed to Telegram survives a power cut."""
        async with file.reading() as db:
            found = await db.scalar(text(f"PRAGMA {pragma}"))
        await file.close()
        assert found == value

    async def test_whoever_gives_up_waiting_for_the_lock_leaves_nothing_behind(self, file: Database) -> None:
        """The thread may get the lock after nobody wants it any more."""
        other = sqlite3.connect(str(file.file), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.4, other.execute, "COMMIT")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await meet_somebody(file)
        other.execute("PRAGMA busy_timeout=2000")
        other.execute("BEGIN IMMEDIATE")  # nobody holds the lock
        other.execute("COMMIT")
        await meet_somebody(file)
        async with file.reading() as db:
            assert await people.load(db, GUEST) is not None
        other.close()
        await file.close()

    async def test_a_connection_that_is_closed_keeps_no_lock_for_a_cursor_that_lives(self, file: Database) -> None:
        """As the traceback of a task that was cancelled in the midst of many rows may hold one."""
        async with file.reading():  # it exists
            closed = sqlite3.connect(str(file.file), isolation_level=None, factory=inline.Driver)
        closed.execute("BEGIN IMMEDIATE")
        cursor = closed.execute("SELECT 1 UNION SELECT 2")
        assert cursor.fetchone() == (1,)
        closed.close()
        async with asyncio.timeout(5):
            await meet_somebody(file)
        assert cursor is not None
        await file.close()

    async def test_a_commit_waits_for_a_slow_disk_in_its_thread(
        self, file: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        threads = []

        def told(connection: inline.SqliteConnection, commit: Callable[[], None]) -> None:
            threads.append(threading.current_thread())
            commit()

        monkeypatch.setattr(inline, "COMMITS_MAY_WAIT", True)
        monkeypatch.setattr(inline, "QUICK", 0.0)
        monkeypatch.setattr(inline.SqliteConnection, "_timed", told)
        await meet_somebody(file)
        assert [thread is threading.main_thread() for thread in threads] == [False]
        async with file.reading() as db:
            assert await people.load(db, GUEST) is not None
        await file.close()

    async def test_where_it_lives_is_known(self, file: Database, tmp_path_factory: pytest.TempPathFactory) -> None:
        assert file.file is not None
        assert file.file.name == "kopir.db"
        await file.close()

    async def test_in_memory_it_lives_nowhere(self) -> None:
        assert Database("sqlite+aiosqlite:///:memory:").file is None


class TestWhoseFaultItIs:
    @pytest.mark.parametrize(
        "url", ["sqlite+aiosqlite:////no/such/folder/kopir.db", "postgresql+asyncpg://kopir@127.0.0.1:1/kopir"]
    )
    async def test_a_database_that_is_not_there_is_away(self, url: str) -> None:
        absent = Database(url, pooled=False)
        with pytest.raises(Exception) as raised:  # noqa: PT011 - each driver has errors of its own
            async with absent.transaction():
                pass
        await absent.close()
        await asyncio.sleep(0.05)  # aiosqlite's thread answers once more after a failure, and shouts at a closed loop
        assert is_away(raised.value)

    @pytest.mark.parametrize("wrong", ["SELECT nonsense FROM nowhere", "INSERT INTO departments (id) VALUES (1)"])
    async def test_what_was_asked_wrongly_is_not_the_databases_fault(self, database: Database, wrong: str) -> None:
        with pytest.raises(DBAPIError) as raised:
            async with database.transaction() as db:
                await db.execute(text(wrong))
        assert not is_away(raised.value)

    async def test_a_connection_that_is_cut_is_away(self, postgresql_url: str) -> None:
        async with copies(postgresql_url, 2) as (one, other):
            with pytest.raises(DBAPIError) as raised:
                await self._cut_by(other, one)
        assert is_away(raised.value)

    async def _cut_by(self, other: Database, one: Database) -> None:
        async with one.transaction() as db:
            pid = await db.scalar(select(func.pg_backend_pid()))
            async with other.transaction() as hand:
                await hand.execute(select(func.pg_terminate_backend(pid)))
            await db.execute(text("SELECT 1"))
