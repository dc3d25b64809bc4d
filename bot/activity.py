"""Once a year every NGO is asked whether it still works: from 1 March, again a week before 31 March.

After that day administrators get one list of those who have not said so. Each is a slot, in working hours.
"""

from datetime import date, datetime, time

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.calendar import quiet
from domain.city import City
from storage import outbox, people, register, slots
from storage.outbox import Priority
from storage.register import Which, Year

_MARCH, _JUNE = 3, 6
_REMINDED_ON = 24
_ASKED, _REMINDED, _LISTED = "asked", "reminded", "listed"


def _due(today: date) -> str:
    """What this day is for; nothing outside of spring: a copy that was away for long does not begin in summer."""
    if today.month == _MARCH:
        return _REMINDED if today.day >= _REMINDED_ON else _ASKED
    return _LISTED if _MARCH < today.month < _JUNE else ""


async def ask_whether_ngos_work(db: AsyncConnection, city: City, now: datetime) -> bool:
    """What is due of it, once. False when nothing is, or it is not the hour for it."""
    today = city.today(now)
    due = _due(today)
    key = f"still active {today.year} {due}"
    if not due or quiet(now, city.calendar, city.hours, city.zone) or not await slots.take(db, key, now):
        return False
    first_day = date(today.year, 1, 1)
    year = Year(first_day, datetime.combine(first_day, time(), city.zone))
    if due == _LISTED:
        return await _list(db, key, year, now)
    return await _ask(db, key, year, now)


async def _ask(db: AsyncConnection, key: str, year: Year, now: datetime) -> bool:
    asked = await register.to_be_asked(db, year)
    for organization_id, person_ids in asked.items():
        facts = {"organization": organization_id, "year": year.first_day.year}
        for person_id in person_ids:
            of_person = f"{key} {person_id}"
            await outbox.say(db, person_id, "ngo_active", facts, now, priority=Priority.REMINDER, key=of_person)
    return bool(asked)


async def _list(db: AsyncConnection, key: str, year: Year, now: datetime) -> bool:
    """Nothing to say: no message."""
    n = await register.count(db, Which.UNCONFIRMED, year)
    if not n:
        return False
    for admin_id in await people.admin_ids(db):
        facts = {"n": n, "year": year.first_day.year}
        of_admin = f"{key} {admin_id}"
        await outbox.say(db, admin_id, "ngo_unconfirmed", facts, now, priority=Priority.REMINDER, key=of_admin)
    return True
