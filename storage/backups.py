"""Whose turn it is to make tonight's backup, and how the last ones ended. No copy is a leader: rows decide."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert
from storage.tables import slots as rows

ATTEMPTS = 3
"""A night: what failed three times an hour apart fails for a reason that a person must look at."""
BETWEEN = timedelta(hours=1)
"""From one attempt to the next. No attempt lasts as long, so a copy that died with it is not waited for longer."""
_DONE = "backup done"


class Trouble(StrEnum):
    """Why there is no backup."""

    NO_ROOM = "no room"  # on the backups' disk
    NO_TOOL = "no tool"  # pg_dump is not installed
    FAILED = "failed"  # the log says why


@dataclass(frozen=True, slots=True)
class State:
    """When a backup was made last, and when it failed last, and why."""

    done_at: datetime | None = None
    failed_at: datetime | None = None
    trouble: Trouble = Trouble.FAILED

    @property
    def failing(self) -> bool:
        return self.failed_at is not None and (self.done_at is None or self.done_at < self.failed_at)


async def state(db: AsyncConnection) -> State:
    failed = {f"backup {trouble}": trouble for trouble in Trouble}
    query = select(rows.c.key, rows.c.at).where(rows.c.key.in_([_DONE, *failed]))
    at = {row.key: row.at for row in await db.execute(query)}
    done_at = at.pop(_DONE, None)
    if not at:
        return State(done_at)
    last = max(at, key=lambda key: at[key])
    return State(done_at, at[last], failed[last])


async def next_attempt(db: AsyncConnection, today: date, now: datetime) -> str | None:
    """The slot of the attempt that is to be made now, for whoever takes it; again when one came to nothing."""
    keys = [f"backup {today} {n}" for n in range(1, ATTEMPTS + 1)]
    begun = {row.key: row.at for row in await db.execute(select(rows).where(rows.c.key.in_(keys)))}
    last = max(begun.values(), default=None)
    if last is not None and ((await state(db)).done_at or last - BETWEEN) >= last:
        return None  # it came to a good end
    if len(begun) == ATTEMPTS or (last is not None and now < last + BETWEEN):
        return None
    return keys[len(begun)]


async def ended(db: AsyncConnection, trouble: Trouble | None, now: datetime) -> None:
    key = f"backup {trouble}" if trouble else _DONE
    row = insert(db, rows).values(key=key, at=now)
    await db.execute(row.on_conflict_do_update(index_elements=["key"], set_={"at": now}))
