"""Who people are: met once, given roles, approved by the first word, replaced, and forgotten without a trace."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import func, select

from domain.draft import Attachment, AttachmentKind, Piece
from domain.people import CONSENT_VERSION, Language, OrganizationState, RepresentativeState, Role
from domain.question import Action, Status
from storage import audit, forms, inbox, invitations, outbox, people, questions, register
from storage import tables as stored
from storage.database import Database
from storage.forms import Form
from tests.storage.scene import (
    AIGERIM,
    BOLAT,
    DANIYAR,
    DAY,
    DINARA,
    ERLAN,
    GUEST,
    GULNARA,
    KAIRAT,
    NOW,
    RUSLAN,
    SAULE,
    TIMUR,
    ZARINA,
    Scene,
    a_new_question,
    copies,
    take_one,
)

VERIFIED, DECLINED, WAITING = RepresentativeState.VERIFIED, RepresentativeState.DECLINED, RepresentativeState.WAITING


class TestMeeting:
    async def test_a_stranger_is_a_guest(self, database: Database) -> None:
        async with database.transaction() as db:
            guest = await people.meet(db, GUEST, "Guest", NOW)
        assert (guest.id, guest.name, guest.language, guest.consented) == (GUEST, "Guest", None, False)
        assert (guest.representative, guest.official, guest.is_admin) == (None, None, False)

    async def test_meeting_twice_is_one_person(self, database: Database) -> None:
        for _ in range(2):
            async with database.transaction() as db:
                await people.meet(db, GUEST, "Guest", NOW)
        async with database.reading() as db:
            assert await db.scalar(select(func.count()).select_from(stored.people)) == 1

    async def test_two_messages_of_a_stranger_at_once_are_one_person(self, database_url: str) -> None:
        async def meet(copy: Database) -> str:
            async with copy.transaction() as db:
                return (await people.meet(db, GUEST, "Guest", NOW)).name

        async with copies(database_url, 4) as all_copies:
            assert await asyncio.gather(*(meet(copy) for copy in all_copies)) == ["Guest"] * 4

    async def test_a_new_name_in_telegram_is_taken_over(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.meet(db, AIGERIM, "Aigerim Serikkyzy", NOW)
        assert (await scene.person(AIGERIM)).name == "Aigerim Serikkyzy"

    async def test_a_message_without_a_name_keeps_the_old_one(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.meet(db, BOLAT, "", NOW)
        assert (await scene.person(BOLAT)).name == "Bolat"

    async def test_nobody_is_nobody(self, database: Database) -> None:
        async with database.reading() as db:
            assert await people.load(db, GUEST) is None

    async def test_language_simple_mode_and_being_blocked_are_kept(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.set_language(db, GUEST, Language.KK)
            await people.set_simple(db, GUEST, True)
            await people.set_blocked(db, GUEST, NOW)
        guest = await scene.person(GUEST)
        assert (guest.language, guest.simple, guest.blocked) == (Language.KK, True, True)

    async def test_being_blocked_ends(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.set_blocked(db, GUEST, NOW)
            await people.set_blocked(db, GUEST, None)
        assert not (await scene.person(GUEST)).blocked

    async def test_the_last_keyboard_is_remembered(self, scene: Scene) -> None:
        keyboard = [("Взять в работу", "take:2026-000042"), ("Ответить", "answer:2026-000042")]
        async with scene.database.transaction() as db:
            await people.remember_choices(db, DANIYAR, keyboard)
        async with scene.database.reading() as db:
            assert await people.choices(db, DANIYAR) == keyboard

    async def test_a_message_without_a_keyboard_forgets_the_last_one(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.remember_choices(db, DANIYAR, [("Взять в работу", "take:2026-000042")])
            await people.remember_choices(db, DANIYAR, [])
            assert await people.choices(db, DANIYAR) == []


class TestConsent:
    async def test_consent_to_the_present_text_counts(self, scene: Scene) -> None:
        assert (await scene.person(GUEST)).consented

    async def test_consent_to_an_older_text_does_not(self, database: Database) -> None:
        async with database.transaction() as db:
            await people.meet(db, GUEST, "Guest", NOW)
            await people.agree(db, GUEST, "2025-1", Language.RU, NOW)
            guest = await people.load(db, GUEST)
        assert guest is not None
        assert not guest.consented

    async def test_who_when_which_version_and_in_which_language_are_kept(self, scene: Scene) -> None:
        async with scene.database.reading() as db:
            row = (await db.execute(select(stored.consents).where(stored.consents.c.person_id == GUEST))).one()
        assert tuple(row)[1:] == (GUEST, CONSENT_VERSION, "ru", NOW)


class TestRoles:
    async def test_a_verified_representative_sees_the_ngo(self, scene: Scene) -> None:
        assert (await scene.person(AIGERIM)).organization_id == scene.parasat

    @pytest.mark.parametrize(("who", "may_ask"), [(AIGERIM, True), (DINARA, True), (RUSLAN, False), (GUEST, False)])
    async def test_asking_needs_an_ngo_and_no_approval(self, scene: Scene, who: int, may_ask: bool) -> None:
        assert (await scene.person(who)).speaks_for_ngo is may_ask

    @pytest.mark.parametrize("who", [DINARA, RUSLAN, GUEST])
    async def test_nobody_else_sees_it(self, scene: Scene, who: int) -> None:
        assert (await scene.person(who)).organization_id is None

    async def test_the_first_verified_one_leads_the_ngo(self, scene: Scene) -> None:
        leads = [(await scene.person(who)).representative for who in (AIGERIM, BOLAT, DINARA)]
        assert [one.is_head for one in leads if one] == [True, False, False]

    async def test_naming_another_ngo_leaves_the_first(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.represent(db, RUSLAN, scene.komek, WAITING, NOW)
        ruslan = (await scene.person(RUSLAN)).representative
        assert ruslan is not None
        assert (ruslan.organization_id, ruslan.state) == (scene.komek, WAITING)

    async def test_an_official_is_shown_under_the_name_given_for_ngos(self, scene: Scene) -> None:
        assert [(await scene.person(who)).shown_name for who in (DANIYAR, ZARINA)] == ["Ахметов Д. Б.", "Zarina"]

    async def test_officials_of_a_department_begin_with_the_head(self, scene: Scene) -> None:
        async with scene.database.reading() as db:
            assert [p.id for p in await people.officials_of(db, scene.culture)] == [GULNARA, DANIYAR, ZARINA]

    async def test_administrators_from_the_start_are_known_before_they_ever_wrote(self, database: Database) -> None:
        async with database.transaction() as db:
            await people.appoint(db, [SAULE, TIMUR], NOW)
            await people.appoint(db, [SAULE, TIMUR], NOW + DAY)
        async with database.reading() as db:
            assert await people.admin_ids(db) == [SAULE, TIMUR]
            assert await people.count_admins(db) == 2

    async def test_starting_anew_does_not_take_an_administrators_name(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.appoint(db, [SAULE], NOW)
        assert (await scene.person(SAULE)).name == "Saule"

    async def test_people_are_loaded_many_at_once_in_the_order_of_their_ids(self, scene: Scene) -> None:
        async with scene.database.reading() as db:
            assert [p.id for p in await people.load_many(db, [SAULE, GUEST + 7, AIGERIM])] == [AIGERIM, SAULE]


class TestHeads:
    async def heads(self, scene: Scene) -> list[int]:
        async with scene.database.reading() as db:
            return [p.id for p in await people.officials_of(db, scene.culture) if p.heads]

    async def test_a_new_head_takes_the_place_of_the_old_one(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.serve_in(db, ZARINA, scene.culture, True, NOW)
        assert await self.heads(scene) == [ZARINA]

    async def test_the_old_one_stays_an_official(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.serve_in(db, ZARINA, scene.culture, True, NOW)
        assert (await scene.person(GULNARA)).department_id == scene.culture

    async def test_the_head_of_another_department_stays_one(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.serve_in(db, KAIRAT, scene.education, True, NOW)
        assert await self.heads(scene) == [GULNARA]

    async def test_of_two_new_heads_at_once_there_is_one_in_the_end(self, scene: Scene, database_url: str) -> None:
        """The second one may have to be tried again, as every update is; never are there two."""

        async def lead(copy: Database, person: int) -> None:
            async with copy.transaction() as db:
                await people.serve_in(db, person, scene.culture, True, NOW)

        async with copies(database_url, 2) as (one, other):
            await asyncio.gather(lead(one, ZARINA), lead(other, DANIYAR), return_exceptions=True)
        assert len(await self.heads(scene)) == 1

    async def test_an_official_who_moves_leaves_what_they_had_taken_free(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        async with scene.database.transaction() as db:
            await people.serve_in(db, DANIYAR, scene.education, False, NOW)
        after = await scene.question(question.number)
        assert (after.status, after.responsible_id) == (Status.REGISTERED, None)

    async def test_becoming_head_of_the_own_department_frees_nothing(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        async with scene.database.transaction() as db:
            await people.serve_in(db, DANIYAR, scene.culture, True, NOW)
        assert (await scene.question(question.number)).responsible_id == DANIYAR

    async def test_an_official_who_leaves_frees_what_is_in_work(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        async with scene.database.transaction() as db:
            await people.release_questions(db, DANIYAR, NOW)
        after = await scene.question(question.number)
        assert (after.status, after.responsible_id) == (Status.REGISTERED, None)
        async with scene.database.reading() as db:
            for inside in (True, False):  # the NGO was told a name that holds no more
                line = (await questions.history(db, question.id, inside=inside))[-1]
                assert (line.action, line.side, line.actor, line.at) == (Action.HAND_OVER, "city", "", NOW)

    async def test_what_waits_for_the_ngo_or_for_a_word_is_free_as_well(self, scene: Scene) -> None:
        """Else it would be nobody's: only what is registered can be taken."""
        waiting = await scene.does(await scene.does(await scene.asks(), Action.TAKE, DANIYAR), Action.CLARIFY, DANIYAR)
        asked = await scene.does(await scene.asks(), Action.TAKE, DANIYAR)
        await scene.does(asked, Action.EXTEND, DANIYAR, due_on=date(2026, 4, 1))
        async with scene.database.transaction() as db:
            await people.release_questions(db, DANIYAR, NOW)
        for question in (waiting, asked):
            after = await scene.question(question.number)
            assert (after.status, after.responsible_id) == (Status.REGISTERED, None)
            assert (after.waiting_since, after.extend_to, after.proposed_id) == (None, None, None)
        assert (await scene.does(waiting, Action.TAKE, ZARINA)).responsible_id == ZARINA

    async def test_what_they_answered_stays_answered(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
        async with scene.database.transaction() as db:
            await people.release_questions(db, DANIYAR, NOW)
        assert (await scene.question(question.number)).status is Status.ANSWERED

    async def test_what_others_took_stays_theirs(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.TAKE, ZARINA)
        async with scene.database.transaction() as db:
            await people.release_questions(db, DANIYAR, NOW)
        assert (await scene.question(question.number)).responsible_id == ZARINA


class TestDeciding:
    async def decide(self, database: Database, person: int, state: RepresentativeState, by: int) -> bool:
        async with database.transaction() as db:
            return await people.decide(db, person, state, by, NOW)

    async def test_an_administrators_word_counts(self, scene: Scene) -> None:
        assert await self.decide(scene.database, DINARA, VERIFIED, SAULE)
        assert (await scene.person(DINARA)).organization_id == scene.parasat

    async def test_a_second_word_does_not(self, scene: Scene) -> None:
        await self.decide(scene.database, DINARA, VERIFIED, SAULE)
        assert not await self.decide(scene.database, DINARA, DECLINED, TIMUR)
        assert (await scene.person(DINARA)).organization_id == scene.parasat

    @pytest.mark.parametrize("nobody", [AIGERIM, RUSLAN, GUEST, DANIYAR, 0, -1])
    async def test_who_does_not_wait_cannot_be_decided_on(self, scene: Scene, nobody: int) -> None:
        assert not await self.decide(scene.database, nobody, VERIFIED, SAULE)

    async def test_of_two_administrators_at_once_the_first_word_counts(self, scene: Scene, database_url: str) -> None:
        async with copies(database_url, 2) as (one, other):
            words = await asyncio.gather(
                self.decide(one, DINARA, VERIFIED, SAULE), self.decide(other, DINARA, DECLINED, TIMUR)
            )
        dinara = (await scene.person(DINARA)).representative
        assert sorted(words) == [False, True]
        assert dinara is not None
        assert dinara.state is (VERIFIED if words[0] else DECLINED)

    async def test_who_decided_and_when_is_kept(self, scene: Scene) -> None:
        await self.decide(scene.database, DINARA, VERIFIED, TIMUR)
        row = stored.representatives
        async with scene.database.reading() as db:
            found = (
                await db.execute(select(row.c.decided_by, row.c.decided_at).where(row.c.person_id == DINARA))
            ).one()
        assert tuple(found) == (TIMUR, NOW)

    async def test_of_two_colleagues_approved_at_once_one_leads_the_ngo(self, scene: Scene, database_url: str) -> None:
        async with scene.database.transaction() as db:
            ngo = await register.enter(db, "ОФ «Жаңа»", None, "youth", OrganizationState.REGISTERED, NOW)
            await people.represent(db, GUEST, ngo, WAITING, NOW)
            await people.represent(db, ERLAN, ngo, WAITING, NOW)
        async with copies(database_url, 2) as (one, other):
            async with one.transaction() as db:
                await people.decide(db, GUEST, VERIFIED, SAULE, NOW)
                second = asyncio.ensure_future(self.decide(other, ERLAN, VERIFIED, TIMUR))
                await asyncio.sleep(0.1)
            assert await second
        leads = [(await scene.person(who)).representative for who in (GUEST, ERLAN)]
        assert [one.is_head for one in leads if one] == [True, False]

    async def test_of_two_who_come_by_invitation_at_once_one_leads_the_ngo(
        self, scene: Scene, database_url: str
    ) -> None:
        async with scene.database.transaction() as db:
            ngo = await register.enter(db, "ОФ «Жаңа»", None, "youth", OrganizationState.REGISTERED, NOW)

        async def come_in(copy: Database, person: int) -> None:
            async with copy.transaction() as db:
                await people.represent(db, person, ngo, VERIFIED, NOW)

        async with copies(database_url, 2) as (one, other):
            async with one.transaction() as db:
                await people.represent(db, GUEST, ngo, VERIFIED, NOW)
                second = asyncio.ensure_future(come_in(other, RUSLAN))
                await asyncio.sleep(0.1)
            await second
        leads = [(await scene.person(who)).representative for who in (GUEST, RUSLAN)]
        assert [one.is_head for one in leads if one] == [True, False]

    async def test_those_who_wait_are_listed_the_longest_first(self, scene: Scene) -> None:
        async with scene.database.transaction() as db:
            await people.represent(db, GUEST, scene.komek, WAITING, NOW - DAY)
        async with scene.database.reading() as db:
            assert [p.id for p in await people.waiting(db)] == [GUEST, DINARA]


# What may still name a forgotten person's number, each with its reason.
KEPT_ON_PURPOSE = {
    "audit": "who did what to others' data outlives them: by number, never by name (storage/tables.py)",
}


async def whole_database(database: Database) -> dict[str, str]:
    """Every table, every row, every value, as one text a table."""
    async with database.reading() as db:
        return {
            table.name: "\n".join(str(tuple(row)) for row in await db.execute(select(table)))
            for table in stored.metadata.sorted_tables
        }


async def a_long_life(scene: Scene) -> str:
    """Aigerim did everything that leaves a trace; the number of the question that stays."""
    aigerim = await scene.person(AIGERIM)
    photo = Attachment(AttachmentKind.PHOTO, 12, "file-of-hers", "unique-of-hers")
    async with scene.database.transaction() as db:
        change = a_new_question(scene, aigerim, attachments=(photo,))
        pieces = (Piece(11, "Просим помочь с залом."), Piece(12, ""))
        question = await questions.register(db, change, "draft of hers", pieces, NOW, 2026)
        await forms.put(db, AIGERIM, Form("ask", "text", {"text": "Aigerim Nurlankyzy writes"}), NOW)
        await people.remember_choices(db, AIGERIM, [("Отозвать", f"withdraw:{question.number}")])
        _, code = await invitations.invite(db, Role.ADMIN, created_by=AIGERIM, now=NOW, expires_at=NOW + DAY)
        found = await invitations.find(db, invitations.fingerprint(code))
        assert found is not None
        await invitations.use(db, found.id, AIGERIM, NOW)
        await people.decide(db, DINARA, VERIFIED, AIGERIM, NOW)
        await audit.write(db, NOW, AIGERIM, "invitation used", f"invitation {found.id}", after=f"admin {AIGERIM}")
        for admin in (SAULE, TIMUR):
            key = f"applicant {AIGERIM} {scene.parasat} {admin}"
            await outbox.say(db, admin, "applicant", {"person": AIGERIM}, NOW, key=key)
            keyboard = [("Aigerim Nurlankyzy: Парасат", f"applicant:{AIGERIM}"), ("Подтвердить", f"approve:{AIGERIM}")]
            await people.remember_choices(db, admin, keyboard)
        message = {"update_id": 1, "message": {"from": {"id": AIGERIM, "first_name": "Aigerim Nurlankyzy"}}}
        await inbox.store(db, [(n, AIGERIM, message) for n in (1, 2)], NOW)
        await inbox.done(db, [1], NOW)
    await scene.does(question, Action.ADD, AIGERIM, "И ещё сцена.", source=f"message {AIGERIM} 13")
    await scene.does(question, Action.ADD, AIGERIM, "И микрофон.", source=f"edit {AIGERIM} 11 1772431200")
    await scene.does(question, Action.ANSWER, DANIYAR)
    async with scene.database.transaction() as db:
        for row in await outbox.claim(db, "1", 100, NOW):
            await outbox.settle(db, row.id, outbox.Fate.DELIVERED, NOW)
    async with scene.database.transaction() as db:
        reply = {"method": "sendMessage", "params": {"chat_id": AIGERIM, "text": "Aigerim Nurlankyzy, hello"}}
        await outbox.say(db, AIGERIM, "reply", reply, NOW)
    return question.number


async def forget(scene: Scene, person: int = AIGERIM) -> None:
    """As it happens: an update of the person asks for it, and is done with it."""
    async with scene.database.transaction() as db:
        received = await take_one(db, NOW)
        await people.release_questions(db, person, NOW)
        await people.forget(db, person)
        if received is not None:
            await inbox.done(db, [received.update_id], NOW)


class TestForgetting:
    """The name goes, the questions stay with the NGO."""

    async def test_the_person_is_no_more(self, scene: Scene) -> None:
        await a_long_life(scene)
        await forget(scene)
        async with scene.database.reading() as db:
            assert await people.load(db, AIGERIM) is None

    async def test_the_name_stands_in_no_table(self, scene: Scene) -> None:
        await a_long_life(scene)
        await forget(scene)
        everything = await whole_database(scene.database)
        assert [table for table, text in everything.items() if "Aigerim" in text] == []

    async def test_the_number_stands_in_no_table_but_the_audit(self, scene: Scene) -> None:
        await a_long_life(scene)
        await forget(scene)
        everything = await whole_database(scene.database)
        assert {table for table, text in everything.items() if str(AIGERIM) in text} == KEPT_ON_PURPOSE.keys()

    async def test_before_that_both_stood_in_many(self, scene: Scene) -> None:
        """The two tests above would be worth nothing if the story left no traces."""
        await a_long_life(scene)
        everything = await whole_database(scene.database)
        named = {table for table, text in everything.items() if "Aigerim" in text}
        numbered = {table for table, text in everything.items() if str(AIGERIM) in text}
        assert named >= {"people", "forms", "inbox", "outbox"}
        assert numbered >= {
            *("people", "consents", "representatives", "questions", "entries", "question_messages"),
            *("forms", "inbox", "outbox", "invitations", "audit"),
        }

    async def test_the_question_stays_with_the_ngo(self, scene: Scene) -> None:
        number = await a_long_life(scene)
        await forget(scene)
        bolat = await scene.person(BOLAT)
        async with scene.database.reading() as db:
            question = await questions.visible_to(db, bolat, number)
        assert (question.text, question.author_id) == ("Просим помочь с залом.", None)

    async def test_its_history_stays_line_by_line_without_a_name(self, scene: Scene) -> None:
        number = await a_long_life(scene)
        await forget(scene)
        async with scene.database.reading() as db:
            lines = await questions.history(db, (await scene.question(number)).id)
        assert [(line.action, line.side, line.actor) for line in lines] == [
            (Action.ASK, "ngo", ""),
            (Action.ADD, "ngo", ""),
            (Action.ADD, "ngo", ""),
            (Action.ANSWER, "city", "Ахметов Д. Б."),
        ]

    async def test_the_colleague_may_go_on_with_it(self, scene: Scene) -> None:
        number = await a_long_life(scene)
        await forget(scene)
        judged = await scene.does(await scene.question(number), Action.SOLVED, BOLAT)
        assert judged.status is Status.CLOSED

    async def test_nothing_more_is_said_to_them(self, scene: Scene) -> None:
        await a_long_life(scene)
        await forget(scene)
        async with scene.database.transaction() as db:
            assert [row.chat_id for row in await outbox.claim(db, "1", 100, NOW) if row.chat_id == AIGERIM] == []

    async def test_the_official_still_sees_that_the_answer_was_delivered(self, scene: Scene) -> None:
        number = await a_long_life(scene)
        await forget(scene)
        question = await scene.question(number)
        async with scene.database.reading() as db:
            found = await outbox.delivered_at(db, question.id, "answered")
        assert {row.fate for row in found} == {"delivered"}

    async def test_the_update_that_asks_for_it_is_done_and_stays_known(self, scene: Scene) -> None:
        """Delivered again, it must not meet the person anew."""
        await a_long_life(scene)
        await forget(scene)
        async with scene.database.transaction() as db:
            await inbox.store(db, [(2, AIGERIM, {"update_id": 2})], NOW)
            assert await take_one(db, NOW) is None

    async def test_what_they_wrote_after_it_is_of_somebody_new_and_still_answered(self, scene: Scene) -> None:
        await a_long_life(scene)
        async with scene.database.transaction() as db:
            await inbox.store(db, [(3, AIGERIM, {"update_id": 3})], NOW)
        await forget(scene)
        async with scene.database.transaction() as db:
            later = await take_one(db, NOW)
        assert later is not None
        assert (later.update_id, later.person_id, later.payload) == (3, AIGERIM, {"update_id": 3})

    async def test_an_official_who_is_forgotten_leaves_no_number_either(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ASSIGN, GULNARA, assignee_id=DANIYAR)
        await scene.does(question, Action.ANSWER, DANIYAR)
        await forget(scene, DANIYAR)
        everything = await whole_database(scene.database)
        assert [table for table, text in everything.items() if str(DANIYAR) in text or "Ахметов" in text] == []

    async def test_what_the_official_answered_stays_answered(self, scene: Scene) -> None:
        question = await scene.does(await scene.asks(), Action.ANSWER, DANIYAR)
        await forget(scene, DANIYAR)
        assert (await scene.question(question.number)).status is Status.ANSWERED

    async def test_others_lose_nothing(self, scene: Scene) -> None:
        await a_long_life(scene)
        theirs = await scene.asks(ERLAN, pieces=(Piece(AIGERIM % 1000, "Наш вопрос."),))
        before = {table: text.splitlines() for table, text in (await whole_database(scene.database)).items()}
        await forget(scene)
        after = {table: text.splitlines() for table, text in (await whole_database(scene.database)).items()}
        for table in ("people", "consents", "representatives", "officials", "admins"):
            lost = [line for line in before[table] if str(AIGERIM) not in line and line not in after[table]]
            assert [line for line in lost if not line.startswith((f"({SAULE}", f"({TIMUR}", f"({DINARA}"))] == []
        assert (await scene.question(theirs.number)).author_id == ERLAN


async def test_everything_about_a_person_can_be_read_by_them(scene: Scene) -> None:
    number = await a_long_life(scene)
    async with scene.database.reading() as db:
        found = await people.everything_about(db, AIGERIM)
    assert found["person"][0]["name"] == "Aigerim Nurlankyzy"
    assert found["consents"] == [{"version": CONSENT_VERSION, "language": "ru", "at": NOW}]
    assert found["representative"][0]["name"] == "ОФ «Парасат»"
    assert [question["number"] for question in found["questions"]] == [number]
    assert [line["text"] for line in found["written"]] == ["", "И ещё сцена.", "И микрофон."]
    assert found["unfinished"][0]["data"] == {"text": "Aigerim Nurlankyzy writes"}
    assert [attached["kind"] for attached in found["attachments"]] == ["photo"]


async def test_and_nothing_about_anybody_else(scene: Scene) -> None:
    await a_long_life(scene)
    async with scene.database.reading() as db:
        found = await people.everything_about(db, ERLAN)
    assert "Aigerim" not in str(found)
    assert (found["questions"], found["written"], found["unfinished"]) == ([], [], [])
