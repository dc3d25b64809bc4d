"""The real library against the simulator: real requests, real parsing, one process and no network."""

import os

os.environ["PTB_TIMEDELTA"] = "1"  # before the first import of telegram: see the library's release notes

from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from simulator.api import in_process
from simulator.phones import Phone
from simulator.telegram import Telegram
from tests.simulator.clock import Clock

TOKEN = "123456:AAinvented"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def telegram(clock: Clock) -> Telegram:
    telegram = Telegram(now=clock)
    telegram.add_bot(TOKEN)
    return telegram


@pytest.fixture
async def bot(telegram: Telegram) -> AsyncIterator[Bot]:
    """python-telegram-bot's own Bot."""
    requests = [HTTPXRequest(httpx_kwargs={"transport": in_process(telegram)}) for _ in range(2)]
    bot = Bot(
        TOKEN,
        base_url="http://telegram.test/bot",
        base_file_url="http://telegram.test/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )
    async with bot:
        telegram.record.clear()
        yield bot


@pytest.fixture
def aigerim(telegram: Telegram) -> Phone:
    """She has pressed Start, and the bot has heard of it."""
    phone = telegram.phone("Aigerim", language_code="kk")
    phone.starts()
    telegram.bot.updates.clear()
    return phone
