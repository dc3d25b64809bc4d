"""`kopir check`: what is wrong, and how to mend it, line by line."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.settings import Settings, WrongSetting, need_token
from bot.telegram import connect
from storage import audit, backups, departments
from storage.audit import Fault
from storage.database import Database

T = TypeVar("T")


async def check_up(settings: Settings) -> list[str]:
    """One line a finding. Raises WrongSetting for the first thing that keeps the bot from running."""
    return [
        f"settings: good; {settings.city}, {settings.time_zone}, {len(settings.admin_ids)} administrators by ADMIN_IDS",
        await _database(settings),
        await _telegram(settings),
        await _backups(settings),
    ]


async def _database(settings: Settings) -> str:
    found = await _look(settings, departments.count)
    return f"database: good; {found} departments"


async def _look(settings: Settings, question: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """The database's answer. Raises WrongSetting when it has none."""
    database = Database(settings.database_url, pooled=False)
    try:
        async with database.reading(long=True) as db:
            return await question(db)
    except Exception as error:
        reason = type(getattr(error, "orig", None) or error).__name__
        raise WrongSetting(f"DATABASE_URL: no usable database ({reason}); run `python -m bot migrate` first") from None
    finally:
        await database.close()


async def _backups(settings: Settings) -> str:
    if settings.backup_dir is None:
        return "backups: none by the bot, for BACKUP_DIR is empty; make your own with `python -m bot backup FILE`"
    state = await _look(settings, backups.state)
    last = f"the last was made on {state.done_at:%Y-%m-%d at %H:%M} UTC" if state.done_at else "none was made yet"
    failing = "; the last attempt FAILED, the log says why" if state.failing else ""
    return f"backups: each night into {settings.backup_dir}, {settings.backup_keep} are kept; {last}{failing}"


async def _telegram(settings: Settings) -> str:
    telegram = connect(need_token(settings), settings.bot_api_url)
    try:
        async with telegram:
            me = await telegram.get_me()
            webhook = await telegram.get_webhook_info()
    except InvalidToken:
        raise WrongSetting("BOT_TOKEN: Telegram does not know this token; ask @BotFather for the right one") from None
    except TelegramError as error:
        raise WrongSetting(f"BOT_API_URL: {settings.bot_api_url} does not answer ({type(error).__name__})") from None
    return f"Telegram: good; @{me.username}, {_way(settings, webhook)}"


def _way(settings: Settings, webhook: WebhookInfo) -> str:
    """How updates come, as Telegram thinks and as the settings want."""
    if not webhook.url:
        return "it will set its webhook when it starts" if settings.webhook_url else "polling"
    waiting = f"{webhook.pending_update_count} updates wait there"
    trouble = f"; its last trouble: {webhook.last_error_message}" if webhook.last_error_message else ""
    if webhook.url != settings.webhook_url:
        return f"another webhook is set ({webhook.url}), which the bot replaces when it starts; {waiting}{trouble}"
    return f"webhook {webhook.url}; {waiting}{trouble}"


_FAULTS = {
    Fault.CHANGED: "line {line} was changed, or a line before it",
    Fault.MISSING: "lines are missing after line {line}",
    Fault.CUT: "lines are missing at the end, after line {line}",
    Fault.ADDED: "the lines after line {line} were not written by the program",
}


async def check_audit(settings: Settings) -> tuple[bool, str]:
    """`kopir verify-audit`: whether the chain is whole, and the sentence that says so."""
    found = await _look(settings, audit.verify)
    if found.fault is None:
        return True, f"The audit is whole: {found.lines} lines, the last hash is {found.hash or 'none'}."
    return False, f"The audit is not whole: {_FAULTS[found.fault].format(line=found.line)}."
