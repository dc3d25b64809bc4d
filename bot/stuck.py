"""Administrators hear once a day, in working hours, what got stuck: folded into one message."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.calendar import quiet
from domain.city import City
from storage import outbox, people, slots, stuck
from storage.outbox import Priority


async def tell(db: AsyncConnection, city: City, now: datetime) -> bool:
    """True when they were told. What they know of already is not told again."""
    key = f"stuck {city.today(now)}"
    if quiet(now, city.calendar, city.hours, city.zone) or await slots.taken(db, key):
        return False
    if not await stuck.anything_new(db, now) or not await slots.take(db, key, now):
        return False
    for admin in await people.admin_ids(db):
        await outbox.say(db, admin, "stuck", {}, now, priority=Priority.REMINDER, key=f"{key} {admin}")
    return True
