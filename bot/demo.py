"""`kopir demo`: a local Telegram, the real program, and a page with the phones of three people.

Nothing leaves this machine: the Bot API and the page listen on the loopback, the database is a fresh file in `.demo/`.
"""

import asyncio
import contextlib
import logging
import secrets
import shutil
import socket
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any

import uvicorn
from click import echo

from bot.__main__ import stop_on_signals
from bot.application import Application
from bot.clock import Clock
from bot.demo_city import ADMIN_ID, Story, enter_ngos
from bot.demo_crowd import enter_crowd
from bot.limiter import Limiter
from bot.settings import WrongSetting
from bot.telegram import connect
from domain.city import City
from domain.people import Language
from simulator.api import create_app
from simulator.page import Page, PageServer, PhoneOnPage
from simulator.telegram import Telegram as LocalTelegram
from storage import migrate
from storage.database import Database
from texts import Words

log = logging.getLogger(__name__)

FOLDER = Path(".demo")
MORNING = time(9, 10)
PAVLODAR = (52.2873, 76.9674)
TITLE = {"en": "Köpir: the demo city", "ru": "Köpir: демо-город", "kk": "Köpir: үлгі қала"}
HINT = {
    "en": "Try first: as the NGO send /ask and ask for help with a cultural event; the official presses Take and "
    "Answer under the card; then judge the answer. The administrator begins with /admin.",
    "ru": "С чего начать: от НПО отправьте /ask и попросите помощи с культурным мероприятием; сотрудник нажимает "
    "«Взять в работу» и «Ответить»; затем оцените ответ. Администратор начинает с /admin.",
    "kk": "Неден бастау керек: ҮЕҰ атынан /ask жіберіп, мәдени іс-шараға көмек сұраңыз; қызметкер «Жұмысқа алу» және "
    "«Жауап беру» түймелерін басады; содан кейін жауапты бағалаңыз. Әкімші /admin пәрменінен бастайды.",
}
ROLES = {
    "ngo": {"en": "Representative of an NGO", "ru": "Представитель НПО", "kk": "ҮЕҰ өкілі"},
    "official": {"en": "Official", "ru": "Сотрудник отдела", "kk": "Бөлім қызметкері"},
    "admin": {"en": "Administrator", "ru": "Администратор", "kk": "Әкімші"},
    "newcomer": {"en": "Somebody new", "ru": "Новый человек", "kk": "Жаңа адам"},
}
FIRST_NEWCOMER = 4_100_000_100
NEWCOMERS = ("Ерлан", "Жанар", "Тимур", "Гүлнар", "Асхан", "Марина")


@dataclass
class CityTime:
    """The page's date bar: what day it is in the city, and the button that moves it on."""

    app: Application

    def today(self) -> dict[str, Any]:
        now = self.app.clock.now()
        day = self.app.city.today(now)
        text = {str(language): Words(language, self.app.city.zone).weekday(day) for language in Language}
        return {"date": day.isoformat(), "text": text, "time": f"{now.astimezone(self.app.city.zone):%H:%M}"}

    async def next_hour(self) -> None:
        """An hour on: through an evening and a night one sees that nothing comes before the morning."""
        await self._skip(timedelta(hours=1))

    async def next_working_day(self) -> None:
        """To the morning of the next working day, when the cards have just gone out; what falls due is done at once."""
        now = self.app.clock.now()
        day = self.app.city.calendar.add(self.app.city.today(now), 1)
        await self._skip(datetime.combine(day, MORNING, self.app.city.zone) - now)

    async def _skip(self, span: timedelta) -> None:
        self.app.clock.skip(span)
        await self.app.tick()
        self.app.wanted.set()


async def run_demo(port: int, language: Language | None = None) -> None:
    """Serve until Ctrl-C. Raises WrongSetting when the port is taken."""
    _must_be_free(port)
    clock = Clock()
    telegram = LocalTelegram(now=clock.now)
    token = f"100000:{secrets.token_urlsafe(24)}"
    telegram.add_bot(token)
    api, api_port = _api(telegram)
    stop = stop_on_signals()
    async with asyncio.TaskGroup() as group:
        serving_api = group.create_task(api.serve())
        while not api.started:  # noqa: ASYNC110 - uvicorn offers no event for it
            await asyncio.sleep(0.01)
        app = await _city(token, api_port, clock, telegram)
        story = Story(app, telegram, language)
        await _past(app, story)
        page = PageServer(_page(app, telegram, story, language), port=port)
        page.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment] # ours stop all together
        serving_page = group.create_task(page.serve())
        running = group.create_task(app.run(stop))
        echo(f"Open http://127.0.0.1:{port} in a browser. Ctrl-C stops the demo.")
        await stop.wait()
        await running
        page.should_exit = True
        await serving_page
        api.should_exit = True
        await serving_api


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise WrongSetting(
                f"port {port} is taken: stop what listens there, or choose another with --port"
            ) from None


def _api(telegram: LocalTelegram) -> tuple[uvicorn.Server, int]:
    """The Bot API on a free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    # as Telegram's: a line that is kept for 5 s only ends now and then under the very call that uses it again
    config = uvicorn.Config(
        create_app(telegram), port=port, log_level="warning", timeout_keep_alive=75, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    return server, port


def _fresh_folder() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()


async def _city(token: str, api_port: int, clock: Clock, telegram: LocalTelegram) -> Application:
    """A fresh database and the program on it."""
    _fresh_folder()
    url = f"sqlite+aiosqlite:///{FOLDER}/kopir.db"
    await migrate.upgrade(url)
    bot = connect(token, f"http://127.0.0.1:{api_port}")
    return Application(Database(url), bot, City(), clock=clock, admin_ids=[ADMIN_ID])


async def _past(app: Application, story: Story) -> None:
    """The weeks before the page opens, without waiting for anybody's second."""
    await app.prepare()
    await app.introduce()
    await app.show_menu()
    await enter_ngos(app)
    await enter_crowd(app, story.telegram)
    flies = _TimeThatFlies()
    ours, app.delivery.limiter = app.delivery.limiter, Limiter(flies.now, flies.sleep)
    await story.unfold()
    app.delivery.limiter = ours


class _TimeThatFlies:
    """A limiter's time in which a second passes by being waited for."""

    def __init__(self) -> None:
        self._time = 0.0

    def now(self) -> float:
        return self._time

    async def sleep(self, seconds: float) -> None:
        self._time += seconds


def _page(app: Application, telegram: LocalTelegram, story: Story, language: Language | None) -> Page:
    actors = {"ngo": story.aigerim, "official": story.daniyar, "admin": story.saule}
    phones = [PhoneOnPage(key, actor.phone, ROLES[key]) for key, actor in actors.items()]
    return Page(
        telegram,
        phones,
        title=TITLE,
        hint=HINT,
        time_zone=app.city.zone.key,
        sample_place=PAVLODAR,
        controls=CityTime(app),
        language=language.value if language else None,
        newcomers=Newcomers(telegram),
    )


class Newcomers:
    """People whom the bot has not met, one after another: each is on the page until the next one comes."""

    def __init__(self, telegram: LocalTelegram) -> None:
        self._telegram = telegram
        self._ids = count(FIRST_NEWCOMER)
        self._names = cycle(NEWCOMERS)

    def __call__(self, language_code: str) -> PhoneOnPage:
        phone = self._telegram.phone(next(self._names), user_id=next(self._ids), language_code=language_code)
        return PhoneOnPage("newcomer", phone, ROLES["newcomer"])
