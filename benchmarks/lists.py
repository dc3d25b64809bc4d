"""`python -m benchmarks.lists`: what people look at, in a database of 1,000,000 questions beside one of 10,000.

Both have the same register of 5,000 NGOs and the same first 10,000 questions, 200 of each of 50 NGOs, a fifth of them
open; the large one has 990,000 closed ones besides, 200 of each other NGO. So the looks find the same in both. Measured
is the database's time as the program sees it, with SQLAlchemy, the driver and the rows read into values: a page of an
NGO's open and closed questions, a department's list, a card with its history, and the search in the register, with the
comparison of names. SQLite is a file; PostgreSQL comes out of a wheel, with its own settings.
"""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from time import perf_counter

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks import KEPT, MISSED, ended, report
from benchmarks.imports import invented_register
from benchmarks.sweep import LARGE, MORNING, ON_POSTGRESQL, ON_SQLITE, SMALL, created, known, postgresql, settled
from domain.people import Person, RepresentativeState
from domain.register import _word_likeness, fold, parse_bin
from storage import beginnings, departments, migrate, people, questions, register, tables
from storage.database import Database
from storage.tables import Moment

ORGANIZATIONS, OF_THE_SMALL = 5_000, 50
"""NGOs in both, and those among them that the first 10,000 questions are of."""
TIMES = 41
MS, GROWTH = 10.0, 1.2
"""What is promised: less than so many milliseconds, and no more than so many times what a small database takes."""
LINES = 12
"""Of the history of the question whose card is opened: as long as one becomes that was reopened."""
NAME_RU, NAME_KK = "ОО «Павлодарское общество слепых»", "«Ертіс жастары» қоғамдық бірлестігі"
"""Two NGOs among those with invented names."""
TODAY, UNTIL = date(2026, 3, 20), date(2026, 3, 26)
AIGERIM = 4_200_000_017
"""She speaks for the seventeenth NGO."""
REGISTER = [*invented_register(ORGANIZATIONS - 2), (NAME_RU, None, "disability"), (NAME_KK, None, "youth")]

Look = Callable[[AsyncConnection], Awaitable[object]]


@dataclass
class Measured:
    """One look at one kind of database: milliseconds, of the small and of the large one."""

    kind: str
    what: str
    small: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Of the fastest, which the machine's other work disturbs least."""
        return min(self.large) / min(self.small)

    @property
    def kept(self) -> bool:
        return median(self.large) < MS and self.growth <= GROWTH


def main() -> int:
    """Print the table; 1 when something promised does not hold."""
    found = asyncio.run(_measure())
    sys.stdout.write(_report(found))
    return KEPT if all(one.kept for one in found) else MISSED


async def _measure() -> list[Measured]:
    with tempfile.TemporaryDirectory(prefix="kopir-lists-") as folder, postgresql() as server:
        files = [f"sqlite+aiosqlite:///{folder}/{size}.db" for size in (SMALL, LARGE)]
        found = await _of_kind("SQLite", files)
        return found + await _of_kind("PostgreSQL", [await created(server, f"l{size}") for size in (SMALL, LARGE)])


async def _of_kind(kind: str, urls: list[str]) -> list[Measured]:
    """Small and large take turns, so that a busy minute of the machine falls on both."""
    async with _filled(urls[0], SMALL) as small, _filled(urls[1], LARGE) as large:
        both = [(database, await _looks(database)) for database in (small, large)]
        found = [Measured(kind, what) for what in both[0][1]]
        for turn in range(TIMES + 1):
            for one in found:
                for (database, looks), times in zip(both, (one.small, one.large), strict=True):
                    took = await _timed(database, looks[one.what])
                    if turn:  # the first warms up
                        times.append(took)
    return found


async def _timed(database: Database, look: Look) -> float:
    """Milliseconds, within a transaction that reads, as the program looks."""
    async with database.reading() as db:
        begun = perf_counter()
        found = await look(db)
        took = 1000 * (perf_counter() - begun)
    assert found, "nothing was found: that is no measurement"
    return took


# --- what is looked at ----------------------------------------------------------------------------------------------


async def _looks(database: Database) -> dict[str, Look]:
    async with database.reading() as db:
        person = await people.load(db, AIGERIM)
        assert person is not None
        number = (await questions.of_ngo(db, person, closed=False, page=0)).found[0].number
    bin_ = REGISTER[0][1] or ""
    return {
        "/my, open": lambda db: _page_of(db, person, False),
        "/my, closed": lambda db: _page_of(db, person, True),
        "/inbox": _inbox,
        "a card with its history": lambda db: _card(db, person, number),
        "search: Russian": lambda db: _found(db, "общество слепых", NAME_RU),
        "search: Russian, mistyped": lambda db: _found(db, "опщество слипых", NAME_RU),
        "search: Kazakh": lambda db: _found(db, "Ертіс жастары", NAME_KK),
        "search: Kazakh typed in Russian": lambda db: _found(db, "ертис жастары", NAME_KK),
        "search: BIN": lambda db: register.by_bin(db, parse_bin(bin_)),
    }


async def _page_of(db: AsyncConnection, person: Person, closed: bool) -> object:
    return (await questions.of_ngo(db, person, closed=closed, page=0)).found


async def _inbox(db: AsyncConnection) -> object:
    return (await questions.inbox_of(db, 1, today=TODAY, soon=TODAY + timedelta(days=5), page=0)).found


