"""Invitations: deep links that work once. Only the hash of a code is stored; the link is shown when it is made."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Invitation, Role
from storage.tables import invitations


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def _invitation(row: Row[tuple[object, ...]] | None) -> Invitation | None:
    if row is None:
        return None
    used = row.used_at is not None  # who used it may have been forgotten since
    return Invitation(row.id, Role(row.role), row.organization_id, row.department_id, row.expires_at, used)


async def invite(
    db: AsyncConnection,
    role: Role,
    *,
    organization_id: int | None = None,
    department_id: int | None = None,
    created_by: int | None,
    now: datetime,
    expires_at: datetime,
) -> str:
    """A new code, 160 random bits: it cannot be guessed. It is returned once and never stored."""
    code = secrets.token_urlsafe(20)
    await db.execute(
        invitations.insert().values(
            code_hash=_hash(code),
            role=role,
            organization_id=organization_id,
            department_id=department_id,
            created_by=created_by,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return code


async def find(db: AsyncConnection, code_hash: str) -> Invitation | None:
    """The invitation under this hash, locked: two people may press the same link at the same moment."""
    query = select(invitations).where(invitations.c.code_hash == code_hash).with_for_update()
    return _invitation((await db.execute(query)).one_or_none())


def fingerprint(code: str) -> str:
    """What a form may remember of a code between the first press and the consent."""
    return _hash(code)


async def use(db: AsyncConnection, invitation_id: int, person_id: int, now: datetime) -> bool:
    """True for the one who comes first."""
    used = await db.execute(
        update(invitations)
        .where(invitations.c.id == invitation_id, invitations.c.used_by.is_(None), invitations.c.used_at.is_(None))
        .values(used_by=person_id, used_at=now)
    )
    return used.rowcount == 1


async def count_open(db: AsyncConnection, now: datetime) -> int:
    query = select(func.count()).select_from(invitations)
    return await db.scalar(query.where(invitations.c.used_at.is_(None), invitations.c.expires_at > now)) or 0
