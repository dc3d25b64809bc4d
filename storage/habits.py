"""What administrators changed of the city's habits: the calendar's corrections, the ladder, terms, the digest's time.

The settings say how the city begins; what stands here is stronger.
"""

from dataclasses import replace
from datetime import date, datetime, time

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.calendar import Correction, WorkingCalendar
from domain.city import City, DigestTime
from domain.ladder import Ladder
from storage.database import insert
from storage.prepared import prepared
from storage.tables import corrections, habits

_CHANGED = prepared(select(habits))
_CORRECTIONS = prepared(select(corrections).order_by(corrections.c.day))


async def of_city(db: AsyncConnection, city: City) -> City:
    """The city as it is now: settings, then what administrators changed."""
    changed = {row.name: row.value for row in await db.execute(_CHANGED)}
    city = replace(city, calendar=await calendar(db))
    if "ladder" in changed:
        city = replace(city, ladder=Ladder(*(int(days) for days in changed["ladder"].split(","))))
    if "term" in changed:
        city = replace(city, term=int(changed["term"]))
    if "digest" in changed:
        city = replace(city, digest=_digest_time(changed["digest"]))
    own = {int(name.split()[1]): _digest_time(value) for name, value in changed.items() if name.startswith("digest ")}
    return replace(city, own_digests=own)


def _digest_time(value: str) -> DigestTime:
    at, _, weekdays = value.partition(" ")
    return DigestTime(time.fromisoformat(at), frozenset(int(day) for day in weekdays.split(",")))


async def value(db: AsyncConnection, name: str) -> str | None:
    """As it was entered; None when no administrator changed it."""
    return await db.scalar(select(habits.c.value).where(habits.c.name == name))


async def change(db: AsyncConnection, name: str, value: str) -> None:
    """Enter `ladder` → `1,3,5` working days; `term` → `15`; `digest` or `digest 3` (a department) → `09:05 1,2,3,4,5`.

    The caller has checked the value.
    """
    row = insert(db, habits).values(name=name, value=value)
    await db.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


async def checked(db: AsyncConnection, year: int) -> bool:
    """Whether an administrator has compared this year's calendar with the decrees."""
    query = select(habits.c.name).where(habits.c.name == f"checked {year}")
    return (await db.execute(query)).first() is not None


async def calendar(db: AsyncConnection) -> WorkingCalendar:
    rows = await db.execute(_CORRECTIONS)
    return WorkingCalendar(tuple(Correction(r.day, r.working, r.reason_kk, r.reason_ru) for r in rows))


async def correct(db: AsyncConnection, correction: Correction, by: int | None, now: datetime) -> None:
    """Enter a day off or a working day; a later word on the same day takes the place of the earlier."""
    values = {
        "working": correction.working,
        "reason_kk": correction.reason_kk,
        "reason_ru": correction.reason_ru,
        "by": by,
        "at": now,
    }
    row = insert(db, corrections).values(day=correction.day, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["day"], set_=values))


async def uncorrect(db: AsyncConnection, day: date) -> bool:
    """Take a correction back; the library's word holds again. False when there was none."""
    return bool((await db.execute(delete(corrections).where(corrections.c.day == day))).rowcount)
