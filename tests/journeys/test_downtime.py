"""The bot was away, or its clock was wrong: what was missed is told once, as the newest of it, to each person once.

One story is played once, morning by morning, and its database is copied just before each kind of slot. From there each
test is down for a while, comes back as another copy, and looks who hears what.
"""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.jobs import begin_the_day
from domain.calendar import days, next_allowed, quiet
from domain.city import City
from domain.people import Language
from storage.tables import slots
from tests.town import Somebody, Town

EN = Language.EN
CITY = City()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(day: str, clock: str = "09:10:00") -> datetime:
    """A moment of 2026 by the city's clock: `at("12.03", "08:59:30")`."""
    return datetime.strptime(f"{day}.2026 {clock}", "%d.%m.%Y %H:%M:%S").replace(tzinfo=CITY.zone)


# --- the story ------------------------------------------------------------------------------------------------------

NAMES = ("daniyar", "botagoz", "saule", "erlan", "aigerim")
"""The responsible official, the head, an administrator, the deputy mayor, the NGO."""

BEFORE = {
    # Two questions of 2 March, due on 26 March 2026; 9 and 23-25 March are days off.
    "half-term": at("12.03", "08:59:30"),
    "card": at("13.03", "09:04:30"),
    "week": at("16.03", "09:04:30"),
    "3 days": at("18.03", "08:59:30"),
    "1 day": at("20.03", "08:59:30"),
    "the date": at("26.03", "08:59:30"),
    "1 late": at("27.03", "08:59:30"),
    "2 late": at("30.03", "08:59:30"),
    "3 late": at("31.03", "08:59:30"),
    "5 late": at("02.04", "08:59:30"),
}
"""Half a minute before each kind of slot. One day late the head hears, three the administrators, five the deputy."""


@dataclass
class Story:
    """The people, and how their chats and the database stood before each slot."""

    ids: dict[str, int]
    numbers: list[str]
    databases: dict[str, bytes] = field(default_factory=dict)
    messages: dict[str, dict[str, int]] = field(default_factory=dict)


_told: list[Story] = []


@pytest.fixture
async def story(sqlite_url: str, tmp_path: Path) -> Story:
    """Played once for all tests of this process."""
    if not _told:
        _told.append(await _played(sqlite_url, tmp_path))
    return _told[0]


async def _played(url: str, folder: Path) -> Story:
    town = await Town(url).open()
    people, numbers = await a_house(town)
    story = Story({name: people[name].id for name in NAMES}, numbers)
    last = max(BEFORE.values())
    for day in days(date(2026, 3, 3), last.date()):
        for slot, moment in BEFORE.items():
            if moment.date() == day:
                await passes(town, moment)
                story.databases[slot] = _copy(url, folder / "copy.db")
                story.messages[slot] = {name: people[name].phone.room.last_message_id for name in NAMES}
        await passes(town, datetime.combine(day, time(9, 10), CITY.zone))
    await town.close()
    return story


async def a_house(town: Town) -> tuple[dict[str, Somebody], list[str]]:
    """Aigerim and Yerlan of another NGO have asked one question each; Daniyar has taken both."""
    saule = await town.an_admin(language=EN)
    daniyar = await town.an_official(saule, language=EN)
    botagoz = await town.an_official(saule, "Botagoz", language=EN, head=True)
    erlan = town.stranger("Erlan", EN)
    await erlan.meets_the_bot(await town.invited(saule, "Deputy mayor"))
    aigerim = await town.an_ngo(saule, language=EN)
    yerlan = await town.an_ngo(saule, "Yerlan", "Клуб «Тірек»", EN)
    numbers = []
    for asker in (aigerim, yerlan):
        numbers.append(await town.a_question(asker))
        await daniyar.presses("take")
    return dict(zip(NAMES, (daniyar, botagoz, saule, erlan, aigerim), strict=True)), numbers


async def passes(town: Town, moment: datetime) -> None:
    town.clock.moment = moment.astimezone(UTC)
    await town.app.tick()
    await town.settle()


def _copy(url: str, target: Path) -> bytes:
    source, copy = sqlite3.connect(url.partition("///")[2]), sqlite3.connect(target)
    source.backup(copy)
    copy.close()
    source.close()
    return target.read_bytes()


def _put(database: bytes, url: str) -> None:
    Path(url.partition("///")[2]).write_bytes(database)


# --- down and up again ----------------------------------------------------------------------------------------------

