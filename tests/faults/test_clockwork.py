"""Copies of the clock are killed at random moments, and each morning's work is done once all the same.

Every copy is a process that asks the database what is due. From morning to morning the clock jumps; in between some
copies are killed with SIGKILL in the middle of a tick and started anew. What stands in the outbox at the end must be,
row by row, what one copy writes that nobody disturbs.
"""

import asyncio
import json
import multiprocessing
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.jobs import begin_the_day
from domain.people import CONSENT_VERSION, Language, Names
from domain.question import Kind
from storage import departments, migrate, people
from storage.database import Database
from storage.tables import outbox, questions, slots
from tests.faults.clockwork import CITY, SharedClock, run
from tests.faults.machine import EVERYTHING, seconds

ADMIN, DEPUTY_MAYOR, AUTHOR = 301, 401, 501
REGISTERED = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""Monday, 11:00 in Pavlodar."""
TERMS = (1, 5, 15, 15, 30)
"""Of the questions of one department: all become late, at different times."""
DEPARTMENTS = 3
PATIENCE = 120.0


def mornings(count: int) -> list[datetime]:
    """09:10 in Pavlodar on so many working days: reminders and morning cards are due."""
    days = [CITY.calendar.add(CITY.today(REGISTERED), n) for n in range(1, count + 1)]
    return [datetime.combine(day, time(9, 10), CITY.zone) for day in days]


async def _house(database: Database) -> None:
    """In each department a head, an official and five questions, of which the official took every other one."""
    async with database.transaction() as db:
        await people.appoint(db, [ADMIN], REGISTERED)
        await _known(db, AUTHOR)
        await _known(db, DEPUTY_MAYOR)
        await people.make_deputy_mayor(db, DEPUTY_MAYOR, REGISTERED)
        for n in range(1, DEPARTMENTS + 1):
            department = await departments.found(db, Names(f"D{n}", f"D{n}", f"D{n}"), [])
            for person, is_head in ((100 + n, False), (200 + n, True)):
                await _known(db, person)
                await people.serve_in(db, person, department, is_head, REGISTERED)
            for place, term in enumerate(TERMS):
                await db.execute(questions.insert().values(_question(department, n, place, term)))


async def _known(db: Any, person: int) -> None:
    await people.meet(db, person, "Somebody", REGISTERED)
    await people.agree(db, person, CONSENT_VERSION, Language.EN, REGISTERED)


def _question(department: int, n: int, place: int, term: int) -> dict[str, Any]:
    taken = place % 2 == 0
    return {
        "number": f"2026-{n:03d}{place:03d}",
        "draft": f"draft {n} {place}",
        "kind": Kind.QUESTION,
        "status": "in_work" if taken else "registered",
        "text": "A question",
        "language": "en",
        "public": True,
        "author_id": AUTHOR,
        "department_id": department,
        "responsible_id": 100 + n if taken else None,
        "registered_at": REGISTERED,
        "counted_from": REGISTERED,
        "term": term,
        "due_on": CITY.due_on(Kind.QUESTION, REGISTERED, term),
    }


# --- the copies -----------------------------------------------------------------------------------------------------


@dataclass
class Copies:
    """So many processes with the clock of one database. Only they are ever killed, by their own handles."""

    url: str
    file: Path
    wanted: int
    processes: list[Any] = field(default_factory=list)
    busy: list[Any] = field(default_factory=list)

    def start(self) -> None:
        busy = _FORKS.Value("i", 0)
        process = _FORKS.Process(target=run, args=(self.url, str(self.file), busy), daemon=True)
        process.start()
        self.processes.append(process)
        self.busy.append(busy)

    def kill(self, place: int) -> bool:
        """Without a word, and another in its place. True when a tick was under way."""
        in_the_middle = bool(self.busy[place].value)
        self._end(place)
        self.start()
        return in_the_middle

    def _end(self, place: int) -> None:
        process, _ = self.processes.pop(place), self.busy.pop(place)
        assert process.is_alive(), f"the copy ended by itself with {process.exitcode}"
        process.kill()
        process.join()
        process.close()


# A server that has imported everything and forks each copy: a start takes a hundredth of a second instead of one.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.faults.clockwork"])


@contextmanager
def started(url: str, clock: SharedClock, wanted: int) -> Iterator[Copies]:
    copies = Copies(url, clock.file, wanted)
    try:
        for _ in range(wanted):
            copies.start()
        yield copies
    finally:
        for place in reversed(range(len(copies.processes))):
            copies._end(place)


# --- the story ------------------------------------------------------------------------------------------------------


async def test_two_copies_under_kills_do_each_morning_once(postgresql_url: str, tmp_path: Path) -> None:
    await each_morning_is_done_once(postgresql_url, tmp_path, copies=2, slots_=31, kills=20, seed=20260302)


@pytest.mark.skipif(not EVERYTHING, reason="KOPIR_FAULTS=all")
async def test_four_copies_under_a_hundred_kills(postgresql_url: str, tmp_path: Path) -> None:
    await each_morning_is_done_once(postgresql_url, tmp_path, copies=4, slots_=121, kills=100, seed=20260303)


@pytest.mark.skipif(not EVERYTHING, reason="KOPIR_FAULTS=all")
async def test_one_copy_on_sqlite_under_twenty_kills(sqlite_url: str, tmp_path: Path) -> None:
    await each_morning_is_done_once(sqlite_url, tmp_path, copies=1, slots_=121, kills=20, seed=20260304)


async def each_morning_is_done_once(url: str, folder: Path, *, copies: int, slots_: int, kills: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same moments in every run
    days = mornings(slots_)
    deadly = Counter(chance.choices(days, k=kills))
    expected = await undisturbed(folder / "undisturbed.db", days)
    clock = SharedClock(folder / "now")
    clock.set(REGISTERED - timedelta(days=1))  # a Sunday
    async with opened(url) as database:
        await _house(database)
        began, in_the_middle = seconds(), 0
        with started(url, clock, copies) as running:
            for morning in days:
                clock.set(morning)
                for _ in range(deadly[morning]):
                    await _until_busy(running, chance)
                    in_the_middle += running.kill(chance.randrange(copies))
                await _until_done(database, morning.date())
        took = seconds() - began
        assert await written(database) == expected
        done = await taken(database)
    once = {key for day in days for key in of_morning(day.date())} | {f"week {monday(day.date())}" for day in days}
    assert {key for key in done if key.startswith(("reminders ", "digest ", "week "))} == once
    count_by_hand(expected, days)
    assert in_the_middle >= kills // 4, "the kills fell between the ticks and showed nothing"
    print(f"{copies} copies, {slots_} mornings, {kills} kills, {in_the_middle} of them in a tick, {took:.0f} s")  # noqa: T201


def of_morning(day: date) -> list[str]:
    """The slots of a working day."""
    return [f"reminders {day}", *(f"digest {n} {day}" for n in range(1, DEPARTMENTS + 1))]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def count_by_hand(rows: list[tuple[Any, ...]], days: list[datetime]) -> None:
    """From the morning after the shortest term on everybody who holds a question hears of it each morning, once."""
    told = Counter(
        f"{template} {chat_id}" for _, chat_id, template, _ in (part for row in rows for part in _parts(row))
    )
    for n in range(1, DEPARTMENTS + 1):
        assert told[f"digest {100 + n}"] == told[f"digest {200 + n}"] == len(days)
        assert told[f"reminders {100 + n}"] == len(days), "the question of one day is late from the first morning on"
    mondays = len({monday(day.date()) for day in days})
    assert told[f"week {ADMIN}"] == told["week 201"] == mondays
    late = [_due(term) for term in TERMS if CITY.calendar.add(_due(term), 1) <= days[-1].date()]
    of_late = [
        line["question"] for row in rows for *_, name, facts in _parts(row) if name == "late" for line in facts["lines"]
    ]
    assert len(of_late) == len(set(of_late)) == DEPARTMENTS * len(late), "the NGO hears once of each"
    # Told of each of the terms of 1, 5, 15, 15 and 30 days once: of the two of 15 days in one message.
    assert told[f"reminders {DEPUTY_MAYOR}"] == sum(
        any(CITY.calendar.add(_due(term), 5) == day.date() for term in TERMS) for day in days
    )
    moments = Counter((row[1], row[4]) for row in rows)
    assert set(moments.values()) == {1}, "one message for one person and moment"


def _parts(row: tuple[Any, ...]) -> list[tuple[str, int, str, dict[str, Any]]]:
    """What one message tells: key, whom, and each part's template and facts."""
    key, chat_id, template, facts, _ = row
    found = json.loads(facts)
    parts = found["parts"] if template == "folded" else [(template, found)]
    return [(key, chat_id, name, more) for name, more in parts]


