"""Telegram's limits on sending: 30 a second in all, 1 a second to a chat, 20 a minute to a group, and its "wait"."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

IN_ALL, PER_SECOND = 30, 1.0
PER_GROUP, PER_MINUTE = 20, 60.0
_MARGIN = 0.04
"""Seconds added to each window: what leaves evenly arrives a little unevenly."""


class Limiter:
    """Lets a send through when all limits allow it. Time and sleep are given, so tests need not wait."""

    def __init__(
        self,
        time: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._time = time
        self._sleep = sleep
        self._recent: deque[float] = deque(maxlen=IN_ALL)
        self._chats: dict[int, float] = {}
        self._groups: dict[int, deque[float]] = {}
        self._halted_until = 0.0

    async def turn(self, chat_id: int, messages: int = 1) -> None:
        """Wait until this chat may be sent to. An album counts as its messages."""
        while (wait := self._wait(chat_id)) > 0:
            await self._sleep(wait)
        now = self._time()
        for _ in range(messages):
            self._recent.append(now)
            if chat_id < 0:
                self._groups.setdefault(chat_id, deque(maxlen=PER_GROUP)).append(now)
        self._chats[chat_id] = now + PER_SECOND + _MARGIN
        if len(self._chats) > 10_000:
            self._chats = {chat: free for chat, free in self._chats.items() if free > now}

    def halt(self, seconds: float) -> None:
        """Telegram said "retry after": nothing goes out until then."""
        self._halted_until = max(self._halted_until, self._time() + seconds)

    def _wait(self, chat_id: int) -> float:
        now = self._time()
        free = max(self._halted_until, self._chats.get(chat_id, 0.0))
        if len(self._recent) == IN_ALL:
            free = max(free, self._recent[0] + PER_SECOND + _MARGIN)
        group = self._groups.get(chat_id)
        if group and len(group) == PER_GROUP:
            free = max(free, group[0] + PER_MINUTE + _MARGIN)
        return free - now
