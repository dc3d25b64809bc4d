"""A bot hears of everything once it asks, in order, until it confirms."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from telegram import Bot
from telegram.error import Conflict

from simulator.phones import Phone
from simulator.telegram import Telegram
from simulator.webhook import deliver, deliver_forever
from tests.simulator.clock import Clock


async def test_updates_come_in_order_until_confirmed(bot: Bot, aigerim: Phone) -> None:
    for text in ("1", "2", "3"):
        aigerim.writes(text)
    first = await bot.get_updates(limit=2)
    assert [update.message.text for update in first] == ["1", "2"]
    assert await bot.get_updates(limit=2) == first
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [update.message.text for update in rest] == ["3"]
    assert await bot.get_updates(offset=rest[-1].update_id + 1) == ()


async def test_ids_of_updates_grow_by_one(bot: Bot, aigerim: Phone) -> None:
    aigerim.writes("1")
    aigerim.writes("2")
    first, second = await bot.get_updates()
    assert second.update_id == first.update_id + 1


async def test_a_negative_offset_keeps_the_last(bot: Bot, aigerim: Phone) -> None:
    for text in ("1", "2", "3"):
        aigerim.writes(text)
    assert [update.message.text for update in await bot.get_updates(offset=-1)] == ["3"]
    assert [update.message.text for update in await bot.get_updates()] == ["3"]


async def test_a_long_poll_ends_when_somebody_writes(bot: Bot, aigerim: Phone) -> None:
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.05)
        assert not poll.done()
        aigerim.writes("Hi")
    assert poll.result()[0].message.text == "Hi"


async def test_a_long_poll_ends_with_nothing_when_its_time_is_over(bot: Bot) -> None:
    assert await bot.get_updates(timeout=timedelta(seconds=1)) == ()


async def test_of_two_polls_the_older_hears_of_the_conflict(bot: Bot, aigerim: Phone) -> None:
    async with asyncio.TaskGroup() as tasks:
        older = tasks.create_task(_outcome(bot))
        await asyncio.sleep(0.05)
        newer = tasks.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.05)
        aigerim.writes("Hi")
    assert "terminated by other getUpdates request; make sure that only one bot" in str(older.result())
    assert newer.result()[0].message.text == "Hi"


async def _outcome(bot: Bot) -> Conflict:
    with pytest.raises(Conflict) as caught:
        await bot.get_updates(timeout=5)
    return caught.value


async def test_a_poll_that_was_given_up_disturbs_nobody(bot: Bot, aigerim: Phone) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await bot.get_updates(timeout=5)
    aigerim.writes("Hi")
    assert len(await bot.get_updates()) == 1


async def test_only_what_is_asked_for_comes_and_the_wish_is_remembered(bot: Bot, aigerim: Phone) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    aigerim.writes("Unheard")
    aigerim.presses_data("yes")
    assert [update.callback_query.data for update in await bot.get_updates()] == ["yes"]


async def test_updates_are_forgotten_after_a_day(bot: Bot, aigerim: Phone, clock: Clock) -> None:
    aigerim.writes("Old")
    clock.pass_(hours=24, seconds=1)
    aigerim.writes("New")
    assert [update.message.text for update in await bot.get_updates()] == ["New"]


async def test_a_webhook_excludes_polling(bot: Bot) -> None:
    await bot.set_webhook("https://kopir.test/hook")
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_dropping_what_waits(bot: Bot, aigerim: Phone) -> None:
    aigerim.writes("1")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


class Door:
    """The bot's side of a webhook: keeps what is posted, and answers as told."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str | None]] = []
        self.answers: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        update = json.loads(request.content)
        self.posted.append((update["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        return httpx.Response(self.answers.pop(0) if self.answers else 200)


async def test_a_webhook_gets_each_update_with_the_secret(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    await bot.set_webhook("https://kopir.test/hook", secret_token="word")
    aigerim.writes("1")
    aigerim.writes("2")
    door = Door()
    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as client:
        assert await deliver(telegram, telegram.bot, client) == 2
        assert await deliver(telegram, telegram.bot, client) == 0
    assert door.posted == [("1", "word"), ("2", "word")]


async def test_a_webhook_that_fails_gets_the_same_update_again(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    await bot.set_webhook("https://kopir.test/hook")
    aigerim.writes("1")
    aigerim.writes("2")
    door = Door()
    door.answers = [500]
    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as client:
        assert await deliver(telegram, telegram.bot, client) == 0
        info = await bot.get_webhook_info()
        assert info.pending_update_count == 2
        assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"
        assert await deliver(telegram, telegram.bot, client) == 2
    assert [text for text, _ in door.posted] == ["1", "1", "2"]


async def test_a_webhook_can_be_served_in_the_background(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    await bot.set_webhook("https://kopir.test/hook")
    door = Door()
    door.answers = [502]
    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as client, asyncio.TaskGroup() as tasks:
        server = tasks.create_task(deliver_forever(telegram, telegram.bot, client, wait=0.01))
        aigerim.writes("1")
        await asyncio.sleep(0.1)
        server.cancel()
    assert [text for text, _ in door.posted] == ["1", "1"]
