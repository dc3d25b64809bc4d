"""`python -m benchmarks.unlimited`: `bot run` as it is, but as if Telegram had no limits on sending.

How fast the program itself is cannot be seen behind 30 messages a second. So here, and nowhere else, the limiter lets
everything through at once, and as many calls are on the way together as a distance of 50 ms needs. No setting does
this: a bot that runs so is refused by the real Telegram.
"""

import contextlib
from collections.abc import AsyncIterator

from bot.__main__ import main
from bot.limiter import Limiter

CALLS_AT_ONCE = 64


class Unlimited(Limiter):
    """Lets everything through."""

    def wait(self, chat_id: int, messages: int = 1) -> float:
        return 0.0

    async def chat_free(self, chat_id: int, messages: int = 1) -> None:
        pass

    async def even(self) -> None:
        pass

    async def turn(self, chat_id: int, messages: int = 1) -> None:
        pass

    @contextlib.asynccontextmanager
    async def sending(self, chat_id: int, messages: int, patience: float) -> AsyncIterator[None]:
        yield


def let_through() -> None:
    """Before the modules are imported that take the numbers over."""
    from bot import telegram

    assert telegram.SENDS_AT_ONCE < CALLS_AT_ONCE
    telegram.SENDS_AT_ONCE = CALLS_AT_ONCE
    from bot import application, intake

    assert intake.ANSWERS_AT_ONCE < CALLS_AT_ONCE
    intake.ANSWERS_AT_ONCE = CALLS_AT_ONCE
    application.Limiter = Unlimited  # type: ignore[misc]


if __name__ == "__main__":
    let_through()
    main(["run"])
