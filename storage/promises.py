"""The ledger of promises: made by answers, found by those who may see them, changed as `domain.promise` decided."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Names, Person, RepresentativeState
from domain.promise import RUNNING, Audience, Promise, PromiseChange, PromiseStatus, Step, visible
from domain.question import NotYours, Question
from storage import outbox
from storage import people as register_of_people
from storage.database import insert
from storage.pages import Page, Section
from storage.people import Directory
from storage.tables import (
    counters,
    departments,
    officials,
    organizations,
    people,
    promise_entries,
    promises,
    questions,
    representatives,
)

PAGE = 5

_owner = officials.alias("owner")
_owner_person = people.alias("owner_person")
_head = officials.alias("head")

_react_by = (
    select(promise_entries.c.until)
    .where(promise_entries.c.promise_id == promises.c.id, promise_entries.c.action == Step.KEEP)
    .order_by(promise_entries.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""Of a kept one: the last date for the NGO's word. Those kept before there was such a date have none."""

_PROMISES = (
    select(
        promises,
        _react_by.label("react_by"),
        questions.c.number.label("question_number"),
        organizations.c.name.label("organization_name"),
        *(departments.c[f"name_{x}"].label(f"department_{x}") for x in ("en", "ru", "kk")),
        _owner.c.person_id.label("works_there"),
        _owner.c.name.label("official_name"),
        _owner_person.c.name.label("telegram_name"),
        _head.c.person_id.label("head_id"),
    )
    .join(questions, questions.c.id == promises.c.question_id)
    .join(departments, departments.c.id == promises.c.department_id)
    .outerjoin(organizations, organizations.c.id == promises.c.organization_id)
    .outerjoin(
        _owner, and_(_owner.c.person_id == promises.c.owner_id, _owner.c.department_id == promises.c.department_id)
    )
    .outerjoin(_owner_person, _owner_person.c.id == _owner.c.person_id)
    .outerjoin(_head, and_(_head.c.department_id == promises.c.department_id, _head.c.is_head))
)


def _promise(row: Row[Any]) -> Promise:
    return Promise(
        id=row.id,
        number=row.number,
        question_id=row.question_id,
        question_number=row.question_number,
        department_id=row.department_id,
        department=Names(row.department_en, row.department_ru, row.department_kk),
        owner_id=row.works_there,
        owner_name=row.official_name or row.telegram_name or "",
        head_id=row.head_id,
        organization_id=row.organization_id,
        organization_name=row.organization_name or "",
        author_id=row.author_id,
        text=row.text,
        due_on=row.due_on,
        status=PromiseStatus(row.status),
        made_at=row.made_at,
        moved=row.moved,
        disputed=row.disputed,
        react_by=row.react_by if row.status == PromiseStatus.KEPT else None,
        remind_on=row.remind_on,
        rungs=row.rungs,
    )


async def make(
    db: AsyncConnection, answered: Question, by_id: int | None, text: str, due_on: date, now: datetime
) -> str:
    """What an answer promises enters the ledger, in the answer's transaction. Returns its number.

    The year of the number is that of UTC: in the first hours of the new year it is the old one.
    """
    number = await _next_number(db, now.year)
    row = promises.insert().values(
        number=number,
        question_id=answered.id,
        department_id=answered.department_id,
        owner_id=answered.responsible_id,
        organization_id=answered.organization_id,
        author_id=answered.author_id,
        text=text,
        due_on=due_on,
        status=PromiseStatus.OPEN,
        made_at=now,
    )
    promise_id = (await db.execute(row.returning(promises.c.id))).scalar_one()
    await _write_down(db, promise_id, Step.MAKE, by_id, "city", text, due_on, now)
    return number


async def _next_number(db: AsyncConnection, year: int) -> str:
    """The counter's row is locked until the commit, so numbers have no gaps."""
    row = insert(db, counters).values(name=f"promises {year}", value=1)
    row = row.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    value: int = (await db.execute(row.returning(counters.c.value))).scalar_one()
    return f"P-{year}-{value:04d}"