def _due(term: int) -> date:
    due_on = CITY.due_on(Kind.QUESTION, REGISTERED, term)
    assert due_on is not None
    return due_on


async def _until_busy(copies: Copies, chance: random.Random) -> None:
    """A moment at which some copy works, and then a little later: the kill falls anywhere in a tick."""
    async with asyncio.timeout(PATIENCE):
        while not any(busy.value for busy in copies.busy):  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0)
    await asyncio.sleep(chance.uniform(0, 0.02))


async def _until_done(database: Database, day: date) -> None:
    """Until somebody has done all of this morning; the next one comes only then."""
    wanted = of_morning(day)
    async with asyncio.timeout(PATIENCE):
        while True:
            async with database.reading() as db:
                if len(list(await db.scalars(select(slots.c.key).where(slots.c.key.in_(wanted))))) == len(wanted):
                    return
            await asyncio.sleep(0.005)


async def undisturbed(file: Path, days: list[datetime]) -> list[tuple[Any, ...]]:
    """What one copy writes on the same mornings when nothing happens to it."""
    url = f"sqlite+aiosqlite:///{file}"
    await migrate.upgrade(url)
    clock = SharedClock(file.with_name("calm"))
    async with opened(url) as database:
        await _house(database)
        for morning in days:
            clock.set(morning)
            await begin_the_day(database, CITY, clock)
        return await written(database)


async def written(database: Database) -> list[tuple[Any, ...]]:
    """Every promise: its key, whom, which template, the facts, the morning.

    But that messages are stuck: nobody delivers any here, and how old they are depends on the kills.
    """
    async with database.reading() as db:
        rows = await db.execute(select(outbox).where(outbox.c.template != "stuck"))
        found = [(r.key, r.chat_id, r.template, json.dumps(json.loads(r.facts)), r.created_at) for r in rows]
    assert len({row[0] for row in found}) == len(found)
    return sorted(found)


async def taken(database: Database) -> list[str]:
    async with database.reading() as db:
        return sorted(await db.scalars(select(slots.c.key)))


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, pooled=False)
    try:
        yield database
    finally:
        await database.close()
