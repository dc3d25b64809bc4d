"""Parts of questions: what was asked of another department, by when, and the history line that says it is done."""

from datetime import date
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.part import Part
from domain.people import Names
from domain.question import OPEN
from storage.tables import departments, entries, parts, questions

_later = parts.alias("later")
_newest = (
    select(func.max(_later.c.id))
    .where(_later.c.question_id == parts.c.question_id, _later.c.department_id == parts.c.department_id)
    .scalar_subquery()
)
"""Of one department's parts in a question only the last can be waited for: earlier ones ended with an answer."""

_PARTS = (
    select(
        parts,
        _newest.label("newest"),
        departments.c.name_en,
        departments.c.name_ru,
        departments.c.name_kk,
        questions.c.parts_owed,
        entries.c.text,
        entries.c.at,
    )
    .join(departments, departments.c.id == parts.c.department_id)
    .join(questions, questions.c.id == parts.c.question_id)
    .outerjoin(entries, entries.c.id == parts.c.entry_id)
    .order_by(parts.c.id)
)


def _part(row: Row[Any]) -> Part:
    return Part(
        row.id,
        row.question_id,
        row.department_id,
        Names(row.name_en, row.name_ru, row.name_kk),
        row.task,
        row.due_on,
        owed=row.entry_id is None and row.newest == row.id and str(row.department_id) in row.parts_owed.split(","),
        text=row.text or "",
        done_at=row.at,
    )


async def _found(db: AsyncConnection, query: Select[Any]) -> list[Part]:
    return [_part(row) for row in await db.execute(query)]


async def ask(db: AsyncConnection, question_id: int, department_id: int, task: str, due_on: date) -> None:
    """This department does this part, and is reminded of it on its date."""
    row = {"question_id": question_id, "department_id": department_id, "task": task, "due_on": due_on}
    await db.execute(parts.insert().values(**row, remind_on=due_on))


async def of_question(db: AsyncConnection, question_id: int) -> list[Part]:
    return await _found(db, _PARTS.where(parts.c.question_id == question_id))


async def owed_by(db: AsyncConnection, department_id: int) -> list[Part]:
    """What a department still has to do of other departments' questions, the most urgent first."""
    query = _PARTS.where(_OPEN, parts.c.department_id == department_id, parts.c.entry_id.is_(None))
    return sorted((part for part in await _found(db, query) if part.owed), key=lambda part: (part.due_on, part.id))


async def many(db: AsyncConnection, part_ids: list[int]) -> list[Part]:
    return await _found(db, _PARTS.where(parts.c.id.in_(part_ids)))


async def done(db: AsyncConnection, question_id: int, department_id: int, entry_id: int) -> None:
    """What this department owed of it is done, as the history line says."""
    last = select(func.max(_later.c.id)).where(
        _later.c.question_id == question_id, _later.c.department_id == department_id
    )
    here = (parts.c.id == last.scalar_subquery()) & parts.c.entry_id.is_(None)
    await db.execute(update(parts).where(here).values(entry_id=entry_id, remind_on=None))


async def drop(db: AsyncConnection, question_id: int, department_id: int) -> None:
    """The department has the whole now."""
    here = (parts.c.question_id == question_id) & (parts.c.department_id == department_id) & parts.c.entry_id.is_(None)
    await db.execute(delete(parts).where(here))


_OPEN = questions.c.status.in_(OPEN)


async def to_remind(db: AsyncConnection, today: date) -> list[Part]:
    """Parts that are waited for and whose reminder day has come."""
    query = _PARTS.where(_OPEN, parts.c.entry_id.is_(None), parts.c.remind_on <= today)
    return [part for part in await _found(db, query) if part.owed]


async def reminded(db: AsyncConnection, reckoned: list[tuple[int, date]]) -> None:
    """(id, next reminder day) of each part that was reminded of."""
    if reckoned:
        row = update(parts).where(parts.c.id == bindparam("of")).values(remind_on=bindparam("next"))
        await db.execute(row, [{"of": part, "next": day} for part, day in reckoned])
