"""Departments, their topics and people: leaves and who stands in, merging, leaving, and the last administrator."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.people import Leave, Names
from domain.question import Action, Audience, CannotAct, Status, act
from storage import departments, forms, leaves, people, questions
from storage import tables as stored
from storage.database import Database
from storage.forms import Form
from tests.storage.scene import (
    AIGERIM,
    DANIYAR,
    DAY,
    EDUCATION,
    GULNARA,
    HOUR,
    KAIRAT,
    NOW,
    SAULE,
    TIMUR,
    ZARINA,
    Scene,
    copies,
)

SPORT = Names("Sport", "Отдел спорта", "Спорт бөлімі")


async def away(scene: Scene, *who: tuple[int, int | None], since: timedelta = -HOUR, until: timedelta = DAY) -> None:
    async with scene.database.transaction() as db:
        for person, deputy in who:
            await leaves.enter(db, Leave(person, deputy, NOW + since, NOW + until))


class TestLeaves:
    @pytest.mark.parametrize(
        ("who", "expected"),
        [
            ([(DANIYAR, ZARINA)], {DANIYAR: ZARINA}),
            ([(DANIYAR, ZARINA), (ZARINA, DANIYAR)], {DANIYAR: GULNARA, ZARINA: GULNARA}),
            ([(DANIYAR, KAIRAT)], {DANIYAR: GULNARA}),  # a deputy who works elsewhere is none
            ([(DANIYAR, None)], {DANIYAR: GULNARA}),
            ([(GULNARA, ZARINA), (KAIRAT, None)], {GULNARA: ZARINA}),
        ],
    )
    async def test_who_stands_in_for_whom(
        self, scene: Scene, who: list[tuple[int, int | None]], expected: dict[int, int]
    ) -> None:
        await away(scene, *who)
        async with scene.database.reading() as db:
            assert await leaves.stand_ins(db, NOW) == expected

    @pytest.mark.parametrize(("since", "until", "lasts"), [(0, 1, True), (1, 2, False), (-1, 0, False), (-2, 1, True)])
    async def test_only_while_the_leave_lasts(self, scene: Scene, since: int, until: int, lasts: bool) -> None:
        await away(scene, (DANIYAR, ZARINA), since=since * DAY, until=until * DAY)
        async with scene.database.reading() as db:
            assert bool(await leaves.stand_ins(db, NOW)) is lasts
            zarina = await people.load(db, ZARINA, NOW)
        assert zarina is not None
        assert zarina.stands_in_for == ({DANIYAR} if lasts else frozenset())

    async def test_the_deputy_of_the_head_leads_and_loses_it_with_the_leave(self, scene: Scene) -> None:
        await away(scene, (GULNARA, ZARINA))
        async with scene.database.transaction() as db:
            zarina = await people.load(db, ZARINA, NOW)
            daniyar = await people.load(db, DANIYAR, NOW)
            assert zarina is not None
            assert daniyar is not None
            assert (zarina.heads, daniyar.heads) == (True, False)
            assert await leaves.end(db, GULNARA)
            assert not await leaves.end(db, GULNARA)
            zarina = await people.load(db, ZARINA, NOW)
        assert zarina is not None
        assert not zarina.heads

    @pytest.mark.parametrize(
        ("audience", "told"),
        [
            (Audience.OWNER, [ZARINA]),
            (Audience.RESPONSIBLE, [ZARINA]),
            (Audience.DEPARTMENT, [ZARINA, GULNARA]),
            (Audience.HEAD, [GULNARA]),
            (Audience.ADMINS, [SAULE, TIMUR]),
        ],
    )
    async def test_the_deputy_is_told_in_the_place_of_who_is_away(
        self, scene: Scene, audience: Audience, told: list[int]
    ) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        await away(scene, (DANIYAR, ZARINA))
        async with scene.database.reading() as db:
            assert await questions.recipients(db, question, audience, NOW) == told

    async def test_the_clock_tells_the_deputy_as_well(self, scene: Scene) -> None:
        await away(scene, (DANIYAR, ZARINA), (GULNARA, ZARINA))
        async with scene.database.reading() as db:
            found = await people.directory(db, NOW)
        assert (found.officials[scene.culture], found.heads[scene.culture]) == ([ZARINA], ZARINA)
        assert (found.responsible(DANIYAR), found.responsible(ZARINA)) == (ZARINA, ZARINA)

    async def test_a_forgotten_deputy_leaves_the_leave(self, scene: Scene) -> None:
        await away(scene, (DANIYAR, ZARINA))
        async with scene.database.transaction() as db:
            await people.forget(db, ZARINA)
        async with scene.database.reading() as db:
            assert await leaves.stand_ins(db, NOW) == {DANIYAR: GULNARA}

    async def test_leaves_are_kept_until_shortly_after_their_end(self, scene: Scene) -> None:
        await away(scene, (DANIYAR, ZARINA))
        for later, left in ((2 * DAY, 1), (4 * DAY, 0)):
            async with scene.database.transaction() as db:
                await leaves.purge(db, NOW + later)
                assert len(list(await db.execute(select(stored.leaves)))) == left


class TestTopics:
    async def test_merging_moves_the_questions_and_empties_the_drafts(self, scene: Scene) -> None:
        question = await scene.asks()
        async with scene.database.transaction() as db:
            stays = await departments.add_topic(db, scene.education, SPORT)
            draft = {"kind": "question", "topic": scene.topic, "written": True}
            await forms.put(db, AIGERIM, Form("ask", "preview", draft), NOW)
            other = {"topic": int(f"{scene.topic}0"), "text": f'"topic": {scene.topic}'}
            await forms.put(db, DANIYAR, Form("ask", "preview", other), NOW)
            assert await departments.merge_topics(db, scene.topic, stays) == 1
            assert await departments.merge_topics(db, scene.topic, stays) is None
            assert await departments.merge_topics(db, stays, stays) is None
            kept = {row.person_id: (row.step, json.loads(row.data)) for row in await db.execute(select(stored.forms))}
        assert kept == {
            AIGERIM: ("topic", {"kind": "question", "written": True}),
            DANIYAR: ("preview", other),
        }
        after = await scene.question(question.number)
        assert (after.topic, after.department_id) == (SPORT, scene.culture)

    async def test_of_two_merges_crosswise_at_once_one_topic_stays(self, scene: Scene, database_url: str) -> None:
        async with scene.database.transaction() as db:
            other = await departments.add_topic(db, scene.education, SPORT)

        async def merge(copy: Database, gone: int, stays: int) -> int | None:
            async with copy.transaction() as db:
                return await departments.merge_topics(db, gone, stays)

        async with copies(database_url, 2) as (one, two):
            done = await asyncio.gather(merge(one, scene.topic, other), merge(two, other, scene.topic))
        async with scene.database.reading() as db:
            assert len(await departments.all_topics(db)) == 1
        assert sorted(n is None for n in done) == [False, True]

    async def test_names_and_department_change(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await departments.rename(db, scene.culture, SPORT)
            await departments.rename_topic(db, scene.topic, SPORT)
            await departments.move_topic(db, scene.topic, scene.education)
            topic = await departments.topic(db, scene.topic)
            assert topic is not None
            assert (topic.names, topic.department.names) == (SPORT, EDUCATION)
            assert await departments.topics_of(db, scene.culture) == []


class TestLeaving:
    async def leaves(self, scene: Scene, person: int, database: Database | None = None) -> None:
        """As the handler does it: removed, then everything they held is handed over."""
        async with (database or scene.database).transaction() as db:
            assert await people.official_to_change(db, person)
            await people.dismiss(db, person)
            await asyncio.sleep(0.05 if database else 0)
            saule = await people.load(db, SAULE)
            assert saule is not None
            for question in await questions.held_by(db, person):
                await questions.record(db, act(question, Action.HAND_OVER, saule, NOW), NOW)

    async def test_what_they_held_goes_to_the_head(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        await self.leaves(scene, DANIYAR)
        after = await scene.question(question.number)
        assert (after.status, after.responsible_id) == (Status.IN_WORK, GULNARA)

    async def test_what_the_head_held_is_free(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, GULNARA)
        await self.leaves(scene, GULNARA)
        after = await scene.question(question.number)
        assert (after.status, after.responsible_id) == (Status.REGISTERED, None)

    async def test_what_becomes_of_their_answers_the_head_hears(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
        await self.leaves(scene, DANIYAR)
        async with scene.database.reading() as db:
            assert await questions.recipients(db, question, Audience.OWNER, NOW) == [GULNARA]

    @pytest.mark.parametrize("first", ["take", "removal"])
    async def test_whoever_takes_a_question_while_being_removed_holds_nothing_in_the_end(
        self, scene: Scene, database_url: str, first: str
    ) -> None:
        """Whichever comes first: nobody who works there no more is responsible."""
        question = await scene.asks()
        daniyar = await scene.person(DANIYAR)

        async def take(copy: Database) -> None:
            async with copy.transaction() as db:
                seen = await questions.visible_to(db, daniyar, question.number, to_change=True)
                await asyncio.sleep(0.15 if first == "removal" else 0)
                try:
                    await questions.record(db, act(seen, Action.TAKE, daniyar, NOW), NOW)
                except CannotAct:
                    return
                await asyncio.sleep(0.15)

        async with copies(database_url, 2) as (one, two):
            taking = asyncio.ensure_future(take(one))
            await asyncio.sleep(0.02 if first == "take" else 0)
            await self.leaves(scene, DANIYAR, two)
            await taking
        after = await scene.question(question.number)
        assert after.responsible_id in (None, GULNARA)

    async def test_answers_begun_and_standing_in_end_with_the_post(self, scene: Scene) -> None:
        await away(scene, (ZARINA, DANIYAR), (DANIYAR, ZARINA))
        async with scene.database.transaction() as db:
            for name in ("answer 2026-000001", "introduce", "ask"):
                await forms.put(db, DANIYAR, Form(name, "text", {}), NOW)
        await self.leaves(scene, DANIYAR)
        async with scene.database.reading() as db:
            assert [form.name for form in await forms.all_of(db, DANIYAR)] == ["ask"]
            assert [(row.person_id, row.deputy_id) for row in await db.execute(select(stored.leaves))] == [
                (ZARINA, None)
            ]

    async def test_who_moves_keeps_name_and_post_and_leads_nothing(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.lead(db, scene.culture, DANIYAR)
            await people.transfer(db, DANIYAR, scene.education, NOW)
        daniyar = (await scene.person(DANIYAR)).official
        assert daniyar is not None
        assert (daniyar.department, daniyar.is_head, daniyar.name) == (EDUCATION, False, "Ахметов Д. Б.")

    async def test_of_two_heads_appointed_at_once_one_stays(self, scene: Scene, database_url: str) -> None:
        async def lead(copy: Database, person: int) -> None:
            async with copy.transaction() as db:
                await people.lead(db, scene.culture, person)
                await asyncio.sleep(0.02)

        async with copies(database_url, 2) as (one, two):
            await asyncio.gather(lead(one, DANIYAR), lead(two, ZARINA))
        async with scene.database.reading() as db:
            staff = await people.officials_of(db, scene.culture)
        assert sum(p.heads for p in staff) == 1


class TestTheLastAdministrator:
    async def remove(self, copy: Database, person: int, by: int) -> bool:
        async with copy.transaction() as db:
            gone = await people.remove_admin(db, person, by)
            await asyncio.sleep(0.02)
            return gone

    async def test_of_two_who_remove_each_other_at_once_one_stays(self, scene: Scene, database_url: str) -> None:
        async with copies(database_url, 2) as (one, two):
            done = await asyncio.gather(self.remove(one, TIMUR, by=SAULE), self.remove(two, SAULE, by=TIMUR))
        assert sorted(done) == [False, True]
        async with scene.database.reading() as db:
            assert len(await people.admin_ids(db)) == 1

    async def test_nor_when_each_removes_themselves(self, scene: Scene, database_url: str) -> None:
        async with copies(database_url, 2) as (one, two):
            done = await asyncio.gather(self.remove(one, SAULE, by=SAULE), self.remove(two, TIMUR, by=TIMUR))
        assert sorted(done) == [False, True]

    @pytest.mark.parametrize(("person", "by"), [(SAULE, DANIYAR), (DANIYAR, SAULE), (0, SAULE), (-1, SAULE)])
    async def test_only_administrators_remove_administrators(self, scene: Scene, person: int, by: int) -> None:
        assert not await self.remove(scene.database, person, by)
