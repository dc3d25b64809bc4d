"""The programs under test, each a process of its own on its own core, and what the kernel says they cost."""

import asyncio
import contextlib
import os
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import clock_gettime, perf_counter

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks import dialogue
from benchmarks.dialogue import Deed
from domain.people import CONSENT_VERSION, Language, OrganizationState, RepresentativeState
from simulator.api import create_app
from simulator.telegram import Telegram
from storage import beginnings, migrate, people, register
from storage.database import Database

ROOT = Path(__file__).parent.parent
START_PATIENCE = 60.0
STOP_PATIENCE = 15.0


@dataclass(frozen=True)
class Program:
    """Something that can be started: its name, the module to run, and the steps of its dialogue."""

    name: str
    module: tuple[str, ...]
    deeds: tuple[Deed, ...]
    prepare: Callable[[Path, list[int]], Awaitable[None]]
    verify: Callable[[Path, set[str]], None]
    python: str = sys.executable


@dataclass
class Running:
    """A started program. `started_in`: seconds from the exec to its first getUpdates."""

    process: asyncio.subprocess.Process
    started_in: float

    def cpu(self) -> float:
        """Seconds of CPU so far, of all its threads, in user and kernel mode.

        The process's own clock: what `utime + stime` of /proc/PID/stat says, without being rounded to 10 ms.
        """
        return clock_gettime((~self.process.pid << 3) | 2)

    def memory(self) -> float:
        """Resident megabytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def busy(core: int) -> float:
    """Seconds this core has worked for anybody so far, the kernel and other machines on the same hardware included."""
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    user, nice, system, _idle, _iowait, *interrupts_and_stolen = (int(n) for n in line.split()[1:9])
    return (user + nice + system + sum(interrupts_and_stolen)) / os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int | None, int | None]:
    """One for the local Telegram with the people, one for the programs; None when there is but one."""
    ours = sorted(os.sched_getaffinity(0))
    return (ours[0], ours[1]) if len(ours) > 1 else (None, None)


class Distant:
    """An application at the far end of a network: half of the time passes on the way there, half on the way back."""

    def __init__(self, application: ASGIApp, seconds: float) -> None:
        self._application = application
        self._half = seconds / 2

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def back(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(self._half)
            await send(message)

        if scope["type"] == "http":
            await asyncio.sleep(self._half)
            await self._application(scope, receive, back)
        else:
            await self._application(scope, receive, send)


@contextlib.asynccontextmanager
async def served(telegram: Telegram, latency: float = 0.0) -> AsyncIterator[str]:
    """The Bot API of this Telegram on a free port of the loopback, so many seconds away; gives its URL."""
    application = create_app(telegram)
    far = Distant(application, latency) if latency else application
    # an idle connection stays open while another program has its turn: aiogram does not ask again when it is gone
    config = uvicorn.Config(far, port=0, log_level="critical", timeout_graceful_shutdown=1, timeout_keep_alive=120)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # Ctrl-C must end the program under test as well
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@contextlib.asynccontextmanager
async def started(
    program: Program, telegram: Telegram, api_url: str, folder: Path, core: int | None
) -> AsyncIterator[Running]:
    """The program from its exec to its end; nothing of the caller's environment or `.env` reaches it."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "BOT_TOKEN": telegram.bot.token,
        "BOT_API_URL": api_url,
        "DATABASE_URL": _url(folder),
        "UPDATES_A_MINUTE": "0",  # a crowd of one is faster than a person
        "QUESTIONS_A_DAY": "0",
        "QUESTIONS_A_DAY_NGO": "0",
        "WEB_PORT": str(_free_port()),  # several run at once
    }
    with (folder / "log").open("wb") as log:
        begun = perf_counter()
        process = await asyncio.create_subprocess_exec(
            program.python, "-m", *program.module, cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            if core is not None:
                os.sched_setaffinity(process.pid, {core})  # it has no threads yet; those to come inherit it
            await _first_poll(program, telegram, process, folder)
            yield Running(process, perf_counter() - begun)
        finally:
            await _stop(process)


def _free_port() -> int:
    with socket.socket() as knocking:
        knocking.bind(("127.0.0.1", 0))
        port: int = knocking.getsockname()[1]
    return port


async def _first_poll(program: Program, telegram: Telegram, process: asyncio.subprocess.Process, folder: Path) -> None:
    async def polls() -> None:
        while telegram.bot.poll is None:
            await telegram.bot.bell.wait()

    async with asyncio.TaskGroup() as group:
        polling, ended = group.create_task(polls()), group.create_task(process.wait())
        await asyncio.wait({polling, ended}, timeout=START_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        done = polling.done()
        polling.cancel()
        ended.cancel()
    assert done, f"{program.name} did not start:\n{(folder / 'log').read_text()[-2000:]}"


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_PATIENCE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/kopir.db"


async def _enter_people(folder: Path, person_ids: list[int]) -> None:
    """A fresh database in which these people have agreed, read Russian and speak for an NGO of the register."""
    await migrate.upgrade(_url(folder))
    database = Database(_url(folder))
    now = datetime.now(UTC)  # noqa: TID251 - nobody passes it in: this stands where bot.clock stands
    async with database.transaction() as db:
        await beginnings.begin(db)
        ngo = await register.enter(db, "Общество «Ақ таяқ»", None, "disability", OrganizationState.REGISTERED, now)
        for person_id in person_ids:
            await people.meet(db, person_id, "Aigerim", now)
            await people.set_language(db, person_id, Language.RU)
            await people.agree(db, person_id, CONSENT_VERSION, Language.RU, now)
            await people.represent(db, person_id, ngo, RepresentativeState.VERIFIED, now)
    await database.close()


def _all_is_stored(folder: Path, numbers: set[str]) -> None:
    """What people were told is what is stored, to the letter, and nothing waits any more."""
    with contextlib.closing(sqlite3.connect(folder / "kopir.db")) as db:
        stored = db.execute("SELECT number, kind, topic_id IS NOT NULL, public, text FROM questions").fetchall()
        assert sorted(numbers) == sorted(row[0] for row in stored), "told and stored numbers differ"
        as_sent = {(*rest, " ".join(text.split())) for _, *rest, text in stored}
        assert as_sent <= {("question", 1, 1, dialogue.TEXT)}, "something else was stored"
        waiting = db.execute("SELECT count(*) FROM inbox WHERE done_at IS NULL").fetchone()[0]
        unsaid = db.execute("SELECT count(*) FROM outbox WHERE fate IS NOT 'delivered'").fetchone()[0]
        assert (waiting, unsaid) == (0, 0), f"{waiting} updates and {unsaid} messages were left"


async def _needs_nothing(folder: Path, person_ids: list[int]) -> None:
    pass


def _stores_nothing(folder: Path, numbers: set[str]) -> None:
    pass


def _one_row_each(folder: Path, numbers: set[str]) -> None:
    with contextlib.closing(sqlite3.connect(folder / "peer.db")) as db:
        stored = db.execute("SELECT id, text FROM questions").fetchall()
    assert numbers == {f"2026-{row[0]:06d}" for row in stored}, "told and stored numbers differ"
    assert {row[1] for row in stored} <= {dialogue.TEXT}, "something else was stored"


PEERS_PYTHON = ROOT / ".bench" / "bin" / "python"
"""aiogram wants an older pydantic than ours, so it has an environment of its own."""

OURS = Program("Köpir", ("bot", "run"), dialogue.OF_OURS, _enter_people, _all_is_stored)
UNLIMITED = Program("Köpir without limits", ("benchmarks.unlimited",), dialogue.OF_OURS, _enter_people, _all_is_stored)
BARE = Program("bare PTB", ("benchmarks.bare_ptb",), dialogue.OF_THE_PEER, _needs_nothing, _stores_nothing)
AIOGRAM = Program(
    "aiogram, 1 INSERT",
    ("benchmarks.aiogram_one_insert",),
    dialogue.OF_THE_PEER,
    _needs_nothing,
    _one_row_each,
    str(PEERS_PYTHON),
)
