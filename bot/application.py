"""The program put together: intake, serving, delivery and jobs around one database.

    intake ─▶ inbox ─▶ serve ─▶ outbox ─▶ delivery
          ╰─ few: served as they are stored ─╯

Each part waits for the event of the one before it, and looks by itself every second: another copy may have written.
"""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from telegram.error import InvalidToken, TelegramError

from bot import announcing, door, jobs
from bot.clock import Clock
from bot.delivery import Delivery
from bot.door import Door
from bot.health import Health
from bot.importing import Importing
from bot.intake import MOST_UPDATES, Polling
from bot.limiter import Limiter
from bot.nightly import Nightly
from bot.settings import WrongSetting
from bot.telegram import UNDERSTOOD, Telegram
from bot.turnstile import Turnstile
from domain.city import City
from domain.pace import Pace
from domain.people import Language, Person
from handlers.everyone import commands, greeting
from handlers.serve import Served, Sitting, serve_next
from handlers.speech import Call
from storage import beginnings, forgotten, habits, people
from storage.database import Database
from storage.presence import Presence
from texts import Words
from web.door import create_door
from web.webhook import Webhook

log = logging.getLogger(__name__)

_WORKERS_ON_POSTGRESQL = 4
_AT_ONCE_ON_SQLITE = 8
"""Updates that share a commit when so many wait: SQLite has one writer anyway, and a commit waits for the disk. On
PostgreSQL each has its own, so that nobody's lock is waited for with other people's locks in hand.
"""
_TICK_SECONDS = 30
_LOOK_SECONDS = 1
_PURGE_SECONDS = 3600


