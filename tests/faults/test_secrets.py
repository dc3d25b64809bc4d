"""Canaries: the token, the webhook's secret, the database's password and an invitation's code appear nowhere.

Not in a log at DEBUG, a traceback, a repr, an exported file, an error to a person, the metrics, nor in what a command
prints. The code is told to the administrator who asked for it, and to nobody else.
"""

import io
import logging
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot import logs
from bot.door import Door
from bot.settings import Settings
from bot.telegram import connect
from domain.people import Language
from simulator.faults import garbage
from storage.database import Database
from storage.tables import metadata
from tests.faults.machine import TOKEN as PROGRAMS_TOKEN
from tests.faults.machine import Machine, until
from tests.faults.test_webhook import free_port
from tests.journeys.cast import Cast, a_message, hands_over, on_stage
from tests.town import TOKEN

SECRET = "canary-of-the-webhook-0123456789-abcdef"
PASSWORD = "canary-of-the-database"
URL = f"postgresql+asyncpg://kopir:{PASSWORD}@127.0.0.1:1/kopir"


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = list(root.handlers), root.level, sys.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook


def _told(cast: Cast) -> dict[str, str]:
    """All that the bot has sent, by what it is: the calls' parameters and the inside of every file."""
    found = {f"{n} {call.method}": str(call.params) for n, call in enumerate(cast.town.telegram.record)}
    return found | {file.name: _inside(file.content) for file in cast.town.telegram.files.values()}


def _inside(content: bytes) -> str:
    """A table is a zip of pages."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


@pytest.mark.usefixtures("_logging_as_before")
async def test_no_secret_is_told_logged_exported_or_stored(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text", TOKEN, SECRET)
    logging.getLogger().setLevel(logging.DEBUG)
    async with on_stage(sqlite_url, troubles=True) as cast:
        town, saule = cast.town, cast.saule
        start = await town.invited(saule, "Administrator")
        code = start.removeprefix("/start ")
        link_message, told_to_her = saule.phone.last, len(town.telegram.record)
        assert code in link_message["text"]
        town.telegram.faults.next("sendMessage", garbage(200, b"<html>"), chat_id=saule.id)
        botagoz = town.stranger("Botagoz", Language.EN)
        await botagoz.meets_the_bot(start)
        await town.stranger("Vandal", Language.EN).writes(start)
        await hands_over(town, a_message(cast.aigerim, text=5))
        await saule.writes("Спасибо.", reply_to=link_message)
        for data in ("export_questions", "org_export", "audit_export", "inv_list", "audit", "stuck"):
            await saule.does("presses_data", data)
        for command in ("/mydata", "/help", "/admin"):
            await botagoz.writes(command)
        _, facts = await town.app.health.answer()
        shown = {"health": str(facts), "metrics": (await town.app.health.metrics(town.city)).decode()}
        async with town.app.database.reading() as db:
            for table in metadata.sorted_tables:
                shown[table.name] = str([tuple(row) for row in await db.execute(select(table))])
        told = _told(cast)
        shown |= told | {"log": capsys.readouterr().err, "repr": repr(town.app) + repr(vars(town.app))}
        assert {"questions.xlsx", "mydata.json"} <= told.keys()
        for secret in (TOKEN, TOKEN.partition(":")[2], SECRET):
            assert [where for where, text in shown.items() if secret in text] == []
        [link] = [where for where, text in shown.items() if code in text]
        assert link.endswith("sendMessage")
        assert int(link.split()[0]) < told_to_her


async def test_no_secret_is_in_a_repr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(bot_token=TOKEN, webhook_secret=SECRET, webhook_url="https://a.kz/telegram", database_url=URL)
    telegram, database = connect(TOKEN, "https://api.telegram.org"), Database(URL, pooled=False)
    shown = [settings, Door("127.0.0.1", 1, "https://a.kz/telegram", SECRET), telegram, database.engine, database.url]
    for thing in shown:
        for words in (repr(thing), str(thing), f"{[thing]}"):
            assert not any(secret in words for secret in (TOKEN.partition(":")[2], SECRET, PASSWORD)), words
    await database.close()


async def test_no_secret_is_printed_by_the_program_or_behind_its_door(
    machine_on_postgresql: Machine, tmp_path: Path
) -> None:
    machine, port = machine_on_postgresql, free_port()
    machine.private += [SECRET, PASSWORD]  # the machine looks for these in all that was printed, and for the token
    url = machine.database_url.replace("postgres:@", f"postgres:{PASSWORD}@")
    assert PASSWORD in url
    settings = {
        "DATABASE_URL": url,
        "WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
        "WEBHOOK_SECRET": SECRET,
        "WEB_PORT": str(port),
        "LOG_FORMAT": "json",
    }
    program = await machine.start_blindly(**settings)
    await until(lambda: machine.telegram.bot.webhook is not None or not program.alive, 30)
    assert program.alive, machine.log
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answers = [await client.get(path) for path in ("/healthz", "/metrics", "/", "/telegram")]
        answers.append(await client.post("/telegram", json={}, headers={"X-Telegram-Bot-Api-Secret-Token": "wrong"}))
    ended = [await machine.command(*words.split(), **settings) for words in ("check", "verify-audit")]
    ended.append(await machine.command("backup", str(tmp_path / "x"), **settings, PATH="/nowhere"))
    ended.append(await machine.command("check", **settings | {"DATABASE_URL": URL}))
    ended.append(await machine.command("run", **settings | {"DATABASE_URL": URL}))
    assert (await program.stop())[0] == 0
    shown = [*(response.text + str(response.headers) for response in answers), *(e.out + e.err for e in ended)]
    for secret in (PROGRAMS_TOKEN.partition(":")[2], SECRET, PASSWORD):
        assert not [text for text in shown if secret in text]
    assert [e.code for e in ended] == [0, 0, 2, 2, 2]
