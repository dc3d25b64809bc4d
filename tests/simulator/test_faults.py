"""Misfortunes strike when ordered, once, where ordered, with or without the effect."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from telegram import Bot
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from simulator.api import create_app
from simulator.faults import (
    Fault,
    answer_late,
    blocked_by_user,
    cut_after,
    cut_before,
    garbage,
    hang,
    refuse,
    server_error,
    too_many_requests,
)
from simulator.phones import Phone
from simulator.telegram import Telegram

OUTCOMES = [
    (too_many_requests(3), RetryAfter, "Retry in 0:00:03|Retry in 3", False),
    (server_error(), NetworkError, "Bad Gateway", False),
    (server_error(500, "Internal Server Error"), NetworkError, "Internal Server Error", False),
    (blocked_by_user(), Forbidden, "bot was blocked by the user", False),
    (refuse(400, "Bad Request: chat not found"), BadRequest, "Chat not found", False),
    (refuse(409, "Conflict: terminated by other getUpdates request"), Conflict, "terminated", False),
    (garbage(), TelegramError, "Invalid server response", False),
    (garbage(502), NetworkError, "Bad Gateway", False),
    (cut_before(), NetworkError, "Server disconnected without sending a response", False),
    (cut_after(), NetworkError, "Server disconnected without sending a response", True),
    (hang(5), TimedOut, "Timed out", False),
    (answer_late(5), TimedOut, "Timed out", True),
]


@pytest.mark.parametrize(("fault", "error", "text", "effect"), OUTCOMES, ids=lambda value: getattr(value, "name", ""))
async def test_the_caller_sees_the_fault_and_the_person_the_effect(
    bot: Bot, aigerim: Phone, telegram: Telegram, fault: Fault, error: type[Exception], text: str, effect: bool
) -> None:
    telegram.faults.next("sendMessage", fault)
    with pytest.raises(error, match=text):
        await bot.send_message(aigerim.id, "First", read_timeout=0.1)
    assert aigerim.texts() == (["First"] if effect else [])
    await bot.send_message(aigerim.id, "Second")
    assert aigerim.texts()[-1] == "Second"


async def test_an_answer_that_hangs_a_little_comes_all_the_same(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    telegram.faults.next("sendMessage", hang(0.05))
    assert (await bot.send_message(aigerim.id, "Hi")).text == "Hi"


async def test_a_fault_strikes_only_where_it_was_ordered(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    daniyar = telegram.phone("Daniyar")
    daniyar.starts()
    telegram.faults.next("sendMessage", server_error(), chat_id=daniyar.id)
    await bot.send_chat_action(daniyar.id, "typing")
    await bot.send_message(aigerim.id, "Hi")
    with pytest.raises(NetworkError):
        await bot.send_message(daniyar.id, "Hi")


async def test_a_fault_strikes_as_often_as_ordered(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    telegram.faults.next("*", server_error(), times=2)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await bot.send_message(aigerim.id, "Hi")
    await bot.send_message(aigerim.id, "Hi")
    assert telegram.faults.struck == [("sendMessage", "refuse 502")] * 2


async def test_a_fault_can_wait_for_certain_words(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    telegram.faults.when(lambda method, params: "№" in params.get("text", ""), cut_after())
    await bot.send_message(aigerim.id, "Hi")
    with pytest.raises(NetworkError):
        await bot.send_message(aigerim.id, "№ 1")


async def test_an_endless_fault_ends_when_cleared(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    telegram.faults.always("sendMessage", server_error())
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.send_message(aigerim.id, "Hi")
    telegram.faults.clear()
    assert await bot.send_message(aigerim.id, "Hi")


async def test_the_record_tells_every_call_and_its_end(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    telegram.faults.next("sendMessage", too_many_requests(3), cut_before())
    for _ in range(2):
        with pytest.raises((RetryAfter, NetworkError)):
            await bot.send_message(aigerim.id, "Hi")
    await bot.send_message(aigerim.id, "Hi")
    assert [(call.method, call.status, call.chat_id) for call in telegram.record] == [
        ("sendMessage", 429, aigerim.id),
        ("sendMessage", 0, aigerim.id),
        ("sendMessage", 200, aigerim.id),
    ]


async def test_a_confirmed_update_can_come_again(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    aigerim.writes("1")
    (first,) = await bot.get_updates()
    aigerim.writes("2")
    (second,) = await bot.get_updates(offset=first.update_id + 1)
    telegram.faults.hand_out_again(first.update_id)
    assert await bot.get_updates(offset=second.update_id) == (first, second)
    assert await bot.get_updates(offset=second.update_id) == (second,)


async def test_a_repetition_wakes_a_poll_that_waits(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    aigerim.writes("1")
    (first,) = await bot.get_updates()
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(bot.get_updates(offset=first.update_id + 1, timeout=5))
        await asyncio.sleep(0.05)
        telegram.faults.hand_out_again(first.update_id)
    assert poll.result() == (first,)


async def test_updates_can_come_in_another_order(bot: Bot, aigerim: Phone, telegram: Telegram) -> None:
    aigerim.writes("1")
    aigerim.writes("2")
    telegram.faults.shuffle_updates()
    assert [update.message.text for update in await bot.get_updates()] == ["2", "1"]
    assert [update.message.text for update in await bot.get_updates()] == ["1", "2"]


async def test_the_plain_transport_of_httpx_feels_a_cut_as_well(aigerim: Phone, telegram: Telegram) -> None:
    telegram.faults.next("getMe", cut_before())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(telegram))) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://telegram.test/bot{telegram.bot.token}/getMe")


@pytest.fixture
async def port(telegram: Telegram) -> AsyncIterator[int]:
    """The same over a real port, as the demo runs it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(telegram), log_config=None, lifespan="off", ws="none"))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve([listener]))
            while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
                await asyncio.sleep(0.01)
            yield listener.getsockname()[1]
            server.should_exit = True