@dataclass
class Application:
    """One copy of the running bot."""

    database: Database
    telegram: Telegram
    city: City
    clock: Clock = field(default_factory=Clock)
    admin_ids: list[int] = field(default_factory=list)
    limiter: Limiter | None = None
    door: Door | None = None
    pace: Pace = field(default_factory=Pace)
    nightly: Nightly | None = None

    def __post_init__(self) -> None:
        self.arrived = asyncio.Event()
        self.wanted = asyncio.Event()
        limiter = self.limiter or Limiter(lambda: asyncio.get_running_loop().time())
        self.turnstile = Turnstile(self.pace, lambda: asyncio.get_running_loop().time())
        self.polling = Polling(self.telegram, self.take_in)
        self.delivery = Delivery(self.telegram, self.database, self.city, self.clock, limiter, self.wanted)
        self.importing = Importing(self.telegram, self.database, self.clock)
        self.served = Served(self.city, "", self.delivery)
        self.at_once = _AT_ONCE_ON_SQLITE if self.database.is_sqlite else 1
        self.settings_city = self.city
        self.database.promised = self.wanted.set
        self.presence = Presence(self.database, self.delivery.owner)
        self.health = Health(self.database, self.clock)
        self.telegram.on_answer(self.health.telegram_answered)
        self.delivery.settled = self.health.sent

    async def prepare(self) -> None:
        """What must be so before the first update: departments, administrators, no claims of a killed predecessor."""
        await self.presence.enter()
        async with self.database.transaction() as db:
            await beginnings.begin(db)
            await forgotten.begin(db)
            await people.appoint(db, self.admin_ids, self.clock.now())
            await self.presence.release_dead(db)
        if self.nightly and (erased := await self.nightly.forget_again()):
            log.warning("the database is a restored one: %s people are forgotten again", erased)
        await self.refresh()

    async def introduce(self) -> None:
        """Who the bot is."""
        await self.telegram.initialize()
        self.served = Served(self.city, self.telegram.username, self.delivery)

    async def show_menu(self) -> None:
        """Telegram's menu of commands, and what stands in a chat before the first word, in each language."""
        try:
            for language in (None, *Language):
                await self.telegram.call(Call("setMyCommands", _menu(language, self.city)))
                await self.telegram.call(Call("setMyDescription", _description(language, self.city)))
        except TelegramError as error:
            log.warning("the menu of commands was not set: %s", type(error).__name__)

    async def agree_on_the_way(self) -> None:
        """How updates come: through our door, or by asking, which a webhook that somebody left would forbid."""
        pause = 1.0
        while True:
            try:
                await self.telegram.call(self._way())
            except TelegramError as error:
                log.warning("the way of updates is not agreed: %s; again in %.0f s", type(error).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)
            else:
                return

    def _way(self) -> Call:
        if not self.by_webhook or self.door is None:
            return Call("deleteWebhook", {})
        return Call(
            "setWebhook",
            {"url": self.door.webhook_url, "secret_token": self.door.secret, "allowed_updates": list(UNDERSTOOD)},
        )

    @property
    def by_webhook(self) -> bool:
        return self.door is not None and bool(self.door.webhook_url)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`. Nothing needs draining: what is not done is in the database."""
        try:
            await self.prepare()
            await self._introduce_unless(stop)
            if not stop.is_set():
                await self._serve_until(stop)
        finally:
            await self.close()

    async def _serve_until(self, stop: asyncio.Event) -> None:
        scheduler = jobs.schedule(
            [
                (self.tick, _TICK_SECONDS),
                (self.announce, _LOOK_SECONDS),
                (self.purge, _PURGE_SECONDS),
                *self._backups(),
            ]
        )
        listening = self.door.open() if self.door else None
        gc.collect()
        gc.freeze()  # what was imported stays for ever: it is not looked through again and again for garbage
        scheduler.start()
        log.info("serving as @%s", self.served.bot_name)
        workers = 1 if self.database.is_sqlite else _WORKERS_ON_POSTGRESQL  # SQLite has one writer anyway
        try:
            async with asyncio.TaskGroup() as group:
                polling = group.create_task(self._updates(stop))
                if listening is not None:
                    group.create_task(door.serve(self._addresses(), listening, stop))
                way = group.create_task(self.agree_on_the_way())
                group.create_task(self.delivery.run(stop))
                group.create_task(self.importing.run(stop))
                for _ in range(workers):
                    group.create_task(self._serve(stop))
                menu = group.create_task(self.show_menu())
                await stop.wait()
                self.arrived.set()
                self.wanted.set()
                self.importing.arrived.set()
                polling.cancel()  # a long poll confirms nothing by ending
                way.cancel()
                menu.cancel()
        finally:
            scheduler.shutdown(wait=False)

    async def _updates(self, stop: asyncio.Event) -> None:
        if not self.by_webhook:
            await self.polling.run(stop)

    def _addresses(self) -> Starlette:
        webhook = None
        if self.door is not None and self.door.webhook_url:
            endpoint = Webhook(self.database, self.door.secret, self.clock.now, self.arrived.set, self.turnstile.store)
            webhook = (self.door.path, endpoint)
        return create_door(self.health.answer, lambda: self.health.metrics(self.city), webhook)

    async def close(self) -> None:
        await self.telegram.shutdown()
        await self.presence.give_back()
        await self.presence.leave()
        await self.database.close()

    async def _introduce_unless(self, stop: asyncio.Event) -> None:
        """Whichever comes first, a name or the wish to stop, ends the waiting for the other."""
        try:
            async with asyncio.TaskGroup() as group:
                introducing = group.create_task(self._introduce_until_it_works())
                stopping = group.create_task(stop.wait())
                introducing.add_done_callback(lambda _: stopping.cancel())
                stopping.add_done_callback(lambda _: introducing.cancel())
        except* WrongSetting as wrong:
            raise wrong.exceptions[0] from None

    async def _introduce_until_it_works(self) -> None:
        """A network that is away at the start comes back without a hand."""
        pause = 1.0
        while True:
            try:
                await self.introduce()
            except InvalidToken:
                raise WrongSetting(
                    "BOT_TOKEN: Telegram does not know this token; ask @BotFather for the right one"
                ) from None
            except TelegramError as error:
                log.warning("Telegram does not answer: %s; again in %.0f s", type(error).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30.0)
            else:
                return

    async def take_in(self, updates: list[dict[str, Any]]) -> None:
        """Into the inbox, and into the database for good.

        Few are served in the transaction that stores them. Where that fails they are only stored: what went wrong
        comes to light, and is counted, when they are served from there. So are many, for with them Telegram can be
        asked again meanwhile.
        """
        if len(updates) <= self.at_once:
            try:
                await self._take_in_and_serve(updates)
                return
            except Exception as error:
                log.info("updates %s are stored before they are served: %s", _ids(updates), type(error).__name__)
        async with self.delivery.transaction() as db:
            await self.turnstile.store(db, updates, self.clock.now())
        self.arrived.set()

    async def _take_in_and_serve(self, updates: list[dict[str, Any]]) -> None:
        sitting = Sitting(self.served, self.clock.now())
        began = asyncio.get_running_loop().time()
        async with self.delivery.transaction() as db:
            for received in await self.turnstile.take(db, updates, sitting.now):
                await sitting.serve(db, received)
        sitting.committed()
        self._handled(sitting, began)
        if len(sitting.updates) < len(updates):  # somebody's earlier ones wait, and their worker may just have looked
            self.arrived.set()

    def _handled(self, sitting: Sitting, began: float) -> None:
        for _ in sitting.updates:
            self.health.handled(asyncio.get_running_loop().time() - began)

    async def _serve(self, stop: asyncio.Event) -> None:
        seconds = asyncio.get_running_loop().time
        while not stop.is_set():
            self.arrived.clear()
            try:
                more = True
                while more and not stop.is_set():
                    began = seconds()
                    sitting = await serve_next(self.delivery, self.served, self.clock.now(), self.at_once)
                    self._handled(sitting, began)
                    more = sitting.more
            except Exception:
                log.exception("the inbox cannot be read; again in a second")
            await _at_most(self.arrived, 1.0)

    async def tick(self) -> None:
        """What time causes, asked of the database."""
        self.health.ticked()
        async with self.database.transaction() as db:
            await self.presence.release_dead(db)
        await self.refresh()
        await jobs.close_unjudged(self.database, self.city, self.clock)
        await jobs.give_up_waiting(self.database, self.city, self.clock)
        await jobs.begin_the_day(self.database, self.city, self.clock)

    async def announce(self) -> bool:
        """Announcements whose time has come, and those that are going out."""
        return await announcing.look(self.database, self.city, self.clock)

    def _backups(self) -> list[tuple[Callable[[], Awaitable[object]], int]]:
        """Jobs of their own: one lasts as long as a backup does."""
        return [(self.nightly.keep_ledger, _TICK_SECONDS), (self.back_up, _TICK_SECONDS)] if self.nightly else []

    async def back_up(self) -> None:
        if self.nightly:
            await self.nightly.look(self.city)

    async def refresh(self) -> None:
        """Take over what administrators changed of the city's habits, in this copy or another."""
        async with self.database.reading() as db:
            city = await habits.of_city(db, self.settings_city)
        self.city = self.delivery.city = city
        self.served = Served(city, self.served.bot_name, self.delivery)

    async def purge(self) -> None:
        await jobs.purge(self.database, self.clock)

    async def settle(self) -> None:
        """Everything that waits, to the end, without background tasks: for tests and the demo's jump in time."""
        while await self.polling.once() == MOST_UPDATES:
            pass
        while (await serve_next(self.delivery, self.served, self.clock.now(), self.at_once)).more:
            pass
        await self.importing.drain()
        await self.delivery.drain()
        while await self.announce():
            await self.delivery.drain()


def _ids(updates: list[dict[str, Any]]) -> str:
    return ", ".join(str(update["update_id"]) for update in updates)


def _menu(language: Language | None, city: City) -> dict[str, object]:
    """Telegram's menu shows what everybody may type; what a role adds, /help says."""
    words = Words(language or Language.RU, city.zone)
    ngo = [
        ("ask", words.say("ask, propose, ask for help, say thanks")),
        ("my", words.say("questions of the NGO")),
        ("promises", words.say("what was promised, and what became of it")),
    ]
    said = [*ngo, *commands(words, Person(0, "", None))]
    params: dict[str, object] = {"commands": [{"command": name, "description": str(text)} for name, text in said]}
    return params | ({"language_code": language.value} if language else {})


def _description(language: Language | None, city: City) -> dict[str, object]:
    """One sentence above the button that begins the chat."""
    params: dict[str, object] = {"description": str(greeting(Words(language or Language.RU, city.zone)))}
    return params | ({"language_code": language.value} if language else {})


async def _at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
