"""Updates from Telegram into the inbox: stored first, served perhaps in the same transaction, confirmed after.

The next `getUpdates` offset is the confirmation; it is sent only when the rows of the last answer are committed. A kill
in between makes Telegram hand them over again, and the update's id as the key stores each once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.fates import seconds_asked
from bot.telegram import POLL_SECONDS, Telegram
from storage import inbox

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 30.0
ANSWERS_AT_ONCE = 4
MOST_UPDATES = 100
"""What Telegram hands over at most in one answer: when it does, there may be more."""


class NothingUsable(Exception):
    """No update in Telegram's answer can be stored and confirmed: asking again at once would bring the same."""


Store = Callable[[list[dict[str, Any]]], Awaitable[None]]


class Polling:
    """Asks Telegram for updates until it is stopped, and comes back from any answer. `store` returns when they are
    committed.
    """

    def __init__(self, telegram: Telegram, store: Store) -> None:
        self.telegram = telegram
        self.store = store
        self.offset: int | None = None
        self._answering = asyncio.Semaphore(ANSWERS_AT_ONCE)
        self._group: asyncio.TaskGroup | None = None

    async def once(self, seconds: int = 0) -> int:
        """One question to Telegram; returns how many updates it brought."""
        answer = await self.telegram.updates_after(self.offset, seconds)
        if answer == []:
            return 0
        updates = [u for u in answer if inbox.usable(u)] if isinstance(answer, list) else []
        if not updates:
            raise NothingUsable
        await self.store(updates)
        self.offset = max(u["update_id"] for u in updates) + 1
        await self._answer_presses(updates)
        return len(updates)

    async def _answer_presses(self, updates: list[dict[str, Any]]) -> None:
        """Stop the spinner on pressed buttons: the press is stored, so it may be called received."""
        for press in [p for u in updates if (p := inbox.press_of(u))]:
            if self._group is None:
                await self._answer(press)
            else:
                self._group.create_task(self._answer(press))  # the next question to Telegram need not wait for it

    async def _answer(self, press: str) -> None:
        try:
            async with self._answering, asyncio.timeout(3):
                await self.telegram.hint("answerCallbackQuery", {"callback_query_id": press})
        except (TelegramError, TimeoutError) as error:
            log.info("a press was not answered: %s", type(error).__name__)  # "query is too old": harmless

    async def run(self, stop: asyncio.Event) -> None:
        pause = 0.0
        async with asyncio.TaskGroup() as self._group:
            while not stop.is_set():
                try:
                    await self.once(POLL_SECONDS)
                    pause = 0.0
                except Exception as error:
                    pause = _pause_after(error, pause)
                    log.warning("no updates: %s; again in %.0f s", _in_short(error), pause)
                    await _sleep_or_stop(stop, pause)


def _pause_after(error: Exception, last: float) -> float:
    """How long to wait before asking again, in seconds: always less than a minute."""
    match error:
        case RetryAfter():
            return min(seconds_asked(error) + 0.5, 50.0)
        case Conflict():
            return 5.0  # another copy is polling; one of the two is being stopped
        case TimedOut():
            return 1.0
        case InvalidToken():
            return 15.0
        case _:
            return min(max(1.0, last * 2), _LONGEST_PAUSE)


def _in_short(error: Exception) -> str:
    """The error's kind and Telegram's own words; never a URL, which holds the token."""
    return f"{type(error).__name__}: {error}"[:200] if isinstance(error, TelegramError) else type(error).__name__


async def _sleep_or_stop(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
