"""Where a person is in a dialogue: one row a form, read and changed in the update's own transaction.

Several forms may lie unfinished side by side (a question, an answer to each of two questions); at most one is open
and takes what the person types.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.prepared import Prepared, prepared
from storage.tables import forms


@dataclass(frozen=True, slots=True)
class Form:
    """An unfinished dialogue: its name (`ask`, `answer 2026-000042`), the step it waits at, what was said so far."""

    name: str
    step: str
    data: dict[str, Any]


def _form(row: Row[Any] | None) -> Form | None:
    return Form(row.name, row.step, json.loads(row.data)) if row else None


_THEIRS = forms.c.person_id == bindparam("person")
_OPEN = prepared(select(forms).where(_THEIRS, forms.c.open))
_NAMED = prepared(select(forms).where(_THEIRS, forms.c.name == bindparam("form")))
_LAY_OTHERS_ASIDE = prepared(
    update(forms).where(_THEIRS, forms.c.name != bindparam("form"), forms.c.open).values(open=False)
)
_DROP = prepared(delete(forms).where(_THEIRS, forms.c.name == bindparam("form")))


def _put(insert: Any) -> Any:
    row = insert(forms)
    changed = {name: row.excluded[name] for name in ("step", "data", "open", "updated_at")}
    return row.on_conflict_do_update(index_elements=["person_id", "name"], set_=changed)


_PUT = Prepared(_put)


async def open_form(db: AsyncConnection, person_id: int) -> Form | None:
    """The form that takes what the person types now."""
    return _form((await db.execute(_OPEN, {"person": person_id})).first())


async def find(db: AsyncConnection, person_id: int, name: str) -> Form | None:
    """An unfinished form, open or laid aside."""
    return _form((await db.execute(_NAMED, {"person": person_id, "form": name})).first())


async def all_of(db: AsyncConnection, person_id: int) -> list[Form]:
    """Every unfinished form of the person, the newest first."""
    query = select(forms).where(forms.c.person_id == person_id).order_by(forms.c.updated_at.desc())
    return [form for row in await db.execute(query) if (form := _form(row))]


async def change(db: AsyncConnection, person_id: int, name: str, data: dict[str, Any], now: datetime) -> None:
    """Change what a form holds and leave it where it is, open or laid aside."""
    here = (forms.c.person_id == person_id) & (forms.c.name == name)
    await db.execute(update(forms).where(here).values(data=json.dumps(data), updated_at=now))


async def put(db: AsyncConnection, person_id: int, form: Form, now: datetime, *, alone: bool = False) -> None:
    """Store the form and open it; any other open one is laid aside, not lost. `alone`: it is known that none is."""
    if not alone:
        await db.execute(_LAY_OTHERS_ASIDE, {"person": person_id, "form": form.name})
    values = {"step": form.step, "data": json.dumps(form.data), "open": True, "updated_at": now}
    await db.execute(_PUT.on(db), values | {"person_id": person_id, "name": form.name})


async def lay_aside(db: AsyncConnection, person_id: int) -> None:
    """No form takes the next message; what was written stays."""
    await db.execute(update(forms).where(forms.c.person_id == person_id, forms.c.open).values(open=False))


async def drop(db: AsyncConnection, person_id: int, name: str) -> None:
    """The dialogue is over, or the person dropped it."""
    await db.execute(_DROP, {"person": person_id, "form": name})
