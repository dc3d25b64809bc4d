"""The register of NGOs: entered, found by BIN and by a name with mistakes in it, changed, merged, asked once a year."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, literal, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Organization, OrganizationState, RepresentativeState
from domain.register import MATCH, likeness, trigrams
from storage.pages import Page, Section
from storage.tables import invitations, organization_trigrams, organizations, promises, questions, representatives

_PRESELECTED = 40
"""How many names that share the most trigrams are compared closely."""
_AT_ONCE = 500
"""Records entered by one statement: a list of ten thousand has a quarter of a million trigrams."""
_TO_BE_CHOSEN = frozenset(OrganizationState) - {OrganizationState.DECLINED, OrganizationState.MERGED}


MOVING = (questions, promises, representatives, invitations)
"""Tables whose rows belong to an NGO."""
_people = representatives.alias("people_of_it")


def _organization(row: Row[Any]) -> Organization:
    return Organization(
        row.id,
        row.name,
        row.bin,
        row.field,
        OrganizationState(row.state),
        row.reason,
        row.active_on,
        row.stopped_on,
        row.merged_into,
    )


# --- finding --------------------------------------------------------------------------------------------------------


async def by_id(db: AsyncConnection, organization_id: int, *, to_change: bool = False) -> Organization | None:
    """The record of this id, merged or not; locked when it is to be changed, racing another administrator."""
    query = select(organizations).where(organizations.c.id == organization_id)
    row = (await db.execute(query.with_for_update() if to_change else query)).one_or_none()
    return _organization(row) if row else None


async def standing(db: AsyncConnection, organization_id: int) -> Organization | None:
    """The record of this id, or the one into which it was merged: what an old button means today."""
    found = await by_id(db, organization_id)
    return await by_id(db, found.merged_into) if found and found.merged_into else found


async def by_bin(db: AsyncConnection, bin_: str) -> Organization | None:
    row = (await db.execute(select(organizations).where(organizations.c.bin == bin_))).one_or_none()
    if row is None:
        return None
    return await by_id(db, row.merged_into) if row.merged_into else _organization(row)


async def search(
    db: AsyncConnection, query: str, limit: int = 5, *, states: Collection[OrganizationState] = _TO_BE_CHOSEN
) -> list[Organization]:
    """NGOs whose name is like the query, in Russian or Kazakh, mistakes forgiven; the likeliest first."""
    asked = trigrams(query)
    if not asked:
        return []
    each = (
        select(organization_trigrams.c.organization_id, func.count().label("shared"))
        .where(organization_trigrams.c.trigram.in_(sorted(asked)[:100]))
        .group_by(organization_trigrams.c.organization_id)
        .subquery()
    )
    best = (
        select(each.c.organization_id)  # joined once a name, not once a trigram
        .join(organizations, organizations.c.id == each.c.organization_id)
        .where(organizations.c.state.in_(sorted(states)))
        .order_by(each.c.shared.desc(), each.c.organization_id)
        .limit(_PRESELECTED)
        .subquery()
    )
    found = await db.execute(select(organizations).join(best, best.c.organization_id == organizations.c.id))
    alike = [(degree, row) for row in found if (degree := likeness(query, row.name)) >= MATCH]
    alike.sort(key=lambda pair: (-pair[0], pair[1].name))
    return [_organization(row) for _, row in alike[:limit]]


class Which(StrEnum):
    """A part of the register that an administrator looks at."""

    ALL = "all"
    PROPOSED = "proposed"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    UNCONFIRMED = "unconfirmed"  # nobody has said this year that it works


@dataclass(frozen=True, slots=True)
class Year:
    """The city's year: its first day, and the moment that day began."""

    first_day: date
    began: datetime


def _is(which: Which, year: Year) -> ColumnElement[bool]:
    state = organizations.c.state
    match which:
        case Which.ALL:
            return state != OrganizationState.MERGED
        case Which.UNCONFIRMED:
            return _unconfirmed(year)
        case _:
            return state == OrganizationState(which)


