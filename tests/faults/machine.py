"""A machine that runs the real program: `python -m bot` as a process that can be killed, and Telegram on a port.

The simulator lives in the test's own process and loop; the program speaks to it over the loopback. A program is started
in an empty folder, so that no `.env` is read, and only by its own process id is it ever ended.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from sqlalchemy import text

from domain.people import CONSENT_VERSION, Language, OrganizationState, RepresentativeState
from simulator.api import create_app
from simulator.phones import Phone, seen_text
from simulator.telegram import Telegram, wall_clock
from storage import beginnings, departments, people, register
from storage.database import Database
from tests.faults.nursery import REPOSITORY, Born, born
from texts import Words
from texts.labels import LABELS

TOKEN = "123456:CANARY-of-the-faults-0123456789abcdef"
ADMIN_ID = 4_000_000_077
DEPARTMENT, TOPIC = "Culture and languages", "Help with cultural events"
EVERYTHING = os.environ.get("KOPIR_FAULTS") == "all"
"""The long version, for `make faults`."""


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Program:
    """One run of `python -m bot run`."""

    process: asyncio.subprocess.Process | Born
    seconds_to_poll: float = 0.0

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def kill(self) -> None:
        """As the kernel does it when memory is short: without a word."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> tuple[int, float]:
        """SIGTERM; returns the exit code and the seconds it took."""
        began = seconds()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            code = await self.process.wait()
        return code, seconds() - began


@dataclass
class Resident:
    """Somebody with a phone, who reads English: the words of the code itself."""

    phone: Phone
    words: Words

    @property
    def id(self) -> int:
        return self.phone.id

    def writes(self, said: str) -> None:
        self.phone.writes(said)

    def presses(self, key: str) -> None:
        """By the glossary's key, or by the label as it stands."""
        self.phone.presses(self.words.label(key) if key in LABELS else key)

    async def sees(self, part: str, patience: float = 60.0) -> str:
        return seen_text(await self.phone.sees(part, timeout=patience))

    @property
    def heard(self) -> list[str]:
        """Everything that the bot ever showed in this chat, edits included, in order."""
        return [
            seen_text(event["message"])
            for event in self.phone.telegram.events
            if event["chat_id"] == self.phone.room.id
            and event["type"] in ("message", "edit")
            and event["message"]["from"]["id"] == self.phone.bot.id
        ]

    @property
    def heard_once(self) -> list[str]:
        """The same without repeats of the message before."""
        every = self.heard
        return [said for said, before in zip(every, [None, *every], strict=False) if said != before]

    @property
    def repeats(self) -> int:
        return len(self.heard) - len(self.heard_once)


