"""What time caused, once: whoever inserts a slot's row does its work, in the same transaction.

Restarts, downtime and several copies need nothing else: a copy that dies gives the slot back, a second finds it taken.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert
from storage.tables import slots

KEPT = timedelta(days=400)


async def taken(db: AsyncConnection, key: str) -> bool:
    return (await db.execute(select(slots.c.key).where(slots.c.key == key))).first() is not None


async def take(db: AsyncConnection, key: str, now: datetime) -> bool:
    """True for the one who may do it. Another copy that tries at the same moment waits here for our commit.

    It is looked at before: most of the day it is taken, and nothing is written then.
    """
    if await taken(db, key):
        return False
    row = insert(db, slots).values(key=key, at=now).on_conflict_do_nothing()
    return bool((await db.execute(row)).rowcount == 1)


async def purge(db: AsyncConnection, now: datetime) -> None:
    await db.execute(delete(slots).where(slots.c.at < now - KEPT))
