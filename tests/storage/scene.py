"""Who is there before each story begins, and how several copies of the program come to one database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, event, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.people import (
    CONSENT_VERSION,
    Language,
    Names,
    OrganizationState,
    Person,
    RepresentativeState,
)
from domain.question import Action, Change, Kind, Outcome, Question, Status, act, ask
from storage import departments, inbox, people, questions, register, tables
from storage.database import Database

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""Monday 2 March 2026, 11:00 in Pavlodar."""
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
TODAY = date(2026, 3, 2)
DUE = date(2026, 3, 24)

# Ids above 2^40, as Telegram gives them out: nothing may be too small for them.
AIGERIM, BOLAT, DINARA, ERLAN, RUSLAN = 2**41 + 1, 2**41 + 2, 2**41 + 3, 2**41 + 4, 2**41 + 5
DANIYAR, ZARINA, GULNARA, KAIRAT = 2**42 + 1, 2**42 + 2, 2**42 + 3, 2**42 + 4
SAULE, TIMUR = 2**43 + 1, 2**43 + 2
GUEST = 2**44 + 1

CULTURE = Names("Culture and languages", "Отдел культуры и развития языков", "Мәдениет және тілдерді дамыту бөлімі")
EDUCATION = Names("Education", "Отдел образования", "Білім бөлімі")
EVENTS = Names("Help with cultural events", "Помощь в проведении мероприятий", "Іс-шараларды өткізуге көмек")


async def take_one(db: AsyncConnection, now: datetime) -> inbox.Received | None:
    """What a worker would get that takes no more than one."""
    taken, _ = await inbox.take(db, now, 1)
    return taken[0] if taken else None


@asynccontextmanager
async def copies(database_url: str, n: int) -> AsyncIterator[list[Database]]:
    """Several copies of the program on one database, each with connections and locks of its own."""
    found = [Database(database_url) for _ in range(n)]
    try:
        yield found
    finally:
        for one in found:
            await one.close()


