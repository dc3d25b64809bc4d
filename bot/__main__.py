"""The commands. A wrong setting ends with one line and exit code 2, never with a traceback."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot import logs
from bot.settings import Settings, WrongSetting, folder_of, need_token, password_of, read_settings

if TYPE_CHECKING:
    from bot.door import Door
    from bot.nightly import Nightly
    from storage.database import Database

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Köpir: NGOs ask, the city answers."""


def _checked(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it; what is wrong with the settings becomes one line and exit code 2."""
    try:
        return asyncio.run(_orderly(work))
    except WrongSetting as error:
        click.echo(f"kopir: {error}", err=True)
        sys.exit(2)


async def _orderly(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    try:
        return await work()
    except WrongSetting:
        await asyncio.sleep(0.05)  # aiosqlite's thread answers once more after a failure, and shouts at a closed loop
        raise


def _settings(*, token: bool = True) -> Settings:
    try:
        settings = read_settings()
        if token:
            need_token(settings)
        folder = folder_of(settings.database_url)
        if folder and not folder.is_dir():
            raise WrongSetting(f"DATABASE_URL: there is no folder {folder}; create it or name another")
    except WrongSetting as error:
        click.echo(f"kopir: {error}", err=True)
        sys.exit(2)
    secrets = (settings.bot_token.get_secret_value(), settings.webhook_secret.get_secret_value())
    logs.set_up(settings.log_format, *secrets, password_of(settings.database_url))
    return settings


@main.command()
def run() -> None:
    """Bring the database up to date, then serve until SIGTERM."""
    settings = _settings()
    _checked(lambda: _run(settings))


async def _run(settings: Settings) -> None:
    from bot.application import Application
    from bot.telegram import connect
    from domain.pace import Pace
    from storage.database import Database

    await _upgrade(settings)
    database = Database(settings.database_url)
    application = Application(
        database,
        connect(need_token(settings), settings.bot_api_url),
        settings.as_city(),
        admin_ids=settings.admin_ids,
        door=_door(settings),
        pace=Pace(settings.updates_a_minute),
        nightly=_nightly(settings, database),
    )
    await application.run(stop_on_signals())


def _door(settings: Settings) -> "Door | None":
    """WEB_PORT=0 closes it, where no webhook needs it."""
    from bot.door import Door

    if not settings.web_port and not settings.webhook_url:
        return None
    secret = settings.webhook_secret.get_secret_value()
    return Door(settings.web_host, settings.web_port, settings.webhook_url, secret)


def _nightly(settings: Settings, database: "Database") -> "Nightly | None":
    from bot.clock import Clock
    from bot.nightly import Nightly

    folder = settings.backup_dir
    if folder is None:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongSetting(f"BACKUP_DIR: {folder} cannot be made ({type(error).__name__})") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WrongSetting(f"BACKUP_DIR: the bot may not write into {folder}")
    return Nightly(database, Clock(), folder, settings.backup_keep)


def stop_on_signals() -> asyncio.Event:
    """Set by SIGTERM and Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_, stop.set)
    return stop


async def _upgrade(settings: Settings) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from storage import migrate

    try:
        await migrate.upgrade(settings.database_url)
    except migrate.NewerDatabase as error:
        raise WrongSetting(f"DATABASE_URL: {error}") from None
    except (SQLAlchemyError, OSError) as error:
        raise WrongSetting(f"DATABASE_URL: the database cannot be used ({_reason(error)})") from None


def _reason(error: Exception) -> str:
    """The driver's own words in one line, without the URL, which may hold a password."""
    original = getattr(error, "orig", None) or error
    return f"{type(original).__name__}: {original}".splitlines()[0][:200]


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema and stop."""
    settings = _settings(token=False)
    _checked(lambda: _upgrade(settings))
    click.echo("The database is up to date.")


@main.command()
@click.option("--port", default=8080, show_default=True, help="Where the page listens, on this machine only.")
@click.option("--language", type=click.Choice(["kk", "ru", "en"]), help="One language for all three phones.")
def demo(port: int, language: str | None) -> None:
    """Three phones in the browser: no token, no account, nothing leaves this machine."""
    from bot.demo import run_demo
    from domain.people import Language

    logs.set_up("text")
    _checked(lambda: run_demo(port, Language(language) if language else None))


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Copy the database to FILE, consistently, while the bot runs; PostgreSQL by pg_dump."""
    settings = _settings(token=False)
    _checked(lambda: _backup(settings, file))
    click.echo(f"Written: {file}")


async def _backup(settings: Settings, file: Path) -> None:
    from bot.backup import back_up
    from bot.restore import write_ledger

    await asyncio.to_thread(back_up, settings.database_url, file)
    await write_ledger(settings.database_url, file.parent)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--forgotten",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The list of who is to stay forgotten; forgotten.txt beside FILE where it is not named.",
)
def restore(file: Path, forgotten: Path | None) -> None:
    """Make the database out of the backup FILE; there must be none in its place. The bot must not run."""
    settings = _settings(token=False)
    _checked(lambda: _restore(settings, file, forgotten))


async def _restore(settings: Settings, file: Path, forgotten: Path | None) -> None:
    from bot.restore import restore as restored

    for line in await restored(settings.database_url, file, forgotten):
        click.echo(line)


@main.command()
def check() -> None:
    """What is wrong with settings, database and token, and how to mend it."""
    settings = _settings()
    _checked(lambda: _check(settings))


async def _check(settings: Settings) -> None:
    from bot.checkup import check_up

    for line in await check_up(settings):
        click.echo(line)


@main.command("verify-audit")
def verify_audit() -> None:
    """Whether a line of the audit was changed, taken out or cut off; exit code 1 when one was."""
    settings = _settings(token=False)
    sys.exit(0 if _checked(lambda: _verify_audit(settings)) else 1)


async def _verify_audit(settings: Settings) -> bool:
    from bot.checkup import check_audit

    whole, said = await check_audit(settings)
    click.echo(said)
    return whole


@main.group()
def admin() -> None:
    """Administrators, from the server: the way back when nobody can open the desk any more."""


@admin.command("add", context_settings={"ignore_unknown_options": True})
@click.argument("id")
def admin_add(id: str) -> None:
    """Make the person with this Telegram ID an administrator, while the bot runs or not."""
    settings = _settings(token=False)
    _checked(lambda: _add_admin(settings, id))


async def _add_admin(settings: Settings, typed: str) -> None:
    from bot.administrators import add

    click.echo(await add(settings.database_url, typed))


@admin.command("list")
def admin_list() -> None:
    """Who is an administrator now, one Telegram ID a line."""
    settings = _settings(token=False)
    _checked(lambda: _list_admins(settings))


async def _list_admins(settings: Settings) -> None:
    from bot.administrators import everybody

    for line in await everybody(settings.database_url):
        click.echo(line)


if __name__ == "__main__":
    main()
