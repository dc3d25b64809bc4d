"""Brings a database to the newest schema. Forward only on a city's data; `downgrade` exists for the tests' stairway."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from storage.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """A newer version of the program has used this database: this one does not know what it would break."""


def config(url: str) -> "Config":
    """Alembic's configuration without an .ini: its fileConfig() would silence the program's own loggers."""
    from alembic.config import Config  # here, because it is slow to import and most starts find nothing to do

    found = Config()
    found.set_main_option("script_location", str(_MIGRATIONS))
    found.attributes["url"] = url
    return found


def newest() -> str:
    """The revision this program knows as the last: migrations bear their number in front."""
    return max(file.name for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


async def upgrade(url: str) -> None:
    """To the newest revision, in a thread: Alembic runs a loop of its own. Raises NewerDatabase."""
    stored = await _stored(url)
    if stored == newest():
        return  # most starts: a copy that was killed serves again a tenth of a second sooner
    if stored is not None and stored > newest():
        raise NewerDatabase(f"the database is of a newer version of the program ({stored}): start that one")
    from alembic import command

    await asyncio.to_thread(command.upgrade, config(url), "head")


async def _stored(url: str) -> str | None:
    """The revision the database is at; None for an empty one."""
    database = Database(url, pooled=False)
    try:
        async with database.reading() as db:
            if not await db.run_sync(lambda connection: inspect(connection).has_table("alembic_version")):
                return None
            revision: str | None = await db.scalar(text("SELECT version_num FROM alembic_version"))
            return revision
    finally:
        await database.close()


async def downgrade(url: str, revision: str) -> None:
    from alembic import command

    await asyncio.to_thread(command.downgrade, config(url), revision)