async def _write_down(
    db: AsyncConnection,
    promise_id: int,
    step: Step,
    actor_id: int | None,
    side: str,
    text: str,
    until: date | None,
    now: datetime,
) -> int:
    row = promise_entries.insert().values(
        promise_id=promise_id, at=now, action=step, actor_id=actor_id, actor_side=side, text=text, until=until
    )
    entry_id: int = (await db.execute(row.returning(promise_entries.c.id))).scalar_one()
    return entry_id


async def visible_to(db: AsyncConnection, person: Person, number: str, *, to_change: bool = False) -> Promise:
    """The promise, for somebody who may have it; locked when it is to be changed. Raises NotYours.

    The lock races a colleague who says something else of it at the same moment.
    """
    if not number.isprintable():
        raise NotYours  # made up: neither database takes NUL or half a surrogate pair even to compare
    if to_change:
        await db.execute(select(promises.c.id).where(promises.c.number == number).with_for_update())
    row = (await db.execute(_PROMISES.where(promises.c.number == number))).one_or_none()
    if row is None or not visible(promise := _promise(row), person):
        raise NotYours
    return promise


async def record(db: AsyncConnection, change: PromiseChange, now: datetime) -> int:
    """Store one step and promise what it makes to be told. Returns the history line's id."""
    after = change.after
    values = {
        "status": after.status,
        "due_on": after.due_on,
        "moved": after.moved,
        "disputed": after.disputed,
        "remind_on": after.remind_on,
        "rungs": after.rungs,
    }
    await db.execute(update(promises).where(promises.c.id == after.id).values(values))
    by, side = change.actor_id, change.side
    entry_id = await _write_down(db, after.id, change.step, by, side, change.text, change.until, now)
    told = [person_id for audience in change.tell for person_id in await recipients(db, after, audience, now)]
    for person_id in dict.fromkeys(told):
        if person_id != by:
            key = f"promise {entry_id} {person_id}"
            await outbox.say(db, person_id, "promise", {"entry": entry_id}, now, key=key, question_id=after.question_id)
    return entry_id


async def recipients(db: AsyncConnection, promise: Promise, audience: Audience, now: datetime) -> list[int]:
    """Whom this audience consists of now; colleagues in the place of who is on leave."""
    if audience is Audience.NGO:
        return await ngo(db, promise)
    directory = await register_of_people.directory(db, now)
    if audience is Audience.ADMINS:
        return directory.admins
    if audience is Audience.OWNER:
        return owners(promise, directory)
    return _head_or_all(promise, directory)


def owners(promise: Promise, directory: Directory) -> list[int]:
    """Who is to keep it: who made it or stands in for them; the head when they work there no more."""
    if promise.owner_id is not None:
        return [directory.responsible(promise.owner_id)]
    return _head_or_all(promise, directory)


def _head_or_all(promise: Promise, directory: Directory) -> list[int]:
    head = directory.heads.get(promise.department_id)
    return [head] if head else directory.officials.get(promise.department_id) or directory.admins


async def ngo(db: AsyncConnection, promise: Promise) -> list[int]:
    query = select(representatives.c.person_id).where(
        representatives.c.organization_id == promise.organization_id,
        representatives.c.state == RepresentativeState.VERIFIED,
    )
    found = set(await db.scalars(query)) if promise.organization_id else set()
    return sorted(found | ({promise.author_id} if promise.author_id else set()))


@dataclass(frozen=True, slots=True)
class PromiseEntry:
    """One line of a promise's history. `actor` is empty for a forgotten person."""

    at: datetime
    step: Step
    side: str
    actor: str
    text: str
    until: date | None


_actor = people.alias("actor")
_actor_official = officials.alias("actor_official")
_ENTRIES = (
    select(promise_entries, _actor.c.name.label("telegram_name"), _actor_official.c.name.label("official_name"))
    .outerjoin(_actor, _actor.c.id == promise_entries.c.actor_id)
    .outerjoin(_actor_official, _actor_official.c.person_id == promise_entries.c.actor_id)
)


