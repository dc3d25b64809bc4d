"""`kopir admin`: administrators from the server, beside the running bot, on either database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.settings import WrongSetting
from storage import audit, people
from storage.database import Database

_LARGEST = 2**52
"""Telegram's numbers of people fit into 52 bits."""


def _telegram_id(typed: str) -> int:
    """The number, or WrongSetting in words."""
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed[:20]) < _LARGEST):
        raise WrongSetting(f"ID: {typed[:40]!r} is no Telegram ID; it is a whole number, /mydata in the bot shows it")
    return int(typed)


@asynccontextmanager
async def _opened(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pooled=False)
    try:
        yield database
    except (SQLAlchemyError, OSError) as error:
        reason = type(getattr(error, "orig", None) or error).__name__
        raise WrongSetting(f"DATABASE_URL: no usable database ({reason}); run `python -m bot migrate` first") from None
    finally:
        await database.close()


async def add(database_url: str, typed: str) -> str:
    """Somebody who never wrote to the bot may be named as well. Returns what was done, in a sentence."""
    person_id = _telegram_id(typed)
    async with _opened(database_url) as database, database.transaction() as db:
        if person_id in await people.admins_to_change(db):
            return f"{person_id} is an administrator already."
        now = Clock().now()
        await people.appoint(db, [person_id], now)
        await audit.write(db, now, None, "administrator added on the server", f"person {person_id}", after="admin")
    return f"{person_id} is an administrator now: /admin in the bot."


async def everybody(database_url: str) -> list[str]:
    async with _opened(database_url) as database, database.reading() as db:
        return [f"{p.id} {p.name}".rstrip() for p in await people.load_many(db, await people.admin_ids(db))]
