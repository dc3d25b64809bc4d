"""The register of NGOs: entered, found by BIN, found by a name with mistakes in it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Organization, OrganizationState
from domain.register import MATCH, likeness, trigrams
from storage.tables import organization_trigrams, organizations

_PRESELECTED = 40
"""How many names that share the most trigrams are compared closely."""


def _organization(row: Row[Any]) -> Organization:
    return Organization(row.id, row.name, row.bin, row.field, OrganizationState(row.state))


async def enter(
    db: AsyncConnection, name: str, bin_: str | None, field: str, state: OrganizationState, now: datetime
) -> int:
    """A new record; returns its id. The BIN, when given, must not be in the register yet."""
    row = organizations.insert().values(name=name, bin=bin_, field=field, state=state, created_at=now)
    organization_id: int = (await db.execute(row.returning(organizations.c.id))).scalar_one()
    found = [{"trigram": t, "organization_id": organization_id} for t in sorted(trigrams(name))]
    if found:
        await db.execute(organization_trigrams.insert(), found)
    return organization_id


async def by_id(db: AsyncConnection, organization_id: int) -> Organization | None:
    row = (await db.execute(select(organizations).where(organizations.c.id == organization_id))).one_or_none()
    return _organization(row) if row else None


async def by_bin(db: AsyncConnection, bin_: str) -> Organization | None:
    row = (await db.execute(select(organizations).where(organizations.c.bin == bin_))).one_or_none()
    return _organization(row) if row else None


async def search(db: AsyncConnection, query: str, limit: int = 5) -> list[Organization]:
    """NGOs whose name is like the query, in Russian or Kazakh, mistakes forgiven; the likeliest first."""
    asked = trigrams(query)
    if not asked:
        return []
    shared = func.count().label("shared")
    best = (
        select(organization_trigrams.c.organization_id, shared)
        .join(organizations, organizations.c.id == organization_trigrams.c.organization_id)
        .where(
            organization_trigrams.c.trigram.in_(sorted(asked)[:100]),
            organizations.c.state != OrganizationState.DECLINED,
        )
        .group_by(organization_trigrams.c.organization_id)
        .order_by(shared.desc(), organization_trigrams.c.organization_id)
        .limit(_PRESELECTED)
        .subquery()
    )
    found = await db.execute(select(organizations).join(best, best.c.organization_id == organizations.c.id))
    ranked = sorted(
        ((likeness(query, row.name), _organization(row)) for row in found),
        key=lambda pair: (-pair[0], pair[1].name),
    )
    return [organization for degree, organization in ranked if degree >= MATCH][:limit]


async def confirm(db: AsyncConnection, organization_id: int) -> None:
    """An administrator found that a proposed NGO is one."""
    await db.execute(
        update(organizations).where(organizations.c.id == organization_id).values(state=OrganizationState.REGISTERED)
    )
