"""A city in one process: the simulator, a database and the bot, moved on by hand. Nothing sleeps, nothing runs behind.

People have names, as in a story: Aigerim of an NGO, Daniyar the official, Saule the administrator.
"""

import asyncio
import os
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

os.environ.setdefault("PTB_TIMEDELTA", "1")

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.application import Application
from bot.clock import Clock
from bot.limiter import Limiter
from bot.telegram import connect
from domain.city import City
from domain.people import Language
from simulator.phones import Phone
from simulator.telegram import Telegram as LocalTelegram
from storage import inline
from storage.database import Database
from tests.wire import Wire
from texts import Words

TOKEN = "123456:TEST-invented-token-of-the-town"
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""Monday 2 March 2026, 11:00 in Pavlodar: an ordinary working morning, with Nauryz ahead."""


class TownClock(Clock):
    """Stands still until the story moves it."""

    def __init__(self, now: datetime = MONDAY) -> None:
        super().__init__()
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def skip(self, span: timedelta) -> None:
        self.moment += span


class NoWaiting:
    """A limiter's time that passes by being waited for."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


_engines: dict[str, Database] = {}


def database_at(url: str) -> Database:
    """The engine stays from test to test: it remembers how each statement reads in SQL, which takes longer to find out
    than to run. Connections and locks are of the loop of one test, and begin anew.
    """
    found = _engines.setdefault(url, Database(url))
    found.engine.sync_engine.dispose(close=False)  # of a test that failed before it closed its own
    found._writing = asyncio.Lock()
    found._writer = None
    return found