@dataclass
class Machine:
    """Telegram on a port, a database, an empty folder, and the programs started so far."""

    telegram: Telegram
    database_url: str
    folder: Path
    port: int
    programs: list[Program] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    from_nothing: bool = EVERYTHING
    """Each start is a new interpreter, as a supervisor's is; else a fork of one that has imported the program."""

    # --- the program

    async def start(self, **settings: str) -> Program:
        """Start it and wait until it asks Telegram for updates."""
        past = len(self.telegram.record)
        began = seconds()
        program = await self.start_blindly(**settings)
        await until(lambda: not program.alive or self._asks(past), 60)
        assert program.alive, f"the program ended with {program.process.returncode}: {self.log[-2000:]}"
        program.seconds_to_poll = seconds() - began
        return program

    async def start_blindly(self, **settings: str) -> Program:
        """Start it and do not wait."""
        self.programs.append(Program(await self._begin(("run",), settings, self._log, self._log)))
        return self.programs[-1]

    async def command(self, *words: str, **settings: str) -> Ended:
        """Any command of the program, to its end."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            process = await self._begin(words, settings, out, err)
            try:
                async with asyncio.timeout(30):
                    code = await process.wait()
            except TimeoutError:
                process.kill()
                code = await process.wait()
            ended = Ended(code, out.read_text(), err.read_text())
        with self._log.open("a") as log:
            log.write(ended.out + ended.err)
        return ended

    async def _begin(
        self, words: tuple[str, ...], settings: dict[str, str], out: Path, err: Path
    ) -> asyncio.subprocess.Process | Born:
        environment = self.environment(**settings)
        if not self.from_nothing:
            return await born(words, self.folder, environment, out, err)
        with out.open("ab") as out_, err.open("ab") as err_:
            return await asyncio.create_subprocess_exec(
                *COMMAND, *words, cwd=self.folder, env=environment, stdout=out_, stderr=err_
            )

    def environment(self, **settings: str) -> dict[str, str]:
        """Nothing of ours leaks in: no proxy, no setting of the developer. An empty setting is no setting.

        It is night in this city, whenever the test runs: the morning's messages would come among those we count.
        """
        given = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": f"http://127.0.0.1:{self.port}",
            "DATABASE_URL": self.database_url,
            "ADMIN_IDS": str(ADMIN_ID),
            "TIME_ZONE": _where_it_is_night(),
            "WEB_PORT": "0",
            "UPDATES_A_MINUTE": "0",  # our people are faster than people
            "QUESTIONS_A_DAY": "0",
            "QUESTIONS_A_DAY_NGO": "0",
        } | settings
        return {name: value for name, value in given.items() if value}

    def _asks(self, past: int) -> bool:
        """Whether somebody who has asked for the bot's name since then polls now, or has polled."""
        methods = [call.method for call in self.telegram.record[past:]]
        if "getMe" not in methods:
            return False
        return self.telegram.bot.poll is not None or "getUpdates" in methods[methods.index("getMe") :]

    @property
    def _log(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.log"

    @property
    def log(self) -> str:
        """All that the programs have printed."""
        return self._log.read_text() if self._log.exists() else ""

    # --- people

    def stranger(self, name: str, user_id: int | None = None) -> Resident:
        self.private.append(name)
        phone = self.telegram.phone(name, user_id=user_id, language_code="en")
        return Resident(phone, Words(Language.EN, ZoneInfo("Asia/Almaty")))

    async def acquainted(self, name: str, user_id: int) -> Resident:
        """Somebody who has chosen a language and agreed, entered into the database before the program starts."""
        person = self.stranger(name, user_id)
        async with self.database() as database, database.transaction() as db:
            await _known(db, person)
        return person

    async def representatives(self, count: int) -> list[Resident]:
        """People whose NGO is approved, entered into the database before the program starts."""
        found = [self.stranger(f"Representative-{n}") for n in range(count)]
        async with self.database() as database, database.transaction() as db:
            await beginnings.begin(db)
            for person in found:
                await _known(db, person)
                name = f"NGO {person.id}"
                ngo = await register.enter(db, name, None, "culture", OrganizationState.REGISTERED, wall_clock())
                await people.represent(db, person.id, ngo, RepresentativeState.VERIFIED, wall_clock())
        return found

    async def officials(self) -> list[Resident]:
        """One official for each department, in the order of their topics; entered into the database as well."""
        async with self.database() as database, database.transaction() as db:
            await beginnings.begin(db)
            found = []
            for department in await departments.all_departments(db):
                found.append(self.stranger(f"Official-{department.id}"))
                await _known(db, found[-1])
                await people.serve_in(db, found[-1].id, department.id, False, wall_clock())
        return found

    # --- what is stored

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        database = Database(self.database_url, pooled=False)
        try:
            yield database
        finally:
            await database.close()

    async def rows(self, query: str) -> list[Any]:
        async with self.database() as database, database.reading() as db:
            return list(await db.execute(text(query)))

    async def count(self, what: str) -> int:
        """`count("inbox WHERE done_at IS NULL")`."""
        [(found,)] = await self.rows(f"SELECT count(*) FROM {what}")  # noqa: S608 - our own words
        return int(found)

    async def at_rest(self, patience: float = 60.0) -> None:
        """Wait until every update is handled and every message is out; neither may have failed."""
        async with asyncio.timeout(patience):
            while self.telegram.bot.updates or await self._is_busy():  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.1)
        failed = await self.rows("SELECT update_id, attempts, error FROM inbox WHERE attempts > 0")
        assert not failed, (failed, self.log[-2000:])
        failed = await self.rows(
            "SELECT template, attempts, fate, error, facts FROM outbox WHERE fate <> 'delivered'"
            " AND NOT (template = 'applicant' AND fate = 'dropped' AND attempts > 1)"  # said, killed, approved
        )
        assert not failed, (failed, self.log[-2000:])

    async def _is_busy(self) -> bool:
        return bool(
            await self.count("inbox WHERE done_at IS NULL AND dead_at IS NULL")
            or await self.count("outbox WHERE done_at IS NULL")
        )

    # --- the end

    async def close(self) -> None:
        for program in self.programs:
            await program.kill()
        log = self.log
        secret = TOKEN.partition(":")[2]
        assert secret not in log, f"the token was printed: …{log[max(0, log.index(secret) - 300) :][:600]}"
        for word in self.private:
            assert word not in log, f"personal data was printed: {word}"


async def _known(db: Any, person: Resident) -> None:
    """Has chosen a language and agreed; the chat with the bot is open."""
    person.phone.room.started = True
    await people.meet(db, person.id, person.phone.user["first_name"], wall_clock())
    await people.set_language(db, person.id, Language.EN)
    await people.agree(db, person.id, CONSENT_VERSION, Language.EN, wall_clock())


def _where_it_is_night() -> str:
    """The zone where it is between three and four now. `Etc/GMT-5` is five hours east."""
    east = 3 - wall_clock().hour
    return f"Etc/GMT{-(east if east >= -12 else east + 24):+d}"


COMMAND = (sys.executable, "-m", "bot")


def seconds() -> float:
    return asyncio.get_running_loop().time()


async def until(holds: Callable[[], object], patience: float) -> None:
    async with asyncio.timeout(patience):
        while not holds():  # noqa: ASYNC110 - a process and a list of messages have no event to wait for
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def switched_on(database_url: str, folder: Path) -> AsyncIterator[Machine]:
    """Telegram serves on a free port of the loopback until the end of the block."""
    telegram = Telegram()
    telegram.add_bot(TOKEN)
    folder.mkdir()  # noqa: ASYNC240 - nothing else is going on yet
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            create_app(telegram), log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=0
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        machine = Machine(telegram, database_url, folder, listening.getsockname()[1])
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=[listening]))
            await until(lambda: server.started or serving.done(), 5)
            try:
                yield machine
            finally:
                await machine.close()
                server.should_exit = True
