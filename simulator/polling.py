"""getUpdates: the updates a bot has not confirmed, waiting for one when there is none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from simulator.calls import Asked
from simulator.refusal import conflict
from simulator.settings import refuse_polling_with_webhook
from simulator.telegram import Bot, Telegram, Update

ANOTHER_POLLS = "terminated by other getUpdates request; make sure that only one bot instance is running"
LONGEST_WAIT = 50


async def get_updates(asked: Asked, hung_up: Callable[[], Awaitable[object]]) -> list[Update]:
    """A new poll ends an older one that still waits: the older hears of the conflict. `hung_up` returns when the
    caller has gone: its poll must not outlive it."""
    bot = asked.bot
    refuse_polling_with_webhook(asked)
    bot.poll = poll = object()
    bot.bell.ring()
    if "allowed_updates" in asked.params:
        bot.allowed_updates = asked.get("allowed_updates") or []
    _confirm(asked.telegram, bot, asked.get("offset", 0))
    timeout = min(max(asked.get("timeout", 0), 0), LONGEST_WAIT)
    if timeout and not _answer_ready(asked):
        await _wait(asked, poll, timeout, hung_up)
    if bot.poll is not poll:
        raise conflict(ANOTHER_POLLS)
    bot.poll = None
    refuse_polling_with_webhook(asked)
    return hand_out(asked.telegram, bot, min(max(asked.get("limit", 100), 1), 100))


def _answer_ready(asked: Asked) -> bool:
    return bool(asked.telegram.waiting_updates(asked.bot) or asked.telegram.faults.updates_again)


async def _wait(asked: Asked, poll: object, seconds: float, hung_up: Callable[[], Awaitable[object]]) -> None:
    async def until_hung_up() -> None:
        await hung_up()
        if asked.bot.poll is poll:
            asked.bot.poll = None
        asked.bot.bell.ring()

    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(until_hung_up())
        try:
            async with asyncio.timeout(seconds):
                while asked.bot.poll is poll and not asked.bot.webhook and not _answer_ready(asked):
                    await asked.bot.bell.wait()
        except TimeoutError:
            pass
        finally:
            watch.cancel()


def _confirm(telegram: Telegram, bot: Bot, offset: int) -> None:
    """An offset confirms all updates before it; a negative one keeps so many of the last and forgets the others."""
    if offset < 0:
        waiting = telegram.waiting_updates(bot)
        offset = waiting[offset]["update_id"] if len(waiting) >= -offset else 0
    while bot.updates and bot.updates[0][1]["update_id"] < offset:
        bot.handed_out.append(bot.updates.popleft()[1])


def hand_out(telegram: Telegram, bot: Bot, limit: int) -> list[Update]:
    """The oldest updates, with what the faults have to say about repetition and order."""
    again, telegram.faults.updates_again = telegram.faults.updates_again, []
    repeated = [update for update in bot.handed_out if update["update_id"] in again]
    updates: list[dict[str, Any]] = [*repeated, *telegram.waiting_updates(bot)][:limit]
    if updates and telegram.faults.reorder:
        updates = list(telegram.faults.reorder(updates))
        telegram.faults.reorder = None
    return updates