@asynccontextmanager
async def killed(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction whose program dies before the commit."""
    with suppress(ConnectionError):
        async with database.transaction() as db:
            yield db
            raise ConnectionError("killed")


class SlowCopy(Database):
    """A copy that looks for work and stands still between what it saw and the lock it wants, until told to go on.

    PostgreSQL only: on SQLite whoever looks for work holds the database.
    """

    _GATE = 4711

    def __init__(self, url: str, gate: AsyncConnection) -> None:
        super().__init__(url)
        self.gate = gate
        event.listen(self.engine.sync_engine, "before_cursor_execute", self._wait_at_the_gate, retval=True)

    def _wait_at_the_gate(self, _conn: Any, _cursor: Any, said: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        """The snapshot is taken before the gate is looked at: what happens meanwhile is not in it."""
        if "SKIP LOCKED" in said:
            gate = f"(SELECT pg_advisory_xact_lock({self._GATE})::text) IS NOT NULL"
            said = said.replace("WHERE ", f"WHERE {gate} AND ", 1)
        return said, parameters

    async def shut(self) -> None:
        await self.gate.execute(select(func.pg_advisory_lock(self._GATE)))

    async def stands_still(self) -> None:
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not await self.gate.scalar(waiting):  # noqa: ASYNC110 - another session waits, only the database knows
            await asyncio.sleep(0.005)

    async def goes_on(self) -> None:
        await self.gate.execute(select(func.pg_advisory_unlock(self._GATE)))


@asynccontextmanager
async def a_slow_copy(database_url: str) -> AsyncIterator[SlowCopy]:
    async with copies(database_url, 1) as (keeper,), keeper.engine.connect() as connection:
        slow = SlowCopy(database_url, await connection.execution_options(isolation_level="AUTOCOMMIT"))
        await slow.shut()
        yield slow
        await slow.close()


@dataclass
class Scene:
    """Parasat has Aigerim (head), Bolat and Dinara, who still waits; Kömek has Erlan. Ruslan was declined.

    In the department of culture Gulnara leads, Daniyar and Zarina answer; Kairat answers in education.
    Saule and Timur are administrators.
    """

    database: Database
    parasat: int = 0
    komek: int = 0
    culture: int = 0
    education: int = 0
    topic: int = 0
    drafts: int = 0

    async def person(self, person_id: int) -> Person:
        async with self.database.reading() as db:
            found = await people.load(db, person_id)
        assert found is not None
        return found

    async def question(self, number: str) -> Question:
        """As an administrator sees it."""
        async with self.database.reading() as db:
            return await questions.visible_to(db, Person(SAULE, "Saule", None, is_admin=True), number)

    async def asks(
        self,
        author_id: int = AIGERIM,
        *,
        text: str = "Просим помочь с залом.",
        kind: Kind = Kind.QUESTION,
        lost: bool = False,
        due_on: date | None = DUE,
        **more: Any,
    ) -> Question:
        """A registered question to the department of culture; `lost`: the author was not sure of the topic."""
        self.drafts += 1
        async with self.database.transaction() as db:
            author = await people.load(db, author_id)
            assert author is not None
            change = a_new_question(self, author, text=text, kind=kind, lost=lost, due_on=due_on)
            given = {"pieces": (), "now": NOW, "year": 2026, "draft": f"draft {self.drafts}"} | more
            return await questions.register(db, change, **given)

    async def does(
        self,
        question: Question,
        action: Action,
        person_id: int,
        text: str = "Зал свободен двадцатого марта.",
        *,
        now: datetime = NOW,
        source: str | None = None,
        **more: Any,
    ) -> Question:
        """A step, as a handler makes it: load what one may see, decide, record."""
        async with self.database.transaction() as db:
            person = await people.load(db, person_id)
            assert person is not None
            loaded = await questions.visible_to(db, person, question.number, to_change=True)
            if action is Action.ANSWER:
                more = {"outcome": Outcome.EXPLAINED, "react_by": date(2026, 3, 16)} | more
            await questions.record(db, act(loaded, action, person, now, text=text, **more), now, source=source)
        return await self.question(question.number)


def a_new_question(
    scene: Scene,
    author: Person,
    *,
    text: str = "Просим помочь с залом.",
    kind: Kind = Kind.QUESTION,
    lost: bool = False,
    due_on: date | None = DUE,
    attachments: Any = (),
) -> Change:
    """What [Send] decides."""
    ngo = author.representative
    question = Question(
        id=0,
        number="",
        kind=kind,
        status=Status.REGISTERED,
        text=text,
        language=Language.RU,
        public=True,
        author_id=author.id,
        author_state=ngo.state if ngo else None,
        organization_id=ngo.organization_id if ngo else None,
        organization_name=ngo.organization_name if ngo else "",
        topic_id=None if lost else scene.topic,
        topic=None if lost else EVENTS,
        department_id=None if lost else scene.culture,
        department=None if lost else CULTURE,
        head_id=None,
        responsible_id=None,
        responsible_name="",
        responsible_post="",
        registered_at=NOW,
        counted_from=NOW,
        term=15,
        due_on=due_on,
    )
    return ask(question, author, attachments)


_NAMES = {
    AIGERIM: "Aigerim Nurlankyzy",
    BOLAT: "Bolat",
    DINARA: "Dinara",
    ERLAN: "Erlan",
    RUSLAN: "Ruslan",
    DANIYAR: "Daniyar",
    ZARINA: "Zarina",
    GULNARA: "Gulnara",
    KAIRAT: "Kairat",
    SAULE: "Saule",
    TIMUR: "Timur",
    GUEST: "Guest",
}


async def set_the_scene(database: Database) -> Scene:
    """Table by table rather than step by step: every story begins with it."""
    scene = Scene(database)
    async with database.transaction() as db:
        scene.culture = await departments.found(db, CULTURE, [EVENTS])
        scene.education = await departments.found(db, EDUCATION, [])
        scene.topic = (await db.execute(select(tables.topics.c.id))).scalar_one()
        registered = OrganizationState.REGISTERED
        scene.parasat = await register.enter(db, "ОФ «Парасат»", None, "culture", registered, NOW)
        scene.komek = await register.enter(db, "ОО «Көмек»", None, "social", registered, NOW)
        for table, columns, rows in _who_is_who(scene):
            await db.execute(table.insert(), [dict(zip(columns.split(), row, strict=True)) for row in rows])
    return scene


def _who_is_who(scene: Scene) -> list[tuple[Table, str, list[tuple[Any, ...]]]]:
    verified, waiting, declined = (RepresentativeState(state) for state in ("verified", "waiting", "declined"))
    representatives = [
        (AIGERIM, scene.parasat, verified, True, NOW),
        (BOLAT, scene.parasat, verified, False, NOW),
        (DINARA, scene.parasat, waiting, False, NOW),
        (ERLAN, scene.komek, verified, True, NOW),
        (RUSLAN, scene.parasat, declined, False, NOW),
    ]
    officials = [
        (DANIYAR, scene.culture, False, "Ахметов Д. Б.", "главный специалист", NOW),
        (ZARINA, scene.culture, False, "", "", NOW),
        (GULNARA, scene.culture, True, "", "", NOW),
        (KAIRAT, scene.education, False, "", "", NOW),
    ]
    return [
        (tables.people, "id name language created_at", [(i, name, "ru", NOW) for i, name in _NAMES.items()]),
        (tables.consents, "person_id version language at", [(i, CONSENT_VERSION, "ru", NOW) for i in _NAMES]),
        (tables.representatives, "person_id organization_id state is_head since", representatives),
        (tables.officials, "person_id department_id is_head name post since", officials),
        (tables.admins, "person_id since", [(SAULE, NOW), (TIMUR, NOW)]),
    ]