@pytest.fixture
async def distant_bot(port: int, telegram: Telegram) -> AsyncIterator[Bot]:
    assert os.environ["PTB_TIMEDELTA"]
    base = f"http://127.0.0.1:{port}"
    requests = [HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2)]
    async with Bot(
        telegram.bot.token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    ) as bot:
        yield bot


@pytest.mark.parametrize(("fault", "effect"), [(cut_before(), False), (cut_after(), True)], ids=["before", "after"])
async def test_over_a_port_the_socket_is_closed(
    distant_bot: Bot, aigerim: Phone, telegram: Telegram, fault: Fault, effect: bool
) -> None:
    telegram.faults.next("sendMessage", fault)
    with pytest.raises(NetworkError, match=r"RemoteProtocolError|ReadError"):
        await distant_bot.send_message(aigerim.id, "First")
    assert aigerim.texts() == (["First"] if effect else [])
    await distant_bot.send_message(aigerim.id, "Second")


async def test_over_a_port_files_and_polls_work_as_well(distant_bot: Bot, aigerim: Phone) -> None:
    message = await distant_bot.send_document(aigerim.id, b"words", filename="a.txt")
    assert bytes(await (await message.document.get_file()).download_as_bytearray()) == b"words"
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(distant_bot.get_updates(timeout=5))
        await asyncio.sleep(0.05)
        aigerim.writes("Hi")
    assert poll.result()[0].message.text == "Hi"


async def test_over_a_port_a_caller_that_hangs_up_ends_its_poll(
    distant_bot: Bot, aigerim: Phone, telegram: Telegram
) -> None:
    with pytest.raises(TimedOut):
        await distant_bot.get_updates(timeout=5, read_timeout=-4.9)  # the library adds the two
    async with asyncio.timeout(1):
        while telegram.bot.poll is not None:  # noqa: ASYNC110 - the server's side has no event for the test
            await asyncio.sleep(0.01)
    aigerim.writes("Hi")
    assert len(await distant_bot.get_updates()) == 1
