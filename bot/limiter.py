"""Telegram's limits on sending: 30 a second in all, 1 a second to a chat, 20 a minute to a group, and its "wait"."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

IN_ALL, PER_SECOND = 30, 1.0
PER_GROUP, PER_MINUTE = 20, 60.0
_MARGIN = 0.04
"""Seconds added to each window: what leaves evenly arrives a little unevenly."""


class NotSoon(Exception):
    """A limit holds a message back for longer than anybody should wait for it with the message in hand."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


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

    def wait(self, chat_id: int, messages: int = 1) -> float:
        """How many seconds the limits known now hold this back."""
        return max(self._allowed(chat_id, messages) - self._time(), 0.0)

    async def chat_free(self, chat_id: int, messages: int = 1) -> None:
        """Wait for the chat's own limits, and take no turn yet: what stays then is short and the same for everybody."""
        while (wait := self._chat_allows(chat_id, messages) - self._time()) > 0:
            await self._sleep(wait)

    async def turn(self, chat_id: int, messages: int = 1) -> None:
        """Wait until all limits allow it, and take the turn. An album counts as its messages."""
        while (wait := self.wait(chat_id, messages)) > 0:
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

    def _allowed(self, chat_id: int, messages: int) -> float:
        in_all = _fits(self._recent, IN_ALL, PER_SECOND, messages)
        return max(self._halted_until, in_all, self._chat_allows(chat_id, messages))

    def _chat_allows(self, chat_id: int, messages: int) -> float:
        group = self._groups.get(chat_id, deque())
        return max(self._chats.get(chat_id, 0.0), _fits(group, PER_GROUP, PER_MINUTE, messages))


def _fits(recent: deque[float], most: int, window: float, messages: int) -> float:
    """The moment from which so many more fit into the window."""
    too_many = len(recent) + messages - most
    return recent[too_many - 1] + window + _MARGIN if too_many > 0 else 0.0
