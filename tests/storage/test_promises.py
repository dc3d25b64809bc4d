"""The ledger on both databases: made with its answer, seen by those who may, changed once, told to whom it concerns."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update

from domain import question as question_rules
from domain.draft import Attachment, AttachmentKind
from domain.people import Person
from domain.promise import Audience, Promise, PromiseStatus, Step, act, disputing
from domain.question import CLOCK, Action, CannotAct, Change, NotInThisStatus, NotYours, Outcome, Question
from storage import additions, people, promises, questions
from storage.database import Database
from storage.tables import departments, officials
from storage.tables import outbox as notices
from storage.tables import promise_entries as lines
from storage.tables import promises as rows
from tests.storage.scene import (
    AIGERIM,
    BOLAT,
    DANIYAR,
    DINARA,
    ERLAN,
    GULNARA,
    KAIRAT,
    NOW,
    SAULE,
    TIMUR,
    TODAY,
    ZARINA,
    Scene,
    copies,
    killed,
)

BY = date(2026, 3, 20)
P = "P-2026-0001"


async def promised(scene: Scene, *, by: date = BY, action: Action = Action.ANSWER) -> Question:
    question = await scene.asks()
    return await scene.does(question, action, DANIYAR, "Пандус построим.", outcome=Outcome.PROMISED, due_on=by)


async def says(
    database: Database, scene: Scene, step: Step, person_id: int, number: str = P, *, until: date | None = None
) -> None:
    """A step, as a handler makes it."""
    person = await scene.person(person_id)
    async with database.transaction() as db:
        promise = await promises.visible_to(db, person, number, to_change=True)
        step = disputing(promise) if step is Step.DISPUTE else step
        await promises.record(db, act(promise, step, person, TODAY, text="почему", until=until, react_by=until), NOW)


async def the_promise(scene: Scene, number: str = P) -> Promise:
    async with scene.database.reading() as db:
        return await promises.visible_to(db, Person(SAULE, "Saule", None, is_admin=True), number)


async def told(database: Database) -> dict[int, int]:
    """How many notices about promises wait for whom."""
    found: dict[int, int] = {}
    async with database.reading() as db:
        for chat_id in await db.scalars(select(notices.c.chat_id).where(notices.c.template == "promise")):
            found[chat_id] = found.get(chat_id, 0) + 1
    return found


class TestMaking:
    async def test_it_is_made_in_the_answers_transaction(self, database: Database, scene: Scene) -> None:
        question = await scene.asks()
        person = await scene.person(DANIYAR)
        async with killed(database) as db:
            loaded = await questions.visible_to(db, person, question.number, to_change=True)
            await questions.record(db, _answer(loaded, person), NOW)
        async with database.reading() as db:
            assert (await db.execute(select(rows.c.id))).all() == []
        await scene.does(question, Action.ANSWER, DANIYAR, "Построим.", outcome=Outcome.PROMISED, due_on=BY)
        found = await the_promise(scene)
        assert (found.text, found.due_on, found.owner_id, found.head_id) == ("Построим.", BY, DANIYAR, GULNARA)
        assert (found.question_number, found.organization_id, found.author_id) == (
            question.number,
            scene.parasat,
            AIGERIM,
        )

    @pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.PROMISED])
    async def test_no_other_outcome_makes_one(self, database: Database, scene: Scene, outcome: Outcome) -> None:
        await scene.does(await scene.asks(), Action.ANSWER, DANIYAR, outcome=outcome, due_on=BY)
        async with database.reading() as db:
            assert (await db.execute(select(rows.c.id))).all() == []

    async def test_what_waits_for_the_head_promises_nothing_until_it_is_approved(
        self, database: Database, scene: Scene
    ) -> None:
        async with database.transaction() as db:
            await db.execute(update(departments).values(two_keys=True))
        question = await promised(scene, action=Action.PROPOSE)
        async with database.reading() as db:
            assert (await db.execute(select(rows.c.id))).all() == []
        more = {"outcome": Outcome.PROMISED, "due_on": BY, "react_by": BY}
        await scene.does(question, Action.APPROVE, GULNARA, "Пандус построим.", **more)
        found = await the_promise(scene)
        assert (found.owner_id, found.text) == (DANIYAR, "Пандус построим.")  # who answered, not who approved

    async def test_numbers_have_no_gaps_and_none_twice(self, database: Database, scene: Scene) -> None:
        """Ten answers at once, by as many copies."""
        ten = [await scene.asks() for _ in range(10)]
        async with copies(str(database.url.render_as_string(hide_password=False)), 5) as many:

            async def answer(n: int) -> None:
                async with many[n % 5].transaction() as db:
                    person = await people.load(db, DANIYAR)
                    assert person is not None
                    question = await questions.visible_to(db, person, ten[n].number, to_change=True)
                    await questions.record(db, _answer(question, person), NOW)

            await asyncio.gather(*(answer(n) for n in range(10)))
        async with database.reading() as db:
            numbers = sorted(await db.scalars(select(rows.c.number)))
        assert numbers == [f"P-2026-{n:04d}" for n in range(1, 11)]


def _answer(question: Question, person: Person) -> Change:
    more = {"outcome": Outcome.PROMISED, "due_on": BY, "react_by": BY}
    return question_rules.act(question, Action.ANSWER, person, NOW, text="Пандус построим.", **more)  # type: ignore[arg-type]


class TestSeeing:
    @pytest.mark.parametrize(
        ("person_id", "sees"),
        [
            (AIGERIM, True),
            (BOLAT, True),
            (DINARA, False),  # of the same NGO, not approved yet
            (ERLAN, False),
            (DANIYAR, True),
            (ZARINA, True),
            (GULNARA, True),
            (KAIRAT, False),
            (SAULE, True),
        ],
    )
    async def test_who_sees_it_in_the_list_and_by_its_number(
        self, database: Database, scene: Scene, person_id: int, sees: bool
    ) -> None:
        await promised(scene)
        person = await scene.person(person_id)
        async with database.reading() as db:
            page = await promises.of(db, person, closed=False, page=0)
            assert [p.number for p in page.found] == ([P] if sees else [])
            if sees:
                assert (await promises.visible_to(db, person, P)).number == P
            else:
                with pytest.raises(NotYours):
                    await promises.visible_to(db, person, P)

    @pytest.mark.parametrize("number", ["", "P-2026-0002", "a\0b", "\ud800", "p" * 300])
    async def test_what_is_not_there_is_not_yours(self, database: Database, scene: Scene, number: str) -> None:
        async with database.reading() as db:
            with pytest.raises(NotYours):
                await promises.visible_to(db, Person(SAULE, "", None, is_admin=True), number)

    async def test_pages_the_nearest_first_and_the_ended_newest_first(self, database: Database, scene: Scene) -> None:
        for n in range(7):
            await promised(scene, by=BY + timedelta(days=7 - n))
        saule = await scene.person(SAULE)
        async with database.reading() as db:
            first, last = [await promises.of(db, saule, closed=False, page=n) for n in (0, 99)]
        assert [p.number[-1] for p in first.found] == ["7", "6", "5", "4", "3"]
        assert ([p.number[-1] for p in last.found], last.number, last.pages, last.total) == (["2", "1"], 1, 2, 7)
        for n in (1, 3):
            await says(database, scene, Step.BREAK, DANIYAR, f"P-2026-000{n}")
        async with database.reading() as db:
            ended = await promises.of(db, saule, closed=True, page=0)
        assert [p.number[-1] for p in ended.found] == ["3", "1"]


class TestSaying:
    async def test_its_whole_life_is_kept_line_by_line(self, database: Database, scene: Scene) -> None:
        await promised(scene)
        await says(database, scene, Step.MOVE, DANIYAR, until=date(2026, 4, 1))
        await says(database, scene, Step.KEEP, GULNARA)
        await says(database, scene, Step.DISPUTE, AIGERIM)
        await says(database, scene, Step.KEEP, DANIYAR)
        await says(database, scene, Step.DISPUTE, BOLAT)
        found = await the_promise(scene)
        assert (found.status, found.moved, found.disputed) == (PromiseStatus.DISPUTED, 1, True)
        async with database.reading() as db:
            history = await promises.history(db, found.id)
        assert [(line.step, line.side, line.until) for line in history] == [
            (Step.MAKE, "city", BY),
            (Step.MOVE, "city", date(2026, 4, 1)),
            (Step.KEEP, "city", None),
            (Step.DISPUTE, "ngo", None),
            (Step.KEEP, "city", None),
            (Step.DISPUTE_AGAIN, "ngo", None),
        ]

    async def test_who_is_told_of_what(self, database: Database, scene: Scene) -> None:
        await promised(scene)
        await says(database, scene, Step.KEEP, DANIYAR)
        assert await told(database) == {AIGERIM: 1, BOLAT: 1}
        await says(database, scene, Step.DISPUTE, AIGERIM)
        assert await told(database) == {AIGERIM: 1, BOLAT: 1, DANIYAR: 1, GULNARA: 1, SAULE: 1, TIMUR: 1}
        await says(database, scene, Step.BREAK, GULNARA)  # who is told nothing of their own word; its owner is
        assert await told(database) == {AIGERIM: 2, BOLAT: 2, DANIYAR: 2, GULNARA: 1, SAULE: 1, TIMUR: 1}

    async def test_kept_and_broken_at_the_same_moment_it_is_one_of_both(self, database: Database, scene: Scene) -> None:
        await promised(scene)
        async with copies(str(database.url.render_as_string(hide_password=False)), 2) as (one, other):
            both = await asyncio.gather(
                says(one, scene, Step.KEEP, DANIYAR),
                says(other, scene, Step.BREAK, GULNARA),
                return_exceptions=True,
            )
        assert [type(end) for end in both if end] == [NotInThisStatus]
        async with database.reading() as db:
            assert len(list(await db.scalars(select(lines.c.id)))) == 2

    @pytest.mark.parametrize(("gone", "now_of"), [((DANIYAR,), [GULNARA]), ((DANIYAR, GULNARA), [ZARINA])])
    async def test_whose_it_is_when_people_leave(
        self, database: Database, scene: Scene, gone: tuple[int, ...], now_of: list[int]
    ) -> None:
        await promised(scene)
        async with database.transaction() as db:
            await db.execute(delete(officials).where(officials.c.person_id.in_(gone)))
        found = await the_promise(scene)
        async with database.reading() as db:
            assert await promises.recipients(db, found, Audience.OWNER, NOW) == now_of
        with pytest.raises(CannotAct):
            await says(database, scene, Step.KEEP, DANIYAR)
        await says(database, scene, Step.KEEP, now_of[0])

    async def test_what_is_due_is_looked_at_once_a_day(self, database: Database, scene: Scene) -> None:
        await promised(scene)
        async with database.transaction() as db:
            found = await promises.to_remind(db, TODAY)  # not reckoned yet
            assert [p.number for p in found] == [P]
            await promises.reminded(db, [(found[0].id, date(2026, 3, 17), 0)])
            assert await promises.to_remind(db, date(2026, 3, 16)) == []
            assert [p.number for p in await promises.to_remind(db, date(2026, 3, 18))] == [P]
        await says(database, scene, Step.KEEP, DANIYAR)
        async with database.reading() as db:
            assert await promises.to_remind(db, date(2026, 5, 18)) == []

    async def test_silence_is_agreement_after_the_last_date_for_a_word(self, database: Database, scene: Scene) -> None:
        await promised(scene)
        last = date(2026, 3, 16)
        await says(database, scene, Step.KEEP, DANIYAR, until=date(2026, 3, 9))
        await says(database, scene, Step.DISPUTE, AIGERIM)
        await says(database, scene, Step.KEEP, DANIYAR, until=last)
        assert (await the_promise(scene)).react_by == last
        async with database.transaction() as db:
            assert await promises.unjudged(db, last) == []
            for found in await promises.unjudged(db, last + timedelta(days=1)):
                await promises.record(db, act(found, Step.NO_REACTION, CLOCK, TODAY), NOW)
            assert await promises.unjudged(db, last + timedelta(days=1)) == []
        found = await the_promise(scene)
        async with database.reading() as db:
            line = (await promises.history(db, found.id))[-1]
        assert (found.status, found.react_by) == (PromiseStatus.UNDISPUTED, None)
        assert (line.step, line.side, line.actor) == (Step.NO_REACTION, "clock", "")


class TestAlbums:
    """The parts of an album that is an addition; how they are told of."""

    async def _sent(self, database: Database) -> list[str]:
        query = select(notices.c.key).where(notices.c.template.in_(("addition", "attachments"))).order_by(notices.c.id)
        async with database.reading() as db:
            return [key.partition(str(DANIYAR))[2] for key in await db.scalars(query)]

    async def test_a_part_joins_what_waits_and_follows_what_is_under_way(
        self, database: Database, scene: Scene
    ) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        first, second, third = (Attachment(AttachmentKind.PHOTO, n, f"f{n}", f"u{n}", album="7") for n in (1, 2, 3))
        source = additions.album_source(AIGERIM, "7")
        await scene.does(question, Action.ADD, AIGERIM, "", attachments=(first,), source=source)
        async with database.transaction() as db:
            found = await additions.album_of(db, AIGERIM, "7")
            assert found is not None
            await additions.gather(db, question, found[0], NOW)
            for _ in range(2):
                await additions.join(db, question, found[0], second, "", NOW)
        assert await self._sent(database) == ["", " album 0"]
        async with database.transaction() as db:
            assert await additions.album_of(db, BOLAT, "7") is None
            await db.execute(update(notices).values(attempts=1))
            for _ in range(2):
                await additions.join(db, question, found[0], third, "Вид сбоку.", NOW)
            attached = await questions.attachments_of(db, found[0])
            entry = await questions.entry(db, found[0])
        assert await self._sent(database) == ["", " album 0", " late 3", " late 3 album"]
        assert [one.message_id for one in attached] == [1, 2, 3]
        assert entry is not None
        assert entry.text == "Вид сбоку."
