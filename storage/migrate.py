"""Brings a database to the newest schema. Forward only on a city's data; `downgrade` exists for the tests' stairway."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config


def config(url: str) -> "Config":
    """Alembic's configuration without an .ini: its fileConfig() would silence the program's own loggers."""
    from alembic.config import Config  # here, because it is slow to import and most starts find nothing to do

    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    found.attributes["url"] = url
    return found


async def upgrade(url: str) -> None:
    """To the newest revision. In a thread: Alembic runs a loop of its own."""
    from alembic import command

    await asyncio.to_thread(command.upgrade, config(url), "head")


async def downgrade(url: str, revision: str) -> None:
    from alembic import command

    await asyncio.to_thread(command.downgrade, config(url), revision)