def _entry(row: Row[Any]) -> PromiseEntry:
    actor = row.official_name or row.telegram_name or ""
    return PromiseEntry(row.at, Step(row.action), row.actor_side, actor, row.text, row.until)


async def history(db: AsyncConnection, promise_id: int) -> list[PromiseEntry]:
    query = _ENTRIES.where(promise_entries.c.promise_id == promise_id).order_by(promise_entries.c.id)
    return [_entry(row) for row in await db.execute(query)]


async def of_entry(db: AsyncConnection, entry_id: int) -> tuple[Promise, PromiseEntry] | None:
    """For a notice: the line it tells of, and the promise as it is now."""
    line = (await db.execute(_ENTRIES.where(promise_entries.c.id == entry_id))).one_or_none()
    if line is None:
        return None
    row = (await db.execute(_PROMISES.where(promises.c.id == line.promise_id))).one()
    return _promise(row), _entry(line)


async def of_question(db: AsyncConnection, question_id: int) -> list[Promise]:
    query = _PROMISES.where(promises.c.question_id == question_id).order_by(promises.c.id)
    return [_promise(row) for row in await db.execute(query)]


async def many(db: AsyncConnection, promise_ids: list[int]) -> list[Promise]:
    """For the program itself: these promises, by their ids."""
    query = _PROMISES.where(promises.c.id.in_(promise_ids)).order_by(promises.c.due_on, promises.c.id)
    return [_promise(row) for row in await db.execute(query)]


async def of(db: AsyncConnection, person: Person, *, closed: bool, page: int) -> Page[Promise]:
    """The promises this person may see: those to their NGO, those of their department, or all.

    Running ones by their date, ended ones the newest first.
    """
    state = promises.c.status.not_in(RUNNING) if closed else promises.c.status.in_(RUNNING)
    where = and_(_seen_by(person), state)
    total = await db.scalar(select(func.count()).select_from(promises).where(where)) or 0
    section = Section(page, total, PAGE)
    order = [promises.c.id.desc()] if closed else [promises.c.due_on, promises.c.id]
    rows = await db.execute(_PROMISES.where(where).order_by(*order).limit(PAGE).offset(section.first))
    return Page([_promise(row) for row in rows], section)


def _seen_by(person: Person) -> ColumnElement[bool]:
    """`domain.promise.visible`, as a condition."""
    if person.is_admin or person.is_deputy_mayor:
        return promises.c.id.isnot(None)
    mine = [promises.c.author_id == person.id]
    if person.organization_id is not None:
        mine.append(promises.c.organization_id == person.organization_id)
    if person.department_id is not None:
        mine.append(promises.c.department_id == person.department_id)
    return or_(*mine)


async def to_remind(db: AsyncConnection, today: date) -> list[Promise]:
    """Open promises whose next reminder day has come, or was not reckoned yet."""
    due = or_(promises.c.remind_on.is_(None), promises.c.remind_on <= today)
    query = _PROMISES.where(promises.c.status == PromiseStatus.OPEN, due).order_by(promises.c.id)
    return [_promise(row) for row in await db.execute(query)]


async def unjudged(db: AsyncConnection, today: date) -> list[Promise]:
    """Said to be kept, and the NGO's last day has passed; locked, for it may be saying something now."""
    here = and_(promises.c.status == PromiseStatus.KEPT, _react_by < today)
    found = list(await db.scalars(select(promises.c.id).where(here).order_by(promises.c.id).with_for_update()))
    return await many(db, found) if found else []


async def reminded(db: AsyncConnection, reckoned: list[tuple[int, date, int]]) -> None:
    """(id, next reminder day, rungs of the ladder that have heard) of each promise that was looked at."""
    if reckoned:
        row = update(promises).where(promises.c.id == bindparam("of"))
        row = row.values(remind_on=bindparam("next"), rungs=bindparam("heard"))
        await db.execute(row, [{"of": p, "next": day, "heard": rungs} for p, day, rungs in reckoned])