DOWN = {"1 minute": MINUTE, "1 hour": HOUR, "26 hours": 26 * HOUR, "8 days": 8 * DAY}

# R: one reminder, with what of it is newest; D: the morning card; W: the week's summary; L: "the answer is late".
# What comes due for one person at one moment is one message: "R:due+D".
# "heard on" is the first working moment after the bot is back: 26 hours after a Friday are a Saturday.
EXPECTED = """
slot      | down     | heard on    | daniyar       | botagoz      | saule      | erlan     | aigerim
half-term | 1 minute | 12.03 09:00 | R:half        |              |            |           |
half-term | 1 hour   | 12.03 09:59 | R:half+D      | D            |            |           |
half-term | 26 hours | 13.03 10:59 | R:half+D      | D            |            |           |
half-term | 8 days   | 20.03 09:10 | R:one+D       | D+W          | W          |           |
card      | 1 minute | 13.03 09:05 | D             | D            |            |           |
card      | 1 hour   | 13.03 10:04 | D             | D            |            |           |
card      | 26 hours | 16.03 09:10 | D             | D+W          | W          |           |
card      | 8 days   | 26.03 09:10 | R:due+D       | D+W          | W          |           |
week      | 1 minute | 16.03 09:05 | D             | D+W          | W          |           |
week      | 1 hour   | 16.03 10:04 | D             | D+W          | W          |           |
week      | 26 hours | 17.03 11:04 | D             | D+W          | W          |           |
week      | 8 days   | 26.03 09:10 | R:due+D       | D+W          | W          |           |
3 days    | 1 minute | 18.03 09:00 | R:three       |              |            |           |
3 days    | 1 hour   | 18.03 09:59 | R:three+D     | D            |            |           |
3 days    | 26 hours | 19.03 10:59 | R:three+D     | D            |            |           |
3 days    | 8 days   | 26.03 09:10 | R:due+D       | D+W          | W          |           |
1 day     | 1 minute | 20.03 09:00 | R:one         |              |            |           |
1 day     | 1 hour   | 20.03 09:59 | R:one+D       | D            |            |           |
1 day     | 26 hours | 26.03 09:10 | R:due+D       | D+W          | W          |           |
1 day     | 8 days   | 30.03 09:10 | R:late2+D     | R:late2+D+W  | W          |           | L
the date  | 1 minute | 26.03 09:00 | R:due         |              |            |           |
the date  | 1 hour   | 26.03 09:59 | R:due+D       | D+W          | W          |           |
the date  | 26 hours | 27.03 10:59 | R:late1+D     | R:late1+D+W  | W          |           | L
the date  | 8 days   | 03.04 09:10 | R:late6+D     | R:late6+D+W  | R:late6+W  | R:late6   | L
1 late    | 1 minute | 27.03 09:00 | R:late1       | R:late1      |            |           | L
1 late    | 1 hour   | 27.03 09:59 | R:late1+D     | R:late1+D    |            |           | L
1 late    | 26 hours | 30.03 09:10 | R:late2+D     | R:late2+D+W  | W          |           | L
1 late    | 8 days   | 06.04 09:10 | R:late7+D     | R:late7+D+W  | R:late7+W  | R:late7   | L
2 late    | 1 minute | 30.03 09:00 | R:late2       |              |            |           |
2 late    | 1 hour   | 30.03 09:59 | R:late2+D     | D+W          | W          |           |
2 late    | 26 hours | 31.03 10:59 | R:late3+D     | D+W          | R:late3+W  |           |
2 late    | 8 days   | 07.04 09:10 | R:late8+D     | D+W          | R:late8+W  | R:late8   |
3 late    | 1 minute | 31.03 09:00 | R:late3       |              | R:late3    |           |
3 late    | 1 hour   | 31.03 09:59 | R:late3+D     | D            | R:late3    |           |
3 late    | 26 hours | 01.04 10:59 | R:late4+D     | D            | R:late4    |           |
3 late    | 8 days   | 08.04 09:10 | R:late9+D     | D+W          | R:late9+W  | R:late9   |
5 late    | 1 minute | 02.04 09:00 | R:late5       |              |            | R:late5   |
5 late    | 1 hour   | 02.04 09:59 | R:late5+D     | D            |            | R:late5   |
5 late    | 26 hours | 03.04 10:59 | R:late6+D     | D            |            | R:late6   |
5 late    | 8 days   | 10.04 09:10 | R:late11+D    | D+W          | W          | R:late11  |
"""
_ROWS = [[cell.strip() for cell in line.split("|")] for line in EXPECTED.strip().splitlines()[1:]]
CASES = {(slot, down): (on, dict(zip(NAMES, heard, strict=True))) for slot, down, on, *heard in _ROWS}


