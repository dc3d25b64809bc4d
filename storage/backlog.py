"""What waits, and since when: for the health check and the metrics."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.question import OPEN
from storage import stuck
from storage.outbox import Priority
from storage.tables import Moment, inbox, outbox, questions


@dataclass(frozen=True, slots=True)
class Backlog:
    """Ages in seconds; 0 when nothing waits. Announcements are bulk: they may wait long, and count apart."""

    updates: int
    oldest_update: float
    messages: int
    oldest_message: float
    announcements: int
    dead_updates: int
    failed_messages: int


async def backlog(db: AsyncConnection, now: datetime) -> Backlog:
    updates = (await db.execute(_updates(), {"now": now})).one()
    due = outbox.c.done_at.is_(None), outbox.c.not_before <= now
    ours = outbox.c.priority < Priority.ANNOUNCEMENT
    messages = (await db.execute(select(func.count(), func.min(outbox.c.not_before)).where(*due, ours))).one()
    bulk = await db.scalar(select(func.count()).select_from(outbox).where(*due, ~ours))
    return Backlog(
        updates[0],
        _age(updates[1], now),
        messages[0],
        _age(messages[1], now),
        bulk or 0,
        await stuck.count_letters(db),
        await stuck.count_refused(db),
    )


def _updates() -> Select[Any, Any]:
    """How many wait, and since when the oldest that may be handled has: who writes too fast waits on purpose."""
    pending = inbox.c.done_at.is_(None), inbox.c.dead_at.is_(None)
    place = func.row_number().over(partition_by=inbox.c.person_id, order_by=inbox.c.update_id)
    since = func.coalesce(inbox.c.not_before, inbox.c.received_at)
    waiting = select(since.label("since"), place.label("place")).where(*pending).subquery()
    due = (waiting.c.place == 1) & (waiting.c.since <= bindparam("now", type_=Moment))
    return select(func.count(), func.min(waiting.c.since).filter(due))


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


@dataclass(frozen=True, slots=True)
class Owed:
    """Open questions: all of them, due today, and late."""

    open: int
    due_today: int
    late: int


async def owed(db: AsyncConnection, today: date) -> Owed:
    here = questions.c.status.in_([status.value for status in OPEN])
    query = select(
        func.count(),
        func.count().filter(questions.c.due_on == today),
        func.count().filter(questions.c.due_on < today),
    )
    return Owed(*(await db.execute(query.where(here))).one())