async def _card(db: AsyncConnection, person: Person, number: str) -> object:
    question = await questions.visible_to(db, person, number)
    history = await questions.history(db, question.id, inside=False)
    await questions.attachments_of(db, history[0].id)
    return len(history) == LINES


async def _found(db: AsyncConnection, typed: str, meant: str) -> bool:
    fold.cache_clear()
    _word_likeness.cache_clear()
    return meant in [organization.name for organization in await register.search(db, typed)]


# --- the databases --------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _filled(url: str, size: int) -> AsyncIterator[Database]:
    await migrate.upgrade(url)
    database = Database(url)
    try:
        async with database.transaction() as db:
            await _people(db)
            await _ask(db, 1, SMALL, _OPEN_OR_CLOSED, 0, OF_THE_SMALL)
            if size > SMALL:
                await _ask(db, SMALL + 1, size, "'closed'", OF_THE_SMALL, ORGANIZATIONS - OF_THE_SMALL)
            await _write_history(db)
        if not database.is_sqlite:
            await settled(database)
        yield database
    finally:
        await database.close()


async def _people(db: AsyncConnection) -> None:
    """Five departments of three officials, the register, and a representative of each of its NGOs."""
    await beginnings.begin(db)
    for department in await departments.all_departments(db):
        for place in range(3):
            person = 4_100_000_000 + 10 * department.id + place
            await known(db, person)
            await people.serve_in(db, person, department.id, place == 0, MORNING)
    await register.enter_many(db, REGISTER, MORNING)
    everybody = [4_200_000_000 + n for n in range(1, ORGANIZATIONS + 1)]
    about = {"language": "ru", "created_at": MORNING}
    await db.execute(tables.people.insert(), [{"id": id_, "name": "Somebody", **about} for id_ in everybody])
    verified = {"state": RepresentativeState.VERIFIED, "since": MORNING}
    speaks = [{"person_id": id_, "organization_id": n, **verified} for n, id_ in enumerate(everybody, 1)]
    await db.execute(tables.representatives.insert(), speaks)


_INSERT = """
    INSERT INTO questions (number, draft, kind, status, text, language, public, author_id, organization_id, topic_id,
        department_id, responsible_id, registered_at, counted_from, term, due_on, reopened, remind_on, rungs)
    {numbers}
    SELECT '2026-' || (100000 + n), 'draft ' || n, 'question', {status},
        'We ask for help with the hall for a concert of the society of the blind, with a piano and a ramp. № ' || n
        || ' Мы просим помочь с залом для концерта общества слепых: нужны рояль и пандус, сцена на двадцать человек.',
        'ru', true, 4200000001 + :from_ngo + n % :ngos, 1 + :from_ngo + n % :ngos, 1 + n % 12, 1 + n / 250 % 5,
        CASE WHEN n % 3 = 0 THEN NULL ELSE 4100000010 + 10 * (n / 250 % 5) + n % 3 END,
        :registered, :registered, 15, :until, false, :until, 0
    FROM numbers
"""
_OPEN_OR_CLOSED = "CASE WHEN n % 250 >= 50 THEN 'closed' WHEN n % 4 = 0 THEN 'registered' ELSE 'in_work' END"
_LINE = """
    INSERT INTO entries (question_id, at, action, actor_id, actor_side, text)
    SELECT id, registered_at, {action}, author_id, 'ngo', {text} FROM questions WHERE {which}
"""


async def _ask(db: AsyncConnection, first: int, last: int, status: str, from_ngo: int, ngos: int) -> None:
    """Enter the questions of these numbers, of so many NGOs from one on."""
    numbers = ON_SQLITE if db.dialect.name == "sqlite" else ON_POSTGRESQL
    query = text(_INSERT.format(numbers=numbers, status=status)).bindparams(
        bindparam("registered", MORNING - timedelta(days=14), Moment()),
        first=first,
        last=last,
        from_ngo=from_ngo,
        ngos=ngos,
        until=UNTIL,
    )
    await db.execute(query)


async def _write_history(db: AsyncConnection) -> None:
    """Of each question that it was asked; of hers, whatever she opens, some more besides."""
    await db.execute(text(_LINE.format(action="'ask'", text="''", which="true")))
    more = text(_LINE.format(action="'add'", text="'More of it: ' || text", which="author_id = :author"))
    for _ in range(LINES - 1):
        await db.execute(more, {"author": AIGERIM})


# --- the report -----------------------------------------------------------------------------------------------------


def _report(found: list[Measured]) -> str:
    lines = [
        f"| | | {SMALL:,}: median, ms | fastest, ms | {LARGE:,}: median, ms | fastest, ms | growth | |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    lines += [
        f"| {one.kind} | {one.what} | {median(one.small):.2f} | {min(one.small):.2f} | {median(one.large):.2f} |"
        f" {min(one.large):.2f} | {one.growth:.2f} | {'' if one.kept else 'MISSED'} |"
        for one in found
    ]
    return report(
        lines,
        _CONDITIONS,
        ms=MS,
        growth=GROWTH,
        times=TIMES,
        ngos=ORGANIZATIONS,
        lines=LINES,
    )


_CONDITIONS = """\
{ngos:,} NGOs in both registers; the card has {lines} lines of history.
Promised: the median under {ms:.0f} ms; the fastest of the large database no more than {growth} times that of the \
small one. Each search is by words that nobody typed before: nothing of the comparison of names is remembered.
{times} times each, after one to warm up, small and large in turn; the machine's load is {load:.1f} on {cores} cores."""


if __name__ == "__main__":
    sys.exit(ended(main))