def _unconfirmed(year: Year) -> ColumnElement[bool]:
    """Nobody said so this year, and nobody came to speak for it this year, which says as much."""
    came = exists(
        select(literal(1))
        .where(
            _people.c.organization_id == organizations.c.id,
            _people.c.state == RepresentativeState.VERIFIED,
            _people.c.since >= year.began,
        )
        .correlate(organizations)
    )
    unsaid = or_(organizations.c.active_on.is_(None), organizations.c.active_on < year.first_day)
    return and_(organizations.c.state == OrganizationState.REGISTERED, unsaid, ~came)


async def listed(db: AsyncConnection, which: Which, year: Year, page: int, size: int) -> Page[Organization]:
    """A page of this part of the register, by name."""
    section = Section(page, await count(db, which, year), size)
    query = select(organizations).where(_is(which, year)).order_by(organizations.c.name, organizations.c.id)
    rows = await db.execute(query.limit(size).offset(section.first))
    return Page([_organization(row) for row in rows], section)


async def count(db: AsyncConnection, which: Which, year: Year) -> int:
    return await db.scalar(select(func.count()).select_from(organizations).where(_is(which, year))) or 0


async def everything(db: AsyncConnection) -> list[Organization]:
    """The whole register, merged records too."""
    return [_organization(row) for row in await db.execute(select(organizations).order_by(organizations.c.id))]


@dataclass(frozen=True, slots=True)
class Belongings:
    """What hangs on a record, and moves with a merger."""

    questions: int
    representatives: int
    invitations: int


async def belongings(db: AsyncConnection, organization_id: int) -> Belongings:
    numbers = []
    for table in (questions, representatives, invitations):
        query = select(func.count()).select_from(table).where(table.c.organization_id == organization_id)
        if table is invitations:
            query = query.where(table.c.used_at.is_(None))
        numbers.append(await db.scalar(query) or 0)
    return Belongings(*numbers)


async def questions_of_each(db: AsyncConnection) -> dict[int, int]:
    """How many questions each NGO has asked."""
    query = select(questions.c.organization_id, func.count()).group_by(questions.c.organization_id)
    return {row[0]: row[1] for row in await db.execute(query)}


# --- entering and changing ------------------------------------------------------------------------------------------


async def enter(
    db: AsyncConnection, name: str, bin_: str | None, field: str, state: OrganizationState, now: datetime
) -> int:
    """A new record; returns its id. The BIN, when given, must not be in the register yet."""
    row = organizations.insert().values(name=name, bin=bin_, field=field, state=state, created_at=now)
    organization_id: int = (await db.execute(row.returning(organizations.c.id))).scalar_one()
    await _index(db, {organization_id: name})
    return organization_id


async def enter_many(db: AsyncConnection, new: Sequence[tuple[str, str | None, str]], now: datetime) -> None:
    """New registered records of (name, BIN, field), some hundreds by a statement."""
    returning = organizations.insert().returning(organizations.c.id, sort_by_parameter_order=True)
    for first in range(0, len(new), _AT_ONCE):
        part = new[first : first + _AT_ONCE]
        common = {"state": OrganizationState.REGISTERED, "created_at": now}
        rows = [{"name": name, "bin": bin_, "field": field, **common} for name, bin_, field in part]
        ids = list(await db.scalars(returning, rows))
        await _index(db, {id_: name for id_, (name, _, _) in zip(ids, part, strict=True)})


async def _index(db: AsyncConnection, names: Mapping[int, str]) -> None:
    found = [
        {"trigram": trigram, "organization_id": organization_id}
        for organization_id, name in names.items()
        for trigram in sorted(trigrams(name))
    ]
    if found:
        await db.execute(organization_trigrams.insert(), found)


async def _forget_index(db: AsyncConnection, organization_id: int) -> None:
    here = organization_trigrams.c.organization_id == organization_id
    await db.execute(delete(organization_trigrams).where(here))


