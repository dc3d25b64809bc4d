"""A department's ready answers."""

from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Language, Names
from domain.template import Template
from storage.tables import templates


def _template(row: Row[Any]) -> Template:
    return Template(row.id, row.department_id, row.title, Names(row.text_en, row.text_ru, row.text_kk))


async def of_department(db: AsyncConnection, department_id: int) -> list[Template]:
    """In the order in which they were written."""
    query = select(templates).where(templates.c.department_id == department_id).order_by(templates.c.id)
    return [_template(row) for row in await db.execute(query)]


async def count(db: AsyncConnection, department_id: int) -> int:
    query = select(func.count()).select_from(templates).where(templates.c.department_id == department_id)
    return await db.scalar(query) or 0


async def template(db: AsyncConnection, template_id: int) -> Template | None:
    row = (await db.execute(select(templates).where(templates.c.id == template_id))).one_or_none()
    return _template(row) if row else None


async def enter(db: AsyncConnection, department_id: int, title: str, texts: Names) -> int:
    """Returns the new template's id."""
    values = {"text_en": texts.en, "text_ru": texts.ru, "text_kk": texts.kk}
    row = templates.insert().values(department_id=department_id, title=title, **values)
    template_id: int = (await db.execute(row.returning(templates.c.id))).scalar_one()
    return template_id


async def rename(db: AsyncConnection, template_id: int, title: str) -> None:
    await db.execute(update(templates).where(templates.c.id == template_id).values(title=title))


async def rewrite(db: AsyncConnection, template_id: int, language: Language, text: str) -> None:
    """Another text in one language; an empty one: there is none in it."""
    await db.execute(update(templates).where(templates.c.id == template_id).values({f"text_{language}": text}))


async def remove(db: AsyncConnection, template_id: int) -> None:
    await db.execute(delete(templates).where(templates.c.id == template_id))
