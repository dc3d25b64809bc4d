"""Invitations: deep links that work once. Only the hash of a code is stored; the link is shown when it is made."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import WRONG_CODES, Invitation, Names, Role, slowed_until
from storage.tables import departments, invitations, organizations, people, wrong_codes


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def _invitation(row: Row[Any]) -> Invitation:
    used = row.used_at is not None  # who used it may have been forgotten since
    withdrawn = row.withdrawn_at is not None
    return Invitation(row.id, Role(row.role), row.organization_id, row.department_id, row.expires_at, used, withdrawn)


async def invite(
    db: AsyncConnection,
    role: Role,
    *,
    organization_id: int | None = None,
    department_id: int | None = None,
    created_by: int | None,
    now: datetime,
    expires_at: datetime,
) -> tuple[int, str]:
    """The id of a new invitation and its code, 160 random bits: it cannot be guessed.

    The code is returned once and never stored.
    """
    code = secrets.token_urlsafe(20)
    row = invitations.insert().values(
        code_hash=_hash(code),
        role=role,
        organization_id=organization_id,
        department_id=department_id,
        created_by=created_by,
        created_at=now,
        expires_at=expires_at,
    )
    invitation_id: int = (await db.execute(row.returning(invitations.c.id))).scalar_one()
    return invitation_id, code


async def find(db: AsyncConnection, code_hash: str) -> Invitation | None:
    """The invitation under this hash, locked: two people may press the same link at the same moment."""
    query = select(invitations).where(invitations.c.code_hash == code_hash).with_for_update()
    row = (await db.execute(query)).one_or_none()
    return _invitation(row) if row else None


def fingerprint(code: str) -> str:
    """What a form may remember of a code between the first press and the consent."""
    return _hash(code)


async def use(db: AsyncConnection, invitation_id: int, person_id: int, now: datetime) -> bool:
    """True for the one who comes first."""
    here = invitations.c.id == invitation_id
    used = await db.execute(update(invitations).where(here, _unused).values(used_by=person_id, used_at=now))
    return used.rowcount == 1


_unused = invitations.c.used_at.is_(None) & invitations.c.withdrawn_at.is_(None)


async def withdraw(db: AsyncConnection, invitation_id: int, now: datetime) -> bool:
    """The link works no more. False when somebody used it first, or it was withdrawn already."""
    here = invitations.c.id == invitation_id
    return bool((await db.execute(update(invitations).where(here, _unused).values(withdrawn_at=now))).rowcount)


async def prolong(db: AsyncConnection, invitation_id: int, expires_at: datetime) -> bool:
    """The link works until then, be it longer or shorter. False when it works no more."""
    here = invitations.c.id == invitation_id
    return bool((await db.execute(update(invitations).where(here, _unused).values(expires_at=expires_at))).rowcount)


async def count_open(db: AsyncConnection, now: datetime) -> int:
    query = select(func.count()).select_from(invitations)
    return await db.scalar(query.where(_unused, invitations.c.expires_at > now)) or 0


# --- the administrator's list ---------------------------------------------------------------------------------------

_maker = people.alias("maker")
_user = people.alias("user")
_NAMES = ("en", "ru", "kk")

_MADE = (
    select(
        invitations,
        organizations.c.name.label("organization"),
        *(departments.c[f"name_{language}"] for language in _NAMES),
        _maker.c.name.label("maker"),
        _user.c.name.label("user"),
    )
    .select_from(invitations)
    .outerjoin(organizations, organizations.c.id == invitations.c.organization_id)
    .outerjoin(departments, departments.c.id == invitations.c.department_id)
    .outerjoin(_maker, _maker.c.id == invitations.c.created_by)
    .outerjoin(_user, _user.c.id == invitations.c.used_by)
)


@dataclass(frozen=True, slots=True)
class Made:
    """An invitation as administrators see it. `made_by` and `used_by` are empty for somebody who was forgotten."""

    invitation: Invitation
    organization: str
    department: Names | None
    made_by: str
    made_at: datetime
    used_by: str
    used_at: datetime | None
    withdrawn_at: datetime | None


def _made(row: Row[Any]) -> Made:
    department = Names(row.name_en, row.name_ru, row.name_kk) if row.name_en is not None else None
    return Made(
        _invitation(row),
        row.organization or "",
        department,
        row.maker or "",
        row.created_at,
        row.user or "",
        row.used_at,
        row.withdrawn_at,
    )


async def count(db: AsyncConnection) -> int:
    return await db.scalar(select(func.count()).select_from(invitations)) or 0


async def part(db: AsyncConnection, now: datetime, first: int, size: int) -> list[Made]:
    """A part of all that were ever made: those that still work first, the newest before the older."""
    works = case((_unused & (invitations.c.expires_at > now), 0), else_=1)
    query = _MADE.order_by(works, invitations.c.id.desc()).limit(size).offset(first)
    return [_made(row) for row in await db.execute(query)]


async def maker(db: AsyncConnection, invitation_id: int) -> int | None:
    """Whoever made it; None when they were forgotten."""
    found: int | None = await db.scalar(select(invitations.c.created_by).where(invitations.c.id == invitation_id))
    return found


async def made(db: AsyncConnection, invitation_id: int) -> Made | None:
    row = (await db.execute(_MADE.where(invitations.c.id == invitation_id))).one_or_none()
    return _made(row) if row else None


# --- guessing -------------------------------------------------------------------------------------------------------

_WRONG_CODES_KEPT = timedelta(days=1)


async def slowed(db: AsyncConnection, person_id: int) -> datetime | None:
    """Until when this person's codes are not even looked at; a moment that is over means nothing."""
    return slowed_until(await _wrong(db, person_id))


async def note_wrong_code(db: AsyncConnection, person_id: int, now: datetime) -> datetime | None:
    """Another code that no invitation bears. Returns until when this person is slowed, if it was one too many."""
    await db.execute(wrong_codes.insert().values(person_id=person_id, at=now))
    return slowed_until(await _wrong(db, person_id))


async def _wrong(db: AsyncConnection, person_id: int) -> list[datetime]:
    query = select(wrong_codes.c.at).where(wrong_codes.c.person_id == person_id)
    return list(await db.scalars(query.order_by(wrong_codes.c.at.desc()).limit(WRONG_CODES)))


async def purge(db: AsyncConnection, now: datetime) -> None:
    await db.execute(delete(wrong_codes).where(wrong_codes.c.at < now - _WRONG_CODES_KEPT))
