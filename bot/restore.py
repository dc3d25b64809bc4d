"""`kopir restore`: a backup becomes the database again, in today's schema, and the forgotten stay forgotten."""

import asyncio
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from bot import ledger
from bot.backup import bring_back
from bot.clock import Clock
from bot.settings import WrongSetting
from storage import forgotten, migrate
from storage.database import Database


async def restore(database_url: str, source: Path, list_of_forgotten: Path | None) -> list[str]:
    """Says what was done, line by line. Raises WrongSetting, and has then changed nothing that was there."""
    listed = list_of_forgotten or source.parent / ledger.NAME
    try:
        lines = ledger.read(listed)
    except (ValueError, OSError) as error:
        raise WrongSetting(f"{listed}: {error}") from None
    database = Database(database_url, pooled=False)
    try:
        await _must_be_empty(database)
        await asyncio.to_thread(bring_back, database_url, source)
        await migrate.upgrade(database_url)
        async with database.transaction() as db:
            erased = await forgotten.again(db, lines, Clock().now())
    except migrate.NewerDatabase as error:
        raise WrongSetting(f"{source}: {error}") from None
    except (SQLAlchemyError, OSError) as error:
        raise WrongSetting(f"{source} cannot be restored ({type(error).__name__})") from None
    finally:
        await database.close()
    return [f"Restored: {source}", _of_the_forgotten(listed, erased)]


async def write_ledger(database_url: str, folder: Path) -> None:
    """Beside a backup that was just made: who is forgotten, as the database knows it. An old schema knows of nobody."""
    database = Database(database_url, pooled=False)
    try:
        async with database.reading() as db:
            if not await db.run_sync(lambda connection: inspect(connection).has_table("forgotten")):
                return
            lines = await forgotten.everybody(db)
        ledger.write(folder / ledger.NAME, lines, Clock().now() - forgotten.KEPT)
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise WrongSetting(f"{folder / ledger.NAME} cannot be written ({type(error).__name__})") from None
    finally:
        await database.close()


async def _must_be_empty(database: Database) -> None:
    if database.is_sqlite:
        return  # looked at as a file: opening it would make one
    async with database.reading() as db:
        if await db.run_sync(lambda connection: inspect(connection).get_table_names()):
            raise WrongSetting("DATABASE_URL: this database has tables already: create an empty one and name that")


def _of_the_forgotten(listed: Path, erased: int) -> str:
    if listed.is_file():
        return f"Forgotten again, by {listed}: {erased}"
    return f"There is no {listed}: whoever asked to be forgotten after this backup is known again (docs/operations.md)"