@asynccontextmanager
async def connected(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection as `Database.transaction` has one, for a test that begins by itself what it takes back."""
    connection = await inline.opened(database.engine, short=database.is_sqlite)
    try:
        yield await connection.execution_options(kopir_writes=True)
    finally:
        await connection.close()


@dataclass
class Somebody:
    """A person with a phone. Each deed is followed by all that the bot does about it."""

    town: "Town"
    phone: Phone
    language: Language
    seen: int = field(default=0)

    @property
    def id(self) -> int:
        return self.phone.id

    @property
    def words(self) -> Words:
        return Words(self.language, self.town.city.zone)

    def label(self, key: str) -> str:
        return self.words.label(key)

    async def writes(self, text: str, **more: Any) -> dict[str, Any]:
        message: dict[str, Any] = self.phone.writes(text, **more)
        await self.town.settle()
        return message

    async def presses(self, key: str) -> None:
        """A button of the glossary by its key (`take`), or by the label as it stands."""
        from texts.labels import LABELS

        self.phone.presses(self.label(key) if key in LABELS else key)
        await self.town.settle()

    async def does(self, deed: str, *args: Any, **more: Any) -> Any:
        """Any other deed of the phone: `await aigerim.does("sends_photo", b"...")`."""
        result = getattr(self.phone, deed)(*args, **more)
        await self.town.settle()
        return result

    @property
    def last(self) -> str:
        """The text of the newest message of the bot."""
        message = self.phone.last
        return str(message.get("text") or message.get("caption") or "") if message else ""

    @property
    def texts(self) -> list[str]:
        return self.phone.texts()

    @property
    def buttons(self) -> list[str]:
        """The labels under the newest message of the bot."""
        return self.phone.labels(self.phone.last) if self.phone.last else []

    async def meets_the_bot(self, start: str = "/start") -> None:
        """/start, language, consent."""
        from handlers.keyboards import LANGUAGES

        await self.writes(start)
        await self.presses(LANGUAGES[self.language])
        await self.presses("agree")


class StoryApplication(Application):
    """Looks for lists to read and announcements to send only where there has ever been one: most stories have none, and
    each deed would look for both.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._aside: sqlite3.Connection | None = None
        self._read_a_list, self.importing.one = self.importing.one, self._read_a_list_if_any

    async def _read_a_list_if_any(self) -> bool:
        return self._any("imports") and await self._read_a_list()

    async def announce(self) -> bool:
        return self._any("announcements") and await super().announce()

    def _any(self, table: str) -> bool:
        """On PostgreSQL it is always looked."""
        if self.database.file is None:
            return True
        if self._aside is None:
            self._aside = sqlite3.connect(self.database.file)
        [(found,)] = self._aside.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchall()  # noqa: S608 - our own
        return bool(found)

    async def close(self) -> None:
        if self._aside is not None:
            self._aside.close()
            self._aside = None
        await super().close()


class Town:
    """Everything that a story needs."""

    def __init__(self, database_url: str, *, now: datetime = MONDAY, city: City | None = None) -> None:
        self.clock = TownClock(now)
        self.city = city or City()
        self.telegram = LocalTelegram(now=self.clock.now)
        self.telegram.add_bot(TOKEN)
        self.database_url = database_url
        self.admin_id = 4_000_000_077
        self.app = self._application()

    def _application(self) -> Application:
        """A copy of the program: `restart` makes another on the same database, as a supervisor does after a kill."""
        time = NoWaiting()
        return StoryApplication(
            database_at(self.database_url),
            connect(TOKEN, "http://telegram.test", Wire(self.telegram)),
            self.city,
            clock=self.clock,
            admin_ids=[self.admin_id],
            limiter=Limiter(time.now, time.sleep),
        )

    async def open(self) -> "Town":
        await self.app.prepare()
        await self.app.introduce()
        return self

    async def restart(self) -> None:
        await self.app.close()
        self.app = self._application()
        await self.open()

    async def close(self) -> None:
        await self.app.close()

    async def settle(self) -> None:
        """Until nothing waits: updates taken in, acted on, and everything said."""
        await self.app.settle()

    async def days_pass(self, days: int) -> None:
        self.clock.skip(timedelta(days=days))
        await self.app.tick()
        await self.settle()

    def stranger(self, name: str, language: Language = Language.RU, user_id: int | None = None) -> Somebody:
        return Somebody(self, self.telegram.phone(name, user_id=user_id, language_code=language.value), language)

    async def an_admin(self, name: str = "Saule", language: Language = Language.RU) -> Somebody:
        """The administrator of ADMIN_IDS."""
        saule = self.stranger(name, language, self.admin_id)
        await saule.meets_the_bot()
        return saule

    async def invited(self, admin: Somebody, role: str, *choices: str) -> str:
        """`/start CODE` of a new invitation, made as an administrator makes it; `choices` are pressed one by one."""
        await admin.writes("/admin")
        await admin.presses("invitation")
        await admin.presses(role)
        for choice in choices:
            await admin.presses(choice)
        link = re.search(r"\?start=(\S+)", admin.last)
        assert link, admin.last
        return f"/start {link.group(1)}"

    async def an_official(
        self,
        admin: Somebody,
        name: str = "Daniyar",
        department: str = "",
        language: Language = Language.RU,
        *,
        head: bool = False,
    ) -> Somebody:
        """Somebody who came by an administrator's invitation; by default to the department of culture."""
        from storage.beginnings import DEPARTMENTS
        from texts.labels import ROLE_LABELS

        names = next((n for n, _ in DEPARTMENTS if n.en == (department or "Culture and languages")))
        role = admin.words.plain(ROLE_LABELS["head" if head else "official"])  # type: ignore[index]
        start = await self.invited(admin, role, names.in_(admin.language))
        official = self.stranger(name, language)
        await official.meets_the_bot(start)
        await official.presses("skip")
        return official

    async def an_ngo(
        self,
        admin: Somebody | None = None,
        name: str = "Aigerim",
        ngo: str = "Общественный фонд «Парасат»",
        language: Language = Language.RU,
    ) -> Somebody:
        """A representative; approved when there is an administrator to do it, else waiting."""
        aigerim = self.stranger(name, language)
        await aigerim.meets_the_bot()
        await aigerim.presses("i_am_ngo")
        await aigerim.writes(ngo)
        if ngo in aigerim.buttons:
            await aigerim.presses(ngo)
        else:
            await aigerim.presses("not_in_list")
            await aigerim.writes(ngo)
            await aigerim.presses("skip")
            await aigerim.writes("Помощь людям")
        if admin is not None:
            await admin.presses("approve")
        return aigerim

    async def a_question(
        self,
        who: Somebody,
        text: str = "Просим помочь с залом для концерта общества слепых.",
        *,
        kind: str = "question",
        topic: str = "Help with cultural events",
        public: bool = True,
    ) -> str:
        """Asked and sent; returns the number."""
        from storage.beginnings import DEPARTMENTS

        await who.writes("/ask")
        if who.label("start_anew") in who.buttons:
            await who.presses("start_anew")
        await who.presses(kind)
        names = next((n for _, topics in DEPARTMENTS for n in topics if n.en == topic), None)
        await who.presses(names.in_(who.language) if names else "not_sure")
        await who.writes(text)
        await who.presses("done_writing")
        await who.presses("public" if public else "private")
        await who.presses("send")
        number = re.search(r"\d{4}-\d{6}", who.last)
        assert number, who.last
        return number.group()
