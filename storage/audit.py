"""Who did what to others' data: one line, in the transaction of the deed; each line is sealed over the one before.

    hash = sha256(hash of the line before, at, actor, action, object, before, after, update)

`verify` walks the chain: a line that was changed, taken out or cut off at the end breaks it.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert
from storage.pages import Page, Section
from storage.tables import audit, audit_head

PAGE = 5
_HEAD = 1
"""The one row of `audit_head`."""
_BATCH = 5_000
"""Lines read at a time: a million of them must not stand in memory."""


@dataclass(frozen=True, slots=True)
class Line:
    """Who (nobody: the program, or somebody who was forgotten) did what to which thing, when, by which update."""

    id: int
    at: datetime
    actor_id: int | None
    action: str
    object: str
    before: str
    after: str
    update_id: int | None
    hash: str


def _line(row: Row[Any]) -> Line:
    return Line(**row._mapping)


def seal(previous: str, line: Line) -> str:
    """The line's hash. Migration 0003 holds a copy of this for the lines that are older than the chain."""
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [previous, at, line.actor_id, line.action, line.object, line.before, line.after, line.update_id]
    return sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


async def write(
    db: AsyncConnection,
    now: datetime,
    actor_id: int | None,
    action: str,
    object_: str,
    *,
    before: str = "",
    after: str = "",
    update_id: int | None = None,
) -> None:
    """`object_` names the thing by kind and id (`person 42`), never by a personal name.

    Other writers wait for this transaction at the chain's end: so this is the last step of an action.
    """
    await db.execute(insert(db, audit_head).values(id=_HEAD, lines=0, hash="").on_conflict_do_nothing())
    head = (await db.execute(select(audit_head).where(audit_head.c.id == _HEAD).with_for_update())).one()
    line = Line(0, now, actor_id, action, object_, before, after, update_id, "")
    values = {name: getattr(line, name) for name in audit.c.keys() if name != "id"}  # noqa: SIM118 - columns by name
    values["hash"] = seal(head.hash, line)
    await db.execute(audit.insert().values(values))
    await db.execute(
        update(audit_head).where(audit_head.c.id == _HEAD).values(lines=head.lines + 1, hash=values["hash"])
    )


# --- is it whole ----------------------------------------------------------------------------------------------------


class Fault(StrEnum):
    """What is wrong with the chain, at the first place where it breaks."""

    CHANGED = "changed"  # the line does not bear the hash of what it says
    MISSING = "missing"  # lines after this one were taken out
    CUT = "cut"  # lines at the end, after this one, were cut off
    ADDED = "added"  # lines after this one never went through the program


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many lines there are, and the first fault; `line` is the number of the line it names."""

    lines: int
    hash: str
    fault: Fault | None = None
    line: int = 0


async def verify(db: AsyncConnection) -> Verdict:
    """Walk the whole chain, batch by batch. The first thing its transaction does: all of it is one look."""
    if db.dialect.name == "postgresql":
        await db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    head = (await db.execute(select(audit_head))).first()
    lines, end = (head.lines, head.hash) if head else (0, "")
    stored = await db.scalar(select(func.count()).select_from(audit)) or 0
    seen, last, previous = 0, 0, ""
    async for line in _all(db):
        if line.hash != seal(previous, line):
            taken_out = stored < lines and line.id > last + 1
            return Verdict(stored, end, *((Fault.MISSING, last) if taken_out else (Fault.CHANGED, line.id)))
        if seen == lines:
            return Verdict(stored, end, Fault.ADDED, last)
        seen, last, previous = seen + 1, line.id, line.hash
    if seen < lines:
        return Verdict(stored, end, Fault.CUT, last)
    return Verdict(stored, end, *(() if previous == end else (Fault.CHANGED, last)))


async def _all(db: AsyncConnection) -> AsyncIterator[Line]:
    """Every line in the order of the chain: numbers grow with it, since writers take turns."""
    last = 0
    while True:
        batch = list(await db.execute(select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(_BATCH)))
        for row in batch:
            yield _line(row)
        if len(batch) < _BATCH:
            return
        last = batch[-1].id


# --- looking things up ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines: of a person, about an object (`question 2026-000042`) or a kind of them, between two moments."""

    actor_id: int | None = None
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None


def _where(sought: Sought) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [true()]
    if sought.actor_id is not None:
        wanted.append(audit.c.actor_id == sought.actor_id)
    if sought.object:
        kind = audit.c.object.startswith(f"{sought.object} ", autoescape=True)
        wanted.append(or_(audit.c.object == sought.object, kind))
    if sought.since is not None:
        wanted.append(audit.c.at >= sought.since)
    if sought.until is not None:
        wanted.append(audit.c.at < sought.until)
    return and_(*wanted)


async def page(db: AsyncConnection, sought: Sought, number: int) -> Page[Line]:
    section = Section(number, await count(db, sought), PAGE)
    query = select(audit).where(_where(sought)).order_by(audit.c.id.desc()).limit(PAGE).offset(section.first)
    return Page([_line(row) for row in await db.execute(query)], section)


async def count(db: AsyncConnection, sought: Sought) -> int:
    return await db.scalar(select(func.count()).select_from(audit).where(_where(sought))) or 0


async def newest(db: AsyncConnection, sought: Sought, limit: int) -> list[Line]:
    query = select(audit).where(_where(sought)).order_by(audit.c.id.desc()).limit(limit)
    return [_line(row) for row in await db.execute(query)]


async def actors(db: AsyncConnection, limit: int) -> list[int]:
    """Who did something, the latest first."""
    latest = func.max(audit.c.id)
    query = select(audit.c.actor_id).where(audit.c.actor_id.isnot(None)).group_by(audit.c.actor_id)
    return [actor for actor in await db.scalars(query.order_by(latest.desc()).limit(limit)) if actor is not None]