async def change(db: AsyncConnection, organization_id: int, values: Mapping[str, str]) -> None:
    """New values of `name`, `bin`, `field` or `state`, whichever are given."""
    if not values:
        return
    await db.execute(update(organizations).where(organizations.c.id == organization_id).values(dict(values)))
    if "name" in values:
        await _forget_index(db, organization_id)
        await _index(db, {organization_id: values["name"]})


async def set_state(db: AsyncConnection, organization_id: int, state: OrganizationState, reason: str = "") -> None:
    here = organizations.c.id == organization_id
    await db.execute(update(organizations).where(here).values(state=state, reason=reason))


async def confirm(db: AsyncConnection, organization_id: int) -> None:
    """An administrator found that a proposed NGO is one. A suspended one stays suspended."""
    unsure = organizations.c.state.in_((OrganizationState.PROPOSED, OrganizationState.DECLINED))
    here = and_(organizations.c.id == organization_id, unsure)
    await db.execute(update(organizations).where(here).values(state=OrganizationState.REGISTERED, reason=""))


async def lock(db: AsyncConnection) -> None:
    """Nobody else changes the register until the commit: what was compared is what is changed.

    SQLite has one writer anyway.
    """
    if db.dialect.name == "postgresql":
        await db.execute(text("LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE"))


async def merge(db: AsyncConnection, gone: Organization, stays: Organization) -> None:
    """Everything of the record that goes belongs to the one that stays; a head there stays the head.

    Both must have been loaded `to_change`.
    """
    if await _has_head(db, stays.id):
        theirs = representatives.c.organization_id == gone.id
        await db.execute(update(representatives).where(theirs).values(is_head=False))
    for table in MOVING:
        moved = update(table).where(table.c.organization_id == gone.id)
        await db.execute(moved.values(organization_id=stays.id))
    earlier = update(organizations).where(organizations.c.merged_into == gone.id)
    await db.execute(earlier.values(merged_into=stays.id))
    await _forget_index(db, gone.id)
    kept_bin = None if stays.bin is None else gone.bin
    ended = {"state": OrganizationState.MERGED, "merged_into": stays.id, "bin": kept_bin}
    await db.execute(update(organizations).where(organizations.c.id == gone.id).values(ended))
    newest = max((day for day in (gone.active_on, stays.active_on) if day), default=None)
    values = {"bin": stays.bin or gone.bin, "active_on": newest}
    await db.execute(update(organizations).where(organizations.c.id == stays.id).values(values))


async def _has_head(db: AsyncConnection, organization_id: int) -> bool:
    query = select(representatives.c.person_id).where(
        representatives.c.organization_id == organization_id, representatives.c.is_head
    )
    return (await db.execute(query.limit(1))).first() is not None


# --- still active? --------------------------------------------------------------------------------------------------


async def to_be_asked(db: AsyncConnection, year: Year) -> dict[int, list[int]]:
    """Who is asked whether their NGO still works: its head, else everybody verified. Not who said no this year."""
    query = (
        select(organizations.c.id, representatives.c.person_id, representatives.c.is_head)
        .join(representatives, representatives.c.organization_id == organizations.c.id)
        .where(
            _unconfirmed(year),
            or_(organizations.c.stopped_on.is_(None), organizations.c.stopped_on < year.first_day),
            representatives.c.state == RepresentativeState.VERIFIED,
        )
        .order_by(organizations.c.id, representatives.c.is_head.desc(), representatives.c.person_id)
    )
    asked: dict[int, list[int]] = defaultdict(list)
    headed: set[int] = set()
    for row in await db.execute(query):
        if row.id not in headed:
            asked[row.id].append(row.person_id)
        if row.is_head:
            headed.add(row.id)
    return asked


async def works(db: AsyncConnection, organization_id: int, today: date) -> None:
    """Its people say that it still works."""
    here = organizations.c.id == organization_id
    await db.execute(update(organizations).where(here).values(active_on=today, stopped_on=None))


async def stopped(db: AsyncConnection, organization_id: int, today: date) -> None:
    """Its people say that it works no longer. An administrator decides what follows."""
    here = organizations.c.id == organization_id
    await db.execute(update(organizations).where(here).values(stopped_on=today, active_on=None))
