"""Telegram's limits on sending: 30 a second in all, 1 a second to a chat, 20 a minute to a group, and its "wait".

When a message arrives there is not known here: somewhere between its departure and the answer. It counts from the
answer on, so that what a busy moment delayed on the way does not arrive in one second with what left after it.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

IN_ALL, PER_SECOND = 30, 1.0
PER_GROUP, PER_MINUTE = 20, 60.0
_MARGIN = 0.04
"""Seconds added to a chat's windows: what leaves evenly arrives a little unevenly."""
_SECOND = PER_SECOND + 0.002
"""The second of all, which begins with the answer: clocks differ by less."""
_CATCH_UP = 0.1
"""Seconds by which announcements may be behind their even pace and still make up for it."""
_LOOK_AGAIN = 0.02
"""Seconds until it is asked again whether a message that is on its way for more than a second has arrived."""


class NotSoon(Exception):
    """A limit holds a message back for longer than anybody should wait for it with the message in hand."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(eq=False, slots=True)
class _Sent:
    """One message in the window of all. `at` grows when its answer comes."""

    at: float
    on_its_way: bool = False


class Limiter:
    """Lets a send through when all limits allow it. Time and sleep are given, so tests need not wait."""

    def __init__(
        self,
        time: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._time = time
        self._sleep = sleep
        self._recent: list[_Sent] = []
        self._chats: dict[int, float] = {}
        self._groups: dict[int, deque[float]] = {}
        self._halted_until = 0.0
        self._next_even = 0.0

    def wait(self, chat_id: int, messages: int = 1) -> float:
        """How many seconds the limits known now hold this back."""
        return max(self._allowed(chat_id, messages) - self._time(), 0.0)

    async def chat_free(self, chat_id: int, messages: int = 1) -> None:
        """Wait for the chat's own limits, and take no turn yet: what stays then is short and the same for everybody."""
        while (wait := self._chat_allows(chat_id, messages) - self._time()) > 0:
            await self._sleep(wait)

    async def even(self) -> None:
        """Wait for the next beat of an even pace: a crowd that goes all at once leaves people no gap for a second."""
        while (wait := self._next_even - self._time()) > 0:
            await self._sleep(wait)
        self._next_even = max(self._next_even, self._time() - _CATCH_UP) + PER_SECOND / IN_ALL

    async def turn(self, chat_id: int, messages: int = 1) -> None:
        """Wait until all limits allow it, and take the turn. An album counts as its messages."""
        await self._take(chat_id, messages)

    @asynccontextmanager
    async def sending(self, chat_id: int, messages: int, patience: float) -> AsyncIterator[None]:
        """The turn for what is sent within the block, at whose end Telegram has it. Raises NotSoon."""
        sent = await self._take(chat_id, messages, patience)
        for one in sent:
            one.on_its_way = True
        try:
            yield
        finally:
            for one in sent:
                one.at, one.on_its_way = self._time(), False

    async def _take(self, chat_id: int, messages: int, patience: float = math.inf) -> list[_Sent]:
        while (wait := self.wait(chat_id, messages)) > 0:
            if wait > patience:
                raise NotSoon(wait)
            await self._sleep(wait)
        now = self._time()
        sent = [_Sent(now) for _ in range(messages)]
        self._recent = [one for one in self._recent if one.on_its_way or one.at + _SECOND > now] + sent
        if chat_id < 0:
            self._groups.setdefault(chat_id, deque(maxlen=PER_GROUP)).extend([now] * messages)
        self._chats[chat_id] = now + PER_SECOND + _MARGIN
        if len(self._chats) > 10_000:
            self._chats = {chat: free for chat, free in self._chats.items() if free > now}
        return sent

    def halt(self, seconds: float) -> None:
        """Telegram said "retry after": nothing goes out until then."""
        self._halted_until = max(self._halted_until, self._time() + seconds)

    def _allowed(self, chat_id: int, messages: int) -> float:
        return max(self._halted_until, self._all_allow(messages), self._chat_allows(chat_id, messages))

    def _all_allow(self, messages: int) -> float:
        """From when so many more fit into the second."""
        now = self._time()
        free = sorted(max(one.at, now - _SECOND + _LOOK_AGAIN) if one.on_its_way else one.at for one in self._recent)
        too_many = len(free) + messages - IN_ALL
        return free[too_many - 1] + _SECOND if too_many > 0 else 0.0

    def _chat_allows(self, chat_id: int, messages: int) -> float:
        group = self._groups.get(chat_id, deque())
        return max(self._chats.get(chat_id, 0.0), _fits(group, PER_GROUP, PER_MINUTE, messages))


def _fits(recent: deque[float], most: int, window: float, messages: int) -> float:
    """The moment from which so many more fit into the window."""
    too_many = len(recent) + messages - most
    return recent[too_many - 1] + window + _MARGIN if too_many > 0 else 0.0