def test_the_table_has_every_slot_and_span() -> None:
    assert sorted(CASES) == sorted((slot, down) for slot in BEFORE for down in DOWN)


@pytest.mark.parametrize(("slot", "down"), CASES)
async def test_after_downtime(slot: str, down: str, story: Story, sqlite_url: str) -> None:
    """Down from just before the slot; then who hears what, and that nobody hears it again a minute later."""
    _put(story.databases[slot], sqlite_url)
    town = Town(sqlite_url, now=BEFORE[slot].astimezone(UTC))
    town.admin_id = story.ids["saule"]
    people = {name: _comes_back(town, name, story, slot) for name in NAMES}
    town.clock.skip(DOWN[down])
    await town.open()
    await passes(town, town.clock.now())
    if quiet(town.clock.now(), CITY.calendar, CITY.hours, CITY.zone):
        assert all(heard(somebody, story) == "" for somebody in people.values()), "nobody is woken"
        await passes(town, next_allowed(town.clock.now(), CITY.calendar, CITY.hours, CITY.zone) + 10 * MINUTE)
    on = f"{town.clock.now().astimezone(CITY.zone):%d.%m %H:%M}"
    told = {name: heard(somebody, story) for name, somebody in people.items()}
    await passes(town, town.clock.now() + MINUTE)
    await town.restart()
    await passes(town, town.clock.now() + MINUTE)
    assert {name: heard(somebody, story) for name, somebody in people.items()} == told, "nothing is said twice"
    await town.close()
    assert (on, told) == CASES[slot, down]


def _comes_back(town: Town, name: str, story: Story, slot: str) -> Somebody:
    somebody = town.stranger(name.title(), EN, story.ids[name])
    somebody.phone.room.started = True
    somebody.phone.room.last_message_id = story.messages[slot][name]
    return somebody


_STAGES = {
    "Half of the term has passed": "half",
    "Due within 3 working days": "three",
    "Due on the next working day": "one",
    "Due today": "due",
    "Overdue": "late",
}


def heard(somebody: Somebody, story: Story) -> str:
    return " ".join(_short(said, story) for said in somebody.texts)


_PARTS = {
    "Reminder": "R",
    "Culture and languages, ": "D",
    "The last week": "W",
    "№ 2026-000001: the answer is late": "L",
}


def parts(said: str) -> list[str]:
    """A message cut where one of its parts begins."""
    cut: list[str] = []
    for line in said.splitlines():
        if line.startswith(tuple(_PARTS)) or not cut:
            cut.append(line)
        else:
            cut[-1] += f"\n{line}"
    return cut


def _short(said: str, story: Story) -> str:
    return "+".join(_part(part, story) for part in parts(said))


def _part(said: str, story: Story) -> str:
    """What kind of message it is; a reminder must name both questions."""
    if said.startswith("Reminder"):
        stage = _STAGES[said.splitlines()[2]]
        both = all(number in said for number in story.numbers)
        late = {line for line in said.splitlines() if line.startswith("Late by ")}
        count = "".join(line.split()[2] for line in late)
        return f"R:{stage}{count}" if both else f"not both: {said}"
    return next((short for beginning, short in _PARTS.items() if said.startswith(beginning)), said)


# --- a clock that is wrong ------------------------------------------------------------------------------------------


def reminders(somebody: Somebody) -> list[str]:
    return [_STAGES[said.splitlines()[2]] for said in heard_parts(somebody) if said.startswith("Reminder")]


def heard_parts(somebody: Somebody) -> list[str]:
    return [part for said in somebody.texts for part in parts(said)]


async def test_a_clock_set_back_an_hour_repeats_nothing(town: Town) -> None:
    people, _ = await a_house(town)
    await passes(town, at("12.03"))
    before = {name: len(somebody.texts) for name, somebody in people.items()}
    for clock in ("08:10:00", "08:40:00", "09:00:00", "09:05:00", "09:10:00", "09:11:00"):
        await passes(town, at("12.03", clock))
    assert {name: len(somebody.texts) for name, somebody in people.items()} == before
    await passes(town, at("18.03"))
    assert reminders(people["daniyar"]) == ["half", "three"]


