"""Whoever was forgotten stays forgotten, even when a backup is restored that still knows them.

A year long it is remembered that somebody asked for it: as a hash of their Telegram number under a key that only the
database and its backups have. A copy of these lines lies outside the database (`bot.ledger`), where no restore of the
database turns it back.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import audit, people
from storage.database import insert
from storage.tables import forgotten, inbox, keys
from storage.tables import people as people_table

KEPT = timedelta(days=365)
"""Backups older than that are to be destroyed: nobody could tell any more whom they may not know."""
_KEY = "forgotten"


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who was forgotten at this moment."""

    hash: str
    at: datetime


async def begin(db: AsyncConnection) -> None:
    """Make the key, once for this city, before there is anybody to forget: so every backup has it."""
    row = insert(db, keys).values(name=_KEY, value=secrets.token_hex(32))
    await db.execute(row.on_conflict_do_nothing())


async def remember(db: AsyncConnection, person_id: int, now: datetime) -> None:
    """In the transaction that forgets them."""
    await begin(db)
    await enter(db, [Line(_hash(await _key(db), person_id), now)])


async def enter(db: AsyncConnection, lines: Iterable[Line]) -> None:
    """The later moment of each holds: somebody may come back, and ask again."""
    for line in lines:
        row = insert(db, forgotten).values(hash=line.hash, at=line.at)
        later = row.excluded.at > forgotten.c.at
        await db.execute(row.on_conflict_do_update(index_elements=["hash"], set_={"at": row.excluded.at}, where=later))


async def everybody(db: AsyncConnection) -> list[Line]:
    return [Line(row.hash, row.at) for row in await db.execute(select(forgotten).order_by(forgotten.c.hash))]


async def again(db: AsyncConnection, lines: Iterable[Line], now: datetime) -> int:
    """Forget once more who was forgotten after this database was saved; returns how many.

    Somebody who came back later is known since a later moment, and stays.
    """
    known = set(await everybody(db))
    news = {line.hash: line.at for line in lines if line not in known}
    if not news:
        return 0  # nearly every start: what the ledger says, the database says as well
    await begin(db)
    key, erased = await _key(db), 0
    for row in list(await db.execute(select(people_table.c.id, people_table.c.created_at))):
        at = news.get(_hash(key, row.id))
        if at is not None and row.created_at <= at:
            await _erase(db, row.id, now)
            erased += 1
    await enter(db, [Line(hash_, at) for hash_, at in news.items()])
    return erased


async def _erase(db: AsyncConnection, person_id: int, now: datetime) -> None:
    """As `/forget` does; what they had sent and nobody handled then is nothing to be handled now."""
    await db.execute(delete(inbox).where(inbox.c.person_id == person_id))
    await people.release_questions(db, person_id, now)
    await people.forget(db, person_id)
    await audit.write(db, now, None, "forgot a person again", "person")


async def purge(db: AsyncConnection, now: datetime) -> None:
    await db.execute(delete(forgotten).where(forgotten.c.at < now - KEPT))


async def _key(db: AsyncConnection) -> bytes:
    return bytes.fromhex(await db.scalar(select(keys.c.value).where(keys.c.name == _KEY)) or "")


def _hash(key: bytes, person_id: int) -> str:
    return hmac.new(key, str(person_id).encode(), hashlib.sha256).hexdigest()
