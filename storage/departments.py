"""Departments and topics: where a question goes, and how many working days its answer may take."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Names
from storage.prepared import prepared
from storage.tables import departments, forms, questions, topics


@dataclass(frozen=True, slots=True)
class Department:
    id: int
    names: Names
    two_keys: bool = False  # its answers need the head's word


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic leads to a department; `term` in working days, None: the city's default."""

    id: int
    names: Names
    department: Department
    term: int | None


def _department(row: Row[tuple[int, str, str, str, bool]]) -> Department:
    return Department(row.id, Names(row.name_en, row.name_ru, row.name_kk), row.two_keys)


async def all_departments(db: AsyncConnection) -> list[Department]:
    return [_department(row) for row in await db.execute(select(departments).order_by(departments.c.id))]


async def department(db: AsyncConnection, department_id: int) -> Department | None:
    row = (await db.execute(select(departments).where(departments.c.id == department_id))).one_or_none()
    return _department(row) if row else None


_TOPICS = prepared(
    select(
        topics,
        departments.c.name_en.label("department_en"),
        departments.c.name_ru.label("department_ru"),
        departments.c.name_kk.label("department_kk"),
    )
    .join(departments, departments.c.id == topics.c.department_id)
    .order_by(topics.c.id)
)


_TOPIC = prepared(_TOPICS.where(topics.c.id == bindparam("topic")))


def _topic(row: Row[Any]) -> Topic:
    department = Department(row.department_id, Names(row.department_en, row.department_ru, row.department_kk))
    return Topic(row.id, Names(row.name_en, row.name_ru, row.name_kk), department, row.term)


async def all_topics(db: AsyncConnection) -> list[Topic]:
    return [_topic(row) for row in await db.execute(_TOPICS)]


async def topic(db: AsyncConnection, topic_id: int) -> Topic | None:
    row = (await db.execute(_TOPIC, {"topic": topic_id})).one_or_none()
    return _topic(row) if row else None


async def set_term(db: AsyncConnection, topic_id: int, term: int | None) -> None:
    """Working days for questions of this topic asked from now on; None: the city's term."""
    await db.execute(update(topics).where(topics.c.id == topic_id).values(term=term))


async def topics_of(db: AsyncConnection, department_id: int) -> list[Topic]:
    return [topic for topic in await all_topics(db) if topic.department.id == department_id]


async def rename(db: AsyncConnection, department_id: int, names: Names) -> None:
    await db.execute(update(departments).where(departments.c.id == department_id).values(_columns(names)))


async def set_two_keys(db: AsyncConnection, department_id: int, wanted: bool) -> None:
    """Whether answers of its officials need the head's word from now on; what waits for it still does."""
    await db.execute(update(departments).where(departments.c.id == department_id).values(two_keys=wanted))


async def add_topic(db: AsyncConnection, department_id: int, names: Names) -> int:
    row = topics.insert().values(department_id=department_id, **_columns(names))
    topic_id: int = (await db.execute(row.returning(topics.c.id))).scalar_one()
    return topic_id


async def rename_topic(db: AsyncConnection, topic_id: int, names: Names) -> None:
    await db.execute(update(topics).where(topics.c.id == topic_id).values(_columns(names)))


async def move_topic(db: AsyncConnection, topic_id: int, department_id: int) -> None:
    """Questions asked from now on go there; those already asked stay where they are."""
    await db.execute(update(topics).where(topics.c.id == topic_id).values(department_id=department_id))


async def count_of_topic(db: AsyncConnection, topic_id: int) -> int:
    """How many questions were ever asked under it."""
    return await db.scalar(select(func.count()).select_from(questions).where(questions.c.topic_id == topic_id)) or 0


async def merge_topics(db: AsyncConnection, gone_id: int, stays_id: int) -> int | None:
    """Everything asked under the first is of the second now, and the first is no more. Returns how many questions.

    None when one of them is not there (any more). Locked: two administrators may merge them crosswise at this moment,
    and somebody may be sending a question under the first.
    """
    both = select(topics.c.id).where(topics.c.id.in_([gone_id, stays_id])).order_by(topics.c.id)
    if len(list(await db.scalars(both.with_for_update()))) < 2:
        return None
    moved = await db.execute(update(questions).where(questions.c.topic_id == gone_id).values(topic_id=stays_id))
    await _ask_for_the_topic_again(db, gone_id)
    await db.execute(delete(topics).where(topics.c.id == gone_id))
    return int(moved.rowcount)


async def _ask_for_the_topic_again(db: AsyncConnection, topic_id: int) -> None:
    """Drafts that chose it choose anew; an id that is free may be given to another topic, so none may keep it."""
    query = select(forms.c.person_id, forms.c.data).where(forms.c.name == "ask")
    for row in list(await db.execute(query.where(forms.c.data.like(f'%"topic": {topic_id}%')))):
        data = json.loads(row.data)
        if data.get("topic") == topic_id:
            kept = json.dumps({key: value for key, value in data.items() if key != "topic"})
            here = (forms.c.person_id == row.person_id) & (forms.c.name == "ask")
            await db.execute(update(forms).where(here).values(data=kept, step="topic"))


def _columns(names: Names) -> dict[str, str]:
    return {"name_en": names.en, "name_ru": names.ru, "name_kk": names.kk}


async def found(db: AsyncConnection, names: Names, topic_names: list[Names]) -> int:
    """Enter a department with its topics; returns its id."""
    row = departments.insert().values(_columns(names))
    department_id: int = (await db.execute(row.returning(departments.c.id))).scalar_one()
    for name in topic_names:
        await add_topic(db, department_id, name)
    return department_id


async def count(db: AsyncConnection) -> int:
    return await db.scalar(select(func.count()).select_from(departments)) or 0
