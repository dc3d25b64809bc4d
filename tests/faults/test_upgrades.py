"""An upgrade: data of 0002 is served by the newest schema; a newer schema may come under a running copy.

How several copies are upgraded (expand, deploy, contract) stands in `docs/operations.md`: the first step is a schema
that the old program bears. What these tests know of 0002 is frozen, as the migration is.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, text

from domain.people import CONSENT_VERSION
from handlers.speech import Call
from simulator.telegram import wall_clock
from storage import migrate
from storage.database import Database
from tests.conftest import _create, _url
from tests.faults.askers import PATIENCE, Asker
from tests.faults.machine import EVERYTHING, Machine, switched_on
from tests.storage.scene import DUE, NOW

NUMBER = "2026-000001"


@pytest.fixture(params=["sqlite", "postgresql"])
def url_of_0002(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
    else:
        server: str = request.getfixturevalue("postgresql_server")
        asyncio.run(_create(server, "of0002", "template1"))
        url = _url(server, "of0002")
    command.upgrade(migrate.config(url), "0002")
    return url


async def test_data_of_0002_is_served_by_the_newest(url_of_0002: str, tmp_path: Path) -> None:
    async with switched_on(url_of_0002, tmp_path / "empty") as machine:
        aigerim, daniyar = machine.stranger("Aigerim"), machine.stranger("Daniyar")
        for resident in (aigerim, daniyar):
            resident.phone.room.started = True
        async with machine.database() as database:
            await _fill(database, aigerim.id, daniyar.id)
        before = {table: await machine.count(table) for table in ("people", "questions", "entries", "audit", "forms")}
        await machine.start()
        await aigerim.sees("was promised in the old words")
        assert (await machine.rows("SELECT version_num FROM alembic_version")) == [(migrate.newest(),)]
        after = {table: await machine.count(table) for table in before}
        assert {name: n for name, n in before.items() if after[name] < n} == {}
        daniyar.writes("/inbox")
        await daniyar.sees(NUMBER)
        aigerim.writes("/my")
        await aigerim.sees(NUMBER)
        aigerim.writes("/ask")  # a draft of the old program waits, and is offered
        await aigerim.sees("You have an unfinished question")
        assert (await machine.command("verify-audit")).code == 0


async def _fill(database: Database, author: int, official: int) -> None:
    """As the program of 0002 left it: a question in work, a draft, a promised message, a line of the audit."""
    async with database.transaction() as db:
        old, now = MetaData(), wall_clock()
        await db.run_sync(old.reflect)

        async def enter(table: str, **values: Any) -> Any:
            return (await db.execute(old.tables[table].insert().values(values))).inserted_primary_key[0]

        department = await enter("departments", **_named("Culture"))
        topic = await enter("topics", department_id=department, **_named("Events"))
        for person, name in ((author, "Aigerim"), (official, "Daniyar")):
            await enter("people", id=person, name=name, language="en", created_at=NOW)
            await enter("consents", person_id=person, version=CONSENT_VERSION, language="en", at=NOW)
        ngo = await enter("organizations", name="Parasat", field="culture", state="registered", created_at=NOW)
        await enter("representatives", person_id=author, organization_id=ngo, state="verified", since=NOW)
        await enter("officials", person_id=official, department_id=department, since=NOW)
        question = await enter(
            "questions",
            number=NUMBER,
            draft="d1",
            kind="question",
            status="in_work",
            text="May we have the hall?",
            language="en",
            public=True,
            author_id=author,
            organization_id=ngo,
            topic_id=topic,
            department_id=department,
            responsible_id=official,
            registered_at=NOW,
            counted_from=NOW,
            term=15,
            due_on=DUE,
        )
        await enter("entries", question_id=question, at=NOW, action="ask", actor_id=author, actor_side="author")
        draft = {"id": "d2", "kind": "question", "topic": topic, "written": [["text", "Half a question"]]}
        await enter(
            "forms", person_id=author, name="ask", step="text", data=json.dumps(draft), open=True, updated_at=NOW
        )
        said = json.dumps(
            Call("sendMessage", {"chat_id": author, "text": "This was promised in the old words."}).to_json()
        )
        times = {"created_at": now, "not_before": now}
        await enter("outbox", priority=0, chat_id=author, template="reply", facts=said, **times)
        await enter("audit", at=NOW, actor_id=author, action="ask", object=NUMBER)


def _named(name: str) -> dict[str, str]:
    return {f"name_{language}": name for language in ("en", "ru", "kk")}


_GROWING = ("questions", "people", "inbox", "outbox", "forms", "entries")


@asynccontextmanager
async def _grown(machine: Machine) -> AsyncIterator[None]:
    """What a newer program's migration may add; taken away in the end, for PostgreSQL is the next story's as well."""
    async with machine.database() as database:
        async with database.transaction() as db:
            for table in _GROWING:
                await db.execute(text(f"ALTER TABLE {table} ADD COLUMN grown VARCHAR(20) DEFAULT '' NOT NULL"))
            await db.execute(text("CREATE TABLE grown (id BIGINT PRIMARY KEY)"))
            await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        yield
        async with database.transaction() as db:
            for table in _GROWING:
                await db.execute(text(f"ALTER TABLE {table} DROP COLUMN grown"))
            await db.execute(text("DROP TABLE grown"))
            await db.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": migrate.newest()})


@pytest.mark.skipif(not EVERYTHING, reason="the long version: KOPIR_FAULTS=all")
async def test_a_schema_that_grows_under_a_running_copy(machine_on_both: Machine) -> None:
    """Expand: a new column and a new table come while people ask; a copy that is started again by the old program is
    refused, the running one goes on to the last question."""
    machine = machine_on_both
    async with AsyncExitStack() as stack:
        await machine.officials()
        askers = [Asker(person, 1 + n) for n, person in enumerate(await machine.representatives(4))]
        program = await machine.start()
        async with asyncio.timeout(PATIENCE):
            async with asyncio.TaskGroup() as tasks:
                for asker in askers:
                    tasks.create_task(asker.ask())
                await askers[0].person.sees("What is it about?")
                await stack.enter_async_context(_grown(machine))
            await machine.at_rest(PATIENCE)
        assert program.alive
        ended = await machine.command("run")
        assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1)
        assert "newer version" in ended.err
        stored = dict(await machine.rows("SELECT number, text FROM questions"))
        assert sorted(stored.values()) == sorted(written for asker in askers for written in asker.texts)
        assert await machine.count("inbox WHERE attempts > 0") == 0
