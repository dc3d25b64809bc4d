"""Who speaks for an NGO: its people as an administrator sees and changes them."""

from sqlalchemy import and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import Person, RepresentativeState
from storage import people
from storage.tables import organizations, representatives


async def of_organization(db: AsyncConnection, organization_id: int) -> list[Person]:
    """The head first, then the other verified ones, those who wait, those who were declined."""
    query = select(representatives.c.person_id).where(representatives.c.organization_id == organization_id)
    found = await people.load_many(db, list(await db.scalars(query)))
    order = [RepresentativeState.VERIFIED, RepresentativeState.WAITING, RepresentativeState.DECLINED]
    return sorted(found, key=lambda p: _place(p, order))


def _place(person: Person, order: list[RepresentativeState]) -> tuple[bool, int, int]:
    who = person.representative
    return (not (who and who.is_head), order.index(who.state) if who else len(order), person.id)


async def verified(db: AsyncConnection, organization_id: int) -> list[int]:
    """Whom the NGO's affairs are told to."""
    query = select(representatives.c.person_id).where(
        representatives.c.organization_id == organization_id,
        representatives.c.state == RepresentativeState.VERIFIED,
    )
    return list(await db.scalars(query.order_by(representatives.c.person_id)))


async def waiting(db: AsyncConnection, organization_id: int) -> list[int]:
    query = select(representatives.c.person_id).where(
        representatives.c.organization_id == organization_id,
        representatives.c.state == RepresentativeState.WAITING,
    )
    return list(await db.scalars(query.order_by(representatives.c.person_id)))


async def lead(db: AsyncConnection, organization_id: int, person_id: int) -> tuple[int | None, bool]:
    """This verified representative leads the NGO from now on. Returns who did before, and whether it was done.

    Locked: two administrators may each choose a head at this moment, and there is one in the end.
    """
    await db.execute(select(organizations.c.id).where(organizations.c.id == organization_id).with_for_update())
    here = representatives.c.organization_id == organization_id
    before = await db.scalar(select(representatives.c.person_id).where(here, representatives.c.is_head).limit(1))
    chosen = and_(
        here,
        representatives.c.person_id == person_id,
        representatives.c.state == RepresentativeState.VERIFIED,
        ~representatives.c.is_head,
    )
    if not (await db.execute(update(representatives).where(chosen).values(is_head=True))).rowcount:
        return before, False
    others = and_(here, representatives.c.person_id != person_id)
    await db.execute(update(representatives).where(others).values(is_head=False))
    return before, True


async def remove(db: AsyncConnection, organization_id: int, person_id: int) -> bool:
    """The person speaks for this NGO no more; what they asked stays with it. False when they did not (any more)."""
    here = and_(
        representatives.c.organization_id == organization_id,
        representatives.c.person_id == person_id,
    )
    return bool((await db.execute(delete(representatives).where(here))).rowcount)