async def test_a_clock_two_days_ahead_and_put_right_again_repeats_and_skips_nothing(town: Town) -> None:
    people, _ = await a_house(town)
    daniyar = people["daniyar"]
    for day in ("12.03", "16.03", "18.03"):  # on the 16th somebody puts it two days ahead
        await passes(town, at(day))
    for day in ("16.03", "17.03", "18.03", "19.03", "20.03", "26.03", "27.03"):
        await passes(town, at(day, "09:20:00"))
    assert reminders(daniyar) == ["half", "three", "one", "due", "late"]
    cards = [said.splitlines()[0] for said in heard_parts(daniyar) if said.startswith("Culture and languages, ")]
    assert [n for n in Counter(cards).values() if n > 1] == []
    assert len(cards) == 8  # 12, 16, 17, 18, 19, 20, 26 and 27 March


# --- replays --------------------------------------------------------------------------------------------------------


async def replay(town: Town, since: datetime, until: datetime) -> dict[str, list[tuple[date, datetime]]]:
    """The clock ticks each half an hour of UTC. Of each daily job: its dates, and when by the city's clock."""
    done: dict[str, list[tuple[date, datetime]]] = {}
    town.clock.moment = since
    while town.clock.moment < until:
        await begin_the_day(town.app.database, town.city, town.clock)
        town.clock.skip(timedelta(minutes=30))
    async with town.app.database.reading() as db:
        for key, moment in sorted(tuple(row) for row in await db.execute(select(slots.c.key, slots.c.at))):
            job, _, day = key.rpartition(" ")
            if key.startswith(("reminders", "digest")):
                done.setdefault(job, []).append((date.fromisoformat(day), moment.astimezone(town.city.zone)))
    return done


async def test_the_zone_changes_in_the_night_to_1_march_2024(sqlite_url: str) -> None:
    """Pavlodar went from UTC+6 to UTC+5: the hour before midnight of 29 February came twice."""
    assert {ZoneInfo("Asia/Almaty").utcoffset(datetime(2024, m, 10)) for m in (2, 4)} == {5 * HOUR, 6 * HOUR}  # noqa: DTZ001
    town = await Town(sqlite_url, now=datetime(2024, 2, 26, 6, tzinfo=UTC)).open()
    await a_house(town)
    done = await replay(town, datetime(2024, 2, 27, 18, tzinfo=UTC), datetime(2024, 3, 3, 19, tzinfo=UTC))
    await town.close()
    worked = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]
    assert [day for day, _ in done["reminders"]] == worked
    assert [f"{moment:%d.%m %H:%M %z}" for _, moment in done["reminders"]] == [
        "28.02 09:00 +0600",
        "29.02 09:00 +0600",
        "01.03 09:00 +0500",
    ]
    assert [f"{moment:%d.%m %H:%M %z}" for _, moment in done["digest 3"]] == [
        "28.02 09:30 +0600",
        "29.02 09:30 +0600",
        "01.03 09:30 +0500",
    ]


YEAR_ENDS = {
    # from 29 December to 6 January: what is worked, counted in the Government's calendars
    2024: "30.12 31.12 05.01 06.01",  # 29 December is a Sunday; Friday 3 January was moved to Sunday 5 January
    2025: "29.12 30.12 31.12 05.01 06.01",
    2026: "29.12 30.12 31.12 05.01 06.01",
    2027: "29.12 30.12 31.12 05.01 06.01",
}


@pytest.mark.parametrize("year", YEAR_ENDS)
async def test_each_job_once_a_working_day_over_the_end_of_a_year(year: int, sqlite_url: str) -> None:
    town = await Town(sqlite_url, now=datetime(year, 12, 14, 6, tzinfo=UTC)).open()
    await a_house(town)
    done = await replay(town, datetime(year, 12, 28, 19, tzinfo=UTC), datetime(year + 1, 1, 6, 19, tzinfo=UTC))
    await town.close()
    assert set(done) == {"reminders", "digest 3"}
    for job, times in done.items():
        assert " ".join(f"{day:%d.%m}" for day, _ in times) == YEAR_ENDS[year], job
        assert all(moment.date() == day for day, moment in times)
        assert {f"{moment:%H:%M}" for _, moment in times} == {"09:00" if job == "reminders" else "09:30"}
