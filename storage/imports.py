"""Lists of NGOs that administrators sent: received in the update's transaction, read outside any, applied in one.

A copy that reads a list holds it by a lease. What it found is written only while the list still waits for it, so a
copy that was thought dead and comes back late changes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.register_import import FileFault, Finding, ImportState
from storage.prepared import prepared
from storage.tables import Moment, imports

LEASE = timedelta(seconds=60)
"""Longer than fetching, reading and comparing take together."""
KEPT = timedelta(days=30)
_TO_DO = (ImportState.RECEIVED, ImportState.COMPARING)


@dataclass(frozen=True, slots=True)
class Import:
    """One list. `register` is the fingerprint of the register that the findings were compared with."""

    id: int
    person_id: int
    file_id: str
    file_name: str
    state: ImportState
    findings: tuple[Finding, ...]
    register: str
    fault: FileFault | None
    attempts: int


def _import(row: Row[Any]) -> Import:
    return Import(
        row.id,
        row.person_id,
        row.file_id,
        row.file_name,
        ImportState(row.state),
        tuple(Finding.from_json(line) for line in json.loads(row.lines)),
        row.register,
        FileFault(row.error) if row.error else None,
        row.attempts,
    )


async def receive(db: AsyncConnection, person_id: int, file_id: str, file_name: str, now: datetime) -> int:
    """A list to be read. An older one of the same person that still waits is dropped: one report, one [Confirm]."""
    waiting = imports.c.state.in_((*_TO_DO, ImportState.READY))
    dropped = update(imports).where(imports.c.person_id == person_id, waiting)
    await db.execute(dropped.values(state=ImportState.CANCELLED, done_at=now))
    values = {"person_id": person_id, "file_id": file_id, "file_name": file_name, "created_at": now}
    row = imports.insert().values(**values, state=ImportState.RECEIVED)
    import_id: int = (await db.execute(row.returning(imports.c.id))).scalar_one()
    return import_id


_FREE = and_(
    or_(*(imports.c.state == state for state in _TO_DO)),
    or_(imports.c.leased_until.is_(None), imports.c.leased_until <= bindparam("now", type_=Moment)),
)
_ANYTHING = prepared(select(imports.c.id).where(_FREE).limit(1))
_OLDEST = select(imports).where(_FREE).order_by(imports.c.id).limit(1).with_for_update(skip_locked=True)


async def anything_to_do(db: AsyncConnection, now: datetime) -> bool:
    return (await db.execute(_ANYTHING, {"now": now})).first() is not None


async def claim(db: AsyncConnection, now: datetime) -> Import | None:
    """The oldest list that waits to be read or compared; another copy passes it over until the lease ends."""
    row = (await db.execute(_OLDEST, {"now": now})).first()
    if row is None:
        return None
    mine = update(imports).where(imports.c.id == row.id)
    await db.execute(mine.values(leased_until=now + LEASE, attempts=imports.c.attempts + 1))
    return _import(row)


async def later(db: AsyncConnection, import_id: int, at: datetime) -> None:
    """Telegram is away: again from then on."""
    await db.execute(update(imports).where(imports.c.id == import_id).values(leased_until=at))


async def found(
    db: AsyncConnection, import_id: int, findings: Sequence[Finding], register: str, state: ImportState, now: datetime
) -> bool:
    """What the list means for the register, ready to be shown. False when nobody waits for it any more."""
    values = {"lines": _json(findings), "register": register, "done_at": now}
    return await _settle(db, import_id, state, values)


async def failed(db: AsyncConnection, import_id: int, fault: FileFault, now: datetime) -> bool:
    return await _settle(db, import_id, ImportState.FAILED, {"error": fault, "done_at": now})


async def _settle(db: AsyncConnection, import_id: int, state: ImportState, values: dict[str, Any]) -> bool:
    here = (imports.c.id == import_id) & imports.c.state.in_(_TO_DO)
    values = {"state": state, "leased_until": None, "attempts": 0, **values}
    return bool((await db.execute(update(imports).where(here).values(values))).rowcount)


def _json(findings: Sequence[Finding]) -> str:
    return json.dumps([finding.to_json() for finding in findings], ensure_ascii=False)


async def of_person(db: AsyncConnection, person_id: int, import_id: int, *, to_change: bool = False) -> Import | None:
    """A list for the one who sent it; locked when it is to be changed, racing a second press."""
    query = select(imports).where(imports.c.id == import_id, imports.c.person_id == person_id)
    row = (await db.execute(query.with_for_update() if to_change else query)).one_or_none()
    return _import(row) if row else None


async def set_state(db: AsyncConnection, import_id: int, state: ImportState, now: datetime) -> None:
    values = {"state": state, "done_at": now, "leased_until": None}
    await db.execute(update(imports).where(imports.c.id == import_id).values(values))


async def keep(db: AsyncConnection, import_id: int, findings: Sequence[Finding]) -> None:
    """What is left to be decided."""
    await db.execute(update(imports).where(imports.c.id == import_id).values(lines=_json(findings)))


async def purge(db: AsyncConnection, now: datetime) -> None:
    await db.execute(delete(imports).where(imports.c.created_at < now - KEPT))
