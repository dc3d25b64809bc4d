"""Departments and topics: where a question goes, and how many working days its answer may take."""

from dataclasses import dataclass

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Names
from storage.tables import departments, topics


@dataclass(frozen=True, slots=True)
class Department:
    id: int
    names: Names


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic leads to a department; `term` in working days, None: the city's default."""

    id: int
    names: Names
    department: Department
    term: int | None


def _department(row: Row[tuple[int, str, str, str]]) -> Department:
    return Department(row.id, Names(row.name_en, row.name_ru, row.name_kk))


async def all_departments(db: AsyncConnection) -> list[Department]:
    return [_department(row) for row in await db.execute(select(departments).order_by(departments.c.id))]


async def department(db: AsyncConnection, department_id: int) -> Department | None:
    row = (await db.execute(select(departments).where(departments.c.id == department_id))).one_or_none()
    return _department(row) if row else None


_TOPICS = (
    select(
        topics,
        departments.c.name_en.label("department_en"),
        departments.c.name_ru.label("department_ru"),
        departments.c.name_kk.label("department_kk"),
    )
    .join(departments, departments.c.id == topics.c.department_id)
    .order_by(topics.c.id)
)


async def all_topics(db: AsyncConnection) -> list[Topic]:
    return [
        Topic(
            row.id,
            Names(row.name_en, row.name_ru, row.name_kk),
            Department(row.department_id, Names(row.department_en, row.department_ru, row.department_kk)),
            row.term,
        )
        for row in await db.execute(_TOPICS)
    ]


async def topic(db: AsyncConnection, topic_id: int) -> Topic | None:
    return next((t for t in await all_topics(db) if t.id == topic_id), None)


async def set_term(db: AsyncConnection, topic_id: int, term: int | None) -> None:
    """Working days for questions of this topic asked from now on; None: the city's term."""
    await db.execute(update(topics).where(topics.c.id == topic_id).values(term=term))


async def found(db: AsyncConnection, names: Names, topic_names: list[Names]) -> int:
    """Enter a department with its topics; returns its id."""
    values = {"name_en": names.en, "name_ru": names.ru, "name_kk": names.kk}
    department_id: int = (
        await db.execute(departments.insert().values(values).returning(departments.c.id))
    ).scalar_one()
    for name in topic_names:
        await db.execute(
            topics.insert().values(department_id=department_id, name_en=name.en, name_ru=name.ru, name_kk=name.kk)
        )
    return department_id


async def count(db: AsyncConnection) -> int:
    return await db.scalar(select(func.count()).select_from(departments)) or 0
