"""People who ask: everybody walks the same dialogue, thinks between the steps, and notes how long each reply took.

A press names its button by place, not by label, so both bots are driven by the same steps whatever they call them.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from simulator.phones import Phone
from simulator.telegram import Chat, Telegram

THINKING = 1.1
"""Seconds a person thinks at least: Telegram allows one message a second to a chat."""
IN_ALL = 25
"""Updates a second of everybody together at most: Telegram allows 30 messages a second, and we leave it some air."""
PATIENCE = 30.0
"""Seconds after which an unanswered person makes the whole run fail."""
NUMBER = re.compile(r"№ (\d{4}-\d{6,})")

Deed = Callable[[Phone], object]

TEXT = (
    "Наша организация много лет проводит концерты и мастер-классы для незрячих жителей города. Просим предоставить "
    "зал Дома дружбы в одну из суббот следующего месяца, с четырнадцати до восемнадцати часов, и подсказать, открыт ли "
    "пандус со стороны двора и есть ли в зале звуковая аппаратура. Мы ждём около восьмидесяти человек, из них двадцать "
    "на колясках; сопровождающих и волонтёров приведём сами, афишу."
)
"""Four hundred characters."""


def writes(text: str) -> Deed:
    return lambda phone: phone.writes(text)


def presses(place: int = 0) -> Deed:
    """The button at this place under the bot's newest message, counted row by row."""

    def press(phone: Phone) -> None:
        message = phone.last
        buttons = [button for row in message["reply_markup"]["inline_keyboard"] for button in row]
        phone.presses_data(buttons[place]["callback_data"], message["message_id"])

    return press


KIND, TOPIC, DONE, PUBLIC, SEND = presses(), presses(7), presses(), presses(), presses()
OF_OURS = (writes("/ask"), KIND, TOPIC, writes(TEXT), DONE, PUBLIC, SEND)
OF_THE_PEER = (writes("/ask"), KIND, TOPIC, writes(TEXT), SEND)


class WatchedTelegram(Telegram):
    """A local Telegram that notes the moment in which the bot's message is recorded, before anybody is woken."""

    def __init__(self) -> None:
        super().__init__()
        self._awaited: dict[int, asyncio.Future[float]] = {}

    def next_message(self, phone: Phone) -> Awaitable[float]:
        """When the bot will have written to this person."""
        self._awaited[phone.id] = future = asyncio.get_running_loop().create_future()
        return future

    def happened(self, chat: Chat, kind: str, **facts: Any) -> None:
        now = perf_counter()
        super().happened(chat, kind, **facts)
        if kind == "message" and facts["message"]["from"]["is_bot"] and chat.id in self._awaited:
            self._awaited.pop(chat.id).set_result(now)


@dataclass
class Walked:
    """What a crowd saw: seconds to each reply, and how long it all took."""

    replies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Updates a second."""
        return len(self.replies) / self.seconds

    def percentile(self, percent: int) -> float:
        """The seconds that this many of a hundred replies did not exceed."""
        ordered = sorted(self.replies)
        return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def thinking_of(people: int) -> float:
    """Seconds after each reply with which a crowd stays within Telegram's limits."""
    return max(THINKING, people / IN_ALL)


async def walk(
    telegram: WatchedTelegram,
    phones: list[Phone],
    deeds: tuple[Deed, ...],
    walked: Walked,
    *,
    thinking: float,
    steady: bool = False,
    times: int = 1,
) -> None:
    """Everybody goes through the dialogue so many times, setting out one after another over a thinking pause.

    They think after each reply for so long, or `steady`, so long from one deed to the next, the reply's time included.
    """
    begun = perf_counter()
    last = [begun]

    async def person(place: int, phone: Phone) -> None:
        await asyncio.sleep(thinking * place / len(phones))
        took = 0.0
        for step, deed in enumerate(deeds * times):
            await asyncio.sleep(max(0.0, thinking - took * steady) if step else 0)
            reply = telegram.next_message(phone)
            asked = perf_counter()
            deed(phone)
            try:
                async with asyncio.timeout(PATIENCE):
                    answered = await reply
            except TimeoutError:
                raise AssertionError(f"no reply within {PATIENCE:.0f} s; the chat:\n{phone}") from None
            took = answered - asked
            walked.replies.append(took)
            last.append(answered)

    async with asyncio.TaskGroup() as group:
        for place, phone in enumerate(phones):
            group.create_task(person(place, phone))
    walked.seconds += max(last) - begun


_THIRDS = (TEXT[:132], TEXT[133:273], TEXT[274:])
AT_ONCE: tuple[Deed, ...] = (
    writes("/ask"),
    lambda phone: phone.presses_data("kind:question", inaccessible=True),
    lambda phone: phone.presses_data("topic:8", inaccessible=True),
    *(writes(third) for third in _THIRDS),
    lambda phone: phone.presses_data("done", inaccessible=True),
    lambda phone: phone.presses_data("public:1", inaccessible=True),
)
"""Our dialogue up to the preview by somebody who waits for no reply; the text comes in three messages. It succeeds only
when each step is handled after the one before it."""


async def rush(phones: list[Phone]) -> None:
    """Everybody does all of it at once: hundreds of updates wait, of each person eight in a row."""
    for phone in phones:
        for deed in AT_ONCE:
            deed(phone)


async def sends(phone: Phone) -> str:
    """After a rush, when everything was said: the number of the question. A preview that is not there fails."""
    async with asyncio.timeout(PATIENCE):
        while not (sending := _button(phone, "send:")):  # noqa: ASYNC110 - replies come as the limits let them
            await asyncio.sleep(0.1)
        await asyncio.sleep(THINKING)
        phone.presses_data(sending)
        while not (found := [m.group(1) for text in phone.texts() if (m := NUMBER.search(text))]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert len(found) == 1, f"{len(found)} numbers:\n{phone}"
    return found[0]


def _button(phone: Phone, beginning: str) -> str | None:
    shown = [m.get("reply_markup", {}).get("inline_keyboard", []) for m in phone.chat if m["from"]["is_bot"]]
    data = [button["callback_data"] for rows in shown for row in rows for button in row]
    return next((found for found in data if found.startswith(beginning)), None)


def numbers_of(phones: list[Phone], deeds: tuple[Deed, ...], times: int) -> list[str]:
    """The numbers these people were told. Raises unless each got one reply a step and one number a dialogue."""
    found: list[str] = []
    for phone in phones:
        texts = phone.texts()
        numbers = [match.group(1) for text in texts if (match := NUMBER.search(text))]
        assert len(texts) == len(deeds) * times, f"{len(texts)} replies to {len(deeds) * times} updates:\n{phone}"
        assert len(numbers) == times, f"{len(numbers)} registered, {times} sent:\n{phone}"
        found += numbers
    return found
