"""A consistent copy of the database under load, and the way back.

SQLite: its own backup, never a file copy that tears in mid-write. PostgreSQL: pg_dump and pg_restore, which must be
installed. What they are told stands in the environment, never among their arguments, which everybody may read.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from bot.settings import WrongSetting


def back_up(database_url: str, target: Path) -> None:
    """Copy the database to `target`, which appears whole or not at all. Raises WrongSetting."""
    url = make_url(database_url)
    if target.exists():
        raise WrongSetting(f"{target} exists already: name another file")
    part = target.with_name(target.name + ".part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # it holds names and texts
        if url.get_backend_name() == "sqlite":
            _copy(_file(url), part)
        else:
            _run("pg_dump", url, "--format=custom", "--no-password", f"--file={part}")
        _sync(part)
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        raise WrongSetting(f"{target} cannot be written: {error}") from None
    finally:
        part.unlink(missing_ok=True)


def bring_back(database_url: str, source: Path) -> None:
    """Make the database what it was when `source` was saved; there must be none in its place. Raises WrongSetting."""
    url = make_url(database_url)
    if not source.is_file():
        raise WrongSetting(f"there is no file {source}")
    if url.get_backend_name() == "sqlite":
        _bring_back_file(url, source)
    else:
        whole = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-password")
        _run("pg_restore", url, *whole, f"--dbname={url.database}", str(source))


def _bring_back_file(url: URL, source: Path) -> None:
    file = Path(url.database or "")
    left = [name for name in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))) if name.exists()]
    if left:
        raise WrongSetting(f"DATABASE_URL: {left[0]} is there already: stop the bot and move it away first")
    part = file.with_name(file.name + ".part")
    try:
        _copy(source, part)
        _sync(part)
        part.replace(file)
    except (sqlite3.Error, OSError) as error:
        raise WrongSetting(f"{source} cannot be restored: {error}") from None
    finally:
        part.unlink(missing_ok=True)


def _file(url: URL) -> Path:
    file = Path(url.database or "")
    if not file.is_file():
        raise WrongSetting(f"DATABASE_URL: there is no database file {file} yet")
    return file


def _copy(source: Path, target: Path) -> None:
    """Whole, and read through once: a copy that cannot be read is none."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)  # in one step: in several, each write of the bot between them starts it anew, for ever
        if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the database is damaged")


def _sync(file: Path) -> None:
    """On the disk, before it is called a backup."""
    written = os.open(file, os.O_RDONLY)
    try:
        os.fsync(written)
    finally:
        os.close(written)


def tool(name: str) -> str:
    """Where the program is. Raises WrongSetting."""
    if found := shutil.which(name):
        return found
    raise WrongSetting(f"{name} is not installed: it comes with PostgreSQL's client (apt install postgresql-client)")


def _run(name: str, url: URL, *arguments: str) -> None:
    ended = subprocess.run(  # noqa: S603 - PostgreSQL's own program, with words of ours
        [tool(name), *arguments], env=_environment(url), capture_output=True, text=True, check=False
    )
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        raise WrongSetting(lines[0][:300])


def _environment(url: URL) -> dict[str, str]:
    """How PostgreSQL's programs reach the database, from the same URL that the bot uses."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.startswith("PG")}
    query = {name: value if isinstance(value, str) else value[0] for name, value in url.query.items()}
    said = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port or query.get("port", "")),
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("ssl") or query.get("sslmode"),
    }
    return kept | {name: value for name, value in said.items() if value}
