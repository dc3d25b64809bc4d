"""Leaves of officials: who is away now, and who stands in for them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Leave, stand_in
from storage.database import insert
from storage.prepared import prepared
from storage.tables import Moment, leaves, officials

_KEPT = timedelta(days=2)
"""After its end a leave is of no use, and while the table is empty nobody is asked for it."""

_deputy = officials.alias("deputy")
_head = officials.alias("head")


_AWAY = prepared(
    select(leaves.c.person_id, officials.c.department_id, _deputy.c.person_id.label("deputy_id"), _head.c.person_id)
    .join(officials, officials.c.person_id == leaves.c.person_id)
    .outerjoin(
        _deputy,
        and_(_deputy.c.person_id == leaves.c.deputy_id, _deputy.c.department_id == officials.c.department_id),
    )
    .outerjoin(_head, and_(_head.c.department_id == officials.c.department_id, _head.c.is_head))
    .where(leaves.c.since <= bindparam("now", type_=Moment), leaves.c.until > bindparam("now", type_=Moment))
)
_AWAY_IN_DEPARTMENT = prepared(_AWAY.where(officials.c.department_id == bindparam("department")))


async def stand_ins(db: AsyncConnection, now: datetime, department_id: int | None = None) -> dict[int, int]:
    """Who is on leave now, each with the colleague who gets their cards; nobody who has no such colleague.

    A deputy who left the department is none any more.
    """
    said: dict[str, Any] = {"now": now}
    if department_id is not None:
        said["department"] = department_id
    found = await db.execute(_AWAY if department_id is None else _AWAY_IN_DEPARTMENT, said)
    away: dict[int, dict[int, int | None]] = defaultdict(dict)
    heads: dict[int, int | None] = {}
    for person_id, of, deputy_id, head_id in found:
        away[of][person_id] = deputy_id
        heads[of] = head_id
    chosen = {p: stand_in(p, of_one, heads[d]) for d, of_one in away.items() for p in of_one}
    return {person_id: colleague for person_id, colleague in chosen.items() if colleague is not None}


def instead(person_ids: Iterable[int], chosen: dict[int, int]) -> list[int]:
    """Those who are really told: colleagues in the place of who is on leave, nobody twice, the order kept."""
    return list(dict.fromkeys(chosen.get(person_id, person_id) for person_id in person_ids))


async def of(db: AsyncConnection, person_id: int, now: datetime) -> Leave | None:
    """The leave this official is on or will go on."""
    row = (await db.execute(select(leaves).where(leaves.c.person_id == person_id, leaves.c.until > now))).first()
    return Leave(row.person_id, row.deputy_id, row.since, row.until) if row else None


async def of_department(db: AsyncConnection, department_id: int, now: datetime) -> dict[int, Leave]:
    """The leaves of its officials, running or ahead."""
    query = (
        select(leaves)
        .join(officials, officials.c.person_id == leaves.c.person_id)
        .where(officials.c.department_id == department_id, leaves.c.until > now)
    )
    found = await db.execute(query)
    return {row.person_id: Leave(row.person_id, row.deputy_id, row.since, row.until) for row in found}


async def enter(db: AsyncConnection, leave: Leave) -> None:
    """A new leave takes the place of the one that was planned."""
    values = {"deputy_id": leave.deputy_id, "since": leave.since, "until": leave.until}
    row = insert(db, leaves).values(person_id=leave.person_id, **values)
    await db.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=values))


async def end(db: AsyncConnection, person_id: int) -> bool:
    """The official is back, or does not go. False when there was no leave."""
    return bool((await db.execute(delete(leaves).where(leaves.c.person_id == person_id))).rowcount)


async def purge(db: AsyncConnection, now: datetime) -> None:
    await db.execute(delete(leaves).where(leaves.c.until < now - _KEPT))
