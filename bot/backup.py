"""A consistent copy of the SQLite file under load: SQLite's own backup, never a file copy that tears in mid-write."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.settings import WrongSetting


def back_up(database_url: str, target: Path) -> None:
    """Copy the database to `target`, which appears whole or not at all. Raises WrongSetting."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise WrongSetting("DATABASE_URL: this command copies SQLite; for PostgreSQL use pg_dump --format=custom")
    source = Path(url.database)
    if not source.is_file():
        raise WrongSetting(f"DATABASE_URL: there is no database file {source} yet")
    if target.exists():
        raise WrongSetting(f"{target} exists already: name another file")
    part = target.with_name(target.name + ".part")
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(part)) as copy,
        ):
            live.backup(copy)  # in one step: in several, each write of the bot between them starts it anew, for ever
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise WrongSetting(f"{target} cannot be written: {error}") from None
